"""The file operations of this machine, one system call a method, so that a test can record them and simulate a power
cut after each. `disk` makes whole files of them.

A file's bytes, its name and the folders above it reach the disk independently, each when it is synced.
"""

import contextlib
import ctypes
import errno
import fcntl
import os
from pathlib import Path
from typing import BinaryIO

#: Errors of a file system that lacks an operation.
UNABLE = frozenset({errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP})
NO_LINKS = UNABLE | {errno.EPERM, errno.EMLINK}  # exFAT answers EPERM
_WHOLE = getattr(fcntl, "F_FULLFSYNC", None)  # macOS: flushes the disk's own cache too
_HERE, _NO_REPLACE, _EXCLUSIVE = -100, 1, 4  # AT_FDCWD, RENAME_NOREPLACE (Linux), RENAME_EXCL (macOS)


class NotExclusive(OSError):
    """The file system can neither link nor rename to a name only if it is free."""


class NotSynced(OSError):
    """A change is visible and may not be on the disk: a power cut could undo it."""


class Files:
    """The operations. Where a file system has no sync, syncing does nothing.

    Each raises ``OSError`` as the system does. A sync raises ``NotSynced`` when it fails.
    """

    def open(self, path: Path) -> BinaryIO:
        """Create a file for writing. It is locked while open, so `is_abandoned` is false for it."""
        handle = path.open("xb")
        with contextlib.suppress(OSError):  # a file system without locks: `is_abandoned` is false there
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return handle

    def write(self, handle: BinaryIO, piece: bytes) -> None:
        """Append bytes."""
        handle.write(piece)

    def sync(self, handle: BinaryIO) -> None:
        """Bring the bytes written so far to the disk."""
        handle.flush()
        _through(handle.fileno())

    def sync_folder(self, path: Path) -> None:
        """Bring the names in a folder to the disk. A folder that may not be read is passed over."""
        try:
            number = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        except PermissionError:
            return
        try:
            _through(number)
        finally:
            os.close(number)

    def rename(self, old: Path, new: Path) -> None:
        """Rename a file, replacing what has the new name."""
        old.replace(new)

    def link(self, old: Path, new: Path) -> None:
        """Give a file a second name. Raises ``FileExistsError`` when that is taken."""
        os.link(old, new)

    def rename_new(self, old: Path, new: Path) -> None:
        """Rename a file to a free name.

        Raises ``FileExistsError`` when the name is taken, ``NotExclusive`` when the system has no such operation.
        """
        _rename_new(old, new)

    def mkdir(self, path: Path) -> None:
        """Make one folder."""
        path.mkdir()

    def unlink(self, path: Path) -> None:
        """Remove a file's name."""
        path.unlink()


def is_abandoned(path: Path) -> bool:
    """Whether no running process has the file open for writing; False where that cannot be determined."""
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
