"""A season as Prefect's users run it: the deployment, parts on two workers, one of them killed in the middle."""

import contextlib
import os
import signal
import subprocess
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import pytest

from tasks.storage.store import Store
from tests import deployed
from tests.chain.conftest import read_back
from tests.deployed import Api, paid_config
from tests.flows import write_board
from tests.sandbox import Sandbox

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
SHOTS = 200
PRICE = Decimal("1.50")


def family(pid: int) -> list[int]:
    """A process and all that it started, as /proc tells."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it ended while we looked
        children.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    found = [pid]
    for one in found:
        found += children.get(one, [])
    return found


def receipts(target: Path) -> int:
    return len(list(target.glob("ledger/*/*-accepted.json")))


def test_a_season_outlives_a_killed_worker(
    api: Api, environment: Mapping[str, str], worker: "subprocess.Popen[bytes]", tmp_path: Path
) -> None:
    """200 shots in parts over two workers, one killed with jobs in the air: the season ends whole, each shot is bought
    once, and the parts leave one manifest and one costs.json of one run."""
    rows = [{"scene": f"s{n // 20}", "prompt": f"wave {n}", "duration": 4, "size": "1280x720"} for n in range(SHOTS)]
    board, target = write_board(tmp_path / "board.csv", rows), tmp_path / "film"
    with Sandbox(job_seconds=8.0) as box, contextlib.ExitStack() as stack:
        config = paid_config(tmp_path / "paid.toml", box)
        asked = {"board": str(board), "to": str(target), "config": str(config), "budget_usd": 320.0}
        before = family(worker.pid)
        run = api.trigger("render-season", **asked, shots_a_part=40, parts_in_flight=4)
        try:
            api.wait(lambda: set(family(worker.pid)).difference(before), bool)
            worker.send_signal(signal.SIGSTOP)  # the season itself is its; the first two parts are the second's
            second = stack.enter_context(deployed.worker(environment, tmp_path / "second.log", "--limit", "2"))
            api.wait(lambda: family(second.pid), lambda found: len(found) > 2)
        finally:
            worker.send_signal(signal.SIGCONT)
        api.wait(lambda: receipts(target), lambda count: count >= 60, 300)
        lost = family(second.pid)
        assert len(lost) > 2, "the second worker has no part to lose"
        for pid in lost:
            os.kill(pid, signal.SIGKILL)
        state = api.until(run, "Completed", "Incomplete", "Failed", "Crashed", patience=600)
        found, attempts, costs = read_back(target)
        bill = box.bill()["pixazo"]
    charged, risk = (Decimal(costs["totals"][name]) for name in ("charged_usd", "at_risk_usd"))
    unclear = sum(attempt["outcome"] == "unclear" for attempt in attempts)
    assert len({attempt["run_id"] for attempt in attempts}) == 1
    assert max(Counter(attempt["shot_id"] for attempt in attempts).values()) == 1
    assert (len(found), len(attempts), bill["accepted"]) == (SHOTS, SHOTS, SHOTS)
    assert Counter(row["status"] for row in found.values()) == Counter(rendered=SHOTS - unclear, failed=unclear)
    assert charged <= box.billed("pixazo") <= charged + risk
    assert risk == unclear * PRICE
    assert state["message"] == f"{SHOTS - unclear} of {SHOTS} clips, {charged} USD, {risk:.2f} at risk"
    assert Store(str(target)).names("lock") == []
    assert (target / "report.html").exists()
    print(f"{SHOTS} shots over two workers, {len(lost) - 1} processes lost with the second; {unclear} orders unclear")
