"""Further takes of a shot as task runs of their own, named ``sh010 (2)`` and so on, beside that of the first."""

import asyncio
from collections.abc import Awaitable
from contextvars import ContextVar
from typing import TYPE_CHECKING, cast

from prefect import task
from prefect.client.schemas.objects import State
from prefect.context import TaskRunContext
from prefect.states import Completed, Failed

from tasks.session import Session

if TYPE_CHECKING:  # the engine loads what a plan needs none of
    from tasks.engine.places import Work
    from tasks.ledger import Ended

WITHOUT = "Without clip"
STARTS_PER_SECOND = 25  # what a Prefect server can record for long
TAKE: ContextVar["Take"] = ContextVar("storyreel_take")


class Take:
    """One further take: its work, done at most once however its task run ends."""

    def __init__(self, running: Session, work: "Work", tags: list[str]) -> None:
        self.running, self.work, self.tags = running, work, tags
        self.begun = False
        self.ended: Ended | None = None

    async def render(self) -> None:
        """Do the work, unless it is done."""
        if not self.begun:
            self.begun = True
            self.ended = await self.running.shots.take(self.work)


@task(name="render-take", task_run_name="{name}", persist_result=False)
async def render_take(name: str) -> State:
    """One further take as a task run: Completed with a clip, Failed with the reason without one."""
    take, context = TAKE.get(), TaskRunContext.get()
    if context is not None:
        context.task_run.tags += take.tags  # here and not before: see `render_shot`
    await take.render()
    if take.ended is None:
        return Completed(message="another take")
    return Failed(name=WITHOUT, message=f"{take.ended.error_class}: {take.ended.error}")


class TakesBeside:
    """Starts the further takes of an open run: as many at once as it may have shots in flight, at a rate that the
    server can record. They share one bound on orders in flight with the first takes, which the engine holds."""

    def __init__(self, running: Session) -> None:
        self.running = running
        self.places, self.turn = asyncio.Semaphore(running.concurrency), asyncio.Lock()
        self.going: set[asyncio.Task[Ended | None]] = set()
        if running.renderer is not None:
            running.renderer.beside = self

    async def __call__(self, name: str, work: "Work") -> "Ended | None":
        """Do the work under this name. It goes on by itself when the shot that asked is cancelled."""
        going = asyncio.create_task(self._one(name, work))
        self.going.add(going)
        return await asyncio.shield(going)

    async def drain(self) -> None:
        """Wait until each has ended."""
        await asyncio.gather(*self.going, return_exceptions=True)

    async def _one(self, name: str, work: "Work") -> "Ended | None":
        shot = self.running.plans[name.rpartition(" (")[0]].shot
        take = Take(self.running, work, [f"scene:{shot.scene or 'none'}", f"mode:{shot.mode}"])
        async with self.places:
            async with self.turn:
                if self.running.interrupted:
                    return None  # its shot tells so
                await asyncio.sleep(self.running.ways / STARTS_PER_SECOND)
            TAKE.set(take)
            try:
                await cast(Awaitable[State], render_take(name, return_state=True))
            except Exception as error:
                self.running.progress.line(f"Prefect did not record {name}: {type(error).__name__}")
            await take.render()  # a server that died must not cost the take
        return take.ended
