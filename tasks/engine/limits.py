"""What a provider allows: orders in flight, submits a minute, cooldowns, and which routes are out for the run.

There is one `ProviderLimits` for each provider in a process; clock, sleep and jitter are parameters, so that tests
never wait.
"""

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime

from tasks.config import ProviderSettings
from tasks.domain.model import Route
from tasks.domain.order import Reply
from tasks.domain.result import Attempt

SUBMITS = 4  # of one shot at one route
LONGEST_WAIT = 120.0  # seconds; a longer Retry-After sends the shots to the next route at once
LOSING_STREAK = 5  # paid attempts in a row at one route that gave no clip
EXHAUSTED = 3  # shots in a row that a provider was too busy for
PAUSE = 120.0  # seconds that such a provider is then left alone
GLANCE = 1.0  # seconds after which a waiting shot looks again: its provider may be out by now

Clock = Callable[[], float]
Sleep = Callable[[float], Awaitable[None]]


def retry_after(reply: Reply, wall: Clock) -> float | None:
    """Seconds that a Retry-After header asks for, whether it holds seconds or a date; None without one.

    A date is compared with the reply's own Date header if it has one, else with ``wall`` (epoch seconds): the gateway's
    clock may differ from ours.
    """
    text = reply.headers.get("retry-after", "").strip()
    if not text:
        return None
    if text.isascii() and text.replace(".", "", 1).isdigit():
        return min(float(text), 1e9)
    until = moment_of(text)
    if until is None:
        return None
    since = moment_of(reply.headers.get("date", ""))
    return max(until - (wall() if since is None else since), 0.0)


def moment_of(text: str) -> float | None:
    """Epoch seconds of an HTTP date, which is UTC where it names no zone; None where it is no date."""
    try:
        date = parsedate_to_datetime(text)
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def backoff(tries: int, roll: Callable[[], float] = random.random) -> float:
    """Seconds to wait after so many `Busy` replies without a time: 1, doubled each time up to 30, plus up to a half.

    ``roll`` gives the jitter, from 0 to 1.
    """
    return min(2.0 ** (tries - 1), 30.0) * (1 + roll() / 2)


@dataclass
class ProviderLimits:
    """The limits of one provider in this run.

    ``locked`` holds the reason once its key or credit was refused. ``clock`` and ``sleep`` count seconds; what ends in
    ``_until`` is a time of that clock.
    """

    settings: ProviderSettings
    clock: Clock
    sleep: Sleep
    locked: str = ""
    quiet_until: float = 0.0
    hushed_until: float = 0.0
    paused_until: float = 0.0
    circuit_open_until: float = 0.0
    exhausted: int = 0
    sent: deque[float] = field(default_factory=deque)
    streaks: dict[str, int] = field(default_factory=dict)
    gone: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.places = asyncio.Semaphore(max(1, self.settings.max_in_flight))

    def out(self, route: Route, *, last: bool = False) -> str:
        """Why nothing may be sent to the route now; empty when it may.

        A provider that is only left alone because it was too busy is still asked when the shot has no other route
        (``last``).
        """
        if self.locked:
            return f"{self.settings.name} is out for this run: {self.locked}"
        if route.name in self.gone:
            return f"{route.name} is out for this run: {self.gone[route.name]}"
        if self.streaks.get(route.name, 0) >= LOSING_STREAK:
            return f"{route.name} is out for this run: {LOSING_STREAK} paid orders in a row gave no clip"
        if self.clock() < self.paused_until:
            return f"{self.settings.name} asks to be left alone for {self.paused_until - self.clock():.0f} s"
        if self.clock() < self.circuit_open_until and not last:
            return f"{self.settings.name} was too busy for {EXHAUSTED} shots in a row"
        return ""

    def quiet(self) -> bool:
        """Whether a Retry-After forbids an order at this moment."""
        return self.clock() < max(self.quiet_until, self.paused_until)

    async def ready(self, *, last: bool = False) -> None:
        """Wait until cooldown and the submits of the last minute allow one more, and count that as sent.

        Returns at once and counts nothing where the whole provider is out: `out` with the same ``last`` says why.
        """
        rate = self.settings.submits_per_minute
        most, span = max(1, int(rate)), max(60.0, 60.0 / rate)
        while not self.locked and self.clock() >= max(self.paused_until, 0.0 if last else self.circuit_open_until):
            now = self.clock()
            while self.sent and self.sent[0] + span <= now:
                self.sent.popleft()
            until = max(self.quiet_until, self.sent[0] + span if len(self.sent) >= most else 0.0)
            if until <= now:
                self.sent.append(now)
                return
            await self.sleep(min(until - now, GLANCE))

    def cool(self, seconds: float) -> None:
        """Hold back the orders of the whole provider for so many seconds, as a Retry-After asks."""
        if seconds > LONGEST_WAIT:
            self.paused_until = max(self.paused_until, self.clock() + seconds)
        else:
            self.quiet_until = max(self.quiet_until, self.clock() + seconds)

    def hush(self, seconds: float) -> None:
        """Hold back the polls of the whole provider for so many seconds, as a Retry-After to a poll asks."""
        self.hushed_until = max(self.hushed_until, self.clock() + min(seconds, LONGEST_WAIT))

    def too_busy(self) -> None:
        """Count a shot that used up its submits; after a few in a row the provider is left alone for a while."""
        self.exhausted += 1
        if self.exhausted >= EXHAUSTED:
            self.circuit_open_until = self.clock() + PAUSE

    def note(self, attempt: Attempt) -> None:
        """Learn from an attempt: acceptance ends a busy streak, money without a clip feeds the losing one."""
        if attempt.outcome != "busy":
            self.exhausted = 0
        if attempt.clip is not None or attempt.outcome == "late":
            self.streaks[attempt.route] = 0
        elif attempt.charged or attempt.at_risk:
            self.streaks[attempt.route] = self.streaks.get(attempt.route, 0) + 1
