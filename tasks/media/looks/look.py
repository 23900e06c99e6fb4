"""Looks at a delivered clip and says what is wrong with it."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from tasks.config import Limits
from tasks.media.looks import framing, hearing, light, likeness, motion
from tasks.media.looks.sampling import THUMB, Bounds, Edges, Plane, Samples, edges_of, sample

WORDS = ("black", "frozen", "strobing", "cut inside", "bars", "silent", "clipping", "off the reference")
BETWEEN = ", "  # words of one clip
MOST_PIXELS = 40_000_000  # of a picture that was sent


@dataclass(frozen=True, slots=True)
class Sent:
    """What the gateway was given: the clip's first picture and its last, as files, and whether sound was asked for."""

    first: bytes = b""
    last: bytes = b""
    sound: bool = False


def look(path: Path, sent: Sent, limits: Limits, over: Callable[[], bool] = lambda: False) -> str:
    """What is wrong with a clip, in words of `WORDS`; empty where nothing is, and where it cannot be looked at.
    ``over`` says whether nobody waits for it any more."""
    bounds = Bounds(limits.black_light, limits.still_light, limits.clipped_level)
    try:
        samples = sample(path, bounds, compare=bool(sent.first or sent.last), over=over)
        checks = _checks(samples, sent, limits) if samples.times else {}
        return BETWEEN.join(word for word in checks if checks[word]())
    except Exception:  # a clip that came and plays is not lost because something strange is in it
        return ""


def _checks(samples: Samples, sent: Sent, limits: Limits) -> dict[str, Callable[[], bool]]:
    return {
        "black": lambda: light.is_black(samples, limits),
        "frozen": lambda: motion.is_frozen(samples, limits),
        "strobing": lambda: light.is_strobing(samples, limits),
        "cut inside": lambda: motion.is_cut(samples, limits),
        "bars": lambda: framing.has_bars(samples.edges, _edges(sent.first, limits), limits),
        "silent": lambda: sent.sound and hearing.is_silent(samples.sound, limits),
        "clipping": lambda: hearing.is_clipping(samples.sound, limits),
        "off the reference": lambda: _is_off(samples, sent, limits),
    }


def _is_off(samples: Samples, sent: Sent, limits: Limits) -> bool:
    """Whether the clip begins or ends on another picture than the one that was sent. Black ones are told as such."""
    first, last = _thumb(sent.first), _thumb(sent.last)
    if first is not None and samples.firsts and not likeness.is_like(samples.firsts, first, limits):
        return True
    shown = samples.last is not None and samples.dark[-1] < limits.black_share
    return last is not None and shown and not likeness.is_like([_some(samples.last)], last, limits)


def _some(picture: Plane | None) -> Plane:
    return picture if picture is not None else np.zeros((THUMB, THUMB, 3), np.uint8)


def _opened(data: bytes) -> Image.Image | None:
    """A picture that was sent; None where there is none that can be read."""
    try:
        image = Image.open(io.BytesIO(data), formats=["JPEG", "PNG", "WEBP"])
        return image if image.width * image.height <= MOST_PIXELS else None
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None


def _thumb(data: bytes) -> Plane | None:
    image = _opened(data) if data else None
    if image is None:
        return None
    try:
        return np.asarray(image.convert("RGB").resize((THUMB, THUMB), Image.Resampling.BOX), np.uint8)
    except (OSError, ValueError, SyntaxError):
        return None


def _edges(data: bytes, limits: Limits) -> Edges | None:
    image = _opened(data) if data else None
    if image is None:
        return None
    try:
        return edges_of(np.asarray(image.convert("L"), np.uint8), limits.black_light)
    except (OSError, ValueError, SyntaxError):
        return None
