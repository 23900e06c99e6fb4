"""A part of a season: the same job over some of the board's shots, under the season's lock, with a share of the money.

What it may do stands with the season's heartbeat: an order that is not there any more, or is another attempt's, ends
the part, whoever started it and however old its parameters are.
A part writes clips and ledger like any run. Manifest and report are the season's: the part tells it how its shots
ended in ``lock/<part>/told.json``, which the season reads and clears away.
"""

import asyncio
import contextlib
import hashlib
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tasks.domain.errors import Stopped, TargetError
from tasks.domain.money import ZERO
from tasks.domain.result import Attempt
from tasks.ledger import Ended, spent
from tasks.season.parts import SeasonPart, divide_settings, lost_by, todays_share
from tasks.session import Session
from tasks.storage import BOARD, LeaseWatcher, Lock, Store, StoreError

TOLD = "told.json"
OVER = "the season goes on without it, and what is left of the money is shared anew: its shots are the next run's"


@dataclass(frozen=True, slots=True)
class PartReport:
    """What a part says at its end: how each shot without a clip was left, and why it did not start, if so. ``lost`` are
    the US dollars without a clip in its place among the parts in flight, those of the parts before it included."""

    ended: Mapping[str, Ended]
    refused: str = ""
    lost: Decimal = ZERO


def read_report(store: Store, part: SeasonPart) -> PartReport | None:
    """What this very attempt at the part has told; None as long as it has not."""
    try:
        found = json.loads(store.read(f"lock/{part.name}/{TOLD}"))
    except FileNotFoundError:
        return None
    if found["attempt"] != part.attempt:
        return None
    ended = {name: Ended(*words) for name, words in found["ended"].items()}
    return PartReport(ended, found["refused"], Decimal(found.get("lost_usd", 0)))


