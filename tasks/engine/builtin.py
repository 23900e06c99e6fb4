"""The built-in renderer as a free route: it draws a clip on this machine and delivers it to the target."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path

from tasks.domain.errors import MediaError
from tasks.domain.money import ZERO
from tasks.domain.order import Order
from tasks.domain.result import Attempt, Clip, Settlement
from tasks.engine.context import RunContext
from tasks.engine.poll import deliver
from tasks.ledger import LedgerKey

Source = Callable[[], Awaitable[Path]]


class Drawer:
    """Draws the orders of one run, two at a time, because each takes a core.

    Its methods raise ``Stopped`` when the run was told to stop, ``TargetLost`` when the target refuses a write.
    """

    def __init__(self, run: RunContext) -> None:
        self.run = run
        self.cores = asyncio.Semaphore(2)
        self.drawing: set[asyncio.Task[Attempt]] = set()

    async def draw(
        self, asked: LedgerKey, order: Order, source: Source | None, *, frame: str, stand_in: bool
    ) -> Attempt:
        """Draw an order and give its settled attempt, with a clip or failed.

        ``source`` brings the clip that a remix starts from. The work continues when the shot is
        cancelled, so that no clip is left without its record.
        """
        self.run.may_submit()
        task = asyncio.create_task(self._drawn(asked, order, source, frame, stand_in))
        self.drawing.add(task)
        task.add_done_callback(self._drew)
        return await asyncio.shield(task)

    async def drain(self, seconds: float) -> None:
        """Wait until everything being drawn is recorded, for so many seconds at the most."""
        if self.drawing:
            await asyncio.wait(self.drawing, timeout=seconds)

    def _drew(self, task: "asyncio.Task[Attempt]") -> None:
        self.drawing.discard(task)
        if not task.cancelled():
            task.exception()  # mark it as read: the shot that waited for it may be gone

    async def _drawn(
        self, asked: LedgerKey, order: Order, source: Source | None, frame: str, stand_in: bool
    ) -> Attempt:
        run, part = self.run, self.run.folder / f"{uuid.uuid4().hex}.mp4"
        run.progress.say(order.shot.shot_id, f"{order.route.name} drawing")
        clip: Clip | None = None
        try:
            error = await self._animated(order, source, part)
            # its number is reserved before a file of that name is at the target
            attempt = await run.write(run.ledger.intent, asked, order, ZERO, frame=frame, stand_in=stand_in)
            clip = await deliver(run, part, attempt) if error is None else None
        except MediaError as problem:
            error = problem
        finally:
            part.unlink(missing_ok=True)
        ending = Settlement("clip" if clip else "failed", clip=clip, error=error)
        return await run.write(run.ledger.settled, attempt, ending)

    async def _animated(self, order: Order, source: Source | None, part: Path) -> MediaError | None:
        """Draw into the file ``part``; the reason where that fails, else None."""
        from tasks.animatic import renderer

        try:
            start = await source() if source else None
            async with self.cores:
                self.run.may_submit()
                data = order.frame.data if order.frame else None
                await asyncio.to_thread(renderer.render, order, part, frame=data, source=start)
            if source is not None:
                await source()  # raises when the file of that name changed meanwhile
        except MediaError as problem:
            return problem
        return None
