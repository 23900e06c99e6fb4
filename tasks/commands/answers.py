"""What each command answers, as plain values: the JSON of the command line and the words of its tables."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from tasks.config import Settings
from tasks.domain.errors import Fault, TargetError
from tasks.domain.identity import number_text
from tasks.domain.money import ZERO, usd_shown, usd_text
from tasks.domain.plan import Schedule, ShotPlan, words_of_trust
from tasks.domain.request import VIEWS
from tasks.domain.result import STATUSES, Attempt, ShotResult, has_own_clip
from tasks.domain.takes import Shelf
from tasks.ledger import UNSETTLED, Ledger, spent
from tasks.manifest import summary, total_costs
from tasks.session import Session, lost, plans_of_rows, results_of_plans
from tasks.storage import StoreError
from tasks.transport import Http


def fault_json(fault: Fault) -> dict[str, Any]:
    """A fault as programs get it."""
    return {name: getattr(fault, name) for name in ("row", "shot_id", "column", "value", "message")}


def can_order(running: Session) -> bool:
    """Whether an order may leave: a shot has a route that is open and that the budget still holds, or a job whose
    failure would send it to the next one."""
    left = None if running.budget_usd is None else running.budget_usd - spent(running.ledger.history())

    def may(plan: ShotPlan) -> bool:
        fits = plan.first is not None and (left is None or not plan.first.quote or plan.first.quote <= left)
        return plan.renders and (plan.collects or fits)

    return any(may(plan) for plan in running.plan.shots)


async def run_alone(running: Session) -> None:
    """Do a whole run in which nothing is ordered: each row gets the reason why, the views are made, no gateway is
    asked."""

    async def one(plan: ShotPlan) -> None:
        if plan.renders:
            await running.source_ready(plan)
            await running.shot(plan.shot.shot_id)
        running.done[plan.shot.shot_id].set()

    async with running.open():
        await asyncio.gather(*(one(plan) for plan in running.plan.shots))
        await running.show()


def headline(running: Session) -> str:
    """One line before a run: what it will do, and its price."""
    plan = running.plan
    budget = f"budget {usd_text(running.budget_usd)} USD" if running.budget_usd is not None else "no budget"
    shown = f"{usd_shown(plan.quoted)} USD, {usd_shown(plan.worst)} at worst"
    price = f"{shown}, {budget}" if plan.worst else "costs nothing"
    return "; ".join((f"{plan.counts}: {price}", *running.snapshot.lacks))


def opening(running: Session) -> list[str]:
    """What is said before a run: how the board was read, what will be done and for how much, and by when."""
    timed = running.plan.schedule.lines if running.plan.schedule else ()
    return [*running.board.told.lines, headline(running), *timed]


def render_answer(running: Session, code: int, seconds: float) -> dict[str, Any]:
    """The answer of ``render --json``: ``code`` is its exit code, ``seconds`` how long the run took."""
    money, results = running.money(), running.results()
    url = running.store.url
    return {
        "target": url,
        "exit_code": code,
        "run_id": running.run_id,
        "shots": summary(results),
        "clips": sum(has_own_clip(r.status) for r in results),
        "totals": money["totals"],
        "this_run": money["this_run"],
        "manifest": f"{url}/manifest.json",
        "report": f"{url}/{VIEWS['report'].file}",
        "seconds": round(seconds, 3),
        "errors": [],
    }


def plan_code(running: Session) -> int:
    """0, or 3 when the target's history and the plan's total pass the budget together."""
    return 3 if over_budget(running) else 0


def over_budget(running: Session) -> str:
    """In words by how much the plan passes the budget; empty when it does not."""
    if running.budget_usd is None:
        return ""
    history, quoted = spent(running.ledger.history()), running.plan.quoted
    if history + quoted <= running.budget_usd or not quoted:
        return ""
    sums = f"{usd_text(history)} USD spent so far and {usd_text(quoted)} USD planned"
    return f"{sums} pass the budget of {usd_text(running.budget_usd)} USD"


def plan_answer(running: Session, code: int) -> dict[str, Any]:
    """The answer of ``plan --json``; ``code`` is its exit code."""
    plan = running.plan
    actions = Counter(shot.action for shot in plan.shots if shot.selected)
    totals: dict[str, Any] = {action: actions[action] for action in ("new", "keep", "rerender")}
    totals |= {"quoted_usd": usd_text(plan.quoted), "worst_usd": usd_text(plan.worst)}
    drafts = sum((shot.quoted for shot in plan.shots if shot.need.grade == "draft"), ZERO)
    shots = [_planned_shot(shot) for shot in plan.shots if shot.selected]
    unread = [one._asdict() for one in running.board.told.unread]
    passes = {"draft_usd": usd_text(drafts), "final_usd": usd_text(plan.quoted - drafts)}
    told = {
        **passes,
        "unread": unread,
        "stale": [_stale_shot(shot) for shot in plan.stale],
        "warnings": [*plan.warnings, *filter(None, [words_of_trust(plan.trusted)])],
        "errors": [],
    }
    return {"exit_code": code, "shots": shots, "totals": totals, **told, **_timed(plan.schedule)}


def _timed(told: Schedule | None) -> dict[str, Any]:
    """What will be done by the time that was asked for; nothing where none was."""
    return {} if told is None else {"by": told._asdict() | {"usd": usd_text(told.usd)}}


def _planned_shot(plan: ShotPlan) -> dict[str, Any]:
    first = plan.first if plan.action != "keep" else None
    return {
        "shot_id": plan.shot.shot_id,
        "action": plan.action,
        "changed": list(plan.changed),
        "route": first.route.name if first else "",
        "seconds": float(number_text(first.seconds)) if first else None,
        "size": str(first.size) if first else "",
        "quoted_usd": usd_text(plan.quoted),
        "worst_usd": usd_text(plan.worst),
        "warnings": list(plan.warnings),
    }


def _stale_shot(plan: ShotPlan) -> dict[str, Any]:
    """A shot that is behind what it started from, with the price of doing it again."""
    reason, waits = plan.stale or ("", False)
    return {"shot_id": plan.shot.shot_id, "reason": reason, "waits": waits, "quoted_usd": usd_text(plan.again)}


async def status(running: Session) -> dict[str, Any]:
    """The answer of ``status --json``: read from the manifest and the ledger, never written."""
    ledger, rows, shelf = await asyncio.to_thread(read_target, running)
    results = results_of_plans(plans_of_rows(rows, ledger), ledger, shelf, "")
    history = list(ledger.history())
    money = total_costs(results, history, shelf, run_id="", budget=None)
    shots = Counter(str(result.kept["status"] if result.kept else result.status) for result in results)
    return {
        "target": running.store.url,
        "shots": {status: shots[status] for status in STATUSES},
        "totals": money["totals"],
        "by_provider": money["by_provider"],
        "superseded_usd": money["superseded_usd"],
        "uncollected": uncollected_jobs(ledger),
        "lost": lost(ledger, shelf),
        "reasons": reasons(results),
        "errors": [],
    }


def reasons(results: Sequence[ShotResult]) -> list[dict[str, str]]:
    """Why each shot without a clip of its own has none, in the order of the rows."""
    found = []
    for result in results:
        told = result.kept or {"status": result.status, "error_class": result.error_class, "error": result.error}
        if not has_own_clip(told["status"]):
            words = {name: str(told.get(name) or "") for name in ("status", "error_class", "error")}
            found.append({"shot_id": result.shot.shot_id, **words})
    return found


def uncollected_jobs(ledger: Ledger) -> list[dict[str, str]]:
    """The jobs that were bought and not collected, oldest first."""
    waiting = [attempt for attempt in ledger.history() if attempt.outcome in UNSETTLED]
    return [
        {
            "shot_id": a.shot_id,
            "provider": a.provider,
            "job_id": a.job_id,
            "quoted_usd": usd_text(a.quoted),
            "submitted_at": a.submitted_at,
        }
        for a in sorted(waiting, key=lambda a: a.submitted_at)
    ]


def left_over(running: Session) -> str:
    """What a stopped run leaves: the jobs that are bought and not collected, their money, and how to collect them."""
    history = list(running.ledger.history())
    open_jobs = [attempt for attempt in history if attempt.outcome in UNSETTLED]
    unclear = [a for a in history if a.outcome == "unclear" and running.run_id in (a.run_id, a.settled_by)]
    said = [f"{_counted(open_jobs, 'job')} bought, {_at_risk(open_jobs)}: the same command collects them"]
    if not open_jobs:
        said = ["no job is left to collect: the same command goes on"]
    if unclear:
        said.append(f"{_counted(unclear, 'order')} without a receipt, {_at_risk(unclear)}: never sent there again")
    return "; ".join(said)


def _counted(attempts: list[Attempt], noun: str) -> str:
    return f"{len(attempts)} {noun}{'s' * (len(attempts) != 1)}"


def _at_risk(attempts: list[Attempt]) -> str:
    return f"{usd_text(sum((a.at_risk for a in attempts), ZERO))} USD at risk"


async def rescue(running: Session) -> dict[str, Any]:
    """Take up every job that was bought and not collected; buy nothing. The answer of ``rescue --json``."""
    await asyncio.to_thread(read_target, running)
    running.restore()
    async with running.open() as renderer:
        before = len(uncollected_jobs(running.ledger))
        await asyncio.gather(*(renderer.shot(plan) for plan in running.plan.shots))
        for attempt in running.ledger.history():
            if attempt.outcome in UNSETTLED and (reason := renderer.run.can_ask(attempt)):
                running.progress.line(f"{attempt.shot_id}: job {attempt.job_id} at {attempt.route}: {reason}")
    left = uncollected_jobs(running.ledger)
    money = running.money()
    return {
        "target": running.store.url,
        "exit_code": 1 if left else 0,
        "collected": before - len(left),
        "uncollected": left,
        "lost": lost(running.ledger, running.shelf),
        "shots": summary(running.results()),
        "totals": money["totals"],
        "by_provider": money["by_provider"],
        "errors": [],
    }


async def hear(running: Session) -> str:
    """Bring the tables of a target up to date with what people have said of its takes.

    Gives the reason in words where somebody else holds the target, and the tables stay as they are; else an empty text.
    """
    if not await asyncio.to_thread(running.store.names, "review"):
        return ""
    try:
        await asyncio.to_thread(read_target, running)
        running.restore()
        async with running.open():
            return ""
    except TargetError as error:
        return f"the manifest is shown as it is: {error}"


async def providers(loaded: Settings, *, check: bool) -> dict[str, Any]:
    """The answer of ``providers --json``; with ``check`` each gateway is asked, at no cost, and its list compared."""
    from tasks.commands import providers as inventory  # no other command needs it

    known = loaded.catalogue
    entries = inventory.list_providers(loaded, known, datetime.now(UTC).date())
    http = Http(network=loaded.network)
    try:
        for entry in entries if check else []:
            provider, facts = loaded.providers[entry["provider"]], known.providers[entry["provider"]]
            entry["check"] = await inventory.check(provider, facts, http)
            entry["differences"] = await inventory.differs(provider, facts, known, http)
    finally:
        await http.close()
    return {"config": str(loaded.path), "providers": entries, "errors": []}


class _Target(NamedTuple):
    """What lies at a target: its records, the rows of its manifest, its clips."""

    ledger: Ledger
    rows: list[dict[str, Any]]
    shelf: Shelf


def read_target(running: Session) -> _Target:
    """Read what lies at the session's target. Raises ``TargetError`` when it cannot be read, or nothing is there."""
    try:
        ledger, rows, shelf = running.ledger.load(), running.last_rows(), running.look_at_clips()
        running.receipts.add_to(ledger)
        running.hear_verdicts()
    except StoreError as error:
        raise TargetError(f"the target cannot be read: {error}") from error
    if not rows and not ledger.pages:
        raise TargetError(f"{running.store.url} holds nothing that storyreel has made")
    return _Target(ledger, rows, shelf)
