"""The rows and the money of one command over one target: as they stand, and written whole."""

import asyncio
import contextlib
import hashlib
import random
import time
import uuid
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasks.config import Catalogue, Settings
from tasks.domain.errors import Stopped, TargetError
from tasks.domain.plan import Plan, ShotPlan
from tasks.domain.progress import Progress
from tasks.domain.request import RunRequest
from tasks.domain.result import ShotResult, Status
from tasks.domain.shot import Storyboard
from tasks.domain.takes import Shelf, doubtful
from tasks.engine.budget import Budget
from tasks.engine.keeping import HASTE
from tasks.engine.limits import Clock, Sleep
from tasks.engine.room import Free, free_bytes
from tasks.ledger import Ended, Ledger, Receipts, exit_code
from tasks.ledger import folder as receipts_folder
from tasks.manifest import TableHead, build_tables, load_manifest, total_costs
from tasks.media.assets import Media
from tasks.planning import Snapshot
from tasks.session import restore
from tasks.storage import LEASE, Lock, Store, StoreError, sort_options
from tasks.storyboard import display_url
from tasks.transport import Http
from tasks.views.publish import ViewPublisher

if TYPE_CHECKING:  # av and Pillow take their time to load, and a plan needs neither
    from tasks.engine.shot import Renderer


