"""A season over real processes, without Prefect: its parts work beside each other, die, and are begun again."""

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tasks.domain.errors import TargetError
from tasks.domain.request import RunRequest
from tasks.season.coordinator import PartOrder, Season
from tasks.session.holding import beat
from tasks.session.session import Session, start_session
from tasks.storage.lock import Lock
from tasks.storage.store import Store
from tests.chain.conftest import MONEY, read_back
from tests.chain.part_run import part_process
from tests.forks import Fork, fork
from tests.sandbox import Sandbox

LOADS: tuple[str, ...] = (
    "tasks.engine.shot",
    "tasks.engine.delivery.fetch",
    "tasks.media.remux",
    "tasks.media.looks.look",
)
LOADS += ("tasks.transport.wire", "tasks.storyboard.formats.text", "httpx", "httpcore", "anyio._backends._asyncio")
CHAIN = (
    '[chain]\ntext_to_video = ["aigateway:openai/sora-2-text-to-video-pro"]\n'
    'remix = ["aigateway:openai/sora-2-video-to-video-remix"]\nallow_retired = true\n'
)
PRICE = Decimal("0.40")  # of 4 s at aigateway


@pytest.fixture(scope="module", autouse=True)
def _ready() -> None:
    """What parts are forked off is up before a season begins: to wait for it would hold up the season's heartbeat."""
    fork(dict, loads=LOADS).join()


@dataclass
class Workers:
    """Starts each part as a process of its own. ``meet`` is called with each part just started."""

    board: Path
    target: Path
    config: Path
    env: dict[str, str]
    meet: Callable[[PartOrder, Any, int], Awaitable[None]] | None = None
    listen: Callable[[str], None] = lambda line: None
    started: list[PartOrder] = field(default_factory=list)
    processes: list[Any] = field(default_factory=list)
    meetings: list[asyncio.Task[None]] = field(default_factory=list)

    async def start(self, task: PartOrder) -> Callable[[], Awaitable[bool]]:
        told: dict[str, Any] = {"board": str(self.board), "to": str(self.target), "config": str(self.config)}
        told |= {"budget_usd": None if task.budget_usd is None else str(task.budget_usd), "only": task.only}
        told |= {"concurrency": task.concurrency, "part": task.part.model_dump()}
        process = await self.begin(json.dumps(told))
        self.started.append(task)
        self.processes.append(process)
        if self.meet is not None:
            self.meetings.append(asyncio.create_task(self.meet(task, process, len(self.started))))

        async def can_come() -> bool:
            return process.returncode is None

        return can_come

    async def begin(self, told: str) -> Any:
        """The part as a process, as asyncio has them."""
        return Fork(fork(part_process, told, loads=LOADS, env=self.env))

    async def end(self) -> None:
        for process in self.processes:
            try:
                await asyncio.wait_for(process.wait(), 15)
            except TimeoutError:
                process.kill()
                await process.wait()
        await asyncio.gather(*self.meetings)


@dataclass
class Stage:
    """One board, target and config before a sandbox."""

    box: Sandbox
    folder: Path
    lease: float = 6.0

    @property
    def target(self) -> Path:
        return self.folder / "film"

    def board(self, *rows: str) -> Path:
        """Rows of ``scene,prompt,source``; four seconds each."""
        path = self.folder / "board.csv"
        path.write_text("scene,prompt,source,duration\n" + "".join(f"{row},4\n" for row in rows))
        return path

    def workers(self, board: Path, **env: Any) -> Workers:
        config = self.folder / "chain.toml"
        config.write_text(CHAIN)
        return Workers(board, self.target, config, self.box.env(**env))

    @contextlib.asynccontextmanager
    async def session(self, workers: Workers, budget: str | None = None) -> AsyncIterator[Session]:
        wanted = RunRequest(
            str(workers.board), str(self.target), str(workers.config), Decimal(budget) if budget is not None else None
        )
        with pytest.MonkeyPatch.context() as patch:
            for name, value in workers.env.items():
                patch.setenv(name, value)
            async with start_session(wanted) as running:
                running.lock = Lock(running.store, running.run_id, lease=self.lease)
                running.lock.by_process = False
                running.progress.listen = workers.listen
                yield running

    async def season(self, workers: Workers, *, most: int, at_once: int = 2, budget: str | None = None) -> Session:
        """A whole season; the sums at the target agree with each other."""
        async with self.session(workers, budget) as running:
            try:
                await running.check(fetch=True)
                async with running.open():
                    await Season(running, workers.start, most, at_once).run()
            finally:
                await workers.end()
        self.audit()
        return running

    async def let_in(self, workers: Workers, *, most: int) -> Session:
        """As `season`, once the lock of an earlier one does not count any more."""
        async with asyncio.timeout(20):
            while True:
                with contextlib.suppress(TargetError):
                    return await self.season(workers, most=most)
                await asyncio.sleep(0.3)

    def audit(self) -> None:
        """One manifest, one costs.json: equal sums, and the sandbox's bill within them."""
        rows, attempts, costs = read_back(self.target)
        for name in MONEY:
            assert sum(a[name] for a in attempts) == Decimal(costs["totals"][name])
            assert sum(row[name] for row in rows.values()) == sum(a[name] for a in attempts)
        charged, risk = (Decimal(costs["totals"][name]) for name in ("charged_usd", "at_risk_usd"))
        assert charged <= self.box.billed("aigateway") <= charged + risk

    def statuses(self) -> dict[str, int]:
        return dict(Counter(row["status"] for row in read_back(self.target)[0].values()))


