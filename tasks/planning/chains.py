"""What rows that start from each other come to: which wait, which are behind, and how long their chains are. Pure."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from tasks.domain.money import ZERO, usd_text
from tasks.domain.plan import LeftOut, ShotPlan, chains_of
from tasks.domain.pricing import hundredths
from tasks.domain.shot import Shot
from tasks.domain.takes import Takes
from tasks.ledger import waits_for_choice

LONGEST = 4  # links that a chain has without a warning
_SHOWN = 5


def left_out(shot: Shot, source: ShotPlan, takes: Takes, ordered: int) -> LeftOut | None:
    """As `waits_for_choice`, for a row that is planned."""
    why = waits_for_choice(source, takes, ordered) if shot.continues else ""
    return LeftOut("Source", why) if why else None


def seconds_of(source: ShotPlan, takes: Takes) -> Decimal | None:
    """How long the clip is that a remix starts from: as the take in use is, else as it will be ordered; None where it
    will not be."""
    made = takes.in_use if source.action == "keep" else None
    if made is not None and made.clip is not None:
        return hundredths(made.clip.seconds)
    return source.first.seconds if source.first else None


def describe_stale(shots: Iterable[ShotPlan]) -> list[str]:
    """A line on the shots that are behind what they started from, and one on those that wait for a choice."""
    stale = [one for one in shots if one.selected and one.stale and one.action == "keep"]
    waiting = [one for one in stale if one.stale and one.stale.waits]
    again = [one for one in stale if one not in waiting]
    usd = usd_text(sum((one.again for one in again), ZERO))
    said = []
    if again:
        said.append(f"{_counted(again)} stale ({_named(again)}): --rerender stale orders them again for {usd} USD")
    if waiting:
        said.append(f"{_counted(waiting)} stale and wait for a choice: {_named(waiting)}")
    return said


def _counted(shots: Sequence[ShotPlan]) -> str:
    return f"{len(shots)} shots are" if len(shots) > 1 else "1 shot is"


def _named(shots: Sequence[ShotPlan]) -> str:
    told = [f"{one.shot.shot_id}: {one.stale.reason}" for one in shots[:_SHOWN] if one.stale]
    return "; ".join(told) + (f"; and {len(shots) - _SHOWN} more" if len(shots) > _SHOWN else "")


def describe_chains(shots: Iterable[Shot]) -> list[str]:
    """A line for each chain of ``continues`` that has so many links that its picture drifts."""
    return [
        f"{len(line) - 1} shots continue one another ({' -> '.join(line[:_SHOWN])}{' ...' * (len(line) > _SHOWN)}): "
        "each softens the picture; start some of them from a picture of their own"
        for line in chains_of(shots)
        if len(line) - 1 > LONGEST
    ]
