"""How an object gets to a store whole or not at all, and how its names are listed, by kind of store.

A temporary name and a rename on a disk and over sftp, one upload on an object store; never appended, never moved on
an object store, and never inside an open handle that an exception could commit.
"""

import asyncio
import contextlib
import stat
import threading
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import IO, Any, ClassVar, TypeVar

from tasks.storage.objects import LEFT, PIECE, TEMPORARY, TRIES, Objects, pieces_of, size_of, temporary

T = TypeVar("T")

FOLDERS = 16  # listed at once over sftp
ABSENT = ("SFTPNoSuchFile", "SFTPNoSuchPath")

_memory_lock = threading.Lock()


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


class Sftp(Objects):
    """A folder of another machine. sshfs writes in place and lists in silence what it cannot list, so both are told
    to the server here.

    The bytes are synced before they get their name where the server can (OpenSSH does); for the name itself the
    protocol has no sync: after a power cut at the server its own file system decides how new the last names are.
    """

    def write(self, path: str, data: bytes) -> None:
        """The rename that replaces is an extension of OpenSSH's; where it is missing the write fails."""
        self._whole(path, lambda channel, part: _send(channel, part, [data]), "posix_rename")

    def create(self, path: str, data: bytes) -> None:
        """The rename of the protocol itself fails where the new name exists: OpenSSH links and unlinks."""
        self._whole(path, lambda channel, part: _send(channel, part, [data]), "rename")

    def put(self, path: str, local: Path) -> None:
        self._whole(path, lambda channel, part: _send(channel, part, pieces_of(local)), "posix_rename")

    def names(self, root: str, path: str) -> Iterable[str]:
        return list(self.sizes(root, path))

    def sizes(self, root: str, path: str) -> dict[str, int]:
        """As its listings tell them."""
        below = len(root.rstrip("/")) + 1
        listed = self._run(lambda channel: _listed(channel, path))
        return {name[below:]: size for name, size in listed.items() if not name.endswith(TEMPORARY)}

    def clear_up(self, path: str, *, deep: bool = True) -> None:
        """Who holds a file cannot be asked here: a writer whose temporary file goes writes it again."""

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
                part = f"{folder}/{temporary()}"
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
    """Every file below ``top``, or in it, with its bytes; none where there is no such folder, an error where one
    cannot be listed."""
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
            else:
                found[path] = size_of(entry.attrs.size)
        if deep:
            await asyncio.gather(*map(walk, inner))

    await walk(top)
    return found
