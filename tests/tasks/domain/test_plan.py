"""What a plan says of itself in a line."""

from decimal import Decimal

import pytest

from tasks.domain.model import Model, Route
from tasks.domain.plan import Action, Offer, Plan, ShotPlan
from tasks.domain.shot import Size
from tests.tasks.purchases import shot

MODEL = Model("pixazo", "sora-2-pro", ("text_to_video",), "docs", "2026-11-01")


def planned(action: Action, *quotes: str, selected: bool = True) -> ShotPlan:
    offers = tuple(Offer(Route(MODEL), Decimal(8), Size(1280, 720), Decimal(quote)) for quote in quotes)
    return ShotPlan(shot(), selected, "aa" * 32, "aa-1", {}, action, offers=offers)


@pytest.mark.parametrize(
    ("shots", "counts", "money"),
    [
        ((), "0 new, 0 rerender, 0 keep", "0.00 USD, 0.00 USD at worst"),
        ((planned("new", "1.20"),), "1 new, 0 rerender, 0 keep", "1.20 USD, 1.20 USD at worst"),
        (
            (planned("new", "1.20", "0.50"), planned("rerender", "0.30"), planned("keep", "9.00")),
            "1 new, 1 rerender, 1 keep",
            "1.50 USD, 2.00 USD at worst (if every shot were paid at each route of its chain)",
        ),
        ((planned("new", "1.20", selected=False),), "0 new, 0 rerender, 0 keep", "0.00 USD, 0.00 USD at worst"),
    ],
)
def test_the_line_of_a_plan(shots: tuple[ShotPlan, ...], counts: str, money: str) -> None:
    """Selected shots are counted; a kept one costs nothing; the worst is every route's quote."""
    plan = Plan(shots)
    assert (plan.counts, plan.summary) == (counts, f"{counts}: {money}")
