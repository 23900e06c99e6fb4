"""A season whose parts run in this very process: what ends it, what stops it, and what it still tells."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tasks.domain.errors import StartError, TargetError
from tasks.season.coordinator import PartOrder, Season
from tasks.session.session import Session
from tasks.storage.lock import Lock
from tasks.storage.store import Store, StoreError
from tests.chain.conftest import read_back
from tests.chain.part_run import part_run
from tests.chain.test_season import Stage, Workers, receipts, scenes
from tests.sandbox import Sandbox


@dataclass
class Rooms(Workers):
    """Starts each part as a task of this process. ``before`` sees each before it runs."""

    before: Callable[[PartOrder], object] = lambda task: None
    running: list[asyncio.Task[None]] = field(default_factory=list)

    def work(self, task: PartOrder) -> asyncio.Task[None]:
        told: dict[str, Any] = {"board": str(self.board), "to": str(self.target), "config": str(self.config)}
        told |= {"budget_usd": None if task.budget_usd is None else str(task.budget_usd), "only": task.only}
        told |= {"concurrency": task.concurrency, "part": task.part.model_dump(mode="json")}
        return asyncio.create_task(part_run(told))

    async def again(self, task: PartOrder) -> str:
        """The very same run once more, as a person retries it: why it did not start."""
        try:
            await self.work(task)
        except StartError as error:
            return str(error)
        return ""

    async def start(self, task: PartOrder) -> Callable[[], Awaitable[bool]]:
        self.started.append(task)
        self.before(task)
        work = self.work(task)
        self.running.append(work)

        async def can_come() -> bool:
            return not work.done()

        return can_come

    async def end(self) -> None:
        with contextlib.suppress(StartError):
            await asyncio.gather(*self.running)


PLACES = (("a", "quick", 2), ("b", "slow", 3), ("c", "quicker", 3))  # scene, its prompts, how many


class Set(Stage):
    """A stage whose parts are in this process; ``chain`` is its config."""

    def rooms(self, board: Path, rest: str = "", **env: Any) -> Rooms:
        told = self.workers(board, **env)
        told.config.write_text(told.config.read_text() + rest)
        return Rooms(told.board, told.target, told.config, told.env)

    def errors(self) -> dict[str, str]:
        return {name: row["error_class"] for name, row in read_back(self.target)[0].items()}


async def test_one_more_pass_takes_what_was_skipped(tmp_path: Path) -> None:
    """Shares that do not go up evenly leave money behind: the second pass buys what that still pays for."""
    with Sandbox() as box:
        stage = Set(box, tmp_path)
        workers = stage.rooms(stage.board(*scenes(2, 3)))
        running = await stage.season(workers, most=3, budget="2.10")  # 1.05 each: two clips, and 0.50 is left
        assert [task.budget_usd for task in workers.started] == [Decimal("1.05"), Decimal("1.05"), Decimal("0.50")]
        assert [task.part.name for task in workers.started] == ["part-1-001", "part-1-002", "part-2-001"]
        assert stage.statuses() == {"rendered": 5, "skipped": 1}
        assert running.exit_code() == 3
        again = stage.rooms(workers.board)
        await stage.season(again, most=3, budget="2.45")  # 0.45 are left by now: the last clip
        assert [task.budget_usd for task in again.started] == [Decimal("0.45")]
        assert stage.statuses() == {"reused": 5, "rendered": 1}
        assert box.bill()["aigateway"]["accepted"] == 6


async def test_another_split_buys_nothing_twice(tmp_path: Path) -> None:
    """A finished season cut another way finds everything done: no part is started."""
    with Sandbox() as box:
        stage = Set(box, tmp_path)
        board = stage.board(*scenes(3, 2))
        await stage.season(stage.rooms(board), most=2)
        again = stage.rooms(board)
        running = await stage.season(again, most=5)
        assert (again.started, running.exit_code(), stage.statuses()) == ([], 0, {"reused": 6})
        assert box.bill()["aigateway"]["orders"] == 6


async def test_a_remix_of_a_refused_row_does_not_cost_its_part(tmp_path: Path) -> None:
    """A row that content policy refused is left alone for ever: its remix ends for that reason, the others of the
    part are rendered."""
    with Sandbox([{"kind": "moderated", "prompt": "blood"}], job_seconds=0.05) as box:
        stage = Set(box, tmp_path)
        board = stage.board("s1,blood,", "s2,sea,", "s2,closer,sh010")
        await stage.season(stage.rooms(board), most=9)
        board = stage.board("s1,blood,", "s2,sea,", "s2,closer,sh010", "s2,waves,")
        again = stage.rooms(board)
        await stage.season(again, most=9)
        assert stage.statuses() == {"refused": 2, "reused": 1, "rendered": 1}
        assert stage.errors()["sh030"] == "Source"


async def test_a_stopped_season_starts_no_part(tmp_path: Path) -> None:
    """Parts that still wait for their turn when the season is cancelled are never started."""
    with Sandbox(job_seconds=30.0) as box:
        stage = Set(box, tmp_path)
        rooms = stage.rooms(stage.board(*scenes(6, 1)))
        async with stage.session(rooms) as running:
            await running.check(fetch=True)
            async with running.open():
                season = asyncio.create_task(Season(running, rooms.start, 1, 2).run())
                await receipts(stage.target, 2)
                running.interrupt("SIGTERM")
                await season
        await rooms.end()
        assert len(rooms.started) == 2
        assert running.exit_code() == 130


async def test_what_may_be_wasted_is_the_whole_seasons(tmp_path: Path) -> None:
    """Parts one after the other share what may be wasted: a gateway that loses its replies is left alone once the
    season's sum is lost, not each part's."""
    with Sandbox([{"do": "lost_after"}], job_seconds=0.02) as box:
        stage = Set(box, tmp_path)
        rooms = stage.rooms(stage.board(*scenes(6, 2)), "[render]\nmax_wasted_usd = 0.8\nconcurrency = 1\n")
        running = await stage.season(rooms, most=2, at_once=1)
        costs = read_back(stage.target)[2]["totals"]
        assert Decimal(costs["charged_usd"]) + Decimal(costs["at_risk_usd"]) == Decimal("0.80")
        assert running.exit_code() == 3


async def test_what_may_be_wasted_holds_for_parts_side_by_side(tmp_path: Path) -> None:
    """A part that follows another in its place goes on with what that one lost: a slow part beside them may still lose
    its own share, and together they lose the season's sum and not more."""
    slow = {"do": "hang", "seconds": 2.0, "prompt": "slow", "accepted": True}
    with Sandbox([slow, {"do": "lost_after"}], job_seconds=0.02) as box:
        stage = Set(box, tmp_path)
        board = stage.board(*(f"{scene},{word} {n}," for scene, word, many in PLACES for n in range(many)))
        rooms = stage.rooms(board, "[render]\nmax_wasted_usd = 2.4\nconcurrency = 2\n")
        running = await stage.season(rooms, most=3)
        costs = read_back(stage.target)[2]["totals"]
        assert Decimal(costs["charged_usd"]) + Decimal(costs["at_risk_usd"]) == Decimal("2.40")
        assert running.exit_code() == 3


