"""Machines whose wall clocks differ by an hour, or by 90 seconds, work in turn over one target: a wish is bought once.

Every run is a process of its own under libfaketime; the gateway keeps the right time and writes the bill.
"""

import asyncio
import itertools
import json
import os
import subprocess
import sys
import time
from asyncio.subprocess import Process, create_subprocess_exec
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tasks.domain.errors import TargetError
from tasks.season.coordinator import PartOrder
from tasks.storage.lock import Lock, Timing, seconds
from tasks.storage.store import Store
from tests.chain.conftest import read_back
from tests.chain.test_season import Stage, Workers, receipts, scenes
from tests.sandbox import Sandbox

ROOT = Path(__file__).parents[2]
HOUR, MINUTES = 3600, 90
TURNS = [(0, HOUR, 0, HOUR), (0, -HOUR, 0, -HOUR), (0, MINUTES, 0, MINUTES), (0, -MINUTES, 0, -MINUTES)]
in_turn = pytest.mark.parametrize("turns", TURNS, ids=lambda turns: "".join(f"{seconds:+}" for seconds in turns))
FIRST, NEXT = "aigateway:openai/sora-2-text-to-video-pro", "pixazo:sora-2-pro"


def machine(skew: int) -> dict[str, str]:
    """The environment of a machine whose wall clock is so many seconds ahead; its other clocks are right."""
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
    assert found, "libfaketime is not installed (Debian: faketime)"
    told = {"LD_PRELOAD": str(found[0]), "FAKETIME": f"{skew:+}", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    return told | {"NO_FAKE_STAT": "1"} if skew else {}


@dataclass
class Target:
    """One board, one target, one chain; runs of several machines over it."""

    box: Sandbox
    folder: Path
    chain: Sequence[str] = (FIRST,)
    env: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.to, self.board, self.config = (self.folder / name for name in ("film", "board.csv", "chain.toml"))
        self.board.write_text("prompt,duration\nwave,4\n")
        self.config.write_text(f"[chain]\nallow_retired = true\ntext_to_video = {json.dumps(list(self.chain))}\n")

    def run(self, skew: int, **told: Any) -> dict[str, Any]:
        """One run on a machine with that skew: its exit code and how the shots stand."""
        asked = {"board": str(self.board), "to": str(self.to), "config": str(self.config), **told}
        command = [sys.executable, "-m", "tests.chain.skewed_run", json.dumps(asked)]
        env = {**os.environ, **self.env, **machine(skew)}
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        assert abs(said["now"] - skew - time.time()) < 30, "the clock was not moved"
        return said

    def accepted(self, gateway: str = "aigateway") -> int:
        """The orders that the gateway accepted, as it says itself."""
        return int(self.box.bill().get(gateway, {}).get("accepted", 0))

    @property
    def row(self) -> dict[str, Any]:
        """The only row of the manifest."""
        [row] = read_back(self.to)[0].values()
        return row

    @property
    def attempts(self) -> list[dict[str, Any]]:
        """The attempts in the order of their numbers."""
        return sorted(read_back(self.to)[1], key=lambda one: int(one["n"]))

    def shows(self, n: int) -> bool:
        """Whether the clip that stands in the manifest is that of attempt ``n``."""
        found = json.loads(next(self.to.glob(f"ledger/*/{n}-settled.json")).read_text())["clip"]
        return bool(self.row["clip"] == found["path"] and self.row["sha256"] == found["sha256"])


def late(box: Sandbox, seconds: float = 1.0) -> None:
    """The jobs of the first gateway take longer than a run waits."""
    box.faults([{"do": "late", "seconds": seconds, "gateway": "aigateway"}])


def ripen(box: Sandbox) -> None:
    """Whatever was late is done."""
    box.faults([])
    for job in box.world.book.accounts["aigateway"].jobs.values():
        job.done_at = 0.0


@pytest.mark.slow
@in_turn
def test_a_late_job_is_collected_and_nothing_else_bought(turns: Sequence[int], tmp_path: Path) -> None:
    """A job that one machine gave up is taken up by the next one's run, and by no second order."""
    with Sandbox(job_seconds=0.05) as box:
        target = Target(box, tmp_path, env=box.env(deadline_s=0.4))
        late(box, 600)
        codes = [target.run(turns[0])["code"], target.run(turns[1])["code"]]
        ripen(box)
        codes += [target.run(skew)["code"] for skew in turns[2:]]
        assert (codes, target.accepted(), target.row["status"]) == ([1, 1, 0, 0], 1, "reused")


@pytest.mark.slow
@in_turn
def test_a_late_clip_beside_one_that_was_bought_elsewhere(turns: Sequence[int], tmp_path: Path) -> None:
    """Where the next gateway was paid meanwhile, its clip stays in use whatever the clocks say."""
    with Sandbox(job_seconds=0.05) as box:
        target = Target(box, tmp_path, (FIRST, NEXT), env=box.env(deadline_s=0.4))
        late(box, 600)
        assert target.run(turns[0])["code"] == 0
        assert target.shows(2)
        ripen(box)
        codes = [target.run(skew)["code"] for skew in turns[1:]]
        assert (codes, target.accepted(), target.accepted("pixazo")) == ([0, 0, 0], 1, 1)
        assert target.shows(2)


@pytest.mark.slow
@in_turn
def test_a_stand_in_gives_way_to_the_clip_that_is_paid_later(turns: Sequence[int], tmp_path: Path) -> None:
    """A drawing stands in twice, then the gateway heals: its clip is bought once and is the one in use from then on."""
    with Sandbox(job_seconds=0.05) as box:
        target = Target(box, tmp_path, (FIRST, "animatic:card"), env=box.env())
        box.faults([{"do": "status", "status": 422, "gateway": "aigateway"}])
        assert [target.run(skew)["statuses"] for skew in turns[:2]] == [{"stand_in": 1}] * 2
        box.faults([])
        assert [target.run(skew)["statuses"] for skew in turns[2:]] == [{"rendered": 1}, {"reused": 1}]
        assert (target.accepted(), target.row["provider"]) == (1, "aigateway")


@pytest.mark.slow
@in_turn
def test_a_stand_in_gives_way_to_a_job_that_comes_late(turns: Sequence[int], tmp_path: Path) -> None:
    """A drawing that stands in for a late job is replaced by that job's clip: nothing is bought a second time."""
    with Sandbox(job_seconds=0.05) as box:
        target = Target(box, tmp_path, (FIRST, "animatic:card"), env=box.env(deadline_s=0.4))
        late(box, 600)
        assert [target.run(skew)["statuses"] for skew in turns[:2]] == [{"stand_in": 1}] * 2
        ripen(box)
        assert [target.run(skew)["code"] for skew in turns[2:]] == [0, 0]
        assert (target.accepted(), target.row["provider"]) == (1, "aigateway")


@pytest.mark.slow
@in_turn
def test_a_rerender_is_bought_once_and_is_in_use(turns: Sequence[int], tmp_path: Path) -> None:
    """A wish of the second machine buys one more clip, which is the one in use for every later run."""
    with Sandbox(job_seconds=0.05) as box:
        target = Target(box, tmp_path, env=box.env())
        assert target.run(turns[0])["code"] == 0
        assert target.run(turns[1], rerender=["sh010"])["code"] == 0
        assert (target.accepted(), target.shows(2)) == (2, True)
        assert [target.run(skew)["code"] for skew in turns[2:]] == [0, 0]
        assert (target.accepted(), target.shows(2)) == (2, True)
        assert target.attempts[0]["outcome"] == target.attempts[1]["outcome"] == "clip"


@pytest.mark.slow
@in_turn
def test_a_rerender_whose_job_comes_late(turns: Sequence[int], tmp_path: Path) -> None:
    """An open wish with a job on its way is completed by another machine's run, and the wish is over."""
    with Sandbox(job_seconds=0.05) as box:
        target = Target(box, tmp_path, env=box.env(deadline_s=0.4))
        assert target.run(turns[0])["code"] == 0
        late(box, 600)
        target.run(turns[1], rerender=["sh010"])
        ripen(box)
        assert [target.run(skew)["code"] for skew in turns[2:]] == [0, 0]
        assert (target.accepted(), target.shows(2)) == (2, True)


@pytest.mark.slow
@in_turn
def test_two_rerenders_in_turn(turns: Sequence[int], tmp_path: Path) -> None:
    """Each of two wishes buys one clip, the second after the first, and the plain run at the end none."""
    with Sandbox(job_seconds=0.05) as box:
        target = Target(box, tmp_path, env=box.env())
        wishes: list[dict[str, Any]] = [{}, {"rerender": ["sh010"]}, {"rerender": ["sh010"]}, {}]
        assert [target.run(skew, **wish)["code"] for skew, wish in zip(turns, wishes, strict=True)] == [0] * 4
        assert (target.accepted(), target.shows(3)) == (3, True)
        assert Decimal(read_back(target.to)[2]["totals"]["charged_usd"]) == box.billed("aigateway")


@contextmanager
def holder(store: Store, skew: int, *, elsewhere: bool) -> Iterator[subprocess.Popen[str]]:
    """A process on a machine with that skew that holds the lock for a minute at a time and beats every tenth of a
    second: the machine of the tests may stand still for many heartbeats."""
    told = json.dumps({"to": store.url, "lease": 60.0, "every": 0.1, "elsewhere": elsewhere})
    command = [sys.executable, "-m", "tests.chain.skewed_run", told]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, cwd=ROOT, env={**os.environ, **machine(skew)}, text=True, **pipes) as process:  # type: ignore[call-overload]  # a mix by name
        try:
            assert abs(json.loads(process.stdout.readline())["now"] - skew - time.time()) < 30
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("skew", [HOUR, -HOUR, MINUTES, -MINUTES])
@pytest.mark.parametrize("elsewhere", [False, True], ids=["here", "elsewhere"])
def test_a_holder_whose_clock_is_wrong(skew: int, elsewhere: bool, tmp_path: Path) -> None:
    """A live holder is not taken for dead however its wall clock stands, and a killed one is followed."""
    store = Store(str(tmp_path))
    with holder(store, skew, elsewhere=elsewhere) as process:
        with pytest.raises(TargetError, match="in use by run holder"):
            Lock(store, "newcomer").take()
        process.kill()
        process.wait()
        now = itertools.count(seconds(), 5.0)  # a minute passes while it is looked at
        newcomer = Lock(store, "newcomer", timing=Timing(lambda: next(now), lambda _: None))
        newcomer.take()
        newcomer.release()
    assert store.names("lock") == []


