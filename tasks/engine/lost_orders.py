"""An order whose reply was lost, at a gateway that knows orders by our id: asked after, or sent again as the same one.

An adapter says so with ``REPEATABLE`` (seconds for which its gateway refuses or replays a repeated id), with
``find(order_id) -> Request`` and ``found(reply, order_id) -> Job | None`` (its list of jobs), or with both. A job is
ours only by an id that we sent.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from tasks.config import ProviderSettings
from tasks.domain.errors import GatewayError, LocalFault, Stopped, Unclear
from tasks.domain.job import Job
from tasks.domain.result import Attempt
from tasks.engine.context import RunContext
from tasks.engine.limits import backoff
from tasks.providers import adapter
from tasks.transport import Forbidden, Lost, NotSent

UNDOCUMENTED = 60.0  # seconds of memory where a gateway documents none
ASKS = 3  # of a list right after the order: it may lag behind
MARGIN = 0.5  # of the gateway's memory: a repeat that arrives after it would be a second order


def memory_of(protocol: str) -> float:
    """Seconds for which the gateway knows a repeated order; 0 where it knows none."""
    told = getattr(adapter(protocol), "REPEATABLE", 0)
    return UNDOCUMENTED if told is True else float(told or 0)


def can_find(protocol: str) -> bool:
    """Whether the gateway lists its jobs with our ids."""
    return hasattr(adapter(protocol), "find")


async def look_for(run: RunContext, settings: ProviderSettings, order_id: str, base: str) -> Job | None:
    """The job of an order by its id; None where the gateway names none, or did not answer."""
    module: Any = adapter(settings.protocol)
    if not order_id or not can_find(settings.protocol):
        return None
    try:
        reply = await run.ask(settings, module.find(order_id), base, settings.stall_timeout_s)
        job: Job | None = module.found(reply, order_id)
    except (Lost, NotSent, Forbidden, GatewayError):
        return None
    return job


async def answered(
    run: RunContext, settings: ProviderSettings, order_id: str, post: Callable[[], Awaitable[Job]]
) -> Job:
    """What ``post`` gives, sent again as the same order while its reply is lost and the gateway remembers it.

    Raises as ``post``; ``Unclear`` only when neither question nor repeat was answered in that time.
    """
    began, memory = run.clock(), memory_of(settings.protocol) * MARGIN
    try:
        return await post()
    except Unclear as error:
        lost = error
    tries = 0
    while tries < ASKS or run.clock() - began < memory:
        if not _goes_on(run):
            break  # the first one may have been accepted: it is never withdrawn
        tries += 1
        try:
            job = await look_for(run, settings, order_id, settings.base_url)
        except LocalFault as error:  # it says nothing of the order before it, which may be bought
            run.stop(Stopped("Target", str(error)))
            break
        if job is None and memory and run.clock() - began < memory:
            job = await _repeated(post)
        if job is not None:
            run.progress.line(f"{settings.name}: an order whose reply was lost is job {job.id[:40]}")
            return job
        if not memory and not can_find(settings.protocol):
            break
        await run.sleep(backoff(tries, run.roll))
    raise lost


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


async def recovered(run: RunContext, attempt: Attempt) -> Attempt | None:
    """An order of an earlier run that is unclear, with its receipt where its gateway lists the job. It only asks."""
    if attempt.outcome != "unclear" or run.can_ask(attempt):
        return None
    settings = run.limits(attempt.provider).settings
    if not can_find(settings.protocol):
        return None
    base = str(run.ledger.record(attempt).get("base_url") or settings.base_url)
    job = await look_for(run, settings, attempt.order_id, base)
    if job is None:
        return None
    found = await run.write(run.ledger.found, attempt, job)
    run.budget.reserved += found.expected  # what was lost is expected again; it is committed as it was
    run.progress.line(f"{attempt.shot_id}: {attempt.route}: an unclear order is found: job {job.id[:40]}")
    return found
