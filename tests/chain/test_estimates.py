"""Money that receipts and replies tell: estimates above the quote, and charges that nobody can mean."""

from decimal import Decimal
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.chain.conftest import Studio, shots
from tests.chain.test_money import ALONE, cheaper

ROUTE = "runway:seedance2"  # 36 credits a second there
EDGE = Decimal("1.44")  # of four seconds


def told(lines: list[str], words: str) -> list[str]:
    return [line for line in lines if words in line]


async def test_a_receipt_that_names_more_than_the_quote_holds_the_next_orders_back(studio: Studio) -> None:
    """Four shots quoted at 0.40 under a budget of 2.00: the first receipt names 1.44, and no second one fits."""
    config = studio.config(ROUTE, render={**ALONE, "budget_usd": 2.0})
    outcome = await studio.render(studio.board(*shots(4)), config, prices=cheaper(ROUTE, "0.10"))
    assert (outcome.code, outcome.statuses()) == (3, {"rendered": 1, "skipped": 3})
    assert outcome.money() == studio.box.billed() == EDGE
    assert told(outcome.lines, "names 1.44 USD, 0.40 USD were quoted")


async def test_an_estimate_counts_while_its_job_is_still_at_work(studio: Studio) -> None:
    """The reservation is raised by the receipt, not by the charge: a job that is never done keeps it for later runs."""
    studio.faults({"gateway": "runway", "do": "stuck"})
    config = studio.config(ROUTE, render={**ALONE, "budget_usd": 2.0})
    env = studio.env(runway={"deadline_s": 2})
    outcome = await studio.render(studio.board(*shots(3)), config, env, prices=cheaper(ROUTE, "0.10"))
    assert [(one["outcome"], one["at_risk_usd"]) for one in outcome.attempts] == [("overdue", EDGE)]
    assert (outcome.code, outcome.statuses()) == (3, {"failed": 1, "skipped": 2})
    again = await studio.render(studio.board(*shots(3)), config, env, prices=cheaper(ROUTE, "0.60"))
    assert again.orders() == [], "0.56 are left of the budget"


async def test_the_quote_of_an_order_is_what_its_route_named_before(studio: Studio) -> None:
    """The next order of the same model is quoted at what the receipt named, and fits where the budget has room."""
    config = studio.config(ROUTE, render={**ALONE, "budget_usd": 3.0})
    outcome = await studio.render(studio.board(*shots(4)), config, prices=cheaper(ROUTE, "0.10"))
    assert [one["quoted_usd"] for one in outcome.attempts] == [Decimal("0.40"), EDGE]
    assert outcome.money() == 2 * EDGE


async def test_side_by_side_only_what_had_left_passes_the_budget(studio: Studio) -> None:
    """However many shots are in flight: over the budget by no more than the first ones cost above their quotes."""
    config = studio.config(ROUTE, render={"concurrency": 8, "budget_usd": 2.0})
    env = studio.env(runway={"max_in_flight": 8})
    outcome = await studio.render(studio.board(*shots(8)), config, env, prices=cheaper(ROUTE, "0.10"))
    first = [one for one in outcome.attempts if one["quoted_usd"] == Decimal("0.40")]
    assert outcome.money() <= 2 + len(first) * (EDGE - Decimal("0.40"))
    assert outcome.code == 3 and len(outcome.orders()) == len(first)


@given(
    cents=st.integers(5, 60),  # a second by the list; the gateway takes 36
    count=st.integers(1, 6),
    side_by_side=st.integers(1, 6),
    budget=st.decimals("0.20", "9", places=2),
    silent=st.booleans(),
)
@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
async def test_spent_passes_the_budget_by_what_had_left_before_it_was_told(
    studio: Studio, cents: int, count: int, side_by_side: int, budget: Decimal, silent: bool
) -> None:
    """At most by what the orders cost above their quotes that left before a receipt or a charge first told of it."""
    studio.box.reset()
    of = Studio(studio.box, Path(mkdtemp(dir=studio.folder)))
    of.faults(*([{"do": "shape", "shape": "no_estimate", "gateway": "runway"}] if silent else []))
    config = of.config(ROUTE, render={"concurrency": side_by_side, "budget_usd": float(budget)})
    env = of.env(runway={"max_in_flight": side_by_side})
    outcome = await of.render(of.board(*shots(count)), config, env, prices=cheaper(ROUTE, str(Decimal(cents) / 100)))
    above = [EDGE - one["quoted_usd"] for one in outcome.attempts if one["quoted_usd"] < EDGE]
    assert outcome.money() <= budget + sum(above, Decimal(0))
    assert len(above) <= side_by_side, "an order left at a quote that was known to be too low"


