"""The job over one target, without Prefect: check, lock, render each shot, publish. What every command shares.

The order is a promise: the board is checked without writing; the lock is taken; the ledger is read and the plan
made again under it; the manifest is written with every row; then the first order leaves.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasks.config import Settings, settings_from_environment
from tasks.domain.errors import BoardError, ConfigError, Fault, TargetError
from tasks.domain.money import ZERO
from tasks.domain.plan import NOWHERE, Plan, ShotPlan
from tasks.domain.progress import Progress
from tasks.domain.request import RunRequest
from tasks.domain.result import ShotResult
from tasks.domain.shot import Storyboard
from tasks.engine.budget import Budget
from tasks.engine.context import RunContext
from tasks.engine.room import Room
from tasks.ledger import UNSETTLED, Ended, spent
from tasks.manifest import row_keys
from tasks.planning import Planner
from tasks.session import preflight, restore
from tasks.session.holding import hold, may_submit
from tasks.session.shots import ShotWork
from tasks.session.state import SessionState
from tasks.session.tables import Tables
from tasks.session.timing import in_time, keep_time
from tasks.session.wishes import keep_wishes, planner_of
from tasks.storage import StoreError, keeps, look_at_target, may_write, open_store, probe_writes, take_up
from tasks.storyboard import board_bytes, check_ids, sound_rows
from tasks.transport import Http

if TYPE_CHECKING:  # av and Pillow take their time to load, and a plan needs neither
    from tasks.engine.shot import Renderer

DRAIN_SECONDS = 2.0  # for what is on its way and costs nothing: records being written, a clip being drawn


class Session(SessionState):
    """One command over one target. `check` writes nothing; `open` holds the lock until its end and publishes.

    ``tables`` are its rows and sums, ``shots`` the work on its shots.
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        self.tables = Tables(self)
        self.shots = ShotWork(self, self.tables)

    @property
    def concurrency(self) -> int:
        """Shots in flight at once."""
        return self.request.concurrency or self.settings.render.concurrency

    @property
    def ways(self) -> int:
        """How many runs at once share what is limited for all of them."""
        return self.role.ways

    async def read_board(self) -> bytes:
        """The board's bytes: as they are where the user keeps it, or as they were read for this session already.

        Raises ``BoardError`` when it cannot be read, ``TargetError`` when the copy cannot.
        """
        copy = await self.role.board_copy()
        return copy if copy is not None else await board_bytes(self.request.board, self.settings, self.http)

    @preflight.tell_lacks
    async def check(self, *, fetch: bool) -> Plan:
        """Read and decide everything, write nothing, and give the plan.

        ``fetch`` brings remote files and makes the frames (a render); without it only local files are read. Raises
        ``BoardError`` when the board has faults, with all of them, ``ConfigError`` when a gateway cannot be reached
        from here, ``TargetError`` when the target cannot be read.
        """
        rows = await asyncio.to_thread(preflight.rows_before, self)
        self.board_data = await self.read_board()
        self.board, faults = preflight.read_whole(self, restore.before_of(rows))
        self.snapshot = replace(self.snapshot, lacks=await asyncio.to_thread(look_at_target, self.store))
        await asyncio.to_thread(self._read_target)
        self.snapshot, found = await preflight.read_files(self, fetch=False)
        if fetch and self.snapshot.trusted:  # they take their time, and may not even be wanted
            self._look_ahead([*faults, *found])
            self.snapshot, found = await preflight.read_files(self, fetch=True)
        faults += found
        self.board = sound_rows(self.board, faults)
        chosen = set(self.request.only) or {shot.shot_id for shot in self.board.shots}
        planner = self._look_ahead(faults)
        self.snapshot, found = await preflight.check_media(self, fetch=fetch)
        faults += [*planner.faults, *found]
        if (fetch or self.snapshot.sizes or self.snapshot.lengths) and not faults:
            faults += self._plan_now().faults  # sizes and lengths are known now
        if faults:
            sound = len(chosen - {fault.shot_id for fault in faults})
            raise BoardError(sorted(set(faults), key=lambda f: (f.row, f.column)), sound=sound)
        if self.request.to != NOWHERE and not self.fleeting:
            keeps(self.store, self.plan.buys)
        if fetch:
            may_write(self.store)
        if closed := preflight.closed_gateways(self):
            raise ConfigError(closed)
        await asyncio.to_thread(preflight.check_mark, self)
        self.board, self.plan = preflight.with_carried(self)
        return await keep_time(self)

    def _look_ahead(self, faults: list[Fault]) -> Planner:
        """The planner of what is known so far, whose plan is the session's now. Where nothing is wrong until here,
        whoever wants to make ready for its orders is told."""
        planner = self._plan_now()
        if not faults and not planner.faults:
            self.ahead()
        return planner

    def _plan_now(self) -> Planner:
        """The planner of what is known by now, and its plan made; the last one where nothing was learnt since."""
        known = self.board, self.snapshot
        if self.planned is None or self.planned[0] != known:
            planner = planner_of(self, set(self.request.only) or {shot.shot_id for shot in self.board.shots})
            self.plan = planner.plan()
            self.planned = known, planner
        return self.planned[1]

    def _read_target(self) -> None:
        self.planned = None  # by a ledger that may know more by now
        try:
            self.ledger.load()
            self.receipts.add_to(self.ledger)
            self.hear_verdicts()
            shelf, frames = self.look_at_clips(), self.store.names("frames")
            rows = self.last_rows()
        except StoreError as error:
            raise TargetError(f"the target cannot be read: {error}") from error
        self.media.know(frames)
        by_id = {str(row["shot_id"]): row for row in rows}
        found = {"shelf": shelf, "rows": by_id, "row_keys": row_keys(rows), "pins": self.ledger.digests()}
        self.snapshot = replace(self.snapshot, signs=self.store.signs, **found)  # type: ignore[arg-type]  # a mix by name

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator["Renderer"]:
        """Hold the target: lock, ledger, plan and a manifest with every row; publish and let go at the end.

        Raises ``TargetError`` when another run holds it or it cannot be written, ``BoardError`` when the ledger, read
        again, forbids a start.
        """
        try:
            async with self.held():
                try:
                    await self._probe_writes()
                    killed = self.lock.n > 1  # a released lock leaves none
                    await asyncio.to_thread(take_up, self.store, killed=killed)
                    renderer = await self._prepared()
                except StoreError as error:
                    raise TargetError(f"the target cannot be written: {error}") from error
                try:
                    yield renderer
                finally:
                    await renderer.drain(DRAIN_SECONDS)
                    await self.tables.publish_last()
        finally:
            self.closed.set()

    def held(self) -> contextlib.AbstractAsyncContextManager[None]:
        """Hold the lock and keep it alive during the body; re-entrant. Raises ``TargetError`` when `hold` does."""
        return hold(self, self.interrupt)

    def restore(self) -> None:
        """Take the rows from the last manifest and the ledger instead of a board: what `rescue` works on."""
        rows = self.last_rows()
        self.restored = True
        self.board = Storyboard((), restore.extra_columns(rows))
        self.plan = Plan(tuple(restore.plans_of_rows(rows, self.ledger)), self.board.extra_columns)

    def _replan(self) -> None:
        """The plan again, from the ledger as it is under the lock; wishes for another clip are written."""
        if self.restored:
            return self.restore()
        planner = planner_of(self, check_ids(self.board, self.request.only, self.request.rerender))
        self.plan = planner.plan()
        if planner.faults:
            raise BoardError(planner.faults)
        self.plan = in_time(self)
        return keep_wishes(self, planner)

    def _take_up(self) -> None:
        """Bring the receipts to the target that it refused earlier and that lie on this machine."""
        for attempt in self.receipts.take_up(self.ledger, self.role.counts):
            self.progress.line(f"{attempt.shot_id}: job {attempt.job_id} at {attempt.route}: its receipt is taken up")

    async def _prepared(self) -> "Renderer":
        from tasks.engine.shot import Renderer
        from tasks.engine.submit import OrderClient

        await asyncio.to_thread(self._take_up)
        await asyncio.to_thread(self._read_target)
        await asyncio.to_thread(self._replan)
        self.forget_rows()
        if self.role.publishes and (idle := self.tables.idle_verdicts()):
            self.progress.line(idle)
        history = [attempt for attempt in self.ledger.history() if self.role.counts(attempt)]
        self.budget = Budget(self.budget_usd, spent(history), self.settings.render.max_wasted_usd, self.progress.line)
        self.budget.lose(self.role.lost_before(self.ledger.history()))
        self.budget.reserved = sum((a.charged + a.at_risk for a in history if a.outcome in UNSETTLED), ZERO)
        room = Room(self.folder, Path(self.store.root or "/") if self.store.local else None, self.free)
        run = RunContext(
            self.settings, self.catalogue, self.store, self.ledger, self.budget, self.folder, self.http,
            self.receipts, room, progress=self.progress, may_submit=partial(may_submit, self), stop=self.stop,
            clock=self.clock, sleep=self.sleep, roll=self.roll, places=asyncio.Semaphore(self.concurrency),
        )  # fmt: skip
        self.progress.total = sum(plan.selected for plan in self.plan.shots)
        self.progress.spent = self.budget.committed - self.budget.reserved
        self.plans = {plan.shot.shot_id: plan for plan in self.plan.shots}
        self.renderer = Renderer(
            run, OrderClient(run, haste=self.haste), self.media, self, self.snapshot.shelf, self.plans
        )
        self.done = {shot_id: asyncio.Event() for shot_id in self.plans}
        await self.tables.publish()
        return self.renderer

    async def reload(self, endings: Mapping[str, Ended]) -> None:
        """Take in what others wrote at the target while the lock was held, and plan again: a season's parts work
        elsewhere. ``endings`` tell by shot_id how a shot without a clip was left."""
        assert self.renderer is not None, "open() comes first"  # noqa: S101 - a slip of ours, not of a user
        await asyncio.to_thread(self._read_target)
        chosen = check_ids(self.board, self.request.only, ())
        self.plan = await asyncio.to_thread(planner_of(self, chosen).plan)
        self.plans = {plan.shot.shot_id: plan for plan in self.plan.shots}
        self.renderer.plans, self.renderer.shelf = self.plans, self.snapshot.shelf
        results = {name: self.renderer.result(plan, endings.get(name)) for name, plan in self.plans.items()}
        self.renderer.results = {name: result for name, result in results.items() if self.plans[name].kept is None}

    async def _probe_writes(self) -> None:
        """Try the target by writing there, before anything depends on it: parts of a season leave that to it, because
        they would clear away each other's proofs."""
        if not self.role.publishes:
            return
        if lacks := await asyncio.to_thread(probe_writes, self.store, self.lock.token):
            self.progress.line(lacks)

    def row(self, plan: ShotPlan) -> ShotResult:
        """The row of one shot as it stands now."""
        return self.tables.row(plan)

    def results(self) -> list[ShotResult]:
        """Every row in board order, as it stands now."""
        return self.tables.results()

    def money(self) -> dict[str, Any]:
        """The rollup as it stands now: what costs.json holds."""
        return self.tables.money()

    def exit_code(self) -> int:
        """The command's exit code by its selected shots: 130 interrupted, 3 the budget stopped it, 1 a clip is missing,
        0."""
        return self.tables.exit_code()

    async def shot(self, shot_id: str) -> ShotResult:
        """Render one shot (after its source): its row. An interrupted one is a row as well."""
        return await self.shots.render(shot_id)

    async def source_ready(self, plan: ShotPlan) -> None:
        """Wait until the row that a remix starts from is over."""
        await self.shots.source_ready(plan)

    async def show(self) -> None:
        """Make the views; a run that is stopped while it makes them leaves them."""
        await self.shots.show()

    def interrupt(self, why: str) -> None:
        """Stop the run: nothing more is ordered, and shots in flight leave their jobs for the next run."""
        self.shots.interrupt(why)


@contextlib.asynccontextmanager
async def start_session(
    request: RunRequest, progress: Progress | None = None, loaded: Settings | None = None
) -> AsyncIterator[Session]:
    """A session over the target of ``request``, with connections and a scratch folder that are closed and deleted at
    the end.

    ``loaded`` is its config, for who has read it already. Raises ``ConfigError`` when the config cannot be used,
    ``TargetError`` when the target cannot be read, ``StartError`` when this machine has no place for a scratch folder.
    """
    with preflight.scratch_folder() as folder:
        loaded = loaded or settings_from_environment(request.config)
        http = Http(network=loaded.network)
        try:
            store = await asyncio.to_thread(open_store, request.to, loaded.target_options)
            if not request.board:  # with one, `check` looks after the board was read
                await asyncio.to_thread(look_at_target, store)
            told = progress or Progress()
            yield Session(request, loaded, loaded.catalogue, store, http, Path(folder), progress=told)
        finally:
            await http.close()
