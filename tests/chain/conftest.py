"""The gateway chain over real sockets: the sandbox on one side, a whole run without Prefect on the other."""

import asyncio
import contextlib
import csv
import json
import socket
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tasks.config import settings
from tasks.config.catalogue import Catalogue
from tasks.domain.errors import StartError
from tasks.domain.plan import Plan
from tasks.domain.progress import Progress
from tasks.domain.request import RunRequest
from tasks.manifest.costs import SCHEMA_VERSION
from tasks.session.session import Session
from tasks.storage.store import Store
from tests.chain.wire import Call, Hours, Wire
from tests.sandbox import Sandbox
from tests.sandbox.gateways import all_gateways

GATEWAYS = tuple(all_gateways())
MONEY = ("quoted_usd", "charged_usd", "wasted_usd", "at_risk_usd", "in_use_usd", "alternates_usd")
BOUGHT = ("in_use_usd", "alternates_usd", "wasted_usd")
T2V = {
    "aigateway": "aigateway:openai/sora-2-text-to-video-pro",
    "aimlapi": "aimlapi:openai/sora-2-pro-t2v",
    "aivideoapi": "aivideoapi:sora-2",
    "pixazo": "pixazo:sora-2-pro",
}
PRICE = {name: Decimal(usd) for name, usd in zip(T2V, ("0.40", "1.56", "0.50", "1.50"), strict=True)}  # of 4 s
Row = dict[str, Any]


@dataclass
class Outcome:
    """What a user is left with: exit code, manifest rows by shot, attempts, costs; the plan and what was said."""

    code: int
    rows: dict[str, Row] = field(default_factory=dict)
    attempts: list[Row] = field(default_factory=list)
    costs: dict[str, Any] = field(default_factory=dict)
    plan: Plan = field(default_factory=lambda: Plan(()))
    lines: list[str] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    hours: Hours = field(default_factory=Hours)
    errors: str = ""

    @property
    def row(self) -> Row:
        """The only row."""
        [row] = self.rows.values()
        return row

    @property
    def told(self) -> list[tuple[str, str, str, str, str]]:
        """Each attempt as ``(provider, outcome, class, charged, at risk)``, money with two decimals."""
        cells = ("provider", "outcome", "error_class", "charged_usd", "at_risk_usd")
        texts = [[one[cell] for cell in cells] for one in self.attempts]
        return [(p, o, c, f"{charged:.2f}", f"{risk:.2f}") for p, o, c, charged, risk in texts]

    def statuses(self) -> dict[str, int]:
        return dict(Counter(row["status"] for row in self.rows.values()))

    def clips(self) -> list[str]:
        return [row["clip"] for row in self.rows.values() if row["clip"]]

    def orders(self, gateway: str = "") -> list[Call]:
        return [call for call in self.calls if call.order and gateway in ("", call.gateway)]

    def money(self, provider: str = "") -> Decimal:
        """US dollars charged at one provider, or at all."""
        return sum((a["charged_usd"] for a in self.attempts if provider in ("", a["provider"])), Decimal(0))


async def rendered(
    board: Path,
    target: Path,
    env: Mapping[str, str],
    *,
    config: Path | str = "configs/sora.toml",
    hours: Hours | None = None,
    prices: Catalogue | None = None,
    tamper: Callable[[Session], None] = lambda session: None,
    **wanted: Any,
) -> Outcome:
    """What the flow does, without Prefect: check, lock, every shot, publish; then what stands at the target.

    ``tamper`` gets the session before anything is read.
    """
    hours, lines = hours or Hours(), list[str]()
    asked = RunRequest(str(board), str(target), str(config), **wanted)
    async with opened(asked, env, hours, lines, prices) as (running, wire):
        tamper(running)
        try:
            await running.check(fetch=True)
            async with running.open():
                await _all(running)
        except StartError as error:
            return Outcome(2, plan=running.plan, calls=wire.calls, hours=hours, errors=str(error))
        return Outcome(running.exit_code(), *read_back(target), running.plan, lines, wire.calls, hours)


