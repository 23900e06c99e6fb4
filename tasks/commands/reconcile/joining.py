"""The orders of a ledger beside the records of their gateway: what agrees, and how the rest differs. Pure."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Literal, NamedTuple

from tasks.commands.reconcile.asking import Books
from tasks.domain.job import JobRecord
from tasks.domain.money import is_credible, usd, usd_text
from tasks.domain.result import Attempt, Basis

Verdict = Literal["matched", "found", "other amount", "unknown to us", "not billed", "by time alone"]
NEAR = 600.0  # seconds between an order and a record that may be its own


@dataclass(frozen=True, slots=True)
class Billed:
    """US dollars that a gateway's records name for a job, and what they rest on."""

    amount: Decimal
    basis: Basis


@dataclass(frozen=True, slots=True)
class Finding:
    """An order, a record, or both. ``settles``: the ledger takes over what the records name."""

    verdict: Verdict
    provider: str
    attempt: Attempt | None = None
    record: JobRecord | None = None
    billed: Billed | None = None
    settles: bool = False
    note: str = ""


Price = Callable[[Attempt, Sequence[JobRecord]], Billed | None]


IsModel = Callable[[Attempt, str], bool]


class Elsewhere(NamedTuple):
    """What other targets ordered, and which jobs, by gateway and id, were told as unknown to all of them."""

    orders: Sequence[Attempt] = ()
    unknown: Collection[tuple[str, str]] = ()


NOWHERE = Elsewhere()


def join(
    books: Books,
    attempts: Iterable[Attempt],
    price: Price,
    is_model: IsModel,
    elsewhere: Elsewhere = NOWHERE,
) -> list[Finding]:
    """What comes of the orders of one gateway and its records, in the order of the orders, then of the records.

    ``price`` says what the records of a job come to, ``is_model`` whether they name the model of an order.
    A record that is, or may be, of an order ``elsewhere`` is left to that target.
    """
    ours = [one for one in attempts if one.provider == books.provider]
    by_order = {line.order_id: lines for lines in books.lines.values() for line in lines if line.order_id}
    joined: set[str] = set()
    findings = []
    for attempt in ours:
        lines = books.lines.get(attempt.job_id) if attempt.job_id else by_order.get(attempt.order_id or "-")
        if lines:
            joined.add(lines[0].id)
            findings.append(_joined(attempt, lines, price))
        elif _is_missing(attempt, books.covers):
            findings.append(Finding("not billed", books.provider, attempt, note=_doubt(attempt)))
    theirs = [one for one in elsewhere.orders if one.provider == books.provider]
    unknown = [lines for job, lines in books.lines.items() if job not in joined and _costs(lines)]
    names = {name for one in theirs for name in (one.job_id, one.order_id) if name}
    names |= {job for provider, job in elsewhere.unknown if provider == books.provider}
    unknown = [
        lines for lines in unknown if names.isdisjoint(name for line in lines for name in (line.id, line.order_id))
    ]
    return _by_time(findings, unknown, (books, theirs), is_model)


def _joined(attempt: Attempt, lines: Sequence[JobRecord], price: Price) -> Finding:
    first = lines[0]
    if not attempt.job_id:
        return Finding("found", attempt.provider, attempt, first, note="its reply was lost: it is collected next")
    billed, ours = price(attempt, lines), attempt.charged + attempt.at_risk
    if billed is None:
        return Finding("matched", attempt.provider, attempt, first)
    if not is_credible(billed.amount, attempt.expected):
        note = f"{billed.amount} USD is not believed: nothing is settled by it"
        return Finding("other amount", attempt.provider, attempt, first, billed, note=note)
    same = usd(billed.amount) == ours
    note = "" if same else f"{usd_text(ours)} USD in the ledger"
    settles = bool(attempt.at_risk) or not same
    return Finding("matched" if same else "other amount", attempt.provider, attempt, first, billed, settles, note)


def _is_missing(attempt: Attempt, covers: str) -> bool:
    """Whether an order that costs something has no record in a time for which the records are whole."""
    return bool(covers) and attempt.submitted_at >= covers and bool(attempt.charged + attempt.at_risk)


def _doubt(attempt: Attempt) -> str:
    return "" if attempt.job_id else "its reply was lost, and it may never have arrived"


def _costs(lines: Sequence[JobRecord]) -> bool:
    """Whether a job that is none of ours was billed, as far as its records tell."""
    return any(line.charge or line.word == "done" or (not line.word and line.charge is None) for line in lines)


def _by_time(
    findings: list[Finding],
    unknown: Sequence[Sequence[JobRecord]],
    known: tuple[Books, Sequence[Attempt]],
    is_model: IsModel,
) -> list[Finding]:
    """The findings with the records that nobody claims: one that came when an order's reply was lost may be its own,
    which is told and settles nothing. Beside the books ``known`` holds the orders of other targets."""
    told, (books, theirs) = list(findings), known
    for lines in unknown:
        first, charge = lines[0], books.charge(lines[0].id)
        billed = None if charge is None else Billed(charge, "reported")
        lost = [(one.attempt, i) for i, one in enumerate(told) if one.verdict == "not billed" and one.attempt]
        if near := _nearest(lost, first, is_model):
            note = "a record of that time may be this order's: look at it there; nothing is settled by a time alone"
            told[near[1]] = replace(told[near[1]], verdict="by time alone", record=first, billed=billed, note=note)
        elif not _nearest([(one, 0) for one in theirs if one.outcome == "unclear"], first, is_model):
            told.append(Finding("unknown to us", books.provider, None, first, billed))
    return told


def _nearest(orders: Iterable[tuple[Attempt, int]], record: JobRecord, is_model: IsModel) -> tuple[float, int] | None:
    """Of orders whose reply was lost, with a number each: seconds between the nearest and the record, and its number;
    None where none is near."""
    gaps = [
        (_seconds_between(one.submitted_at, record.at), number)
        for one, number in orders
        if not one.job_id and is_model(one, record.model)
    ]
    return min((one for one in gaps if one[0] <= NEAR), default=None)


def _seconds_between(one: str, other: str) -> float:
    try:
        return abs((datetime.fromisoformat(one) - datetime.fromisoformat(other)).total_seconds())
    except (ValueError, TypeError):
        return float("inf")
