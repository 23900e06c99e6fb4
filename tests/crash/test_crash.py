"""Killed at any step and started again, a run loses nothing, buys nothing twice, and its sums hold.

The default run takes every so many steps; ``make crash`` takes each of them, on a disk, an S3 server and over SFTP.
"""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tasks.media import probe as video
from tasks.storage.store import Store
from tests.sandbox.server import Sandbox
from tests.servers import S3, serving_s3
from tests.servers_stores import sftp_server  # noqa: F401 - a fixture

ROOT = Path(__file__).parent.parent.parent
STRIDE = int(os.environ.get("STORYREEL_CRASH_STRIDE", "67"))
BOARD = """shot_id,prompt,mode,image,duration
one,a red kite over the dunes,t2v,,4
two,the same dunes at night,i2v,dunes.png,4
three,a lantern in the sand,t2v,,8
"""
CONFIG = """
[chain]
text_to_video = ["aigateway:openai/sora-2-text-to-video-pro", "pixazo:sora-2-pro"]
image_to_video = ["pixazo:sora-2-pro", "aigateway:openai/sora-2-image-to-video-pro"]
allow_retired = true
[render]
budget_usd = 60.0
[target]
options = {options}
"""


@pytest.fixture
def board(tmp_path: Path) -> Path:
    from PIL import Image

    Image.linear_gradient("L").resize((1280, 720)).convert("RGB").save(tmp_path / "dunes.png")
    (tmp_path / "board.csv").write_text(BOARD)
    return tmp_path / "board.csv"


@pytest.fixture(scope="module")
def s3() -> Iterator[S3]:
    with serving_s3() as server:
        yield server


def run(at: int, board: Path, target: str, config: Path, env: dict[str, str]) -> tuple[int, int, dict[str, Any]]:
    """Run the victim: its exit code, how many steps it took, and what it said as JSON (nothing when killed)."""
    count = board.parent / "count"
    count.write_text("0")
    words = ["render", str(board), "--to", target, "--config", str(config), "--json", "--quiet"]
    done = subprocess.run(
        [sys.executable, "-m", "tests.crash.victim", str(at), str(count), "--", *words],
        cwd=ROOT,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        timeout=110,
    )
    assert "Traceback" not in done.stderr, done.stderr[-3000:]
    told = json.loads(done.stdout) if done.stdout.strip() else {}
    return done.returncode, int(count.read_text() or 0), told  # empty: killed in the middle of counting


def check(box: Sandbox, store: Store, told: dict[str, Any], scratch: Path, *, rerendered: int = 0) -> None:
    """What must hold after a kill and a second run, whatever was killed; so many shots were asked for once more."""
    shots = json.loads(store.read("manifest.json"))["shots"]
    assert [shot["status"] in ("rendered", "reused") for shot in shots] == [True] * 3, told
    for shot in shots:
        store.get(shot["clip"], scratch)
        assert video.probe(scratch).width == shot["width"]
        assert shot["bytes"] == scratch.stat().st_size
    bill = box.bill()
    accepted = Counter((gateway, job["prompt"]) for gateway, facts in bill.items() for job in facts["jobs"])
    again = sum(n - 1 for n in accepted.values())
    assert again == rerendered, f"a gateway accepted one prompt twice: {accepted}"
    twice = {prompt for prompt, n in Counter(prompt for _, prompt in accepted).items() if n > 1}
    risky = {shot["prompt"] for shot in shots if Decimal(shot["at_risk_usd"])}
    assert twice <= risky, "two gateways accepted a prompt, and none of it shows as at risk"
    totals = json.loads(store.read("costs.json"))["totals"]
    booked = Decimal(totals["charged_usd"]) + Decimal(totals["at_risk_usd"])
    assert booked >= box.billed()
    if not risky:
        assert booked == box.billed()
    assert store.names("lock") == []


@pytest.mark.slow
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("kind", ["disk", "s3", "sftp"])
def test_killed_at_any_step(
    kind: str, board: Path, tmp_path: Path, environment: dict[str, str], request: pytest.FixtureRequest
) -> None:
    """For each n: kill the run at its n-th step, run it again, and everything holds."""
    server = None if kind == "disk" else request.getfixturevalue(kind)
    told = server.options if server else {}
    options = json.dumps(told).replace('": ', '" = ')
    config = tmp_path / "crash.toml"
    config.write_text(CONFIG.replace("{options}", options))
    steps, n = 10**6, 1
    while n <= steps:
        with Sandbox(job_seconds=0.02) as box:
            env = {**environment, **box.env()}
            target = server.folder() if server else str(tmp_path / f"target-{n}")
            code, steps, said = run(n, board, target, config, env)
            if code == -9:
                steps = 10**6
                code, _, said = run(0, board, target, config, env)
            assert code == 0, said
            check(box, Store(target, told), said, tmp_path / "probe.mp4")
        n += STRIDE
