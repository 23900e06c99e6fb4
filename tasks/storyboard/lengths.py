"""How long a shot is, as people write it: a length in many spellings, or two places between which it lies. Pure.

Every reader takes one stripped, non-empty cell and gives seconds, or raises ValueError with a sentence that says
what would be right.
"""

import re
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from tasks.storyboard.meaning import Unit, unit_of
from tasks.storyboard.spelling import plain

LONGEST = 3600
MILLI = Decimal("0.001")
LENGTH = "write a length such as 8, 8s or 0:08"
FRAME = "is no number of frames; write a whole number such as 96"
USUAL = (Decimal(1), Decimal(30))  # seconds that a shot lasts where its unit has to be told from its numbers

_EITHER: tuple[Literal["frames", "s"], ...] = ("frames", "s")
_NUMBER = r"\d{1,12}(?:[.,]\d{1,20})?|[.,]\d{1,20}"
_PLAIN = re.compile(rf"([-+−]?)({_NUMBER})\s*([^\W\d_]+|\"|''|′′)?\.?")
_ABOUT = re.compile(
    r"(?:[~≈±≃约約약]|大约|およそ|(?:ca|circa|approx|approximately|about|around|etwa|env|environ|aprox)\b\.?)\s*"
)
_RANGE = re.compile(
    rf"({_NUMBER})\s*([^\W\d_]*)\.?\s*(?:[-–—−~〜至到]|\bto\b|\bbis\b|\bà\b)\s*"
    rf"((?:{_NUMBER})\s*(?:[^\W\d_]+\.?|\"|''|′′)?)"
)
_PARTS = re.compile(
    rf"(?:(\d{{1,4}})\s*(?:h|hr|hrs|std|小时|時間|시간)\.?\s*)?(?:(\d{{1,5}})\s*(?:m|mins?|minutes?|minuten?|mn|'|′|分钟?|분)\.?\s*)"
    rf"({_NUMBER})\s*(?:s|secs?|seconds?|sek|sekunden|segs?|\"|''|′′|秒|초)?\.?"
)
_CLOCK = re.compile(r"(?:(\d{1,4}):)?(\d{1,4}):(\d{1,2}(?:[.,]\d{1,9})?)")
_TIMECODE = re.compile(r"(\d{1,4}):(\d{1,2}):(\d{1,2})[:;](\d{1,4})")
_FRAMES = re.compile(r"([-−]?)(\d{1,12})(?:[.,]0+)?")
_SIGNED = re.compile(r"[-−](?=\d)")


def seconds(text: str, fps: Decimal, unit: Unit = "s") -> Decimal:
    """A length in seconds; ``unit`` is that of a bare number, and ``fps`` counts frames, as in ``hh:mm:ss:ff``.

    A unit in the cell wins, of a range the longer end counts, and what is only about right is taken as right.
    """
    said = plain(text)
    if found := _ABOUT.match(said):
        said = said[found.end() :]
    if found := _RANGE.fullmatch(said):
        first, first_unit, rest = found.groups()
        last = _amount(rest, fps, unit)
        tail = re.sub(r"^[\d.,\s]+", "", rest)
        return max(_amount(f"{first} {first_unit or tail}".strip(), fps, unit), last)
    return _amount(said, fps, unit)


def frames(text: str, fps: Decimal) -> Decimal:
    """Seconds of a length given as a number of frames, to the millisecond; a unit in the cell wins."""
    return seconds(text, fps, "frames")


def _amount(said: str, fps: Decimal, unit: Unit) -> Decimal:
    if found := _PLAIN.fullmatch(said):
        sign, number, word = found.groups()
        value = Decimal(number.replace(",", "."))
        own = _unit(word) if word else unit or "s"
        return _bounded(_in_seconds(value, own, fps) * (1 if sign in ("", "+") else -1))
    if found := _PARTS.fullmatch(said):
        hours, minutes, rest = found.groups()
        return _bounded(int(hours or 0) * 3600 + int(minutes) * 60 + Decimal(rest.replace(",", ".")))
    at = _time_of_day(said, fps)
    if at is None:
        raise ValueError(FRAME if unit == "frames" else f"is no length; {LENGTH}")
    return _bounded(at)


def _unit(word: str) -> Unit:
    if word in ('"', "''", "′′"):
        return "s"
    if word == "m" or not (found := unit_of(word.removesuffix("钟").removesuffix("鐘"))):
        raise ValueError(f"is no length; {LENGTH}")
    return found


def _in_seconds(value: Decimal, unit: Unit, fps: Decimal) -> Decimal:
    if unit == "frames":
        if value != int(value):
            raise ValueError(FRAME)
        return _at(int(value), fps)
    return {"ms": value / 1000, "min": value * 60}.get(unit, value)


