"""A run that slept so long that another one took its target: when it wakes it writes nothing but its own receipts."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from tasks.domain.order import Reply, Request
from tasks.domain.request import RunRequest
from tasks.ledger.ledger import Ledger
from tasks.session.session import Session
from tasks.storage.store import Store
from tests.chain.conftest import Studio, opened
from tests.chain.wire import Hours, Wire

LEASE = 60.0
Act = Callable[[], Awaitable[None]]


class Boot:
    """The machine's clock, by which leases run out; both runs live on it."""

    def __init__(self) -> None:
        self.now = 5000.0

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@contextlib.asynccontextmanager
async def on(studio: Studio, boot: Boot, board: Path, **more: tuple[str, ...]) -> AsyncIterator[tuple[Session, Wire]]:
    """A session over the studio's target whose lock goes by that clock."""
    asked = RunRequest(str(board), str(studio.target), str(studio.folder / "config.toml"), **more)  # type: ignore[arg-type]  # by name
    async with opened(asked, studio.env(), Hours(), []) as (session, wire):
        session.lock.clock, session.lock.sleep = boot.clock, boot.sleep
        yield session, wire


async def work(session: Session) -> None:
    await session.check(fetch=True)
    async with session.open():
        await asyncio.gather(*(session.shot(plan.shot.shot_id) for plan in session.plan.shots if plan.renders))
        await session.show()


def standing(target: Path) -> dict[str, tuple[int, bytes]]:
    """Every file of the target with the time at which it was written."""
    files = (path for path in target.rglob("*") if path.is_file())
    return {str(path.relative_to(target)): (path.stat().st_mtime_ns, path.read_bytes()) for path in files}


class Night:
    """What happens while the first run sleeps: its lease runs out and a second run does everything."""

    def __init__(self, studio: Studio, boot: Boot, board: Path) -> None:
        self.studio, self.boot, self.board = studio, boot, board
        self.left: dict[str, tuple[int, bytes]] = {}
        self.turn = asyncio.Lock()

    async def __call__(self, first: Session) -> None:
        async with self.turn:
            if self.left:
                return
            with first.lock._turn:  # its heartbeat sleeps too
                self.boot.sleep(3 * LEASE)
                async with on(self.studio, self.boot, self.board) as (second, _):
                    await work(second)
            self.left = standing(self.studio.target)


@pytest.mark.parametrize("name", ["a clip", "a failed job", "no job"])
async def test_who_wakes_after_being_replaced_writes_nothing(studio: Studio, name: str) -> None:
    """It slept between two looks at its job; the newcomer collected or settled that: not one file changes after."""
    studio.faults(*({"a failed job": [{"do": "failed", "gateway": "pixazo"}], "a clip": [], "no job": []}[name]))
    boot, board = Boot(), studio.board("x", "y")
    studio.config("pixazo", **({"chain": {"text_to_video": ["animatic:card"]}} if name == "no job" else {}))
    night = Night(studio, boot, board)
    async with on(studio, boot, board) as (first, _):
        awake = first.sleep

        async def sleep(seconds: float) -> None:
            await night(first)
            await awake(seconds)

        first.sleep = sleep
        await work(first) if name != "no job" else await drawn(first, night)
    assert night.left and standing(studio.target) == night.left


async def drawn(first: Session, night: Night) -> None:
    await first.check(fetch=True)
    async with first.open():
        await night(first)
        await asyncio.gather(*(first.shot(plan.shot.shot_id) for plan in first.plan.shots if plan.renders))


async def test_it_orders_nothing_and_publishes_nothing(studio: Studio) -> None:
    """Replaced before its second order: no POST leaves after that, and the newcomer's tables stay."""
    boot, board = Boot(), studio.board("x", "y", "z")
    studio.config("pixazo", render={"concurrency": 1})
    night = Night(studio, boot, board)
    async with on(studio, boot, board) as (first, wire):
        await first.check(fetch=True)
        async with first.open():
            await first.shot("sh010")
            await night(first)
            await first.shot("sh020")
        assert sum(call.order for call in wire.calls) == 1
    assert standing(studio.target) == night.left
    assert studio.box.bill()["pixazo"]["orders"] == 3


async def test_its_own_receipt_is_written_all_the_same(studio: Studio) -> None:
    """It slept while its order was on its way: the receipt is the one file that it adds, and the job is not lost."""
    boot, board = Boot(), studio.board("x")
    studio.config("pixazo", "aivideoapi")
    night = Night(studio, boot, board)
    async with on(studio, boot, board) as (first, wire):
        ask = wire.ask

        async def slow(request: Request, url: str, headers: dict[str, str], timeout: float) -> Reply:
            reply = await ask(request, url, headers, timeout)
            if request.method == "POST":
                await night(first)
            return reply

        wire.ask = slow  # type: ignore[method-assign,assignment]  # the network of this one run is slow
        await work(first)
    now = standing(studio.target)
    added = {name for name in now if name not in night.left}
    assert {name.rpartition("/")[2] for name in added} == {"1-accepted.json"}
    assert {name: now[name] for name in night.left} == night.left
    pages = Ledger(Store(str(studio.target)), "").load().pages.values()
    assert [a.outcome for page in pages for a in page.attempts()] == ["pending", "clip"]


async def test_who_slept_and_was_not_replaced_goes_on(studio: Studio) -> None:
    """The machine was suspended for an hour and nobody came: the lock is looked at, renewed, and the clip is kept."""
    boot, board = Boot(), studio.board("x")
    studio.config("pixazo")
    async with on(studio, boot, board) as (first, _):
        awake = first.sleep

        async def sleep(seconds: float) -> None:
            boot.sleep(60 * LEASE)
            await awake(seconds)

        first.sleep = sleep
        await work(first)
        assert (first.exit_code(), first.stopped) == (0, None)
    assert "manifest.json" in standing(studio.target)


async def test_a_lock_that_cannot_be_looked_at_lets_nothing_through(studio: Studio) -> None:
    """In doubt nothing is written: the job stays bought, and the next run collects it."""
    boot, board = Boot(), studio.board("x")
    config = studio.config("pixazo")
    async with on(studio, boot, board) as (first, _):
        awake, before = first.sleep, list[dict[str, tuple[int, bytes]]]()

        async def sleep(seconds: float) -> None:
            if not before:
                before.append(standing(studio.target))
            boot.sleep(LEASE)
            lock = next((studio.target / "lock").glob("*.json"))
            lock.write_text("no lock of anybody")
            await awake(seconds)

        first.sleep = sleep
        await work(first)
    changed = {n: v for n, v in standing(studio.target).items() if before[0].get(n) != v and "lock/" not in n}
    assert changed == {}
    for lock in (studio.target / "lock").glob("*.json"):
        lock.unlink()
    studio.by_hand = 1  # the first run's order is not among the studio's calls
    again = await studio.render(board, config)
    assert (again.code, again.orders()) == (0, [])
