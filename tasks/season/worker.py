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
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tasks.domain.errors import Stopped, TargetError
from tasks.domain.money import ZERO
from tasks.domain.result import Attempt, ShotResult
from tasks.ledger import Ended, spent
from tasks.season.parts import Ids, SeasonPart, divide_settings, lost_by, todays_share
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
    """The report of this attempt at the part; None as long as there is none."""
    try:
        found = json.loads(store.read(f"lock/{part.name}/{TOLD}"))
    except FileNotFoundError:
        return None
    if found["attempt"] != part.attempt:
        return None
    ended = {name: Ended(*words) for name, words in found["ended"].items()}
    return PartReport(ended, found["refused"], Decimal(found.get("lost_usd", 0)))


@dataclass
class PartRole:
    """The role of a session that works on ``only`` these shots of a season: a `tasks.session.Role`.

    Its budget is the part's share and counts its own orders; tables and views are the season's.
    ``order`` is what the season's heartbeat says of this part; empty for a season that says nothing of its parts.
    ``said``: the verdicts that the season read at its start, by key the highest number; None for a season that does not
    say so. ``say`` tells a person in a line what could not be done.
    """

    part: SeasonPart
    only: Ids
    store: Store
    say: Callable[[str], None]
    order: Mapping[str, Any] = field(default_factory=dict)
    said: Mapping[str, int] | None = None
    publishes: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        folder = f"lock/{self.part.name}"
        self.lock = Lock(self.store, self.part.run_id, folder=folder, lease=self.part.lease, token=self.part.attempt)
        self.season = LeaseWatcher(self.store, self.part.token, lease=self.part.lease)

    @property
    def ways(self) -> int:
        """The parts in flight at once: one Prefect server records them all."""
        return self.part.ways

    async def board_copy(self) -> bytes | None:
        """The board as the season read it, from the season's copy, whatever the file holds by now. None without one.

        Raises ``TargetError`` when the copy cannot be read or is another board's.
        """
        if not self.part.board:
            return None
        try:
            data = await asyncio.to_thread(self.store.read, f"lock/{BOARD}{self.part.board}")
        except (FileNotFoundError, StoreError) as error:
            raise TargetError(f"the season's copy of the board cannot be read: {error}") from error
        if hashlib.sha256(data).hexdigest() != self.part.board:
            raise TargetError("the season's copy of the board is not what the season read")
        return data

    def budget_usd(self, whole: Decimal | None, history: Iterable[Attempt]) -> Decimal | None:
        """US dollars that the part's orders may come to: its share as the season tells it today; None for no limit."""
        if not self.order:
            return whole
        share, of_usd = (None if self.order[name] is None else Decimal(self.order[name]) for name in ("usd", "of_usd"))
        known = list(history)
        return todays_share(share, of_usd, spent(a for a in known if self.counts(a)), spent(known))

    def counts(self, attempt: Attempt) -> bool:
        """A part counts its own orders, those of an earlier attempt at it too: the season counted all others."""
        return attempt.run_id == self.part.run_id and attempt.shot_id in self.only

    def lost_before(self, history: Iterable[Attempt]) -> Decimal:
        """US dollars that were lost in this part's place among those in flight: by the parts before it, and by earlier
        attempts at this one. What may be wasted is one sum for the season, not one for each part."""
        if not self.order:
            return lost_by(self.part.run_id, history) / self.part.ways
        own = lost_by(self.part.run_id, (a for a in history if a.shot_id in self.only))
        return Decimal(self.order["lost_usd"]) + own

    def may_submit(self) -> None:
        """Allow an order to be sent now.

        Raises ``Stopped`` when the season's heartbeat is too old.
        """
        if not self.season.fresh:
            raise Stopped("Interrupted", "the season's heartbeat was not seen in time: nothing more is ordered")

    async def watch(self, interrupt: Callable[[str], None]) -> None:
        """Follow the season's heartbeat: the part stops when it stops, says so, or is somebody else's."""
        while True:
            if why := await asyncio.to_thread(self.season_gone):
                return interrupt(why)
            await asyncio.sleep(self.part.lease / 12)

    def season_gone(self) -> str:
        """Why the part has to stop; empty as long as the season goes on."""
        try:
            record = self.season.look()
        except StoreError as error:
            self.say(f"the season's lock could not be read: {error}")
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
            self.order, self.said = order, season.get("verdicts")
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

    async def report(self, rows: Sequence[ShotResult], lost_usd: Decimal, refused: str = "") -> None:
        """Tell the season how the shots without a clip ended, or why the part cannot start, so that it does not try
        again. ``lost_usd``: see `PartReport`."""
        ended = {r.shot.shot_id: Ended(r.status, r.error_class, r.error) for r in rows if r.error_class}
        text = {"attempt": self.part.attempt, "ended": ended, "refused": refused, "lost_usd": str(lost_usd)}
        try:
            await asyncio.to_thread(self.lock.renew)  # the word of an attempt that was replaced is no word
            await asyncio.to_thread(self.store.write, f"{self.lock.folder}/{TOLD}", json.dumps(text).encode())
        except (TargetError, StoreError) as error:
            self.say(f"the season could not be told (it reads the ledger): {error}")


def part_session(plain: Session, role: PartRole) -> Session:
    """The session of a part, from a plain one over the same target."""
    settings = divide_settings(plain.settings, role.ways)
    what = (plain.request, settings, plain.catalogue, plain.store, plain.http, plain.folder)
    running = Session(*what, run_id=role.part.run_id, progress=plain.progress, role=role)
    running.lock = role.lock
    return running


@contextlib.asynccontextmanager
async def join_season(plain: Session, part: SeasonPart) -> AsyncIterator[Session]:
    """The part's session, holding the part's own lock from its first second on.

    The season is looked at under that lock, so that whoever takes the target next sees the part; and once before it, so
    that a run that a person retries by hand does not stand in the way of the attempt that took its place. Raises
    ``TargetError`` when another attempt at the part holds the lock, or when the season is over.
    """
    role = PartRole(part, plain.request.only, plain.store, plain.progress.line)
    if why := await asyncio.to_thread(role.season_gone):
        raise TargetError(f"{part.name} does not start: {why}")
    running = part_session(plain, role)
    async with running.held():
        if why := await role.season_absent():
            raise TargetError(f"{part.name} does not start: {why}")
        yield running
