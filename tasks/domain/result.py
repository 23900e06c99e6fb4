"""What came of a shot: its attempts, its clip, its row."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal, NamedTuple

from tasks.domain.errors import ErrorWord, GatewayError, MediaError, Outcome
from tasks.domain.money import ZERO
from tasks.domain.shot import Shot

Status = Literal["rendered", "reused", "stand_in", "refused", "failed", "skipped"]
Basis = Literal["reported", "price_list", "free", "unknown"]
Grade = Literal["final", "draft"]  # what a take was ordered as
DRAFT_DAY = "draft_day"  # among a draft's ids: when it was ordered, by its gateway's own clock, such as 2026-11-26
STATUSES: tuple[Status, ...] = ("rendered", "reused", "stand_in", "refused", "failed", "skipped")


def has_own_clip(status: str) -> bool:
    """Whether a row of this status has a clip of its own: bought or drawn as its chain wants it, no stand-in."""
    return status in ("rendered", "reused")


@dataclass(frozen=True, slots=True)
class Clip:
    """The delivered file as it was probed. ``path`` is relative to the target."""

    path: str
    sha256: str
    bytes: int
    width: int
    height: int
    fps: float
    seconds: float
    poster: str = ""
    audio: bool | None = None  # None in records of 0.1, which did not say
    container: str = ""  # what came: mp4, fmp4, mov, webm, mkv, ts or hls; empty in records of 0.1
    channels: int = 0  # of its sound; 0 without any, and in records that do not say
    sound_rate: int = 0  # samples a second
    timecode: str = ""  # that its first picture bears in the file, such as 01:00:00:00
    origin: str = ""  # whose content credentials it came with; empty for none, and in records that do not say


class StartedFrom(NamedTuple):
    """The take of another shot that an order started from: key and number of its attempt, the sha256 of its clip, and
    that of the pixels of its last picture where that was sent."""

    key: str
    take: int
    clip: str
    picture: str = ""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One Order taken to one provider. Its money stands in ``charged`` or in ``at_risk``, never in both."""

    key: str
    n: int
    shot_id: str
    fingerprint: str
    run_id: str
    provider: str
    model: str
    outcome: Outcome
    seconds: Decimal
    size: str
    quoted: Decimal
    scene: str = ""
    mode: str = ""
    error_class: ErrorWord = ""
    error: str = ""
    job_id: str = ""
    charged: Decimal = ZERO
    at_risk: Decimal = ZERO
    basis: Basis = "unknown"
    submitted_at: str = ""
    settled_at: str = ""
    clip: Clip | None = None
    frame: str = ""
    remote_ids: Mapping[str, str] = field(default_factory=dict)
    settled_by: str = ""  # the run that settled it
    order_id: str = ""  # a random UUID, written before the POST; empty in records of 0.1
    estimate: Decimal | None = None  # US dollars that the receipt named
    stand_in: bool = False  # drawn where a gateway's clip was wanted
    slot: int = 1  # its place among the shot's takes: several are ordered side by side
    grade: Grade = "final"
    draft_of: int = 0  # the attempt whose draft it finishes
    qa: str = ""  # what is wrong with the clip, in words
    started_from: StartedFrom | None = None  # None for none, and where it is not known
    mends: int = 0  # the attempt because of whose flaw it was ordered
    booked: Decimal | None = None  # US dollars that the gateway's own records name, once they were asked

    @property
    def route(self) -> str:
        return f"{self.provider}:{self.model}"

    @property
    def expected(self) -> Decimal:
        """US dollars that are set aside for it: its quote, or what its receipt named if that is more; what the
        gateway's own records name where they were asked."""
        if self.booked is not None:
            return self.booked
        return max(self.quoted, self.estimate or ZERO)

    @property
    def quoted_if_accepted(self) -> Decimal:
        """US dollars quoted for an order that was, or may have been, accepted; zero where nothing was."""
        turned_away = self.outcome in ("busy", "refused", "locked", "moderated") and not self.job_id
        return ZERO if turned_away else self.quoted

    @property
    def brought_own_clip(self) -> bool:
        """Whether a clip came of it that was not drawn to stand in."""
        return self.clip is not None and not self.stand_in


@dataclass(frozen=True, slots=True)
class Settlement:
    """How an attempt ended, and its money in US dollars: all that its last record adds to the others."""

    outcome: Outcome
    charged: Decimal = ZERO
    at_risk: Decimal = ZERO
    basis: Basis = "free"
    clip: Clip | None = None
    error: GatewayError | MediaError | None = None
    remote_ids: Mapping[str, str] = field(default_factory=dict)
    qa: str | None = None  # what is wrong with the clip, in words; None where nobody looked


@dataclass(frozen=True, slots=True)
class ShotResult:
    """A shot with its attempts (oldest first) and the clip in use, if any.

    ``kept`` is the last manifest row of a shot that this run did not look at: it stands for the other fields.
    """

    shot: Shot
    fingerprint: str
    key: str
    status: Status
    attempts: tuple[Attempt, ...] = ()
    clip: Clip | None = None
    made_by: Attempt | None = None  # the attempt that bought the clip in use
    frame: str = ""
    error_class: ErrorWord = ""
    error: str = ""
    verdict: str = ""  # what was said of the clip in use, or of the shot that has none
    note: str = ""
    stale: str = ""  # how the clip in use is behind the shot that it started from, in words
    kept: Mapping[str, Any] | None = None

    @property
    def has_own_clip(self) -> bool:
        """Whether this run saw the shot with a clip of its own; never so of a row that it did not look at."""
        return self.clip is not None and has_own_clip(self.status)