async def test_a_charge_teaches_as_a_receipt_does(studio: Studio) -> None:
    """Where the receipt is silent the first charge above its quote is the quote of what follows."""
    studio.faults({"do": "shape", "shape": "no_estimate", "gateway": "runway"})
    config = studio.config(ROUTE, render={**ALONE, "budget_usd": 2.5})
    outcome = await studio.render(studio.board(*shots(4)), config, prices=cheaper(ROUTE, "0.10"))
    assert outcome.money() == studio.box.billed() == EDGE and outcome.code == 3


async def test_without_a_reported_charge_the_receipts_estimate_is_booked(studio: Studio) -> None:
    """The list said 0.40 and the receipt 1.44: what is booked is not the lower."""
    studio.faults({"do": "shape", "shape": "no_cost", "gateway": "runway"})
    outcome = await studio.one(ROUTE, prices=cheaper(ROUTE, "0.10"))
    assert (outcome.row["charge_basis"], outcome.money()) == ("price_list", EDGE)


@pytest.mark.parametrize(
    ("shape", "words"),
    [("cost_below_0", "of -5 USD"), ("cost_no_number", "that is no number"), ("cost_absurd", "of 10000000 USD")],
)
async def test_a_charge_that_nobody_can_mean_is_told_and_its_quote_stays_at_risk(
    studio: Studio, shape: str, words: str
) -> None:
    """Below 0, no number, or over 100 times the quote: the clip is kept, the quote is at risk, the budget counts it."""
    studio.faults({"do": "shape", "shape": shape, "gateway": "runway"})
    config = studio.config(ROUTE, render={**ALONE, "budget_usd": 2.0})
    outcome = await studio.render(studio.board(*shots(2)), config)
    assert (outcome.code, outcome.statuses()) == (3, {"rendered": 1, "skipped": 1})
    [one] = outcome.attempts
    money: dict[str, Any] = {name: one[name] for name in ("charged_usd", "at_risk_usd", "charge_basis")}
    assert money == {"charged_usd": 0, "at_risk_usd": EDGE, "charge_basis": "unknown"}
    assert told(outcome.lines, f"reports a charge {words}, not believed: its quote of 1.44 USD is at risk")


async def test_a_cost_of_null_is_no_report(studio: Studio) -> None:
    """Where nothing stands the price list counts."""
    studio.faults({"do": "shape", "shape": "cost_null", "gateway": "runway"})
    outcome = await studio.one(ROUTE)
    assert (outcome.row["charge_basis"], outcome.money()) == ("price_list", EDGE)


FAL = "fal:bytedance/seedance-2.0/text-to-video"


@pytest.mark.parametrize(
    ("shape", "basis", "charged", "risk"),
    [
        ("units", "reported", "1.2136", "0"),
        ("units_odd", "unknown", "0", "1.2136"),
        ("units_seconds", "price_list", "1.2136", "0"),
    ],
)
async def test_what_fal_bills_by_units(studio: Studio, shape: str, basis: str, charged: str, risk: str) -> None:
    """Units at the price of one are what the gateway took; of no number they are at risk, of another kind no report."""
    studio.faults({"do": "shape", "shape": shape, "gateway": "fal"})
    outcome = await studio.one(FAL)
    [one] = outcome.attempts
    money = (one["charge_basis"], one["charged_usd"], one["at_risk_usd"])
    assert money == (basis, Decimal(charged), Decimal(risk))
    assert bool(told(outcome.lines, "counts units of another kind (0.056 USD")) == (shape == "units_seconds")
