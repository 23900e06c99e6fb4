"""Which key of the ledger each row of a board has. Pure.

Rows that ask for the same share a fingerprint, and each has a key of its own. A row keeps the key of the last manifest;
the others take free keys, first those under which something was bought: so reordering rows buys nothing.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from tasks.domain.identity import key_of
from tasks.domain.takes import Shelf, attempts_with_clip
from tasks.ledger.records import UNSETTLED, KeyHistory


class Claim(NamedTuple):
    """A row that needs a key. ``last``: the key that it had in the last manifest with this fingerprint, or empty."""

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
    """The key of each row by its shot_id, in board order: first the ``selected`` rows, then the ``others`` (never run).

    ``held`` are the keys of rows that this run leaves alone: no other row gets them. ``worth`` rates a key (see the
    function `worth`), ``known`` are all keys of the ledger.
    """
    chosen, taken = _kept(selected, set(held))
    stock = _stock((key for key in known if key not in taken), worth)
    claims = (*selected, *others)
    for claim in claims if stock else ():
        own, free = chosen.get(claim.shot_id, ""), stock.get(claim.fingerprint[:16])
        if free and not (own and worth(own)):
            chosen[claim.shot_id] = free.pop()
            taken.discard(own)
            taken.add(chosen[claim.shot_id])
    least: dict[str, int] = {}
    for claim in claims:
        if claim.shot_id not in chosen:
            k = least.get(claim.fingerprint, 1)
            while (key := key_of(claim.fingerprint, k)) in taken:
                k += 1
            least[claim.fingerprint] = k + 1
            chosen[claim.shot_id] = key
    return chosen


def _kept(claims: Sequence[Claim], taken: set[str]) -> tuple[dict[str, str], set[str]]:
    """The keys that rows keep, by shot_id, and all keys that are taken now."""
    chosen: dict[str, str] = {}
    for claim in claims:
        if claim.last and claim.last not in taken:
            chosen[claim.shot_id] = claim.last
            taken.add(claim.last)
    return chosen, taken


def _stock(keys: Iterable[str], worth: Callable[[str], int]) -> dict[str, list[str]]:
    """The keys under which something was bought, by the 16 hex digits of their fingerprint, the best of each last."""
    stock: dict[str, list[tuple[int, int, str]]] = {}
    for key in keys:
        prefix, _, k = key.rpartition("-")
        if value := worth(key):
            stock.setdefault(prefix, []).append((value, -int(k), key))
    return {prefix: [key for *_, key in sorted(found)] for prefix, found in stock.items()}


def worth(page: KeyHistory | None, shelf: Shelf) -> int:
    """What a row gains by a key: 3 a clip at the target, 2 a job to collect, 1 a clip to ask a finished job for again,
    0 nothing that was paid for."""
    attempts = page.attempts() if page is not None else ()
    if any(a.brought_own_clip for a in attempts_with_clip(attempts, shelf)):
        return 3
    if any(a.outcome in UNSETTLED for a in attempts):
        return 2
    return int(any(a.clip is not None and a.job_id for a in attempts))
