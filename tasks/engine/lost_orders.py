"""An order whose reply was lost, at a gateway that knows orders by our id: asked after, or sent again as the same one.

An adapter says so with ``REPEATABLE`` (seconds for which its gateway refuses or replays a repeated id), with
``find(order_id) -> Request`` and ``found(reply, order_id) -> Job | None`` (its list of jobs), or with both. A job is
ours only by an id that we sent.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from tasks.domain.errors import GatewayError, LocalFault, Stopped
from tasks.domain.job import Job
from tasks.domain.result import Attempt
from tasks.engine.client import ProviderClient
from tasks.engine.context import RunContext
from tasks.engine.limits import backoff
from tasks.providers import Adapter
from tasks.transport import Forbidden, Lost, NotSent

UNDOCUMENTED = 60.0  # seconds of memory where a gateway documents none
ASKS = 3  # of a list right after the order: it may lag behind
MARGIN = 0.5  # of the gateway's memory: a repeat that arrives after it would be a second order


def memory_of(adapter: Adapter) -> float:
    """Seconds for which the gateway knows a repeated order; 0 where it knows none."""
    told = getattr(adapter, "REPEATABLE", 0)
    return UNDOCUMENTED if told is True else float(told or 0)


def can_find(adapter: Adapter) -> bool:
    """Whether the gateway lists its jobs with our ids."""
    return hasattr(adapter, "find")


async def look_for(client: ProviderClient, order_id: str, base: str) -> Job | None:
    """The job of an order by its id; None where the gateway names none, or did not answer."""
    module: Any = client.adapter
    if not order_id or not can_find(module):
        return None
    try:
        reply = await client.ask(module.find(order_id), base, client.settings.stall_timeout_s)
        job: Job | None = module.found(reply, order_id)
    except (Lost, NotSent, Forbidden, GatewayError):
        return None
    return job


async def search(
    run: RunContext, client: ProviderClient, order_id: str, began: float, post: Callable[[], Awaitable[Job]]
) -> Job | None:
    """The job of an order that left at ``began`` (clock) and whose reply was lost: asked after, or sent again by
    ``post`` as the same one while its gateway remembers it. None when neither was answered in that time."""
    tries, memory = 0, memory_of(client.adapter) * MARGIN
    while tries < ASKS or run.clock() - began < memory:
        if not _goes_on(run):
            break  # the first one may have been accepted: it is never withdrawn
        tries += 1
        job = await look_for(client, order_id, client.settings.base_url)
        if job is None and memory and run.clock() - began < memory:
            job = await _repeated(post)
        if job is not None:
            run.progress.line(f"{client.settings.name}: an order whose reply was lost is job {job.id[:40]}")
            return job
        if not memory and not can_find(client.adapter):
            break
        await run.sleep(backoff(tries, run.roll))
    return None


def _goes_on(run: RunContext) -> bool:
    try:
        run.may_submit()
    except Stopped:
        return False
    return True


async def _repeated(post: Callable[[], Awaitable[Job]]) -> Job | None:
    """The receipt of the same order sent again. Whatever else comes of it says nothing of the first."""
    try:
        return await post()
    except (GatewayError, LocalFault, Stopped):
        return None


async def recover_order(run: RunContext, attempt: Attempt) -> Attempt | None:
    """Ask for the job of an unclear order of an earlier run: the attempt with its receipt, or None. Orders nothing."""
    if attempt.outcome != "unclear" or run.can_ask(attempt):
        return None
    client = run.client(attempt.provider)
    if not can_find(client.adapter):
        return None
    job = await look_for(client, attempt.order_id, client.base_of(run.ledger.record(attempt)))
    if job is None:
        return None
    found = await run.write(run.ledger.found, attempt, job)
    run.budget.reserved += found.expected  # what was lost is expected again; it is committed as it was
    run.progress.line(f"{attempt.shot_id}: {attempt.route}: an unclear order is found: job {job.id[:40]}")
    return found


def describe_lost(attempt: Attempt) -> str:
    """A clip that is not at the target, in words."""
    where = f"{attempt.clip.path} is gone or cut" if attempt.clip else "its clip was never fetched"
    return f"{where}, and job {attempt.job_id} at {attempt.route} does not give it again"
