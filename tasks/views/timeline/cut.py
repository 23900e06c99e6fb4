"""The cut: where each shot of a board lies, on frames of one rate, and what of its clip is seen there. Pure.

Reel and timelines are made from it, so that they agree to the frame. A shot lasts as long as its row asks, to the
nearest frame, and never longer than its clip; what more came is left as handles. A shot without a clip holds its place.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from tasks.domain.result import Clip
from tasks.views.timeline.timecode import NTSC, frame_of

DEFAULT_RATE = Fraction(24)
RATES = (*NTSC, *map(Fraction, (24, 25, 30, 50, 60)))  # frames a second that all formats know
NEAR = 3e-4  # share by which a measured rate may miss the one that is meant; 24 and 23.976 lie 1e-3 apart
MOST_WORDS = 200  # characters of a reason; the manifest has all of them
STEREO, SOUND_RATE = 2, 48_000  # what a clip's sound is where its record does not say
UNKNOWN: Mapping[str, Clip] = MappingProxyType({})

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Media:
    """What a clip's file holds: frames of its own rate from ``first`` (its timecode's), channels of sound or 0."""

    rate: Fraction
    first: int
    frames: int
    channels: int = 0
    sound_rate: int = SOUND_RATE


@dataclass(frozen=True, slots=True)
class Sound:
    """A piece of sound beside the clips' own.

    ``file`` is relative to the target. It is heard from ``start`` (seconds of the cut) for ``length``, and taken from
    second ``begin`` of a file that lasts ``whole`` seconds. Pieces of one ``track`` lie on one track, or on several
    where they overlap.
    """

    file: str
    track: str
    start: Fraction
    length: Fraction
    whole: Fraction
    begin: Fraction = Fraction(0)
    channels: int = STEREO
    rate: int = SOUND_RATE


@dataclass(frozen=True, slots=True)
class Item:
    """One shot: ``start`` and ``stop`` are frames of the cut, ``first`` is the one of its clip that is seen at
    ``start``, as the clip's timecode has it, at the cut's rate. ``scene`` only where one begins."""

    row: Row
    start: int
    stop: int
    first: int
    media: Media | None
    scene: str

    @property
    def frames(self) -> int:
        return self.stop - self.start

    @property
    def name(self) -> str:
        return plain(self.row.get("shot_id"))

    @property
    def file(self) -> str:
        """What an editing program looks for: the name of the clip's own file; the shot's where there is none."""
        return plain(PurePosixPath(str(self.row.get("clip") or "")).name) or self.name

    @property
    def url(self) -> str:
        return url_of(str(self.row.get("clip") or ""))

    @property
    def channels(self) -> int:
        """Channels of sound that its clip has; 0 without any."""
        return self.media.channels if self.media else 0

    @property
    def mark(self) -> str:
        """The colour that says what is there: a drawing in a clip's place, or nothing; empty where a clip is."""
        return "RED" if not self.url else "ORANGE" if self.row.get("status") == "stand_in" else ""

    @property
    def why(self) -> str:
        """Status, class and reason of a shot without a clip of its own."""
        status, kind, words = (plain(self.row.get(name)) for name in ("status", "error_class", "error"))
        return f"{status}{f' ({kind})' if kind else ''}{f': {words}' if words else ''}"[:MOST_WORDS]


@dataclass(frozen=True, slots=True)
class Cut:
    """The shots of a board end to end, at ``rate`` frames a second, and the sounds that lie beside them."""

    rate: Fraction
    items: tuple[Item, ...]
    sounds: tuple[Sound, ...] = ()

    @property
    def frames(self) -> int:
        """How long it is."""
        return self.items[-1].stop if self.items else 0

    @property
    def own_rate(self) -> Fraction | None:
        """The rate, if one of its clips has it; else it is only near theirs."""
        return self.rate if any(item.media and item.media.rate == self.rate for item in self.items) else None

    @property
    def size(self) -> tuple[int, int] | None:
        """Width and height that most of its clips have; None where no clip tells."""
        sizes = Counter(size for item in self.items if (size := size_of(item.row)))
        return sizes.most_common(1)[0][0] if sizes else None

    def seconds(self, frame: int) -> Fraction:
        """The second at which a frame of the cut begins, exactly."""
        return frame / self.rate

    def with_sounds(self, sounds: Sequence[Sound]) -> "Cut":
        """The same cut with these sounds beside it."""
        return replace(self, sounds=tuple(sounds))


