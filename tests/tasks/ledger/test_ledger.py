import json
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.domain.errors import Failed, Moderated, Stopped, TargetError, Unclear
from tasks.domain.identity import fingerprint_of, key_of, parts_of
from tasks.domain.job import Job
from tasks.domain.model import Model, Route
from tasks.domain.money import ZERO
from tasks.domain.order import Order, Request
from tasks.domain.result import Attempt, Settlement
from tasks.domain.shot import Size
from tasks.ledger.books import write_booked
from tasks.ledger.ledger import Ledger, spent
from tasks.ledger.records import SCHEMA, AttemptRecord, LedgerKey, attempt_of, job_of, now
from tasks.storage.store import Store, StoreError
from tests.servers import S3, s3_server  # noqa: F401 - a fixture
from tests.tasks.purchases import clip, shot

QUOTE = Decimal("0.80")
LATE = "job job-1 did not finish within 1200 s"
JOB = Job("job-1", Request("GET", "v1/jobs/job-1", params={"model": "sora"}, headers={"x-a": "b"}), {"video": "v-1"})


def ask(prompt: str = "a cat", k: int = 1, image: str = "", **urls: str) -> LedgerKey:
    parts = parts_of(shot(prompt=prompt), image_digest=image)
    fingerprint = fingerprint_of(parts)
    return LedgerKey(key_of(fingerprint, k), fingerprint, parts, **urls)


def order(provider: str = "pixazo", **cells: Any) -> Order:
    model = Model(provider, "sora-2-pro", ("text_to_video",), "its page", "2026-11-20")
    return Order(shot(**cells), Route(model), Decimal("8.0"), Size(1280, 720), "a cat")


ASKED = ask()


@pytest.fixture
def store() -> Store:
    return Store(f"memory://{uuid.uuid4().hex}")


def ledger_of(store: Store, run_id: str = "run-1") -> Ledger:
    """A ledger whose clock counts up, read from the store."""
    ticks: Iterator[int] = iter(range(1000))
    return Ledger(store, run_id, lambda: f"2026-11-20T10:00:00.{next(ticks):03d}Z").load()


@pytest.fixture
def ledger(store: Store) -> Ledger:
    return ledger_of(store)


def intent(ledger: Ledger) -> Attempt:
    return ledger.intent(ASKED, order(), QUOTE, base_url="https://gateway.pixazo.ai", frame="frames/a.jpg")


def accepted(ledger: Ledger) -> Attempt:
    return ledger.accepted(intent(ledger), JOB)


def overdue(ledger: Ledger) -> Attempt:
    return ledger.overdue(accepted(ledger), LATE)


def bought(ledger: Ledger, asked: LedgerKey = ASKED) -> Attempt:
    attempt = ledger.accepted(ledger.intent(asked, order(), QUOTE), JOB)
    return ledger.settled(attempt, Settlement("clip", charged=Decimal("0.75"), basis="reported", clip=clip()))


def late(ledger: Ledger) -> Attempt:
    given_up = overdue(ledger)
    return ledger.settled(given_up, Settlement("late", charged=QUOTE, basis="price_list", remote_ids={"video": "v-2"}))


def test_no_signature_is_recorded(ledger: Ledger) -> None:
    """Whatever an error quotes, what opens an address stands in no record."""
    signed = "no clip at https://h/a.mp4?X-Amz-Signature=MARKED and data:image/png;base64,MARKED"
    ledger.settled(accepted(ledger), Settlement("failed", basis="free", error=Failed(signed)))
    ledger.overdue(ledger.accepted(ledger.intent(ask("other"), order(), QUOTE), JOB), signed)
    records = ledger.store.read_many(ledger.store.names("ledger")).values()
    assert any(b"https://h/a.mp4?..." in one for one in records)
    assert not any(b"MARKED" in one for one in records)


def failed(ledger: Ledger) -> Attempt:
    error = Failed("the model gave up")
    return ledger.settled(accepted(ledger), Settlement("failed", at_risk=QUOTE, basis="unknown", error=error))


def unclear(ledger: Ledger) -> Attempt:
    error = Unclear("no answer within 60 s")
    return ledger.settled(intent(ledger), Settlement("unclear", at_risk=QUOTE, basis="unknown", error=error))


def moderated(ledger: Ledger) -> Attempt:
    return ledger.settled(intent(ledger), Settlement("moderated", error=Moderated("a face")))


