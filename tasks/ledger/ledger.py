"""What was bought. Small objects, each written before the step that it makes safe.

``ledger/<key>/<n>-intent.json``    before the POST; made by exclusive create, so one of two writers orders
``ledger/<key>/<n>-accepted.json``  as soon as the reply is read: the job id and the request that asks after it
``ledger/<key>/<n>-overdue.json``   its patience ran out: still unsettled, asked after once by every later run
``ledger/<key>/<n>-settled.json``   it is over: outcome, charge, clip, which lies under a name with this n
``ledger/<key>/<n>-found.json``     the job of an order that was settled as unclear: it outranks that, and no other end
``ledger/<key>/<n>-reconciled.json``  its money by the gateway's own records, which outranks the settled one's
``ledger/<key>/<w>-wanted.json``    somebody asked for another clip; done when one came; or why that wish is over

Every record repeats what the ones before it said, so that one object tells the state of an attempt.
Attempts, costs and what is reused are read from here and from nowhere else.
"""

import contextlib
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from decimal import Decimal

from tasks.domain import redaction
from tasks.domain.errors import Stopped, TargetError
from tasks.domain.identity import number_text
from tasks.domain.job import Job
from tasks.domain.money import ZERO, usd, usd_text
from tasks.domain.order import Order
from tasks.domain.result import Attempt, Settlement
from tasks.domain.verdict import Verdict
from tasks.ledger.reading import ended_after, newest_of, read_listed
from tasks.ledger.records import (
    SCHEMA,
    AttemptRecord,
    KeyHistory,
    LedgerKey,
    Record,
    attempt_of,
    entry_of,
    now,
    pack,
    read,
)
from tasks.storage import Store


