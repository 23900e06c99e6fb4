"""What of a board will be done by a time, and by which routes of its chains, for the least money. Pure."""

import math
import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from tasks.domain.errors import ConfigError, Fault
from tasks.domain.money import ZERO, usd_shown
from tasks.domain.plan import Offer, Plan, Schedule, ShotPlan
from tasks.planning.pace import ASSUMED_S, Lane, Pace, Wait

MARGIN = 0.1  # share of the time that is left unused: for fetching, framing, downloads and tables
RISK = 0.05  # chance that a board which was promised is late
_SHOWN = 4  # shots that a line names
_CLOCK = re.compile(r"(\d{1,2}):(\d\d)")


@dataclass(slots=True)
class _Load:
    """The jobs that a gateway is to make, and how long it takes for them."""

    lane: Lane
    chance: float
    jobs: float = 0.0
    means: float = 0.0
    longest: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    waits: dict[str, Wait] = field(default_factory=dict)

    def add(self, route: str, wait: Wait, orders: int) -> None:
        """Some more jobs of a route; fewer where ``orders`` is below zero."""
        self.jobs += orders / wait.keep
        self.means += orders / wait.keep * wait.mean
        self.longest[route] += orders
        self.waits[route] = wait

    @property
    def seconds(self) -> float:
        """Until all of them are done, but for the risk."""
        used = [self.waits[route] for route, count in self.longest.items() if count > 0]
        if not used or self.jobs <= 0:
            return 0.0
        mean = self.means / self.jobs
        rounds = math.ceil(self.jobs / self.lane.at_once)
        slack = max(one.within(self.chance) for one in used) - mean
        in_turn = rounds * mean + max(slack, 0.0) * math.sqrt(rounds)
        return max(in_turn, (self.jobs - 1) * 60 / self.lane.per_minute + mean + max(slack, 0.0))


class _Job(NamedTuple):
    """A shot that is ordered: how many takes of it, and the offers to choose from, cheapest first."""

    orders: int
    offers: tuple[Offer, ...]


class Time(NamedTuple):
    """What there is of time and money: now, until when, and the US dollars that may still be spent (None for no
    limit)."""

    now: datetime
    by: datetime
    left: Decimal | None = None


def read_time(text: str, now: datetime) -> datetime:
    """The time that somebody names: ``07:00`` is the next one by the clock of ``now``, a date with a time (ISO 8601)
    is that time, in the zone of ``now`` where it names none.

    Raises ``ValueError`` with what would be right when it is none, or over.
    """
    try:
        if found := _CLOCK.fullmatch(text.strip()):
            by = now.replace(hour=int(found[1]), minute=int(found[2]), second=0, microsecond=0)
            return by if by > now else by + timedelta(days=1)
        by = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError("write a time such as 07:00, or a date and a time such as 2026-12-01T07:00") from None
    by = by if by.tzinfo else by.replace(tzinfo=now.tzinfo)
    if by <= now:
        raise ValueError(f"{by:%Y-%m-%d %H:%M} is over")
    return by


def asked_time(text: str, name: str, now: datetime) -> str:
    """The time that an option or a parameter of this name asks for, as ISO 8601; empty where it is.

    Raises ``ConfigError`` when it is no time that is still to come.
    """
    try:
        return read_time(text, now).isoformat() if text.strip() else ""
    except ValueError as error:
        raise ConfigError([Fault(0, "", name, text, str(error))]) from None


def schedule(plan: Plan, pace: Pace, time: Time) -> Plan:
    """The plan with its routes in the order that has it done in time for the least money, and its ``schedule``.

    Each shot goes to the cheapest paid route of its chain; where a gateway then has too much to do, those go elsewhere
    that cost least to move, and what fits nowhere is late. Rows that start from each other, and those with jobs or
    doubts of earlier runs, stay as they are.
    """
    return _Scheduler(plan, pace, time).schedule()


