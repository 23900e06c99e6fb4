"""What was heard of a job that is waited for, and what it comes to: a value that a run fills in. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from tasks.domain.errors import MediaError
from tasks.domain.order import Reply
from tasks.providers._common import dig, is_ok, text_of
from tasks.transport import Lost

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
    ``large``: a reply was larger than what is kept of one; ``flooded``: so was one that had room for a whole file.
    """

    until: float
    word: str = ""
    said_at: float = 0.0
    not_before: float = 0.0
    trouble: str = ""
    spoiled: str = ""
    charge: Decimal | None = None
    large: bool = False
    flooded: bool = False
    digests: set[str] = field(default_factory=set)
    bad: int = 0

    def hear(self, word: str, now: float) -> None:
        """Note the gateway's own word on the job; what went wrong before it no longer counts."""
        self.word, self.said_at, self.trouble = word, now, ""

    def rest(self, now: float) -> None:
        """Put off the next download after one that was no video, longer each time: each may have gigabytes."""
        self.bad += 1
        self.not_before = max(self.not_before, now + min(2.0**self.bad, LONGEST_REST))

    def is_last(self, began: float) -> bool:
        """Whether a look that began then was the last one. One that began before the deadline is not: a process that
        stood still while it asked asks again."""
        return began >= self.until - AT_ONCE

    def take(self, error: NoVideo) -> bool:
        """Note a download that is no video. True when that ends the job at once."""
        again = error.digest in self.digests
        if again:
            self.spoiled = str(error)
        self.digests.add(error.digest)
        return again and error.final

    def doing(self, now: float) -> str:
        """What went wrong since the gateway's last word, and how old that word is: for the live display."""
        return f"{self.trouble}; last word {self.word!r} {now - self.said_at:.0f} s ago" if self.word else self.trouble

    def last(self, now: float) -> str:
        """The gateway's last word, how old it is, and what came after it: for the record."""
        said = f"its last word was {self.word!r}, {now - self.said_at:.0f} s before"
        then = f"; then: {self.trouble}" if self.trouble else ""
        return (said if self.word else "it never said how it stands") + then


def answering(reply: Reply, job_id: str, adapter: object) -> Reply:
    """The reply as one of this job: a body that names it speaks of it under whatever HTTP status.

    Raises ``Lost`` when it is for another job: its clip is not ours, and its failure settles nothing of ours.
    """
    if quoted := getattr(adapter, "of_job", None):
        reply = quoted(reply, job_id)
    told = _named_in(reply, adapter)
    if told and job_id not in told:
        raise Lost(f"the reply is for job {told[0][:80]}, not for {job_id}")
    return replace(reply, status=200) if told and not is_ok(reply) else reply


def _named_in(reply: Reply, adapter: object) -> Sequence[str]:
    """The ids of jobs that a reply names: as the adapter's ``job_ids`` reads them, or at its documented ``JOB_ID``."""
    if read := getattr(adapter, "job_ids", None):
        return tuple(read(reply))
    place: Sequence[str] = getattr(adapter, "JOB_ID", ())
    told = text_of(dig(reply.data, *place)) if place else ""
    return (told,) if told else ()
