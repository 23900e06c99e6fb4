"""One large storyboard shared out: parts that run anywhere, judged by what they write at the target alone."""

import asyncio
import contextlib
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from tasks.domain.errors import Stopped, StoryreelError, TargetError
from tasks.domain.money import ZERO
from tasks.domain.plan import ShotPlan
from tasks.ledger import Ended, spent
from tasks.season.orders import TRIES, Orders
from tasks.season.parts import Ids, SeasonPart, in_flight, lost_by, quotes_of, shares, split
from tasks.season.worker import PartReport, read_report
from tasks.session import Session, WholeRun
from tasks.storage import LeaseWatcher, Store, StoreError, is_gone, seconds

FAREWELL = 12.0  # seconds that the parts of a stopped season have to come to an end, beside their orders on their way
GLANCE = 0.5  # a season that waits looks up this often: it may be stopped by now


@dataclass(frozen=True, slots=True)
class PartOrder:
    """A part to be started: what it knows of the season, its shots and its share of the money (US dollars)."""

    part: SeasonPart
    only: Ids
    budget_usd: Decimal | None
    concurrency: int
    lost_usd: Decimal = ZERO  # in its place among the parts in flight, before it and without what its own shots lost


#: Starts a part somewhere. Its answer says later whether a part that shows no heartbeat can still come to one.
Start = Callable[[PartOrder], Awaitable[Callable[[], Awaitable[bool]]]]


class PartMonitor:
    """One attempt at a part as it is seen from the season: by its heartbeat and by what it reported."""

    def __init__(self, store: Store, part: SeasonPart, clock: Callable[[], float] = seconds) -> None:
        self.store, self.part = store, part
        self.watcher = LeaseWatcher(store, part.attempt, folder=f"lock/{part.name}", lease=part.lease, clock=clock)
        self.began = False

    def look(self) -> PartReport | str:
        """Its report, else ``waiting`` (not seen yet), ``alive`` or ``dead``.

        Raises ``StoreError`` when the target fails.
        """
        record = self.watcher.look()
        self.began = self.began or record is not None
        living = record is not None and self.watcher.alive and not (record.get("by_process") and is_gone(record))
        if said := read_report(self.store, self.part):  # looked up last: it is written before the lock is let go
            return said
        return "alive" if living else "dead" if self.began else "waiting"