def _time_of_day(said: str, fps: Decimal) -> Decimal | None:
    """``m:ss``, ``h:mm:ss`` or ``hh:mm:ss:ff`` as seconds; None where it is neither."""
    if found := _TIMECODE.fullmatch(said):
        hours, minutes, whole, rest = found.groups()
        if int(rest) >= fps:
            raise ValueError(f"names frame {rest} of a second that has only {fps:f}; {LENGTH}")
        return _clock(hours, minutes, Decimal(whole)) + _at(int(rest), fps)
    if found := _CLOCK.fullmatch(said):
        hours, minutes, rest = found.groups()
        return _clock(hours or "0", minutes, Decimal(rest.replace(",", ".")), leading=not hours)
    return None


def _clock(hours: str, minutes: str, rest: Decimal, leading: bool = False) -> Decimal:
    if rest >= 60 or (int(minutes) >= 60 and not leading):
        raise ValueError(f"has 60 or more seconds or minutes; {LENGTH}")
    return int(hours) * 3600 + int(minutes) * 60 + rest


def _at(count: int, fps: Decimal) -> Decimal:
    return (count / fps).quantize(MILLI, rounding=ROUND_HALF_UP)


def _bounded(value: Decimal) -> Decimal:
    if not 0 < value <= LONGEST:
        raise ValueError(f"a shot lasts more than 0 and at most {LONGEST} seconds; {LENGTH}")
    return value


def span(text: str, fps: Decimal, unit: Unit = "frames") -> Decimal:
    """Seconds between two places ``101 - 196``: both frames named are in the shot, of two times the second is not.

    Raises ``ValueError`` when an end is missing or cannot be read, or the second is not after the first.
    """
    first, _, last = text.partition(" - ")
    if not first or not last:
        raise ValueError("has only one of its two ends; write both frame numbers or neither")
    if unit == "frames":
        begin, end = _frame(first), _frame(last)
        if end < begin:
            raise ValueError(f"ends at frame {end}, before it begins at {begin}; write the first frame and the last")
        return _bounded(_at(end - begin + 1, fps))
    start, stop = _moment(first, fps, unit), _moment(last, fps, unit)
    if stop <= start:
        raise ValueError(f"ends at {last}, not after its beginning at {first}; write where the shot starts and ends")
    return _bounded(stop - start)


def _frame(text: str) -> int:
    found = _FRAMES.fullmatch(plain(text))
    if not found:
        raise ValueError(FRAME)
    return int(found[2]) * (-1 if found[1] else 1)


def _moment(text: str, fps: Decimal, unit: Unit) -> Decimal:
    """A place in time as seconds; before zero it bears a sign."""
    said = plain(text)
    sign = -1 if _SIGNED.match(said) else 1
    said = said.lstrip("-−+")
    at = _time_of_day(said, fps)
    found = _PLAIN.fullmatch(said)
    if at is None and found:
        own = _unit(found[3]) if found[3] else unit or "s"
        at = _in_seconds(Decimal(found[2].replace(",", ".")), own, fps)
    if at is None:
        raise ValueError("is no time; write both ends as 8, 8s or 0:08, or both as frame numbers")
    return sign * at


def pair_unit(pairs: Sequence[str], fps: Decimal, before: Sequence[Decimal | None]) -> Literal["frames", "s", ""]:
    """Whether bare pairs ``101 - 196`` are frame numbers or seconds; nothing where it cannot be told.

    ``before`` holds the seconds that each row had at the target: what they agree with is kept. Else decimals and
    times are seconds, and whole numbers what gives every row a usual length.
    """
    held = set(pairs) - {""}
    known = {pair: old for pair, old in zip(pairs, before, strict=True) if pair and old is not None}
    for unit in _EITHER:
        if any(_is(pair, fps, unit, old) for pair, old in known.items()):
            return unit
    ends = [end for pair in held for end in pair.split(" - ")]
    if not all(_FRAMES.fullmatch(plain(end)) for end in ends if end):
        return "s"
    telling = [pair for pair in held if _tells(pair)]
    fits = [unit for unit in _EITHER if all(_usual(pair, fps, unit) for pair in telling)]
    if len(fits) == 2 and any(set(end) & set(".,") for end in ends):
        return "s"
    return "frames" if not telling else fits[0] if len(fits) == 1 else ""


def _is(pair: str, fps: Decimal, unit: Unit, old: Decimal) -> bool:
    try:
        return span(pair, fps, unit) == old
    except ValueError:
        return False


def _tells(pair: str) -> bool:
    """Whether a pair has a length at all; one that has none is for its own fault to tell."""
    first, _, last = pair.partition(" - ")
    return bool(first and last) and _frame(last) > _frame(first)


def _usual(pair: str, fps: Decimal, unit: Unit) -> bool:
    first, _, last = pair.partition(" - ")
    count = _frame(last) - _frame(first)
    length = _at(count + 1, fps) if unit == "frames" else Decimal(count)
    return USUAL[0] <= length <= USUAL[1]