def animatic(ledger: Ledger, *, stand_in: bool = False) -> Attempt:
    frame = "frames/a.jpg"
    attempt = ledger.intent(ASKED, order("animatic"), ZERO, frame=frame, stand_in=stand_in)
    return ledger.settled(attempt, Settlement("clip", clip=clip()))


def stand_in(ledger: Ledger) -> Attempt:
    return animatic(ledger, stand_in=True)


KINDS: dict[Callable[[Ledger], Attempt], dict[str, Any]] = {
    intent: {"outcome": "unclear", "at_risk": QUOTE, "error_class": "Unclear", "basis": "unknown", "job_id": ""},
    accepted: {"outcome": "pending", "at_risk": QUOTE, "error_class": "", "error": "", "job_id": "job-1"},
    overdue: {"outcome": "overdue", "at_risk": QUOTE, "error_class": "Unclear", "error": LATE, "job_id": "job-1"},
    bought: {"outcome": "clip", "charged": Decimal("0.75"), "basis": "reported", "clip": clip(), "error": ""},
    late: {"outcome": "late", "charged": QUOTE, "basis": "price_list", "clip": None, "error_class": ""},
    failed: {"outcome": "failed", "at_risk": QUOTE, "error_class": "Failed", "error": "the model gave up"},
    unclear: {"outcome": "unclear", "at_risk": QUOTE, "error_class": "Unclear", "error": "no answer within 60 s"},
    moderated: {"outcome": "moderated", "charged": ZERO, "basis": "free", "error_class": "Moderated"},
    animatic: {"outcome": "clip", "charged": ZERO, "basis": "free", "quoted": ZERO, "provider": "animatic"},
}
every_kind = pytest.mark.parametrize("make", KINDS, ids=lambda make: make.__name__)


def pages(ledger: Ledger) -> dict[str, Any]:
    return {key: (page.entries, page.wanted) for key, page in ledger.pages.items() if page.entries or page.wanted}


@every_kind
def test_an_attempt_as_its_records_tell_it(make: Callable[[Ledger], Attempt], ledger: Ledger) -> None:
    """Each kind of record gives its outcome, and its money in exactly one column."""
    attempt = make(ledger)
    assert {name: getattr(attempt, name) for name in KINDS[make]} == KINDS[make]
    assert not (attempt.charged and attempt.at_risk)
    unsettled = attempt.outcome in ("pending", "overdue") or make is intent
    assert bool(attempt.settled_at) is not unsettled
    assert attempt.at_risk == attempt.quoted or not unsettled
    assert (attempt.key, attempt.n, attempt.size, attempt.seconds) == (ASKED.key, 1, "1280x720", 8)


@every_kind
def test_another_machine_reads_the_same(make: Callable[[Ledger], Attempt], ledger: Ledger) -> None:
    """A fresh ledger at the target knows all that the writer knew: attempts, money, errors, jobs, wishes."""
    attempt = make(ledger)
    ledger.want(ASKED.key)
    again = ledger_of(ledger.store, "run-2")
    assert list(again.history()) == [attempt]
    assert pages(again) == pages(ledger)
    assert again.digests() == ledger.digests()


def test_the_receipt_is_kept_whole(ledger: Ledger) -> None:
    """The request that asks after a job comes back as it was; the submitted body is in no record."""
    attempt = overdue(ledger)
    again = ledger_of(ledger.store)
    assert job_of(again.record(attempt)) == JOB
    assert again.record(attempt)["base_url"] == "https://gateway.pixazo.ai"
    assert (attempt.remote_ids, late(ledger_of(ledger.store)).remote_ids) == ({"video": "v-1"}, {"video": "v-2"})


@pytest.mark.parametrize(
    ("estimate", "kept", "at_risk"),
    [(None, None, "0.80"), ("1.44", "1.44", "1.44"), ("0.10", "0.10", "0.80"), ("1.445", "1.445", "1.445")],
)
def test_what_a_receipt_estimates_is_at_risk(
    ledger: Ledger, estimate: str | None, kept: str | None, at_risk: str
) -> None:
    """The estimate stands in the record, also of a settled order, and more than the quote is at risk in every run."""
    job = replace(JOB, estimate=None if estimate is None else Decimal(estimate))
    attempt = ledger.accepted(ledger.intent(ASKED, order(), Decimal("0.80")), job)
    [again] = ledger_of(ledger.store).history()
    assert ledger.record(attempt).get("estimate_usd") == kept
    assert (again, again.at_risk, again.expected) == (attempt, Decimal(at_risk), Decimal(at_risk))
    settled = ledger.settled(attempt, Settlement("clip", Decimal(1), basis="reported", clip=clip()))
    assert (settled.estimate, settled.at_risk) == (None if kept is None else Decimal(kept), 0)


