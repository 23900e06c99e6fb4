"""The lock where a season shares its target with parts, and a heartbeat that is still on its way."""

import threading
import uuid

import pytest

from tasks.domain.errors import TargetError
from tasks.storage.lock import LEASE, LeaseWatcher
from tasks.storage.store import Store
from tests.tasks.storage.test_lock import ELSEWHERE, Time, held, lock_of, record_of

PART = "lock/part-1-001"


@pytest.fixture
def store() -> Store:
    return Store(f"memory://{uuid.uuid4().hex}")


@pytest.fixture
def time() -> Time:
    return Time()


class Slow(Store):
    """A store whose writes wait until they are let go."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.begun, self.go = threading.Event(), threading.Event()

    def write(self, path: str, data: bytes) -> None:
        self.begun.set()
        assert self.go.wait(10)
        super().write(path, data)


def test_a_heartbeat_on_its_way_does_not_bring_the_lock_back(time: Time) -> None:
    """A release waits for a heartbeat that is being written: the object is gone afterwards."""
    store = Slow(f"memory://{uuid.uuid4().hex}")
    lock = held(store, time)
    beat = threading.Thread(target=lock.renew)
    beat.start()
    assert store.begun.wait(10)
    release = threading.Thread(target=lock.release)
    release.start()
    store.go.set()
    beat.join(10)
    release.join(10)
    assert store.names() == []
    lock.renew()
    assert store.names() == []


def test_dead_parts_are_cleared(store: Store, time: Time) -> None:
    """What dead parts left goes with the first run that takes the target; other objects stay."""
    for name in (f"{PART}/1.json", f"{PART}/told.json", "lock/part-2-014/3.json"):
        store.write(name, record_of(ELSEWHERE))
    store.write("lock/notes/1.json", b"mine")
    held(store, time)
    assert store.names() == ["lock/1.json", "lock/notes/1.json"]
    assert time.now >= 1000.0 + LEASE


def test_a_part_that_ends_while_watched(store: Store, time: Time) -> None:
    """A living part is waited for; meanwhile the newcomer's own heart beats, so that nobody takes it for dead."""
    part = held(store, time, "season", folder=PART)
    beats: list[int] = []
    newcomer = lock_of(store, time)

    def meanwhile() -> None:
        beats.append(newcomer.beat)
        part.renew()
        if len(beats) == 20:
            part.release()

    time.beats.append(meanwhile)
    newcomer.take()
    assert newcomer.fresh
    assert beats[-1] >= 10
    assert store.names() == ["lock/1.json"]


def test_a_part_that_goes_on_refuses(store: Store, time: Time) -> None:
    """A part that is still alive after a lease refuses the newcomer, who leaves nothing behind."""
    part = held(store, time, "season", folder=PART)
    time.beats.append(part.renew)
    with pytest.raises(TargetError, match="in use by lock/part-1-001, a part of an earlier run"):
        held(store, time)
    assert store.names() == [f"{PART}/1.json"]


def test_a_part_does_not_wait_for_its_season(store: Store, time: Time) -> None:
    """The lock of a part stands beside the season's, and beside those of other parts."""
    held(store, time, "season", by_process=False)
    held(store, time, "season", folder=PART)
    held(store, time, "season", folder="lock/part-1-002")
    assert len(store.names()) == 3


@pytest.mark.parametrize(
    ("age", "fresh", "alive"),
    [(0.0, True, True), (29.9, True, True), (30.1, False, True), (59.9, False, True), (60.1, False, False)],
)
def test_what_a_witness_says_of_a_silent_lock(age: float, fresh: bool, alive: bool, store: Store, time: Time) -> None:
    """Half a lease without a heartbeat ends the ordering, a whole one the lock."""
    lock = held(store, time, by_process=False)
    witness = LeaseWatcher(store, lock.token, clock=time)
    assert (witness.fresh, witness.alive) == (False, False)
    assert witness.look() is not None
    time.now += age
    assert witness.look() is not None
    assert (witness.fresh, witness.alive) == (fresh, alive)
    lock.renew()
    witness.look()
    assert witness.fresh


def test_a_witness_of_a_lock_that_is_gone_or_another(store: Store, time: Time) -> None:
    """A released lock, one of another token and a lower number are not the lock that was asked for."""
    lock = held(store, time)
    witness = LeaseWatcher(store, lock.token, clock=time)
    assert (witness.look() or {})["stopping"] is False
    lock.stopping = True
    lock.renew()
    assert (witness.look() or {})["stopping"] is True
    store.write("lock/2.json", record_of(ELSEWHERE))
    assert witness.look() is None
    store.delete("lock/2.json")
    assert witness.look() is not None
    lock.release()
    assert witness.look() is None
