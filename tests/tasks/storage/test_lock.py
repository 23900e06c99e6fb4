import json
import os
import signal
import sys
import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from subprocess import PIPE, Popen
from time import CLOCK_BOOTTIME
from typing import Any

import pytest

from tasks.domain.errors import TargetError
from tasks.storage.lock import LEASE, Lock, Timing, is_gone, seconds, whoami
from tasks.storage.store import Store, StoreError
from tests.servers import S3, s3_server  # noqa: F401 - a fixture

KINDS = ("local", "memory", "s3")
ELSEWHERE = {"pid": 7, "started": "4711", "boot": "another-boot", "namespace": "pid:[1]", "host": "barge"}


class Time:
    """A clock that only sleeping moves. ``beats`` are called after each sleep: what others do meanwhile."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.beats: list[Callable[[], object]] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, length: float) -> None:
        self.now += length
        for beat in self.beats:
            beat()


@pytest.fixture
def store() -> Store:
    return Store(f"memory://{uuid.uuid4().hex}")


@pytest.fixture
def time() -> Time:
    return Time()


def lock_of(store: Store, time: Time, run_id: str = "run-1", *, by_process: bool = True, **values: Any) -> Lock:
    lock = Lock(store, run_id, timing=Timing(time, time.sleep), **values)
    lock.by_process = by_process
    return lock


def held(store: Store, time: Time, run_id: str = "run-1", **values: Any) -> Lock:
    lock = lock_of(store, time, run_id, **values)
    lock.take()
    return lock


def never(length: float) -> None:
    raise AssertionError("nobody has to be waited for")


def record_of(holder: dict[str, Any], **values: Any) -> bytes:
    return json.dumps({"run_id": "run-0", "token": "t", "beat": 3, "lease": LEASE} | holder | values).encode()


def holder_of(store: Store, n: int = 1) -> str:
    return str(json.loads(store.read(f"lock/{n}.json"))["run_id"])


def test_a_free_target(store: Store, time: Time) -> None:
    """A free target is taken without waiting, may be ordered for, and is free again after the release."""
    for run_id in ("run-1", "run-2"):
        lock = Lock(store, run_id, timing=Timing(time, never))
        assert not lock.fresh
        lock.take()
        assert (store.names(), holder_of(store), lock.fresh) == (["lock/1.json"], run_id, True)
        lock.release()
        assert (store.names(), lock.fresh) == ([], False)


def test_a_live_holder_refuses(store: Store, time: Time) -> None:
    """A newcomer to a live run learns who holds the target, where, and leaves no object behind."""
    holder = held(store, time)
    time.beats.append(holder.renew)
    with pytest.raises(TargetError) as caught:
        lock_of(store, time, "run-2").take()
    here = whoami()
    for told in (store.url, "run-1", f"process {here['pid']}", here["host"], "lock/1.json"):
        assert told in str(caught.value)
    assert (store.names(), holder_of(store), holder.fresh) == (["lock/1.json"], "run-1", True)


def test_a_heartbeat_at_the_last_moment(store: Store, time: Time) -> None:
    """A heart that beats once within the lease is alive, however late in it."""
    holder = held(store, time)
    last = time.now + LEASE - 0.5
    time.beats.append(lambda: time.now > last and holder.beat == 0 and holder.renew())
    with pytest.raises(TargetError, match="run-1"):
        lock_of(store, time, "run-2").take()
    assert store.names() == ["lock/1.json"]


SILENT = {
    "another boot": ELSEWHERE,
    "another container of this machine": {"namespace": "pid:[1]"},
    "a system that tells no start times": {"started": "", "boot": "", "namespace": ""},
    "a holder that must not be judged by its process": {"by_process": False},
    "a living process that hangs": {"pid": whoami()["pid"], "started": whoami()["started"]},
}


@pytest.mark.parametrize("holder", SILENT.values(), ids=SILENT)
def test_a_silent_lock_is_taken_after_one_lease(holder: dict[str, Any], store: Store, time: Time) -> None:
    """Where nobody can see its process, a lock is dead when a newcomer saw no heartbeat for one lease."""
    store.write("lock/4.json", record_of(whoami() | {"pid": 2**22 + 1, "started": "1"} | holder))
    lock = held(store, time, "run-2")
    assert LEASE <= time.now - 1000 <= LEASE + 5
    assert (store.names(), holder_of(store, 5), lock.fresh) == (["lock/5.json"], "run-2", True)


def test_the_holders_lease_counts(store: Store, time: Time) -> None:
    """A newcomer waits for as long as the holder promised to be heard within."""
    store.write("lock/1.json", record_of(ELSEWHERE, lease=300))
    held(store, time, "run-2")
    assert 300 <= time.now - 1000 <= 305


def test_a_live_holder_of_this_machine_is_told_at_once(store: Store, time: Time) -> None:
    """A heartbeat younger than a lease, of a process that is there: refused without any waiting."""
    held(store, time)
    time.now += LEASE - 1
    with pytest.raises(TargetError, match="in use by run run-1"):
        Lock(store, "run-2", timing=Timing(time, never)).take()
    assert store.names() == ["lock/1.json"]


def test_a_holder_that_ends_while_watched(store: Store, time: Time) -> None:
    """A lock released under the eyes of a newcomer is free at once."""
    holder = held(store, time)
    time.now += LEASE
    time.beats.append(holder.release)
    held(store, time, "run-2")
    assert time.now - 1000 - LEASE <= 5
    assert holder_of(store, max(int(name[5:-5]) for name in store.names())) == "run-2"


@pytest.mark.parametrize(
    ("change", "dead"),
    [
        ({}, False),
        ({"started": "1"}, True),
        ({"pid": 2**22 + 1}, True),
        ({"pid": 2**22 + 1, "boot": "another"}, False),
        ({"pid": 2**22 + 1, "namespace": "pid:[1]"}, False),
        ({"pid": 2**22 + 1, "started": ""}, False),
        ({"pid": 2**22 + 1, "boot": ""}, False),
    ],
)
def test_whose_process_is_gone(change: dict[str, Any], dead: bool) -> None:
    """Only on this boot and in this pid namespace is a missing process, or another of its number, a proof."""
    assert is_gone(whoami() | change) is dead


def test_a_system_that_tells_nothing_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two systems that name neither boot nor namespace are not taken for one."""
    nameless = whoami() | {"boot": "", "namespace": ""}
    monkeypatch.setattr("tasks.storage.lock.whoami", lambda: nameless)
    assert not is_gone(nameless | {"pid": 2**22 + 1})


