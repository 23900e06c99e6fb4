"""Sounds laid on the frames of a cut, track by track. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tasks.views.timeline.cut import Cut, Sound


@dataclass(frozen=True, slots=True)
class Laid:
    """A sound in frames of the cut: from ``start`` to ``stop``, taken from frame ``first`` of its file."""

    sound: Sound
    start: int
    stop: int
    first: int


@dataclass(frozen=True, slots=True)
class SoundTrack:
    """Sounds that do not overlap, in their order."""

    name: str
    pieces: tuple[Laid, ...]


def tracks_of(cut: Cut) -> list[SoundTrack]:
    """The tracks that the sounds of a cut need, in the order in which their names come: pieces of one name that overlap
    lie on ``name``, ``name 2`` and so on. None is longer than its file."""
    names = list(dict.fromkeys(sound.track for sound in cut.sounds))
    made = []
    for name in names:
        pieces = sorted((_laid(one, cut) for one in cut.sounds if one.track == name), key=lambda one: one.start)
        rows = _apart([one for one in pieces if one.stop > one.start])
        made += [SoundTrack(name if n == 1 else f"{name} {n}", tuple(row)) for n, row in enumerate(rows, 1)]
    return made


def _laid(sound: Sound, cut: Cut) -> Laid:
    start, first = max(round(sound.start * cut.rate), 0), math.ceil(sound.begin * cut.rate)
    there = math.floor(sound.whole * cut.rate) - first
    return Laid(sound, start, start + min(round(sound.length * cut.rate), there), first)


def _apart(pieces: Sequence[Laid]) -> list[list[Laid]]:
    """The pieces on as few rows as keep them apart, each on the first that is free."""
    rows: list[list[Laid]] = []
    for piece in pieces:
        free = next((row for row in rows if row[-1].stop <= piece.start), None)
        if free is None:
            rows.append([piece])
        else:
            free.append(piece)
    return rows
