from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.domain.result import Attempt
from tasks.domain.takes import (
    UNKNOWN,
    Shelf,
    attempts_with_clip,
    clip_in_use,
    doubtful,
    gone_clips,
    is_stand_in,
    lost_clips,
    missed_clips,
    own_clip,
)
from tests.tasks.desk import OPENED, VIDEO, Desk, config
from tests.tasks.purchases import attempt, clip, shelf_of


def made(n: int, path: str = "", **values: Any) -> Attempt:
    """A bought clip, of its own path unless one is given."""
    facts = {"path": path or f"{n}", "sha256": f"sha {n}", "bytes": 1000 + n}
    return attempt(n=n, job_id=f"job-{n}", clip=clip(**{**facts, **values}))


def drawn(n: int = 1, path: str = "") -> Attempt:
    return attempt(n=n, provider="animatic", model="card", clip=clip(path=path or f"{n}"), stand_in=True)


def late(n: int) -> Attempt:
    """A clip that came when the shot had another."""
    return replace(made(n), outcome="late")


@pytest.mark.parametrize(
    ("size", "digest", "there"),
    [
        (None, "", False),
        (1000, "", True),
        (999, "", False),
        (1001, "", False),
        (0, "", False),
        (UNKNOWN, "", True),
        (1000, "ab" * 32, True),
        (1000, "cd" * 32, False),
    ],
)
def test_presence_is_the_size(size: int | None, digest: str, there: bool) -> None:
    """A clip is there if a file of its size is, and of its digest where that was looked at."""
    path = clip().path
    shelf = Shelf({} if size is None else {path: size}, {path: digest} if digest else {})
    assert shelf.holds(clip()) is there
    shelf.add(clip())
    assert shelf.holds(clip())


WISH = {"had": [1, 2]}
IN_USE: dict[str, tuple[list[Attempt], Any, bool, int | None]] = {
    "nothing": ([], None, True, None),
    "failed only": ([attempt()], None, True, None),
    "own": ([made(1)], None, True, 1),
    "the newest own": ([made(1), made(2)], None, True, 2),
    "own before a later stand-in": ([made(1), drawn(2)], None, True, 1),
    "own after a stand-in": ([drawn(1), made(2)], None, True, 2),
    "two drawings of their own": ([drawn(1), drawn(2)], None, False, 2),
    "a drawing newer than own, no gateway now": ([made(1), drawn(2)], None, False, 2),
    "a stand-in only": ([drawn(1)], None, True, 1),
    "a wish, nothing came after it": ([made(1), made(2)], WISH, True, 2),
    "a wish, and an older order came after it": ([made(1), made(2)], {"had": [2]}, True, 1),
    "a wish, and two came after it": ([made(1), made(2), made(3), made(4)], WISH, True, 4),
    "a late clip beside another": ([made(1), late(2)], None, True, 1),
    "a late clip alone": ([drawn(1), late(2)], None, True, 2),
    "a wish, and only a stand-in came after it": ([made(1), drawn(3)], {"had": [1]}, True, 1),
}


@pytest.mark.parametrize("name", IN_USE)
def test_clip_in_use(name: str) -> None:
    """Own clips before stand-ins, then what came after the last wish, then the higher number; what is gone is none."""
    attempts, wish, stand_ins, n = IN_USE[name]
    found = clip_in_use(attempts, shelf_of(attempts), stand_ins, wish)
    assert (found.n if found else None) == n
    assert is_stand_in(found, stand_ins) is (name == "a stand-in only")
    assert own_clip(attempts, shelf_of(attempts), stand_ins, wish) is (None if name == "a stand-in only" else found)
    assert clip_in_use(attempts, Shelf(), stand_ins, wish) is None


@given(st.lists(st.text("0123456789Z:-", max_size=24), min_size=3, max_size=3))
def test_no_time_decides(times: list[str]) -> None:
    """Whatever clocks wrote into the records, the same clip is in use."""
    attempts = [attempt(n=n, clip=made(n).clip, submitted_at=t, settled_at=t) for n, t in enumerate(times, 1)]
    found = clip_in_use(attempts, shelf_of(attempts), True)
    assert found is not None and found.n == 3


def test_one_file_is_one_take() -> None:
    """Where 0.1 wrote several clips to one path only the one whose size or digest the file has is a take."""
    attempts = [made(1, "a"), made(2, "a"), made(3, "a", bytes=1002)]
    assert [a.n for a in attempts_with_clip(attempts, Shelf({"a": 1001}))] == [1]
    assert doubtful(attempts, {"a": 1001}) == doubtful(attempts, {"a": 7}) == set()
    assert doubtful(attempts, {"a": 1002}) == {"a"}
    for n in (2, 3):
        assert [a.n for a in attempts_with_clip(attempts, Shelf({"a": 1002}, {"a": f"sha {n}"}))] == [n]
    assert attempts_with_clip(attempts, Shelf({"a": 1002}, {"a": "of something else"})) == []
    assert doubtful([made(1, "a"), made(2, "a", bytes=1001, sha256="sha 1")], {"a": 1001}) == set()


def test_lost_clips_are_those_a_job_can_be_asked_for_newest_first() -> None:
    """Only bought clips whose file is gone or cut count, one that was never fetched too, and never drawings."""
    unfetched = attempt(n=7, outcome="late", job_id="job-7")
    attempts = [made(1), made(2), made(3), drawn(4), attempt(n=5, job_id="job-5"), attempt(n=6, clip=clip()), unfetched]
    assert [a.n for a in lost_clips(attempts, Shelf({"2": 1002, "3": 5}))] == [7, 3, 1]


def test_gone_clips_are_told_but_for_those_that_were_written_over() -> None:
    """A file that holds another attempt's clip took its place; one that holds none lost the last that was there."""
    attempts = [made(1, "a"), made(2, "a"), made(3, "b"), drawn(4)]
    assert [a.n for a in gone_clips(attempts, Shelf({"a": 1002}))] == [3]
    assert [a.n for a in gone_clips(attempts, Shelf({"a": 5, "b": 1003}))] == [2]


MISSED = {
    "all there": ([made(1), made(2)], {1, 2}, []),
    "the newest gone": ([made(1), made(2)], {1}, [2]),
    "an older one gone": ([made(1), made(2)], {2}, []),
    "both gone": ([made(1), made(2)], set[int](), [2, 1]),
    "own gone, a stand-in there": ([made(1), drawn(2)], {2}, [1]),
}


@pytest.mark.parametrize("name", MISSED)
def test_missed_clips(name: str) -> None:
    """A lost clip is asked for again where it would stand for the shot, the best first."""
    attempts, there, expected = MISSED[name]
    shelf = shelf_of(a for a in attempts if a.n in there)
    assert [a.n for a in missed_clips(attempts, shelf, True, None)] == expected


def test_takes_of_a_desk_have_files_of_their_own(tmp_path: Path) -> None:
    """Each attempt of the real ledger is a take beside the others."""
    desk = Desk(config(tmp_path, OPENED))
    plan = desk.one()
    for _ in range(2):
        desk.clip(plan, VIDEO)
    desk.drawn(plan)
    attempts = desk.ledger.page(plan.key).attempts()
    assert [a.n for a in attempts_with_clip(attempts, desk.shelf)] == [1, 2, 3]
    assert len({a.clip.path for a in attempts if a.clip}) == 3
