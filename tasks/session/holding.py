"""Holding a target: its lock taken, kept alive and let go, and what may be ordered and written meanwhile."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from functools import partial

from tasks.domain.errors import Stopped, TargetError
from tasks.session.state import SessionState
from tasks.storage import StoreError, keep_lock


@contextlib.asynccontextmanager
async def hold(state: SessionState, interrupt: Callable[[str], None]) -> AsyncIterator[None]:
    """Hold the lock and keep it alive during the body; re-entrant. ``interrupt`` ends the session early, with a reason.

    Raises ``TargetError`` when another run holds it or the target cannot be written.
    """
    if state.lock.n:
        yield
        return
    try:
        await asyncio.to_thread(state.lock.take)
    except StoreError as error:
        raise TargetError(f"the target cannot be written: {error}") from error
    state.store.may_change = partial(may_change, state)
    beating = asyncio.create_task(beat(state, interrupt))
    try:
        yield
    finally:
        beating.cancel()
        with contextlib.suppress(StoreError):
            await asyncio.to_thread(state.lock.release)


async def beat(state: SessionState, interrupt: Callable[[str], None]) -> None:
    """Keep the lock alive until this is cancelled, and follow whoever else may end the session."""
    watching = asyncio.create_task(state.role.watch(interrupt))
    try:
        await keep_lock(state.lock, lambda why: state.stop(Stopped("Interrupted", why)), state.progress.line)
    finally:
        watching.cancel()


def may_submit(state: SessionState) -> None:
    """Allow an order to be sent now.

    Raises ``Stopped`` when the run was told to stop, when the lock's heartbeat is too old, or when its role forbids it.
    """
    if state.stopped is not None:
        raise state.stopped
    if not state.lock.fresh:
        raise Stopped("Interrupted", "the lock could not be renewed in time: nothing more is ordered")
    state.role.may_submit()


def may_change(state: SessionState, path: str) -> None:
    """Allow a write at ``path``. Where the last heartbeat is older than half a lease the lock is looked at first.

    What lies under ``lock/`` follows a rule of its own, and a receipt is always written: nobody else has it. Raises
    ``StoreError`` when the run is over, or when the target is another run's by now.
    """
    if path.startswith("lock/") or path.endswith("-accepted.json") or state.lock.fresh:
        return
    if not state.lock.n:
        raise StoreError(f"{path} is not written: this run is over")
    try:
        state.lock.renew()
    except TargetError as error:
        state.stop(Stopped("Interrupted", str(error)))
        raise StoreError(f"{path} is not written: {error}") from error