@contextlib.asynccontextmanager
async def opened(
    asked: RunRequest, env: Mapping[str, str], hours: Hours, lines: list[str], prices: Catalogue | None = None
) -> AsyncIterator[tuple[Session, Wire]]:
    """A session on the target, on fake hours and a real network, and its client."""
    wire, loaded = Wire(hours), settings.load_settings(asked.config, env)
    with tempfile.TemporaryDirectory() as folder:
        try:
            yield Session(
                asked, loaded, prices or loaded.catalogue, Store(asked.to), wire, Path(folder),
                clock=hours.clock, sleep=hours.sleep, roll=hours.roll, progress=Progress(listen=lines.append),
            ), wire  # fmt: skip
        finally:
            await wire.close()


async def _all(running: Session) -> None:
    places = asyncio.Semaphore(running.concurrency)

    async def one(shot_id: str) -> None:
        await running.source_ready(running.plans[shot_id])
        async with places:
            if running.stopped is None:
                await running.shot(shot_id)
            running.done[shot_id].set()

    for plan in running.plan.shots:
        if not plan.renders:
            running.done[plan.shot.shot_id].set()
    await asyncio.gather(*(one(plan.shot.shot_id) for plan in running.plan.shots if plan.renders))


def read_back(target: Path) -> tuple[dict[str, Row], list[Row], dict[str, Any]]:
    """Manifest rows by shot id, attempts, costs, as the files at the target tell them."""
    manifest = json.loads((target / "manifest.json").read_bytes())
    assert manifest["schema_version"] == SCHEMA_VERSION
    rows = {row["shot_id"]: row | {name: Decimal(row[name]) for name in MONEY} for row in manifest["shots"]}
    attempts = table_rows(target / "attempts.parquet")
    return rows, attempts, json.loads((target / "costs.json").read_bytes())


def table_rows(path: Path) -> list[Row]:
    """The rows of a Parquet file; `pq.read_table` would look for the parts of a dataset before, five times as long."""
    with pq.ParquetFile(path) as table:
        found: list[Row] = table.read().to_pylist()
    return found


class Studio:
    """A board, a target and a config of one test before the sandbox; every run it makes is audited."""

    def __init__(self, box: Sandbox, folder: Path) -> None:
        self.box, self.folder, self.target = box, folder, folder / "target"
        self.hours = Hours()
        self.calls: list[Call] = []
        self.by_hand = 0  # attempts of this target without a POST of its own

    def faults(self, *faults: Mapping[str, Any], **gateways: Mapping[str, Any]) -> None:
        """The sandbox's script from here on."""
        self.box.faults(list(faults), gateways=gateways)

    def board(self, *rows: Mapping[str, Any] | str, **defaults: Any) -> Path:
        """A shot list of these rows (a text is a prompt); shots are ``sh010``, ``sh020``... of 4 s."""
        listed = [{"duration": 4, **defaults, **({"prompt": row} if isinstance(row, str) else row)} for row in rows]
        columns = dict.fromkeys(name for row in listed for name in row)
        path = self.folder / "board.csv"
        with path.open("w", newline="", encoding="utf-8") as out:
            writer = csv.DictWriter(out, list(columns), restval="")
            writer.writeheader()
            writer.writerows(listed)
        return path

    def config(self, *routes: str, render: Mapping[str, Any] | None = None, **tables: Mapping[str, Any]) -> Path:
        """A config with these text-to-video routes (short names of `T2V`), a ``[render]``, and more tables."""
        chain = {"allow_retired": True, "text_to_video": [T2V.get(r, r) for r in routes], **tables.pop("chain", {})}
        sections = {"chain": chain, "render": render or {}, **tables}
        path = self.folder / "config.toml"
        path.write_text("".join(_section(name, table) for name, table in sections.items()), encoding="utf-8")
        return path

    def env(self, **of: Mapping[str, Any]) -> dict[str, str]:
        """The environment that leads here; ``of`` are settings by gateway, ``every`` for all."""
        found = self.box.env(**of.pop("every", {})) | {"XDG_STATE_HOME": str(self.folder / "state")}
        for gateway, values in of.items():
            found |= {f"STORYREEL_{gateway.upper()}__{name.upper()}": str(value) for name, value in values.items()}
        return found

    async def render(
        self, board: Path, config: Path | str, env: Mapping[str, str] | None = None, **more: Any
    ) -> Outcome:
        """One run, audited."""
        more.setdefault("hours", self.hours)
        before = len(self.box.log())
        outcome = await rendered(board, self.target, env or self.env(), config=config, **more)
        self.calls += outcome.calls
        if outcome.code != 2:
            self.audit(outcome)
        assert not [one for one in self.box.log()[before:] if one["foreign_key"]], "a key went to another gateway"
        return outcome

    async def one(self, *routes: str, env: Mapping[str, str] | None = None, prompt: str = "x", **more: Any) -> Outcome:
        """A board of one shot through these routes."""
        render = more.pop("render", None)
        return await self.render(self.board(prompt), self.config(*routes, render=render), env, **more)

    async def plan(self, board: Path, config: Path | str, to: str = "", **wanted: Any) -> Plan:
        """What a run would do; nothing is done."""
        asked = RunRequest(str(board), to or str(self.target), str(config), **wanted)
        async with opened(asked, self.env(), self.hours, []) as (session, _):
            return await session.check(fetch=False)

    def audit(self, outcome: Outcome) -> None:
        """What holds after every run: equal sums in all tables, the bill within them, an attempt a POST, no key."""
        check_sums(outcome)
        for gateway in GATEWAYS:
            made = [a for a in outcome.attempts if a["provider"] == gateway]
            charged, risk = (sum((a[name] for a in made), Decimal(0)) for name in ("charged_usd", "at_risk_usd"))
            assert charged <= self.box.billed(gateway) <= charged + risk, gateway
        bought = [a for a in outcome.attempts if a["provider"] in GATEWAYS]
        assert len(bought) == sum(call.order for call in self.calls) + self.by_hand, outcome.told
        keys = [f"sandbox-{gateway}".encode() for gateway in GATEWAYS]
        for path in self.target.rglob("*"):
            data = path.read_bytes() if path.is_file() else b""
            assert not any(key in data for key in keys), path
        assert not list((self.target / "lock").iterdir())


