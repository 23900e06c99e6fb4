"""Timecode: how frames are named. Pure."""

from fractions import Fraction

NTSC = {Fraction(rate * 1000, 1001): rate for rate in (24, 30, 60)}


def hour(rate: Fraction) -> int:
    """The frame that is called 01:00:00:00 at this rate; with drop frames the names of 108 are left out."""
    nominal = NTSC.get(rate, int(rate))
    return 3600 * nominal - (108 * nominal // 30 if drops(rate) else 0)


def drops(rate: Fraction) -> bool:
    """Whether timecode leaves out names at this rate, to keep to the clock."""
    return NTSC.get(rate, 24) != 24
