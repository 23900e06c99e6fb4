"""A take that came with a flaw, and the one more order that the config may want because of it. Pure.

It is counted by the ledger: an order says in its records which take it was made for, so that a run that was killed at
any step buys again at most once.
"""

from collections.abc import Sequence
from typing import Literal

from tasks.domain.plan import Offer
from tasks.domain.result import Attempt
from tasks.domain.takes import Asked, Need, Takes

_TURNED_AWAY = ("busy", "refused", "locked")  # nothing was bought


def is_over(attempt: Attempt) -> bool:
    """Whether the one more order is spent: it was accepted, or may have been."""
    return attempt.outcome not in _TURNED_AWAY


def lacks_good(takes: Takes, asked: Asked) -> bool:
    """Whether the shot has a take with a flaw, fewer good ones than it asks for, and nobody has chosen."""
    if not asked.mends or takes.chosen is not None:
        return False
    usable = _usable(takes, asked)
    return any(one.qa for one in usable) and sum(not one.qa for one in usable) < asked.takes


def take_to_mend(takes: Takes, asked: Asked) -> Attempt | None:
    """The newest take with a flaw, where one more is to be ordered because of it: once a shot over all runs."""
    if not lacks_good(takes, asked) or any(one.mends and is_over(one) for one in takes.attempts):
        return None
    return next(one for one in reversed(_usable(takes, asked)) if one.qa)


def need_of(takes: Takes, asked: Asked) -> Need:
    """What is still to be ordered of a shot; where nothing is missing, the one more for a take with a flaw."""
    need = takes.need(asked)
    bad = None if need.missing else take_to_mend(takes, asked)
    return Need(1, bad.grade, mends=bad.n) if bad else need


def offers_to_mend(
    offers: Sequence[Offer], bad: Attempt, on_bad: Literal["keep", "again", "next"]
) -> tuple[Offer, ...]:
    """Where one more is ordered: at the route of the take with the flaw, or at those behind it."""
    paid = [one for one in offers if one.paid]
    names = [one.route.name for one in paid]
    if on_bad == "again":
        return tuple(one for one in paid if one.route.name == bad.route)
    return tuple(paid[names.index(bad.route) + 1 :] if bad.route in names else paid) if on_bad == "next" else ()


def _usable(takes: Takes, asked: Asked) -> list[Attempt]:
    """The takes that may be ordered again: those of the grade that is asked for, but for the finals of drafts."""
    grade = "draft" if asked.drafts else "final"
    return [one for one in takes.usable if one.grade == grade and not one.draft_of]