def check_sums(outcome: Outcome) -> None:
    """Attempts = totals = by provider and model; rows = by scene and mode; what is charged was put to one use."""
    costs = outcome.costs
    for name in MONEY:
        attempts = sum((a[name] for a in outcome.attempts), Decimal(0))
        rows = sum((row[name] for row in outcome.rows.values()), Decimal(0))
        assert attempts == Decimal(costs["totals"][name]) == _sum(costs["by_provider"].values(), name)
        assert attempts == _sum(costs["by_model"].values(), name)
        assert rows == _sum(costs["by_scene"].values(), name) == _sum(costs["by_mode"].values(), name)
    for row in (*outcome.rows.values(), *costs["by_scene"].values()):
        assert sum(Decimal(row[name]) for name in BOUGHT) == Decimal(row["charged_usd"])
    assert len({a["clip"] for a in outcome.rows.values() if a["clip"]}) == sum(map(bool, outcome.clips()))
    listed = [costs["totals"][name] for name in ("charged_usd", "at_risk_usd")]
    kept = [row[name] for row in outcome.rows.values() for name in ("charged_usd", "at_risk_usd")]
    assert sum(map(Decimal, listed)) == sum(kept) + Decimal(costs["superseded_usd"])


def _sum(buckets: Iterable[Mapping[str, str]], name: str) -> Decimal:
    return sum((Decimal(bucket[name]) for bucket in buckets), Decimal(0))


def _section(name: str, table: Mapping[str, Any]) -> str:
    return f"[{name}]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in table.items())


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """One server for all; its files come from a host of another name, which no key may reach."""
    with Sandbox(job_seconds=0.0, media_host="localhost") as box:
        yield box


@pytest.fixture
def studio(sandbox: Sandbox, tmp_path: Path) -> Studio:
    """A fresh sandbox without faults, and an empty target."""
    sandbox.faults([])
    sandbox.reset()
    return Studio(sandbox, tmp_path)


@pytest.fixture
def nowhere() -> str:
    """An address at which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}"


def shots(count: int, prompt: str = "shot") -> Sequence[str]:
    """So many prompts."""
    return [f"{prompt} {n}" for n in range(1, count + 1)]
