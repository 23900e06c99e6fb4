"""What was heard of a job that is waited for, and what it comes to: a value that a run fills in. Pure."""

from dataclasses import dataclass, field
from decimal import Decimal

from tasks.domain.errors import MediaError

LONGEST_REST = 30.0  # seconds between downloads that are no video
AT_ONCE = 0.001  # seconds; a look that begins so near to the deadline is the last one


class NoVideo(MediaError):
    """A download that came whole and is no video. ``final``: it is all of an mp4, so no better one will come."""

    def __init__(self, message: str, digest: str, *, final: bool) -> None:
        super().__init__(message)
        self.digest = digest
        self.final = final


@dataclass
class Heard:
    """What was heard of one job in this run. Times are those of the run's clock.

    ``spoiled``: what a download that came whole twice, with the same digest, is instead of a video.
    """

    until: float
    word: str = ""
    said_at: float = 0.0
    not_before: float = 0.0
    trouble: str = ""
    spoiled: str = ""
    charge: Decimal | None = None
    digests: set[str] = field(default_factory=set)
    bad: int = 0

    def hear(self, word: str, now: float) -> None:
        """The gateway's own word of the job; what went wrong before it is over."""
        self.word, self.said_at, self.trouble = word, now, ""

    def rest(self, now: float) -> None:
        """After a download that is no video: the next one comes later and later, for each may have gigabytes."""
        self.bad += 1
        self.not_before = max(self.not_before, now + min(2.0**self.bad, LONGEST_REST))

    def is_last(self, began: float) -> bool:
        """Whether a look that began then was the last one. One that began before the deadline is not: a process that
        stood still while it asked asks again."""
        return began >= self.until - AT_ONCE

    def take(self, error: NoVideo) -> bool:
        """A download that is none: whether it ends the job at once."""
        again = error.digest in self.digests
        if again:
            self.spoiled = str(error)
        self.digests.add(error.digest)
        return again and error.final

    def doing(self, now: float) -> str:
        """What went wrong since the last word, and how old that is; for who watches."""
        return f"{self.trouble}; last word {self.word!r} {now - self.said_at:.0f} s ago" if self.word else self.trouble

    def last(self, now: float) -> str:
        """The gateway's last word, how old it is, and what came after it; for who reads afterwards."""
        said = f"its last word was {self.word!r}, {now - self.said_at:.0f} s before"
        then = f"; then: {self.trouble}" if self.trouble else ""
        return (said if self.word else "it never said how it stands") + then
