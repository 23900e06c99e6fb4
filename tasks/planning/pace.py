"""How fast gateways are, by what was measured. Pure.

How long a job takes is a lognormal: its middle by the median, its spread by the median deviation, so that a pause of
one night counts for nothing. A gateway makes so many at once and takes so many a minute; jobs that bring no clip are
made again, so each counts for more than one where that was so before.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from tasks.domain.plan import Offer
from tasks.domain.result import Attempt

ASSUMED_S = 180.0  # from order to clip where nobody has measured it
SPREAD = 0.5  # of the logarithm, where too few have been measured
FEW = 5  # measured jobs, below which their spread says nothing
LEAST_SPREAD = 0.05
LEAST_KEPT = 0.1  # share of orders that bring a clip, below which a route is not counted on anyhow
NORMAL_MAD = 1.4826  # a normal spread is so many median deviations
ACCEPTED = ("clip", "late", "failed", "moderated", "overdue")  # outcomes of orders that a gateway took


class Wait(NamedTuple):
    """How long a route's jobs take, as the logarithm of seconds, and which share of its orders brings a clip."""

    middle: float = math.log(ASSUMED_S)
    spread: float = SPREAD
    keep: float = 1.0
    clips: int = 0  # that were measured

    @property
    def mean(self) -> float:
        """Seconds that a job takes on average."""
        return math.exp(self.middle + self.spread**2 / 2)

    def within(self, chance: float) -> float:
        """Seconds within which a job is done with this chance."""
        from statistics import NormalDist  # as below

        return math.exp(self.middle + NormalDist().inv_cdf(chance) * self.spread)


class Lane(NamedTuple):
    """What a gateway takes: orders at once, and a minute."""

    at_once: int
    per_minute: float


class Measured(NamedTuple):
    """One order that a gateway took: its route, how it ended, and the seconds until then."""

    route: str
    outcome: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast gateways are: ``waits`` by route, ``lanes`` by gateway. A route that nobody measured is taken as usual
    ones are."""

    waits: Mapping[str, Wait]
    lanes: Mapping[str, Lane]

    def wait(self, offer: Offer) -> Wait:
        """How long the offer's jobs take."""
        return self.waits.get(offer.route.name, Wait())


def of_attempts(attempts: Iterable[Attempt]) -> list[Measured]:
    """What a ledger knows of the orders that gateways took. One that a later run collected tells no time."""
    return [
        Measured(one.route, one.outcome, _seconds(one.submitted_at, one.settled_at) * (one.settled_by == one.run_id))
        for one in attempts
        if one.outcome in ACCEPTED and one.provider != "animatic"
    ]


def of_rows(rows: Iterable[Mapping[str, Any]]) -> list[Measured]:
    """The same of the rows of an attempts table, whose times are ISO 8601."""
    return [
        Measured(f"{one['provider']}:{one['model']}", one["outcome"], _seconds(one["submitted_at"], one["settled_at"]))
        for one in rows
        if one["outcome"] in ACCEPTED and one["provider"] != "animatic"
    ]


def _seconds(begun: str, ended: str) -> float:
    if not begun or not ended:
        return 0.0
    return (datetime.fromisoformat(ended) - datetime.fromisoformat(begun)).total_seconds()


def measure(orders: Iterable[Measured]) -> dict[str, Wait]:
    """The waits by route."""
    by_route = defaultdict[str, list[Measured]](list)
    for one in orders:
        by_route[one.route].append(one)
    return {route: _fitted(taken) for route, taken in by_route.items()}


def _fitted(taken: Sequence[Measured]) -> Wait:
    from statistics import median  # few runs are to be done by a time, and none else needs it

    kept = sum(one.outcome in ("clip", "late") for one in taken) / len(taken)
    logs = [math.log(one.seconds) for one in taken if one.outcome == "clip" and one.seconds > 0]
    if not logs:
        return Wait(keep=max(kept, LEAST_KEPT))
    middle = median(logs)
    spread = NORMAL_MAD * median(abs(one - middle) for one in logs)
    least = LEAST_SPREAD if len(logs) >= FEW else SPREAD
    return Wait(middle, max(spread, least), max(kept, LEAST_KEPT), len(logs))
