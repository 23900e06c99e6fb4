"""One run: what its engine works with, and the rules that submit and poll share."""

import asyncio
import random
import time
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol, TypeVar

from tasks.config import Catalogue, Settings, unreachable
from tasks.domain.errors import Stopped, TargetLost
from tasks.domain.job import Job
from tasks.domain.money import is_credible, usd, usd_text
from tasks.domain.progress import Progress
from tasks.domain.result import Attempt, Settlement
from tasks.engine.budget import Budget
from tasks.engine.client import ProviderClient
from tasks.engine.limits import ProviderLimits, Sleep
from tasks.engine.room import Room
from tasks.ledger import Ledger, Receipts
from tasks.storage import Store, StoreError
from tasks.transport import Http

T = TypeVar("T")


@dataclass
class RunContext:
    """What one run works with. ``may_submit`` raises `Stopped` when no order may leave; after ``stop`` none does.

    ``lookers`` decode clips: two threads, as each takes 15 MB and a core.
    Clock (monotonic seconds), wall (epoch seconds), sleep and roll (0 to 1) are parameters: tests never wait.
    """

    settings: Settings
    catalogue: Catalogue
    store: Store
    ledger: Ledger
    budget: Budget
    folder: Path
    http: Http
    receipts: Receipts
    room: Room
    progress: Progress = field(default_factory=Progress)
    may_submit: Callable[[], None] = lambda: None
    stop: Callable[[Stopped], None] = lambda reason: None
    clock: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
    sleep: Sleep = asyncio.sleep
    roll: Callable[[], float] = random.random
    clients: dict[str, ProviderClient] = field(default_factory=dict)
    places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))  # for orders in flight, of any shot
    wide: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))  # for answers of many megabytes
    lookers: Executor = field(default_factory=lambda: ThreadPoolExecutor(2))

    def client(self, provider: str) -> ProviderClient:
        """The one client of a provider of the config, with its limits in this run."""
        if provider not in self.clients:
            settings = self.settings.providers[provider]
            self.clients[provider] = ProviderClient(
                settings, ProviderLimits(settings, self.clock, self.sleep), self.http
            )
        return self.clients[provider]

    def can_ask(self, attempt: Attempt) -> str:
        """Why today's config or keys cannot ask after the attempt's job; empty when they can."""
        if attempt.provider not in self.settings.providers:
            return unreachable(None, attempt.provider, "")
        return self.client(attempt.provider).can_ask(self.ledger.record(attempt))

    async def write(self, act: Callable[..., T], *args: object, **options: object) -> T:
        """Do a ledger write in a thread, and give its result.

        Raises ``TargetLost`` when the target refuses it: that ends the buying.
        """
        try:
            return await asyncio.to_thread(act, *args, **options)
        except StoreError as error:
            raise TargetLost(str(error)) from error

    def reserve_estimate(self, attempt: Attempt, job: Job) -> Job:
        """Set aside the money that a receipt names, and give the receipt; a sum that cannot be right is reported and
        left out."""
        told, quoted = job.estimate, attempt.quoted
        if told is None or not is_credible(told, quoted):
            if told is not None:
                self.progress.line(f"{attempt.shot_id}: {attempt.route} estimates {told} USD, which is not believed")
            return replace(job, estimate=None)
        if told > quoted:
            self.budget.raise_to(quoted, usd(told))
            self.budget.learn(attempt.route, quoted, usd(told))
            sums = f"{usd_text(told)} USD, {usd_text(quoted)} USD were quoted"
            self.progress.line(f"{attempt.shot_id}: the receipt of {attempt.route} names {sums}: its quote in this run")
            self.show_money()
        return job

    def show_money(self) -> None:
        """Tell the display what is spent and what is set aside."""
        self.progress.spent, self.progress.reserved = self.budget.committed - self.budget.reserved, self.budget.reserved

    async def settle(self, attempt: Attempt, ending: Settlement) -> Attempt:
        """Record that a paid attempt is over, and book its money where its quote was reserved."""
        settled = await self.write(self.ledger.settled, attempt, ending)
        good = ending.clip is not None and not settled.qa
        self.budget.book(attempt.expected, settled.charged, settled.at_risk, clip=good)
        self.budget.learn(attempt.route, attempt.quoted, settled.charged)
        self.show_money()
        self.client(attempt.provider).limits.note(settled)
        return settled


class StopSignal(Protocol):
    """Who stops the whole run when one shot finds that nothing more may be bought."""

    def stop(self, reason: Stopped) -> None:
        """No order leaves after this."""
        ...