@dataclass
class PartSession(Session):
    """A session over the shots in ``wanted.only``, whose budget is the part's share and counts its own orders.

    ``order`` is what the season's heartbeat says of this part; empty for a season that says nothing of its parts.
    """

    part: SeasonPart = field(kw_only=True)
    order: Mapping[str, Any] = field(default_factory=dict, kw_only=True)

    def __post_init__(self) -> None:
        self.run_id = self.part.run_id
        self.settings = divide_settings(self.settings, self.part.ways)
        super().__post_init__()
        own = {"folder": f"lock/{self.part.name}", "lease": self.part.lease, "token": self.part.attempt}
        self.lock = Lock(self.store, self.run_id, **own)  # type: ignore[arg-type]  # a mix by name
        self.season = LeaseWatcher(self.store, self.part.token, lease=self.part.lease)

    @property
    def ways(self) -> int:
        """The parts in flight at once: one Prefect server records them all."""
        return self.part.ways

    @property
    def budget_usd(self) -> Decimal | None:
        """US dollars that the part's orders may come to: its share as the season tells it today; None for no limit."""
        if not self.order:
            return super().budget_usd
        share, whole = (None if self.order[name] is None else Decimal(self.order[name]) for name in ("usd", "of_usd"))
        history = list(self.ledger.history())
        return todays_share(share, whole, spent(a for a in history if self._counts(a)), spent(history))

    async def read_board(self) -> bytes:
        """The board as the season read it, from the season's copy, whatever the file holds by now."""
        if not self.part.board:
            return await super().read_board()
        try:
            data = await asyncio.to_thread(self.store.read, f"lock/{BOARD}{self.part.board}")
        except (FileNotFoundError, StoreError) as error:
            raise TargetError(f"the season's copy of the board cannot be read: {error}") from error
        if hashlib.sha256(data).hexdigest() != self.part.board:
            raise TargetError("the season's copy of the board is not what the season read")
        return data

    def may_submit(self) -> None:
        """`Stopped` as in any run, and while the season's heartbeat is too old."""
        super().may_submit()
        if not self.season.fresh:
            raise Stopped("Interrupted", "the season's heartbeat was not seen in time: nothing more is ordered")

    def _counts(self, attempt: Attempt) -> bool:
        """A part counts its own orders, those of an earlier attempt at it too: the season counted all others."""
        return attempt.run_id == self.run_id and attempt.shot_id in self.request.only

    def _lost_before(self) -> Decimal:
        """What was lost in this part's place among those in flight: by the parts before it, and by earlier attempts at
        this one. What may be wasted is the season's, not anew each part's."""
        if not self.order:
            return lost_by(self.run_id, self.ledger.history()) / self.part.ways
        own = lost_by(self.run_id, (a for a in self.ledger.history() if a.shot_id in self.request.only))
        return Decimal(self.order["lost_usd"]) + own

    async def _beat(self) -> None:
        watching = asyncio.create_task(self._watch())
        try:
            await super()._beat()
        finally:
            watching.cancel()

    async def _watch(self) -> None:
        """Follow the season's heartbeat: the part stops when it stops, says so, or is somebody else's."""
        while True:
            if why := await asyncio.to_thread(self.season_gone):
                return self.interrupt(why)
            await asyncio.sleep(self.part.lease / 12)

    def season_gone(self) -> str:
        """Why the part has to stop; empty as long as the season goes on."""
        try:
            record = self.season.look()
        except StoreError as error:
            self.progress.line(f"the season's lock could not be read: {error}")
        else:
            if record is None:
                return "the season is over"
            if record.get("stopping"):
                return "the season was stopped"
            if why := self._replaced(record):
                return why
        return "" if self.season.alive else "the season's heartbeat stopped"

    def _replaced(self, season: Mapping[str, Any]) -> str:
        """Why this attempt has no order any more; else its order of today is taken down."""
        if "parts" not in season:
            return ""
        order = season["parts"].get(self.part.name, {})
        if order.get("attempt") == self.part.attempt:
            self.order = order
            return ""
        return "another attempt at it was made" if order else OVER

    async def season_absent(self) -> str:
        """Why the part may not begin: empty once the season's heartbeat was seen to move. One look is not enough, the
        lock of a process that was killed lies there as well."""
        try:  # before the season's record: that has no order for it by the time this is cleared away
            if await asyncio.to_thread(read_report, self.store, self.part):
                return "it has told its end"
        except StoreError as error:
            return f"what it told cannot be read: {error}"
        why = await asyncio.to_thread(self.season_gone)
        first = self.season.beat
        while not why and self.season.beat == first:
            await asyncio.sleep(self.part.lease / 24)
            why = await asyncio.to_thread(self.season_gone)
        return why

    async def _probe_writes(self) -> None:
        """The season has tried the target; parts would clear away each other's proofs."""

    async def publish(self) -> None:
        """Leave manifest, attempts and costs to the season."""

    async def show(self) -> None:
        """Leave report, timeline and rough cut to the season."""

    async def _publish_last(self) -> None:
        rows = [self.row(plan) for plan in self.plan.shots if plan.selected]
        await self._tell({r.shot.shot_id: Ended(r.status, r.error_class, r.error) for r in rows if r.error_class})

    async def refuse(self, why: str) -> None:
        """Tell the season that the part cannot start, so that it does not try again."""
        await self._tell({}, why)

    async def _tell(self, ended: Mapping[str, Ended], refused: str = "") -> None:
        text: dict[str, Any] = {"attempt": self.part.attempt, "ended": ended, "refused": refused}
        text["lost_usd"] = str(self.budget.wasted)
        try:
            await asyncio.to_thread(self.lock.renew)  # the word of an attempt that was replaced is no word
            await asyncio.to_thread(self.store.write, f"{self.lock.folder}/{TOLD}", json.dumps(text).encode())
        except (TargetError, StoreError) as error:
            self.progress.line(f"the season could not be told (it reads the ledger): {error}")


def part_session(plain: Session, part: SeasonPart) -> PartSession:
    """The session of a part, from a plain one over the same target."""
    parts = (plain.request, plain.settings, plain.catalogue, plain.store, plain.http, plain.folder)
    return PartSession(*parts, progress=plain.progress, part=part)


@contextlib.asynccontextmanager
async def join_season(running: PartSession) -> AsyncIterator[PartSession]:
    """Hold the part's own lock from its first second on. `TargetError` when another attempt at the part holds it, or
    when the season is over: looked at under that lock, so that whoever takes the target next sees the part. And once
    before: a run that a person retries by hand does not stand in the way of the attempt that took its place."""
    if why := await asyncio.to_thread(running.season_gone):
        raise TargetError(f"{running.part.name} does not start: {why}")
    async with running.held():
        if why := await running.season_absent():
            raise TargetError(f"{running.part.name} does not start: {why}")
        yield running
