"""What a season makes of a part's objects at the target, by a clock that only the test moves."""

import json
import uuid
from typing import Any

import pytest

from tasks.ledger.shot_state import Ended
from tasks.season.coordinator import PartMonitor
from tasks.season.parts import SeasonPart
from tasks.season.worker import PartReport
from tasks.storage.lock import LEASE
from tasks.storage.store import Store
from tests.tasks.storage.test_lock import ELSEWHERE, Time, record_of

FOLDER = "lock/part-1-001"


@pytest.fixture
def store() -> Store:
    return Store(f"memory://{uuid.uuid4().hex}")


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def sight(store: Store, time: Time) -> PartMonitor:
    part = SeasonPart(name="part-1-001", attempt="me", run_id="run-1", token="season", lease=LEASE, ways=2)
    return PartMonitor(store, part, time)


def beats(store: Store, beat: int, n: int = 1, **values: Any) -> None:
    store.write(f"{FOLDER}/{n}.json", record_of({**ELSEWHERE, "token": "me", "beat": beat, **values}))


def tells(store: Store, attempt: str = "me", **ended: list[str]) -> None:
    store.write(f"{FOLDER}/told.json", json.dumps({"attempt": attempt, "ended": ended, "refused": ""}).encode())


def test_a_part_nobody_has_seen_is_waited_for(sight: PartMonitor, store: Store, time: Time) -> None:
    """Nothing at the target is no verdict, however long; nor is what another attempt left there."""
    assert sight.look() == "waiting"
    beats(store, 3, token="another")
    tells(store, attempt="another", sh010=["failed", "Failed", "x"])
    time.now += 10 * LEASE
    assert sight.look() == "waiting"


def test_a_heartbeat_that_stops_is_death_after_one_lease(sight: PartMonitor, store: Store, time: Time) -> None:
    """Alive while it moves, and for one lease after; then dead."""
    beats(store, 1)
    assert sight.look() == "alive"
    time.now += LEASE
    assert sight.look() == "alive"
    beats(store, 2)
    assert sight.look() == "alive"
    time.now += LEASE + 0.1
    assert sight.look() == "dead"


@pytest.mark.parametrize("by_process", [True, False])
def test_a_process_that_is_gone_here_is_dead_at_once(by_process: bool, sight: PartMonitor, store: Store) -> None:
    """On this very machine a missing process is death at once, unless the lock goes by its lease alone."""
    from tasks.storage.lock import whoami

    beats(store, 1, **{**whoami(), "started": "1", "by_process": by_process})
    assert sight.look() == ("dead" if by_process else "alive")


def test_a_lock_that_went_without_a_word_is_death(sight: PartMonitor, store: Store) -> None:
    """A part that was seen and whose lock is gone, or another attempt's, is dead unless it told how it ended."""
    beats(store, 1)
    assert sight.look() == "alive"
    store.delete(f"{FOLDER}/1.json")
    assert sight.look() == "dead"
    beats(store, 1, n=2, token="another")
    assert sight.look() == "dead"
    tells(store, sh010=["skipped", "Budget", "0.10 left"])
    assert sight.look() == PartReport({"sh010": Ended("skipped", "Budget", "0.10 left")})


def test_a_word_counts_while_the_lock_is_still_there(sight: PartMonitor, store: Store) -> None:
    """What this attempt told is its end, whether or not its lock was let go already."""
    beats(store, 1)
    tells(store)
    assert sight.look() == PartReport({})