async def test_a_target_that_refuses_clips_ends_the_season(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A clip that the target does not take stops the buying of all parts, and no pass tries again."""
    put = Store.put

    def refuses(self: Store, path: str, local: Path) -> None:
        if path.startswith("clips/"):
            raise StoreError("quota exceeded")
        put(self, path, local)

    monkeypatch.setattr(Store, "put", refuses)
    with Sandbox(job_seconds=0.02) as box:
        stage = Set(box, tmp_path)
        rooms = stage.rooms(stage.board(*scenes(4, 1)))
        running = await stage.season(rooms, most=1, at_once=1)
        assert len(rooms.started) == 1
        assert running.exit_code() == 1
        assert box.bill()["aigateway"]["accepted"] == 1


async def test_a_target_that_cannot_be_read_for_a_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that fails once, just when the season reads what its parts bought, costs neither the truth of the
    manifest nor the season's own end."""
    with Sandbox(job_seconds=0.02) as box:
        stage = Set(box, tmp_path)
        rooms = stage.rooms(stage.board(*scenes(1, 2)))
        reload, names, failing = Session.reload, Store.names, [False]

        async def fails_once(self: Session, endings: Any) -> None:
            failing[0] = not hasattr(rooms, "failed")
            rooms.failed = True  # type: ignore[attr-defined]
            try:
                await reload(self, endings)
            finally:
                failing[0] = False

        def listed(self: Store, prefix: str = "") -> list[str]:
            if failing[0] and prefix == "ledger":
                raise StoreError("503 slow down")
            return names(self, prefix)

        monkeypatch.setattr(Session, "reload", fails_once)
        monkeypatch.setattr(Store, "names", listed)
        running = await stage.season(rooms, most=9)
        assert stage.statuses() == {"rendered": 2}
        assert running.exit_code() == 0


async def test_a_season_that_woke_up_too_late_leaves_the_next_one_alone(tmp_path: Path) -> None:
    """A season whose target was taken over while it hung clears no part of the newcomer and writes no table."""
    with Sandbox(job_seconds=5.0) as box:
        stage = Set(box, tmp_path)
        rooms = stage.rooms(stage.board(*scenes(1, 1)))
        async with stage.session(rooms) as running:
            await running.check(fetch=True)
            async with running.open():
                season = asyncio.create_task(Season(running, rooms.start, 1, 1).run())
                await receipts(stage.target, 1)
                store = running.store
                with running.lock._turn:  # a heartbeat between would write its lock anew
                    for name in store.names("lock"):
                        store.delete(name)
                    Lock(store, "newcomer").take()
                    theirs = Lock(store, "newcomer", folder="lock/part-1-001")
                    theirs.take()
                before = store.read("manifest.json")
                await season
        await rooms.end()
        assert store.read("manifest.json") == before
        assert store.names("lock") == ["lock/1.json", "lock/part-1-001/1.json"]


async def test_a_part_whose_season_is_silent_orders_nothing(tmp_path: Path) -> None:
    """A part that a worker takes up after its season's process is gone sees no heartbeat move, and does not start."""
    with Sandbox() as box:
        stage = Set(box, tmp_path, lease=1.0)
        rooms = stage.rooms(stage.board(*scenes(1, 1)))
        async with stage.session(rooms) as first:
            await first.check(fetch=True)
            await asyncio.to_thread(first.lock.take)  # and nobody beats
            await first._prepared()
            season = Season(first, rooms.start, 6, 1)
            season.passes = 1
            [task] = season._tasks([plan for plan in first.plan.shots if plan.renders])
            await season.start(task)
            with pytest.raises(TargetError, match="heartbeat stopped"):
                await rooms.running[0]
        assert box.bill().get("aigateway", {}).get("accepted", 0) == 0


async def test_a_target_that_stays_away_ends_the_season(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that is lost for good (a key that ran out) does not keep the season for ever: after a lease it stops,
    and says that it could not write."""
    with Sandbox(job_seconds=30.0) as box:
        stage = Set(box, tmp_path, lease=0.6)
        rooms = stage.rooms(stage.board(*scenes(1, 1)))
        async with stage.session(rooms) as running:
            await running.check(fetch=True)
            async with running.open():
                season = asyncio.create_task(Season(running, rooms.start, 1, 1).run())
                await receipts(stage.target, 1)

                def lost(*args: object) -> Any:
                    raise StoreError("403 the token has expired")

                for name in ("read", "names", "write", "create", "delete"):
                    monkeypatch.setattr(Store, name, lost)
                await asyncio.wait_for(season, 20)
        await rooms.end()
        assert (running.exit_code(), running.stopped.error_class if running.stopped else "") == (1, "Target")


async def test_a_part_that_is_retried_by_hand_does_not_spend_its_old_share(tmp_path: Path) -> None:
    """A part that ended without clips, retried by a person while the season's last pass has its money: it says why it
    does not start, and the budget of the whole holds."""
    with Sandbox([{"do": "status", "status": 422, "prompt": "wave 0"}], job_seconds=0.02) as box:
        stage = Set(box, tmp_path)
        rooms = stage.rooms(stage.board(*scenes(2, 2)))  # shares of 0.40: the second part leaves one shot
        by_hand: list[asyncio.Task[str]] = []

        def retried(task: PartOrder) -> None:
            if task.part.name == "part-2-001" and not by_hand:
                box.faults([])
                by_hand.append(asyncio.create_task(rooms.again(rooms.started[0])))

        rooms.before = retried
        running = await stage.season(rooms, most=2, budget="0.80")
        said = await by_hand[0]
        assert box.bill()["aigateway"]["accepted"] == 2
        assert read_back(stage.target)[2]["totals"]["charged_usd"] == "0.80"
        assert "part-1-001 does not start: the season goes on without it" in said
        assert running.exit_code() == 3


async def test_a_part_that_told_its_end_is_over(tmp_path: Path) -> None:
    """A part retried by hand in the moment between its word and the season that reads it: over is over."""
    with Sandbox([{"do": "status", "status": 422, "prompt": "wave 0"}], job_seconds=0.02) as box:
        stage = Set(box, tmp_path)
        rooms = stage.rooms(stage.board(*scenes(1, 2)))
        async with stage.session(rooms, "0.80") as running:
            await running.check(fetch=True)
            async with running.open():
                season = Season(running, rooms.start, 2, 1)
                season.passes = 1
                [task] = season._tasks([plan for plan in running.plan.shots if plan.renders])
                await season.orders.give(task.part, task.budget_usd)
                await season.start(task)
                await rooms.running[0]
                box.faults([])
                assert "part-1-001 does not start: it has told its end" in await rooms.again(task)
        assert box.bill()["aigateway"]["accepted"] == 0


async def test_the_share_is_the_seasons_word_of_today(tmp_path: Path) -> None:
    """What a part may spend stands with the season's heartbeat: an older figure in a run's parameters is no share."""
    with Sandbox(job_seconds=0.02) as box:
        stage = Set(box, tmp_path)
        rooms = stage.rooms(stage.board(*scenes(1, 3)))
        async with stage.session(rooms, "1.00") as running:
            await running.check(fetch=True)
            async with running.open():
                season = Season(running, rooms.start, 3, 1)
                season.passes = 1
                [task] = season._tasks([plan for plan in running.plan.shots if plan.renders])
                await season.orders.give(task.part, task.budget_usd)
                await season.start(replace(task, budget_usd=Decimal(99)))
                await rooms.running[0]
        assert box.bill()["aigateway"]["accepted"] == 2


async def test_a_board_edited_while_its_season_runs(tmp_path: Path) -> None:
    """A row reworded, one removed and one added while the parts work: the season ends as it was read, says once that
    the board was edited, and the next season takes the change."""
    with Sandbox(job_seconds=0.02) as box:
        stage = Set(box, tmp_path)
        rooms = stage.rooms(stage.board(*scenes(3, 2)))
        lines: list[str] = []

        def edited(task: PartOrder) -> None:
            stage.board("s00,wave 0 0,", "s00,another wave,", "s02,wave 2 0,", "s02,wave 2 1,", "s03,a new one,")

        rooms.before, rooms.listen = edited, lines.append
        running = await stage.season(rooms, most=2, at_once=1)
        rows = read_back(stage.target)[0]
        assert stage.statuses() == {"rendered": 6}
        assert [row["prompt"] for row in rows.values()] == [f"wave {i} {k}" for i in range(3) for k in range(2)]
        assert [line for line in lines if "edited" in line] == [
            f"{rooms.board} was edited while its season runs: the season ends as it was read"
        ]
        assert (running.exit_code(), box.bill()["aigateway"]["accepted"]) == (0, 6)
        assert Store(str(stage.target)).names("lock") == []
        stage.audit = lambda: None  # type: ignore[method-assign]  # the money of the words that were dropped has no row
        await stage.season(stage.rooms(rooms.board), most=2)
        assert stage.statuses() == {"reused": 3, "rendered": 2}
        assert box.bill()["aigateway"]["accepted"] == 8


async def test_what_a_killed_season_read_is_cleared_away(tmp_path: Path) -> None:
    """The copy of the board that a killed season left below its lock goes with the next run that takes the target."""
    store = Store(str(tmp_path))
    store.write("lock/board-1234", b"prompt\nwave\n")
    lock = Lock(store, "next")
    await asyncio.to_thread(lock.take)
    assert store.names("lock") == ["lock/1.json"]
