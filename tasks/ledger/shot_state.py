"""How a shot stands by the ledger, and how a run ends by its shots. Pure decisions over attempts."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from tasks.domain.errors import ErrorWord, Outcome, Stopped
from tasks.domain.plan import ShotPlan
from tasks.domain.result import Attempt, Grade, ShotResult, Status, has_own_clip
from tasks.domain.takes import Asked, Shelf, Takes, is_stand_in
from tasks.ledger.records import KeyHistory


class Ended(NamedTuple):
    """How this run left a shot that has no clip: its status, the class of the error and the reason in words."""

    status: Status
    error_class: ErrorWord
    error: str


def refusal(page: KeyHistory) -> Attempt | None:
    """The order that content policy stopped the shot at: the last one of its place, and nobody has asked for another
    clip since; else None."""
    wish = page.wish
    since = wish["upto"] if wish else 0
    last = {(a.grade, a.slot): a for a in page.attempts()} if page.entries else {}
    return next((a for a in last.values() if a.outcome == "moderated" and a.n > since), None)


def is_refused(page: KeyHistory) -> bool:
    """Whether content policy stopped the shot, and nobody has asked for another clip since."""
    return refusal(page) is not None


def unclear_routes(page: KeyHistory) -> set[str]:
    """Routes at which an order of this shot may have been accepted: closed until the user asks for the shot anew."""
    return {a.route for a in _doubtful(page)}


def doubts(page: KeyHistory, grade: Grade = "final") -> Counter[str]:
    """How many orders of this grade may have been accepted: by route, and by gateway where the reply to one was lost,
    because another of its models could buy the clip twice."""
    if not page.entries:
        return Counter()
    return Counter(a.provider if a.outcome == "unclear" else a.route for a in _doubtful(page) if a.grade == grade)


def _doubtful(page: KeyHistory) -> list[Attempt]:
    wish = page.wish
    since = wish["upto"] if wish else 0
    return [a for a in page.attempts() if a.outcome in ("unclear", "pending", "overdue") and a.n > since]


def result_of(plan: ShotPlan, page: KeyHistory, run_id: str, *, shelf: Shelf, ended: Ended | None = None) -> ShotResult:
    """The result of a shot by the ledger, after a run or during one.

    ``shelf`` are the clips at the target, ``ended`` is how this run left the shot. Without ``ended`` a stand-in has the
    reason of the last gateway; a shot with no clip that this run has to render is ``skipped`` (Interrupted); any other
    is as its last attempt left it. A shot with a clip of its own has the reason why a wish for another was not met.
    """
    ended = Ended("skipped", *plan.left_out) if plan.left_out else ended
    stand_ins = plan.stand_ins or (plan.kept is not None and _drawn_in_place(page))
    takes = page.takes(shelf, stand_ins)
    made = takes.in_use
    if made is None:
        why = ended or _without(plan, page, takes)
        return _row(plan, takes, why.status, why)
    if is_stand_in(made, stand_ins):
        return _row(plan, takes, "stand_in", ended or _behind(page), made)
    if not takes.done(plan.asked):
        return _row(plan, takes, "stand_in", ended or _undecided(page, takes, plan.asked), made)
    status: Status = "rendered" if fresh(made, run_id) else "reused"
    return _row(plan, takes, status, _unmet(plan, page, run_id, ended) or _lacking(plan, page, takes, ended), made)


def _without(plan: ShotPlan, page: KeyHistory, takes: Takes) -> Ended:
    """Why a shot has no clip at all, where its run does not say."""
    if takes.said and not is_refused(page):
        return Ended("skipped", "", "each of its takes was rejected")
    last = takes.attempts[-1] if takes.attempts else None
    return _open(last) if plan.renders and plan.action != "keep" else _left(page, last)


def _row(plan: ShotPlan, takes: Takes, status: Status, why: Ended | None, made: Attempt | None = None) -> ShotResult:
    """The result with the clip of ``made``, and with the reason of ``why``."""
    attempts, said = tuple(takes.attempts), takes.last_word(made)
    return ShotResult(
        plan.shot,
        plan.fingerprint,
        plan.key,
        status,
        attempts,
        clip=made.clip if made else None,
        made_by=made,
        frame=next((a.frame for a in reversed(attempts) if a.frame), ""),
        error_class=why.error_class if why else "",
        error=why.error if why else "",
        verdict=said.kind if said else "",
        note=said.note if said else "",
    )


def _unmet(plan: ShotPlan, page: KeyHistory, run_id: str, ended: Ended | None) -> Ended | None:
    """Why a wish for another clip is not met: while it is open, and in the run that saw it refused; else None."""
    wish, attempts = page.wish, page.attempts()
    if wish is None or plan.left_out:
        return ended if plan.left_out else None
    if page.open_wish is not None:
        since = [a for a in attempts if a.n > wish["upto"] and not a.stand_in]
        if ended is not None or (plan.renders and plan.action != "keep"):
            return ended or _open(since[-1] if since else None)
        return _left(page, since[-1]) if since else Ended("skipped", "Interrupted", "another clip is asked for")
    refusal = next((a for a in reversed(attempts) if a.outcome == "moderated" and a.n > wish["upto"]), None)
    answered = any(a.brought_own_clip and a.n not in wish["had"] for a in attempts)
    if refusal is None or answered or not fresh(refusal, run_id):
        return None
    return Ended("refused", "Moderated", refusal.error)


def _lacking(plan: ShotPlan, page: KeyHistory, takes: Takes, ended: Ended | None) -> Ended | None:
    """Why takes that are asked for are missing; None where none is. Of a row told without its board nobody knows."""
    if plan.kept is not None or not plan.selected or not takes.need(plan.asked).missing:
        return None
    if ended is not None or (plan.renders and plan.action != "keep"):
        return ended or _open(None)
    return _left(page, takes.attempts[-1]) if refusal(page) else Ended("skipped", "Interrupted", "a take is missing")


def _undecided(page: KeyHistory, takes: Takes, asked: Asked) -> Ended:
    """Why a shot has drafts only."""
    if takes.waits(asked):
        return Ended("skipped", "", "its drafts wait for a choice")
    after = [a for a in takes.attempts if a.grade == "final"]
    return _left(page, after[-1]) if after else Ended("skipped", "Interrupted", "its final is not ordered yet")


def exit_code(rows: Sequence[ShotResult], stopped: Stopped | None) -> int:
    """The command's exit code: 130 interrupted, 3 stopped by the budget, 1 some shot has no clip of its own or a wish
    for another is not met, else 0."""
    if stopped is not None and stopped.error_class == "Interrupted":
        return 130
    if any(row.error_class == "Budget" for row in rows):
        return 3
    return 0 if all(has_own_clip(row.status) and not row.error_class for row in rows) else 1


def fresh(attempt: Attempt, run_id: str) -> bool:
    """Whether the attempt was made or settled in this run: a job of an earlier run that it collected counts."""
    return run_id in (attempt.run_id, attempt.settled_by)


def describe_beside(row: ShotResult, run_id: str) -> str:
    """In words which takes of this run lie beside the one that somebody chose; empty where none does."""
    made = row.made_by
    if made is None or row.verdict != "select":
        return ""
    came = [str(a.n) for a in row.attempts if a.brought_own_clip and fresh(a, run_id) and a.n != made.n]
    if not came:
        return ""
    several = "takes" if len(came) > 1 else "take"
    return f"{row.shot.shot_id}: {several} {', '.join(came)} beside take {made.n}, which was chosen and stays in use"


def _drawn_in_place(page: KeyHistory) -> bool:
    """Whether the ledger says that a drawn clip is a stand-in, for when the chain is not known."""
    return any(entry.record.get("stand_in") for entry in page.entries.values())


def _behind(page: KeyHistory) -> Ended:
    """Why the shot has a stand-in: how the last gateway left it."""
    paid = [a for a in page.attempts() if a.provider != "animatic"]
    return _left(page, paid[-1]) if paid else Ended("failed", "NoRoute", "no gateway could be asked")


def _open(last: Attempt | None) -> Ended:
    said = f"not finished; last at {last.route}: {last.error or last.outcome}" if last else "not started"
    if last and last.outcome == "pending":
        said = f"job {last.job_id} at {last.route} is bought and not collected"
    return Ended("skipped", "Interrupted", said)


def _left(page: KeyHistory, last: Attempt | None) -> Ended:
    if last is None or last.outcome == "pending":
        return _open(last)
    if refused := refusal(page):
        return Ended("refused", "Moderated", refused.error)
    classes: dict[Outcome, ErrorWord] = {"late": "Target", "clip": "Target"}
    error_class = last.error_class or classes.get(last.outcome, "Failed")
    return Ended("failed", error_class, last.error or "its clip is gone from the target")
