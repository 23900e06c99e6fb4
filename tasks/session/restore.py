"""How a target stands, told without its board: from the last manifest and the ledger, which knows better."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from tasks.domain.identity import number_text
from tasks.domain.money import usd_text
from tasks.domain.plan import ShotPlan
from tasks.domain.result import ShotResult, Status, has_own_clip
from tasks.domain.shot import Before, Shot, Size
from tasks.domain.takes import Asked, Shelf, gone_clips
from tasks.ledger import KeyHistory, Ledger, result_of
from tasks.manifest import MANIFEST, kept_again, row_keys

Rows = list[dict[str, Any]]


def plans_of_rows(rows: Rows, ledger: Ledger) -> list[ShotPlan]:
    """A plan for each row of the manifest, or for each key of the ledger where no manifest was ever written."""
    if not rows:
        return [_plan(row, row["key"], ledger) for row in _ledger_rows(ledger)]
    keys = row_keys(rows)
    return [_plan(row, keys.get(str(row["shot_id"]), ""), ledger) for row in rows]


def results_of_plans(planned: Iterable[ShotPlan], ledger: Ledger, shelf: Shelf, run_id: str) -> list[ShotResult]:
    """Each row as it was last written, unless ledger and target have another clip for it by now, or none."""
    return [_result(plan, ledger.pages.get(plan.key, KeyHistory()), shelf, run_id) for plan in planned]


def lost(ledger: Ledger, shelf: Shelf) -> list[dict[str, Any]]:
    """The clips that came and are gone from the target or cut: one of each shot and attempt, and what it cost."""
    gone = [one for page in ledger.pages.values() for one in gone_clips(page.attempts(), shelf)]
    return [
        {
            "shot_id": one.shot_id,
            "clip": one.clip.path if one.clip else "",
            "take": one.n,
            "provider": one.provider,
            "job_id": one.job_id,
            "charged_usd": usd_text(one.charged),
        }
        for one in sorted(gone, key=lambda one: (one.shot_id, one.n))
    ]


def extra_columns(rows: Rows) -> tuple[str, ...]:
    """The board's own columns, under the names that they have in the manifest."""
    return tuple(name for name in (rows[0] if rows else {}) if name not in MANIFEST)


def before_of(rows: Rows) -> Before:
    """What the rows of a manifest say of the board that they were read from."""
    names = extra_columns(rows)
    own = (name.removeprefix("board_") for name in names)
    seconds = {str(row["shot_id"]): float(row["requested_s"] or 0) for row in rows}
    return Before(frozenset(names) | {name for name in own if name in MANIFEST}, seconds)


def kept_result(plan: ShotPlan, ledger: Ledger, shelf: Shelf) -> ShotResult:
    """The row of a shot that a run leaves alone: its last one, with the clip that people have chosen since."""
    page, kept = ledger.pages.get(plan.key, KeyHistory()), plan.kept or {}
    status: Status = "reused" if kept["status"] == "rendered" else kept["status"]
    same = ShotResult(plan.shot, plan.fingerprint, plan.key, status, kept=kept)
    return _judged(same, plan, page, result_of(plan, page, "", shelf=shelf)) if page.verdicts else same


def _judged(same: ShotResult, plan: ShotPlan, page: KeyHistory, now: ShotResult) -> ShotResult:
    """The row as it was, where its clip is the one in use, with what was said of it; else the row of today's."""
    kept = plan.kept or {}
    if str(kept.get("clip") or "") == (now.clip.path if now.clip else ""):
        return replace(same, kept={**kept, "verdict": now.verdict, "note": now.note})
    if (
        kept.get("grade") == "draft"
        and has_own_clip(str(kept["status"]))
        and now.made_by
        and now.made_by.grade == "draft"
    ):
        now = replace(now, status="reused", error_class="", error="")  # a draft was enough there: so is another
    row = kept_again(replace(now, kept=kept))
    return replace(same, status=now.status, kept=row)


def _result(plan: ShotPlan, page: KeyHistory, shelf: Shelf, run_id: str) -> ShotResult:
    now = result_of(plan, page, run_id, shelf=shelf)
    kept = plan.kept or {}
    if "clip" not in kept:
        return now
    same = ShotResult(plan.shot, plan.fingerprint, plan.key, kept["status"], kept=kept)
    if page.verdicts:
        return _judged(same, plan, page, now)
    return same if str(kept.get("clip") or "") == (now.clip.path if now.clip else "") else now


def _plan(row: Mapping[str, Any], key: str, ledger: Ledger) -> ShotPlan:
    extras = {name: str(value or "") for name, value in row.items() if name not in MANIFEST}
    shot = Shot(
        shot_id=str(row["shot_id"]),
        row=0,
        scene=str(row["scene"]),
        prompt=str(row["prompt"]),
        mode=row["mode"],
        seconds=Decimal(str(row["requested_s"] or 0)),
        size=Size(1, 1),
        fit="cover",
        extras=extras,
    )
    asked = Asked(ledger.pages.get(key, KeyHistory()).asked_takes)
    return ShotPlan(shot, True, str(row["fingerprint"]), key, {}, "keep", collects=True, kept=row, asked=asked)


def _ledger_rows(ledger: Ledger) -> Rows:
    """Rows for keys without a manifest, as their newest record tells them."""
    rows: Rows = []
    for key, page in ledger.pages.items():
        if not page.entries:
            continue
        record = page.entries[max(page.entries)].record
        parts = record["parts"]
        told = {name: record[name] for name in ("shot_id", "scene", "mode", "fingerprint")}
        asked = {"prompt": parts["prompt"], "requested_s": number_text(Decimal(parts["duration"]))}
        rows.append({**told, **asked, "key": key, "status": "skipped"})
    return sorted(rows, key=lambda row: str(row["shot_id"]))
