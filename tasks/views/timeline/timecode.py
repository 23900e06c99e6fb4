"""Timecode: how frames are named. Pure."""

import re
from fractions import Fraction

NTSC = {Fraction(rate * 1000, 1001): rate for rate in (24, 30, 60)}
_NAMED = re.compile(r"(\d\d?):(\d\d):(\d\d)([:;.])(\d\d\d?)")


def hour(rate: Fraction) -> int:
    """The frame that is called 01:00:00:00 at this rate; with drop frames the names of 108 are left out."""
    nominal = NTSC.get(rate, int(rate))
    return 3600 * nominal - (108 * nominal // 30 if drops(rate) else 0)


def drops(rate: Fraction) -> bool:
    """Whether timecode leaves out names at this rate, to keep to the clock."""
    return NTSC.get(rate, 24) != 24


def frame_of(timecode: str, rate: Fraction) -> int:
    """The frame that a timecode names at this rate: ``;`` or ``.`` before the frames leaves names out; 0 where it is
    none."""
    found = _NAMED.fullmatch(timecode.strip())
    if found is None:
        return 0
    hours, minutes, seconds, frames = (int(found[group]) for group in (1, 2, 3, 5))
    nominal, passed = NTSC.get(rate) or round(rate), hours * 60 + minutes
    dropped = (passed - passed // 10) * (nominal // 15) if found[4] != ":" and drops(rate) else 0
    return (passed * 60 + seconds) * nominal + frames - dropped
