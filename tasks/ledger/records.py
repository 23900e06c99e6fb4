"""The ledger's records as values: what one object tells of an attempt, and of a key's attempts together. Pure."""

import hashlib
import json
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from tasks.domain.errors import Outcome, TargetError
from tasks.domain.job import Job
from tasks.domain.money import ZERO
from tasks.domain.order import Request
from tasks.domain.result import Attempt, Clip, StartedFrom
from tasks.domain.takes import Shelf, Takes
from tasks.domain.verdict import Verdict

SCHEMA = 2  # 0.1 wrote 1, which is read for ever; it refuses 2 before it orders
NAME = re.compile(r"ledger/([0-9a-f]{16}-\d+)/(\d+)-(intent|accepted|overdue|settled|found|wanted|reconciled)\.json")
RANK = {"wanted": 0, "intent": 0, "accepted": 1, "overdue": 2, "settled": 3, "found": 4, "reconciled": 0}
ASIDE = frozenset({"wanted", "reconciled"})  # records that stand beside the newest one of their number
UNSETTLED: frozenset[Outcome] = frozenset({"pending", "overdue"})
STATE: dict[str, Outcome] = {"intent": "unclear", "accepted": "pending", "overdue": "overdue", "found": "pending"}
Record = dict[str, Any]
UNDRAWN: Record = {  # a drawing of the built-in renderer that did not come to its end
    "outcome": "failed",
    "charged_usd": "0.00",
    "at_risk_usd": "0.00",
    "charge_basis": "free",
    "error_class": "Interrupted",
    "error": "the drawing was interrupted",
}


def now() -> str:
    """The time as the records hold it: ISO 8601 UTC with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class LedgerKey:
    """Who asks: the shot's key and what its fingerprint is made of. ``image_url`` pins a URL to its digest, as
    ``pictures`` do with those of the last picture and the references.

    ``take`` is what its records say of the take that is asked for: nothing where the shot asks for one final alone.
    """

    key: str
    fingerprint: str
    parts: Mapping[str, Any]
    image_url: str = ""
    source_url: str = ""
    take: Mapping[str, Any] = field(default_factory=dict)
    pictures: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class AttemptRecord:
    """One attempt as its newest record tells it, and its money by the gateway's books where they were asked."""

    record: Record
    kind: str = "intent"
    booked: Record | None = None
    told: Attempt | None = field(default=None, compare=False, repr=False)  # what `attempt_of` made of it
    seen: bytes = field(default=b"", compare=False, repr=False)  # the digest of the object that it was read from


@dataclass(slots=True)
class KeyHistory:
    """All that is known of one key: its attempts by number, and the wishes for another clip."""

    entries: dict[int, AttemptRecord] = field(default_factory=dict)
    wanted: dict[int, Record] = field(default_factory=dict)
    handed: int = field(default=0, compare=False)  # the highest number that this run has given out
    verdicts: tuple[Verdict, ...] = ()  # what people said of its takes, as far as this run has read it

    def reserve(self) -> int:
        """The number of the next attempt, which no other gets in this run."""
        self.handed = max(self.handed, max(self.entries, default=0)) + 1
        return self.handed

    def attempts(self) -> tuple[Attempt, ...]:
        """Oldest first."""
        if not self.entries:
            return ()
        return tuple(attempt_of(self.entries[n]) for n in sorted(self.entries))

    @property
    def asked_takes(self) -> int:
        """How many takes the rows asked for that were ordered under it."""
        return max((int(entry.record.get("takes", 1)) for entry in self.entries.values()), default=1)

    def takes(self, shelf: Shelf, stand_ins: bool) -> Takes:
        """Its clips, with what people wished and said of them."""
        return Takes(self.attempts(), shelf, stand_ins, self.wish, self.open_wish is not None, self.verdicts)

    @property
    def wish(self) -> Record | None:
        """The newest wish, open or done."""
        return self.wanted[max(self.wanted)] if self.wanted else None

    @property
    def open_wish(self) -> Record | None:
        """The newest wish, unless it is over: answered by a clip of the shot's own or by a refusal, or closed."""
        wish = self.wish
        if wish is None or wish.get("over"):
            return None
        attempts = self.attempts()
        clips = [a for a in attempts if a.brought_own_clip and a.n not in wish["had"]]
        refused = [a for a in attempts if a.outcome == "moderated" and a.n > wish["upto"]]
        return None if clips or refused else wish


def attempt_of(entry: AttemptRecord) -> Attempt:
    """The attempt that a record tells of, made once: an entry is never changed, but replaced by the next record's."""
    if entry.told is None:
        told = _attempt_of(entry)
        entry.told = told if entry.booked is None else _by_the_books(told, entry.booked)
    return entry.told


def _by_the_books(attempt: Attempt, booked: Record) -> Attempt:
    """The attempt with the money that its gateway's own records name: nothing else of it changes."""
    charged = Decimal(booked["charged_usd"])
    return replace(attempt, charged=charged, at_risk=ZERO, basis=booked["charge_basis"], booked=charged)


