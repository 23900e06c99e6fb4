"""Targets with a shot of every status, and what the report is made from: rows, attempts and costs as they are read."""

import json
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import av
from PIL import Image

from tasks.domain.result import Attempt, Clip, ShotResult
from tasks.domain.shot import Size
from tasks.manifest import files as manifest
from tasks.views.report.page import Heading, render_page
from tests.tasks.clips import SMALL, write
from tests.tasks.purchases import attempt, result, shelf_of, shot

WORDS = {"board": "boards/harbour_night.csv", "run_id": "run-1", "made_at": "2026-11-21T08:04:12Z"}
COLOURS = ((30, 60, 120), (120, 40, 40), (40, 110, 70), (110, 90, 30), (70, 50, 110))
STATUS_OF = {
    "sh010": "rendered",
    "sh020": "reused",
    "sh030": "stand_in",
    "sh040": "rendered",
    "sh050": "refused",
    "sh060": "failed",
    "sh070": "skipped",
    "sh080": "skipped",
}
PLAYED = ("sh010", "sh020", "sh030", "sh040")


class Told(NamedTuple):
    """The report's material, read back from the tables of a target."""

    rows: list[dict[str, Any]]
    attempts: list[dict[str, Any]]
    costs: dict[str, Any]

    def page(self, **words: Any) -> bytes:
        return render_page(self.rows, self.attempts, self.costs, Heading(**{**WORDS, **words}))


def told(results: Sequence[ShotResult], history: Sequence[Attempt], extras: Sequence[str] = ()) -> Told:
    head = manifest.TableHead("run-1", WORDS["board"], "out", tuple(extras), Decimal("9.00"))
    made = manifest.build_tables(results, history, shelf_of(history), head)
    attempts = manifest.load_attempts(made["attempts.parquet"])
    return Told(manifest.load_manifest(made["manifest.json"]), attempts, json.loads(made["costs.json"]))


def clip_of(name: str, size: Size = SMALL) -> Clip:
    path, poster = f"clips/{name}.mp4", f"posters/{name}.jpg"
    return Clip(path, "ab" * 32, 1000, size.width, size.height, 24.0, 1.0, poster)


def _tries(name: str, clip: Clip | None) -> list[Attempt]:
    key, facts = f"{name}-1", {"shot_id": name, "fingerprint": name * 8, "clip": clip}
    free, paid = {"basis": "free"}, {"basis": "reported", "charged": Decimal("1.20")}
    busy = {"outcome": "busy", "error_class": "Busy", "error": "429: too many requests"}
    failed = {"outcome": "failed", "error_class": "Failed", "error": "the model broke", "job_id": "job-7", **paid}
    unclear = {"outcome": "unclear", "error_class": "Unclear", "error": "504, no answer", "at_risk": Decimal("0.80")}
    refused = {"outcome": "moderated", "error_class": "Moderated", "error": "flagged as dangerous", **free}
    locked = {"outcome": "locked", "error_class": "Locked", "error": "402: no credit left", **free}
    drawn = {"provider": "animatic", "model": "kenburns", "quoted": Decimal(0), **free}
    before = {
        "sh010": [{**busy, **free}, {**busy, **free}, {**paid, "job_id": "job-1", "seconds": Decimal(12)}],
        "sh020": [failed, {"provider": "aimlapi", "model": "openai/sora-2", "run_id": "run-0", **paid}],
        "sh030": [locked, drawn],
        "sh040": [unclear, {"provider": "aimlapi", "model": "openai/sora-2", "basis": "reported"}],
        "sh050": [refused],
        "sh060": [unclear],
    }.get(name, [])
    without = {**facts, "clip": None}
    return [
        attempt(key, n, **{**(facts if "outcome" not in one else without), **one}) for n, one in enumerate(before, 1)
    ]


def every_status(size: Size = SMALL) -> Told:
    """Eight shots in three scenes: each status, a retry, a snap, a failed route, waste, and money at risk."""
    ended = {"sh030": ("Locked", "402: no credit left"), "sh050": ("Moderated", "flagged as dangerous")}
    ended |= {"sh060": ("Unclear", "504, no answer"), "sh070": ("Budget", "0.40 USD would pass the budget of 9.00 USD")}
    results, history = [], []
    for number, (name, status) in enumerate(STATUS_OF.items()):
        clip = clip_of(name, size) if name in PLAYED else None
        tries = _tries(name, clip)
        scene = ("Quay", "Quay", "Night <watch>", "Night <watch>", "Night <watch>")[number] if number < 5 else ""
        asked = shot(
            name, scene=scene, prompt=f"Shot {number} of the harbour, the crane turns & stops", extras={"lens": "50"}
        )
        why = ended.get(name, ("", ""))
        told_of = {"attempts": tuple(tries), "clip": clip, "made_by": tries[-1] if clip else None}
        told_of |= {"error_class": why[0], "error": why[1]}
        results.append(result(status, shot=asked, fingerprint=name * 8, key=f"{name}-1", **told_of))
        history += tries
    return told(results, history, ("lens",))


def many(count: int) -> Told:
    """A board of ``count`` shots with prompts of 250 characters and two attempts each."""
    one = every_status()
    prompt = ("Wide shot of a dark headland at dusk, a storm bank rolls in and swallows the last light. " * 3)[:250]
    rows, attempts = [], []
    for number in range(count):
        row = one.rows[number % len(one.rows)]
        name = {"shot_id": f"sh{number:05}", "fingerprint": f"{number:064}"}
        rows.append({**row, **name, "scene": f"Scene {number // 40}", "prompt": prompt})
        attempts += [{**one.attempts[n % len(one.attempts)], **name, "n": n + 1} for n in range(2)]
    return Told(rows, attempts, one.costs)


def build(folder: Path, material: Told | None = None) -> Path:
    """Write the clips, posters and report of every_status below ``folder``; the path of the report."""
    for place in ("clips", "posters"):
        (folder / place).mkdir(parents=True, exist_ok=True)
    for name, colour in zip((*PLAYED, "reel"), COLOURS, strict=True):
        path = folder / ("reel.mp4" if name == "reel" else f"clips/{name}.mp4")
        write(path, colours=(colour,) * 24, movflags="faststart")
        Image.new("RGB", (160, 90), colour).save(folder / f"posters/{name}.jpg")
    path = folder / "report.html"
    path.write_bytes((material or every_status()).page(has_reel=True))
    return path


def width_of(path: Path) -> int:
    with av.open(str(path)) as container:
        return container.streams.video[0].width