def test_a_record_is_complete(ledger: Ledger) -> None:
    """Every record carries schema, run and the fingerprint's parts, and stands under its fixed name."""
    late(ledger)
    kinds = ("accepted", "intent", "overdue", "settled")
    assert ledger.store.names() == [f"ledger/{ASKED.key}/1-{kind}.json" for kind in kinds]
    for kind, name in zip(kinds, ledger.store.names(), strict=True):
        record = json.loads(ledger.store.read(name))
        assert (record["schema"], record["run_id"], record["kind"]) == (SCHEMA, "run-1", kind)
        assert fingerprint_of(record["parts"]) == record["fingerprint"] == ASKED.fingerprint


def test_attempts_count_up(ledger: Ledger) -> None:
    """Attempts of a key are numbered over all runs, and told oldest first."""
    for _ in range(11):
        failed(ledger)
    again = ledger_of(ledger.store, "run-2")
    bought(again)
    assert [attempt.n for attempt in ledger_of(ledger.store).history()] == list(range(1, 13))
    assert [attempt.run_id for attempt in again.history()] == ["run-1"] * 11 + ["run-2"]


def test_takes_ordered_side_by_side_have_numbers_of_their_own(ledger: Ledger) -> None:
    """Numbers are given out before the records are made: eight orders at one moment are eight attempts."""
    start = threading.Barrier(8)

    def place(_: int) -> int:
        start.wait()
        return intent(ledger).n

    with ThreadPoolExecutor(8) as pool:
        numbers = sorted(pool.map(place, range(8)))
    assert numbers == list(range(1, 9))
    assert [attempt.n for attempt in ledger_of(ledger.store).history()] == numbers
    places = [entry.record["place"] for entry in ledger.page(ASKED.key).entries.values()]
    assert sorted(places) == numbers


def test_a_number_that_a_refused_write_may_have_used_is_not_given_again(ledger: Ledger) -> None:
    """A create that failed may have reached the target all the same: the next order takes the next number."""
    create = ledger.store.create
    ledger.store.create = lambda path, data: _refused(create(path, data))  # type: ignore[method-assign]  # cut after it
    with pytest.raises(StoreError):
        intent(ledger)
    ledger.store.create = create  # type: ignore[method-assign]  # the line is back
    assert intent(ledger).n == 2


def _refused(held: bool) -> bool:
    raise StoreError("the line was cut")


def test_a_withdrawn_number_is_free_again(ledger: Ledger) -> None:
    """No order left under it; one that others follow leaves a gap."""
    first, second = intent(ledger), intent(ledger)
    ledger.withdrawn(second)
    assert intent(ledger).n == 2
    ledger.withdrawn(first)
    assert intent(ledger).n == 3


def test_places_count_on_over_runs(ledger: Ledger) -> None:
    """Orders of a target are counted over all keys and runs, and a record of 0.1 has no place."""
    bought(ledger)
    other = ledger_of(ledger.store, "run-2")
    assert [other.record(bought(other, ask(text)))["place"] for text in ("two", "three")] == [2, 3]
    name = f"ledger/{ASKED.key}/1-settled.json"
    record = json.loads(ledger.store.read(name))
    del record["place"]
    ledger.store.write(name, json.dumps(record | {"schema": 1}).encode())
    assert ledger_of(ledger.store).place == 3


def test_a_drawing_that_was_interrupted_is_nothing(ledger: Ledger) -> None:
    """An intent of the built-in renderer costs nothing, closes no route, and takes a number that no other gets."""
    attempt = ledger.intent(ASKED, order("animatic"), ZERO, stand_in=True)
    assert (attempt.outcome, attempt.error_class, attempt.charged, attempt.at_risk) == ("failed", "Interrupted", 0, 0)
    assert attempt.stand_in and intent(ledger_of(ledger.store)).n == 2


def test_who_settled_it(ledger: Ledger) -> None:
    """An attempt belongs to the run that ordered it, and tells which run settled it."""
    accepted(ledger)
    other = ledger_of(ledger.store, "run-2")
    settled = other.settled(next(other.history()), Settlement("clip", charged=QUOTE, basis="price_list", clip=clip()))
    assert (settled.run_id, settled.settled_by) == ("run-1", "run-2")


