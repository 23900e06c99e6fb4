"""When a flawed take is ordered again, and where."""

from typing import Any

import pytest

from tasks.domain.model import Model, Route
from tasks.domain.money import ZERO
from tasks.domain.plan import Offer
from tasks.domain.shot import Size
from tasks.domain.takes import Asked, Need, Takes
from tasks.domain.verdict import Verdict
from tasks.ledger.mending import lacks_good, need_of, offers_to_mend
from tests.tasks.purchases import attempt, clip, shelf_of

ONE, TWO = Asked(mends=True), Asked(takes=2, mends=True)


def take(n: int, **facts: Any) -> Any:
    return attempt(n=n, clip=clip(path=f"clips/{n}.mp4", sha256=f"{n:064d}"), **facts)


def said(kind: Any, n: int) -> Verdict:
    return Verdict(1, n, f"{n:064d}", kind)


CASES: dict[str, tuple[list[Any], list[Verdict], Asked, Need]] = {
    "a good take": ([take(1)], [], ONE, Need()),
    "a flawed one": ([take(1, qa="black")], [], ONE, Need(1, mends=1)),
    "a flawed one, and nobody wants more": ([take(1, qa="black")], [], Asked(), Need()),
    "a flawed one beside a good one": ([take(1), take(2, qa="black")], [], ONE, Need()),
    "a flawed one of two": ([take(1), take(2, qa="black")], [], TWO, Need(1, mends=2)),
    "one of two is missing": ([take(1, qa="black")], [], TWO, Need(1)),
    "again, and flawed again": ([take(1, qa="black"), take(2, qa="frozen", mends=1)], [], ONE, Need()),
    "again, and failed": ([take(1, qa="black"), attempt(n=2, outcome="failed", mends=1)], [], ONE, Need()),
    "again, and unclear": ([take(1, qa="black"), attempt(n=2, outcome="unclear", mends=1)], [], ONE, Need()),
    "again, and on its way": ([take(1, qa="black"), attempt(n=2, outcome="pending", mends=1)], [], ONE, Need()),
    "again, and turned away": (
        [take(1, qa="black"), attempt(n=2, outcome="busy", mends=1)],
        [],
        ONE,
        Need(1, mends=1),
    ),
    "a flawed one that was chosen": ([take(1, qa="black")], [said("select", 1)], ONE, Need()),
    "a flawed one that was rejected": ([take(1, qa="black")], [said("reject", 1)], ONE, Need(1)),
    "a draft, where finals are asked for": ([take(1, qa="black", grade="draft")], [], ONE, Need()),
    "the final of a draft": (
        [take(1, grade="draft"), take(2, qa="black", draft_of=1)],
        [said("select", 1)],
        ONE,
        Need(),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_one_more_is_needed(name: str) -> None:
    """What is still to be ordered, by what came and what was said."""
    attempts, verdicts, asked, need = CASES[name]
    takes = Takes(attempts, shelf_of(attempts), stand_ins=True, verdicts=verdicts)
    assert need_of(takes, asked) == need


def test_a_clip_that_is_on_its_way_is_of_use() -> None:
    """As long as no good take is there, what was ordered again is waited for."""
    attempts = [take(1, qa="black"), attempt(n=2, outcome="pending", mends=1)]
    assert lacks_good(Takes(attempts, shelf_of(attempts), stand_ins=True), ONE)
    good = [*attempts[:1], take(2, mends=1)]
    assert not lacks_good(Takes(good, shelf_of(good), stand_ins=True), ONE)


def offer(provider: str, name: str = "m") -> Offer:
    model = Model(provider, name, ("text_to_video",), "documents", "2026-11-21", exact=True)
    return Offer(Route(model), attempt().seconds, Size(1280, 720), ZERO)


@pytest.mark.parametrize(
    ("on_bad", "made", "routes"),
    [
        ("keep", "b:m", []),
        ("again", "b:m", ["b:m"]),
        ("again", "gone:m", []),
        ("next", "b:m", ["c:m"]),
        ("next", "c:m", []),
        ("next", "gone:m", ["a:m", "b:m", "c:m"]),
    ],
)
def test_where_it_is_ordered(on_bad: Any, made: str, routes: list[str]) -> None:
    """At the same route, or at those behind it; never by the built-in renderer."""
    provider, model = made.split(":")
    offers = [*map(offer, "abc"), offer("animatic", "card")]
    found = offers_to_mend(offers, attempt(provider=provider, model=model), on_bad)
    assert [one.route.name for one in found] == routes