class _Scheduler:
    def __init__(self, plan: Plan, pace: Pace, time: Time) -> None:
        self.plan, self.pace, self.time = plan, pace, time
        self.seconds, self.total = (time.by - time.now).total_seconds() * (1 - MARGIN), ZERO
        self.names = {one.shot.shot_id: one for one in plan.shots}
        sources = {one.shot.source_shot for one in plan.shots if one.shot.source_shot}
        self.jobs = {one.shot.shot_id: _job(one, sources) for one in plan.shots if _is_bought(one)}
        orders = sum(job.orders for job in self.jobs.values())
        self.chance = (1 - RISK) ** (1 / max(orders, 1))
        self.chosen: dict[str, Offer] = {}
        self.moved: dict[str, Offer] = {}  # where a shot would have gone by price alone
        self.late: set[str] = set()

    def schedule(self) -> Plan:
        """Decide it."""
        loads = {name: _Load(lane, self.chance) for name, lane in self.pace.lanes.items()}
        for name, job in self.jobs.items():
            self.chosen[name] = job.offers[0]
            self._load(loads, name, 1)
        for provider in loads:
            self._relieve(loads, provider)
        self._drop_followers()
        unpaid = self._unaffordable()
        done = tuple(name for name in self.jobs if name not in self.late and name not in unpaid)
        last = self.time.now + timedelta(seconds=max((load.seconds for load in loads.values()), default=0.0))
        late = tuple(name for name in self.jobs if name in self.late)
        usd = sum((self._price(name) for name in done), ZERO)
        told = Schedule(self.time.by.isoformat(), last.isoformat(), done, late, tuple(unpaid), usd)
        told = told._replace(lines=(*self._sums(told), *self._choices(), *self._assumed()))
        return replace(self.plan, shots=tuple(map(self._ordered, self.plan.shots)), schedule=told)

    def _load(self, loads: Mapping[str, _Load], name: str, sign: int) -> None:
        offer, job = self.chosen[name], self.jobs[name]
        loads[offer.route.model.provider].add(offer.route.name, self.pace.wait(offer), sign * job.orders)
        self.total += sign * self._price(name)

    def _price(self, name: str) -> Decimal:
        return self.chosen[name].quote * self.jobs[name].orders

    def _relieve(self, loads: Mapping[str, _Load], provider: str) -> None:
        """Send jobs of a gateway that has too much to do elsewhere, those that cost least to move first; then those
        that nobody can do in time, from the end of the board, are late."""
        if loads[provider].seconds <= self.seconds:
            return
        here = [name for name, offer in self.chosen.items() if offer.route.model.provider == provider]
        moves = [
            (offer.quote - self.chosen[name].quote, at, name, offer)
            for at, name in enumerate(here)
            for offer in self.jobs[name].offers[1:]
        ]
        for more, _, name, offer in sorted(moves, key=lambda one: one[:2]):
            if loads[provider].seconds <= self.seconds:
                return
            if self.chosen[name].route.model.provider == provider and self._affords(more * self.jobs[name].orders):
                self._move(loads, name, offer)
        for name in reversed(here):
            if loads[provider].seconds <= self.seconds:
                return
            if self.chosen[name].route.model.provider == provider:
                self._load(loads, name, -1)
                self.late.add(name)

    def _move(self, loads: Mapping[str, _Load], name: str, offer: Offer) -> None:
        """Try a shot's other route: it stays there where that one has time for it, or has less to do by it."""
        before, provider = self.chosen[name], offer.route.model.provider
        old = loads[provider].seconds
        self._load(loads, name, -1)
        self.chosen[name] = offer
        self._load(loads, name, 1)
        same = provider == before.route.model.provider
        if loads[provider].seconds <= self.seconds or (same and loads[provider].seconds < old):
            self.moved.setdefault(name, before)
            return
        self._load(loads, name, -1)
        self.chosen[name] = before
        self._load(loads, name, 1)

    def _affords(self, more: Decimal) -> bool:
        return self.time.left is None or more <= 0 or self.total + more <= self.time.left

    def _drop_followers(self) -> None:
        """A row that starts from another begins when that one is done: late where both together take too long."""
        for name in self.jobs:
            took, at, seen = 0.0, name, set[str]()
            while at in self.jobs and at not in seen:
                seen.add(at)
                took += self.pace.wait(self.chosen[at]).within(self.chance)
                late = at in self.late
                at = self.names[at].shot.source_shot
                if late or (len(seen) > 1 and took > self.seconds):
                    self.late.add(name)

    def _unaffordable(self) -> dict[str, None]:
        """The shots that the budget does not hold, those at the end of the board first."""
        spent, without = ZERO, dict[str, None]()
        for name in self.jobs if self.time.left is not None else ():
            if spent + self._price(name) > (self.time.left or ZERO):
                without[name] = None
            else:
                spent += self._price(name)
        return without

    def _ordered(self, plan: ShotPlan) -> ShotPlan:
        name = plan.shot.shot_id
        first = self.chosen.get(name)
        if first is None or name in self.late or first == plan.first:
            return plan
        return plan._replace(offers=(first, *(one for one in plan.offers if one is not first)))

    def _sums(self, told: Schedule) -> list[str]:
        """What will be done by then and for how much, and what will not."""
        by, last = (self._shown(datetime.fromisoformat(one)) for one in (told.by, told.ready))
        if not self.jobs:
            return [f"by {by}: nothing is ordered at a gateway"]
        ready = f", the last of them at about {last}" if told.done else ""
        count = f"{len(told.done)} of {len(self.jobs)} shots that are ordered"
        said = [f"by {by}: {count} will be there{ready}, for {usd_shown(told.usd)} USD"]
        if told.late:
            said.append(f"no route of their chains has time for {len(told.late)}: {_named(told.late)}")
        if told.unpaid:
            said.append(f"the budget does not hold {len(told.unpaid)}: {_named(told.unpaid)}")
        return said

    def _shown(self, one: datetime) -> str:
        return f"{one:%H:%M}" if one - self.time.now < timedelta(days=1) else f"{one:%Y-%m-%d %H:%M}"

    def _choices(self) -> list[str]:
        """Why shots go by another route than their chain's first one, a line for all that are alike."""
        alike = defaultdict[tuple[str, str, str], list[str]](list)
        for name, offer in self.chosen.items():
            first = self.names[name].first
            if first is None or first == offer or name in self.late:
                continue
            more = (offer.quote - first.quote) * self.jobs[name].orders
            price = f"{usd_shown(abs(more))} USD {'more' if more > 0 else 'less'} each"
            why = f"{self.moved[name].route.name} has too much to do" if name in self.moved else "in time as well"
            alike[offer.route.name, first.route.name, f"{why}, {price}"].append(name)
        return [f"{_named(names)}: {route} before {first} ({why})" for (route, first, why), names in alike.items()]

    def _assumed(self) -> list[str]:
        """The routes of which nobody knows how long they take."""
        used = dict.fromkeys(one.route.name for one in self.chosen.values() if not self.pace.wait(one).clips)
        return [f"{name}: nobody has measured how long it takes; {ASSUMED_S:.0f} s a clip are taken" for name in used]


def _named(names: Sequence[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")


def _is_bought(plan: ShotPlan) -> bool:
    return bool(plan.renders and plan.action != "keep" and plan.first and plan.first.paid and _orders(plan))


def _orders(plan: ShotPlan) -> int:
    return max(plan.need.missing - plan.jobs, 0)


def _job(plan: ShotPlan, sources: Collection[str]) -> _Job:
    stays = plan.shot.source_shot or plan.shot.shot_id in sources or plan.doubts or plan.jobs
    first = plan.first
    paid = tuple(sorted((one for one in plan.offers if one.paid), key=lambda one: one.quote))
    return _Job(_orders(plan), (first,) if stays and first else paid)
