"""Stops a run at Ctrl-C, SIGTERM, SIGHUP or Cancel in the Prefect UI: nothing more is ordered from then on.

Prefect itself raises an exception in a signal handler. Whatever code is running then can swallow it, and orders would
still be sent for half a minute until the process is killed. And it cannot cancel a run at a terminal.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.context import FlowRunContext

from flows.support import signals
from tasks.domain.errors import Stopped
from tasks.session import Session

LOOKS_EVERY = 2.0  # seconds between two looks at the flow run's state
LEFT = "nothing more is ordered, open jobs stay in the ledger"


@contextlib.asynccontextmanager
async def stop_on_signal(running: Session) -> AsyncIterator[None]:
    """Let a signal or a cancelled flow run stop the run in good order during the body.

    A second signal ends the process at once.
    """
    with signals.hear_signals(stopper(running, running.progress.line), running.shots.busy_until):
        watch = asyncio.create_task(_watch(running))
        try:
            yield
        finally:
            watch.cancel()


def stopper(running: Session, say: Callable[[str], None]) -> Callable[[str], None]:
    """The function that stops the run at a signal, called between any two of its steps; ``say`` gets a line on what the
    run still waits for."""
    loop = asyncio.get_running_loop()

    def stop(name: str) -> None:
        why = f"{name}: {LEFT}"
        running.stop(Stopped("Interrupted", why))  # at once: the loop may be about to send an order
        loop.call_soon_threadsafe(_leave_jobs, running, why, say)

    return stop


def _leave_jobs(running: Session, why: str, say: Callable[[str], None]) -> None:
    running.interrupt(why)
    say(f"{why}; {waits}" if (waits := running.shots.waits_for()) else why)


async def _watch(running: Session) -> None:
    """Stop the run once it was cancelled on the server. An unreachable server cancels nothing."""
    context = FlowRunContext.get()
    if context is None or context.flow_run is None:
        return
    while running.stopped is None:
        await asyncio.sleep(LOOKS_EVERY)
        with contextlib.suppress(Exception):
            if await _cancelled(context.flow_run.id):
                _leave_jobs(running, f"cancelled in Prefect: {LEFT}", running.progress.line)


async def _cancelled(run: UUID) -> bool:
    async with get_client() as client:
        state = (await client.read_flow_run(run)).state
    return state is not None and (state.is_cancelling() or state.is_cancelled())