def cut_of(rows: Sequence[Row], clips: Mapping[str, Clip] = UNKNOWN) -> Cut:
    """The cut of a manifest's rows, as Python or as JSON values.

    ``clips`` are the clips by their path, as they were probed: what their timecode and their sound are.
    """
    rate, items, before, at = rate_of(rows), list[Item](), "", 0
    for row in rows:
        scene, media = plain(row.get("scene")), _media(row, clips, rate)
        first, frames = _seen(media, _number(row.get("requested_s")), rate)
        items.append(Item(row, at, at + frames, first, media, scene if scene != before else ""))
        before, at = scene, at + frames
    return Cut(rate, tuple(items))


def _seen(media: Media | None, asked: float, rate: Fraction) -> tuple[int, int]:
    """The first frame that is seen of a clip and how many, on the cut's rate: as many as were asked for and are there,
    at least one."""
    wanted = max(round(Fraction(asked) * rate), 1) if asked else 0
    if media is None:
        return 0, max(wanted, 1)
    first = math.ceil(media.first / media.rate * rate)
    there = math.floor((media.first + media.frames) / media.rate * rate) - first
    return first, max(min(wanted or there, there), 1)


def rate_of(rows: Sequence[Row]) -> Fraction:
    """The rate of the cut: the most common of the clips, as the nearest that all formats know; else 24."""
    known = Counter(rate for row in rows if (rate := _own_rate(row)))
    common = known.most_common(1)[0][0] if known else DEFAULT_RATE
    return min(RATES, key=lambda one: abs(one - common))


@cache
def meant(measured: float) -> Fraction:
    """The rate that is meant by a measured one, frames a second: the nearest known where that lies near."""
    nearest = min(RATES, key=lambda one: abs(one - measured))
    return nearest if abs(nearest / measured - 1) < NEAR else Fraction(measured).limit_denominator(10**4)


def size_of(row: Row) -> tuple[int, int] | None:
    """Width and height of a row's clip."""
    return (int(row["width"]), int(row["height"])) if row.get("clip") and row.get("width") else None


def url_of(path: str) -> str:
    """A path at the target as a relative URL: it holds wherever the folder lies."""
    return quote(path, safe="/", errors="replace")


def plain(value: Any) -> str:
    """The text in one line without control characters, as an EDL and XML can hold it."""
    text = "" if value is None else str(value)
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def _number(value: Any) -> float:
    """A cell's number; 0 where there is none that can be used."""
    number = float(value) if isinstance(value, int | float) else 0.0
    return number if math.isfinite(number) and number > 0 else 0.0


def _own_rate(row: Row) -> Fraction | None:
    """The rate of a row's clip, the one that is meant where the measured one lies near it."""
    measured = _number(row.get("fps"))
    return meant(measured) if row.get("clip") and measured else None


def _media(row: Row, clips: Mapping[str, Clip], rate: Fraction) -> Media | None:
    """What a row's clip holds; where its length is unknown, as much as was asked for."""
    if not row.get("clip"):
        return None
    own, clip = _own_rate(row) or rate, clips.get(str(row["clip"]))
    seconds = _number(row.get("duration_s")) or _number(row.get("requested_s"))
    first = frame_of(clip.timecode, own) if clip else 0
    channels = (clip.channels if clip else 0) or (STEREO if row.get("has_sound") else 0)
    frames = max(round(Fraction(seconds) * own), 1)
    return Media(own, first, frames, channels, (clip.sound_rate if clip else 0) or SOUND_RATE)
