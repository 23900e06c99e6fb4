"""Several takes a shot, one of the orders unclear and one refused by policy: killed at any step and started again,
a run loses nothing and buys nothing twice."""

import json
import os
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tasks.manifest.files import load_attempts
from tasks.media import probe as video
from tasks.storage.store import Store
from tests.crash.kills import Nursery
from tests.crash.test_crash import CONFIG, run
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


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_takes_killed_at_every_step_without_prefect(tmp_path: Path, environment: dict[str, str]) -> None:
    """As below, by runs without Prefect, which are quick enough for each step."""
    (tmp_path / "board.csv").write_text(BOARD)
    (tmp_path / "crash.toml").write_text(CONFIG.replace("{options}", "{}"))
    with Nursery(tmp_path, environment) as nursery, Sandbox(FAULTS, job_seconds=0.0) as box:
        for kill in nursery.kills(box, EVERY, FAULTS):
            assert kill.code in (0, 1), kill  # what policy refused stays so, unless the kill was in between
            check(box, Store(str(kill.target)), tmp_path / "probe.mp4")


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
