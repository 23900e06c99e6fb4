"""How an object gets to a store whole or not at all, and how its names are listed, by kind of store.

A temporary name and a rename on a disk and over sftp, one upload on an object store; never appended, never moved on
an object store, and never inside an open handle that an exception could commit.
"""

import asyncio
import contextlib
import os
import shutil
import stat
import threading
import uuid
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import IO, Any, ClassVar, TypeVar

T = TypeVar("T")

PIECE = 8 * 2**20  # of an upload: what a clip takes in memory; S3 wants 5 MiB or more, GCS a multiple of 256 KiB
FOLDERS = 16  # listed at once over sftp
TEMPORARY = ".tmp"
ABSENT = ("SFTPNoSuchFile", "SFTPNoSuchPath")

_memory_lock = threading.Lock()


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

    def names(self, root: str, path: str) -> Iterable[str]:
        """Every object below ``path``, relative to ``root``."""
        skip = len(self.fs._strip_protocol(root)) + 1
        return (str(name)[skip:] for name in self.fs.find(path, refresh=True))

    def sizes(self, root: str, path: str) -> dict[str, int]:
        """Bytes of every object below ``path`` by its name relative to ``root``; -1 where the listing has none."""
        skip = len(self.fs._strip_protocol(root)) + 1
        found = self.fs.find(path, refresh=True, detail=True)
        told = found if isinstance(found, dict) else {key: {} for key in found}  # adlfs, of a path that is an object
        return {str(name)[skip:]: _size(info.get("size")) for name, info in told.items()}


class S3(Objects):
    """s3fs sends up to 100 MB and fetches up to 500 MB at once unless it is told otherwise."""

    pieces: ClassVar[dict[str, Any]] = {"chunksize": PIECE, "max_concurrency": 2}
    turns: ClassVar[dict[str, Any]] = {"max_concurrency": 1}


class Gcs(Objects):
    """gcsfs sends 50 MB at once unless it is told otherwise."""

    pieces: ClassVar[dict[str, Any]] = {"chunksize": PIECE}


class Azure(Objects):
    """A file of a known length goes up to 64 MB at once; one without goes in blocks, which are seen together."""

    def put(self, path: str, local: Path) -> None:
        with local.open("rb") as handle:
            self.fs.pipe_file(path, _Stream(handle))


class _Stream:
    """A file that can only be read on."""

    def __init__(self, handle: IO[bytes]) -> None:
        self.handle = handle

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        return self.handle.read(size)


class Memory(Objects):
    """The dictionary of this process, whose own exclusive create looks first and writes then."""

    def create(self, path: str, data: bytes) -> None:
        with _memory_lock:
            self.fs.pipe_file(path, data, mode="create")


class Disk(Objects):
    """A folder of this machine."""

    def write(self, path: str, data: bytes) -> None:
        self._whole(Path(path), lambda part: _flush(part, data), Path.replace)

    def create(self, path: str, data: bytes) -> None:
        """Link a whole temporary file to its name: exclusive, and never half written after a kill."""
        self._whole(Path(path), lambda part: _flush(part, data), os.link)

    def put(self, path: str, local: Path) -> None:
        self._whole(Path(path), lambda part: shutil.copyfile(local, part), Path.replace)

    def _whole(self, final: Path, fill: Callable[[Path], object], name: Callable[[Path, Path], object]) -> None:
        final.parent.mkdir(parents=True, exist_ok=True)
        part = final.with_name(temporary())
        try:
            fill(part)
            name(part, final)
        finally:
            part.unlink(missing_ok=True)

    def names(self, root: str, path: str) -> Iterable[str]:
        """A folder that cannot be listed is an error: an unread ledger would buy again."""
        for parent, _, files in os.walk(path, onerror=_unless_missing):
            below = Path(parent).relative_to(root).as_posix()
            for name in files:
                if not name.endswith(TEMPORARY):
                    yield name if below == "." else f"{below}/{name}"

    def sizes(self, root: str, path: str) -> dict[str, int]:
        """One look at each file: a folder's listing has no sizes here."""
        found = {}
        for name in self.names(root, path):
            with contextlib.suppress(FileNotFoundError):  # it went since its folder was read
                found[name] = Path(root, name).stat().st_size
        return found


