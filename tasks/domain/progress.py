"""What a run is doing right now: written by the run, read by whoever shows it. No library, no clock of its own."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from tasks.domain import redaction
from tasks.domain.money import ZERO, usd_text
from tasks.domain.result import has_own_clip

STALE = 10.0  # seconds


@dataclass(slots=True)
class Flight:
    """A shot in flight: since when (monotonic seconds), what is happening to it, when that was heard, and how it came
    to its route."""

    since: float
    says: str
    said_at: float
    came: str = ""

    def told(self, now: float) -> str:
        """What is happening to it, how long ago that was heard where it is some time, and how it came there."""
        age = now - self.said_at
        heard = f"{self.says} ({age:.0f} s ago)" if age >= STALE else self.says
        return f"{heard}; {self.came}" if self.came else heard


@dataclass(slots=True)
class Progress:
    """Counts, money (US dollars) and the shots in flight.

    ``listen`` gets one line for each thing worth a line, and where ``each`` is set for each shot; ``record`` the
    former only.
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
        """What the shot is doing; the first word of it puts the shot in flight, and one that is over stays over."""
        if shot_id in self.ended:
            return  # a POST that outlives its cancelled shot still has its receipt to tell of
        now = self.clock()
        flight = self.flights.setdefault(shot_id, Flight(now, "", now))
        flight.says, flight.said_at = redaction.line(text), now

    def fall(self, shot_id: str, how: str, *, tell: bool) -> None:
        """The shot goes on at another route: ``aigateway busy, went to pixazo``; told in a line where that is news."""
        self.say(shot_id, how)
        if shot_id in self.flights:
            self.flights[shot_id].came = redaction.line(how)
        if tell:
            self.listen(redaction.plain(f"{shot_id}: {how}"))

    def take_up(self, shot_id: str, job: str, waiting: Decimal) -> None:
        """A job of an earlier run is asked after, and its money (US dollars) waits for the answer."""
        self.say(shot_id, f"{job}, bought earlier")
        self.taken_up.setdefault(shot_id, []).append(waiting)
        self.listen(redaction.plain(f"{shot_id}: takes up {job}; {usd_text(waiting)} USD wait there"))

    def line(self, text: str) -> None:
        """One line for people: a fallback, a warning, a result."""
        plain = redaction.plain(text)
        self.listen(plain)
        self.record(plain)

    def end(self, shot_id: str, status: str) -> None:
        """The shot is over; where every shot gets its line, it gets it now."""
        self.flights.pop(shot_id, None)
        self.taken_up.pop(shot_id, None)
        self.ended[shot_id] = status
        if self.each:
            self.listen(f"{len(self.ended)}/{self.total} {shot_id} {status}")

    def counts(self) -> dict[str, int]:
        """``done``, ``running``, ``waiting`` and ``failed``: they add up to the total."""
        good = sum(has_own_clip(status) for status in self.ended.values())
        bad = len(self.ended) - good
        waiting = max(self.total - good - bad - len(self.flights), 0)
        return {"done": good, "running": len(self.flights), "waiting": waiting, "failed": bad}
