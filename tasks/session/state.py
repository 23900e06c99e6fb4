"""The state of one command over one target: its values, and what lies at the target. What is done with them stands in
the modules beside this."""

import asyncio
import contextlib
import hashlib
import json
import random
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasks.config import Catalogue, Settings
from tasks.domain.errors import Stopped
from tasks.domain.plan import Plan, ShotPlan
from tasks.domain.progress import Progress
from tasks.domain.request import RunRequest
from tasks.domain.result import ShotResult
from tasks.domain.shot import Storyboard
from tasks.domain.takes import Shelf, doubtful
from tasks.engine.budget import Budget
from tasks.engine.keeping import HASTE
from tasks.engine.limits import Clock, Sleep
from tasks.engine.room import Free, free_bytes
from tasks.ledger import Ledger, Receipts, VerdictReader, Verdicts
from tasks.ledger import folder as receipts_folder
from tasks.manifest import load_manifest
from tasks.media.assets import Media
from tasks.planning import Measured, Planner, Snapshot
from tasks.session.role import Role, WholeRun
from tasks.storage import LEASE, Lock, Store, sort_options
from tasks.storyboard import display_url
from tasks.transport import Http

if TYPE_CHECKING:  # av and Pillow take their time to load, and a plan needs neither
    from tasks.engine.shot import Renderer


@dataclass
class SessionState:
    """What one command knows of one target. ``role`` says what of it is the command's own (see `Role`).

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
    role: Role = field(default_factory=WholeRun)
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
        self.stale: set[str] = set()  # shots that are ordered again because of what they started from
        self.elsewhere: list[Measured] = []  # how long jobs took at the other targets that the request names
        self.ahead: Callable[[], None] = lambda: None  # called by a check once it has a plan, and nothing was wrong
        self.unwritten = ""
        self.planned: tuple[tuple[Storyboard, Snapshot], Planner] | None = None  # by what was known, before the lock
        self.rows_made: dict[str, tuple[tuple[object, ...], ShotResult]] = {}  # each with what it was made of
        self.written: Any = None  # what the tables at the target were made of, once all of them stand there
        self.rows_read: tuple[bytes, list[dict[str, object]]] = (b"", [])  # of the manifest with this digest
        self.heard: dict[str, tuple[Fraction, int, int]] = {}  # sounds that were looked into, by reference
        self.sound_pins: frozenset[str] = frozenset()  # remote sounds that the target has
        self.verdicts: Verdicts = {}
        self.reader = VerdictReader(self.store, self.progress.line)

    @property
    def budget_usd(self) -> Decimal | None:
        """US dollars over all runs of this target, or a part's share of them; None for no limit."""
        asked = self.request.budget_usd
        whole = self.settings.render.budget_usd if asked is None else asked
        return self.role.budget_usd(whole, self.ledger.history())

    @property
    def interrupted(self) -> bool:
        """Whether somebody, or the loss of the lock, has stopped the run: it ends as soon as it can."""
        return self.stopped is not None and self.stopped.error_class == "Interrupted"

    def stop(self, reason: Stopped) -> None:
        """No order leaves after this; the first reason counts."""
        if self.stopped is None:
            self.stopped = reason

    def last_rows(self) -> list[dict[str, object]]:
        """The rows of the manifest as it was last written; none where there is none. They are not to be changed: the
        same bytes give the same rows."""
        try:
            data = self.store.read("manifest.json")
        except FileNotFoundError:
            return []
        seen = hashlib.sha256(data).digest()
        if self.rows_read[0] != seen:
            self.rows_read = seen, load_manifest(data)
        return self.rows_read[1]

    def forget_rows(self) -> None:
        """Give back the memory of the last manifest, which the plan was made with: the next read brings it anew."""
        self.snapshot, self.rows_read = replace(self.snapshot, rows={}, row_keys={}), (b"", [])

    def board_shown(self) -> str:
        """The board's address as tables show it; where this command reads none, that of the last manifest."""
        if self.request.board:
            return display_url(self.request.board)
        with contextlib.suppress(FileNotFoundError, ValueError, AttributeError):
            return str(json.loads(self.store.read("manifest.json")).get("board") or "")
        return ""

    def hear_verdicts(self) -> None:
        """Take in what people have said of takes by now. Raises ``StoreError`` when it cannot be read."""
        found, said = self.reader.read(), self.role.said
        if said is not None:
            found = {key: tuple(one for one in told if one.n <= said.get(key, 0)) for key, told in found.items()}
        self.verdicts = {key: told for key, told in found.items() if told}
        self.ledger.judge(self.verdicts)

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
