"""What was bought. Small objects, each written before the step that it makes safe.

``ledger/<key>/<n>-intent.json``    before the POST; made by exclusive create, so one of two writers orders
``ledger/<key>/<n>-accepted.json``  as soon as the reply is read: the job id and the request that asks after it
``ledger/<key>/<n>-overdue.json``   its patience ran out: still unsettled, asked after once by every later run
``ledger/<key>/<n>-settled.json``   it is over: outcome, charge, clip
``ledger/<key>/<w>-wanted.json``    somebody asked for another clip; done when one came

Every record repeats what the ones before it said, so that one object tells the state of an attempt.
Attempts, costs and what is reused are read from here and from nowhere else.
"""

import contextlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from tasks.errors import Stopped, TargetError
from tasks.models import ZERO, Attempt, Clip, Job, Order, Request
from tasks.money import usd, usd_text
from tasks.names import number_text
from tasks.storage import Store

SCHEMA = 1
NAME = re.compile(r"ledger/([0-9a-f]{16}-\d+)/(\d+)-(intent|accepted|overdue|settled|wanted)\.json")
RANK = {"wanted": 0, "intent": 0, "accepted": 1, "overdue": 2, "settled": 3}
STATE = {"intent": "unclear", "accepted": "pending", "overdue": "overdue"}
Record = dict[str, Any]


def now() -> str:
    """The time as the records hold it: ISO 8601 UTC with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks: the shot's key and what its fingerprint is made of. ``image_url`` pins a URL to its digest."""

    key: str
    fingerprint: str
    parts: Mapping[str, Any]
    image_url: str = ""
    source_url: str = ""


@dataclass(slots=True)
class Entry:
    """One attempt as its newest record tells it."""

    record: Record
    kind: str = "intent"


@dataclass(slots=True)
class Page:
    """All that is known of one key: its attempts by number, and the wishes for another clip."""

    entries: dict[int, Entry] = field(default_factory=dict)
    wanted: dict[int, Record] = field(default_factory=dict)

    def attempts(self) -> tuple[Attempt, ...]:
        """Oldest first."""
        return tuple(attempt_of(self.entries[n]) for n in sorted(self.entries))

    @property
    def wish(self) -> Record | None:
        """The newest wish, open or done."""
        return self.wanted[max(self.wanted)] if self.wanted else None

    @property
    def open_wish(self) -> Record | None:
        """The newest wish that neither a clip of the shot's own nor a refusal has answered yet."""
        wish = self.wish
        if wish is None:
            return None
        settled = {n: e.record for n, e in self.entries.items() if e.kind == "settled"}
        clips = [n for n, r in settled.items() if r["clip"] and not r.get("stand_in") and n not in wish["had"]]
        refused = [n for n, r in settled.items() if r["outcome"] == "moderated" and n > wish["upto"]]
        return None if clips or refused else wish


def attempt_of(entry: Entry) -> Attempt:
    """The attempt that a record tells of. Unsettled money is at risk; an intent without a job is unclear."""
    record = entry.record
    settled = entry.kind == "settled"
    quoted = Decimal(record["quoted_usd"])
    lost, doubtful = entry.kind == "intent", entry.kind in ("intent", "overdue")
    clip = record.get("clip")
    return Attempt(
        key=record["key"],
        n=record["n"],
        shot_id=record["shot_id"],
        fingerprint=record["fingerprint"],
        run_id=record["run_id"],
        provider=record["provider"],
        model=record["model"],
        outcome=record["outcome"] if settled else STATE[entry.kind],
        seconds=Decimal(record["sent_s"]),
        size=record["sent_size"],
        quoted=quoted,
        scene=record["scene"],
        mode=record["mode"],
        error_class="Unclear" if doubtful else record.get("error_class", ""),
        error="the order was sent and no reply was recorded" if lost else record.get("error", ""),
        job_id=record.get("job", {}).get("id", ""),
        charged=Decimal(record["charged_usd"]) if settled else ZERO,
        at_risk=Decimal(record["at_risk_usd"]) if settled else quoted,
        basis=record["charge_basis"] if settled else "unknown",
        submitted_at=record["submitted_at"],
        settled_at=record.get("settled_at", ""),
        clip=Clip(**clip) if clip else None,
        frame=record.get("frame", ""),
        remote_ids=record.get("remote_ids") or record.get("job", {}).get("remote_ids", {}),
        settled_by=record.get("settled_by", ""),
    )


