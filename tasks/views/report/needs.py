"""What to do about the shots that have no clip, by the class of what ended them. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tasks.views.report.cards import Card
from tasks.views.report.words import OWN

ADVICE: Mapping[str, tuple[str, str, str]] = {
    "Budget": (
        "The budget stopped it",
        "Nothing more was ordered. Raise the limit and run the same command again: what is there is kept. "
        "Where the reason names max_wasted_usd, look first at why so much bought no clip.",
        "--budget USD",
    ),
    "Moderated": (
        "Refused by content policy",
        "Change the prompt, which makes it a new shot, or ask once more for the shot as it is.",
        "--rerender ID",
    ),
    "Unclear": (
        "It may have been bought",
        "An order left and its answer was lost, so it is never sent there again by itself. Look for the job at "
        "the gateway and collect what can be collected. Naming the shot with --rerender orders it anew.",
        "storyreel rescue TARGET",
    ),
    "Target": (
        "The target has not kept the clip",
        "The clip was bought and is not at the target. See that there is room and that writing is allowed, then "
        "collect it, which buys nothing.",
        "storyreel rescue TARGET",
    ),
    "Locked": (
        "Key or credit",
        "The gateway turned the key down, or its credit is used up. Check both, then run the same command again.",
        "storyreel providers --check",
    ),
    "Refused": (
        "The order was not taken",
        "Asked again it would end the same way: change what the reason names, or give the chain another route.",
        "",
    ),
    "NoRoute": (
        "No route was left",
        "Every route of its chain was passed over. Change what the reason names, or give the chain another route.",
        "",
    ),
    "Source": (
        "Its source has no clip",
        "It is made from another shot. See to that one first: the same command then renders both.",
        "",
    ),
    "Busy": (
        "The gateway was busy",
        "The last order was not accepted and cost nothing. Run the same command again later.",
        "",
    ),
    "Failed": (
        "The gateway failed at it",
        "Run the same command again: it is tried anew. If it fails at the same gateway, pin another in its route.",
        "",
    ),
    "Interrupted": (
        "The run was interrupted",
        "Run the same command again: jobs already bought are collected, the rest is rendered.",
        "",
    ),
    "": (
        "Not asked for yet",
        "The last run was for other shots. Run the same command without --only.",
        "",
    ),
    "at_risk": (
        "A second clip may be paid for",
        "The shot has its clip, and another order may have been accepted too. Look for it at the gateway, or "
        "collect what is there.",
        "storyreel rescue TARGET",
    ),
}


@dataclass(frozen=True, slots=True)
class Need:
    """Shots that want the same thing done: why, what, and for each reason the shots that have it."""

    title: str
    advice: str
    command: str
    count: int
    reasons: tuple[tuple[str, tuple[Card, ...]], ...]


def needs(cards: Iterable[Card]) -> list[Need]:
    """What wants a hand, grouped by what to do: shots without a clip of their own, then money at risk."""
    groups: dict[str, list[Card]] = {name: [] for name in ADVICE}
    for one in cards:
        if (cause := _cause(one)) is not None:
            groups[cause].append(one)
    return [_need(name, found) for name, found in groups.items() if found]


def _cause(one: Card) -> str | None:
    if one.status in OWN:
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