def test_what_is_spent(ledger: Ledger) -> None:
    """Charged, unsettled and risked money of all keys counts."""
    for make in KINDS:
        make(ledger)
    assert spent(ledger.history()) == 5 * QUOTE + Decimal("0.75") + QUOTE


def test_money_is_rounded_at_the_attempt(ledger: Ledger) -> None:
    """A charge is rounded to the millionth when it is settled, before and after it is read."""
    attempt = ledger.settled(intent(ledger), Settlement("failed", charged=Decimal("0.12345650001"), basis="reported"))
    assert attempt.charged == next(ledger_of(ledger.store).history()).charged == Decimal("0.123457")


@pytest.mark.parametrize("kind", ["local", "memory", "s3"])
def test_two_writers_of_one_number(kind: str, tmp_path: Path, s3: S3) -> None:
    """The second of two ledgers that were read before either wrote loses, orders nothing, and reads again."""
    url = {"local": str(tmp_path), "memory": f"memory://{uuid.uuid4().hex}", "s3": s3.folder()}[kind]
    store = Store(url, s3.options)
    first, second = ledger_of(store, "run-1"), ledger_of(store, "run-2")
    accepted(first)
    with pytest.raises(Stopped) as caught:
        intent(second)
    assert caught.value.error_class == "Interrupted"
    assert pages(second) == pages(first)
    assert [attempt.run_id for attempt in ledger_of(store).history()] == ["run-1"]
    assert intent(second).n == 2


def test_a_loser_reads_what_it_cannot_read(store: Store) -> None:
    """A loser to a writer of a newer schema still only stops: no error leaves the run."""
    second = ledger_of(store, "run-2")
    store.write(f"ledger/{ASKED.key}/1-intent.json", b'{"schema": 99}')
    with pytest.raises(Stopped):
        intent(second)


def test_many_writers_of_one_number(store: Store) -> None:
    """Of eight runs that order the same shot at one moment exactly one does."""
    ledgers = [ledger_of(store, f"run-{i}") for i in range(8)]
    start = threading.Barrier(8)

    def place(ledger: Ledger) -> str:
        start.wait()
        try:
            return intent(ledger).run_id
        except Stopped:
            return ""

    with ThreadPoolExecutor(8) as pool:
        won = [run_id for run_id in pool.map(place, ledgers) if run_id]
    assert won == [attempt.run_id for attempt in ledger_of(store).history()]
    assert len(won) == 1


@pytest.mark.parametrize("before", [None, bought, failed, stand_in])
def test_a_wish_is_open(before: Callable[[Ledger], Attempt] | None, ledger: Ledger) -> None:
    """A wish is open for every run until it is answered, and remembers which clips the shot had."""
    if before:
        before(ledger)
    ledger.want(ASKED.key)
    wish = ledger_of(ledger.store, "run-2").page(ASKED.key).open_wish
    assert wish is not None
    assert (wish["run_id"], wish["had"]) == ("run-1", [1] if before in (bought, stand_in) else [])


@pytest.mark.parametrize(
    ("answer", "done"),
    [
        (bought, True),
        (animatic, True),
        (moderated, True),
        (stand_in, False),
        (failed, False),
        (unclear, False),
        (late, False),
        (intent, False),
        (accepted, False),
        (overdue, False),
    ],
)
@pytest.mark.parametrize("before", [None, bought, moderated, stand_in])
def test_what_answers_a_wish(
    answer: Callable[[Ledger], Attempt], done: bool, before: Callable[[Ledger], Attempt] | None, ledger: Ledger
) -> None:
    """A clip of the shot's own or a refusal answers a wish, by whatever run; a stand-in or a failure does not."""
    if before:
        before(ledger)
    ledger.want(ASKED.key)
    other = ledger_of(ledger.store, "run-2")
    answer(other)
    assert (other.page(ASKED.key).open_wish is None) is done
    assert (ledger_of(ledger.store).page(ASKED.key).open_wish is None) is done


def test_a_collected_job_answers_a_wish(ledger: Ledger) -> None:
    """A job bought before the wish and collected after it satisfies it: nothing else is bought."""
    attempt = accepted(ledger)
    ledger.want(ASKED.key)
    assert ledger.page(ASKED.key).open_wish is not None
    ledger.settled(attempt, Settlement("clip", charged=QUOTE, basis="price_list", clip=clip()))
    assert ledger_of(ledger.store).page(ASKED.key).open_wish is None


