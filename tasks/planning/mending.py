"""Where one more take is ordered because of a flaw in the one that came, and what the plan says of it. Pure."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from tasks.domain.result import Attempt
from tasks.domain.takes import Asked, Need
from tasks.ledger import offers_to_mend
from tasks.planning.offers import Found


def mending(
    found: Found, need: Need, asked: Asked, attempts: Sequence[Attempt], on_bad: Literal["keep", "again", "next"]
) -> tuple[Found, Need, Asked]:
    """The routes for what is needed, the need itself, and what is asked: nothing more where no route is left for the
    take with the flaw."""
    bad = next((one for one in attempts if need.mends and one.n == need.mends), None)
    if bad is None:
        return found, need, asked
    if offers := offers_to_mend(found[0], bad, on_bad):
        return (offers, found[1]), need, asked
    return found, Need(0, need.grade), replace(asked, mends=False)


def describe_mending(need: Need, attempts: Sequence[Attempt]) -> list[str]:
    """Because of which take and what flaw one more is ordered, where it is."""
    return [f"take {one.n} is marked: {one.qa}; one more is ordered" for one in attempts if one.n == need.mends]