class Ledger:
    """The records of one target, read once and then kept in step with what this process writes.

    The methods that write block until the store holds the record.
    """

    def __init__(self, store: Store, run_id: str, clock: Callable[[], str] = now) -> None:
        self.store = store
        self.run_id = run_id
        self.clock = clock
        self.pages: dict[str, KeyHistory] = {}
        self.place = 0  # of the newest order at this target: they are counted, as clocks differ
        self.turn = threading.Lock()  # records are written in threads

    def load(self) -> "Ledger":
        """Read every record that still matters.

        Raises ``TargetError`` when a record has a newer schema or cannot be read.
        """
        known, self.pages = self.pages, {}
        try:
            self._take_in("ledger", known)
        except BaseException:
            self.pages = known  # half a ledger would tell of less than was bought
            raise
        return self

    def _take_in(self, folder: str, known: Mapping[str, KeyHistory]) -> None:
        """Read what a folder lists. What is ``known`` from the very same bytes is not taken apart again."""
        names = self.store.names(folder)
        newest = newest_of(names, ended_after(self.store, names))
        texts = read_listed(self.store, [name for _, name in newest.values()])
        booked: list[Record] = []
        for (key, n, _), (kind, name) in newest.items():
            if name not in texts:
                if name in self.store.names(f"ledger/{key}"):
                    raise TargetError(f"{name} is listed at the target and could not be read just now: try again")
                if kind != "intent":
                    raise TargetError(f"{name} was at the target a moment ago and is gone: restore it, or try again")
                continue  # withdrawn by another part of the season since it was listed: no order was sent
            if kind == "wanted":
                self.page(key).wanted[n] = read(name, kind, texts[name])
            elif kind == "reconciled":
                booked.append(read(name, kind, texts[name]))
            else:
                before = known[key].entries.get(n) if key in known else None
                self.page(key).entries[n] = entry = entry_of(name, kind, texts[name], before)
                self.place = max(self.place, int(entry.record.get("place", 0)))
        for record in booked:
            self.book(record)

    def judge(self, verdicts: Mapping[str, Sequence[Verdict]]) -> None:
        """Take into account what people said of takes, by key; verdicts under a key without orders change nothing."""
        for key, page in self.pages.items():
            page.verdicts = tuple(verdicts.get(key, ()))

    def page(self, key: str) -> KeyHistory:
        """The key's page; an empty one where nothing is known."""
        return self.pages.setdefault(key, KeyHistory())

    def history(self) -> Iterator[Attempt]:
        """Every attempt at this target over all runs."""
        for page in self.pages.values():
            yield from page.attempts()

    def digests(self) -> dict[str, tuple[str, ...]]:
        """URL (by its `redaction.pin`) -> the sha256 sums that it had when it was ordered from, oldest order first.

        0.1 did not count its orders: they come first, in an order that is always the same.
        """
        records = [e.record for page in self.pages.values() for e in page.entries.values()]
        found: dict[str, dict[str, None]] = {}
        for record in sorted(records, key=lambda r: (r.get("place", 0), r["key"], r["n"])):
            for url, part in (("image_url", "image"), ("source_url", "source")):
                if record.get(url) and record["parts"].get(part):
                    found.setdefault(redaction.pin(record[url]), {}).setdefault(record["parts"][part])
            for url, digest in record.get("pictures", {}).items():
                found.setdefault(redaction.pin(url), {}).setdefault(digest)
        return {url: tuple(digests) for url, digests in found.items()}

    def intent(
        self,
        asked: LedgerKey,
        order: Order,
        quote: Decimal,
        *,
        base_url: str = "",
        frame: str = "",
        stand_in: bool = False,
    ) -> Attempt:
        """Record that an order is about to be sent, or a clip to be drawn: from here on its number is its own.

        ``stand_in``: the built-in renderer draws where a gateway's clip is wanted. Raises ``Stopped`` when another
        writer took this number first.
        """
        record = self._base(asked, order, quote) | {"kind": "intent", "base_url": base_url, "frame": frame}
        record |= {"pictures": dict(asked.pictures)} if asked.pictures else {}
        record |= dict(asked.take) | ({"stand_in": stand_in} if order.route.model.provider == "animatic" else {})
        if not self.store.create(self._name(record, "intent"), pack(record)):
            with contextlib.suppress(TargetError):  # whatever stands there: this run does not order
                self._take_in(f"ledger/{asked.key}", {})
            raise Stopped("Interrupted", "another run is ordering this shot: nothing was sent")
        return self._keep(record, "intent")

    def withdrawn(self, attempt: Attempt) -> None:
        """Take an intent back whose order was not sent: no attempt was made, and its number is free again."""
        self.store.delete(self._name(self.record(attempt), "intent"))
        page = self.page(attempt.key)
        del page.entries[attempt.n]
        with self.turn:
            page.handed -= page.handed == attempt.n

    def accepted(self, attempt: Attempt, job: Job) -> Attempt:
        """Record the gateway's receipt."""
        return self.take(self.receipt(attempt, job))

    def found(self, attempt: Attempt, job: Job) -> Attempt:
        """Record the job of an order whose reply was lost: beside its settlement, where it has one."""
        record = self.receipt(attempt, job)
        if self.page(attempt.key).entries[attempt.n].kind == "intent":
            return self.take(record)
        record |= {"kind": "found"}
        self.store.write(self._name(record, "found"), pack(record))
        return self._keep(record, "found")

    def receipt(self, attempt: Attempt, job: Job) -> Record:
        """The accepted record of a job, not yet written."""
        request = {k: v for k, v in asdict(job.request).items() if v}
        receipt = {"id": job.id, "request": request, "remote_ids": dict(job.remote_ids)}
        told = {} if job.estimate is None else {"estimate_usd": usd_text(usd(job.estimate))}
        return self.record(attempt) | {"kind": "accepted", "job": receipt, "accepted_at": self.clock()} | told

    def take(self, receipt: Record) -> Attempt:
        """Write an accepted record. To write it again does no harm: its bytes are the same."""
        self.store.write(self._name(receipt, "accepted"), pack(receipt))
        return self.know(receipt)

    def know(self, receipt: Record) -> Attempt:
        """Take into account an accepted record that is not at the target yet."""
        return self._keep(receipt, "accepted")

    def overdue(self, attempt: Attempt, why: str) -> Attempt:
        """Record that the job was not done by its deadline. The attempt stays unsettled."""
        record = self.record(attempt) | {"kind": "overdue", "error": redaction.cut(why), "overdue_at": self.clock()}
        self.store.write(self._name(record, "overdue"), pack(record))
        return self._keep(record, "overdue")

    def settled(self, attempt: Attempt, ending: Settlement) -> Attempt:
        """Record that the attempt is over, and its money."""
        clip, error = ending.clip, ending.error
        record = self.record(attempt) | {
            "kind": "settled",
            "outcome": ending.outcome,
            "charged_usd": usd_text(usd(ending.charged)),
            "at_risk_usd": usd_text(usd(ending.at_risk)),
            "charge_basis": ending.basis,
            "clip": asdict(clip) if clip else None,
            "error_class": error.word if error else "",
            "error": redaction.cut(str(error)) if error else "",
            "reply": getattr(error, "reply", ""),
            "remote_ids": dict(ending.remote_ids),
            "settled_at": self.clock(),
            "settled_by": self.run_id,
        }
        record |= {} if ending.qa is None else {"qa": ending.qa}
        self.store.write(self._name(record, "settled"), pack(record))
        return self._keep(record, "settled")

    def want(self, key: str, *, stale: bool = False) -> None:
        """Record the wish for another clip, unless one is open already.

        ``stale``: only for one that starts from another take than the clip in use; a wish for any is not met by that.
        """
        page = self.page(key)
        if (wish := page.open_wish) is not None and (stale or not wish.get("stale")):
            return
        since = {"upto": max(page.entries, default=0), "had": [a.n for a in page.attempts() if a.clip is not None]}
        self.keep_wish(self._wish(key, since | ({"stale": True} if stale else {})))

    def end_wish(self, key: str, shot_id: str, why: str) -> None:
        """Take the open wish of a key for over, because of ``why``. Nothing is written: `keep_wish` does that."""
        if (wish := self.page(key).open_wish) is not None:
            self._wish(key, {"upto": wish["upto"], "had": wish["had"], "shot_id": shot_id, "over": why})

    def keep_wish(self, wish: Record) -> None:
        """Write a wish. To write it again does no harm."""
        self.store.create(f"ledger/{wish['key']}/{wish['w']}-wanted.json", pack(wish))

    def _wish(self, key: str, more: Record) -> Record:
        page, w = self.page(key), max(self.page(key).wanted, default=0) + 1
        head = {"schema": SCHEMA, "kind": "wanted", "run_id": self.run_id, "key": key, "w": w}
        wish = page.wanted[w] = head | {"wanted_at": self.clock()} | more
        return wish

    def record(self, attempt: Attempt) -> Record:
        """The newest record of an attempt, as it stands at the target."""
        return self.page(attempt.key).entries[attempt.n].record

    def _base(self, asked: LedgerKey, order: Order, quote: Decimal) -> Record:
        shot, model = order.shot, order.route.model
        with self.turn:
            n, self.place = self.page(asked.key).reserve(), self.place + 1
            place = self.place
        return {
            "schema": SCHEMA,
            "run_id": self.run_id,
            "key": asked.key,
            "n": n,
            "place": place,
            "order_id": str(uuid.uuid4()),  # never made from the key: a board at two targets must not meet
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
        entries, n = self.page(record["key"]).entries, record["n"]
        entries[n] = AttemptRecord(record, kind, entries[n].booked if n in entries else None)
        return attempt_of(entries[n])

    def book(self, record: Record) -> None:
        """Take into account what a gateway's own records say of an attempt's money."""
        entries, n = self.page(record["key"]).entries, record["n"]
        if n in entries:
            entries[n] = AttemptRecord(entries[n].record, entries[n].kind, record)

    @staticmethod
    def _name(record: Record, kind: str) -> str:
        return f"ledger/{record['key']}/{record['n']}-{kind}.json"


def spent(attempts: Iterable[Attempt]) -> Decimal:
    """US dollars that count against a budget: charged and at risk, over all runs."""
    return sum((a.charged + a.at_risk for a in attempts), ZERO)
