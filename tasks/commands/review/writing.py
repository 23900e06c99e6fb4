"""Verdicts written to the target, and what was written as JSON."""

from typing import Any

from tasks.commands.review.choices import Decided
from tasks.commands.review.desk import Desk
from tasks.domain.errors import TargetError
from tasks.domain.verdict import Verdict
from tasks.ledger import write_verdict
from tasks.storage import Store, StoreError


def write_all(store: Store, desk: Desk, decided: Decided) -> list[dict[str, Any]]:
    """Write each verdict in its order, and give what was written, ready for JSON.

    Raises ``TargetError`` when the target takes none; what was written before stays.
    """
    names = {one.key: one.shot_id for one in desk.shots}
    try:
        return [verdict_json(write_verdict(store, key, one), key, names.get(key, "")) for key, one in decided.verdicts]
    except StoreError as error:
        raise TargetError(f"the target cannot be written: {error}") from error


def verdict_json(verdict: Verdict, key: str, shot_id: str) -> dict[str, Any]:
    """A verdict as programs get it."""
    return {
        "shot_id": shot_id,
        "key": key,
        "n": verdict.n,
        "take": verdict.take,
        "sha256": verdict.sha256,
        "verdict": verdict.kind,
        "note": verdict.note,
        "by": verdict.by,
        "at": verdict.at,
        "after": verdict.after,
    }
