"""Errors whose cause is this machine (disk space, file descriptors, memory) and not a gateway; and memory given back.

Libraries hide such a cause deep inside errors that look like those of a network or a file.
"""

import contextlib
import ctypes
import errno
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

from tasks.domain.errors import LocalFault

LACKS = {
    errno.ENOSPC: "no room is left on the disk",
    errno.EDQUOT: "the disk quota is used up",
    errno.EFBIG: "no file may be so large here",
    errno.EMFILE: "this process has no file descriptor left",
    errno.ENFILE: "this machine has no file descriptor left",
    errno.ENOMEM: "no memory is left",
    errno.ENOBUFS: "no memory is left for the network",
    errno.EIO: "the disk fails",
    errno.EROFS: "the disk can only be read",
}
MEMORY = (
    64_000_000  # bytes; while so many can be allocated, a MemoryError only means that a file asked for an absurd amount
)


def lack(error: BaseException) -> str:
    """What this machine lacks, in words, as the error or one of its causes tells; empty for any other error."""
    for cause in _behind(error):
        if isinstance(cause, OSError) and cause.errno in LACKS:
            return LACKS[cause.errno]
        if isinstance(cause, socket.gaierror) and not _can_open():  # a name cannot be looked up without a descriptor
            return LACKS[errno.EMFILE]
        if isinstance(cause, MemoryError) and not _can_have(MEMORY):  # a hostile file asks for any amount
            return LACKS[errno.ENOMEM]
    return ""


def describe_lack(error: BaseException) -> str:
    """The error as a sentence about this machine, for people."""
    what = lack(error) or str(error) or type(error).__name__
    return str(error) if isinstance(error, LocalFault) else f"this machine cannot go on: {what}"


def raise_lack(error: BaseException, *, sent: bool = False) -> None:
    """Turn an error whose cause is this machine into a ``LocalFault``, and pass over any other.

    ``sent``: whether a request may have left before. Raises ``LocalFault`` when this machine lacks something.
    """
    if what := lack(error):
        raise LocalFault(f"this machine cannot go on: {what}", sent=sent) from error


@contextlib.contextmanager
def own(path: Path) -> Iterator[None]:
    """Work on a file of our own in the body: any error of the disk is this machine's fault.

    Raises ``LocalFault`` when the body raises an ``OSError``.
    """
    try:
        yield
    except OSError as error:
        what = lack(error) or error.strerror or type(error).__name__
        raise LocalFault(f"this machine cannot go on: {path.parent}: {what}") from error


@contextlib.contextmanager
def filling(out: Path) -> Iterator[Callable[[bytes], None]]:
    """Create a file and give the function that appends bytes to it; it is closed at the end of the body.

    Raises ``LocalFault`` when the file cannot be created, written or closed.
    """

    def keep(piece: bytes) -> None:
        with own(out):
            handle.write(piece)

    with own(out):
        handle = out.open("wb")
    try:
        yield keep
    except BaseException:
        with contextlib.suppress(OSError):  # the first error is the one to tell
            handle.close()
        raise
    with own(out):
        handle.close()


def give_back() -> None:
    """Give freed memory back to the system, where the C library can: glibc keeps what lies below anything still in use,
    and after a run of thousands of shots that is tens of megabytes."""
    with contextlib.suppress(OSError, AttributeError, TypeError):  # other systems, other libraries
        ctypes.CDLL(None).malloc_trim(0)


def _behind(error: BaseException) -> Iterator[BaseException]:
    """The error with its causes, contexts and the members of exception groups."""
    waiting, seen = [error], set[int]()
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting += one.exceptions if isinstance(one, BaseExceptionGroup) else ()
        waiting += [cause for cause in (one.__cause__, one.__context__) if cause is not None]


def _can_open() -> bool:
    try:
        os.close(os.open(os.devnull, os.O_RDONLY))
    except OSError:
        return False
    return True


def _can_have(size: int) -> bool:
    try:
        bytearray(size)
    except MemoryError:
        return False
    return True
