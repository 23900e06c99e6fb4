"""What to do about the shots that have no clip, by the class of what ended them. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tasks.domain.result import has_own_clip
from tasks.views.advice import ADVICE
from tasks.views.report.cards import Card


@dataclass(frozen=True, slots=True)
class Need:
    """Shots that want the same thing done: why, what, and for each reason the shots that have it."""

    title: str
    advice: str
    command: str
    count: int
    reasons: tuple[tuple[str, tuple[Card, ...]], ...]


def needs(cards: Iterable[Card]) -> list[Need]:
    """What a person has to do, grouped by that: for shots without a clip of their own, then for money at risk."""
    groups: dict[str, list[Card]] = {name: [] for name in ADVICE}
    for one in cards:
        if (cause := _cause(one)) is not None:
            groups[cause].append(one)
    return [_need(name, found) for name, found in groups.items() if found]


def _cause(one: Card) -> str | None:
    if has_own_clip(one.status):
        return "at_risk" if one.at_risk else None
    if one.status == "refused":
        return "Moderated"
    if one.status == "skipped" and not one.error_class:
        return ""
    return one.error_class if one.error_class in ADVICE and one.error_class else "Failed"


def _need(name: str, found: Sequence[Card]) -> Need:
    reasons: dict[str, list[Card]] = {}
    for one in found:
        reasons.setdefault(one.reason, []).append(one)
    said = tuple((reason, tuple(cards)) for reason, cards in reasons.items())
    return Need(*ADVICE[name], count=len(found), reasons=said)
