"""Standard output and standard error as they are: their reader may be gone, the disk behind them full.

What cannot be written is dropped and remembered; it is never the end of a job that has bought something.
"""

import contextlib
import errno
import io
import os
import select
import stat
import sys
from typing import Any, TextIO

FULL = "/dev/full"


class Outlet(io.TextIOBase):
    """``sys.stdout`` or ``sys.stderr``, whatever stands there now. ``lost`` is why nothing more can be written."""

    def __init__(self, name: str) -> None:
        self.stream_name = name
        self.lost: OSError | None = None

    @property
    def _stream(self) -> TextIO | None:
        stream: TextIO | None = getattr(sys, self.stream_name)
        drawn_over: TextIO | None = getattr(stream, "rich_proxied_file", stream)  # rich, while it draws
        return drawn_over

    @property
    def encoding(self) -> str:  # type: ignore[override]  # an attribute there, which nobody sets
        return getattr(self._stream, "encoding", None) or "utf-8"

    def isatty(self) -> bool:
        return self._stream is not None and self._stream.isatty()

    def fileno(self) -> int:
        """The descriptor behind it. Raises ``UnsupportedOperation`` when it was closed before the program began."""
        if self._stream is None:
            raise io.UnsupportedOperation("closed")
        return self._stream.fileno()

    def write(self, text: str) -> int:
        """Write, or drop what cannot be written; letters that its encoding lacks are escaped."""
        if self.lost is None and self._stream is not None:
            with self._losing():
                self._stream.write(escape(text, self.encoding))
        return len(text)

    def flush(self) -> None:
        """As `write`."""
        if self.lost is None and self._stream is not None:
            with self._losing():
                self._stream.flush()

    @contextlib.contextmanager
    def _losing(self) -> Any:
        try:
            yield
        except OSError as error:
            self.lost = error
            with contextlib.suppress(OSError, ValueError):  # what is still held back goes nowhere, without a word
                os.dup2(os.open(os.devnull, os.O_WRONLY), self.fileno())


OUT, ERR = Outlet("stdout"), Outlet("stderr")


def holds(text: str, encoding: str) -> bool:
    """Whether an encoding has all letters of a text."""
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def escape(text: str, encoding: str) -> str:
    """The text with ``\\u2014`` and the like for the letters that an encoding lacks."""
    return text if holds(text, encoding) else text.encode(encoding, "backslashreplace").decode(encoding)


def renew() -> None:
    """Begin a command: forget what was lost before, and escape what others (the help) print there as well."""
    OUT.lost = ERR.lost = None
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def why_closed(outlet: Outlet) -> str:
    """Why nothing can be written to the outlet, as far as that shows without writing; empty when it can."""
    try:
        number = outlet.fileno()
    except (io.UnsupportedOperation, ValueError, AttributeError):
        return "it is closed" if outlet._stream is None else ""
    try:
        os.write(number, b"")
        found = os.fstat(number)
        if _gone(number):
            return os.strerror(errno.EPIPE)
        if _full(number, found):
            return os.strerror(errno.ENOSPC)
    except OSError as error:
        return error.strerror or str(error)
    return ""


def _gone(number: int) -> bool:
    """Whether nobody reads at the other end."""
    if not hasattr(select, "poll"):
        return False
    look = select.poll()
    look.register(number, 0)
    return any(event & (select.POLLERR | select.POLLNVAL) for _, event in look.poll(0))


def _full(number: int, found: os.stat_result) -> bool:
    """Whether it is the device that is always full, or a file on a disk without room."""
    if stat.S_ISCHR(found.st_mode):
        with contextlib.suppress(OSError):
            return os.stat(FULL).st_rdev == found.st_rdev  # noqa: PTH116 - beside fstat
        return False
    return stat.S_ISREG(found.st_mode) and hasattr(os, "fstatvfs") and os.fstatvfs(number).f_bavail == 0


def lost_words() -> str:
    """The line about an output that could not be written to its end; empty where only its reader went away."""
    error = OUT.lost
    if error is None or error.errno == errno.EPIPE:
        return ""
    return f"error: standard output could not be written whole: {error.strerror or error}"
