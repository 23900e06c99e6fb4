"""Black pictures, and light that flashes. Pure."""

from collections.abc import Iterator, Sequence

import numpy as np

from tasks.config import Limits
from tasks.media.looks.sampling import Numbers, Samples

SETTLES_S = 0.4  # until a fade has shown where it leads
GRADUAL = 0.5  # of that light, at the most, in the first picture beside a fade's black
EVEN_TIMES, EVEN_HEIGHTS = 0.25, 0.35  # how much flashes of a machine differ, by their mean


def black_runs(samples: Samples, limits: Limits) -> list[tuple[int, int]]:
    """The runs of black pictures, first and last of each."""
    return list(_runs([share >= limits.black_share for share in samples.dark]))


def is_black(samples: Samples, limits: Limits) -> bool:
    """Whether the clip is black where it should show something: longer than a fade rests, or cut to and from."""
    light = samples.light
    for first, last in black_runs(samples, limits):
        seconds = samples.seconds(first, last)
        sides = _sides(samples, light, first, last)
        if seconds >= limits.faded_s or not sides:
            return True
        if seconds >= limits.black_s and not all(sides):
            return True
    return False


def _sides(samples: Samples, light: Numbers, first: int, last: int) -> list[bool]:
    """Of each side on which the clip goes on, whether the light comes and goes by degrees."""
    settles = max(round(SETTLES_S / samples.pace), 1)
    found = []
    if first > 0:
        found.append(light[first - 1] <= GRADUAL * light[max(first - settles, 0) : first].max())
    if last + 1 < len(light):
        found.append(light[last + 1] <= GRADUAL * light[last + 1 : last + 1 + settles].max())
    return [bool(one) for one in found]


def is_strobing(samples: Samples, limits: Limits) -> bool:
    """Whether a quarter of the picture, or all of it, flashes as evenly and as often as only a fault does."""
    cells = np.stack(samples.cells)
    high, wide = (max(side // 2, 1) for side in cells.shape[1:])
    parts = [cells, cells[:, :high, :wide], cells[:, :high, wide:], cells[:, high:, :wide], cells[:, high:, wide:]]
    series = [one.mean((1, 2)) for one in parts if one.size]
    return any(_flashes(one, samples.times, limits) for one in series)


def _flashes(light: Numbers, times: Sequence[float], limits: Limits) -> bool:
    """Whether the light goes up and down so often, in even steps of time and height. A flash that the clip's start or
    end cuts in two is one."""
    steps = [(times[at], height) for at, height in _flips(light, limits.flash_light)]
    if not steps:
        return False
    begins, ends = (times[0], steps[0][1]), (2 * times[-1] - times[-2], steps[-1][1])
    return _are_even([begins, *steps], limits) or _are_even([*steps, ends], limits)


def _are_even(steps: Sequence[tuple[float, float]], limits: Limits) -> bool:
    flips, series = 2 * round(limits.flashes), np.asarray(steps, np.float32)
    windows = (series[at : at + flips] for at in range(len(steps) - flips + 1))
    return any(_is_even(one[:, 0], one[:, 1], limits) for one in windows)


def _is_even(moments: Numbers, heights: Numbers, limits: Limits) -> bool:
    periods = moments[2:] - moments[:-2]
    quick = 1 / max(float(periods.mean()), 1e-6) >= limits.flash_hz
    return bool(quick and _spread(periods) <= EVEN_TIMES and _spread(heights) <= EVEN_HEIGHTS)


def _spread(values: Numbers) -> float:
    return float(values.std() / max(float(values.mean()), 1e-6))


def _flips(light: Numbers, least: float) -> list[tuple[int, float]]:
    """The pictures at which the light goes the other way by more than ``least``, with how far it goes from where it had
    come to."""
    found: list[tuple[int, float]] = []
    up, extreme = None, float(light[0])
    for at, value in enumerate(map(float, light)):
        step = value - extreme
        if up is not None and (step > 0) == up:
            extreme = value
        elif abs(step) > least:
            up, extreme = step > 0, value
            found.append((at, abs(step)))
    return found


def _runs(flags: Sequence[bool]) -> Iterator[tuple[int, int]]:
    since = None
    for at, flag in enumerate([*flags, False]):
        if flag and since is None:
            since = at
        elif not flag and since is not None:
            yield since, at - 1
            since = None
