"""What goes into a reel beside its clips: sounds at their places, captions by language, and words in its metadata."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Piece:
    """A sound in the reel: its track, when it begins and how long it is heard, both in seconds. ``open`` gives its file
    on this machine for as long as it is entered."""

    track: str
    start: Fraction
    length: Fraction
    open: Callable[[], AbstractContextManager[Path]]


@dataclass(frozen=True, slots=True)
class Line:
    """A caption: from when to when it is shown, in seconds, and its text."""

    start: Fraction
    end: Fraction
    text: str


@dataclass(frozen=True, slots=True)
class Beside:
    """``captions`` by language (empty for one that is not told); ``metadata`` as mp4 has it, such as ``comment``."""

    pieces: Sequence[Piece] = ()
    captions: Mapping[str, Sequence[Line]] = field(default_factory=dict)
    metadata: Mapping[str, str] = field(default_factory=dict)


NOTHING = Beside()