def test_an_old_refusal_answers_nothing(ledger: Ledger) -> None:
    """A job from before the wish that is refused afterwards leaves it open: the wish asks for a new order."""
    attempt = accepted(ledger)
    ledger.want(ASKED.key)
    ledger.settled(attempt, Settlement("moderated", error=Moderated("a face")))
    assert ledger.page(ASKED.key).open_wish is not None


def test_a_recovered_clip_answers_nothing(ledger: Ledger) -> None:
    """The old clip, fetched once more, is not the new one that was wished for."""
    attempt = bought(ledger)
    ledger.want(ASKED.key)
    ledger.settled(
        attempt, Settlement("clip", charged=attempt.charged, basis="reported", clip=replace(clip(), sha256="ef" * 32))
    )
    assert ledger_of(ledger.store).page(ASKED.key).open_wish is not None


def test_an_open_wish_is_not_renewed(ledger: Ledger) -> None:
    """The same command does not renew an open wish; after its answer a new one can be made."""
    ledger.want(ASKED.key)
    for run_id in ("run-1", "run-2"):
        ledger_of(ledger.store, run_id).want(ASKED.key)
    assert ledger.store.names() == [f"ledger/{ASKED.key}/1-wanted.json"]
    again = ledger_of(ledger.store, "run-3")
    bought(again)
    again.want(ASKED.key)
    wish = ledger_of(ledger.store).page(ASKED.key).open_wish
    assert wish is not None
    assert (wish["w"], wish["had"], wish["upto"]) == (2, [1], 1)


def test_nobody_wished(ledger: Ledger) -> None:
    """A key without a wish has none, open or done."""
    bought(ledger)
    assert (ledger.page(ASKED.key).wish, ledger.page("0" * 16 + "-1").open_wish) == (None, None)


def spoil(store: Store, name: str, **values: Any) -> None:
    store.write(name, json.dumps(json.loads(store.read(name)) | values).encode())


@pytest.mark.parametrize("kind", ["intent", "accepted", "overdue", "settled", "wanted"])
def test_a_newer_schema(kind: str, ledger: Ledger) -> None:
    """A record of a newer schema is refused by name, never guessed at, whatever else it holds."""
    name = _one_of_each(ledger, kind)
    ledger.store.write(name, json.dumps({"schema": SCHEMA + 1}).encode())
    with pytest.raises(TargetError, match=f"^{name} has schema {SCHEMA + 1}; .*newer storyreel"):
        ledger_of(ledger.store)


def _one_of_each(ledger: Ledger, kind: str) -> str:
    """Write a record of the kind (the newest of its attempt): its name."""
    ways = {"intent": intent, "accepted": accepted, "overdue": overdue, "settled": bought}
    ways.get(kind, failed)(ledger)
    ledger.want(ASKED.key)
    return f"ledger/{ASKED.key}/1-{kind}.json"


GARBAGE: dict[str, bytes | dict[str, Any]] = {
    "nothing": b"",
    "half a record": b'{"schema": 1, "key"',
    "no text": b"\xff\xfe\x00",
    "a list": b"[1]",
    "a number": b"1",
    "no schema": b"{}",
    "a schema in words": b'{"schema": "new"}',
    "no record": b'{"schema": 1}',
    "too deep": b"[" * 100_000,
    "another key": {"key": "0" * 16 + "-1"},
    "another number": {"n": 2, "w": 2},
}
MONEY_GARBAGE: dict[str, dict[str, Any]] = {
    "settled": {"charged_usd": "much"},
    "intent": {"quoted_usd": None},
    "accepted": {"job": {"id": "job-1"}},
    "overdue": {"job": []},
    "wanted": {"had": None},
}


@pytest.mark.parametrize("kind", MONEY_GARBAGE)
@pytest.mark.parametrize("garbage", [*GARBAGE, "unreadable field"])
def test_a_garbage_record(kind: str, garbage: str, ledger: Ledger) -> None:
    """A record that cannot be read, or is not what its name says, stops the start and is named."""
    name = _one_of_each(ledger, kind)
    what = GARBAGE.get(garbage, MONEY_GARBAGE[kind])
    if isinstance(what, bytes):
        ledger.store.write(name, what)
    else:
        spoil(ledger.store, name, **what)
    with pytest.raises(TargetError, match=f"^{name} is no ledger record of this program"):
        ledger_of(ledger.store)


