"""What a season lays at the target for its parts: each one's order, told along with the heartbeat, and the board as the
season read it. A part that finds no order of its own there any more ends, whoever started it."""

import asyncio
import contextlib
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from decimal import Decimal

from tasks.domain.errors import BoardError, Stopped, TargetError
from tasks.domain.money import ZERO
from tasks.season.parts import SeasonPart
from tasks.session import Session
from tasks.storage import BOARD, StoreError, seconds
from tasks.storyboard import display_url

TRIES = 3  # of what a season cannot go on without
GLANCE = 0.5  # a season that waits looks up this often: it may be stopped by now


@dataclass
class Orders:
    """The orders of one season, which holds the target's lock.

    ``board`` is the sha256 of the copy that the parts read; ``edited`` says that the file is another one by now.
    """

    running: Session
    clock: Callable[[], float] = seconds
    parts: dict[str, dict[str, str | None]] = field(default_factory=dict)
    board: str = ""
    edited: str = ""
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def give(self, part: SeasonPart, budget: Decimal | None, lost: Decimal = ZERO) -> bool:
        """Replace the part's order by one for this attempt: True when it stands at the target and the part may be
        started.

        ``budget`` is the part's share and ``lost`` what its place has lost already, both in US dollars.
        """
        share, whole = (None if usd is None else str(usd) for usd in (budget, self.running.budget_usd))
        async with self.turn:  # parts begin in the order in which they were asked for
            await self.look_at_board()
            self.parts[part.name] = {"attempt": part.attempt, "usd": share, "of_usd": whole, "lost_usd": str(lost)}
            return await self._say() and self.running.stopped is None

    async def take_back(self, name: str) -> bool:
        """Remove the order of a part that is over, so that no run of it can start: True when the target says so."""
        self.parts.pop(name, None)
        return await self._say()

    async def _say(self) -> bool:
        lock = self.running.lock
        lock.says = {"parts": dict(self.parts), "verdicts": dict(self.running.role.said or {})}

        async def renew() -> None:
            try:
                await asyncio.to_thread(lock.renew)
            except TargetError as error:
                self.running.interrupt(str(error))  # taken over: there is nobody left to tell

        return await self.insist(renew, "the parts cannot be told")

    async def keep_board(self) -> None:
        """Lay a copy of the board beside the lock: the parts read that one, whatever becomes of the file."""
        data = self.running.board_data
        digest = hashlib.sha256(data).hexdigest()
        write = self.running.store.write
        if await self.insist(lambda: asyncio.to_thread(write, f"lock/{BOARD}{digest}", data), "no copy of the board"):
            self.board = digest

    async def look_at_board(self) -> None:
        """Say in a line that the board was edited since it was read; once."""
        with contextlib.suppress(BoardError):  # it went, or cannot be read for a moment: the parts have the copy
            if not self.edited and await self.running.read_board() != self.running.board_data:
                board = display_url(self.running.request.board)
                self.edited = f"{board} was edited while its season runs: the season ends as it was read"
                self.running.progress.line(self.edited)

    async def clear_board(self) -> None:
        """Delete the copy, as long as the target is ours; whoever takes the target next deletes it too."""
        if self.board and self.running.lock.fresh:
            with contextlib.suppress(StoreError):
                await asyncio.to_thread(self.running.store.delete, f"lock/{BOARD}{self.board}")

    async def insist(self, act: Callable[[], Awaitable[None]], trouble: str) -> bool:
        """Try a few times what the season cannot go on without: True when it was done. Else the season is stopped, and
        ``trouble`` says in its log what failed."""
        for _ in range(TRIES):
            try:
                await act()
                return True
            except (TargetError, StoreError) as error:
                said = str(error)
                self.running.progress.line(f"{trouble}: {said}")
            await self.nap(self.running.lock.lease / 12)
        self.running.stop(Stopped("Target", said))
        return False

    async def nap(self, length: float) -> None:
        """Wait ``length`` seconds, or until the season is stopped: its parts go on ordering until it tells them."""
        until = self.clock() + length
        while self.clock() < until and self.running.stopped is None:
            await self.running.sleep(min(GLANCE, length))
