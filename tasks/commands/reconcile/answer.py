"""What ``storyreel reconcile`` does and answers: it holds the lock, asks, settles and writes ``reconciled.parquet``."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from tasks.commands.answers import read_target
from tasks.commands.reconcile.asking import Books, Unread, read_books
from tasks.commands.reconcile.joining import NOWHERE, Billed, Elsewhere, Finding, Verdict, join
from tasks.domain.job import Done, Job, JobRecord
from tasks.domain.money import ZERO, usd, usd_text
from tasks.domain.result import Attempt
from tasks.engine.charges import bill_of
from tasks.engine.context import RunContext
from tasks.engine.lost_orders import recover_order
from tasks.ledger import write_booked
from tasks.manifest import Row, Table, write_parquet
from tasks.session import Session

FILE = "reconciled.parquet"
VERDICTS: tuple[Verdict, ...] = ("matched", "found", "other amount", "unknown to us", "not billed", "by time alone")
COLUMNS: Table = {
    "verdict": "text",
    "provider": "text",
    "model": "text",
    "shot_id": "text",
    "key": "text",
    "n": "int",
    "order_id": "text",
    "job_id": "text",
    "outcome": "text",
    "charged_usd": "usd",
    "at_risk_usd": "usd",
    "billed_usd": "usd?",
    "settled": "bool",
    "submitted_at": "time",
    "recorded_at": "time",
    "note": "text",
}


@dataclass(slots=True)
class Outcome:
    """What came of asking: findings, gateways that document no records, and why others could not be read."""

    findings: list[Finding] = field(default_factory=list)
    without: list[str] = field(default_factory=list)
    unread: dict[str, str] = field(default_factory=dict)


async def reconcile(running: Session, since: date | None, elsewhere: Elsewhere = NOWHERE) -> dict[str, Any]:
    """Compare the ledger with the gateways' own records, settle what they decide, and give the answer of
    ``reconcile --json``. What was ordered ``elsewhere``, at other targets, is unknown to nobody. Buys nothing and
    deletes nothing.

    Raises ``TargetError`` when the target cannot be read or is held by another run.
    """
    await asyncio.to_thread(read_target, running)
    running.restore()
    async with running.open() as renderer:
        run = renderer.run
        recovered = [found for one in list(run.ledger.history()) if (found := await recover_order(run, one))]
        outcome = await _compare(run, since, elsewhere)
        outcome.findings += [_recovered(one, outcome.findings) for one in recovered if not _is_told(one, outcome)]
        rows = [_row(one) for one in outcome.findings]
        await run.write(run.store.write, FILE, await asyncio.to_thread(write_parquet, COLUMNS, rows))
    return _answer(running, outcome, rows)


def _is_told(attempt: Attempt, outcome: Outcome) -> bool:
    return any(_same(one, attempt) and one.verdict == "found" for one in outcome.findings)


def _same(finding: Finding, attempt: Attempt) -> bool:
    told = finding.attempt
    return told is not None and (told.key, told.n) == (attempt.key, attempt.n)


def _recovered(attempt: Attempt, findings: list[Finding]) -> Finding:
    """The finding of an order that was looked for by its id; what was told of it already is taken out."""
    findings[:] = [one for one in findings if not _same(one, attempt)]
    return Finding("found", attempt.provider, attempt, note="its reply was lost: it is collected next")


async def _compare(run: RunContext, since: date | None, elsewhere: Elsewhere) -> Outcome:
    """Ask each gateway of the ledger, and settle what its records decide."""
    outcome, now = Outcome(), datetime.now(UTC)
    paid = [one for one in run.ledger.history() if one.provider != "animatic" and _may_be_billed(one)]
    for provider in sorted({one.provider for one in paid}):
        ours = [one for one in paid if one.provider == provider]
        try:
            books = await _books(run, ours, since or _first_day(ours), now)
        except Unread as error:
            outcome.unread[provider] = str(error)
            continue
        if books is None:
            outcome.without.append(provider)
            continue
        found = join(books, ours, _Prices(run).bill, _Prices(run).is_model, elsewhere)
        outcome.findings += [await _settle(run, one) for one in found]
    return outcome


def _may_be_billed(attempt: Attempt) -> bool:
    """Whether a gateway may have taken the order: one that it turned away is in no records."""
    return bool(attempt.job_id) or attempt.outcome == "unclear"


def _first_day(attempts: Sequence[Attempt]) -> date:
    """The day on which the first of these orders left."""
    return date.fromisoformat(min(one.submitted_at for one in attempts)[:10])


async def _books(run: RunContext, ours: Sequence[Attempt], since: date, now: datetime) -> Books | None:
    provider = ours[0].provider
    if provider not in run.settings.providers:
        raise Unread("the config does not name it")
    reasons = [why for one in ours if (why := run.can_ask(one))]
    if len(reasons) == len(ours):
        raise Unread(reasons[0])
    return await read_books(run.client(provider), since, now, run.sleep)


@dataclass(frozen=True, slots=True)
class _Prices:
    """What records come to, by the catalogue of the run."""

    run: RunContext

    def bill(self, attempt: Attempt, lines: Sequence[JobRecord]) -> Billed | None:
        """What the records of a job name; the price list where they say that it is done and what it cost is open."""
        charges = [line.charge for line in lines if line.charge is not None]
        if charges:
            return Billed(sum(charges, ZERO), "reported")
        model = self.run.catalogue.models.get(attempt.route)
        counted = bill_of(self.run, attempt, Done("", units=lines[-1].units)) if lines[-1].units is not None else None
        if counted is not None:
            return Billed(counted, "reported")
        if lines[-1].word == "ended" and model is not None and model.failed_is_charged is False:
            return Billed(ZERO, "free")
        return Billed(attempt.quoted, "price_list") if lines[-1].word == "done" and attempt.at_risk else None

    def is_model(self, attempt: Attempt, name: str) -> bool:
        """Whether records name the model of an order; those that name none may mean any."""
        model = self.run.catalogue.models.get(attempt.route)
        return name in ("", attempt.model, *((model.path,) if model else ()))


async def _settle(run: RunContext, finding: Finding) -> Finding:
    """Write what the records decide of an order: its receipt, or its money."""
    attempt, record, billed = finding.attempt, finding.record, finding.billed
    if attempt is None:
        return finding
    if finding.verdict == "found" and record is not None and record.request is not None:
        await run.write(run.ledger.found, attempt, Job(record.id, record.request))
    if finding.settles and billed is not None:
        await run.write(write_booked, run.ledger, attempt, billed.amount, billed.basis)
    return finding


def _row(one: Finding) -> Row:
    attempt, record = one.attempt, one.record
    return {
        "verdict": one.verdict,
        "provider": one.provider,
        "model": attempt.model if attempt else record.model if record else "",
        "shot_id": attempt.shot_id if attempt else "",
        "key": attempt.key if attempt else "",
        "n": attempt.n if attempt else None,
        "order_id": attempt.order_id if attempt else "",
        "job_id": record.id if record else attempt.job_id if attempt else "",
        "outcome": attempt.outcome if attempt else "",
        "charged_usd": attempt.charged if attempt else ZERO,
        "at_risk_usd": attempt.at_risk if attempt else ZERO,
        "billed_usd": usd(one.billed.amount) if one.billed and one.billed.amount.is_finite() else None,
        "settled": one.settles,
        "submitted_at": attempt.submitted_at if attempt else "",
        "recorded_at": record.at if record else "",
        "note": one.note,
    }


def _answer(running: Session, outcome: Outcome, rows: Sequence[Row]) -> dict[str, Any]:
    counts = Counter(one.verdict for one in outcome.findings)
    differs = [_json(row) for row in rows if row["verdict"] != "matched"]
    return {
        "target": running.store.url,
        "exit_code": int(bool(differs or outcome.unread)),
        "verdicts": {name: counts[name] for name in VERDICTS},
        "settled": sum(one.settles for one in outcome.findings),
        "differences": differs,
        "without_records": outcome.without,
        "unread": [{"provider": name, "reason": why} for name, why in outcome.unread.items()],
        "totals": running.money()["totals"],
        "file": f"{running.store.url}/{FILE}",
        "errors": [],
    }


def _json(row: Row) -> dict[str, Any]:
    return {name: usd_text(value) if isinstance(value, Decimal) else value for name, value in row.items()}
