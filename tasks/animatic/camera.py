"""Camera words -> a move over a still picture. Pure: the same words always make the same move."""

import hashlib
import re
from dataclasses import dataclass, replace

Box = tuple[float, float, float, float]

RAMP = 0.2  # share of a move spent on gathering speed, and again on losing it


@dataclass(frozen=True, slots=True)
class View:
    """Where the camera looks: ``zoom`` 0 sees the whole picture, 1 the closest; ``x``, ``y`` from -1 to 1."""

    zoom: float = 0.0
    x: float = 0.0
    y: float = 0.0


@dataclass(frozen=True, slots=True)
class Move:
    """A camera move by name, from one view to another."""

    name: str
    start: View
    end: View


WIDE, CLOSE = View(), View(zoom=1.0)
LEFT, RIGHT = View(1.0, x=-1.0), View(1.0, x=1.0)
TOP, BOTTOM = View(1.0, y=-1.0), View(1.0, y=1.0)

MOVES = {
    move.name: move
    for move in (
        Move("push in", WIDE, CLOSE),
        Move("pull back", CLOSE, WIDE),
        Move("left", RIGHT, LEFT),
        Move("right", LEFT, RIGHT),
        Move("up", BOTTOM, TOP),
        Move("down", TOP, BOTTOM),
        Move("crane up", BOTTOM, View(0.5, y=-1.0)),  # a crane sees more the higher it stands
        Move("crane down", View(0.5, y=-1.0), BOTTOM),
        Move("static", WIDE, WIDE),
    )
}
UNTOLD = ("push in", "pull back", "left", "right", "up", "down")  # where the prompt names no move

_ADVERB = r"(?:[\s-]+\w+ly)?"  # "push slowly in"
_WAY = rf"{_ADVERB}(?:[\s-]+from(?:[\s-]+the)?[\s-]+\w+)?(?:[\s-]+to)?(?:[\s-]+the)?[\s-]+"
_ENDING = r"(?:e?s|ed|ing)?"
_SIDEWAYS = rf"(?:pan(?:s|ned|ning)?|(?:truck|track|dolly){_ENDING}|dollies|dollied)"
_TILT = rf"tilt{_ENDING}"
_CRANE = rf"(?:crane{_ENDING}|craning|boom{_ENDING})"
_NEARER = rf"(?:push{_ENDING}|zoom{_ENDING}|dolly(?:ing)?|dollies|dollied)"
_FARTHER = rf"(?:pull{_ENDING}|zoom{_ENDING}|dolly(?:ing)?|dollies|dollied)"
_WORDS = {
    "push in": rf"{_NEARER}{_ADVERB}[\s-]+in(?:to|wards?)?",
    "pull back": rf"{_FARTHER}{_ADVERB}[\s-]+(?:back|out)(?:wards?)?",
    "left": rf"{_SIDEWAYS}{_WAY}left(?:wards?)?",
    "right": rf"{_SIDEWAYS}{_WAY}right(?:wards?)?",
    "up": rf"{_TILT}{_ADVERB}[\s-]+up(?:wards?)?",
    "down": rf"{_TILT}{_ADVERB}[\s-]+down(?:wards?)?",
    "crane up": rf"{_CRANE}{_ADVERB}[\s-]+up(?:wards?)?",
    "crane down": rf"{_CRANE}{_ADVERB}[\s-]+down(?:wards?)?",
    "static": r"static|lock(?:ed)?[\s-]+off",
}
_TOLD = [(name, re.compile(rf"\b(?:{words})\b", re.IGNORECASE)) for name, words in _WORDS.items()]


def named_move(prompt: str) -> str:
    """The name of the first camera move that the prompt names in whole words, else an empty text."""
    found = [(match.start(), name) for name, words in _TOLD if (match := words.search(prompt))]
    return min(found)[1] if found else ""


def move_of(prompt: str, seed: int | None = None, *, goes_on: bool = False) -> Move:
    """The move that the prompt tells, else one chosen by the seed, else one chosen by the prompt's hash.

    A shot that ``goes_on`` from the last picture of another begins with the whole of it, so that the cut is not seen.
    """
    chosen = int(hashlib.sha256(prompt.encode()).hexdigest(), 16) if seed is None else seed
    move = MOVES[named_move(prompt) or UNTOLD[chosen % len(UNTOLD)]]
    return replace(move, start=WIDE) if goes_on else move


def ease(share: float, ramp: float = RAMP) -> float:
    """Share of the time (0 to 1) -> share of the way: even speed with a soft start and a soft stop."""
    speed = 1 / (1 - ramp)
    if share < ramp:
        return speed * share * share / (2 * ramp)
    if share > 1 - ramp:
        return 1 - ease(1 - share, ramp)
    return speed * (share - ramp / 2)


def reach(seconds: float) -> float:
    """How many times closer the closest view is: 1.1 for a second, 1.24 from eight seconds on.

    A long move may go far; a short one that went as far would look like a jerk.
    """
    return min(1.24, 1.08 + 0.02 * seconds)


def box_at(move: Move, share: float, width: float, height: float, closest: float) -> Box:
    """What the camera sees of a picture of ``width`` x ``height`` at a share of the move's time.

    Left, top, right, bottom in fractions of pixels, always inside the picture and of its shape.
    """
    way = ease(share)
    zoom = closest ** (move.start.zoom + (move.end.zoom - move.start.zoom) * way)
    x = move.start.x + (move.end.x - move.start.x) * way
    y = move.start.y + (move.end.y - move.start.y) * way
    seen_w, seen_h = width / zoom, height / zoom
    left, top = (width - seen_w) * (1 + x) / 2, (height - seen_h) * (1 + y) / 2
    return max(left, 0.0), max(top, 0.0), min(left + seen_w, width), min(top + seen_h, height)