class Vanishing(Store):
    """A store that loses an object between its listing and its reading."""

    def names(self, prefix: str = "") -> list[str]:
        return [*super().names(prefix), f"ledger/{ASKED.key}/2-intent.json"]


def test_a_record_that_another_run_wrote_anew_is_read_anew(store: Store, ledger: Ledger) -> None:
    """A second look at a target takes nothing for granted but what is the same to the byte."""
    kept, settled = bought(ledger, ask("a dog")), bought(ledger)
    reader = ledger_of(store, "run-2")
    same, before = reader.pages[kept.key].entries[1], reader.pages[settled.key].entries[1]
    name = f"ledger/{settled.key}/1-settled.json"
    store.write(name, store.read(name).replace(b'"charged_usd": "0.75"', b'"charged_usd": "0.57"'))
    reader.load()
    assert [one.charged for one in reader.page(settled.key).attempts()] == [Decimal("0.57")]
    assert reader.pages[kept.key].entries[1] is same and attempt_of(before).charged == Decimal("0.75")


def test_a_look_after_the_books_were_read_has_their_money_still(store: Store, ledger: Ledger) -> None:
    """What a gateway's own records said of an attempt holds at the second look as at the first, and goes with them."""
    attempt = bought(ledger)
    write_booked(ledger, attempt, Decimal("0.50"), "reported")
    reader = ledger_of(store, "run-2").load()
    assert [one.charged for one in reader.page(attempt.key).attempts()] == [Decimal("0.50")]
    store.delete(f"ledger/{attempt.key}/1-reconciled.json")
    assert [one.charged for one in reader.load().page(attempt.key).attempts()] == [Decimal("0.75")]


def test_a_record_that_vanishes(store: Store, ledger: Ledger) -> None:
    """A record that is listed and not there stops the start: what it said may have been an order."""
    bought(ledger)
    with pytest.raises(TargetError, match="2-intent"):
        ledger_of(Vanishing(store.url))


def test_older_records_do_not_matter(ledger: Ledger) -> None:
    """Only the newest record of an attempt is read, and strangers in the folder are left alone."""
    attempt = bought(ledger)
    ledger.store.write(f"ledger/{ASKED.key}/1-intent.json", b"garbage")
    for name in ("ledger/notes.txt", f"ledger/{ASKED.key}/1-settled.json.bak", "ledger/key/1-intent.json"):
        ledger.store.write(name, b"garbage")
    assert list(ledger_of(ledger.store).history()) == [attempt]


def test_digests_of_urls(ledger: Ledger) -> None:
    """A URL is known by every digest it was ordered with, oldest order first, each once; no clock has a say."""
    ledger.clock = iter(f"2026-11-20T10:00:{59 - n}Z" for n in range(60)).__next__
    url = "https://host/a.png"
    for prompt, digest in (("one", "cc"), ("two", "aa"), ("three", "cc"), ("four", "bb")):
        asked = ask(prompt, image=digest * 32, image_url=url)
        ledger.intent(asked, order(prompt=prompt), QUOTE)
    source = replace(ask("five"), source_url="https://host/b.mp4", parts={"source": "dd" * 32, "image": ""})
    ledger.intent(source, order(), QUOTE)
    ledger.intent(ask("six", image="ee" * 32), order(), QUOTE)
    found = {url: ("cc" * 32, "aa" * 32, "bb" * 32), "https://host/b.mp4": ("dd" * 32,)}
    assert ledger.digests() == ledger_of(ledger.store).digests() == found


anything = st.text(st.characters(), max_size=30)


@settings(max_examples=60, deadline=None)
@given(anything, anything)
def test_any_text_can_be_recorded(message: str, job_id: str) -> None:
    """Whatever a gateway says, halves of characters and nulls too, is written and read back unchanged."""
    ledger = ledger_of(Store(f"memory://{uuid.uuid4().hex}"))
    attempt = ledger.accepted(intent(ledger), Job(job_id, Request("GET", "v1/jobs")))
    ledger.overdue(attempt, message)
    settled = ledger.settled(attempt, Settlement("failed", error=Failed(message)))
    assert (settled.error, settled.job_id) == (message, job_id)
    assert list(ledger_of(ledger.store).history()) == [settled]


