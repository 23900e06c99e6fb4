"""The places of a shot's takes: which they are, where each may order, and what of several endings is told."""

from collections import Counter
from decimal import Decimal
from typing import Any

import pytest

from tasks.config.catalogue import load_catalogue
from tasks.domain.model import Route
from tasks.domain.plan import Offer, ShotPlan
from tasks.domain.result import Attempt
from tasks.domain.shot import Size
from tasks.domain.takes import Need
from tasks.engine.places import SEEDS, Place, Places, places_of, weigh
from tasks.ledger import Ended
from tests.tasks.desk import PIXAZO, PRO, VIDEO
from tests.tasks.purchases import attempt, clip, shot


def offer(route: str, quote: str = "0.80") -> Offer:
    return Offer(Route(load_catalogue().model(route)), Decimal(8), Size(1280, 720), Decimal(quote))


def take(n: int, **values: Any) -> Attempt:
    return attempt(n=n, slot=n, clip=clip(path=f"{n}"), **values)


@pytest.mark.parametrize(
    ("attempts", "need", "slots"),
    [
        ([], Need(3), [1, 2, 3]),
        ([take(1), take(2)], Need(1), [3]),
        ([attempt(n=1, outcome="failed")], Need(1), [1]),
        ([attempt(n=1, outcome="unclear")], Need(2), [1, 2]),
        ([attempt(n=1, outcome="overdue")], Need(2), [2, 3]),
        ([attempt(n=1, provider="animatic", clip=clip(), stand_in=True)], Need(1), [1]),
        ([take(1, grade="draft")], Need(1), [1]),
        ([take(1, grade="draft"), take(2, grade="draft")], Need(1, drafts=(2,)), [2]),
        ([take(1, grade="draft"), take(2, grade="draft")], Need(1, "draft"), [3]),
    ],
)
def test_places_follow_what_came_and_what_is_on_its_way(attempts: list[Attempt], need: Need, slots: list[int]) -> None:
    """An order that may be lost keeps none; a final has that of its draft; drafts and finals are counted apart."""
    found = places_of(attempts, need)
    assert [one.slot for one in found] == slots
    assert {one.grade for one in found} == {need.grade}


@pytest.mark.parametrize(("seed", "slot", "sent"), [(None, 3, None), (7, 1, 7), (7, 3, 9), (SEEDS - 1, 2, 0)])
def test_each_place_has_a_seed_of_its_own(seed: int | None, slot: int, sent: int | None) -> None:
    """Counted from the row's, within what a seed may be; a row without one gives none."""
    assert Place(slot).shot(shot(seed=seed)).seed == sent


def test_the_only_final_of_a_shot_is_recorded_as_ever() -> None:
    """What a record says of a take is nothing where the shot asks for one."""
    assert Place(1).record(1) == {}
    assert Place(2, "draft").record(3) == {"slot": 2, "grade": "draft", "takes": 3}
    assert Place(1, draft_of=4).record(1) == {"draft_of": 4}


def test_a_doubtful_order_takes_a_place_at_its_gateway_alone() -> None:
    """Three are missing and one may have come: two more go there, the third elsewhere; each that comes frees none."""
    places, here, there = Places(3, Counter(aivideoapi=1)), offer(VIDEO), offer(PIXAZO)
    with places.working(here), places.working(here):
        assert places.is_full(here) and not places.is_full(there)
        places.note(take(1, provider="aivideoapi"))
        assert places.missing == 2
    with places.working(here):
        assert places.is_full(here)
    places.note(attempt(n=2, provider="pixazo", outcome="unclear"))
    assert not places.is_full(there)
    with places.working(there):
        assert places.is_full(there)


def test_a_shot_with_one_take_is_closed_where_an_order_is_doubtful() -> None:
    """By its gateway where the reply was lost, by its route where a job is not settled."""
    assert Places(1, Counter({"aivideoapi": 1})).is_full(offer(VIDEO))
    assert Places(1, Counter({VIDEO: 1})).is_full(offer(VIDEO))
    assert not Places(1, Counter({VIDEO: 1})).is_full(offer(PRO))


@pytest.mark.parametrize(
    ("classes", "told"),
    [
        ([None, None], None),
        ([None, "Refused"], "Refused"),
        (["Refused", "Budget"], "Budget"),
        (["Failed", "Moderated", None], "Moderated"),
        (["Budget", "Interrupted"], "Interrupted"),
        (["Failed", "Refused"], "Failed"),
    ],
)
def test_the_heaviest_ending_is_told(classes: list[Any], told: str | None) -> None:
    """The budget decides the exit code whichever place it ended; what came is no ending."""
    found = weigh([None if word is None else Ended("failed", word, "why") for word in classes])
    assert (found.error_class if found else None) == told


@pytest.mark.parametrize(
    ("missing", "jobs", "doubts", "quoted", "worst"),
    [
        (1, 0, {}, "0.80", "1.30"),
        (3, 0, {}, "2.40", "3.90"),
        (3, 2, {}, "0.80", "3.90"),
        (3, 4, {}, "0.00", "3.90"),
        (3, 0, {"pixazo": 1}, "2.10", "3.90"),
        (1, 0, {PIXAZO: 1}, "0.50", "1.30"),
        (2, 0, {"pixazo": 2, "aivideoapi": 2}, "0.00", "2.60"),
    ],
)
def test_what_a_plan_quotes(missing: int, jobs: int, doubts: dict[str, int], quoted: str, worst: str) -> None:
    """Each missing take by the route that it tries first: none for one that is only collected."""
    offers = (offer(PIXAZO, "0.80"), offer(VIDEO, "0.50"))
    plan = ShotPlan(shot(), True, "f" * 64, "f" * 16 + "-1", {}, "new", (), offers, doubts=doubts)
    plan = plan._replace(need=Need(missing), jobs=jobs)
    assert (plan.quoted, plan.worst) == (Decimal(quoted), Decimal(worst))
