"""Whole targets as a run leaves them: clips of many makes, ledger and tables, and what they should come to."""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from tasks.domain.identity import clip_stem, fingerprint_of, key_of, parts_of
from tasks.domain.model import Model, Route
from tasks.domain.order import Order
from tasks.domain.result import Clip, Settlement, ShotResult, Status
from tasks.domain.shot import Size
from tasks.domain.takes import Shelf
from tasks.ledger import Ledger, LedgerKey
from tasks.manifest import TableHead, build_tables
from tasks.media.probe import probe
from tasks.storage import Store
from tests.tasks.clips import filmed
from tests.tasks.purchases import shot

FILM, NTSC, FAST = (Fraction(n * 1000, 1001) for n in (24, 30, 60))
WIDE, TALL, SQUARE = Size(160, 90), Size(90, 160), Size(120, 120)


@dataclass(frozen=True, slots=True)
class Made:
    """A shot: the seconds that its row asks, the rate and the frames of its clip (0 without one) and what is in it."""

    shot_id: str
    rate: Fraction
    asked: str
    frames: int
    layout: str = ""
    size: Size = WIDE
    timecode: str = ""
    status: Status = "rendered"

    def frames_at(self, rate: Fraction) -> int:
        """How long it is in a cut of this rate, where its clip has no timecode."""
        asked = round(Fraction(self.asked) * rate)
        return min(asked, math.floor(self.frames / self.rate * rate)) if self.frames else asked


MIXED = (
    Made("sh 010", FILM, "1", 48, "stereo"),
    Made("Küche", Fraction(24), "1", 24, "mono"),
    Made("镜头 三", Fraction(25), "1", 25, "stereo", TALL),
    Made("a#b", NTSC, "0.5", 40),
    Made("50%", Fraction(30), "1.5", 30, "5.1"),
    Made("x & <y>", Fraction(60), "0.7", 60, "stereo", SQUARE),
    Made("it's", FILM, "1.25", 30, "mono"),
    Made('say "so"', FILM, "0.9", 30),
    Made("r/8", FILM, "0.8", 96, "stereo"),
    Made("timed", FILM, "0.5", 24, "stereo", timecode="01:00:00:00"),
    Made("late", FILM, "1", 24, "5.1", TALL),
    Made("failed", FILM, "0.75", 0, status="failed"),
    Made("refused", FILM, "1", 0, status="refused"),
    Made("drawn", FILM, "1", 24, status="stand_in"),
)
DROP = tuple(Made(f"sh{n:03}", NTSC, "1.3", 30 + 12 * n, ("", "mono", "stereo")[n % 3]) for n in range(4))
DROP_FAST = tuple(
    Made(f"sh{n:03}", FAST, "0.6", 30 + 5 * n, ("mono", "")[n % 2], timecode="00:01:00;04" if n == 2 else "")
    for n in range(4)
)
BOARDS = {"six rates": (MIXED, FILM), "29.97": (DROP, NTSC), "59.94": (DROP_FAST, FAST)}


def make_target(folder: Path, shots: Sequence[Made]) -> Store:
    """A target at which a run has ended: clips, ledger and tables."""
    store = Store(str(folder))
    (folder / "clips").mkdir(parents=True)
    ledger = Ledger(store, "run-1").load()
    results = [_result(ledger, folder, one, number) for number, one in enumerate(shots)]
    shelf = Shelf()
    for one in results:
        if one.clip:
            shelf.add(one.clip)
    head = TableHead("run-1", "film.csv", store.url)
    for name, data in build_tables(results, list(ledger.history()), shelf, head).items():
        store.write(name, data)
    return store


def grey_of(number: int) -> int:
    """The grey of the clip of the shot at this place."""
    return 30 + 14 * number


def _result(ledger: Ledger, folder: Path, made: Made, number: int) -> ShotResult:
    asked = shot(made.shot_id, prompt=f"shot {number}", seconds=Decimal(made.asked), scene="AB"[number > 6])
    parts = parts_of(asked)
    fingerprint = fingerprint_of(parts)
    key = LedgerKey(key_of(fingerprint, 1), fingerprint, parts)
    if not made.frames:
        return ShotResult(asked, fingerprint, key.key, made.status, error="no credit")
    path = f"clips/{clip_stem(made.shot_id, key.key, 1)}.{'mov' if made.timecode else 'mp4'}"
    clip = _clip(folder, path, made, grey_of(number))
    model = Model("pixazo", "sora-2-pro", ("text_to_video",), "its page", "2026-11-20")
    order = Order(asked, Route(model), asked.seconds, made.size, asked.prompt)
    bought = ledger.settled(ledger.intent(key, order, Decimal("0.10")), Settlement("clip", clip=clip))
    return ShotResult(asked, fingerprint, key.key, made.status, (bought,), clip, bought)


def _clip(folder: Path, path: str, made: Made, grey: int) -> Clip:
    facts = {"rate": made.rate, "frames": made.frames, "size": made.size, "layout": made.layout}
    file = filmed(folder / path, timecode=made.timecode, grey=grey, **facts)  # type: ignore[arg-type]  # one of each
    found, data = probe(file), file.read_bytes()
    sizes = (found.width, found.height, round(found.fps, 3), round(found.seconds, 3))
    heard = (found.audio, "mp4", found.channels, found.sound_rate, found.timecode)
    return Clip(path, hashlib.sha256(data).hexdigest(), len(data), *sizes, "", *heard)
