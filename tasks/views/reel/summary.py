"""What a reel came to."""

from dataclasses import dataclass

from tasks.domain.shot import Size
from tasks.views.reel.splice import Sound


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
