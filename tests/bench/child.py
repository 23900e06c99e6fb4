"""A process that is measured: CPU seconds and peak memory by the kernel, event-loop lag by a tick of its own.

``python -m tests.bench.child LAG_FILE storyreel ARGS...``, or ``bare ARGS...`` for the short script beside it.
"""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.places import ROOT, without_settings

TICK = 0.05


@dataclass(frozen=True, slots=True)
class Ran:
    """What a process took: wall and CPU seconds, peak memory in MB, the worst lag of its event loop in ms."""

    wall: float
    cpu: float
    memory: float
    lag: float
    code: int
    out: str

    @property
    def told(self) -> dict[str, Any]:
        """Its standard output as JSON."""
        found: dict[str, Any] = json.loads(self.out)
        return found


def run(folder: Path, *command: object, env: Mapping[str, str] | None = None) -> Ran:
    """Run a measured process to its end."""
    lag, out = folder / "lag.json", folder / "out.txt"
    lag.unlink(missing_ok=True)
    words = [sys.executable, "-m", "tests.bench.child", str(lag), *map(str, command)]
    with out.open("wb") as sink, (folder / "err.txt").open("wb") as errors:
        since = time.perf_counter()
        process = subprocess.Popen(
            words, cwd=ROOT, env={**without_settings(), **(env or {})}, stdout=sink, stderr=errors
        )
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - since
    process.returncode = code = os.waitstatus_to_exitcode(status)
    lags = json.loads(lag.read_text()) if lag.exists() else [0.0]
    cpu = used.ru_utime + used.ru_stime
    return Ran(wall, cpu, used.ru_maxrss / 1024, max(lags) * 1000, code, out.read_text(errors="replace"))


class Ticking(asyncio.DefaultEventLoopPolicy):
    """Event loops that note by how much each tick came late."""

    def __init__(self) -> None:
        super().__init__()
        self.lags = [0.0]

    def new_event_loop(self) -> asyncio.AbstractEventLoop:
        loop = super().new_event_loop()

        def tick(due: float) -> None:
            self.lags.append(loop.time() - due)
            loop.call_later(TICK, tick, loop.time() + TICK)

        loop.call_later(TICK, tick, loop.time() + TICK)
        return loop


def main(lag_file: str, program: str, words: Sequence[str]) -> None:
    """Run a program in this process, under a ticking loop."""
    ticking = Ticking()
    asyncio.set_event_loop_policy(ticking)
    try:
        if program == "storyreel":
            from flows.cli import main as storyreel

            sys.argv = ["storyreel", *words]
            storyreel()
        else:
            from tests.bench.bare import main as bare

            bare(*words)
    finally:
        Path(lag_file).write_text(json.dumps(sorted(ticking.lags)[-20:]))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
