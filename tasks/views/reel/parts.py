"""What goes into a reel, and what is told of it."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from tasks.domain.shot import Size
from tasks.views.reel.splice import Sound

Open = Callable[[], AbstractContextManager[Path]]


@dataclass(frozen=True, slots=True)
class Part:
    """One shot. ``open`` gives its clip as a local file for as long as it is entered; None where there is none.

    ``seconds`` is its length in the cut; a clip that turns out shorter is as long as it is. ``scene``, ``shot_id`` and
    ``words`` (why there is no clip) stand on its card.
    """

    shot_id: str
    seconds: Fraction
    open: Open | None = None
    scene: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Summary:
    """What the reel is: its size, frames a second, seconds; how many parts were copied, encoded, held as cards.

    ``skipped`` are the shots whose clip could not be used, wholly or from some point on, each with its reason;
    ``unheard`` are the reasons of sounds beside the clips.
    """

    size: Size
    fps: float
    seconds: float
    copied: int
    encoded: int
    cards: int
    sound: Sound
    skipped: tuple[tuple[str, str], ...]
    unheard: tuple[str, ...] = ()


def local(path: Path) -> Open:
    """What to give as ``Part.open`` for a file that is on this machine already: it is used in place."""
    return lambda: nullcontext(path)
