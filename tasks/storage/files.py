"""The files of this machine, one step a method, so that every step can be written down and a power cut be tried after
each of them. What makes a file of these steps is in `writing`.

A file's bytes, its name and the folders above it reach the disk apart from each other, each when it is synced.
"""

import contextlib
import ctypes
import errno
import fcntl
import os
from pathlib import Path
from typing import BinaryIO

#: What a file system says that has no such operation.
UNABLE = frozenset({errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP})
NO_LINKS = UNABLE | {errno.EPERM, errno.EMLINK}  # exFAT says that it is not permitted
_WHOLE = getattr(fcntl, "F_FULLFSYNC", None)  # macOS: past the disk's own memory too
_HERE, _NO_REPLACE, _EXCLUSIVE = -100, 1, 4  # AT_FDCWD, RENAME_NOREPLACE (Linux), RENAME_EXCL (macOS)


class NotExclusive(OSError):
    """The file system can neither link nor rename to a name only if it is free."""


class NotSynced(OSError):
    """What was done can be seen, and nobody knows whether it is on the disk."""


class Files:
    """The steps. Each raises OSError as the system does; a sync `NotSynced` where it failed, nothing where there is
    none."""

    def open(self, path: Path) -> BinaryIO:
        """A new file to write. While it is open no process takes it for `abandoned`."""
        handle = path.open("xb")
        with contextlib.suppress(OSError):  # no locks there: nothing is cleared there either
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return handle

    def write(self, handle: BinaryIO, piece: bytes) -> None:
        """The next bytes."""
        handle.write(piece)

    def sync(self, handle: BinaryIO) -> None:
        """Bring the bytes so far to the disk."""
        handle.flush()
        _through(handle.fileno())

    def sync_folder(self, path: Path) -> None:
        """Bring the names in a folder to the disk. One that may be used and not read is left to its file system."""
        try:
            number = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        except PermissionError:
            return
        try:
            _through(number)
        finally:
            os.close(number)

    def rename(self, old: Path, new: Path) -> None:
        """Over whatever stands there."""
        old.replace(new)

    def link(self, old: Path, new: Path) -> None:
        """A second name. FileExistsError where something stands."""
        os.link(old, new)

    def rename_new(self, old: Path, new: Path) -> None:
        """A free name. FileExistsError where something stands, `NotExclusive` where the system cannot tell."""
        _rename_new(old, new)

    def mkdir(self, path: Path) -> None:
        """One folder."""
        path.mkdir()

    def unlink(self, path: Path) -> None:
        """Remove a file's name."""
        path.unlink()


def abandoned(path: Path) -> bool:
    """Whether no living process has the file open for writing; False where that cannot be found out."""
    try:
        with path.open("r+b") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _through(number: int) -> None:
    if _WHOLE is not None:
        with contextlib.suppress(OSError):
            fcntl.fcntl(number, _WHOLE)
            return
    try:
        os.fsync(number)
    except OSError as error:
        if error.errno not in UNABLE:
            raise NotSynced(error.errno, error.strerror) from error


def _rename_new(old: Path, new: Path) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    names = os.fsencode(old), os.fsencode(new)
    if hasattr(libc, "renameat2"):
        failed = libc.renameat2(_HERE, names[0], _HERE, names[1], _NO_REPLACE)
    elif hasattr(libc, "renamex_np"):
        failed = libc.renamex_np(*names, _EXCLUSIVE)
    else:
        raise NotExclusive(errno.ENOTSUP, "this system has no exclusive rename", str(new))
    if not failed:
        return
    number = ctypes.get_errno()
    kind = NotExclusive if number in NO_LINKS else OSError
    raise kind(number, os.strerror(number), str(new))