async def receipts(target: Path, count: int) -> None:
    """Come back once the ledger holds the receipts of so many orders."""
    async with asyncio.timeout(60):
        while True:
            if sum(name.endswith("-accepted.json") for name in Store(str(target)).names("ledger")) >= count:
                return
            await asyncio.sleep(0.02)


def scenes(count: int, each: int) -> list[str]:
    return [f"s{i:02},wave {i} {k}," for i in range(count) for k in range(each)]


async def test_parts_share_a_board(tmp_path: Path) -> None:
    """Nine shots in parts of at most three, two at once: one manifest of one run, each shot bought once."""
    with Sandbox(job_seconds=0.3) as box:
        stage = Stage(box, tmp_path)
        workers = stage.workers(stage.board(*scenes(4, 2), "s09,closer,sh010"))
        running = await stage.season(workers, most=3)
        assert [len(task.only) for task in workers.started] == [3, 3, 3]
        assert running.exit_code() == 0
        assert stage.statuses() == {"rendered": 9}
        assert box.bill()["aigateway"]["accepted"] == 9
        assert {a["run_id"] for a in read_back(stage.target)[1]} == {running.run_id}
    assert Store(str(stage.target)).names("lock") == []


async def test_a_part_that_is_killed_is_begun_again(tmp_path: Path) -> None:
    """A part killed with jobs in the air is judged dead by its heartbeat; the next attempt collects what was bought."""
    with Sandbox(job_seconds=2.0) as box:
        stage = Stage(box, tmp_path)

        async def kill_first(task: PartOrder, process: Fork, nth: int) -> None:
            if nth == 1:
                await receipts(stage.target, 3)
                process.kill()

        workers = stage.workers(stage.board(*scenes(2, 3)))
        workers.meet = kill_first
        running = await stage.season(workers, most=3, at_once=1)
        assert [task.part.name for task in workers.started] == ["part-1-001", "part-1-001", "part-1-002"]
        assert len({task.part.attempt for task in workers.started}) == 3
        assert running.exit_code() == 0
        assert box.bill()["aigateway"]["accepted"] == 6
    assert Store(str(stage.target)).names("lock") == []


async def test_parts_of_a_season_that_was_killed_make_room(tmp_path: Path) -> None:
    """A season gone without a word: its part orders nothing more and ends; the next one, cut another way, waits for
    that and buys nothing twice."""
    with Sandbox(job_seconds=1.0) as box:
        stage = Stage(box, tmp_path, lease=3.0)
        workers = stage.workers(stage.board(*scenes(3, 2)), max_in_flight=1)
        async with stage.session(workers) as first:
            await first.check(fetch=True)
            await asyncio.to_thread(first.lock.take)
            beats = asyncio.create_task(beat(first, first.interrupt))
            await first._prepared()
            season = Season(first, workers.start, 6, 1)
            season.passes = 1
            [task] = season._tasks([plan for plan in first.plan.shots if plan.renders])
            await season.start(task)
            await receipts(stage.target, 1)
            beats.cancel()  # from now on as if the process were gone
        again = stage.workers(workers.board)
        with pytest.raises(TargetError, match="is in use by run"):
            await stage.season(again, most=2)
        assert await asyncio.wait_for(workers.processes[0].wait(), 20) == 0
        running = await stage.let_in(again, most=2)
        assert 0 < len(again.started) <= 3
        assert running.exit_code() == 0
        assert box.bill()["aigateway"]["accepted"] == 6
        await workers.end()


async def test_a_stopped_season_stops_its_parts(tmp_path: Path) -> None:
    """A cancelled season tells its parts, which leave their jobs in the ledger; the manifest has what they bought."""
    with Sandbox(job_seconds=30.0) as box:
        stage = Stage(box, tmp_path)
        workers = stage.workers(stage.board(*scenes(2, 2)))
        work = asyncio.create_task(stage.season(workers, most=2))
        await receipts(stage.target, 4)
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work
        stage.audit()
        assert [process.returncode for process in workers.processes] == [0, 0]
        assert stage.statuses() == {"skipped": 4}
        assert {a["outcome"] for a in read_back(stage.target)[1]} == {"pending"}
    assert Store(str(stage.target)).names("lock") == []


async def test_a_run_does_not_start_beside_a_living_part(tmp_path: Path) -> None:
    """Where a part of an earlier season goes on working, the target is in use: nothing is left behind."""
    store = Store(str(tmp_path))
    part = Lock(store, "season", folder="lock/part-1-001", lease=0.6)
    part.take()

    async def beating() -> None:
        while True:
            part.renew()
            await asyncio.sleep(0.05)

    beats = asyncio.create_task(beating())
    with pytest.raises(TargetError, match="in use by lock/part-1-001"):
        await asyncio.to_thread(Lock(store, "other", lease=0.6).take)
    beats.cancel()
    assert store.names("lock") == ["lock/part-1-001/1.json"]
