"""What a run is doing right now: written by the run, read by whatever displays it."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from tasks.domain import redaction
from tasks.domain.money import ZERO, usd_text
from tasks.domain.result import has_own_clip

STALE = 10.0  # seconds after which the age of a report is shown


@dataclass(slots=True)
class Flight:
    """A shot in flight: when it began, what is happening to it, when that was reported (monotonic seconds), and how it
    came to its route."""

    since: float
    says: str
    said_at: float
    came: str = ""

    def told(self, now: float) -> str:
        """What is happening to it, how old that report is once it is stale, and how it came there. ``now`` is in
        monotonic seconds."""
        age = now - self.said_at
        heard = f"{self.says} ({age:.0f} s ago)" if age >= STALE else self.says
        return f"{heard}; {self.came}" if self.came else heard


@dataclass(slots=True)
class Progress:
    """Counts, money (US dollars) and the shots in flight.

    ``listen`` gets a line for each notable event, and where ``each`` is set for each finished shot; ``record`` gets
    only the events.
    """

    total: int = 0
    clock: Callable[[], float] = time.monotonic
    listen: Callable[[str], None] = lambda line: None
    record: Callable[[str], None] = lambda line: None
    each: bool = False
    flights: dict[str, Flight] = field(default_factory=dict)
    ended: dict[str, str] = field(default_factory=dict)
    spent: Decimal = ZERO
    reserved: Decimal = ZERO
    taken_up: dict[str, list[Decimal]] = field(default_factory=dict)  # by shot: what its jobs of earlier runs may cost

    def say(self, shot_id: str, text: str) -> None:
        """Report what the shot is doing. The first report puts it in flight; a finished shot takes no more."""
        if shot_id in self.ended:
            return  # a POST that outlives its cancelled shot still reports its receipt
        now = self.clock()
        flight = self.flights.setdefault(shot_id, Flight(now, "", now))
        flight.says, flight.said_at = redaction.line(text), now

    def fall(self, shot_id: str, how: str, *, tell: bool) -> None:
        """Report that the shot goes on at another route: ``aigateway busy, went to pixazo``; with ``tell`` also in a
        line."""
        self.say(shot_id, how)
        if shot_id in self.flights:
            self.flights[shot_id].came = redaction.line(how)
        if tell:
            self.listen(redaction.plain(f"{shot_id}: {how}"))

    def take_up(self, shot_id: str, job: str, waiting: Decimal) -> None:
        """Report that a job of an earlier run is asked after; ``waiting`` is what it may cost in US dollars."""
        self.say(shot_id, f"{job}, bought earlier")
        self.taken_up.setdefault(shot_id, []).append(waiting)
        self.listen(redaction.plain(f"{shot_id}: takes up {job}; {usd_text(waiting)} USD wait there"))

    def line(self, text: str) -> None:
        """Report a notable event in one line: a fallback, a warning, a result."""
        plain = redaction.plain(text)
        self.listen(plain)
        self.record(plain)

    def end(self, shot_id: str, status: str) -> None:
        """Mark the shot as finished with this status, and report it where ``each`` is set."""
        self.flights.pop(shot_id, None)
        self.taken_up.pop(shot_id, None)
        self.ended[shot_id] = status
        if self.each:
            self.listen(f"{len(self.ended)}/{self.total} {shot_id} {status}")

    def counts(self) -> dict[str, int]:
        """How many shots are ``done``, ``running``, ``waiting`` and ``failed``; together they are the total."""
        good = sum(has_own_clip(status) for status in self.ended.values())
        bad = len(self.ended) - good
        waiting = max(self.total - good - bad - len(self.flights), 0)
        return {"done": good, "running": len(self.flights), "waiting": waiting, "failed": bad}
