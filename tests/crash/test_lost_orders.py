"""Killed at each step between intent and settled, at gateways that know an order by our id: one bill, and it is booked.

The default run takes every third step, each case others; ``make crash`` takes all of them.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest

from tests import adapters
from tests.chain.conftest import Outcome, Studio, check_sums, rendered
from tests.conftest import without_settings
from tests.crash.test_crash import ROOT
from tests.sandbox.server import Sandbox

STRIDE = int(os.environ.get("STORYREEL_CRASH_STRIDE", "3"))
PRICE = Decimal("1.50")
ROUTES = ("pixazo", "aivideoapi")
CASES = [("repeatable", "lost_after"), ("repeatable", "lost_before"), ("both", "lost_after")]
CASES += [("listing", "lost_after"), ("listing", "lost_before")]
AT_THE_TARGET = ("after create accepted", "after write accepted")


@dataclass
class Bench:
    """One shot, two routes, a sandbox, and runs that die on demand."""

    folder: Path
    box: Sandbox
    kind: str

    def __post_init__(self) -> None:
        self.studio = Studio(self.box, self.folder)
        self.board, self.config = self.studio.board("a red kite"), self.studio.config(*ROUTES)

    def weather(self, do: str = "", remembers: float = 600) -> None:
        """The first order meets this; the gateway remembers ids so long, in seconds."""
        faults = [{"do": do, "gateway": "pixazo", "times": 1}] if do else []
        told = {"remembers_s": remembers, "lists": self.kind != "repeatable"}
        self.box.faults(faults, gateways={"pixazo": told})

    def killed(self, at: int) -> list[str]:
        """The names of the steps that a run took which was killed at one of them; 0 kills nothing."""
        log = self.folder / "steps"
        log.unlink(missing_ok=True)
        paths = map(str, (log, self.kind, self.board, self.studio.target, self.config))
        done = subprocess.run(
            [sys.executable, "-m", "tests.crash.order", str(at), *paths],
            cwd=ROOT, env={**without_settings(), **self.studio.env()}, capture_output=True, text=True, timeout=100,
        )  # fmt: skip
        assert "Traceback" not in done.stderr and done.returncode in (0, -9), done.stderr[-3000:]
        return log.read_text().splitlines() if log.exists() else []

    async def again(self) -> Outcome:
        """A whole run in this process."""
        return await rendered(self.board, self.studio.target, self.studio.env(), config=self.config)

    @property
    def jobs(self) -> int:
        """Orders that the gateway took."""
        return self.box.bill()["pixazo"]["accepted"]


@pytest.fixture(scope="module")
def crash_box() -> Iterator[Sandbox]:
    with Sandbox(job_seconds=0.0) as box:
        yield box


@pytest.fixture
def bench(request: pytest.FixtureRequest, crash_box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setitem(sys.modules, *adapters.stand_in(request.param))
    return Bench(tmp_path, crash_box, request.param)


def judge(bench: Bench, steps: list[str], outcome: Outcome) -> None:
    """The gateway's bill against the ledger, by what was done before the kill."""
    check_sums(outcome)
    assert bench.jobs <= 1, "one order was billed twice"
    billed = bench.box.billed("pixazo")
    made = [one for one in outcome.attempts if one["provider"] == "pixazo"]
    charged, risk = (sum((one[name] for one in made), Decimal(0)) for name in ("charged_usd", "at_risk_usd"))
    assert charged <= billed <= charged + risk
    if bench.kind != "repeatable" and bench.jobs:
        assert (charged, risk) == (PRICE, 0), "the gateway lists the job: it is found, and nothing is at risk"
        assert bench.box.billed("aivideoapi") == 0, "another gateway was paid before the order was looked for"
    if set(steps) & set(AT_THE_TARGET):
        assert (charged, risk) == (billed, 0)
    assert outcome.row["status"] in ("rendered", "reused")
    assert len(made) == 1


async def settles(bench: Bench, steps: list[str]) -> None:
    """The runs after the kill: the gateway may have forgotten the id, and nothing is ordered a second time."""
    bench.weather(remembers=0 if bench.kind == "repeatable" else 600)
    outcome = await bench.again()
    judge(bench, steps, outcome)
    third = await bench.again()
    assert third.orders() == [] and third.attempts == outcome.attempts


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(("bench", "weather"), CASES, indirect=["bench"])
async def test_killed_between_intent_and_settled(bench: Bench, weather: str, tmp_path: Path) -> None:
    """Whatever the step: one bill at most, never ordered twice, found where the gateway lists, else at risk."""
    bench.box.reset()
    bench.weather(weather)
    steps = bench.killed(0)
    last = steps.index("after write settled") + 1
    assert steps[0] == "before create intent"
    for at in range(1 + CASES.index((bench.kind, weather)) % STRIDE, last + 1, STRIDE):
        one = Bench(_fresh(tmp_path, at), bench.box, bench.kind)
        one.box.reset()
        one.weather(weather)
        assert one.killed(at) == steps[:at], "the run took other steps this time"
        await settles(one, steps[: at - 1])


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("bench", ["listing"], indirect=True)
async def test_the_run_that_finds_an_order_is_killed_as_well(bench: Bench, tmp_path: Path) -> None:
    """From its question to the settled record: the order that the first run lost is still one bill."""
    at, over = 1, False
    while not over:
        one = Bench(_fresh(tmp_path, at), bench.box, bench.kind)
        one.box.reset()
        one.weather("lost_after")
        assert one.killed(4)[-1] == "after order"
        one.weather()
        over = len(one.killed(at)) < at
        assert one.jobs == 1
        await settles(one, [])
        at += STRIDE
    assert at > 12, "question, receipt, poll, download, clip and end have two sides each"


def _fresh(folder: Path, at: int) -> Path:
    made = folder / f"kill-{at}"
    made.mkdir()
    return made
