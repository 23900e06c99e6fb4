"""One run: what its engine works with, and the rules that submit and poll share."""

import asyncio
import random
import time
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol, TypeVar

from tasks.config import Catalogue, ProviderSettings, Settings, key_may_go, secret_of, unreachable
from tasks.domain import redaction
from tasks.domain.errors import Stopped, TargetLost
from tasks.domain.job import Job
from tasks.domain.money import is_credible, usd, usd_text
from tasks.domain.order import Reply, Request
from tasks.domain.progress import Progress
from tasks.domain.result import Attempt, Settlement
from tasks.engine.budget import Budget
from tasks.engine.limits import ProviderLimits, Sleep
from tasks.engine.room import Room
from tasks.ledger import Ledger, Receipts
from tasks.providers import adapter
from tasks.storage import Store, StoreError
from tasks.transport import Forbidden, Http, host_of

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
    known_limits: dict[str, ProviderLimits] = field(default_factory=dict)
    wide: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))  # for answers of many megabytes
    lookers: Executor = field(default_factory=lambda: ThreadPoolExecutor(2))

    def limits(self, provider: str) -> ProviderLimits:
        """The provider's limits in this run."""
        if provider not in self.known_limits:
            self.known_limits[provider] = ProviderLimits(self.settings.providers[provider], self.clock, self.sleep)
        return self.known_limits[provider]

    async def ask(self, settings: ProviderSettings, request: Request, base: str, timeout: float) -> Reply:
        """One question with the provider's key, and its answer without it: a gateway may echo what it was sent.

        `Forbidden` for a host that the config does not name; else as `Http.ask`.
        """
        url, headers = addressed(settings, request, base)
        reply = await self.http.ask(request, url, headers, timeout)
        secret = secret_of(settings)
        told = {name: redaction.hidden(value, secret) for name, value in reply.headers.items()}
        return replace(reply, body=redaction.hidden_in(reply.body, secret), headers=told)

    def can_ask(self, attempt: Attempt) -> str:
        """Why today's config or keys cannot ask after the attempt's job; empty when they can."""
        base = str(self.ledger.record(attempt).get("base_url", ""))
        return unreachable(self.settings.providers.get(attempt.provider), attempt.provider, base)

    async def write(self, act: Callable[..., T], *args: object, **options: object) -> T:
        """A ledger write off the event loop. `TargetLost` when the target refuses it: that ends the buying."""
        try:
            return await asyncio.to_thread(act, *args, **options)
        except StoreError as error:
            raise TargetLost(str(error)) from error

    def estimated(self, attempt: Attempt, job: Job) -> Job:
        """The receipt, once the money that it names is set aside; one that nobody can mean is told and left out."""
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
        self.budget.book(attempt.expected, settled.charged, settled.at_risk, clip=ending.clip is not None)
        self.budget.learn(attempt.route, attempt.quoted, settled.charged)
        self.show_money()
        self.limits(attempt.provider).note(settled)
        return settled


def key_of_provider(settings: ProviderSettings) -> dict[str, str]:
    """The provider's own headers, and the one that carries its key where there is one."""
    own = {name: value.get_secret_value() for name, value in settings.headers.items()}
    name, template = adapter(settings.protocol).AUTH
    return own | ({name: template.format(key=settings.key.get_secret_value())} if settings.key else {})


def absolute(url: str, base: str) -> str:
    """The address itself, or the path put below the base URL."""
    known = url.lower().startswith(("http://", "https://"))
    return url if known else base.rstrip("/") + "/" + url.lstrip("/")


def addressed(settings: ProviderSettings, request: Request, base: str) -> tuple[str, dict[str, str]]:
    """The absolute URL and the key's header. `Forbidden` for a host that the config does not name."""
    url = absolute(request.url, base)
    if not key_may_go(settings, url):
        raise Forbidden(f"{host_of(url)[1]} is not {settings.name}'s host: nothing was asked there")
    return url, key_of_provider(settings)


class StopSignal(Protocol):
    """Who stops the whole run when one shot finds that nothing more may be bought."""

    def stop(self, reason: Stopped) -> None:
        """No order leaves after this."""
        ...
