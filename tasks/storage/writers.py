"""Atomic writes and listings of each kind of store.

Over sftp a temporary file is renamed, on an object store an object is one upload: never appended to, never moved, and
never written through an open handle, which would commit half an object at an exception.
"""

import asyncio
import contextlib
import stat
import threading
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path, PurePosixPath
from typing import IO, Any, ClassVar, TypeVar

from tasks.storage.objects import LEFT, PIECE, TEMPORARY, TRIES, Objects, pieces_of, size_of, temporary_name

T = TypeVar("T")

FOLDERS = 16  # that are listed concurrently over sftp
ABSENT = ("SFTPNoSuchFile", "SFTPNoSuchPath")

_memory_lock = threading.Lock()


class S3(Objects):
    """S3 with small pieces: by default s3fs holds up to 100 MB of an upload and 500 MB of a download in memory."""

    pieces: ClassVar[dict[str, Any]] = {"chunksize": PIECE, "max_concurrency": 2}
    turns: ClassVar[dict[str, Any]] = {"max_concurrency": 1}


class Gcs(Objects):
    """GCS with small pieces: by default gcsfs holds 50 MB of an upload in memory."""

    pieces: ClassVar[dict[str, Any]] = {"chunksize": PIECE}

    def get(self, path: str, local: Path) -> None:
        self.get_in_parts(path, local)


class Azure(Objects):
    """Azure with small pieces: adlfs uploads up to 64 MB at once unless the length is unknown; then it sends blocks, by
    default as many side by side as it may have connections, which is all of a clip."""

    def put(self, path: str, local: Path) -> None:
        with local.open("rb") as handle:
            self.fs.pipe_file(path, _Stream(handle), max_concurrency=1)

    def get(self, path: str, local: Path) -> None:
        self.get_in_parts(path, local)


class _Stream:
    """A file that has no length for adlfs to ask for."""

    def __init__(self, handle: IO[bytes]) -> None:
        self.handle = handle

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        return self.handle.read(size)


class Memory(Objects):
    """The dictionary of this process, with a lock: fsspec's own exclusive create checks first and writes later."""

    def create(self, path: str, data: bytes) -> None:
        with _memory_lock:
            self.fs.pipe_file(path, data, mode="create")


class Sftp(Objects):
    """A folder of another machine. Writes and listings use the protocol directly: sshfs writes in place, and hides that
    a folder cannot be listed.

    The bytes are synced before they get their name if the server can (OpenSSH does). The protocol has no sync for the
    name itself: after a power cut at the server its file system decides which of the last names are there.
    """

    def write(self, path: str, data: bytes) -> None:
        """Write a file, replacing what is there, by an extension of OpenSSH; a server without it refuses the write."""
        self._whole(path, lambda channel, part: _send(channel, part, [data]), "posix_rename")

    def create(self, path: str, data: bytes) -> None:
        """Write a file if none is there: the protocol's own rename fails when the new name exists."""
        self._whole(path, lambda channel, part: _send(channel, part, [data]), "rename")

    def put(self, path: str, local: Path) -> None:
        self._whole(path, lambda channel, part: _send(channel, part, pieces_of(local)), "posix_rename")

    def read_part(self, path: str, start: int, stop: int) -> bytes:
        """As everywhere; sshfs itself would read the whole file."""

        async def act(channel: Any) -> bytes:
            async with channel.open(path, "rb") as handle:
                return bytes(await handle.read(stop - start, start))

        return self._run(act)

    def leads_out(self, root: str, path: str) -> bool:
        async def act(channel: Any) -> bool:
            top, found = [PurePosixPath(str(await channel.realpath(one))) for one in (root or "/", path)]
            return not found.is_relative_to(top)

        return self._run(act)

    def names(self, root: str, path: str) -> Iterable[str]:
        return list(self.sizes(root, path))

    def sizes(self, root: str, path: str) -> dict[str, int]:
        """Bytes of every file below ``path`` by its name relative to ``root``; -1 where the listing has no size."""
        below = len(root.rstrip("/")) + 1
        listed = self._run(lambda channel: _listed(channel, path))
        return {name[below:]: size for name, size in listed.items() if not name.endswith(TEMPORARY)}

    def clear_up(self, path: str, *, deep: bool = True) -> None:
        """Remove all temporary files: whether one is in use cannot be seen, and its writer then writes it again."""

        async def act(channel: Any) -> None:
            for name in await _listed(channel, path, deep=deep):
                if LEFT.fullmatch(name.rpartition("/")[2]):
                    with contextlib.suppress(Exception):
                        await channel.unlink(name)

        with contextlib.suppress(FileNotFoundError):
            self._run(act)

    def _whole(self, path: str, fill: Callable[[Any, str], Awaitable[object]], rename: str) -> None:
        folder = path.rpartition("/")[0]

        async def act(channel: Any) -> None:
            for left in reversed(range(TRIES)):
                part = f"{folder}/{temporary_name()}"
                try:
                    await fill(channel, part)
                    await getattr(channel, rename)(part, path)
                    break
                except BaseException as error:
                    if not left or type(error).__name__ not in ABSENT:
                        with contextlib.suppress(Exception):
                            await channel.unlink(part)
                        raise
                await channel.makedirs(folder, exist_ok=True)

        self._run(act)

    def _run(self, act: Callable[[Any], Awaitable[T]]) -> T:
        """Run ``act`` on sshfs's connection, in the event loop that owns it.

        Raises ``FileNotFoundError`` when a file or folder is missing.
        """

        async def work() -> T:
            async with self.fs._pool.get() as channel:
                return await act(channel)

        try:
            return asyncio.run_coroutine_threadsafe(work(), self.fs.loop).result()
        except Exception as error:
            if type(error).__name__ in ABSENT:
                raise FileNotFoundError(str(error)) from error
            raise


async def _send(channel: Any, part: str, pieces: Iterable[bytes]) -> None:
    async with channel.open(part, "wb") as handle:
        for piece in pieces:
            await handle.write(piece)
        try:
            await handle.fsync()
        except Exception as error:
            if type(error).__name__ != "SFTPOpUnsupported":  # an extension of OpenSSH's
                raise


async def _listed(channel: Any, top: str, *, deep: bool = True) -> dict[str, int]:
    """Every file in ``top``, and if ``deep`` below it, with its bytes.

    Raises ``asyncssh.SFTPError`` when the folder is missing or one cannot be listed.
    """
    places, found = asyncio.Semaphore(FOLDERS), dict[str, int]()

    async def walk(folder: str) -> None:
        async with places:
            try:
                entries = await channel.readdir(folder)
            except Exception as error:
                if folder == top or type(error).__name__ not in ABSENT:
                    raise
                return  # deleted since its parent was listed
        inner = []
        for entry in entries:
            if entry.filename in (".", ".."):
                continue
            path = f"{folder.rstrip('/')}/{entry.filename}"
            if stat.S_ISDIR(entry.attrs.permissions or 0):
                inner.append(path)
            else:
                found[path] = size_of(entry.attrs.size)
        if deep:
            await asyncio.gather(*map(walk, inner))

    await walk(top)
    return found
