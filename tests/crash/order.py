"""``python -m tests.crash.order AT STEPS KIND BOARD TARGET CONFIG``: one run without Prefect, killed at its AT-th step.

Its orders go through an adapter of ``tests.adapters``. A step is one side of an order, a question, a download or an
object of the target; each is appended to STEPS by name before it is taken. AT = 0 kills nothing.
"""

import asyncio
import os
import re
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tasks.domain.order import Reply, Request
from tasks.domain.request import RunRequest
from tasks.session.session import start_session
from tasks.storage.store import Store
from tasks.transport.client import Http
from tests import adapters

WATCHED = re.compile(r"(?:ledger/.*-(\w+)\.json|(clips)/.*)")  # the lock's heart beats when it likes


class Reaper:
    """Writes down each step, and ends the process at the chosen one."""

    def __init__(self, at: int, out: Path) -> None:
        self.at, self.out, self.steps = at, out, 0

    def step(self, name: str) -> None:
        self.steps += 1
        with self.out.open("a") as log:
            log.write(f"{name}\n")
        if self.steps == self.at:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, verb: str) -> None:
        """Watch a way to write to the target."""
        act: Callable[..., Any] = getattr(Store, verb)

        def wrapped(store: Store, path: str, *more: Any) -> Any:
            seen = WATCHED.fullmatch(path)
            name = f"{verb} {seen[1] or seen[2]}" if seen else ""
            if name:
                self.step(f"before {name}")
            done = act(store, path, *more)
            if name:
                self.step(f"after {name}")
            return done

        setattr(Store, verb, wrapped)


class Mortal(Http):
    """The real client, watched."""

    reaper: Reaper

    async def ask(self, request: Request, *more: Any) -> Reply:
        kind = "order" if request.method == "POST" else "find" if "/orders/" in request.url else "poll"
        self.reaper.step(f"before {kind}")
        try:
            return await super().ask(request, *more)
        finally:
            self.reaper.step(f"after {kind}")

    async def download(self, *given: Any, **more: Any) -> Any:
        self.reaper.step("before download")
        done = await super().download(*given, **more)
        self.reaper.step("after download")
        return done


async def rendered(wanted: RunRequest, reaper: Reaper) -> int:
    """The job as the flow does it."""
    async with start_session(wanted) as running:
        plain, running.http = running.http, Mortal()
        running.http.reaper = reaper
        await plain.close()
        await running.check(fetch=True)
        async with running.open():
            await asyncio.gather(*(running.shot(one.shot.shot_id) for one in running.plan.shots if one.renders))
        await running.http.close()
        return running.exit_code()


def main(at: str, steps: str, kind: str, board: str, target: str, config: str) -> int:
    """The exit code of a run that came to its end."""
    adapters.install(kind)
    reaper = Reaper(int(at), Path(steps))
    for verb in ("write", "create", "put", "delete"):
        reaper.around(verb)
    return asyncio.run(rendered(RunRequest(board, target, config), reaper))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
