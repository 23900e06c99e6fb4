"""Being told to stop: Ctrl-C, SIGTERM, or Cancel in the Prefect UI. Nothing more is ordered from that moment on.

Prefect's own way is an exception out of a signal handler, which whatever code happens to run can swallow, after which
orders go on leaving for half a minute until the process is killed. And it has no way to a run at a terminal.
"""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.context import FlowRunContext

from tasks.session import Session

LOOKS_EVERY = 2.0
LEFT = "nothing more is ordered, open jobs stay in the ledger"


@contextlib.asynccontextmanager
async def heeding(running: Session) -> AsyncIterator[None]:
    """While it lasts, a signal or a cancelled flow run stops the run in good order; a second signal ends it at once."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    loop = asyncio.get_running_loop()

    def stop(name: str, number: int) -> None:
        loop.remove_signal_handler(number)
        running.interrupt(f"{name}: {LEFT}")

    with contextlib.suppress(ValueError, RuntimeError):  # signals are for the main thread only
        for number in before:
            loop.add_signal_handler(number, stop, number.name, number)
    watch = asyncio.create_task(_watch(running))
    try:
        yield
    finally:
        watch.cancel()
        with contextlib.suppress(ValueError, RuntimeError):
            for number, handler in before.items():
                loop.remove_signal_handler(number)
                signal.signal(number, handler)


async def _watch(running: Session) -> None:
    """Stop the run once somebody has cancelled it on the server. A server that is away cancels nothing."""
    context = FlowRunContext.get()
    if context is None or context.flow_run is None:
        return
    while running.stopped is None:
        await asyncio.sleep(LOOKS_EVERY)
        with contextlib.suppress(Exception):
            if await _cancelled(context.flow_run.id):
                running.interrupt(f"cancelled in Prefect: {LEFT}")


async def _cancelled(run: UUID) -> bool:
    async with get_client() as client:
        state = (await client.read_flow_run(run)).state
    return state is not None and (state.is_cancelling() or state.is_cancelled())
