"""What runs in a measured process: a program under event loops that note how late they are.

``python -m tests.bench.child NOTE storyreel ARGS...``, ``bare ARGS...`` for the short script beside it, or the
name of one of ``works``.
"""

import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path

TICK = 0.05


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


def main(note: str, program: str, words: Sequence[str]) -> None:
    """Run a program in this process, under a ticking loop."""
    ticking = Ticking()
    asyncio.set_event_loop_policy(ticking)
    try:
        if program == "storyreel":
            from flows.cli.app import main as storyreel

            sys.argv = ["storyreel", *words]
            storyreel()
        elif program == "bare":
            from tests.bench.bare import main as bare

            bare(*words)
        else:
            from tests.bench import works

            getattr(works, program)(*words)
    finally:
        Path(note).write_text(json.dumps({"lag_ms": max(ticking.lags) * 1000, "memory_mb": peak()}))


def peak() -> float:
    """The most memory that this program had, in MB. What the kernel tells the parent holds the parent's own as well:
    a child begins as its copy."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
