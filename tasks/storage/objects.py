"""What every kind of store can do, as an object store does it; and the names of temporary files."""

import re
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Any, ClassVar

PIECE = 8 * 2**20  # bytes of an upload that are in memory; S3 wants 5 MiB or more, GCS a multiple of 256 KiB
TEMPORARY = ".tmp"
LEFT = re.compile(r"\.[0-9a-f]{12}\.tmp")  # our own temporary files, and nobody else's
TRIES = 3  # for a write whose folder or temporary file is removed meanwhile by somebody else


class Objects:
    """An object store: an object appears only when its upload is complete."""

    #: arguments of `put_file` and `get_file`, so that a clip is transferred in pieces
    pieces: ClassVar[dict[str, Any]] = {}
    turns: ClassVar[dict[str, Any]] = {}

    def __init__(self, fs: Any) -> None:
        self.fs = fs

    def write(self, path: str, data: bytes) -> None:
        """Write an object, replacing what is there."""
        self.fs.pipe_file(path, data)

    def create(self, path: str, data: bytes) -> None:
        """Write an object if none is there; else the client library raises an error of its own."""
        self.fs.pipe_file(path, data, mode="create")

    def put(self, path: str, local: Path) -> None:
        """Upload a local file in pieces."""
        self.fs.put_file(str(local), path, **self.pieces)

    def get(self, path: str, local: Path) -> None:
        """Download an object to a local file in pieces."""
        self.fs.get_file(path, str(local), **self.turns)

    def get_in_parts(self, path: str, local: Path) -> None:
        """Download an object part by part, for libraries that hold up to 80 MB of one in memory."""
        length = int(self.fs.info(path)["size"])
        with local.open("wb") as handle:
            for start in range(0, length, PIECE):
                handle.write(self.read_part(path, start, min(start + PIECE, length)))

    def read_part(self, path: str, start: int, stop: int) -> bytes:
        """The bytes of an object from ``start`` up to, and without, ``stop``."""
        return bytes(self.fs.cat_file(path, start=start, end=stop))

    def leads_out(self, root: str, path: str) -> bool:
        """Whether a link on the way to ``path`` leads out of ``root``: here there are no links."""
        return False

    def delete(self, path: str) -> None:
        """Remove an object. Raises ``FileNotFoundError`` when there is none, where the store tells."""
        self.fs.rm_file(path)

    def clear_up(self, path: str, *, deep: bool = True) -> None:
        """Remove the temporary files of killed writers in a folder, and below it if ``deep``: here there are none."""

    def make_durable(self, path: str, *, deep: bool = True) -> None:
        """Make what can be read there survive a power cut: here it always does."""

    def names(self, root: str, path: str) -> Iterable[str]:
        """Every object below ``path``, relative to ``root``."""
        skip = len(self.fs._strip_protocol(root)) + 1
        return (str(name)[skip:] for name in self.fs.find(path, refresh=True))

    def sizes(self, root: str, path: str) -> dict[str, int]:
        """Bytes of every object below ``path`` by its name relative to ``root``; -1 where the listing has no size."""
        skip = len(self.fs._strip_protocol(root)) + 1
        found = self.fs.find(path, refresh=True, detail=True)
        told = (
            found if isinstance(found, dict) else {key: {} for key in found}
        )  # adlfs gives a list when the path is an object
        return {str(name)[skip:]: size_of(info.get("size")) for name, info in told.items()}


def size_of(told: Any) -> int:
    """The size in bytes that a listing gives; -1 where it gives none."""
    return -1 if told is None else int(told)


def temporary_name() -> str:
    """A new name for a file that is not complete yet; our listings leave such names out."""
    return f".{uuid.uuid4().hex[:12]}{TEMPORARY}"


def pieces_of(local: Path) -> Iterable[bytes]:
    """The bytes of a local file in pieces of `PIECE` bytes."""
    with local.open("rb") as handle:
        while piece := handle.read(PIECE):
            yield piece