def test_a_dead_run_is_followed_at_once(store: Store) -> None:
    """The lock of a process that is gone from this machine is taken without waiting, and cleaned away."""
    store.write("lock/1.json", record_of(whoami(), pid=2**22 + 1))
    store.write("lock/2.json", record_of(whoami(), started="1"))
    Lock(store, "run-2", timing=Timing(sleep=never)).take()
    assert (store.names(), holder_of(store, 3)) == (["lock/3.json"], "run-2")


HOLDER = """
import sys
from tasks.storage.lock import Lock
from tasks.storage.store import Store
Lock(Store(sys.argv[1]), "run-killed").take()
print("held", flush=True)
sys.stdin.readline()
"""


def test_a_killed_process_is_followed_at_once(tmp_path: Path) -> None:
    """A real run refuses while it lives; killed with SIGKILL it is followed at once, buried or not."""
    store = Store(str(tmp_path))
    command = [sys.executable, "-c", HOLDER, store.url]
    with Popen(command, stdin=PIPE, stdout=PIPE, text=True, cwd=Path(__file__).parents[3]) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "held\n"
        assert not is_gone(json.loads(store.read("lock/1.json")))
        child.send_signal(signal.SIGKILL)
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # dead, and still in the table
        unburied = Lock(store, "run-2", timing=Timing(sleep=never))
        unburied.take()
        unburied.release()
        child.wait()
        store.write("lock/1.json", record_of(whoami(), pid=child.pid))
        Lock(store, "run-3", timing=Timing(sleep=never)).take()
    assert (store.names(), holder_of(store, 2)) == (["lock/2.json"], "run-3")


