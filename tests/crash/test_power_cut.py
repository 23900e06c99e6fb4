"""A power cut at any instant of a run leaves what a kill then would: nothing is lost, nothing bought twice."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import pytest

from tasks.ledger.ledger import Ledger
from tasks.ledger.records import job_of
from tasks.storage.store import Store
from tests.conftest import without_settings
from tests.crash.disk_model import Disk, Image, Step, rebuilt, steps_of
from tests.crash.test_crash import CONFIG, ROOT, board, check  # noqa: F401 - a fixture
from tests.sandbox.server import Sandbox

SPREAD = int(os.environ.get("STORYREEL_CRASH_STRIDE", "29"))


@dataclass
class Bench:
    """A board, its config and a sandbox; each run of it is written down."""

    board: Path
    box: Sandbox
    power: "subprocess.Popen[str]"
    logs: list[Path] = field(default_factory=list)

    def run(self, target: Path, at: int | str = 0, rerender: str = "") -> int:
        """The exit code of one run, killed at a step, or when it gave a name with such an ending, if so asked."""
        config, log = self.board.with_name("power.toml"), self.board.with_name(f"steps-{len(self.logs)}")
        config.write_text(CONFIG.replace("{options}", "{}"))
        self.logs.append(log)
        words = [log, at, self.board, target, config, rerender]
        assert self.power.stdin is not None and self.power.stdout is not None
        print(json.dumps([self.box.env(), list(map(str, words))]), file=self.power.stdin, flush=True)
        code = int(self.power.stdout.readline())
        assert code in (0, -9), "its traceback is on standard error"
        return code

    def steps(self) -> list[Step]:
        return [step for log in self.logs for step in steps_of(log)]


@pytest.fixture(scope="module")
def power() -> Iterator["subprocess.Popen[str]"]:
    """The process whose children are the runs; it ends when nobody asks for more."""
    command = [sys.executable, "-m", "tests.crash.power"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, env=without_settings(), stdin=pipe, stdout=pipe, text=True) as process:
        yield process


@pytest.fixture
def bench(board: Path, power: "subprocess.Popen[str]") -> Iterator[Bench]:  # noqa: F811 - the fixture
    with Sandbox(job_seconds=0.02) as box:
        yield Bench(board, box, power)


class Cut:
    """A disk after a cut, as a ledger reads it."""

    def __init__(self, image: Image) -> None:
        self.image = {name.partition("/")[2]: data for name, data in image.items()}

    def names(self, folder: str) -> list[str]:
        return sorted(n for n in self.image if n.startswith(f"{folder}/") and not n.endswith(".tmp"))

    def read_many(self, names: Iterable[str]) -> dict[str, bytes]:
        return {name: self.image[name] for name in names}


@dataclass
class Witness:
    """What the world has seen so far, and what a disk must hold because of it."""

    ordered: Counter[tuple[str, str]] = field(default_factory=Counter)
    polled: set[str] = field(default_factory=set)
    over: bool = False

    def see(self, step: Step) -> None:
        self.over = step.act == "ended" or (self.over and step.act != "started")
        if step.act == "ordered":
            self.ordered[step.path, step.to] += 1
        if step.act == "polled":
            self.polled.add(step.path)

    def judge(self, image: Image) -> None:
        """Every order has its intent, every job that was asked after its receipt, every told clip its bytes."""
        cut = Cut(image)
        ledger = Ledger(cut, "judge").load()  # type: ignore[arg-type]  # all of a store that it asks
        records = [entry.record for page in ledger.pages.values() for entry in page.entries.values()]
        known = Counter((record["provider"], record["parts"]["prompt"]) for record in records)
        assert self.ordered <= known, "an order without its intent"
        receipts = {job_of(record).request.url for record in records if "job" in record}
        assert self.polled <= receipts, "a job that was asked after without its receipt"
        if self.over:
            clips = [a.clip for page in ledger.pages.values() for a in page.attempts()[-1:]]
            assert len(clips) == 3
            assert all(clip and sha256(cut.image[clip.path]).hexdigest() == clip.sha256 for clip in clips)


def judged(steps: Iterable[Step], root: Path) -> int:
    """Hold every disk that a cut after any of the steps may leave against what the world has seen by then; how many
    different ones there were."""
    disk, witness, known = Disk(str(root)), Witness(), set()
    for step in steps:
        disk.take(step)
        witness.see(step)
        seen = (sum(witness.ordered.values()), len(witness.polled), witness.over)
        for image in disk.images():
            told = frozenset((n, d) for n, d in image.items() if "/ledger/" in n or witness.over)
            if (told, seen) not in known:
                known.add((told, seen))
                witness.judge(image)
    return len(known)


def test_power_cut(bench: Bench) -> None:
    """After each step of a render, a killed one that is taken up, and a rerender, every disk that a power cut may leave
    has an intent for every order, a receipt for every job that was asked after, and every clip that was told."""
    root = bench.board.parent / "disk"
    root.mkdir()
    target = root / "target"
    assert bench.run(target, at=120) == -9
    assert bench.run(target) == 0
    assert bench.run(target, rerender="two") == 0
    check(bench.box, Store(str(target)), {}, bench.board.with_name("probe.mp4"), rerendered=1)
    assert judged(bench.steps(), root) > 50


@pytest.mark.parametrize(
    "ending",
    ["-accepted.json", "-settled.json", *(pytest.param(e, marks=pytest.mark.slow) for e in ("-intent.json", ".mp4"))],
)
def test_taking_up_a_name_that_nobody_synced(ending: str, bench: Bench) -> None:
    """A run that was killed right after it gave a name had no time to make it last: the next one does, before it builds
    on it."""
    root = bench.board.parent / "disk"
    root.mkdir()
    assert [bench.run(root / "target", at=at) for at in (ending, 0)] == [-9, 0]
    judged(bench.steps(), root)


def bought_again(at: int, bench: Bench, folder: Path) -> int:
    """Cut the power at a step, go on with the worst that the disk may hold: the code of the run that was cut."""
    root = folder / f"disk-{at}"
    root.mkdir(parents=True)
    code = bench.run(root / "target", at=at)
    disk = Disk(str(root))
    for step in bench.steps():
        disk.take(step)
    images = list(disk.images())
    again = folder / f"again-{at}"
    rebuilt(images[at % len(images)], again)
    assert bench.run(again / "target") == 0
    check(bench.box, Store(str(again / "target")), {}, folder / "probe.mp4")
    assert not list((again / "target").rglob("*.tmp"))
    return code


@pytest.mark.parametrize("at", [90, pytest.param(150, marks=pytest.mark.slow)])
def test_going_on_after_a_power_cut(at: int, bench: Bench, tmp_path: Path) -> None:
    """The run after a power cut collects what was bought, buys nothing twice, and its sums hold."""
    assert bought_again(at, bench, tmp_path) == -9


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_going_on_after_any_power_cut(
    board: Path,  # noqa: F811 - the fixture
    power: "subprocess.Popen[str]",
    tmp_path: Path,
) -> None:
    """So it is wherever the power is cut, up to a run that had ended."""
    at, code = 1, -9
    while code:
        with Sandbox(job_seconds=0.02) as box:
            code = bought_again(at, Bench(board, box, power), tmp_path)
        assert code in (-9, 0)
        at += SPREAD
