"""What a run does about drafts: whether it orders any, by which routes, and which of them get a final. Pure."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from typing import Literal

from tasks.config import Catalogue, Settings, quote, snap_size
from tasks.domain.errors import Fault
from tasks.domain.model import Model, Route
from tasks.domain.plan import Offer, ShotPlan, words_of_waiting
from tasks.domain.pricing import Usage
from tasks.domain.result import DRAFT_DAY, Attempt
from tasks.domain.shot import Shot, Size
from tasks.domain.takes import Asked, Need, Shelf
from tasks.ledger import Ledger
from tasks.planning.offers import Found
from tasks.planning.snapshot import ShotSelection

CHAIN = "draft"  # the named chain that drafts are ordered from
_SHOWN = 10  # shots that a line names
_NO_CHAIN = "drafts are asked for, and the config has no [chain.draft]: add one, with the routes that are to make them"


def begins_paid(found: Found) -> bool:
    """Whether a gateway is asked first."""
    return bool(found[0] and found[0][0].paid)


class Drafts:
    """How a run treats drafts, and so what it asks of a shot. ``faults`` holds what forbids a start."""

    def __init__(
        self,
        settings: Settings,
        named: ShotSelection,
        find: Callable[[Shot], Found],
        catalogue: Catalogue,
        today: date,
    ) -> None:
        flag = named.draft
        self.settings, self.catalogue, self.today = settings, catalogue, today
        self.takes = named.takes or settings.defaults.takes
        self.wanted = settings.render.draft if flag is None else flag
        finals: dict[bool | None, Literal["none", "chosen", "all"]] = {True: "none", False: "all", None: "chosen"}
        self.finals = finals[flag]
        self.find = find
        self.known: dict[int, Asked] = {}  # one object for all shots that ask alike
        missing = self.wanted and CHAIN not in settings.chains
        self.faults = [Fault(0, "", "chain.draft", "", _NO_CHAIN)] if missing else []

    def asked(self, shot: Shot, *, paid: bool) -> Asked:
        """What the run asks of a shot; ``paid``: whether its finals come from a gateway. Where the built-in renderer
        comes first one take says all: each is the same."""
        first = begins_paid(self.offers(shot)) if self.wanted else paid
        count = (shot.takes or self.takes) if first else 1
        if count not in self.known:
            self.known[count] = Asked(count, self.wanted, self.finals, self.settings.quality.on_bad != "keep")
        return self.known[count]

    def finishing(self, found: Found, need: Need, attempts: Sequence[Attempt]) -> Found:
        """The routes for a shot's finals: where its chosen draft can be finished at its gateway, that one alone.

        A draft that can be finished no more is ordered plainly only where the config says so.
        """
        if len(need.drafts) != 1:
            return found
        draft = next((one for one in attempts if one.n in need.drafts), None)
        model = next((m for m in self.catalogue.models.values() if draft and draft.route in m.final_of), None)
        provider = self.settings.providers.get(model.provider) if model else None
        if (
            draft is None
            or model is None
            or provider is None
            or not provider.ready
            or not draft.remote_ids.get("draft_id")
        ):
            return found
        plainly = found if self.settings.render.redraft else ((), ())
        until = _until(draft, model)
        if self.today >= until:  # a day early, because the gateway's day may begin before ours
            return plainly[0], (*plainly[1], f"{model.route}: the draft could be finished until {until}")
        seconds, size = draft.seconds, snap_size(model, Size.parse(draft.size)) or model.sizes[0]
        price = quote(model, Usage(seconds, *size), provider.fee)
        return (Offer(Route(model, provider.options), seconds, size, price), *plainly[0]), plainly[1]

    def told(self, need: Need, found: Found, attempts: Sequence[Attempt]) -> list[str]:
        """Until when the chosen draft can be finished by its id, where it can."""
        if not need.drafts:
            return []
        model = found[0][0].route.model if found[0] else None
        came = [one for one in attempts if model and model.final_days and one.n in need.drafts]
        return [f"its draft can be finished until {_until(one, model)}" for one in came if model]

    def routed(self, shot: Shot) -> Shot:
        """The shot as its draft is routed: its own route holds for finals."""
        return shot._replace(route=CHAIN)

    def offers(self, shot: Shot) -> Found:
        """The usable routes for its drafts, and the reasons why the others are not."""
        return self.find(self.routed(shot))


def _until(draft: Attempt, model: Model) -> date:
    """The last day of a draft that the model finishes: counted from the day of its order as its gateway told it, else
    from the day on which it came by our clock."""
    day = draft.remote_ids.get(DRAFT_DAY) or draft.settled_at[:10]
    return date.fromisoformat(day) + timedelta(days=model.final_days)


def waiting(shots: Iterable[ShotPlan], ledger: Ledger, shelf: Shelf) -> tuple[str, ...]:
    """The shots whose drafts wait for a choice."""
    looked = [(one, ledger.pages[one.key]) for one in shots if one.selected and one.key in ledger.pages]
    return tuple(
        plan.shot.shot_id
        for plan, page in looked
        if page.entries and page.takes(shelf, plan.stand_ins).waits(plan.asked)
    )


def describe_rejected(shots: Iterable[ShotPlan], ledger: Ledger, shelf: Shelf) -> list[str]:
    """A line that names the shots of which every draft was rejected and for which nothing is ordered by itself."""
    names = []
    for plan in shots:
        page = ledger.pages.get(plan.key) if plan.selected else None
        if page and page.verdicts and not (takes := page.takes(shelf, plan.stand_ins)).kept:
            drafted = any(one.grade == "draft" and one.n in takes.said for one in takes.attempts)
            names += [plan.shot.shot_id] if drafted and not takes.need(plan.asked).missing else []
    if not names:
        return []
    counted = "1 shot has" if len(names) == 1 else f"{len(names)} shots have"
    return [f"{counted} none but rejected drafts: {_listed(names)}; --draft orders another, --no-draft a final"]


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{', '.join(names[:_SHOWN])}{more}"


def describe_waiting(names: Sequence[str]) -> list[str]:
    """A line that names the shots that wait for a choice, where there are any."""
    if not names:
        return []
    drafts = "their drafts" if len(names) > 1 else "its drafts"
    return [f"{words_of_waiting(len(names))} among {drafts}: {_listed(names)}"]
