"""A target on a desk: a real ledger in memory whose history is made by its own methods, and plans against it."""

import hashlib
import itertools
import uuid
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from tasks.config import catalogue
from tasks.config.settings import Settings, load_settings
from tasks.domain.errors import Failed, GatewayError, Moderated, Refused, Unclear
from tasks.domain.identity import clip_stem
from tasks.domain.job import Job
from tasks.domain.model import Route
from tasks.domain.order import Order, Request
from tasks.domain.plan import Plan, ShotPlan
from tasks.domain.result import Attempt, Clip, Settlement
from tasks.domain.shot import Shot, Storyboard
from tasks.domain.takes import Shelf
from tasks.ledger.ledger import Ledger
from tasks.ledger.records import LedgerKey
from tasks.ledger.shot_state import result_of
from tasks.manifest.rows import row_keys
from tasks.planning.planner import Planner
from tasks.planning.snapshot import ShotSelection, Snapshot
from tasks.storage.store import Store
from tests.tasks.purchases import shot

FOUR = ("aigateway", "pixazo", "aivideoapi", "aimlapi")
KEYS = {f"{name.upper()}_API_KEY": f"key-of-{name}" for name in FOUR}
DAY = date(2026, 11, 21)  # every sora-2 model was retired by then
PRO = "aigateway:openai/sora-2-text-to-video-pro"
VIDEO = "aivideoapi:sora-2"
PIXAZO = "pixazo:sora-2-pro"
REMIX = "aigateway:openai/sora-2-video-to-video-remix"
CARD = "animatic:card"
CHAIN = f'text_to_video = ["{PRO}", "{VIDEO}"]\nremix = ["{REMIX}"]\nallow_retired = true'
OPENED = CHAIN.replace(f'"{VIDEO}"]', f'"{CARD}"]')  # with a stand-in at its end
ENDINGS: dict[str, GatewayError] = {
    "failed": Failed("no"), "refused": Refused("no"), "moderated": Moderated("policy"), "unclear": Unclear("?"),
}  # fmt: skip


def config(folder: Path, chain: str = CHAIN, *, rest: str = "", keys: Collection[str] = tuple(KEYS)) -> Settings:
    """Settings of a config file with this ``[chain]``, and of an environment with these keys."""
    file = folder / f"{uuid.uuid4().hex}.toml"
    file.write_text(f"[chain]\n{chain}\n{rest}", encoding="utf-8")
    return load_settings(file, {name: KEYS[name] for name in keys})


def digest(text: str) -> str:
    """The sha256 of a file that holds this text."""
    return hashlib.sha256(text.encode()).hexdigest()


def _times() -> Iterator[str]:
    start = datetime(2026, 11, 20, 10, tzinfo=UTC)
    return (f"{start + timedelta(seconds=n):%Y-%m-%dT%H:%M:%S.000Z}" for n in itertools.count())


@dataclass
class Desk:
    """One target over several runs. ``shelf`` are its clips, ``rows`` its last manifest."""

    settings: Settings
    signs: bool = False
    today: date = DAY
    shelf: Shelf = field(default_factory=Shelf)
    rows: list[dict[str, Any]] = field(default_factory=list)
    digests: dict[str, str] = field(default_factory=dict)
    sizes: dict[str, tuple[int, int]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.store, self.times = Store(f"memory://{uuid.uuid4().hex}"), _times()
        self.run("run-1")

    def run(self, run_id: str) -> None:
        """The next run begins: everything is read from the store again."""
        self.ledger = Ledger(self.store, run_id, lambda: next(self.times)).load()

    def plan(
        self, *shots: Shot, only: Collection[str] = (), rerender: Collection[str] = (), skip: bool = False
    ) -> Plan:
        """The plan of a board of these shots; what forbids a start is in ``faults`` then."""
        facts = Snapshot(
            self.today,
            digests=self.digests,
            pins=self.ledger.digests(),
            sizes=self.sizes,
            shelf=self.shelf,
            rows={row["shot_id"]: row for row in self.rows},
            row_keys=row_keys(self.rows),
            signs=self.signs,
        )
        board, known = Storyboard(shots), catalogue.load_catalogue()
        planner = Planner(
            board, facts, self.ledger, self.settings, known, ShotSelection(frozenset(only), frozenset(rerender), skip)
        )
        plan = planner.plan()
        self.faults = [str(fault) for fault in planner.faults]
        return plan

    def one(self, asked: Shot | None = None, **options: Any) -> ShotPlan:
        """The plan of a board of one shot."""
        return self.plan(asked or shot(), **options).shots[0]

    def close(self, plan: Plan) -> None:
        """The run ends: its manifest is written."""
        results = [result_of(p, self.ledger.page(p.key), self.ledger.run_id, shelf=self.shelf) for p in plan.shots]
        self.rows = [
            {"shot_id": r.shot.shot_id, "status": r.status, "fingerprint": r.fingerprint, "key": r.key} for r in results
        ]

    def order(self, plan: ShotPlan, route: str = "") -> Attempt:
        """An intent: the order is sent and no reply is known."""
        model = catalogue.load_catalogue().model(route or plan.offers[0].route.name)
        asked = LedgerKey(plan.key, plan.fingerprint, plan.parts, _remote(plan.shot.image), _remote(plan.shot.source))
        size = plan.shot.size
        sent = Order(plan.shot, Route(model), Decimal(8), size, plan.shot.prompt)
        base = self.settings.providers[model.provider].base_url
        return self.ledger.intent(asked, sent, Decimal("0.80"), base_url=base)

    def job(self, plan: ShotPlan, route: str = "") -> Attempt:
        """An order that was accepted and not collected."""
        attempt = self.order(plan, route)
        return self.ledger.accepted(attempt, Job(f"job-{attempt.n}", Request("GET", f"/jobs/{attempt.n}")))

    def overdue(self, plan: ShotPlan, route: str = "") -> Attempt:
        """A job that was given up on."""
        return self.ledger.overdue(self.job(plan, route), "too late")

    def settle(self, attempt: Attempt, outcome: str = "clip", *, of: str = "") -> Attempt:
        """The end of an order: with its clip, delivered under the name of shot ``of``, or as the word says."""
        if outcome not in ("clip", "late"):
            return self.ledger.settled(attempt, Settlement(outcome, error=ENDINGS.get(outcome)))
        made = self._clip(of or attempt.shot_id, attempt.key, attempt.n)
        return self.ledger.settled(attempt, Settlement(outcome, charged=attempt.quoted, basis="price_list", clip=made))

    def clip(self, plan: ShotPlan, route: str = "") -> Attempt:
        """A clip that was bought and delivered."""
        return self.settle(self.job(plan, route))

    def drawn(self, plan: ShotPlan) -> Attempt:
        """A clip by the built-in renderer."""
        sent = Order(
            plan.shot, Route(catalogue.load_catalogue().model(CARD)), Decimal(8), plan.shot.size, plan.shot.prompt
        )
        asked = LedgerKey(plan.key, plan.fingerprint, plan.parts)
        attempt = self.ledger.intent(asked, sent, Decimal(0), stand_in=plan.stand_ins)
        made = self._clip(plan.shot.shot_id, plan.key, attempt.n)
        return self.ledger.settled(attempt, Settlement("clip", clip=made))

    def _clip(self, shot_id: str, key: str, n: int) -> Clip:
        made = Clip(f"clips/{clip_stem(shot_id, key, n)}.mp4", digest(f"{key} {n}"), 1000 + n, 1280, 720, 24.0, 8.0)
        self.shelf.add(made)
        return made


def _remote(reference: str) -> str:
    return reference if "://" in reference else ""