def job_of(record: Record) -> Job:
    """The receipt that an accepted record holds."""
    job = record["job"]
    return Job(job["id"], Request(**job["request"]), job.get("remote_ids", {}))


class Ledger:
    """The records of one target, read once and then kept in step with what this process writes.

    The methods that write block until the store holds the record.
    """

    def __init__(self, store: Store, run_id: str, clock: Callable[[], str] = now) -> None:
        self.store = store
        self.run_id = run_id
        self.clock = clock
        self.pages: dict[str, Page] = {}

    def load(self) -> "Ledger":
        """Read every record that still matters. `TargetError` for a newer schema or an unreadable record."""
        self.pages = {}
        self._take_in("ledger")
        return self

    def _take_in(self, folder: str) -> None:
        newest: dict[tuple[str, int, bool], tuple[str, str]] = {}  # every record repeats the ones before it
        for name in self.store.names(folder):
            if match := NAME.fullmatch(name):
                key, n, kind = match[1], int(match[2]), match[3]
                slot = (key, n, kind == "wanted")
                if slot not in newest or RANK[kind] > RANK[newest[slot][0]]:
                    newest[slot] = (kind, name)
        texts = self.store.read_many(name for _, name in newest.values())
        for (key, n, wish), (kind, name) in newest.items():
            record = _read(name, kind, texts.get(name, b""))
            if wish:
                self.page(key).wanted[n] = record
            else:
                self.page(key).entries[n] = Entry(record, kind)

    def page(self, key: str) -> Page:
        """The key's page; an empty one where nothing is known."""
        return self.pages.setdefault(key, Page())

    def history(self) -> Iterator[Attempt]:
        """Every attempt at this target over all runs."""
        for page in self.pages.values():
            yield from page.attempts()

    def digests(self) -> dict[str, tuple[str, ...]]:
        """URL -> the sha256 sums that it had when it was ordered from, oldest first."""
        records = [e.record for page in self.pages.values() for e in page.entries.values()]
        found: dict[str, dict[str, None]] = {}
        for record in sorted(records, key=lambda r: str(r["submitted_at"])):
            for url, part in (("image_url", "image"), ("source_url", "source")):
                if record.get(url) and record["parts"].get(part):
                    found.setdefault(record[url], {}).setdefault(record["parts"][part])
        return {url: tuple(digests) for url, digests in found.items()}

    def intent(self, asked: Asked, order: Order, quote: Decimal, *, base_url: str = "", frame: str = "") -> Attempt:
        """Record that an order is about to be sent. `Stopped` when another writer took this number first."""
        record = self._base(asked, order, quote) | {"kind": "intent", "base_url": base_url, "frame": frame}
        if not self.store.create(self._name(record, "intent"), _bytes(record)):
            with contextlib.suppress(TargetError):  # whatever stands there: this run does not order
                self._take_in(f"ledger/{asked.key}")
            raise Stopped("Interrupted", "another run is ordering this shot: nothing was sent")
        return self._keep(record, "intent")

    def withdrawn(self, attempt: Attempt) -> None:
        """Take an intent back whose order was not sent: no attempt was made, and its number is free again."""
        self.store.delete(self._name(self.record(attempt), "intent"))
        del self.page(attempt.key).entries[attempt.n]

    def accepted(self, attempt: Attempt, job: Job) -> Attempt:
        """Record the gateway's receipt."""
        request = {k: v for k, v in asdict(job.request).items() if v}
        receipt = {"id": job.id, "request": request, "remote_ids": dict(job.remote_ids)}
        record = self.record(attempt) | {"kind": "accepted", "job": receipt, "accepted_at": self.clock()}
        self.store.write(self._name(record, "accepted"), _bytes(record))
        return self._keep(record, "accepted")

    def overdue(self, attempt: Attempt, why: str) -> Attempt:
        """Record that patience with the job ran out. It stays unsettled."""
        record = self.record(attempt) | {"kind": "overdue", "error": why, "overdue_at": self.clock()}
        self.store.write(self._name(record, "overdue"), _bytes(record))
        return self._keep(record, "overdue")

    def settled(
        self,
        attempt: Attempt,
        outcome: str,
        *,
        charged: Decimal = ZERO,
        at_risk: Decimal = ZERO,
        basis: str = "free",
        clip: Clip | None = None,
        error: Exception | None = None,
        remote_ids: Mapping[str, str] | None = None,
    ) -> Attempt:
        """Record that the attempt is over, and its money."""
        record = self.record(attempt) | {
            "kind": "settled",
            "outcome": outcome,
            "charged_usd": usd_text(usd(charged)),
            "at_risk_usd": usd_text(usd(at_risk)),
            "charge_basis": basis,
            "clip": asdict(clip) if clip else None,
            "error_class": type(error).__name__ if error else "",
            "error": str(error) if error else "",
            "remote_ids": dict(remote_ids or {}),
            "settled_at": self.clock(),
            "settled_by": self.run_id,
        }
        self.store.write(self._name(record, "settled"), _bytes(record))
        return self._keep(record, "settled")

    def made(
        self, asked: Asked, order: Order, clip: Clip | None, *, frame: str, stand_in: bool, error: Exception | None
    ) -> Attempt:
        """Record an attempt of the built-in renderer: it costs nothing, so it has a settled record only."""
        base = self._base(asked, order, ZERO) | {"kind": "intent", "frame": frame, "stand_in": stand_in}
        attempt = self._keep(base, "intent")
        return self.settled(attempt, "clip" if clip else "failed", clip=clip, error=error)

    def want(self, key: str) -> None:
        """Record the wish for another clip, unless one is open already."""
        page = self.page(key)
        if page.open_wish is not None:
            return
        record: Record = {
            "schema": SCHEMA,
            "kind": "wanted",
            "run_id": self.run_id,
            "key": key,
            "w": max(page.wanted, default=0) + 1,
            "upto": max(page.entries, default=0),
            "had": [a.n for a in page.attempts() if a.clip is not None],
            "wanted_at": self.clock(),
        }
        self.store.create(f"ledger/{key}/{record['w']}-wanted.json", _bytes(record))
        page.wanted[record["w"]] = record

    def record(self, attempt: Attempt) -> Record:
        """The newest record of an attempt, as it stands at the target."""
        return self.page(attempt.key).entries[attempt.n].record

    def _base(self, asked: Asked, order: Order, quote: Decimal) -> Record:
        shot, model = order.shot, order.route.model
        return {
            "schema": SCHEMA,
            "run_id": self.run_id,
            "key": asked.key,
            "n": max(self.page(asked.key).entries, default=0) + 1,
            "shot_id": shot.shot_id,
            "scene": shot.scene,
            "mode": shot.mode,
            "fingerprint": asked.fingerprint,
            "parts": dict(asked.parts),
            "image_url": asked.image_url,
            "source_url": asked.source_url,
            "provider": model.provider,
            "model": model.name,
            "sent_s": number_text(order.seconds),
            "sent_size": str(order.size),
            "quoted_usd": usd_text(quote),
            "submitted_at": self.clock(),
        }

    def _keep(self, record: Record, kind: str) -> Attempt:
        entry = self.page(record["key"]).entries[record["n"]] = Entry(record, kind)
        return attempt_of(entry)

    @staticmethod
    def _name(record: Record, kind: str) -> str:
        return f"ledger/{record['key']}/{record['n']}-{kind}.json"


