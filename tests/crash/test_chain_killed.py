"""Three shots, each going on where the one before ends: killed at any step and started again, none is bought twice, and
each starts from the last picture of the clip that is in use before it."""

import colorsys
import functools
import hashlib
import json
import os
from collections import Counter
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from tasks.domain.shot import Size
from tasks.manifest.files import load_attempts
from tasks.media.last_picture import last_picture
from tasks.storage.store import Store
from tests.crash.kills import Nursery
from tests.crash.test_crash import CONFIG
from tests.sandbox import downloads
from tests.sandbox.protocol import Pixels
from tests.sandbox.server import Sandbox
from tests.tasks.clips import write

EVERY = max(1, int(os.environ.get("STORYREEL_CRASH_STRIDE", "131")) // 8)
ROWS = (("last", "middle"), ("middle", "first"), ("first", ""))  # a row may stand before the one that it continues
BOARD = "shot_id,prompt,duration,continues\n" + "".join(f"{name},the {name} one,4,{source}\n" for name, source in ROWS)


def clip(size: Pixels, seconds: int, mark: str, *_: object) -> bytes:
    """A delivered clip that ends on a picture which no other job's clip has."""
    hue = int.from_bytes(hashlib.sha256(mark.encode()).digest()[:2], "big") / 65536
    red, green, blue = (round(255 * part) for part in colorsys.hsv_to_rgb(hue, 1, 1))
    return _drawn(size, seconds, (red, green, blue))


@functools.lru_cache(maxsize=8)
def _drawn(size: Pixels, seconds: int, colour: tuple[int, int, int]) -> bytes:
    with TemporaryDirectory() as folder:
        grey = ((112, 112, 112),) * (2 * seconds - 1)
        return write(Path(folder) / "clip.mp4", colours=(*grey, colour), size=Size(*size), rate=2).read_bytes()


def check(box: Sandbox, target: Path) -> dict[str, int]:
    """What must hold after a kill and a second run: three clips, each of one start; how many orders are in doubt, and
    how many gateways were paid twice for a shot because of that."""
    store = Store(str(target))
    rows = {one["shot_id"]: one for one in json.loads(store.read("manifest.json"))["shots"]}
    assert {row["status"] for row in rows.values()} <= {"rendered", "reused"}, rows
    accepted = Counter((gateway, job["prompt"]) for gateway, facts in box.bill().items() for job in facts["jobs"])
    assert set(accepted.values()) == {1}, f"a gateway accepted one prompt twice: {accepted}"
    attempts = load_attempts(store.read("attempts.parquet"))
    doubt = [one for one in attempts if one["outcome"] == "unclear"]
    assert len(accepted) <= 3 + len(doubt), "a shot was paid for twice, and none of its orders is in doubt"
    for name, source in ROWS:
        if source:
            _check_start(target, rows[name], rows[source])
    totals = json.loads(store.read("costs.json"))["totals"]
    charged, risk = Decimal(totals["charged_usd"]), Decimal(totals["at_risk_usd"])
    assert charged <= box.billed() <= charged + risk
    assert store.names("lock") == []
    return {"unclear": len(doubt), "twice": len(accepted) - 3}


def _check_start(target: Path, row: dict[str, Any], source: dict[str, Any]) -> None:
    """Every record of the shot's orders names the clip before it, and the picture on which that one ends."""
    picture = last_picture(target / source["clip"])
    wanted = {"key": source["key"], "take": source["take"], "clip": source["sha256"], "picture": picture.digest}
    records = [json.loads(path.read_bytes()) for path in (target / "ledger" / row["key"]).glob("*-intent.json")]
    assert records and all(one["started_from"] == wanted for one in records), (records, wanted)
    assert Path(row["frame"]).name.startswith(hashlib.sha256(picture.png).hexdigest()[:12])
    assert row["stale"] == ""


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_a_chain_killed_at_every_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For each n: kill the run at its n-th step, run it again, and everything holds; a third run orders nothing."""
    monkeypatch.setattr(downloads, "clip", clip)
    (tmp_path / "board.csv").write_text(BOARD)
    (tmp_path / "crash.toml").write_text(CONFIG.replace("{options}", "{}"))
    own, told = {"XDG_STATE_HOME": str(tmp_path / "state")}, Counter[str]()
    with Nursery(tmp_path, own) as nursery, Sandbox(job_seconds=0.0) as box:
        for kill in nursery.kills(box, EVERY):
            assert kill.code == 0, kill
            told += Counter(check(box, kill.target), killed=1)
    print(dict(told))
