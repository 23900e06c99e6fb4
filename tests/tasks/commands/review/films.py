"""Targets with several takes a shot, as runs would have left them: ledger, clips, posters and tables."""

import hashlib
import io
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from PIL import Image

from tasks.domain.identity import clip_stem, fingerprint_of, key_of, parts_of
from tasks.domain.model import Model, Route
from tasks.domain.order import Order
from tasks.domain.result import Attempt, Clip, Settlement, ShotResult
from tasks.ledger import Ledger, LedgerKey
from tasks.manifest import TableHead, build_tables, csv_file, load_manifest, parquet_file, takes_rows
from tasks.manifest.takes import TAKES
from tasks.storage.store import Store
from tests.tasks.clips import SMALL, write
from tests.tasks.purchases import shelf_of, shot

COLOURS = ((176, 58, 46), (40, 116, 166), (30, 132, 73), (183, 149, 11), (118, 68, 138))
QUOTE = Decimal("1.20")


@cache
def clip_bytes(colour: tuple[int, int, int], frames: int = 48) -> bytes:
    """A real clip of one colour, two seconds long."""
    with tempfile.TemporaryDirectory() as folder:
        path = write(Path(folder) / "clip.mp4", colours=(colour,) * frames, movflags="faststart")
        return path.read_bytes()


@cache
def picture(colour: tuple[int, int, int]) -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (SMALL.width, SMALL.height), colour).save(data, "JPEG")
    return data.getvalue()


@dataclass(frozen=True, slots=True)
class Film:
    """What lies at a target. ``keys`` and ``takes`` (their clips by number) by shot_id."""

    store: Store
    keys: Mapping[str, str]
    takes: Mapping[str, Mapping[int, Clip]]

    def digest(self, shot_id: str, take: int) -> str:
        return self.takes[shot_id][take].sha256


def film(store: Store, takes: Mapping[str, int], *, stand_in: str = "", tables: bool = True) -> Film:
    """A target whose shots have so many takes each, the last one in use; ``stand_in`` has a drawing instead.

    ``tables``: whether a table of takes is there, as 0.1 wrote none.
    """
    ledger = Ledger(store, "run-1").load()
    results = [_shot(store, ledger, name, count, name == stand_in) for name, count in takes.items()]
    history = list(ledger.history())
    made = build_tables(results, history, shelf_of(history), TableHead("run-1", "harbour.csv", store.url))
    if tables:
        rows = takes_rows(load_manifest(made["manifest.json"]), history, shelf_of(history))
        made |= {"takes.parquet": parquet_file.write(TAKES, rows), "takes.csv": csv_file.write(TAKES, rows)}
    for name, data in made.items():
        store.write(name, data)
    clips = {one.shot.shot_id: {a.n: a.clip for a in one.attempts if a.clip} for one in results}
    return Film(store, {one.shot.shot_id: one.key for one in results}, clips)


def _shot(store: Store, ledger: Ledger, name: str, count: int, stand_in: bool) -> ShotResult:
    asked = shot(name, prompt=f"{name}: a crane turns over the harbour", scene="Quay")
    parts = parts_of(asked, image_digest="")
    fingerprint = fingerprint_of(parts)
    key = key_of(fingerprint, 1)
    route = Route(Model("animatic" if stand_in else "pixazo", "sora", ("text_to_video",), "", "2026-11-20"))
    order = Order(asked, route, Decimal(2), SMALL, asked.prompt)
    made = list(ledger.page(key).attempts())
    made += [
        _take(store, ledger, LedgerKey(key, fingerprint, parts), order, stand_in) for _ in range(count - len(made))
    ]
    frame = f"frames/{name}.jpg"
    store.write(frame, picture((90, 90, 90)))
    status: Any = "failed" if not made else "stand_in" if stand_in else "rendered"
    last = made[-1] if made else None
    return ShotResult(
        asked, fingerprint, key, status, tuple(made), last.clip if last else None, last, frame if not stand_in else ""
    )


def _take(store: Store, ledger: Ledger, asked: LedgerKey, order: Order, stand_in: bool) -> Attempt:
    attempt = ledger.intent(asked, order, QUOTE, stand_in=stand_in)
    colour = COLOURS[(attempt.n - 1) % len(COLOURS)]
    stem, data = clip_stem(order.shot.shot_id, asked.key, attempt.n), clip_bytes(colour)
    clip = Clip(
        f"clips/{stem}.mp4",
        hashlib.sha256(data).hexdigest(),
        len(data),
        SMALL.width,
        SMALL.height,
        24.0,
        2.0,
        f"posters/{stem}.jpg",
        False,
        "mp4",
    )
    store.write(clip.path, data)
    store.write(clip.poster, picture(colour))
    return ledger.settled(attempt, Settlement("clip", QUOTE, basis="reported", clip=clip))