def test_renewing_after_a_take_over(store: Store, time: Time) -> None:
    """A holder that slept through a take-over may not renew nor order, and leaves the newcomer's lock alone."""
    old = held(store, time)
    time.now += LEASE
    new = held(store, time, "run-2")
    with pytest.raises(TargetError, match="taken over"):
        old.renew()
    assert not old.fresh
    old.release()
    assert (store.names(), holder_of(store, 2), new.fresh) == (["lock/2.json"], "run-2", True)
    new.renew()


def test_renewing_after_the_newcomer_has_gone(store: Store, time: Time) -> None:
    """A holder that wakes when its newcomer has come, worked and gone finds no lock at all, and does not go on."""
    old = held(store, time)
    time.now += LEASE
    held(store, time, "run-2").release()
    assert store.names() == []
    with pytest.raises(TargetError, match="taken over"):
        old.renew()
    assert (store.names(), old.fresh) == ([], False)


def test_renewing_under_the_same_number(store: Store, time: Time) -> None:
    """A later run under the old number is not taken for one's own."""
    old = held(store, time)
    time.now += LEASE
    held(store, time, "run-2").release()
    held(store, time, "run-3")
    with pytest.raises(TargetError, match="taken over"):
        old.renew()
    old.release()
    assert (store.names(), holder_of(store)) == (["lock/1.json"], "run-3")


def test_renewing_beside_a_higher_number(store: Store, time: Time) -> None:
    """The highest number counts, even while the own object still stands."""
    old = held(store, time)
    store.write("lock/2.json", record_of(ELSEWHERE))
    with pytest.raises(TargetError, match="taken over"):
        old.renew()
    assert not old.fresh


@pytest.mark.parametrize(("age", "fresh"), [(0, True), (LEASE / 2, True), (LEASE / 2 + 0.01, False), (LEASE, False)])
def test_freshness_ends_after_half_a_lease(age: float, fresh: bool, store: Store, time: Time) -> None:
    """No order leaves when the last own heartbeat is older than half a lease; the next heartbeat allows it."""
    lock = held(store, time)
    time.now += age
    assert lock.fresh is fresh
    lock.renew()
    assert lock.fresh


class Slow(Store):
    """A store whose reads or writes take a long time: the process was stopped in the middle of them."""

    slow = ""

    def read(self, path: str) -> bytes:
        data = super().read(path)
        self.take_time("read")
        return data

    def write(self, path: str, data: bytes) -> None:
        super().write(path, data)
        self.take_time("write")

    def create(self, path: str, data: bytes) -> bool:
        done = super().create(path, data)
        self.take_time("create")
        return done

    def take_time(self, what: str) -> None:
        if self.slow == what:
            self.time.now += LEASE

    time: Time


@pytest.mark.parametrize("what", ["read", "write"])
def test_a_heartbeat_is_as_old_as_its_beginning(what: str, time: Time) -> None:
    """A heartbeat that took a lease to write is no fresh one: somebody may have come in between."""
    store = Slow(f"memory://{uuid.uuid4().hex}")
    store.time = time
    lock = held(store, time)
    store.slow = what
    lock.renew()
    assert not lock.fresh


def test_a_slow_creation_is_not_fresh(time: Time) -> None:
    """A lock whose creation took a lease does not allow an order before its first renewal."""
    store = Slow(f"memory://{uuid.uuid4().hex}")
    store.time, store.slow = time, "create"
    lock = held(store, time)
    assert not lock.fresh
    lock.renew()
    assert lock.fresh


class Crowded(Store):
    """A store at which somebody takes ``taken`` at the very moment that we create."""

    taken = ""

    def create(self, path: str, data: bytes) -> bool:
        if self.taken:
            super().create(self.taken, record_of(ELSEWHERE, run_id="run-other"))
            self.taken = ""
        return super().create(path, data)


def test_a_higher_number_at_the_same_moment(time: Time) -> None:
    """A newcomer that finds a higher number beside its own takes its own away and refuses."""
    store = Crowded(f"memory://{uuid.uuid4().hex}")
    store.taken = "lock/2.json"
    with pytest.raises(TargetError, match="at the same moment"):
        held(store, time)
    assert store.names() == ["lock/2.json"]