class Sftp(Objects):
    """A folder of another machine. sshfs writes in place and lists in silence what it cannot list, so both are told
    to the server here."""

    def write(self, path: str, data: bytes) -> None:
        """The rename that replaces is an extension of OpenSSH's; where it is missing the write fails."""
        self._whole(path, lambda channel, part: _send(channel, part, [data]), "posix_rename")

    def create(self, path: str, data: bytes) -> None:
        """The rename of the protocol itself fails where the new name exists: OpenSSH links and unlinks."""
        self._whole(path, lambda channel, part: _send(channel, part, [data]), "rename")

    def put(self, path: str, local: Path) -> None:
        self._whole(path, lambda channel, part: _send(channel, part, _pieces(local)), "posix_rename")

    def names(self, root: str, path: str) -> Iterable[str]:
        return list(self.sizes(root, path))

    def sizes(self, root: str, path: str) -> dict[str, int]:
        """As its listings tell them."""
        below = len(root.rstrip("/")) + 1
        return {name[below:]: size for name, size in self._run(lambda channel: _listed(channel, path)).items()}

    def _whole(self, path: str, fill: Callable[[Any, str], Awaitable[object]], rename: str) -> None:
        folder = path.rpartition("/")[0]
        part = f"{folder}/{temporary()}"

        async def act(channel: Any) -> None:
            try:
                try:
                    await fill(channel, part)
                except Exception as error:
                    if type(error).__name__ not in ABSENT:
                        raise
                    await channel.makedirs(folder, exist_ok=True)
                    await fill(channel, part)
                await getattr(channel, rename)(part, path)
            except BaseException:
                with contextlib.suppress(Exception):
                    await channel.unlink(part)
                raise

        self._run(act)

    def _run(self, act: Callable[[Any], Awaitable[T]]) -> T:
        """On the connection that sshfs keeps, in the loop that it lives in."""

        async def work() -> T:
            async with self.fs._pool.get() as channel:
                return await act(channel)

        try:
            return asyncio.run_coroutine_threadsafe(work(), self.fs.loop).result()
        except Exception as error:
            if type(error).__name__ in ABSENT:
                raise FileNotFoundError(str(error)) from error
            raise


def _pieces(local: Path) -> Iterable[bytes]:
    with local.open("rb") as handle:
        while piece := handle.read(PIECE):
            yield piece


async def _send(channel: Any, part: str, pieces: Iterable[bytes]) -> None:
    async with channel.open(part, "wb") as handle:
        for piece in pieces:
            await handle.write(piece)
        try:
            await handle.fsync()
        except Exception as error:
            if type(error).__name__ != "SFTPOpUnsupported":  # an extension of OpenSSH's
                raise


async def _listed(channel: Any, top: str) -> dict[str, int]:
    """Every file below ``top`` with its bytes; none where there is no such folder, an error where it cannot be read."""
    places, found = asyncio.Semaphore(FOLDERS), dict[str, int]()

    async def walk(folder: str) -> None:
        async with places:
            try:
                entries = await channel.readdir(folder)
            except Exception as error:
                if folder == top or type(error).__name__ not in ABSENT:
                    raise
                return  # it went since its parent was read
        inner = []
        for entry in entries:
            if entry.filename in (".", ".."):
                continue
            path = f"{folder.rstrip('/')}/{entry.filename}"
            if stat.S_ISDIR(entry.attrs.permissions or 0):
                inner.append(path)
            elif not path.endswith(TEMPORARY):
                found[path] = _size(entry.attrs.size)
        await asyncio.gather(*map(walk, inner))

    await walk(top)
    return found


def _size(told: Any) -> int:
    return -1 if told is None else int(told)


def temporary() -> str:
    """The name of a file that is not whole yet: no listing of ours shows it."""
    return f".{uuid.uuid4().hex[:12]}{TEMPORARY}"


def _flush(path: Path, data: bytes) -> None:
    """Write through to the disk: a record must outlive a power cut before the step that it makes safe."""
    with path.open("wb") as handle:
        handle.write(data)
        handle.flush()
        os.fsync(handle.fileno())


def _unless_missing(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise error


WAYS: dict[str, type[Objects]] = {
    "local": Disk,
    "memory": Memory,
    "s3": S3,
    "azure": Azure,
    "gcs": Gcs,
    "sftp": Sftp,
    "other": Objects,
}
