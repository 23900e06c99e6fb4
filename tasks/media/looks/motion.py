"""Pictures that stand still, and pictures that change all at once. Pure."""

from collections.abc import Sequence

import numpy as np

from tasks.config import Limits
from tasks.media.looks.light import black_runs, is_strobing
from tasks.media.looks.sampling import Numbers, Samples

AROUND_S = 0.5  # of movement around a cut
MOST_ALIKE = 0.4  # of the still runs may be as long as one that is no rhythm
TEXTURE = 8.0  # steps of light: a picture with less shows nothing to compare
SETTLES = 4  # pictures
LEAST_PICTURES = 3  # that repeat: fewer are a rhythm


def frozen_runs(samples: Samples, limits: Limits) -> list[tuple[int, int]]:
    """The runs of pictures that stand still where something should move. Black ones are told as such."""
    black = black_runs(samples, limits)
    still = [_settled(samples, one, limits) for one in samples.still]
    runs = [one for one in still if not any(_meet(one, other) for other in black)]
    lengths = [samples.seconds(*one) for one in runs]
    return [one for one in runs if _is_frozen(samples, one, lengths, limits)]


def is_frozen(samples: Samples, limits: Limits) -> bool:
    """Whether the clip stands still for long, or from one picture to the next."""
    return bool(frozen_runs(samples, limits))


def _is_frozen(samples: Samples, run: tuple[int, int], lengths: Sequence[float], limits: Limits) -> bool:
    seconds, whole = samples.seconds(*run), run == (0, len(samples.times) - 1)
    if seconds + samples.pace / 2 >= limits.frozen_s or (whole and len(samples.times) > 1):
        return True
    if seconds + samples.pace / 2 < limits.halted_s or run[1] - run[0] + 1 < LEAST_PICTURES:
        return False
    alike = sum(one >= seconds / 2 for one in lengths)
    rhythm = len(lengths) >= 3 and alike > max(MOST_ALIKE * len(lengths), 2)
    return not rhythm and _halts(samples, run, limits)


def _settled(samples: Samples, run: tuple[int, int], limits: Limits) -> tuple[int, int]:
    """The run with the pictures before it in which an encoder only came nearer to the one that repeats."""
    first, last = run
    least = max(first - SETTLES, 0)
    while first > least and samples.stirred[first] <= 2 * limits.still_light:
        first -= 1
    return first, last


def _halts(samples: Samples, run: tuple[int, int], limits: Limits) -> bool:
    """Whether it moves right up to the run and right after it: what comes to rest by itself slows down before."""
    first, last = run
    before = samples.stirred[max(first - 3, 1) : first + 1]
    after = samples.stirred[last + 1 : last + 4]
    sides = [max(side) >= limits.halted_from for side in (before, after) if side]
    return bool(sides) and all(sides)


def is_cut(samples: Samples, limits: Limits) -> bool:
    """Whether another picture comes all at once. What follows from black, still or flashing pictures is none."""
    runs = [*black_runs(samples, limits), *frozen_runs(samples, limits)]
    edges = {at + near for first, last in runs for at in (first, last + 1) for near in (-1, 0, 1)}
    inside = {at for first, last in runs for at in range(first, last + 1)}
    found = [at for at in range(1, len(samples.times)) if _jumps(samples, at, limits) and at not in edges | inside]
    return bool(found) and not is_strobing(samples, limits)


def _jumps(samples: Samples, at: int, limits: Limits) -> bool:
    moved, around = samples.moved, max(round(AROUND_S / samples.pace), 3)
    if moved[at] < limits.cut_light:
        return False
    beside = [*moved[max(at - around, 1) : at], *moved[at + 1 : at + 1 + around]]
    usual = float(np.percentile(beside, 90)) if beside else 0.0
    if moved[at] < limits.cut_factor * usual:
        return False
    return likeness(samples.drawings[at - 1], samples.drawings[at]) < limits.cut_likeness


def likeness(one: Numbers, other: Numbers) -> float:
    """How alike two pictures are drawn, whatever their light: 1 the same, 0 nothing in common. One that shows nothing
    is like any."""
    a, b = one - one.mean(), other - other.mean()
    if min(float(a.std()), float(b.std())) < TEXTURE:
        return 1.0
    return float((a * b).mean() / (a.std() * b.std()))


def _meet(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]