@dataclass
class SessionState:
    """What one command knows of one target, and the rows and sums that this comes to.

    ``run_id`` names the run in every record. ``today``, ``lease``, ``clock``, ``sleep`` and ``roll`` (see
    `RunContext`), and ``haste`` (see `Keeper`) and ``free`` (see `Room`), are parameters for tests, as is ``fleeting``:
    whether paid clips may go to a target that ends with this process.
    """

    request: RunRequest
    settings: Settings
    catalogue: Catalogue
    store: Store
    http: Http
    folder: Path
    run_id: str = field(default_factory=lambda: f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:6]}")
    today: date = field(default_factory=lambda: datetime.now(UTC).date())
    lease: float = LEASE
    clock: Clock = time.monotonic
    sleep: Sleep = asyncio.sleep
    haste: float = HASTE
    free: Free = free_bytes
    roll: Clock = random.random
    progress: Progress = field(default_factory=Progress)
    stopped: Stopped | None = None
    plan: Plan = field(default_factory=lambda: Plan(()))
    restored: bool = False
    fleeting: bool = False

    def __post_init__(self) -> None:
        options = sort_options(self.settings.target_options, self.request.to)
        self.settings = replace(self.settings, target_options=options)
        self.ledger = Ledger(self.store, self.run_id)
        self.lock = Lock(self.store, self.run_id, lease=self.lease)
        self.receipts = Receipts(receipts_folder(self.settings.state), self.store)
        self.media = Media(self.settings, self.store, self.http, self.folder)
        self.board = Storyboard(())
        self.board_data = b""
        self.snapshot = Snapshot(self.today)
        self.renderer: Renderer | None = None
        self.budget = Budget(self.budget_usd)
        self.plans: dict[str, ShotPlan] = {}
        self.done: dict[str, asyncio.Event] = {}
        self.working: set[asyncio.Task[Any]] = set()
        self.closed = asyncio.Event()  # once the target was let go
        self.tried: set[str] = set()
        self.unwritten = ""

    @property
    def budget_usd(self) -> Decimal | None:
        """US dollars over all runs of this target; None for no limit."""
        asked = self.request.budget_usd
        return self.settings.render.budget_usd if asked is None else asked

    @property
    def interrupted(self) -> bool:
        """Whether somebody, or the loss of the lock, has stopped the run: it ends as soon as it can."""
        return self.stopped is not None and self.stopped.error_class == "Interrupted"

    def last_rows(self) -> list[dict[str, object]]:
        """The rows of the manifest as it was last written; none where there is none."""
        try:
            return load_manifest(self.store.read("manifest.json"))
        except FileNotFoundError:
            return []

    @property
    def shelf(self) -> Shelf:
        """The clips that lie at the target, as it was last looked at and with what this run brought."""
        return self.renderer.shelf if self.renderer is not None else self.snapshot.shelf

    def look_at_clips(self) -> Shelf:
        """List the clips at the target; of files that several records could mean the digest too. Blocks.

        Raises ``StoreError`` when they cannot be listed or read.
        """
        sizes, digests = self.store.sizes("clips"), {}
        for path in doubtful(self.ledger.history(), sizes):
            copy = self.folder / f"{uuid.uuid4().hex}.mp4"
            with contextlib.suppress(FileNotFoundError):  # it went since it was listed
                self.store.get(path, copy)
                with copy.open("rb") as handle:
                    digests[path] = hashlib.file_digest(handle, "sha256").hexdigest()
            copy.unlink(missing_ok=True)
        return Shelf(sizes, digests)

    def results(self) -> list[ShotResult]:
        """Every row in board order, as it stands now."""
        return [self.row(plan) for plan in self.plan.shots]

    def row(self, plan: ShotPlan) -> ShotResult:
        """The row of one shot as it stands now."""
        if self.restored:
            return restore.results_of_plans([plan], self.ledger, self.shelf, self.run_id)[0]
        if plan.kept is not None:
            status: Status = "reused" if plan.kept["status"] == "rendered" else plan.kept["status"]
            return ShotResult(plan.shot, plan.fingerprint, plan.key, status, kept=plan.kept)
        assert self.renderer is not None, "open() comes first"  # noqa: S101 - as above
        known = self.renderer.results.get(plan.shot.shot_id)
        halted = self.stopped if plan.renders and known is None else None
        ended = Ended("skipped", halted.error_class, str(halted)) if halted else None
        result = known or self.renderer.result(plan, ended)
        if result.status == "skipped" and not plan.selected and not result.attempts:
            return replace(result, error_class="", error="")
        return result

    async def _publish_last(self) -> None:
        """Write the tables at the end: what a target refuses now can still be told, and is in the ledger."""
        try:
            await asyncio.to_thread(
                self.lock.renew
            )  # a run that hung may have been replaced: the tables are the other's
            await self.publish()
        except TargetError as error:
            self.unwritten = str(error)
            self.progress.line(f"the tables are left as they are: {error}")
        except StoreError as error:
            self.unwritten = str(error)
            self.progress.line(f"the tables could not be written (run again, the ledger has it all): {error}")

    async def publish(self) -> None:
        """Write manifest, attempts and costs whole, the manifest's JSON last."""
        rows = self.results()
        board, extras = display_url(self.request.board), self.board.extra_columns
        head = TableHead(self.run_id, board, self.store.url, extras, self.budget_usd)
        files = await asyncio.to_thread(build_tables, rows, list(self.ledger.history()), self.shelf, head)
        for name in sorted(files, key=lambda n: n == "manifest.json"):
            await asyncio.to_thread(self.store.write, name, files[name])

    async def show(self) -> None:
        """Make report, timeline and rough cut from the manifest as it is now written; not in a run that was stopped.

        A rough cut of the very same clips in the same order is not cut again.
        """
        if self.stopped is not None:
            return
        await self._publish_last()
        cut = [(row.shot.shot_id, row.clip.sha256 if row.clip else "") for row in self.results()]
        before = [(name, str(row["sha256"] or "")) for name, row in self.snapshot.rows.items()]
        there = cut == before and await asyncio.to_thread(self.store.exists, "reel.mp4")
        views = replace(self.request.views, reel=self.request.views.reel and not there)
        await ViewPublisher(self.store, self.folder, self.progress, self.ledger).make(views)

    def money(self) -> dict[str, Any]:
        """The rollup as it stands now: what costs.json holds."""
        return total_costs(
            self.results(), list(self.ledger.history()), self.shelf, run_id=self.run_id, budget=self.budget_usd
        )

    def exit_code(self) -> int:
        """130, 3, 1 or 0 over the selected shots."""
        chosen = [self.row(plan) for plan in self.plan.shots if plan.selected]
        code = exit_code(chosen, self.stopped)
        return 1 if self.unwritten and code == 0 else code
