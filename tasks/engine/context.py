"""One run: what its engine works with, and the rules that submit and poll share."""

import asyncio
import random
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol, TypeVar

from tasks.config import Catalogue, ProviderSettings, Settings, key_may_go, secret_of, unreachable
from tasks.domain import redaction
from tasks.domain.errors import Stopped, TargetLost
from tasks.domain.money import ZERO
from tasks.domain.order import Reply, Request
from tasks.domain.progress import Progress
from tasks.domain.result import Attempt, Basis, Clip
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

    async def settle(
        self,
        attempt: Attempt,
        outcome: str,
        *,
        charged: Decimal = ZERO,
        at_risk: Decimal = ZERO,
        basis: Basis = "free",
        clip: Clip | None = None,
        error: Exception | None = None,
        remote_ids: Mapping[str, str] | None = None,
    ) -> Attempt:
        """Record that a paid attempt is over, and book its money where its quote was reserved."""
        money: dict[str, Any] = {"charged": charged, "at_risk": at_risk, "basis": basis}
        ending: dict[str, Any] = {"clip": clip, "error": error, "remote_ids": remote_ids}
        settled = await self.write(self.ledger.settled, attempt, outcome, **money, **ending)
        self.budget.book(attempt.quoted, settled.charged, settled.at_risk, clip=clip is not None)
        self.progress.spent, self.progress.reserved = self.budget.committed - self.budget.reserved, self.budget.reserved
        self.limits(attempt.provider).note(settled)
        return settled


def key_of_provider(settings: ProviderSettings) -> dict[str, str]:
    """The header that carries the provider's key; none where no key was found."""
    name, template = adapter(settings.name).AUTH
    return {name: template.format(key=settings.key.get_secret_value())} if settings.key else {}


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
