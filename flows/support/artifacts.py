"""What the Prefect UI shows beside the task runs: plan, progress, manifest, costs, links."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote
from uuid import UUID

from prefect.artifacts import (
    acreate_link_artifact,
    acreate_markdown_artifact,
    acreate_progress_artifact,
    acreate_table_artifact,
    aupdate_progress_artifact,
)

from flows.support.sheet import WEEK, sheet_artifact
from tasks.commands.answers import headline, over_budget
from tasks.domain import redaction
from tasks.domain.errors import Fault
from tasks.domain.money import usd_text
from tasks.domain.plan import words_of_waiting
from tasks.domain.progress import Progress
from tasks.domain.request import VIEWS
from tasks.domain.result import has_own_clip
from tasks.manifest import MANIFEST, Row
from tasks.session import Session
from tasks.storage import StoreError

MOST_ROWS = 1000
MOST_MARKED = 20  # clips that one line names
MARKS = frozenset("\\`*_{}[]<>()#+-!|&~:@")  # the last two make an address a link
URL_SAFE = "/:?#@!$&'*+,;=%[]~"  # what is left of an address as it is; what would end its link is not
MOVES_EVERY = 3.0  # seconds between two updates of the progress
HURRIES = 0.5  # seconds for the last update of a run that was interrupted at a terminal
MONEY = {  # columns of a bucket, and their heads
    "charged_usd": "charged",
    "wasted_usd": "wasted",
    "at_risk_usd": "at risk",
    "in_use_usd": "in use",
    "alternates_usd": "other takes",
    "usd_per_clip": "a clip in use",
}
SHOWN = ("shot_id", "scene", "status", "provider", "duration_s", "charged_usd", "at_risk_usd", "error_class", "error")


def cell(value: object) -> str:
    """Any value as one cell of a markdown table, on one line, with nothing in it that is markup or becomes a link."""
    text = " ".join(redaction.line(str("" if value is None else value)).split())
    text = "".join(f"&#{ord(letter)};" if letter in MARKS else letter for letter in text)
    return re.sub(r"(?i)(www)\.", r"\1&#46;", text)


def table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A markdown table with these column heads."""
    lines = [heads, ["---"] * len(heads), *[[cell(value) for value in row] for row in rows]]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def plan_text(running: Session) -> str:
    """The plan as markdown: totals first, then a line for each shot that there is something to do for."""
    plan = running.plan
    lines = [f"**{plan.summary}**", ""]
    if over := over_budget(running):
        lines += [cell(over), ""]
    shots = [s for s in plan.shots if s.selected and s.action != "keep"][:MOST_ROWS]
    rows = [
        (s.shot.shot_id, s.action, s.offers[0].route.name if s.offers else "", usd_text(s.quoted), usd_text(s.worst))
        for s in shots
    ]
    lines.append(table(("shot", "", "route", "USD", "at worst"), rows))
    left = [f"left out: {reason}; {', '.join(ids)}" for reason, ids in plan.left_out.items()]
    lines += ["", *[f"- {cell(line)}" for line in (*plan.warnings, *left)]]
    return "\n".join(lines)


def faults_text(faults: Sequence[Fault]) -> str:
    """Every fault of a board as markdown."""
    rows = [(f.row or "", f.shot_id, f.column, f.value[:80], f.message) for f in faults]
    return f"**{len(faults)} faults; nothing was started**\n\n" + table(("row", "shot", "column", "value", ""), rows)


def outcome(costs: Mapping[str, Any]) -> str:
    """The result of a run in one line, for its final state."""
    totals = costs["totals"]
    return f"{totals['clips']} of {totals['shots']} clips, {totals['charged_usd']} USD, {totals['at_risk_usd']} at risk"


def costs_text(costs: Mapping[str, Any]) -> str:
    """The costs as markdown, by provider, scene and mode, with what is at risk."""
    totals = costs["totals"]
    parts = [
        f"**{totals['clips']} of {totals['shots']} clips, {totals['charged_usd']} USD charged, "
        f"{totals['wasted_usd']} of it wasted, {totals['at_risk_usd']} at risk**"
    ]
    if "in_use_usd" in totals:
        each = f", {totals['usd_per_clip']} a clip in use" if totals["usd_per_clip"] else ""
        parts.append(f"{totals['in_use_usd']} USD for clips in use, {totals['alternates_usd']} for other takes{each}")
    for name in ("by_provider", "by_scene", "by_mode"):
        rows = [
            (key or "none", b["clips"], *(b.get(column) or "" for column in MONEY)) for key, b in costs[name].items()
        ]
        parts.append(table((name.replace("_", " "), "clips", *MONEY.values()), rows))
    return "\n\n".join(parts)


def marked_text(rows: Sequence[Row]) -> str:
    """Which clips in use are marked, and why, as a line of markdown; empty where none is."""
    marked = [f"{row['shot_id']} ({row['qa']})" for row in rows if row.get("qa")]
    if not marked:
        return ""
    more = f" and {len(marked) - MOST_MARKED} more" if len(marked) > MOST_MARKED else ""
    return f"{len(marked)} clips in use look wrong: {cell(', '.join(marked[:MOST_MARKED]))}{more}"


