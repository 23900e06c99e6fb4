"""Which takes started from a take of another shot that is no longer the one in use. Pure, by the ledger alone."""

from collections.abc import Mapping
from typing import NamedTuple

from tasks.domain.plan import ShotPlan, Stale
from tasks.domain.result import Attempt
from tasks.domain.takes import Shelf, Takes
from tasks.ledger.records import KeyHistory


class Line(NamedTuple):
    """What is known of a key in today's board: the shot's id, and whether a drawn clip only stands in there."""

    shot_id: str
    stand_ins: bool


class Lineage:
    """The takes in use and what they started from. A take of which nobody knows that is never stale."""

    def __init__(self, pages: Mapping[str, KeyHistory], shelf: Shelf, lines: Mapping[str, Line]) -> None:
        self.pages, self.shelf, self.lines = pages, shelf, lines
        self.known: dict[str, Stale | None] = {}

    def stale(self, key: str) -> Stale | None:
        """How the clip in use of a key is behind the shot that it started from; None where it is not."""
        if key not in self.known:
            self.known[key] = None  # whoever asks for it meanwhile has come round in a ring
            self.known[key] = self._behind(key)
        return self.known[key]

    def needless(self, key: str) -> str:
        """Why a shot need not be done again for the sake of the one that it started from; empty where it has to be, and
        where that one has no clip yet."""
        takes = self._takes(key)
        made = takes.own if takes else None
        if made is None:
            return ""
        if made.started_from is None:
            return f"its take {made.n} is in use, of which nobody knows what it started from"
        before = self._takes(made.started_from.key)
        source = before.own if before else None
        if source is None:
            return ""
        behind = self.stale(key)
        if behind is None:
            return f"{self._name(source)} has the take in use that it started from"
        return behind.reason if behind.waits else ""

    def _behind(self, key: str) -> Stale | None:
        page = self.pages.get(key)
        if page is None or not any(one.started_from for one in page.attempts()):
            return None  # most shots of a board
        takes = self._takes(key)
        made = takes.own if takes else None
        begun = made.started_from if made else None
        if takes is None or made is None or begun is None:
            return None
        before = self._takes(begun.key)
        source = before.own if before else None
        if before is None or source is None or source.clip is None:
            return None
        name = self._name(source)
        if source.clip.sha256 == begun.clip:
            above = self.stale(begun.key)
            waits = above is not None and (above.waits or before.chosen is not None)
            return Stale(f"follows {name}, which is stale", waits) if above else None
        there = any(one.started_from and one.started_from.clip == source.clip.sha256 for one in takes.usable)
        said = f"started from take {begun.take} of {name}, of which take {source.n} is in use now"
        return Stale(f"{said}; a take of that one waits for a choice" if there else said, there)

    def _takes(self, key: str) -> Takes | None:
        page = self.pages.get(key)
        if page is None or not page.entries:
            return None
        drawn = any(entry.record.get("stand_in") for entry in page.entries.values())
        return page.takes(self.shelf, self.lines[key].stand_ins if key in self.lines else drawn)

    def _name(self, source: Attempt) -> str:
        return self.lines[source.key].shot_id if source.key in self.lines else source.shot_id


def lineage_of(plans: Mapping[str, ShotPlan], pages: Mapping[str, KeyHistory], shelf: Shelf) -> Lineage:
    """The lineage of a board's rows as they are planned, by shot_id."""
    lines = {plan.key: Line(name, plan.stand_ins) for name, plan in plans.items() if plan.key}
    return Lineage(pages, shelf, lines)


def asks_for(plan: ShotPlan, ordered: int) -> int:
    """How many takes the row of a plan asks for; ``ordered`` is what its records say, for a row that is left alone."""
    return plan.asked.takes if plan.selected else plan.shot.takes or ordered


def waits_for_choice(source: ShotPlan, takes: Takes, ordered: int) -> str:
    """Why those that continue the row have to wait: it asks for several takes, or has drafts where finals are ordered,
    and nobody has chosen one.

    Empty where they do not.
    """
    if source.selected and not source.asked.drafts and takes.waits(source.asked):
        return f"{source.shot.shot_id} has drafts, and none is chosen"
    if asks_for(source, ordered) < 2 or takes.chosen is not None:
        return ""
    return f"{source.shot.shot_id} asks for several takes, and none is chosen"
