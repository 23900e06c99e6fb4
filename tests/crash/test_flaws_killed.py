"""A clip that comes black and is ordered again: killed at any step and started again, a run buys one more, and once."""

import json
import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tasks.storage.store import Store
from tests.crash.kills import Nursery
from tests.crash.test_crash import CONFIG
from tests.sandbox.server import Sandbox

EVERY = max(1, int(os.environ.get("STORYREEL_CRASH_STRIDE", "131")) // 12)
BOARD = """shot_id,prompt,duration
one,a red kite over the dunes,4
two,a lantern in the sand,4
"""
FAULTS: list[dict[str, Any]] = [
    {"do": "black", "prompt": "kite", "times": 1},
    {"do": "frozen", "prompt": "lantern"},
]


def check(box: Sandbox, store: Store) -> None:
    """At most one more order a shot, beside those whose receipt the kill has lost: another gateway is paid for these.
    Each clip that was paid for is there or at risk; good where a good one came; sums to the cent."""
    jobs = [job for facts in box.bill().values() for job in facts["jobs"]]
    names = store.names("ledger")
    lost = [one for one in names if one.endswith("intent.json") and one.replace("intent", "accepted") not in names]
    unclear = [json.loads(store.read(one))["parts"]["prompt"] for one in lost]
    for name in ("kite", "lantern"):
        assert sum(name in job["prompt"] for job in jobs) <= 2 + sum(name in prompt for prompt in unclear), jobs
    shots = {one["shot_id"]: one for one in json.loads(store.read("manifest.json"))["shots"]}
    assert [shots[name]["status"] in ("rendered", "reused") for name in ("one", "two")] == [True, True]
    records = [json.loads(store.read(name)) for name in store.names("ledger") if name.endswith("settled.json")]
    ends = {name: [one for one in records if one["shot_id"] == name and one["clip"]] for name in ("one", "two")}
    assert all(len({one["clip"]["path"] for one in found}) == len(found) for found in ends.values())
    assert shots["one"]["qa"] == ("" if any(not one["qa"] for one in ends["one"]) else "black")
    assert shots["two"]["qa"] == "frozen"
    totals = json.loads(store.read("costs.json"))["totals"]
    charged, risk = Decimal(totals["charged_usd"]), Decimal(totals["at_risk_usd"])
    assert charged <= box.billed() <= charged + risk
    assert sum(Decimal(totals[use]) for use in ("in_use_usd", "alternates_usd", "wasted_usd")) == charged
    assert sum(Decimal(one["charged_usd"]) for one in shots.values()) == charged
    assert store.names("lock") == []


@pytest.mark.slow
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("on_bad", ["again", "next"])
def test_killed_at_every_step(on_bad: str, tmp_path: Path, environment: dict[str, str]) -> None:
    """For each n: kill the run at its n-th step, run it again, and everything holds; a third run orders nothing."""
    (tmp_path / "board.csv").write_text(BOARD)
    quality = f'[quality]\non_bad = "{on_bad}"\n'
    (tmp_path / "crash.toml").write_text(CONFIG.replace("{options}", "{}") + quality)
    with Nursery(tmp_path, environment) as nursery, Sandbox(FAULTS, job_seconds=0.0) as box:
        for kill in nursery.kills(box, EVERY, FAULTS):
            assert kill.code == 0, kill
            check(box, Store(str(kill.target)))