def test_a_class_of_another_name_writes_the_same_word(ledger: Ledger) -> None:
    """A record holds the word that an error declares, never the name that its class has in the code."""
    settled = ledger.settled(intent(ledger), Settlement("failed", error=type("Renamed", (Failed,), {})("no")))
    assert settled.error_class == ledger.record(settled)["error_class"] == "Failed"


def test_a_lone_half_of_a_character(ledger: Ledger) -> None:
    """Half of an emoji in an error text does not stop its record."""
    settled = ledger.settled(intent(ledger), Settlement("failed", error=Failed("cut \ud83d here")))
    assert next(ledger_of(ledger.store).history()) == settled


def test_a_failed_write_is_not_believed(tmp_path: Path) -> None:
    """A record that the target refused changes nothing in memory either."""
    ledger = ledger_of(Store(str(tmp_path)))
    attempt = intent(ledger)
    Path(tmp_path, "ledger", ASKED.key).rename(tmp_path / "aside")
    Path(tmp_path, "ledger", ASKED.key).write_text("no folder")
    for act in (
        lambda: ledger.accepted(attempt, JOB),
        lambda: ledger.settled(attempt, Settlement("clip", clip=clip())),
    ):
        with pytest.raises(Exception, match=ASKED.key):
            act()
    assert list(ledger.history()) == [attempt]


def test_a_built_in_failure(ledger: Ledger) -> None:
    """A clip that the built-in renderer could not make is a failed attempt that cost nothing."""
    error = Failed("no such font")
    attempt = ledger.settled(ledger.intent(ASKED, order("animatic"), ZERO), Settlement("failed", error=error))
    assert (attempt.outcome, attempt.charged, attempt.basis) == ("failed", ZERO, "free")
    assert ledger.store.names() == [f"ledger/{ASKED.key}/1-{kind}.json" for kind in ("intent", "settled")]


def test_the_time_as_recorded() -> None:
    """Times are ISO 8601 UTC with milliseconds."""
    assert len(now()) == len("2026-11-20T10:00:00.000Z")
    assert now().endswith("Z")


def test_an_entry_is_an_intent_first(ledger: Ledger) -> None:
    """A record of which nothing more is known tells of an order whose reply was lost."""
    record = ledger.record(intent(ledger))
    assert attempt_of(AttemptRecord(record)).outcome == "unclear"


class Hurried(Store):
    """A store at which somebody else withdraws an intent between our look at the names and our reading."""

    def read_many(self, paths: Any) -> dict[str, bytes]:
        wanted = list(paths)
        for name in wanted:
            if name.endswith("-intent.json"):
                self.delete(name)
        return super().read_many(wanted)


def test_an_intent_that_goes_while_we_read(store: Store, ledger: Ledger) -> None:
    """Another part of a season takes intents back while this one reads: no order was sent, and nothing is broken."""
    intent(ledger)
    assert list(ledger_of(Hurried(store.url)).history()) == []


def test_a_receipt_that_goes_while_we_read(store: Store, ledger: Ledger) -> None:
    """Nobody deletes receipts: one that cannot be read stops the reader, who would order again."""
    ledger.accepted(intent(ledger), JOB)

    class Lossy(Store):
        def read_many(self, paths: Any) -> dict[str, bytes]:
            return {}

    with pytest.raises(TargetError, match="could not be read just now"):
        ledger_of(Lossy(store.url))


class Flaky(Store):
    """A store in memory that does not find what it lists, ``misses`` times."""

    misses = 0

    def read_many(self, paths: Iterable[str]) -> dict[str, bytes]:
        found = super().read_many(paths)
        if found and self.misses:
            self.misses -= 1
            found.pop(next(iter(found)))
        return found


@pytest.mark.parametrize(("misses", "why"), [(1, ""), (2, ""), (9, "could not be read just now")])
def test_a_record_that_is_not_found_once_is_asked_for_again(misses: int, why: str) -> None:
    """A 404 on what the target lists is no verdict: read again, and at the last told as what it is, never as junk."""
    store = Flaky(f"memory://{uuid.uuid4()}")
    ledger = Ledger(store, "r")
    ledger.accepted(intent(ledger), JOB)
    store.misses = misses
    fresh = Ledger(store, "r2")
    if not why:
        assert [a.outcome for a in fresh.load().history()] == ["pending"]
        return
    with pytest.raises(TargetError, match=why) as caught:
        fresh.load()
    assert "move it away" not in str(caught.value) and fresh.pages == {}
