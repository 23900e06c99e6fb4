"""Processes of their own whose imports are done: each is forked off a process that nothing ever ran in.

A Python that starts and imports what a run needs takes a second, and longer than most of what tests ask of it.
"""

import asyncio
import os
from collections.abc import Callable, Mapping
from multiprocessing import get_context
from typing import Any

FORKS = get_context("forkserver")


def fork(act: Callable[..., object], *args: Any, loads: tuple[str, ...], env: Mapping[str, str] | None = None) -> Any:
    """A started process that calls ``act``, with this environment more. The first one of a test run has the modules of
    ``loads`` imported for itself and for all that follow; whatever else they need they import themselves."""
    FORKS.set_forkserver_preload([*loads, __name__, act.__module__])
    process = FORKS.Process(target=_acting, args=(act, args, {**os.environ, **(env or {})}), daemon=True)
    process.start()
    return process


def _acting(act: Callable[..., object], args: tuple[Any, ...], environ: Mapping[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environ)
    act(*args)


class Fork:
    """A process as asyncio has them. To be made while a loop runs."""

    def __init__(self, process: Any) -> None:
        self.process, self.over = process, asyncio.Event()
        asyncio.get_running_loop().add_reader(process.sentinel, self._end)

    def _end(self) -> None:
        asyncio.get_running_loop().remove_reader(self.process.sentinel)
        self.process.join()
        self.over.set()

    @property
    def returncode(self) -> int | None:
        """0 where it went well; None while it runs."""
        code: int | None = self.process.exitcode if self.over.is_set() else None
        return code

    async def wait(self) -> int:
        """The exit code, once it is there."""
        await self.over.wait()
        return int(self.process.exitcode)

    def kill(self) -> None:
        """At once, whatever it does."""
        self.process.kill()