@dataclass
class Skewed(Workers):
    """Starts each part on the next machine of ``turns``."""

    turns: Iterator[int] = field(default_factory=lambda: itertools.cycle((HOUR, -HOUR, MINUTES, 0)))

    async def begin(self, told: str) -> Process:
        command = [sys.executable, "-m", "tests.chain.part_run", told]
        env = {**os.environ, **self.env, **machine(next(self.turns))}
        return await create_subprocess_exec(*command, cwd=ROOT, env=env)


@pytest.mark.slow
async def test_a_season_on_machines_whose_clocks_differ(tmp_path: Path) -> None:
    """Parts on four machines with four clocks, one killed with jobs in the air: each shot is bought once, and a run on
    a fifth machine, and another season, buy nothing."""
    with Sandbox(job_seconds=1.0) as box:
        stage = Stage(box, tmp_path)

        async def kill_second(task: PartOrder, process: Process, nth: int) -> None:
            if nth == 2:
                await receipts(stage.target, 3)
                with suppress(ProcessLookupError):  # on a busy machine it may have ended by then
                    process.kill()

        told = stage.workers(stage.board(*scenes(4, 2)))
        workers = Skewed(told.board, told.target, told.config, told.env, kill_second)
        running = await stage.season(workers, most=2)
        assert (running.exit_code(), stage.statuses()) == (0, {"rendered": 8})
        assert box.bill()["aigateway"]["accepted"] == 8
        alone = Target(box, tmp_path / "..", env=box.env())
        alone.to, alone.board, alone.config = stage.target, workers.board, workers.config
        said = await asyncio.to_thread(alone.run, -HOUR)
        assert said["statuses"] == {"reused": 8}
        again = Skewed(told.board, told.target, told.config, told.env)
        await stage.season(again, most=3)
        assert (again.started, box.bill()["aigateway"]["accepted"]) == ([], 8)


def test_the_machines_of_these_tests_differ(tmp_path: Path) -> None:
    """The wall clock of a skewed machine is wrong by what it was told, and its monotonic clock is right."""
    code = "import time; print(time.time(), time.monotonic(), time.clock_gettime(time.CLOCK_BOOTTIME))"
    for skew in (0, HOUR, -MINUTES):
        done = subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, **machine(skew)}, capture_output=True, check=True
        )
        wall, monotonic, boot = map(float, done.stdout.split())
        assert abs(wall - skew - time.time()) < 10
        assert 0 <= time.monotonic() - monotonic < 10
        assert 0 <= time.clock_gettime(time.CLOCK_BOOTTIME) - boot < 10