def test_a_lost_race_for_the_number(time: Time) -> None:
    """A newcomer that loses its number looks again, and meets the winner as a holder."""
    store = Crowded(f"memory://{uuid.uuid4().hex}")
    store.taken = "lock/1.json"
    time.beats.append(lambda: store.write("lock/1.json", record_of(ELSEWHERE, run_id="run-other", beat=time.now)))
    with pytest.raises(TargetError, match="run-other"):
        held(store, time)
    assert store.names() == ["lock/1.json"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("left_behind", [None, record_of(whoami(), started="1")], ids=["free", "dead"])
def test_newcomers_at_once(kind: str, left_behind: bytes | None, tmp_path: Path, s3: S3) -> None:
    """Of several newcomers at one moment exactly one holds, at a free target and at a dead run's."""
    for round_ in range(2 if kind == "s3" else 6):
        url = {"local": str(tmp_path / f"{round_}"), "memory": f"memory://{uuid.uuid4().hex}", "s3": s3.folder()}
        store = Store(url[kind], s3.options)
        if left_behind:
            store.write("lock/1.json", left_behind)
        won = race(store, 6)
        assert len(won) == 1
        assert [holder_of(store, int(name[5:-5])) for name in store.names("lock")] == won


def race(store: Store, runners: int) -> list[str]:
    """Who came to hold the target. The winner's heart beats until all others are refused."""
    start, refused = threading.Barrier(runners), threading.Semaphore(0)
    pause = threading.Event()

    def run(i: int) -> str:
        lock = Lock(store, f"run-{i}", timing=Timing(sleep=lambda length: pause.wait(0.002) and None))
        start.wait()
        try:
            lock.take()
        except TargetError:
            refused.release()
            return ""
        for _ in range(runners - 1):
            while not refused.acquire(timeout=0.002):
                lock.renew()
        return lock.run_id

    with ThreadPoolExecutor(runners) as pool:
        return [run_id for run_id in pool.map(run, range(runners)) if run_id]


def test_a_garbage_lock(store: Store, time: Time) -> None:
    """What is no lock of this program is named and not deleted."""
    store.write("lock/1.json", b"\xff{")
    with pytest.raises(StoreError, match=r"lock/1\.json is no lock of this program"):
        held(store, time)
    assert store.names() == ["lock/1.json"]


def test_other_objects_are_no_locks(store: Store, time: Time) -> None:
    """Only numbered objects directly in the folder count."""
    for name in ("lock/notes.json", "lock/old/9.json", "lock/3.json.bak", "locker/8.json"):
        store.write(name, b"{}")
    held(store, time)
    assert holder_of(store) == "run-1"


def test_the_folder_is_a_parameter(store: Store, time: Time) -> None:
    """Locks in two folders do not meet, and a refusal names the right object."""
    held(store, time)
    other = held(store, time, "run-2", folder="inbox/lock")
    time.beats.append(other.renew)
    with pytest.raises(TargetError, match=r"inbox/lock/1\.json"):
        held(store, time, "run-3", folder="inbox/lock")


def test_the_clock_goes_on_while_the_machine_sleeps(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The default clock is the one that counts a closed lid: the lease runs out behind it."""
    assert Lock(store, "run-1").clock is seconds
    monkeypatch.setattr("tasks.storage.lock.time.clock_gettime", lambda which: which)
    assert seconds() == CLOCK_BOOTTIME


def test_a_newcomer_that_slept_gives_the_holder_its_lease_anew(store: Store, time: Time) -> None:
    """A lid that was closed while a newcomer watched is no silence of the holder's: both wake, and it beats again."""
    holder = held(store, time, by_process=False)
    time.now += LEASE  # its last heartbeat is too old to speak for it at once
    naps = [0]

    def wakes() -> None:
        naps[0] += 1
        if naps[0] == 3:
            time.now += 3600
        if naps[0] == 6:
            holder.renew()

    time.beats.append(wakes)
    with pytest.raises(TargetError, match="in use by run run-1"):
        lock_of(store, time, "run-2").take()
    assert store.names() == ["lock/1.json"]
