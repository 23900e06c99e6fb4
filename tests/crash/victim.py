"""``python -m tests.crash.victim N COUNT_FILE -- render ...``: the storyreel command, killed at its N-th step.

A step is one side of anything that touches the world: before and after each object written to the target, each
request to a gateway, each download. N = 0 kills nothing; the number of steps goes to COUNT_FILE at each of them.
"""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flows.cli import app as cli
from tasks.storage.store import Store
from tasks.transport.client import Http


class Reaper:
    """Counts the steps and ends the process at the chosen one, as a power cut would."""

    def __init__(self, at: int, out: Path) -> None:
        self.at, self.out, self.steps = at, out, 0

    def step(self) -> None:
        self.steps += 1
        self.out.write_text(str(self.steps))
        if self.steps == self.at:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, act: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*args: Any, **options: Any) -> Any:
            self.step()
            done = act(*args, **options)
            self.step()
            return done

        return wrapped

    def around_async(self, act: Callable[..., Any]) -> Callable[..., Any]:
        async def wrapped(*args: Any, **options: Any) -> Any:
            self.step()
            done = await act(*args, **options)
            self.step()
            return done

        return wrapped

    def watch(self) -> None:
        """Count whatever touches the world from here on."""
        for name in ("write", "create", "put", "delete"):
            setattr(Store, name, self.around(getattr(Store, name)))
        for name in ("ask", "download"):
            setattr(Http, name, self.around_async(getattr(Http, name)))


def main() -> None:
    at, out, arguments = int(sys.argv[1]), Path(sys.argv[2]), sys.argv[4:]
    Reaper(at, out).watch()
    sys.argv = ["storyreel", *arguments]
    cli.main()


if __name__ == "__main__":
    main()
