"""Black bars beside the picture. Pure."""

from collections.abc import Sequence

import numpy as np

from tasks.config import Limits
from tasks.media.looks.sampling import Edges, Numbers

DARK, LIT = 0.01, 0.5  # lit share of a line in a bar, at the most, and right beside it, at the least
BLUR = 4  # lines over which an encoder softens the edge
LARGEST = 0.35  # of a side
LOPSIDED = 2.0  # how much larger one of both bars may be
LEAST = 3  # looks in a row that see the same bars

Bars = tuple[int, int]


def has_bars(looks: Sequence[Edges], sent: Edges | None, limits: Limits) -> bool:
    """Whether the picture lies between two bars that were not in the picture that was sent."""
    for side in ("rows", "columns"):
        told = sent is not None and bars_of(getattr(sent, side), limits) is not None
        if not told and _stay([bars_of(getattr(one, side), limits) for one in looks]):
            return True
    return False


def bars_of(lit: Numbers, limits: Limits) -> Bars | None:
    """The lines of both bars along one direction; None where there are not two. ``lit``: the lit share by line."""
    both = _bar(lit), _bar(lit[::-1])
    least, most = min(both), max(both)
    if least < limits.bars_share * len(lit) or most > LARGEST * len(lit) or most > LOPSIDED * least:
        return None
    return both


def _bar(lit: Numbers) -> int:
    """How many dark lines end at a lit one."""
    dark = int(np.argmax(lit > DARK)) if (lit > DARK).any() else 0
    beside = lit[dark : dark + BLUR]
    return dark if dark and beside.size and float(beside.max()) >= LIT else 0


def _stay(found: Sequence[Bars | None]) -> bool:
    """Whether the same bars are seen in some looks in a row; in all, where there are few."""
    run, least = 0, min(LEAST, max(len(found), 1))
    for before, now in zip([None, *found], found, strict=False):
        same = now is not None and before is not None and max(abs(a - b) for a, b in zip(now, before, strict=True)) <= 2
        run = run + 1 if same else int(now is not None)
        if run >= least:
            return True
    return False
