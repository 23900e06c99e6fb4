"""The takes of one shot that a run orders side by side: which gateways each may ask, and what ends the ordering."""

import contextlib
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from tasks.domain.errors import Outcome
from tasks.domain.plan import Offer
from tasks.domain.result import Attempt, Grade
from tasks.domain.shot import Shot
from tasks.domain.takes import Need
from tasks.ledger import UNSETTLED, Ended

SEEDS = 2**32
_WEIGHT = ("Interrupted", "Budget", "Target", "Moderated")  # of several endings, the one that is told


Work = Callable[[], Awaitable[Ended | None]]
Beside = Callable[[str, Work], Awaitable[Ended | None]]  # does the work on a further take of that name
Next = Literal["done", "again", "next", "stop"]
#: How a gateway left a shot that goes on elsewhere, in the words of the display.
LEFT: Mapping[Outcome, str] = {
    "busy": "busy",
    "refused": "refused it",
    "locked": "refused key or credit",
    "failed": "failed",
    "unclear": "gave no clear answer",
    "overdue": "took too long",
    "moderated": "refused the content",
}


def after(attempt: Attempt, tries: int, *, on_unclear: str, on_moderated: str) -> Next:
    """What follows an attempt, by its outcome; ``tries`` counts the attempts at this route that ended failed."""
    if attempt.outcome == "clip":
        return "done"
    if attempt.outcome == "moderated":
        return "stop" if on_moderated == "stop" else "next"
    if attempt.outcome in ("unclear", "overdue"):
        return "stop" if on_unclear == "fail" else "next"
    if attempt.outcome == "failed" and attempt.basis == "free" and attempt.provider != "animatic" and tries == 1:
        return "again"
    return "next"


@dataclass(frozen=True, slots=True)
class Place:
    """One take to be ordered. ``slot`` counts the takes of the shot, from 1: a given seed goes by it."""

    slot: int
    grade: Grade = "final"
    draft_of: int = 0
    mends: int = 0

    @property
    def drafts(self) -> bool:
        """Whether a draft is ordered for it."""
        return self.grade == "draft"

    def record(self, takes: int) -> dict[str, Any]:
        """What its records say of it, where the shot asks for so many: nothing of a shot's only final."""
        told: dict[str, Any] = {"slot": self.slot} if self.slot > 1 else {}
        told |= {"grade": self.grade} if self.grade != "final" else {}
        told |= {"draft_of": self.draft_of} if self.draft_of else {}
        told |= {"mends": self.mends} if self.mends else {}
        return told | ({"takes": takes} if takes > 1 else {})

    def draft(self, attempts: Sequence[Attempt]) -> Attempt | None:
        """The draft that it finishes; None for none, or where its gateway knows none by an id."""
        return next((one for one in attempts if one.n == self.draft_of and one.remote_ids.get("draft_id")), None)

    def shot(self, shot: Shot) -> Shot:
        """The shot as it is ordered for this place: each has a seed of its own where one is given."""
        return shot if shot.seed is None else shot._replace(seed=(shot.seed + self.slot - 1) % SEEDS)


@dataclass(slots=True)
class Places:
    """What the places of one shot share. ``missing`` takes have not come yet. ``doubts`` counts, by route and by
    gateway, the orders that may have been accepted: as many fewer are ordered there."""

    missing: int
    doubts: Counter[str]
    at: Counter[str] = field(default_factory=Counter)
    stopped: Ended | None = None
    drawn: bool = False

    def is_full(self, offer: Offer) -> bool:
        """Whether one more order there could bring a clip too many."""
        provider = offer.route.model.provider
        return self.at[provider] >= self.missing - self.doubts[offer.route.name] - self.doubts[provider]

    def go_on(self) -> bool:
        """Whether an order may still leave: nothing has stopped the shot."""
        return self.stopped is None

    @contextlib.contextmanager
    def working(self, offer: Offer) -> Iterator[None]:
        """Count a place as ordering there during the body."""
        provider = offer.route.model.provider
        self.at[provider] += 1
        try:
            yield
        finally:
            self.at[provider] -= 1

    def note(self, attempt: Attempt) -> None:
        """Note that an order has ended, with a clip or in doubt whether one may still come."""
        self.missing -= attempt.clip is not None and not attempt.stand_in
        self.doubts[attempt.provider] += attempt.outcome == "unclear"


def places_of(attempts: Sequence[Attempt], need: Need) -> list[Place]:
    """The places of the takes that are missing, behind those that came and the orders that are on their way. A final
    has the place of the draft that it finishes."""
    came = [a for a in attempts if a.grade == need.grade and (a.brought_own_clip or a.outcome in UNSETTLED)]
    slots = {one.n: one.slot for one in attempts}
    drafts = [need.draft_of(place) for place in range(need.missing)]
    return [Place(slots.get(n, len(came) + i), need.grade, n, need.mends) for i, n in enumerate(drafts, 1)]


def weigh(endings: Sequence[Ended | None]) -> Ended | None:
    """What ended the shot's takes, of several the heaviest; None where each has come."""
    found = [one for one in endings if one is not None]
    heavy = [one for word in _WEIGHT for one in found if one.error_class == word]
    return next(iter((*heavy, *found)), None)


def ended_of(attempt: Attempt) -> Ended:
    """How the shot's last attempt leaves it."""
    status: Literal["refused", "failed"] = "refused" if attempt.outcome == "moderated" else "failed"
    return Ended(status, attempt.error_class or "Failed", attempt.error)


async def at_once(name: str, work: Work) -> Ended | None:
    """Do the work on a further take without a record of its own."""
    return await work()
