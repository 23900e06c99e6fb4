"""A command at a terminal of its own: what it shows there, and the keys that a person presses."""

import contextlib
import os
import pty
import select
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType

from tests.flows import STORYREEL

CONTROLS = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""


class Terminal:
    """``storyreel`` as the foreground process of a pseudo-terminal; a context manager that leaves no process behind."""

    def __init__(self, environment: Mapping[str, str], folder: Path, *args: object, out: Path | None = None) -> None:
        self._master, slave = pty.openpty()
        stdout = slave if out is None else os.open(out, os.O_WRONLY | os.O_CREAT, 0o600)
        self.process = subprocess.Popen(
            [sys.executable, "-c", CONTROLS, STORYREEL, *map(str, args)],
            env=dict(environment),
            cwd=folder,
            stdin=slave,
            stdout=stdout,
            stderr=slave,
            start_new_session=True,
        )
        for number in {slave, stdout}:
            os.close(number)
        self._seen, self._over = bytearray(), threading.Event()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        with contextlib.suppress(OSError):  # how a terminal says that nobody is at its other end
            while not self._over.is_set():
                if select.select([self._master], [], [], 0.05)[0]:
                    self._seen += os.read(self._master, 65536)

    @property
    def screen(self) -> str:
        """All that was shown so far, with its control codes."""
        return self._seen.decode(errors="replace")

    def press(self, keys: bytes) -> None:
        """What a person types; ``\\x03`` is Ctrl-C."""
        os.write(self._master, keys)

    def hang_up(self) -> None:
        """Close its window."""
        self._over.set()
        self._reader.join(5)
        os.close(self._master)

    def until(self, good: Callable[[], bool], patience: float = 120.0) -> None:
        """Wait until something outside has come about."""
        until = time.monotonic() + patience
        while not good():
            assert time.monotonic() < until, self.screen
            assert self.process.poll() is None, self.screen
            time.sleep(0.02)  # another process's work can only be looked at again

    def ended(self, patience: float) -> tuple[int, float]:
        """Its exit code, and the seconds that it took to end from now."""
        since = time.monotonic()
        code = self.process.wait(patience)
        took = time.monotonic() - since
        self._reader.join(5)
        return code, took

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if not self._over.is_set():
            self.hang_up()


def processes_of(home: Path) -> list[int]:
    """The processes whose environment names this PREFECT_HOME."""
    mark = f"PREFECT_HOME={home}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if mark in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
    return found


def nobody_left(home: Path, patience: float = 15.0) -> list[int]:
    """The processes of this PREFECT_HOME that are still there when patience is over."""
    until = time.monotonic() + patience
    while (left := processes_of(home)) and time.monotonic() < until:
        time.sleep(0.1)  # as above
    return left


__all__ = ["Terminal", "nobody_left", "processes_of"]
