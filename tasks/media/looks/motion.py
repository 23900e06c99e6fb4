"""Pictures that stand still, and pictures that change all at once. Pure."""

from collections.abc import Sequence

import numpy as np

from tasks.config import Limits
from tasks.media.looks.light import black_runs, is_strobing
from tasks.media.looks.sampling import Numbers, Samples

AROUND_S = 0.5  # of movement around a cut
USUAL = 0.9  # of the steps around a cut are smaller than what is usual there
MOST_ALIKE = 0.4  # of the still runs may be as long as one that is no rhythm
TEXTURE = 8.0  # steps of light: a picture with less shows nothing to compare
SETTLES = 4  # pictures
LEAST_PICTURES = 3  # that repeat: fewer are a rhythm
DRIFTS = 0.03  # steps of light by which cells differ in half a run: what repeats is nearer once it has settled
STEADY = 0.5  # of the way in the first half of a run, at the least, goes what moves in the second
ONE_WAY = 0.75  # of both ways lies between its ends: noise goes nowhere
ABRUPT = 0.7  # of the steps before a halt, at the most, is the first one in it: an encoder still comes nearer
POPS = 8.0  # steps of light, at the most, by which a picture that is coded afresh differs from the one it repeats


def frozen_runs(samples: Samples, limits: Limits) -> list[tuple[int, int]]:
    """The runs of pictures that stand still where something should move. Black ones are told as such."""
    black = black_runs(samples, limits)
    rests = [_settled(samples, one, limits) for one in samples.still]
    lengths = [samples.seconds(*one) for one in rests if not _meets_any(one, black)]
    still = [one for one, rest in zip(samples.still, rests, strict=True) if not _drifts(samples, rest)]
    runs = [_settled(samples, one, limits) for one in _joined(still, samples)]
    frozen = [one for one in runs if not _meets_any(one, black) and _is_frozen(samples, one, lengths, limits)]
    return [_with_pop(samples, one, limits) for one in frozen]


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


def _drifts(samples: Samples, run: tuple[int, int]) -> bool:
    """Whether something goes on in the run, however slowly: as far in its second half as in its first, and the same
    way. A picture that repeats comes to rest."""
    first, last = run
    middle = (first + last) // 2
    early, late, whole = (
        float(np.abs(samples.drawings[one] - samples.drawings[other]).mean())
        for one, other in ((first, middle), (middle, last), (first, last))
    )
    return late >= max(DRIFTS, STEADY * early) and whole >= ONE_WAY * (early + late)


def _joined(runs: Sequence[tuple[int, int]], samples: Samples) -> list[tuple[int, int]]:
    """The runs, those as one between which a picture is only coded afresh."""
    found: list[tuple[int, int]] = []
    for first, last in runs:
        if found and found[-1][1] + 1 == first and _pops(samples, first):
            found[-1] = (found[-1][0], last)
        else:
            found.append((first, last))
    return found


def _with_pop(samples: Samples, run: tuple[int, int], limits: Limits) -> tuple[int, int]:
    """The run with the pictures behind it that repeat it too, from one that is coded afresh on."""
    first, last = run
    if not _pops(samples, last + 1):
        return run
    last, most = last + 1, min(last + 1 + SETTLES, len(samples.times) - 1)
    while last < most and samples.stirred[last + 1] <= 2 * limits.still_light:
        last += 1
    return first, last


def _pops(samples: Samples, at: int) -> bool:
    return at in samples.keys and samples.stirred[at] <= POPS


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
    slows = bool(before) and samples.stirred[first + 1] > ABRUPT * max(before)
    return bool(sides) and all(sides) and not slows


def is_cut(samples: Samples, limits: Limits) -> bool:
    """Whether another picture comes all at once. What follows from black, still or flashing pictures is none."""
    runs = [*black_runs(samples, limits), *frozen_runs(samples, limits)]
    edges = {at + near for first, last in runs for at in (first, last + 1) for near in (-1, 0, 1)}
    inside = {at for first, last in runs for at in range(first, last + 1)}
    open_to_cuts = sorted(set(range(1, len(samples.times))) - edges - inside)
    found = [at for at in open_to_cuts if _jumps(samples, at, limits)]
    return bool(found) and not is_strobing(samples, limits)


def _jumps(samples: Samples, at: int, limits: Limits) -> bool:
    moved, around = samples.moved, max(round(AROUND_S / samples.pace), 3)
    if moved[at] < limits.cut_light:
        return False
    beside = [*moved[max(at - around, 1) : at], *moved[at + 1 : at + 1 + around]]
    usual = sorted(beside)[round(USUAL * (len(beside) - 1))] if beside else 0.0
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


def _meets_any(one: tuple[int, int], others: Sequence[tuple[int, int]]) -> bool:
    return any(one[0] <= other[1] and other[0] <= one[1] for other in others)