@dataclass
class Season:
    """The parts of one session that holds its target's lock. ``start`` puts a part on its way."""

    running: Session
    start: Start
    most: int
    at_once: int
    clock: Callable[[], float] = seconds
    passes: int = 0
    monitors: dict[str, PartMonitor] = field(default_factory=dict)
    endings: dict[str, Ended] = field(default_factory=dict)
    lost: dict[str, Decimal] = field(default_factory=dict)
    orders: Orders = field(init=False)

    def __post_init__(self) -> None:
        self.orders = Orders(self.running, self.clock)
        # what is said while it runs is for the next run: its parts, which begin at other times, must agree
        said = {key: told[-1].n for key, told in self.running.verdicts.items()}
        if isinstance(self.running.role, WholeRun):
            self.running.role.said = said

    async def run(self) -> None:
        """Render every shot that has something to do, part by part; a second pass takes shots that were skipped, as far
        as the money goes that other parts left."""
        try:
            await self._pass([plan for plan in self.running.plan.shots if plan.renders])
            await self.orders.look_at_board()
            if again := await self._skipped():
                await self._pass(again)
        except asyncio.CancelledError:
            self.running.interrupt("the season was cancelled")
            raise
        finally:
            if self.running.stopped is not None:
                await self._farewell()
            await self.orders.clear_board()

    async def _pass(self, due: Sequence[ShotPlan]) -> None:
        if not due or self.running.stopped is not None:
            return
        if not self.orders.board:
            await self.orders.keep_board()
        self.passes += 1
        tasks = self._tasks(self._with_sources(due))
        ways = tasks[0].part.ways
        run_id = self.running.run_id
        history = [a for a in self.running.ledger.history() if run_id in (a.run_id, a.settled_by)]
        places: asyncio.LifoQueue[Decimal] = asyncio.LifoQueue()  # each with what was lost in it
        for _ in range(ways):
            places.put_nowait(lost_by(run_id, history) / ways)
        self.running.progress.line(f"pass {self.passes}: {len(due)} shots in {len(tasks)} parts, {ways} at once")

        async def one(task: PartOrder) -> None:
            before = await places.get()
            own = lost_by(run_id, (a for a in history if a.shot_id in task.only))
            if self.running.stopped is None:  # told to stop while it waited for its turn
                await self._see_through(replace(task, lost_usd=before - own))
            places.put_nowait(max(before, self.lost.get(task.part.name, before)))

        async with asyncio.TaskGroup() as group:
            for task in tasks:
                group.create_task(one(task))
        await self._reload()

    async def _reload(self) -> None:
        """Read what the parts bought. A target that cannot be read stops the season in good order: without that
        knowledge nothing more may be bought."""
        await self.orders.insist(lambda: self.running.reload(self.endings), "what the parts bought cannot be read")

    def _with_sources(self, due: Sequence[ShotPlan]) -> list[ShotPlan]:
        """With the rows that remixes start from where these have no clip, though nothing may be due for them: a part
        refuses a remix whose source it does not look at, and all its shots with it."""
        plans, chosen = self.running.plans, {plan.shot.shot_id for plan in due}
        for plan in due:
            source = plans.get(plan.shot.source_shot)
            while source is not None and source.shot.shot_id not in chosen and not self._made(source):
                chosen.add(source.shot.shot_id)
                source = plans.get(source.shot.source_shot)
        return [plan for name, plan in plans.items() if name in chosen]

    def _made(self, plan: ShotPlan) -> bool:
        assert self.running.renderer is not None, "open() comes first"  # noqa: S101 - a slip of ours, not of a user
        row = self.running.renderer.result(plan)
        return row.clip is not None and row.status != "stand_in"

    def _tasks(self, due: Sequence[ShotPlan]) -> list[PartOrder]:
        running = self.running
        parts = split([plan.shot for plan in due], self.most)
        ways = in_flight(running.plan, running.settings, self.at_once, len(parts))
        money = shares(self.left, quotes_of(running.plan, parts))
        spent_before = [self._spent(names) for names in parts]
        concurrency = max(1, running.concurrency // ways)
        return [
            PartOrder(self._part(place, ways), names, None if share is None else share + before, concurrency)
            for place, (names, share, before) in enumerate(zip(parts, money, spent_before, strict=True), 1)
        ]

    def _part(self, place: int, ways: int, attempt: str = "") -> SeasonPart:
        lock = self.running.lock
        return SeasonPart(
            name=f"part-{self.passes}-{place:03}",
            attempt=attempt or uuid.uuid4().hex,
            run_id=self.running.run_id,
            token=lock.token,
            lease=lock.lease,
            ways=ways,
            board=self.orders.board,
        )

    @property
    def left(self) -> Decimal | None:
        """US dollars that may still be committed at this target; None for no limit."""
        budget = self.running.budget_usd
        return None if budget is None else budget - spent(self.running.ledger.history())

    def _spent(self, names: Ids) -> Decimal:
        """What this run has committed for these shots: a part counts it as its own."""
        history = self.running.ledger.history()
        return spent(a for a in history if a.run_id == self.running.run_id and a.shot_id in names)

    async def _see_through(self, task: PartOrder) -> None:
        """Start a part, and again when it dies without a report; then record how its shots ended."""
        for tried in range(TRIES):
            again = task.part.model_copy(update={"attempt": uuid.uuid4().hex}) if tried else task.part
            said = await self._over(replace(task, part=again))
            if isinstance(said, PartReport):
                return await self._took(task, said)
            if self.running.stopped is not None:
                return None
            self.running.progress.line(f"{task.part.name} died without a word")
        why = f"{task.part.name} died {TRIES} times: run again, nothing is bought twice"
        most = self.running.settings.render.max_wasted_usd or ZERO  # what it lost is not known: its place may be spent
        left = dict.fromkeys(task.only, Ended("skipped", "Interrupted", why))
        return await self._took(task, PartReport(left, lost=most / task.part.ways))

    async def _over(self, task: PartOrder) -> PartReport | str:
        """Start an attempt at a part and watch it until it told its end or is dead."""
        if not await self.orders.give(task.part, task.budget_usd, task.lost_usd):
            return "dead"
        try:
            can_come = await self.start(task)
        except StoryreelError as error:
            self.running.progress.line(f"{task.part.name} did not start: {error}")
            return "dead"
        monitor = self.monitors[task.part.name] = PartMonitor(self.running.store, task.part, self.clock)
        seen_at = self.clock()
        while True:
            try:
                seen = await asyncio.to_thread(monitor.look)
                seen_at = self.clock()
            except StoreError as error:
                self.running.progress.line(f"{task.part.name} cannot be seen: {error}")
                seen = "alive"
                if self.clock() - seen_at > task.part.lease:  # by now the part has stopped as well
                    self.running.stop(Stopped("Target", f"the target cannot be read: {error}"))
            if isinstance(seen, PartReport) or seen == "dead" or self.running.stopped is not None:
                return seen
            if seen == "waiting" and not await can_come():
                return "dead"
            await self.orders.nap(task.part.lease / 12)

    async def _took(self, task: PartOrder, said: PartReport) -> None:
        """Take down how a part's shots ended, and clear away what it wrote under the lock."""
        running = self.running
        self.lost[task.part.name] = said.lost
        for name in task.only:
            refused = Ended("failed", "Failed", said.refused) if said.refused and running.plans[name].renders else None
            ended = said.ended.get(name) or refused
            if ended is not None:
                self.endings[name] = ended
            running.progress.end(name, ended.status if ended else "rendered")
        lost = next((ended for ended in said.ended.values() if ended.error_class == "Target"), None)
        if lost is not None:  # the others would buy what it does not take either
            running.stop(Stopped("Target", lost.error))
        # The order goes first: until then what the part told keeps a run that is retried by hand from starting.
        if await self.orders.take_back(task.part.name):
            await self._clear(task.part.name)

    async def _clear(self, name: str) -> None:
        if not self.running.lock.fresh:
            return  # it may be another season's by now, with a part of the same name
        with contextlib.suppress(StoreError):  # whoever takes the target next clears it as well
            for path in await asyncio.to_thread(self.running.store.names, f"lock/{name}"):
                await asyncio.to_thread(self.running.store.delete, path)

    async def _skipped(self) -> list[ShotPlan]:
        """The shots that were skipped and that what is left would pay for, planned again."""
        running = self.running
        if running.stopped is not None:
            return []
        names = {name for name, ended in self.endings.items() if ended.status == "skipped"}
        left = self.left
        due = [plan for plan in running.plan.shots if plan.shot.shot_id in names and plan.renders]
        if left is not None and not any(plan.quoted <= left for plan in due):
            return []
        for name in names:
            del self.endings[name]
            running.progress.ended.pop(name, None)
        return due

    async def _farewell(self) -> None:
        """Tell the parts to stop, wait for their end, and read what they bought: the manifest must have it."""
        running = self.running
        running.lock.stopping = True
        try:
            await asyncio.to_thread(running.lock.renew)
        except (TargetError, StoreError) as error:
            running.progress.line(f"the parts stop by themselves: {error}")
        longest = max((one.submit_timeout_s for one in running.settings.providers.values()), default=0.0)
        until = self.clock() + FAREWELL + longest
        while self.clock() < until and any([await self._lives(monitor) for monitor in self.monitors.values()]):
            await running.sleep(0.5)
        for name, monitor in self.monitors.items():
            if not await self._lives(monitor):
                await self._clear(name)
        try:
            await running.reload(self.endings)
        except (TargetError, StoreError) as error:
            running.progress.line(f"the manifest does not have it all, the ledger has: {error}")

    async def _lives(self, monitor: PartMonitor) -> bool:
        try:
            return await asyncio.to_thread(monitor.look) == "alive"
        except StoreError:
            return False
