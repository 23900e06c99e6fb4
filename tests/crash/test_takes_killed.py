"""Several takes a shot, one of the orders unclear and one refused by policy: killed at any step and started again,
a run loses nothing and buys nothing twice."""

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tasks.manifest.files import load_attempts
from tasks.media import probe as video
from tasks.storage.store import Store
from tests.crash.test_crash import CONFIG, ROOT, run
from tests.sandbox.server import Sandbox

STRIDE = int(os.environ.get("STORYREEL_CRASH_STRIDE", "131"))
EVERY = max(1, STRIDE // 4)  # of runs without Prefect, which are quicker
TAKES = 3
BOARD = f"""shot_id,prompt,duration,takes,seed
one,a red kite over the dunes,4,{TAKES},7
two,the same dunes at night,4,{TAKES},
three,a lantern in the sand,8,{TAKES},
"""
FAULTS: list[dict[str, Any]] = [
    {"do": "lost_after", "prompt": "night", "times": 1},
    {"kind": "moderated", "prompt": "lantern", "times": 1},
]


def doubtful(store: Store, shot_id: str) -> int:
    """How many orders of a shot may have been accepted at each of its two gateways: so many takes it may lack."""
    told = load_attempts(store.read("attempts.parquet"))
    at = Counter(one["provider"] for one in told if (one["shot_id"], one["outcome"]) == (shot_id, "unclear"))
    return min(at["aigateway"], at["pixazo"])


def check(box: Sandbox, store: Store, scratch: Path) -> None:
    """What must hold after a kill and a second run: at no gateway more orders than takes, each clip that was paid for
    at the target or at risk, sums to the cent."""
    shots = {one["shot_id"]: one for one in json.loads(store.read("manifest.json"))["shots"]}
    bill = box.bill()
    accepted = Counter((gateway, job["prompt"]) for gateway, facts in bill.items() for job in facts["jobs"])
    assert max(accepted.values()) <= TAKES, f"a gateway accepted more orders than takes are asked for: {accepted}"
    ids = {job["id"] for facts in bill.values() for job in facts["jobs"]}
    records = [json.loads(store.read(name)) for name in store.names("ledger") if name.endswith("settled.json")]
    clips = [one["clip"] for one in records if one["clip"]]
    assert len({one["path"] for one in clips}) == len(clips)
    for clip in clips:
        store.get(clip["path"], scratch)
        assert video.probe(scratch).width == clip["width"] and scratch.stat().st_size == clip["bytes"]
    lost = len(ids) - len(clips)
    unclear = sum(one["outcome"] == "unclear" for one in records)
    open_orders = [name for name in store.names("ledger") if name.endswith("intent.json")]
    assert lost <= unclear + len(open_orders) - len(records), "a job was accepted, and neither came nor is at risk"
    for name in ("one", "two"):
        missing = TAKES - shots[name]["takes"]
        assert shots[name]["status"] in ("rendered", "reused") and missing <= doubtful(store, name), shots[name]
    totals = json.loads(store.read("costs.json"))["totals"]
    booked = Decimal(totals["charged_usd"]) + Decimal(totals["at_risk_usd"])
    assert booked >= box.billed() >= Decimal(totals["charged_usd"])
    uses = ("in_use_usd", "alternates_usd", "wasted_usd")
    assert sum(Decimal(totals[use]) for use in uses) == Decimal(totals["charged_usd"])
    assert sum(Decimal(one["charged_usd"]) for one in shots.values()) == Decimal(totals["charged_usd"])
    assert store.names("lock") == []


class Nursery:
    """Runs in children of one process that has loaded everything."""

    def __init__(self, folder: Path, env: dict[str, str]) -> None:
        self.folder = folder
        self.env = {**os.environ, **env}

    def __enter__(self) -> "Nursery":
        words = [sys.executable, "-m", "tests.crash.nursery"]
        self.process = subprocess.Popen(
            words, cwd=ROOT, env=self.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        return self

    def run(self, at: int, board: Path, target: str, config: Path, env: dict[str, str]) -> tuple[int, int]:
        """One run, killed at its step ``at`` (0: never): its exit code, and how many steps it took."""
        assert self.process.stdin and self.process.stdout
        asked = {"at": at, "count": str(self.folder / "count"), "board": str(board), "target": target}
        self.process.stdin.write(json.dumps({**asked, "config": str(config), "env": env}) + "\n")
        self.process.stdin.flush()
        told = json.loads(self.process.stdout.readline())
        return told["code"], told["steps"]

    def __exit__(self, *_: object) -> None:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.close()
        self.process.wait(20)
        self.process.stdout.close()


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_takes_killed_at_every_step_without_prefect(tmp_path: Path, environment: dict[str, str]) -> None:
    """As below, by runs without Prefect, which are quick enough for each step."""
    (tmp_path / "board.csv").write_text(BOARD)
    config = tmp_path / "crash.toml"
    config.write_text(CONFIG.replace("{options}", "{}"))
    steps, n, board = 10**6, 1, tmp_path / "board.csv"
    with Nursery(tmp_path, environment) as nursery, Sandbox(FAULTS, job_seconds=0.0) as box:
        while n <= steps:
            box.faults(FAULTS)
            box.reset()
            target = str(tmp_path / f"target-{n}")
            code, taken = nursery.run(n, board, target, config, box.env())
            if code != -9:
                steps = taken
            else:
                code, _ = nursery.run(0, board, target, config, box.env())
            assert code in (0, 1), (n, code)
            check(box, Store(target), tmp_path / "probe.mp4")
            orders = sum(len(facts["jobs"]) for facts in box.bill().values())
            nursery.run(0, board, target, config, box.env())
            assert sum(len(facts["jobs"]) for facts in box.bill().values()) == orders, n
            shutil.rmtree(target)
            n += EVERY


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_takes_killed_at_any_step(tmp_path: Path, environment: dict[str, str]) -> None:
    """For each n: kill the run at its n-th step, run it again, and everything holds; a third run orders nothing."""
    (tmp_path / "board.csv").write_text(BOARD)
    config = tmp_path / "crash.toml"
    config.write_text(CONFIG.replace("{options}", "{}"))
    steps, n, board = 10**6, 1, tmp_path / "board.csv"
    while n <= steps:
        with Sandbox(FAULTS, job_seconds=0.02) as box:
            env = {**environment, **box.env()}
            target = str(tmp_path / f"target-{n}")
            code, steps, said = run(n, board, target, config, env)
            if code == -9:
                steps = 10**6
                code, _, said = run(0, board, target, config, env)
            assert code in (0, 1), said  # what policy refused stays so, unless the kill was in between
            check(box, Store(target), tmp_path / "probe.mp4")
            orders = sum(len(facts["jobs"]) for facts in box.bill().values())
            run(0, board, target, config, env)
            assert sum(len(facts["jobs"]) for facts in box.bill().values()) == orders
        n += STRIDE
