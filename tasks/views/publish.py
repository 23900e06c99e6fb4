"""What people look at, made from the tables at a target: the report, the timeline, the rough cut.

It comes after the manifest, and none of it can lose the manifest: what fails is told and left out.
"""

import asyncio
import contextlib
import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from tasks.domain.errors import StoryreelError, TargetError
from tasks.domain.progress import Progress
from tasks.domain.request import ViewSelection
from tasks.ledger import KeyHistory, Ledger, now
from tasks.manifest import load_attempts, load_manifest, row_keys
from tasks.storage import Store

Rows = list[dict[str, Any]]


class ViewPublisher:
    """Makes the views of one target. ``folder`` is scratch space on this machine."""

    def __init__(self, store: Store, folder: Path, progress: Progress, ledger: Ledger | None = None) -> None:
        self.store, self.folder, self.progress, self.ledger = store, folder, progress, ledger

    async def make(self, views: ViewSelection) -> list[str]:
        """Write what ``views`` names; the reasons of what could not be made. `TargetError` without a manifest."""
        rows, head = await asyncio.to_thread(self._tables)
        name = Path(str(head.get("board") or "")).stem or "storyreel"
        steps: list[tuple[str, bool, Callable[[], None]]] = [
            ("timeline.otio", views.timeline, lambda: self._timeline("otio", rows, name)),
            ("timeline.edl", views.edl, lambda: self._timeline("edl", rows, name)),
            ("timeline.fcpxml", views.fcpxml, lambda: self._timeline("fcpxml", rows, name)),
            ("reel.mp4", views.reel, lambda: self._reel(rows)),
            ("report.html", views.report, lambda: self._report(rows, head)),
        ]
        problems = []
        for file, asked, act in steps:
            try:
                await asyncio.to_thread(act) if asked else None
            except (StoryreelError, OSError) as error:
                problems.append(f"{file} was not made: {error}")
        for problem in problems:
            self.progress.line(problem)
        return problems

    def _tables(self) -> tuple[Rows, Mapping[str, Any]]:
        try:
            data = self.store.read("manifest.json")
        except FileNotFoundError as error:
            raise TargetError(f"{self.store.url} has no manifest.json: nothing to show") from error
        rows = load_manifest(data)
        return rows, {k: v for k, v in json.loads(data).items() if k != "shots"}

    def _timeline(self, kind: str, rows: Rows, name: str) -> None:
        from tasks.views import timeline

        makers = {"otio": timeline.otio, "edl": timeline.edl, "fcpxml": timeline.fcpxml}
        self.store.write(f"timeline.{kind}", makers[kind](rows, name=name))

    def _report(self, rows: Rows, head: Mapping[str, Any]) -> None:
        from tasks.views.report import page as report

        attempts = load_attempts(self.store.read("attempts.parquet"))
        rows = self._with_parts(rows)
        costs = json.loads(self.store.read("costs.json"))
        told = {"board": str(head.get("board", "")), "run_id": str(head.get("run_id", "")), "made_at": now()}
        page = report.render_page(rows, attempts, costs, has_reel=self.store.exists("reel.mp4"), **told)
        self.store.write("report.html", page)

    def _with_parts(self, rows: Rows) -> Rows:
        """The rows with what the manifest has no column for: the size asked, and what was to be avoided."""
        ledger = self.ledger or Ledger(self.store, "").load()
        keys = row_keys(rows)
        found = []
        for row in rows:
            page = ledger.pages.get(keys.get(str(row["shot_id"]), ""), KeyHistory())
            parts = page.entries[max(page.entries)].record["parts"] if page.entries else {}
            found.append({**row, **{name: parts[name] for name in ("size", "negative_prompt") if parts.get(name)}})
        return found

    def _reel(self, rows: Rows) -> None:
        from tasks.views.reel import reel

        out = self.folder / "reel.mp4"
        parts = [self._part(row) for row in rows]
        made = reel.join(parts, out, progress=lambda done, of: self.progress.say("reel", f"{done} of {of} shots"))
        self.progress.flights.pop("reel", None)
        for shot_id, reason in made.skipped:
            self.progress.line(f"reel.mp4: {shot_id} is a card: {reason}")
        self.store.put("reel.mp4", out)

    def _part(self, row: Mapping[str, Any]) -> Any:
        from tasks.views.reel import reel

        clip = str(row["clip"] or "")
        seconds = Decimal(str(row["duration_s"] if clip else row["requested_s"] or 1))
        words = ": ".join(str(part) for part in (row["status"], row["error_class"], row["error"]) if part)
        fetch = (lambda: self._local(clip)) if clip else None
        return reel.Part(str(row["shot_id"]), seconds, fetch, scene=str(row["scene"]), words=words)

    @contextlib.contextmanager
    def _local(self, clip: str) -> Iterator[Path]:
        """A clip on this machine while it is needed: in its place on a local target, else a copy."""
        if self.store.local:
            yield Path(self.store.full(clip))
            return
        copy = self.folder / f"{uuid.uuid4().hex}.mp4"
        try:
            self.store.get(clip, copy)
            yield copy
        finally:
            copy.unlink(missing_ok=True)
