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
from tasks.views.timeline.cut import Cut, Sound

Row = Mapping[str, Any]

TRACKS = ("voice", "sfx", "music")
SHORTEST_LOOP = Fraction(1)  # seconds of a piece of music that is played over again
SILENT = RowSound()
_NAMED = re.compile(r"([^:：.!?;,\n]{1,60}?)\s*[:：](?!//|\d)\s*(.*)")
_MOST_WORDS = 5  # of a speaker's name


class Cue(NamedTuple):
    """A stretch of a sound in the cut, from the beginning of its file: its track, the file, when it begins in the cut
    and how long it is heard, both in seconds."""

    track: str
    file: SoundFile
    start: Fraction
    length: Fraction


class Caption(NamedTuple):
    """A line of dialogue: when it is shown (seconds of the cut), who speaks it (empty where that is not told), and its
    words."""

    start: Fraction
    end: Fraction
    name: str
    words: str


def times_of(cut: Cut) -> list[Fraction]:
    """The seconds at which the shots of a cut begin, and the one at which the last ends."""
    return [cut.seconds(frame) for frame in (*(item.start for item in cut.items), cut.frames)]


def sound_of(cue: Cue) -> Sound:
    """The sound as timelines have it."""
    file = cue.file
    return Sound(file.path, cue.track, cue.start, cue.length, file.seconds, channels=file.channels, rate=file.rate)


def place_sounds(rows: Sequence[Row], sounds: Sounds, times: Sequence[Fraction]) -> list[Cue]:
    """Every sound of the cut, track by track in the order of time.

    ``times`` are the seconds at which the shots begin, and the one at which the last ends.
    """
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
    yield Cue(track, file, start, min(file.seconds, end - start))
    while track == "music" and file.seconds >= SHORTEST_LOOP and (start := start + file.seconds) < end:
        yield Cue(track, file, start, min(file.seconds, end - start))


def languages_of(sounds: Sounds) -> tuple[str, ...]:
    """The languages of the dialogue in the order in which they come; empty for the board's own, which comes first."""
    found = dict.fromkeys(language for row in sounds.values() for language in row.dialogue)
    return tuple(sorted(found, key=bool))


def place_lines(rows: Sequence[Row], sounds: Sounds, times: Sequence[Fraction], language: str = "") -> list[Caption]:
    """Every line of dialogue of a language, in the order of time; ``times`` as in `place_sounds`."""
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