def _bytes(record: Record) -> bytes:
    return json.dumps(record, sort_keys=True, default=str).encode()


def _read(name: str, kind: str, data: bytes) -> Record:
    try:
        record: Record = json.loads(data)
        if int(record["schema"]) <= SCHEMA:
            _check(name, kind, record)
    except (ValueError, KeyError, TypeError, AttributeError, ArithmeticError, RecursionError) as error:
        raise TargetError(f"{name} is no ledger record of this program: move it away or restore it") from error
    if int(record["schema"]) > SCHEMA:
        schema = record["schema"]
        raise TargetError(f"{name} has schema {schema}; this program reads up to {SCHEMA}: use a newer storyreel")
    return record


def _check(name: str, kind: str, record: Record) -> None:
    """Raise what a use of the record would raise later, in the middle of a run."""
    number = record["w" if kind == "wanted" else "n"]
    if f"ledger/{record['key']}/{number}-{kind}.json" != name:
        raise ValueError(name)
    if kind == "wanted":
        list(record["had"]), int(record["upto"])
        return
    attempt_of(Entry(record, kind))
    if kind in ("accepted", "overdue"):
        job_of(record)


def spent(attempts: Iterable[Attempt]) -> Decimal:
    """US dollars that count against a budget: charged and at risk, over all runs."""
    return sum((a.charged + a.at_risk for a in attempts), ZERO)