def _attempt_of(entry: AttemptRecord) -> Attempt:
    """Unsettled money is at risk; an intent without a job is unclear."""
    record = entry.record
    clip, job = record.get("clip"), record.get("job", {})
    if entry.kind == "intent" and record["provider"] == "animatic":  # nobody was asked, and nothing can come of it
        return _attempt_of(AttemptRecord(record | UNDRAWN, "settled"))
    return Attempt(
        key=record["key"],
        n=record["n"],
        shot_id=record["shot_id"],
        fingerprint=record["fingerprint"],
        run_id=record["run_id"],
        provider=record["provider"],
        model=record["model"],
        seconds=Decimal(record["sent_s"]),
        size=record["sent_size"],
        scene=record["scene"],
        mode=record["mode"],
        job_id=job.get("id", ""),
        submitted_at=record["submitted_at"],
        settled_at=record.get("settled_at", ""),
        clip=Clip(**clip) if clip else None,
        frame=record.get("frame", ""),
        remote_ids=record.get("remote_ids") or job.get("remote_ids", {}),
        settled_by=record.get("settled_by", ""),
        order_id=record.get("order_id", ""),
        stand_in=bool(record.get("stand_in")),
        slot=int(record.get("slot", 1)),
        grade=record.get("grade", "final"),
        draft_of=int(record.get("draft_of", 0)),
        qa=str(record.get("qa") or ""),
        mends=int(record.get("mends", 0)),
        started_from=StartedFrom(**record["started_from"]) if record.get("started_from") else None,
        **_standing(entry),
    )


def _standing(entry: AttemptRecord) -> dict[str, Any]:
    """What became of an attempt, and of its money."""
    record, settled = entry.record, entry.kind == "settled"
    lost, doubtful = entry.kind == "intent", entry.kind in ("intent", "overdue")
    quoted = Decimal(record["quoted_usd"])
    estimate = Decimal(record["estimate_usd"]) if record.get("estimate_usd") else None
    return {
        "outcome": record["outcome"] if settled else STATE[entry.kind],
        "error_class": "Unclear" if doubtful else record.get("error_class", ""),
        "error": "the order was sent and no reply was recorded" if lost else record.get("error", ""),
        "quoted": quoted,
        "estimate": estimate,
        "charged": Decimal(record["charged_usd"]) if settled else ZERO,
        "at_risk": Decimal(record["at_risk_usd"]) if settled else max(quoted, estimate or ZERO),
        "basis": record["charge_basis"] if settled else "unknown",
    }


def job_of(record: Record) -> Job:
    """The receipt that an accepted record holds."""
    job = record["job"]
    return Job(job["id"], Request(**job["request"]), job.get("remote_ids", {}))


def pack(record: Record) -> bytes:
    """The record as it is written."""
    return json.dumps(record, sort_keys=True, default=str).encode()


def read(name: str, kind: str, data: bytes) -> Record:
    """The record that an object holds.

    Raises ``TargetError`` when its schema is newer, or when it is no record.
    """
    return _read(name, kind, data)[0]


def entry_of(name: str, kind: str, data: bytes, known: AttemptRecord | None = None) -> AttemptRecord:
    """The attempt that an object tells of; the one that is ``known`` where that was read from the very same bytes.

    Raises ``TargetError`` when `read` does.
    """
    seen = hashlib.blake2b(data, digest_size=16).digest()
    if known is not None and (known.kind, known.seen, known.booked) == (kind, seen, None):
        return known
    record, told = _read(name, kind, data)
    return AttemptRecord(record, kind, None, told, seen)


def _read(name: str, kind: str, data: bytes) -> tuple[Record, Attempt | None]:
    """The record, and the attempt that it tells of."""
    told = None
    try:
        record: Record = {sys.intern(name): value for name, value in json.loads(data).items()}  # else a copy in each
        if int(record["schema"]) <= SCHEMA:
            told = _check(name, kind, record)
    except (ValueError, KeyError, TypeError, AttributeError, ArithmeticError, RecursionError) as error:
        raise TargetError(f"{name} is no ledger record of this program: move it away or restore it") from error
    if int(record["schema"]) > SCHEMA:
        schema = record["schema"]
        raise TargetError(f"{name} has schema {schema}; this program reads up to {SCHEMA}: use a newer storyreel")
    return record, told


def _check(name: str, kind: str, record: Record) -> Attempt | None:
    """The attempt that the record tells of: what a use of it would raise later, in the middle of a run, comes now."""
    number = record["w" if kind == "wanted" else "n"]
    if f"ledger/{record['key']}/{number}-{kind}.json" != name:
        raise ValueError(name)
    if kind == "wanted":
        list(record["had"]), int(record["upto"])
        return None
    if kind == "reconciled":
        told = attempt_of(AttemptRecord(record, "settled" if "outcome" in record else "intent"))
        return _by_the_books(told, record)
    told = attempt_of(AttemptRecord(record, kind))
    int(record.get("place", 0))
    if kind in ("accepted", "overdue", "found"):
        job_of(record)
    return told
