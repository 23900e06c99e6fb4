"""How long until a render's first order leaves, against how long Prefect's own server takes to be ready."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from flows.cli.server import EMBEDDED, SERVED
from tests.bench import boards
from tests.bench.places import PATIENCE, sandbox
from tests.bench.rows import Row, median
from tests.conftest import SILENT, without_settings

STORYREEL = Path(sys.executable).with_name("storyreel")
ROUNDS = 2
LATER = 1.5  # seconds
SERVED_BY = re.compile("^Prefect: (embedded|http)", re.MULTILINE)  # said once the server can be asked


def first_order(folder: Path) -> Iterable[Row]:
    """From the command until its first order leaves: where it brings a server of its own, against that server alone;
    and where one runs already. A start before the measured ones makes Prefect's home."""
    env = {**without_settings(), **SILENT, "PREFECT_HOME": str(folder / "home")}
    board = boards.board(folder, 4), boards.config(folder)
    alone, own, after, running = [], [], [], []
    with _served(env):
        pass
    with sandbox(2.0) as box:
        env |= box.env
        for turn in range(ROUNDS):
            with _served(env) as (url, seconds):
                alone.append(seconds)
                running.append(_ordered(folder / f"running{turn}", board, {**env, "PREFECT_API_URL": url})[1])
            ready, ordered = _ordered(folder / f"own{turn}", board, env)
            own.append(ordered)
            after.append(ordered - ready)
    late = median(after)
    told = f"{late:.2f} s after Prefect; {median(own):.2f} s in all, {median(running):.2f} s if one runs"
    figures = {"after_ready_s": after, "own_s": own, "alone_s": alone, "running_s": running}
    other = f"{median(alone):.2f} s (Prefect's server alone)"
    yield Row("first order", told, other, f"< {LATER} s after Prefect", late < LATER, figures)


@contextlib.contextmanager
def _served(env: Mapping[str, str]) -> Iterator[tuple[str, float]]:
    """The embedded server as a run starts it: its address, and the seconds until it could be asked."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        since, place = time.perf_counter(), listening.fileno()
        process = subprocess.Popen(
            [sys.executable, "-P", str(SERVED), str(place)],
            env={**env, **EMBEDDED},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=(place,),
        )
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/api"
    with process:
        assert process.stdout is not None
        if not process.stdout.readline():
            raise RuntimeError("no Prefect server")
        yield url, time.perf_counter() - since
        process.terminate()


def _ordered(target: Path, board: tuple[Path, Path], env: Mapping[str, str]) -> tuple[float, float]:
    """Seconds from a render's command until it says that its server is ready, and until the first order stands at its
    target, a moment before it leaves."""
    words, told, ready = ["render", board[0], "--to", target, "--config", board[1]], target.with_suffix(".txt"), 0.0
    since = time.perf_counter()
    with told.open("wb") as said, subprocess.Popen([STORYREEL, *words], env=env, stdout=said, stderr=said) as process:
        while not any(target.glob("ledger/**/*-intent.json")):
            ready = ready or (time.perf_counter() - since if SERVED_BY.search(told.read_text()) else 0.0)
            if process.poll() is not None or time.perf_counter() - since > PATIENCE:
                raise RuntimeError(f"no order left: {told.read_text()[-2000:]}")
            time.sleep(0.01)
        seconds = time.perf_counter() - since
        os.kill(process.pid, signal.SIGINT)  # its jobs are the sandbox's
    return ready, seconds
