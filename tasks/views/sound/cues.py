"""Where in the cut every sound and every line of dialogue stands. Pure.

Voice, sound effects and dialogue begin with their clip; the lines of a clip share its length by their letters. Each
kind of sound is one track: a sound ends where the next of its kind begins. Music goes on, over again where its file
ends, until a row names another or ends it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from tasks.manifest import RowSound, SoundFile, Sounds

Row = Mapping[str, Any]

TRACKS = ("voice", "sfx", "music")
SHORTEST_LOOP = Fraction(1)  # seconds of a piece of music that is played over again
SILENT = RowSound()
_NAMED = re.compile(r"([^:：.!?;,\n]{1,60}?)\s*[:：](?!//|\d)\s*(.*)")
_MOST_WORDS = 5  # of a speaker's name


class Cue(NamedTuple):
    """A stretch of a sound in the cut: its track, its file at the target, when it begins in the cut, where in the file,
    and its length; times in seconds."""

    track: str
    path: str
    start: Fraction
    begin: Fraction
    length: Fraction


class Caption(NamedTuple):
    """A line of dialogue: when it is shown (seconds of the cut), who speaks it (empty where that is not told), and its
    words."""

    start: Fraction
    end: Fraction
    name: str
    words: str


def cut_length(row: Row) -> Fraction:
    """The seconds that a shot has in the cut: as long as its row asks, and its clip goes; without a clip as asked."""
    asked, there = (Fraction(str(row.get(name) or 0)) for name in ("requested_s", "duration_s"))
    if row.get("clip") and there > 0:
        return min(asked, there) if asked > 0 else there
    return asked if asked > 0 else Fraction(1)


def cut_starts(rows: Sequence[Row]) -> list[Fraction]:
    """The second of the cut at which each shot begins, and that at which the last one ends."""
    starts = [Fraction(0)]
    for row in rows:
        starts.append(starts[-1] + cut_length(row))
    return starts


def place_sounds(rows: Sequence[Row], sounds: Sounds, starts: Sequence[Fraction] = ()) -> list[Cue]:
    """Every sound of the cut, track by track in the order of time.

    ``starts`` are the seconds at which the shots begin, and the last one ends; by default as `cut_starts` has them.
    """
    times = starts or cut_starts(rows)
    heard = [sounds.get(str(row["shot_id"]), SILENT) for row in rows]
    placed = [cue for track in TRACKS for cue in _track(track, heard, times)]
    return [cue for cue in placed if cue.length > 0]


def _track(track: str, heard: Sequence[RowSound], times: Sequence[Fraction]) -> Iterator[Cue]:
    begun = [(times[at], row.files.get(track)) for at, row in enumerate(heard) if _changes(track, row)]
    ends = [*(start for start, _ in begun[1:]), times[-1]]
    for (start, file), end in zip(begun, ends, strict=False):
        if file is not None:
            yield from _stretches(track, file, start, end)


def _changes(track: str, row: RowSound) -> bool:
    return track in row.files or (track == "music" and row.ends_music)


def _stretches(track: str, file: SoundFile, start: Fraction, end: Fraction) -> Iterator[Cue]:
    """A sound from its start: once, or again and again until the end where it is music."""
    yield Cue(track, file.path, start, Fraction(0), min(file.seconds, end - start))
    while track == "music" and file.seconds >= SHORTEST_LOOP and (start := start + file.seconds) < end:
        yield Cue(track, file.path, start, Fraction(0), min(file.seconds, end - start))


def languages_of(sounds: Sounds) -> tuple[str, ...]:
    """The languages of the dialogue in the order in which they come; empty for the board's own, which comes first."""
    found = dict.fromkeys(language for row in sounds.values() for language in row.dialogue)
    return tuple(sorted(found, key=bool))


def place_lines(
    rows: Sequence[Row], sounds: Sounds, language: str = "", starts: Sequence[Fraction] = ()
) -> list[Caption]:
    """Every line of dialogue of a language, in the order of time; ``starts`` as in `place_sounds`."""
    times = starts or cut_starts(rows)
    found: list[Caption] = []
    for row, start, end in zip(rows, times, times[1:], strict=False):
        lines = lines_of(sounds.get(str(row["shot_id"]), SILENT).dialogue.get(language, ""))
        shares = [letters(words) for _, words in lines]
        for at, (name, words) in enumerate(lines):
            shown, gone = (start + (end - start) * Fraction(sum(shares[:n]), sum(shares)) for n in (at, at + 1))
            found.append(Caption(shown, gone, name, words))
    return found


def lines_of(text: str) -> list[tuple[str, str]]:
    """Speaker and words of each line of a cell; a line that only names a speaker gives the next line its name."""
    found: list[tuple[str, str]] = []
    waiting = ""
    for line in (" ".join(one.split()) for one in text.splitlines()):
        name, words = _spoken(line)
        if words:
            found.append((name or waiting, words))
        waiting = name if not words and name else ""
    return found


def _spoken(line: str) -> tuple[str, str]:
    found = _NAMED.fullmatch(line)
    if not found or len(found[1].split()) > _MOST_WORDS or not any(map(str.isalpha, found[1])):
        return "", line
    return found[1].strip(), found[2].strip()


def letters(words: str) -> int:
    """The letters and digits of a line: 1 at least, so that a line without any is shown too."""
    return max(sum(map(str.isalnum, words)), 1)
