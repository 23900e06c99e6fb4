"""Which key of the ledger each row of a board has. Pure.

Rows that ask alike share a fingerprint, and each has a key of its own. A row keeps the key that the last manifest gave
it; the others take what is free, first what something was bought under: so moving rows about buys nothing.
"""

import itertools
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from tasks.names import key_of
from tasks.records import UNSETTLED, Page
from tasks.takes import Shelf, came


class Claim(NamedTuple):
    """A row that wants a key. ``last``: the key that it had in the last manifest with this fingerprint, or empty."""

    shot_id: str
    fingerprint: str
    last: str = ""


def keys_of(
    selected: Sequence[Claim],
    others: Sequence[Claim],
    held: Iterable[str],
    worth: Callable[[str], int],
    known: Iterable[str],
) -> dict[str, str]:
    """The key of each row by its shot_id, in board order: first of ``selected``, then of ``others`` (never run).

    ``held`` are the keys of rows that this run leaves alone: they are not given away. ``worth`` says what a key has
    (see `worth`), ``known`` are all keys of the ledger.
    """
    stock: dict[str, list[str]] = {}
    for key in known:
        stock.setdefault(key.rpartition("-")[0], []).append(key)
    chosen, taken = _kept(selected, set(held), worth)
    for claim in (*selected, *others):
        if claim.shot_id not in chosen or not worth(chosen[claim.shot_id]):
            own = chosen.get(claim.shot_id, "")
            bought = [key for key in stock.get(claim.fingerprint[:16], ()) if key not in taken and worth(key)]
            best = min(bought, key=lambda key: (-worth(key), _k(key)), default=own)
            chosen[claim.shot_id] = best
            taken.difference_update({own})
            taken.add(best)
    for claim in (*selected, *others):
        if not chosen[claim.shot_id]:
            free = (key_of(claim.fingerprint, k) for k in itertools.count(1))
            chosen[claim.shot_id] = next(key for key in free if key not in taken)
            taken.add(chosen[claim.shot_id])
    return chosen


def _kept(claims: Sequence[Claim], taken: set[str], worth: Callable[[str], int]) -> tuple[dict[str, str], set[str]]:
    """The rows that keep what they had."""
    chosen: dict[str, str] = {}
    for claim in claims:
        if claim.last and claim.last not in taken:
            chosen[claim.shot_id] = claim.last
            taken.add(claim.last)
    return chosen, taken


def _k(key: str) -> int:
    return int(key.rpartition("-")[2])


def worth(page: Page | None, shelf: Shelf) -> int:
    """What a row gains by a key: 3 a clip that lies there, 2 a job to be collected, 1 a clip to be asked for again,
    0 nothing that would have to be paid for."""
    attempts = page.attempts() if page is not None else ()
    if any(not a.stand_in for a in came(attempts, shelf)):
        return 3
    if any(a.outcome in UNSETTLED for a in attempts):
        return 2
    return int(any(a.clip is not None and a.job_id for a in attempts))
