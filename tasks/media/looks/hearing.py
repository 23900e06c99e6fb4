"""Sound that is missing, and sound that is cut at full scale. Pure."""

from collections.abc import Sequence

from tasks.config import Limits
from tasks.media.looks.sampling import Sound

LOUD_DB = 45.0  # below full scale: sound right beside a dropout is at least so loud
NEAR = 3  # packets


def is_silent(sound: Sound | None, limits: Limits) -> bool:
    """Whether there is no sound, or none for long, or it breaks off at once and comes back so."""
    if sound is None or not sound.times:
        return True
    quiet = [level < 10 ** (-limits.silent_db / 20) for level in sound.levels]
    for first, last in _runs(quiet):
        seconds = _seconds(sound.times, first, last)
        if (first, last) == (0, len(quiet) - 1) or seconds >= limits.silent_s:
            return True
        inside = first > 0 and last + 1 < len(quiet)
        least = limits.dropout_s if inside else limits.late_s
        if seconds >= least and _breaks_off(sound.levels, first, last):
            return True
    return False


def is_clipping(sound: Sound | None, limits: Limits) -> bool:
    """Whether the waves are cut at full scale for some time."""
    if sound is None or not sound.times:
        return False
    cut = sum(share >= limits.clipped_share for share in sound.clipped)
    return cut * _pace(sound.times) >= limits.clipped_s


def _breaks_off(levels: Sequence[float], first: int, last: int) -> bool:
    least = 10 ** (-LOUD_DB / 20)
    before, after = levels[max(first - NEAR, 0) : first], levels[last + 1 : last + 1 + NEAR]
    return all(max(side) >= least for side in (before, after) if side)


def _runs(flags: Sequence[bool]) -> list[tuple[int, int]]:
    edges = [at for at in range(len(flags) + 1) if (at < len(flags) and flags[at]) != (at > 0 and flags[at - 1])]
    return [(edges[at], edges[at + 1] - 1) for at in range(0, len(edges) - 1, 2)]


def _pace(times: Sequence[float]) -> float:
    return (times[-1] - times[0]) / (len(times) - 1) if len(times) > 1 else 0.02


def _seconds(times: Sequence[float], first: int, last: int) -> float:
    return times[last] - times[first] + _pace(times)
