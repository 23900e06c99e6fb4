"""Small boards, and the ``storyreel`` command as a process of its own."""

import contextlib
import csv
import io
import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from PIL import Image

STORYREEL = str(Path(sys.executable).with_name("storyreel"))
SMALL = {"duration": "0.5", "size": "320x180"}
PATIENCE = 240.0


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str

    @property
    def told(self) -> dict[str, Any]:
        """Standard output as the one JSON object that it must be, on one line."""
        assert self.out.endswith("\n"), self
        assert self.out.count("\n") == 1, self
        value = json.loads(self.out)
        assert isinstance(value, dict)
        return value

    @property
    def counts(self) -> dict[str, int]:
        """The statuses that occur in ``render --json``."""
        return {status: number for status, number in self.told["shots"].items() if number}


@dataclass(frozen=True, slots=True)
class Cli:
    """The installed command in an environment and a working directory that hold nothing of this repository."""

    environment: Mapping[str, str]
    folder: Path

    def start(self, *args: object, **more: str) -> subprocess.Popen[str]:
        """Start it; both outputs are pipes."""
        return subprocess.Popen(
            [STORYREEL, *map(str, args)],
            env={**self.environment, **more},
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __call__(self, *args: object, **more: str) -> Ran:
        """Run it to its end."""
        return ended(self.start(*args, **more))


def ended(process: subprocess.Popen[str], number: signal.Signals | None = None) -> Ran:
    """Wait for a started command, after a signal if one is given. It never outlives the test."""
    try:
        if number is not None:
            process.send_signal(number)
        out, err = process.communicate(timeout=PATIENCE)
    except BaseException:
        process.kill()
        print(*process.communicate(), sep="\n")
        raise
    return Ran(process.returncode, out, err)


def write_board(path: Path, rows: Sequence[Mapping[str, object]]) -> Path:
    """A CSV of small shots: half a second at 320x180 where a row does not say otherwise."""
    full = [{**SMALL, **row} for row in rows]
    names = list(dict.fromkeys(name for row in full for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, names, restval="")
    writer.writeheader()
    writer.writerows(full)
    path.write_text(text.getvalue(), encoding="utf-8", newline="")
    return path


def draw(path: Path, colour: str) -> str:
    """A small picture; its name, as a board beside it would give it."""
    Image.linear_gradient("L").resize((200, 150)).convert("RGB").point(lambda v: v // 2).save(path)
    with Image.open(path) as picture:
        Image.blend(picture.convert("RGB"), Image.new("RGB", picture.size, colour), 0.6).save(path)
    return path.name


def manifest(target: Path) -> dict[str, dict[str, Any]]:
    """The rows of a target's manifest.json by shot id, in board order."""
    return {row["shot_id"]: row for row in json.loads((target / "manifest.json").read_text())["shots"]}


def column(target: Path, name: str) -> dict[str, Any]:
    """One column of a target's manifest by shot id."""
    return {shot_id: row[name] for shot_id, row in manifest(target).items()}


def until(good: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    """Wait until a run in progress has brought something about."""
    over = time.monotonic() + PATIENCE
    while not good():
        assert time.monotonic() < over, "it did not come about"
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)  # another process's work can only be looked at again


def until_clips(target: Path, count: int, process: subprocess.Popen[str]) -> None:
    """Wait until a run in progress has put so many clips at its target."""
    until(lambda: len(list(target.glob("clips/*.mp4"))) >= count, process)


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextlib.contextmanager
def serving(folder: Path, handler: type[SimpleHTTPRequestHandler] = _Quiet) -> Iterator[str]:
    """A folder over http on loopback: its ``host:port``."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
