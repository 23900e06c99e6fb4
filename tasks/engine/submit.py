"""Takes orders to gateways, the same way for each provider. Adapters decide, this module does; `poll` awaits the jobs.

Before a POST the ledger holds its intent, as soon as the reply is read its receipt, and when it is over what
it came to. A submit is repeated only when nothing was accepted.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any

from tasks.domain import redaction
from tasks.domain.errors import Busy, GatewayError, LocalFault, Locked, Refused, Stopped, Unclear
from tasks.domain.job import Job
from tasks.domain.model import Route
from tasks.domain.money import ZERO
from tasks.domain.order import Order, Reply, Request
from tasks.domain.result import DRAFT_DAY, Attempt, Basis, Settlement
from tasks.engine.client import ProviderClient
from tasks.engine.context import RunContext
from tasks.engine.keeping import HASTE, Keeper
from tasks.engine.limits import GLANCE, LONGEST_WAIT, SUBMITS, ProviderLimits, backoff, moment_of, retry_after
from tasks.engine.lost_orders import search
from tasks.engine.poll import finish
from tasks.engine.room import bound
from tasks.ledger import LedgerKey
from tasks.providers import Adapter
from tasks.transport import Lost, NotSent

RECEIPT_SECONDS = 5.0  # from a gateway's answer to its record at the target
KEPT_BYTES = 2000  # of a reply without a receipt, in the record
LONGEST_ID = 500  # characters; ids stand in records, tables and addresses

Submitted = tuple[Attempt | None, float | None]


@dataclass(frozen=True)
class PendingOrder:
    """One order on its way to its provider. ``frame``: its picture's name; ``last``: the shot has no other route;
    ``wanted``: whether it may still leave."""

    client: ProviderClient
    asked: LedgerKey
    order: Order
    quote: Decimal
    frame: str = ""
    last: bool = False
    wanted: Callable[[], bool] = lambda: True


class OrderClient:
    """Takes orders to gateways and brings clips back. A gateway's errors become settled attempts.

    Its methods raise only `Stopped` (no order may leave now), `TargetLost` (the target refused a write) and
    `LocalFault` (this machine cannot go on).
    """

    def __init__(self, run: RunContext, *, haste: float = HASTE) -> None:
        self.run = run
        self.posting: set[asyncio.Task[Submitted]] = set()
        self.on_their_way: dict[asyncio.Task[Any] | None, float] = {}  # until when (clock) its receipt may take
        self.flights = 0
        self.keeper = Keeper(run, lambda: self.flights, haste=haste)

    async def buy(self, asked: LedgerKey, order: Order, quote: Decimal, frame: str = "", **how: Any) -> Attempt | None:
        """Take one order to its provider: the last attempt it came to, settled or overdue.

        None where no attempt could be made, because the route is out, or the order was not wanted any more. ``how``:
        as `PendingOrder` has it.
        """
        client = self.run.client(order.route.model.provider)
        pending = PendingOrder(client, asked, order, quote, frame, **how)
        async with self._flight(client), self._room(order):
            attempt = await self._submitted(pending)
            if attempt is not None and attempt.outcome == "pending":
                attempt = await finish(self.run, client, attempt)
        return attempt

    async def _submitted(self, pending: PendingOrder) -> Attempt | None:
        """Submit until something else than `Busy` comes of it, four times in this run at the most."""
        limits, route = pending.client.limits, pending.order.route
        attempt, page = None, self.run.ledger.page(pending.asked.key)
        slot, run_id = pending.asked.take.get("slot", 1), self.run.ledger.run_id
        tries = sum((a.route, a.run_id, a.slot) == (route.name, run_id, slot) for a in page.attempts())
        while tries < SUBMITS:
            await limits.ready(last=pending.last)
            if limits.out(route, last=pending.last) or not pending.wanted():
                return attempt
            made, wait = await self._submit_shielded(pending)
            if made is None:
                continue
            attempt, tries = made, tries + 1
            if attempt.outcome != "busy":
                return attempt
            told = f"{route.name} busy, tried {tries} of {SUBMITS} times"
            self.run.progress.say(pending.order.shot.shot_id, told)
            if wait is None:
                limits.cool(backoff(tries, self.run.roll))
            elif wait > LONGEST_WAIT:
                return attempt
        if attempt is not None:
            limits.too_busy()
        return attempt

    async def collect(self, attempt: Attempt, use: Callable[[], bool]) -> Attempt:
        """Take up a job bought earlier: asked at once, then with patience anew."""
        client = self.run.client(attempt.provider)
        async with self._flight(client), self._taking(bound(attempt.seconds)):
            return await finish(self.run, client, attempt, use, at_once=True)

    @contextlib.asynccontextmanager
    async def _flight(self, client: ProviderClient) -> AsyncIterator[None]:
        """A place in flight, at its provider first: who waits there keeps none of the run's from other providers."""
        async with client.limits.places, self.run.places:
            self.flights += 1
            try:
                yield
            finally:
                self.flights -= 1

    def busy_until(self) -> float:
        """Until when (clock) the orders on their way may take to their receipts; 0 where none is."""
        return max(list(self.on_their_way.values()), default=0.0)

    @contextlib.asynccontextmanager
    async def _room(self, order: Order) -> AsyncIterator[None]:
        """Room for the clip on this machine's disks, waited for while what is in flight may free some.

        `LocalFault` where there is none: then nothing is ordered.
        """
        run, need = self.run, bound(order.seconds)
        while lacks := run.room.lacks(need):
            if not run.room.taken:
                raise LocalFault(f"nothing was ordered: {lacks}")
            run.may_submit()
            run.progress.say(order.shot.shot_id, f"waiting for room: {lacks}")
            await run.sleep(GLANCE)
        async with self._taking(need):
            yield

    @contextlib.asynccontextmanager
    async def _taking(self, need: int) -> AsyncIterator[None]:
        self.run.room.taken += need
        try:
            yield
        finally:
            self.run.room.taken -= need

    async def drain(self, seconds: float) -> None:
        """Let the POSTs that are on their way come to their receipts: as long as each may take, at least ``seconds``.

        A receipt that the target refuses is not waited for: it is tried once more.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + max(seconds, self.busy_until() - self.run.clock())
        while (going := self.posting - self.keeper.safe) and (left := until - loop.time()) > 0:
            await asyncio.wait(going, timeout=min(left, GLANCE))
        await self.keeper.farewell()

    async def _submit_shielded(self, pending: PendingOrder) -> Submitted:
        """A cancelled shot must not tear its POST from its receipt: the POST goes on by itself."""
        self.run.may_submit()
        pending = replace(pending, quote=self.run.budget.quote(pending.order.route.name, pending.quote))
        self.run.budget.reserve(pending.quote)
        task = asyncio.create_task(self._submit(pending))
        self.posting.add(task)
        task.add_done_callback(self._posted)
        return await asyncio.shield(task)

    def _posted(self, task: "asyncio.Task[Submitted]") -> None:
        self.posting.discard(task)
        self.on_their_way.pop(task, None)
        if not task.cancelled():
            task.exception()  # read here, because the shot that waited for it may be gone

    async def _submit(self, pending: PendingOrder) -> Submitted:
        """One POST between its intent and its receipt; with a `Busy`, the wait its gateway asks for.

        No attempt where its gateway told another shot to wait, to go or to pay more while the intent was written.
        """
        run, limits, order, quote = self.run, pending.client.limits, pending.order, pending.quote
        try:
            base, frame = pending.client.settings.base_url, pending.frame
            attempt = await run.write(run.ledger.intent, pending.asked, order, quote, base_url=base, frame=frame)
        except BaseException:
            run.budget.release(quote)
            raise
        try:
            run.may_submit()
            run.budget.check(quote)
            dearer = run.budget.quote_again(order.route.name, quote) > quote  # by a receipt that came meanwhile
            if dearer or limits.quiet() or limits.out(order.route, last=True):
                await self._withdraw(attempt)
                return None, None
            job = await self._order(pending.client, replace(order, order_id=attempt.order_id))
        except (Stopped, LocalFault):
            await self._withdraw(attempt)
            raise
        except GatewayError as error:
            wait = self._apply(limits, order.route, error)  # before anything is written: others are about to order
            return await self._unaccepted(attempt, error), wait
        attempt = await self.keeper.accepted(attempt, run.reserve_estimate(attempt, job))
        limits.exhausted = 0
        run.progress.say(order.shot.shot_id, f"{order.route.name} accepted, job {job.id[:40]}")
        return attempt, None

    async def _withdraw(self, attempt: Attempt) -> None:
        """The order did not leave: its intent and its reservation go."""
        await self.run.write(self.run.ledger.withdrawn, attempt)
        self.run.budget.release(attempt.quoted)

    async def _order(self, client: ProviderClient, order: Order) -> Job:
        """Send the order as `_post` does, and look for its job when its reply is lost.

        A fault of this machine while it looks says nothing of the order: the run stops, and the order stays `Unclear`.
        """
        request, began = client.adapter.submit(order), self.run.clock()
        try:
            return await self._post(client, request, order)
        except Unclear:
            post = partial(self._post, client, request, order)
            try:
                job = await search(self.run, client, order.order_id, began, post)
            except LocalFault as fault:
                self.run.stop(Stopped("Target", str(fault)))
                job = None
            if job is None:
                raise
            return job

    async def _post(self, client: ProviderClient, request: Request, order: Order) -> Job:
        """Send the order. Raises ``GatewayError`` when it was refused, ``Unclear`` when nobody can know."""
        run, settings = self.run, client.settings
        self.on_their_way[asyncio.current_task()] = run.clock() + settings.submit_timeout_s + RECEIPT_SECONDS
        run.may_submit()  # a signal may come between any two steps: an order that it finds here does not leave
        run.progress.say(order.shot.shot_id, f"{order.route.name} ordered")
        try:
            reply = await client.ask(request, settings.base_url, settings.submit_timeout_s)
        except NotSent as error:
            raise Busy(str(error)) from error
        except Lost as error:
            raise Unclear(str(error)) from error
        except LocalFault as error:
            if not error.sent:
                raise
            run.stop(Stopped("Target", str(error)))
            raise Unclear(str(error)) from error
        try:
            return _dated(_receipt_in(client.adapter, reply, order), reply, order)
        except GatewayError as error:
            error.reply = redaction.kept(reply.body, KEPT_BYTES)
            if isinstance(error, Busy):
                error.retry_after = retry_after(reply, run.wall)
            raise

    def _apply(self, limits: ProviderLimits, route: Route, error: GatewayError) -> float | None:
        """What a reply means for every shot of this provider; the wait that it asks for."""
        if isinstance(error, Locked) and not limits.locked:
            limits.locked = str(error)
            self.run.progress.line(f"{limits.settings.name} is out for this run: {error}")
        if isinstance(error, Refused) and error.gone and route.name not in limits.gone:
            limits.gone[route.name] = str(error)
            self.run.progress.line(f"{route.name} is out for this run: {error}")
        wait = error.retry_after if isinstance(error, Busy) else None
        if wait is not None:
            limits.cool(wait)
        return wait

    async def _unaccepted(self, attempt: Attempt, error: GatewayError) -> Attempt:
        """Settle an order that brought no receipt: free where nothing was accepted, at risk where nobody knows."""
        risk = attempt.quoted if isinstance(error, Unclear) else ZERO
        basis: Basis = "unknown" if isinstance(error, Unclear) else "free"
        return await self.run.settle(attempt, Settlement(error.outcome, at_risk=risk, basis=basis, error=error))


def _dated(job: Job, reply: Reply, order: Order) -> Job:
    """The receipt of a draft with the day of its order by the gateway's own clock: its days are counted from there."""
    moment = moment_of(reply.headers.get("date", "")) if order.draft else None
    if moment is None:
        return job
    day = datetime.fromtimestamp(moment, UTC).date().isoformat()
    return replace(job, remote_ids={**job.remote_ids, DRAFT_DAY: day})


def _receipt_in(adapter: Adapter, reply: Reply, order: Order) -> Job:
    """The job that a reply to an order names. Raises ``GatewayError`` when it names none."""
    got = adapter.accepted(reply, order)
    if not isinstance(got, Job):
        raise Unclear("answered with a result but no job id: there is no job to ask for")
    if len(got.id) > LONGEST_ID:
        raise Unclear(f"answered with a job id of {len(got.id)} characters, longer than any real one")
    return got
