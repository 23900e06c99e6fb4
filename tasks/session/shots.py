"""The work on the shots of an open session: rendered, interrupted, and waited for."""

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tasks.domain.errors import Stopped
from tasks.domain.plan import ShotPlan
from tasks.domain.result import ShotResult
from tasks.ledger import Ended, describe_beside
from tasks.session.state import SessionState
from tasks.session.tables import Tables

if TYPE_CHECKING:  # as in the state
    from tasks.engine.places import Work


@dataclass(frozen=True, slots=True)
class ShotWork:
    """Renders the shots of a session, makes its views, and stops both where somebody says so."""

    state: SessionState
    tables: Tables

    async def render(self, shot_id: str) -> ShotResult:
        """Render one shot (after its source): its row. An interrupted one is a row as well."""
        state = self.state
        assert state.renderer is not None, "open() comes first"  # noqa: S101 - a slip of ours, not of a user
        state.tried.add(shot_id)
        work = asyncio.create_task(state.renderer.shot(state.plans[shot_id]))
        state.working.add(work)
        try:
            result = await work
        except asyncio.CancelledError:
            if state.stopped is None:
                state.stop(Stopped("Interrupted", "the run was cancelled"))
                raise
            result = self.tables.row(state.plans[shot_id])
        finally:
            state.working.discard(work)
        state.progress.end(shot_id, result.status)
        if beside := describe_beside(result, state.run_id):
            state.progress.line(beside)
        return result

    async def take(self, work: "Work") -> Ended | None:
        """Do the work on a further take of a shot: how it ended. One that is interrupted leaves that to its shot."""
        doing = asyncio.ensure_future(work())
        self.state.working.add(doing)
        try:
            return await doing
        except asyncio.CancelledError:
            if self.state.stopped is None:
                raise
            return None
        finally:
            self.state.working.discard(doing)

    async def show(self) -> None:
        """Make the views; a run that is stopped while it makes them leaves them."""
        state = self.state
        work = asyncio.create_task(self.tables.show())
        state.working.add(work)
        try:
            await work
        except asyncio.CancelledError:
            if state.stopped is None:
                raise
        finally:
            state.working.discard(work)

    def over(self, shot_id: str, why: str) -> None:
        """Mark the shot as over, for those that wait for it. One whose task crashed without a row gets a row that says
        ``why``."""
        state = self.state
        assert state.renderer is not None, "open() comes first"  # noqa: S101 - as above
        if shot_id not in state.renderer.results and state.stopped is None:
            crashed = state.renderer.result(state.plans[shot_id], Ended("failed", "Failed", why or "crashed"))
            state.renderer.results[shot_id] = crashed
            state.progress.end(shot_id, crashed.status)
        state.done[shot_id].set()

    async def source_ready(self, plan: ShotPlan) -> None:
        """Wait until the row that a remix starts from is over."""
        if plan.shot.source_shot in self.state.done:
            await self.state.done[plan.shot.source_shot].wait()

    def interrupt(self, why: str) -> None:
        """Stop the run: nothing more is ordered, and shots in flight leave their jobs for the next run."""
        self.state.stop(Stopped("Interrupted", why))
        for work in self.state.working:
            work.cancel()

    def busy_until(self) -> float:
        """The second of the run's clock until which orders on their way may take; 0 where none is."""
        return self.state.renderer.gateway.busy_until() if self.state.renderer else 0.0

    def waits_for(self) -> str:
        """How many orders a stopped run still waits for, and how long at most, in words; empty where there is none."""
        number = len(self.state.renderer.gateway.on_their_way) if self.state.renderer else 0
        if not number:
            return ""
        seconds = max(self.busy_until() - self.state.clock(), 0.0)
        return f"waiting for {number} order{'s' * (number > 1)} on their way, {seconds:.0f} s at most"
