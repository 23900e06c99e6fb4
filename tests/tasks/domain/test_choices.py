"""Several takes of a shot: which verdicts count, which take is in use by them, and what is still to be ordered."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.domain.result import Attempt
from tasks.domain.takes import Asked, Need, Shelf, Takes, counting, open_agains
from tasks.domain.verdict import Kind, Verdict
from tests.tasks.purchases import attempt, clip, shelf_of


def take(n: int, **values: Any) -> Attempt:
    return attempt(n=n, job_id=f"job-{n}", clip=clip(path=f"{n}", sha256=f"sha {n}"), **values)


def draft(n: int, **values: Any) -> Attempt:
    return take(n, grade="draft", **values)


def drawn(n: int, **values: Any) -> Attempt:
    return take(n, provider="animatic", model="card", **values)


def said(n: int, kind: Kind, of: int, *, sha: str = "", after: int = 0) -> Verdict:
    return Verdict(n, of, sha or f"sha {of}", kind, after=after)


THREE = [take(1), take(2), take(3)]
WISH = {"had": [1, 2, 3], "upto": 3}
CHOICES: dict[str, tuple[list[Attempt], list[Verdict], int | None]] = {
    "nobody": (THREE, [], 3),
    "one chosen": (THREE, [said(1, "select", 1)], 1),
    "the later choice": (THREE, [said(1, "select", 1), said(2, "select", 2)], 2),
    "whatever order they are read in": (THREE, [said(2, "select", 2), said(1, "select", 1)], 2),
    "the choice before, where the later one was rejected": (
        THREE, [said(1, "select", 1), said(2, "select", 2), said(3, "reject", 2)], 1,
    ),
    "chosen again after a rejection": (THREE, [said(1, "reject", 1), said(2, "select", 1)], 1),
    "the newest is rejected": (THREE, [said(1, "reject", 3)], 2),
    "all are rejected": (THREE, [said(n, "reject", n) for n in (1, 2, 3)], None),
    "again changes neither": (THREE, [said(1, "select", 1), said(2, "again", 1, after=3)], 1),
    "again on a rejected one": (THREE, [said(1, "reject", 3), said(2, "again", 3, after=3)], 2),
    "another clip under that number": (THREE, [said(1, "select", 1, sha="other")], 3),
    "a number that is none": (THREE, [said(1, "reject", 9)], 3),
    "a stand-in is not chosen": ([drawn(1), take(2)], [said(1, "select", 1)], 2),
    "a stand-in is not rejected": ([drawn(1)], [said(1, "reject", 1)], 1),
    "a flawless take before a newer flawed one": ([take(1), take(2, qa="black")], [], 1),
    "a flawed one that was chosen": ([take(1), take(2, qa="black")], [said(1, "select", 2)], 2),
    "a final before a newer draft": ([take(1), draft(2)], [], 1),
    "the newest draft": ([draft(1), draft(2)], [], 2),
    "a draft before a stand-in": ([draft(1), drawn(2)], [], 1),
    "a chosen draft before finals of others": ([draft(1), draft(2), take(3, draft_of=2)], [said(1, "select", 1)], 1),
    "the final of the chosen draft": ([draft(1), draft(2), take(3, draft_of=1)], [said(1, "select", 1)], 3),
    "the newest final of it": (
        [draft(1), take(2, draft_of=1), take(3, draft_of=1)], [said(1, "select", 1)], 3,
    ),
    "its final was rejected": ([draft(1), take(2, draft_of=1)], [said(1, "select", 1), said(2, "reject", 2)], 1),
}  # fmt: skip


@pytest.mark.parametrize("name", CHOICES)
def test_the_take_in_use(name: str) -> None:
    """The highest choice that still counts; without one the newest usable take; a final stands for its draft."""
    attempts, verdicts, n = CHOICES[name]
    made = Takes(attempts, shelf_of(attempts), True, verdicts=verdicts).in_use
    assert (made.n if made else None) == n


def test_a_choice_outlives_a_rerender_and_a_lost_file_does_not() -> None:
    """What a wish brought lies beside the chosen take; where that is gone, the choice before it is in use."""
    attempts = [*THREE, take(4)]
    chosen = [said(1, "select", 2), said(2, "select", 1)]
    assert Takes(attempts, shelf_of(attempts), True, WISH, verdicts=chosen).in_use == attempts[0]
    gone = shelf_of(attempts[1:])
    assert Takes(attempts, gone, True, WISH, verdicts=chosen).in_use == attempts[1]


@given(st.lists(st.tuples(st.sampled_from(["select", "reject", "again"]), st.integers(1, 4)), max_size=8), st.randoms())
def test_the_highest_number_decides(told: list[tuple[Kind, int]], chance: Any) -> None:
    """However the records are listed, each take has its newest choice or rejection; `again` is none."""
    verdicts = [said(n, kind, of) for n, (kind, of) in enumerate(told, 1)]
    newest = {one.take: one for one in verdicts if one.kind != "again" and one.take <= 3}
    chance.shuffle(verdicts)
    assert counting(THREE, True, verdicts) == newest


AGAIN: dict[str, tuple[list[Attempt], list[Verdict], int]] = {
    "none": (THREE, [], 0),
    "open": (THREE, [said(1, "again", 1, after=3)], 1),
    "two who saw the same": (THREE, [said(1, "again", 1, after=3), said(2, "again", 2, after=3)], 2),
    "answered by a newer take": (THREE, [said(1, "again", 1, after=2)], 0),
    "an attempt that brought nothing is no answer": (
        [*THREE, attempt(n=4, outcome="failed")], [said(1, "again", 1, after=3)], 1,
    ),
    "a stand-in is no answer": ([take(1), drawn(2)], [said(1, "again", 1, after=1)], 1),
    "of a shot without a take": ([attempt(n=1, outcome="failed")], [Verdict(1, 0, "", "again", after=1)], 1),
    "on what is no take": (THREE, [said(1, "again", 9, after=3)], 0),
}  # fmt: skip


@pytest.mark.parametrize("name", AGAIN)
def test_calls_for_one_more(name: str) -> None:
    """Open until a take comes whose number is higher than its author saw."""
    attempts, verdicts, count = AGAIN[name]
    assert len(open_agains(attempts, True, verdicts)) == count


DRAFTING = {"drafts": True, "finals": "none"}
SETTING = {"drafts": True}
REJECTED = [said(1, "reject", 1)]
CHOSEN = [said(1, "select", 1)]
NEEDS: dict[str, tuple[list[Attempt], list[Verdict], dict[str, Any], Need]] = {
    "a new shot": ([], [], {"takes": 3}, Need(3)),
    "a new shot in a draft run": ([], [], {"takes": 3, **DRAFTING}, Need(3, "draft")),
    "some are missing": (THREE[:1], [], {"takes": 3}, Need(2)),
    "all are there": (THREE, [], {"takes": 3}, Need()),
    "fewer are asked for": (THREE, [], {}, Need()),
    "one is rejected": (THREE, REJECTED, {"takes": 3}, Need(1)),
    "rejected, and enough are left": (THREE, REJECTED, {"takes": 2}, Need()),
    "one more": (THREE, [said(1, "again", 1, after=3)], {"takes": 3}, Need(1)),
    "one more, and two are missing": (THREE[:1], [said(1, "again", 1, after=1)], {"takes": 3}, Need(2)),
    "a stand-in is none": ([drawn(1)], [], {"takes": 2}, Need(2)),
    "drafts wait for a choice": ([draft(1)], [], {"takes": 2}, Need()),
    "one of them is missing in a draft run": ([draft(1)], [], {"takes": 2, **DRAFTING}, Need(1, "draft")),
    "a draft run is done": ([draft(1)], [], DRAFTING, Need(0, "draft")),
    "a chosen draft": ([draft(1)], CHOSEN, {}, Need(1, drafts=(1,))),
    "a chosen draft, by the setting": ([draft(1)], CHOSEN, SETTING, Need(1, drafts=(1,))),
    "a chosen draft in a draft run": ([draft(1)], CHOSEN, DRAFTING, Need(0, "draft")),
    "its final is there": ([draft(1), take(2, draft_of=1)], CHOSEN, {"takes": 3}, Need()),
    "its final was rejected": (
        [draft(1), take(2, draft_of=1)], [*CHOSEN, said(2, "reject", 2)], {}, Need(1, drafts=(1,)),
    ),
    "the final itself is chosen": ([draft(1), take(2, draft_of=1)], [said(1, "select", 2)], {"takes": 3}, Need()),
    "a rejected draft": ([draft(1)], REJECTED, {}, Need()),
    "a rejected draft in a draft run": ([draft(1)], REJECTED, DRAFTING, Need(1, "draft")),
    "a draft run after the final": (
        [draft(1), draft(2), take(3, draft_of=1)],
        [*CHOSEN, said(2, "reject", 2)], {"takes": 3, **DRAFTING}, Need(0, "draft"),
    ),
    "a draft run after the final, and one more": (
        [draft(1), take(2, draft_of=1)], [said(1, "again", 2, after=2)], {"takes": 3, **DRAFTING}, Need(1, "draft"),
    ),
    "finals of all drafts": ([draft(1), draft(2)], [], {"takes": 2, "finals": "all"}, Need(2, drafts=(2, 1))),
    "all but those that are there": (
        [draft(1), draft(2), take(3, draft_of=2)], [], {"takes": 2, "finals": "all"}, Need(1, drafts=(1,)),
    ),
    "finals where a draft run asks for takes": (THREE[:1], [], DRAFTING, Need(0, "draft")),
}  # fmt: skip


@pytest.mark.parametrize("name", NEEDS)
def test_what_is_still_to_be_ordered(name: str) -> None:
    """By the takes that are usable, the verdicts, and what the run asks for."""
    attempts, verdicts, asked, need = NEEDS[name]
    assert Takes(attempts, shelf_of(attempts), True, verdicts=verdicts).need(Asked(**asked)) == need


@pytest.mark.parametrize(
    ("attempts", "asked", "missing"), [(THREE, 1, 1), (THREE, 3, 1), (THREE, 5, 2), ([], 2, 2), ([draft(1)], 1, 1)]
)
def test_an_open_wish_orders_one_more_or_what_is_missing(attempts: list[Attempt], asked: int, missing: int) -> None:
    """Whichever is more; of a shot with drafts only it is a final."""
    need = Takes(attempts, shelf_of(attempts), True, WISH, wished=True).need(Asked(asked))
    assert (need.missing, need.grade) == (missing, "final")


@pytest.mark.parametrize(
    ("grade", "drafts", "done"), [("final", False, True), ("draft", False, False), ("draft", True, True)]
)
def test_when_a_shot_is_done(grade: Literal["final", "draft"], drafts: bool, done: bool) -> None:
    """A draft counts where drafts are asked for, and waits for a choice whatever is asked for."""
    attempts = [replace(take(1), grade=grade)]
    takes = Takes(attempts, shelf_of(attempts), True)
    assert takes.done(Asked(drafts=drafts)) is done
    assert takes.waits(Asked(drafts=drafts)) is (grade == "draft")


def missed(attempts: Sequence[Attempt], there: Sequence[Attempt], verdicts: Sequence[Verdict], asked: int) -> list[int]:
    takes = Takes(attempts, shelf_of(there), True, verdicts=verdicts)
    return [one.n for one in takes.missed(Asked(asked))]


@pytest.mark.parametrize(
    ("there", "verdicts", "asked", "expected"),
    [
        (THREE, [], 3, []),
        (THREE[2:], [], 1, []),
        (THREE[2:], [], 3, [2, 1]),
        (THREE[:1], [], 1, [3, 2]),
        (THREE[2:], [said(1, "reject", 2)], 3, [1]),
        ([], [said(1, "reject", 3)], 1, [2, 1]),
    ],
)
def test_lost_takes_are_asked_for_again(
    there: list[Attempt], verdicts: list[Verdict], asked: int, expected: list[int]
) -> None:
    """Those that the shot lacks, but none that was rejected; `Shelf` says which are gone."""
    assert missed(THREE, there, verdicts, asked) == expected
    assert missed([], [], verdicts, asked) == [] == [one.n for one in Takes([], Shelf(), True).missed(Asked(asked))]