def manifest_rows(rows: Sequence[Row], address: Callable[[str], str] = lambda path: "") -> list[dict[str, Any]]:
    """The manifest for a table artifact: shots without a clip first, at most 1,000 rows. ``address`` gives where a
    file of the target can be had, empty where it cannot: a clip then is no link."""
    ordered = sorted(rows, key=lambda row: has_own_clip(row["status"]))
    shown = [name for name in SHOWN if name in MANIFEST]
    return [
        {**{name: _cell(row[name]) for name in shown}, "clip": _clip(str(row["clip"] or ""), address)}
        for row in ordered[:MOST_ROWS]
    ]


def _clip(path: str, address: Callable[[str], str]) -> str:
    """Where a clip lies, as a link where it can be had by one. A board cannot make another file one."""
    its_own = path.startswith("clips/") and ".." not in path
    return _link(path, address(path) if its_own else "")


def _link(text: str, url: str) -> str:
    """A link of markdown, or its text alone where there is no address."""
    return f"[{cell(text)}](<{quote(url, safe=URL_SAFE)}>)" if url else cell(text)


def _cell(value: Any) -> Any:
    """Prefect's UI reads every text of a table as markdown."""
    return cell(value) if isinstance(value, str) else value


async def plan_artifact(running: Session) -> None:
    """Create the artifact that shows the plan."""
    said = headline(running)
    await acreate_markdown_artifact(key="storyreel-plan", markdown=plan_text(running), description=said)


async def faults_artifact(faults: Sequence[Fault]) -> None:
    """Create the artifact that shows what is wrong with the board."""
    said = f"{len(faults)} faults; nothing was started"
    await acreate_markdown_artifact(key="storyreel-plan", markdown=faults_text(faults), description=said)


async def closing_artifacts(running: Session, sheet: str = "") -> None:
    """Create the artifacts that show costs, manifest and the contact ``sheet`` (see `draw_shots`), and where the target
    has an http address, report and reel."""
    costs = running.money()
    said = outcome(costs)
    rows = await asyncio.to_thread(running.last_rows)
    text = "\n\n".join(filter(None, (costs_text(costs), marked_text(rows))))
    await acreate_markdown_artifact(key="storyreel-costs", markdown=text, description=said)
    listed = await asyncio.to_thread(manifest_rows, rows, address_of(running))
    described = await asyncio.to_thread(manifest_said, running, len(rows))
    await acreate_table_artifact(key="storyreel-manifest", table=listed, description=described)
    await sheet_artifact(sheet, rows)
    for view in (VIEWS["report"], VIEWS["reel"]):
        if link := await asyncio.to_thread(link_of, running, view.file):
            waits = words_of_waiting(running.tables.waiting()) if view.name == "report" else ""
            told = "; ".join(filter(None, (f"{running.store.url}/{view.file}", waits)))
            await acreate_link_artifact(key=f"storyreel-{view.name}", link=link, link_text=view.file, description=told)


def manifest_said(running: Session, count: int) -> str:
    """What stands with the table of the manifest, which has so many rows: a link to the report where it can be had."""
    report = VIEWS["report"].file
    link = link_of(running, report)
    return "; ".join(filter(None, (f"{count} shots; those without a clip first", _link(report, link) if link else "")))


def address_of(running: Session) -> Callable[[str], str]:
    """What gives an http address of a file of the target, valid for a week, without a look at whether it is there;
    empty where it cannot be signed."""

    def address(path: str) -> str:
        with contextlib.suppress(StoreError, OSError):
            return running.store.sign(path, WEEK)
        return ""

    return address


def link_of(running: Session, name: str) -> str:
    """An http address of a view that is valid for a week; empty where the target has none or the view is not there."""
    there = running.store.signs and running.store.exists(name)
    return running.store.sign(name, WEEK) if there else ""


@contextlib.asynccontextmanager
async def follow_progress(running: Session) -> AsyncIterator[None]:
    """Update a progress artifact during the body, at most every three seconds. A lost server affects no shot."""
    over = asyncio.Event()
    follows = asyncio.create_task(_follow(running.progress, over))
    try:
        yield
    finally:
        over.set()
        await asyncio.wait([follows], timeout=HURRIES if running.interrupted else MOVES_EVERY)
        follows.cancel()


async def _follow(progress: Progress, over: asyncio.Event) -> None:
    artifact = await acreate_progress_artifact(progress=0.0, key="storyreel-progress", description="Shots done")
    shown = 0.0
    while isinstance(artifact, UUID):
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(over.wait(), MOVES_EVERY)
        last = over.is_set()
        done = round(100.0 * len(progress.ended) / max(progress.total, 1), 1)
        if done != shown:
            await aupdate_progress_artifact(artifact_id=artifact, progress=done)
            shown = done
        if last:
            return
