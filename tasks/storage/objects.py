"""What a kind of store is asked for; what an object store does, and how whole writes name what is not whole yet."""

import re
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Any, ClassVar

PIECE = 8 * 2**20  # of an upload: what a clip takes in memory; S3 wants 5 MiB or more, GCS a multiple of 256 KiB
TEMPORARY = ".tmp"
LEFT = re.compile(r"\.[0-9a-f]{12}\.tmp")  # our own temporary files, and nobody else's
TRIES = 3  # of a write whose folder or temporary file somebody clears away meanwhile


class Objects:
    """An object store: an upload is seen when it is complete, whatever becomes of its sender."""

    #: what `put_file` and `get_file` are told, so that a clip goes in pieces
    pieces: ClassVar[dict[str, Any]] = {}
    turns: ClassVar[dict[str, Any]] = {}

    def __init__(self, fs: Any) -> None:
        self.fs = fs

    def write(self, path: str, data: bytes) -> None:
        """Over whatever stands there."""
        self.fs.pipe_file(path, data)

    def create(self, path: str, data: bytes) -> None:
        """Where nothing stands; an error of any kind where something does."""
        self.fs.pipe_file(path, data, mode="create")

    def put(self, path: str, local: Path) -> None:
        """A local file, in pieces."""
        self.fs.put_file(str(local), path, **self.pieces)

    def get(self, path: str, local: Path) -> None:
        """An object to a local file, in pieces."""
        self.fs.get_file(path, str(local), **self.turns)

    def delete(self, path: str) -> None:
        """Remove an object; FileNotFoundError where there may be none."""
        self.fs.rm_file(path)

    def clear_up(self, path: str, *, deep: bool = True) -> None:
        """Remove what killed writers left half done in a folder, and below it if ``deep``: here they leave nothing."""

    def make_durable(self, path: str, *, deep: bool = True) -> None:
        """See to it that what can be read there is there after a power cut: here it always is."""

    def names(self, root: str, path: str) -> Iterable[str]:
        """Every object below ``path``, relative to ``root``."""
        skip = len(self.fs._strip_protocol(root)) + 1
        return (str(name)[skip:] for name in self.fs.find(path, refresh=True))

    def sizes(self, root: str, path: str) -> dict[str, int]:
        """Bytes of every object below ``path`` by its name relative to ``root``; -1 where the listing has none."""
        skip = len(self.fs._strip_protocol(root)) + 1
        found = self.fs.find(path, refresh=True, detail=True)
        told = found if isinstance(found, dict) else {key: {} for key in found}  # adlfs, of a path that is an object
        return {str(name)[skip:]: size_of(info.get("size")) for name, info in told.items()}


def size_of(told: Any) -> int:
    """Bytes as a listing has them; -1 where it has none."""
    return -1 if told is None else int(told)


def temporary() -> str:
    """The name of a file that is not whole yet: no listing of ours shows it."""
    return f".{uuid.uuid4().hex[:12]}{TEMPORARY}"


def pieces_of(local: Path) -> Iterable[bytes]:
    """A local file in pieces."""
    with local.open("rb") as handle:
        while piece := handle.read(PIECE):
            yield piece
