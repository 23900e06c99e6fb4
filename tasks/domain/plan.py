"""What is decided about each shot before anything is spent. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from tasks.domain.errors import ErrorWord
from tasks.domain.model import Route
from tasks.domain.money import ZERO, usd_shown
from tasks.domain.shot import Shot, Shown, Size
from tasks.domain.takes import Asked, Need

Action = Literal["new", "keep", "rerender"]
NOWHERE = "memory://storyreel-plan"  # the target of a plan that names none


def words_of_waiting(count: int) -> str:
    """How many shots wait until somebody chooses one of their takes, in words; empty where none does."""
    if count < 2:
        return "1 shot waits for a choice" if count else ""
    return f"{count} shots wait for a choice"


def words_of_trust(files: Sequence[str]) -> str:
    """How many remote files a plan did not read, in words, with the first; empty where it read all."""
    if len(files) < 2:
        return f"1 remote file was taken on trust: {files[0]}" if files else ""
    return f"{len(files)} remote files were taken on trust, the first: {files[0]}"


@dataclass(frozen=True, slots=True)
class Offer:
    """A route that can make the shot: what would be sent, and its price in US dollars.

    ``travels`` is how the reference image goes out: ``data`` (data URI), ``signed`` (a URL of the target),
    ``as is`` (the board's own public URL), or empty. ``references`` are the pictures of what the shot shows that go
    out; they and the last picture travel as it does.
    """

    route: Route
    seconds: Decimal
    size: Size
    quote: Decimal
    travels: str = ""
    references: tuple[Shown, ...] = ()

    @property
    def paid(self) -> bool:
        """True for a gateway, False for the built-in renderer."""
        return self.route.model.provider != "animatic"


class LeftOut(NamedTuple):
    """Why a shot is left out although it was asked for: the class of its row (``NoRoute``, or ``Source`` where the shot
    that it starts from is left out), and the reason."""

    error_class: ErrorWord
    reason: str


class Stale(NamedTuple):
    """How a clip in use is behind the shot that it started from, in words; ``waits``: somebody has to choose first."""

    reason: str
    waits: bool = False


class ShotPlan(NamedTuple):
    """One shot and what will be done with it; a tuple for the same reason as `Shot`.

    ``fingerprint`` and ``key`` are empty where the digest of a remote file is not known yet. ``offers`` are the
    usable routes in the chain's order, ``passed_over`` the others with the reason.
    """

    shot: Shot
    selected: bool
    fingerprint: str
    key: str
    parts: Mapping[str, Any]
    action: Action
    changed: tuple[str, ...] = ()
    offers: tuple[Offer, ...] = ()
    passed_over: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    collects: bool = False  # a job bought earlier is asked first
    kept: Mapping[str, Any] | None = None
    doubts: Mapping[str, int] = MappingProxyType({})  # orders that may have been accepted, by route or gateway
    left_out: LeftOut | None = None
    asked: Asked = Asked()
    need: Need = Need(1)
    jobs: int = 0  # bought earlier and not collected
    gateway_first: bool | None = None  # of the chain for finals, where ``offers`` are those for drafts
    stale: Stale | None = None

    @property
    def first(self) -> Offer | None:
        """The route that is tried first."""
        found = self._firsts(1)
        return found[0] if found else None

    def _firsts(self, orders: int) -> list[Offer]:
        """The routes that so many orders try first: where one may have been accepted, so many fewer are placed."""
        if not self.doubts:
            return [*self.offers[:1]] * orders
        found: list[Offer] = []
        missing = max(self.need.missing, 1)
        for _ in range(orders):
            at = Counter(one.route.model.provider for one in found)
            free = (one for one in self.offers if at[one.route.model.provider] < missing - self.doubt(one))
            found += [one for one in [next(free, None)] if one is not None]
        return found

    def doubt(self, offer: Offer) -> int:
        """How many orders may have been accepted there."""
        return self.doubts.get(offer.route.name, 0) + self.doubts.get(offer.route.model.provider, 0)

    @property
    def stand_ins(self) -> bool:
        """Whether a clip of the built-in renderer only stands in: a usable gateway comes before it."""
        was = self.kept is not None and self.kept.get("status") == "stand_in"
        if self.gateway_first is not None:
            return was or self.gateway_first
        return was or bool(self.offers and self.offers[0].paid)

    @property
    def renders(self) -> bool:
        """Whether this run has anything to do for the shot."""
        return self.selected and (self.action != "keep" or self.collects) and not self.left_out

    @property
    def quoted(self) -> Decimal:
        """US dollars it costs when the first route delivers each take; nothing for one that is only collected."""
        if self.action == "keep" or not self.renders:
            return ZERO
        orders = max(self.need.missing - self.jobs, 0)
        if orders == 1 and not self.doubts:
            return self.offers[0].quote if self.offers else ZERO
        return sum((one.quote for one in self._firsts(orders)), ZERO)

    @property
    def again(self) -> Decimal:
        """US dollars that another clip of it costs at its first route."""
        return self.offers[0].quote if self.offers else ZERO

    @property
    def worst(self) -> Decimal:
        """US dollars it costs when every route of its chain has to be paid."""
        total = ZERO
        for offer in self.offers if self.renders and self.action != "keep" else ():
            total += offer.quote
        return total * self.need.missing


class Schedule(NamedTuple):
    """What will be done by a time (``by``, as ``ready`` ISO 8601): the shots that will, the last of them at ``ready``,
    those that no route has time for and those that the budget does not hold; ``usd`` is what the first ones cost.
    ``lines`` say it in words, with the choice of every route."""

    by: str
    ready: str
    done: tuple[str, ...]
    late: tuple[str, ...]
    unpaid: tuple[str, ...]
    usd: Decimal
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """The shots in board order, with their total."""

    shots: tuple[ShotPlan, ...]
    extra_columns: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    trusted: tuple[str, ...] = field(default=())  # remote files that were not fetched for the plan
    waiting: tuple[str, ...] = ()  # shots with drafts of which nobody has chosen one
    schedule: Schedule | None = None  # where a time was named

    @property
    def quoted(self) -> Decimal:
        return sum((s.quoted for s in self.shots), ZERO)

    @property
    def worst(self) -> Decimal:
        return sum((s.worst for s in self.shots), ZERO)

    @property
    def stale(self) -> tuple[ShotPlan, ...]:
        """The selected shots whose clip started from a take that is no longer in use, or follows one that did."""
        return tuple(shot for shot in self.shots if shot.stale and shot.selected)

    @property
    def chains(self) -> list[tuple[str, ...]]:
        """The shots that continue one another, by id: each chain from its first shot to its last."""
        return chains_of(shot.shot for shot in self.shots)

    @property
    def buys(self) -> bool:
        """Whether a gateway may be paid, by the first route of a shot or by a later one."""
        return any(offer.paid for s in self.shots if s.renders and s.action != "keep" for offer in s.offers)

    def count(self, action: Action) -> int:
        """How many selected shots have this action."""
        return sum(s.action == action for s in self.shots if s.selected)

    @property
    def counts(self) -> str:
        """``3 new, 0 rerender, 2 keep``: the selected shots by what is done with them, and how many are left out."""
        actions: tuple[Action, ...] = ("new", "rerender", "keep")
        less = sum(s.left_out is not None for s in self.shots)
        return ", ".join(f"{self.count(action)} {action}" for action in actions) + f", {less} of them left out" * (
            less > 0
        )

    @property
    def left_out(self) -> dict[str, list[str]]:
        """Why shots are left out, each reason with its shots in board order."""
        found: dict[str, list[str]] = {}
        for shot in self.shots:
            if shot.left_out:
                found.setdefault(shot.left_out.reason, []).append(shot.shot.shot_id)
        return found

    @property
    def summary(self) -> str:
        """The plan in one line: its counts, and its cost in US dollars."""
        quoted, worst = self.quoted, self.worst
        why = " (if every shot were paid at each route of its chain)" if worst > quoted else ""
        return f"{self.counts}: {usd_shown(quoted)} USD, {usd_shown(worst)} USD at worst{why}"


def chains_of(shots: Iterable[Shot]) -> list[tuple[str, ...]]:
    """The ids of shots that continue one another, each chain from its first to its last; a shot that several continue
    is in a chain with each."""
    links = {shot.shot_id: shot.continues for shot in shots if shot.continues}
    found = []
    for last in links.keys() - set(links.values()) if links else ():
        line = [last]
        while line[-1] in links and len(line) <= len(links):
            line.append(links[line[-1]])
        found.append(tuple(reversed(line)))
    order = {name: at for at, name in enumerate(links)}
    return sorted(found, key=lambda line: order[line[-1]])
