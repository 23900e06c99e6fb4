from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tasks.domain.errors import Stopped
from tasks.engine.budget import Budget

ZERO = Decimal(0)
cents = st.integers(0, 600).map(lambda amount: Decimal(amount).scaleb(-2))
shares = st.integers(0, 100).map(lambda amount: Decimal(amount).scaleb(-2))


def usd(*amounts: str) -> list[Decimal]:
    return [Decimal(amount) for amount in amounts]


class Run(RuleBasedStateMachine):
    """Any run of orders whose gateways charge their quotes at the most."""

    @initialize(limit=cents, before=shares, wasted=st.none() | cents)
    def begin(self, limit: Decimal, before: Decimal, wasted: Decimal | None) -> None:
        self.told: list[str] = []
        self.budget = Budget(limit, limit * before, wasted, self.told.append)
        self.wasted, self.gone, self.kept = wasted, ZERO, limit * before
        self.open: list[Decimal] = []

    @rule(quote=cents)
    def reserve(self, quote: Decimal) -> None:
        fits = self.budget.fits(quote)
        try:
            self.budget.reserve(quote)
        except Stopped as stop:
            assert (stop.error_class, fits, quote > 0) == ("Budget", False, True)
        else:
            assert fits
            self.open.append(quote)

    @precondition(lambda self: self.open)
    @rule(share=shares, risk=st.booleans(), clip=st.booleans(), which=st.integers(0, 99))
    def book(self, share: Decimal, risk: bool, clip: bool, which: int) -> None:
        quote = self.open.pop(which % len(self.open))
        spent = quote * share
        charged, at_risk = (ZERO, spent) if risk else (spent, ZERO)
        self.budget.book(quote, charged, at_risk, clip=clip)
        self.kept += spent
        self.gone += ZERO if clip else spent

    @precondition(lambda self: self.open)
    @rule(which=st.integers(0, 99))
    def release(self, which: int) -> None:
        self.budget.release(self.open.pop(which % len(self.open)))

    @invariant()
    def the_limit_holds(self) -> None:
        assert self.budget.limit is not None
        assert self.budget.committed <= self.budget.limit

    @invariant()
    def every_cent_is_somewhere(self) -> None:
        assert self.budget.reserved == sum(self.open, ZERO)
        assert self.budget.committed == self.kept + self.budget.reserved
        assert self.budget.wasted == self.gone

    @invariant()
    def free_always_fits(self) -> None:
        self.budget.reserve(ZERO)
        assert self.budget.fits(ZERO)

    @invariant()
    def only_waste_stops(self) -> None:
        wasted = self.wasted is not None and self.gone > 0 and self.gone >= self.wasted
        assert bool(self.budget.stopped) == wasted
        assert not self.told


Run.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
TestRun = Run.TestCase


@given(st.lists(cents), cents)
def test_no_limit(quotes: list[Decimal], committed: Decimal) -> None:
    """Without a limit every order fits, and the money is counted all the same."""
    budget = Budget(None, committed)
    for quote in quotes:
        budget.reserve(quote)
    assert budget.committed == committed + sum(quotes, ZERO)


@pytest.mark.parametrize(
    ("limit", "committed", "quote", "fits"),
    [
        ("5", "0", "5", True),
        ("5", "0", "5.000001", False),
        ("5", "4.2", "0.8", True),
        ("5", "4.200001", "0.8", False),
        ("5", "7", "0.01", False),
        ("5", "7", "0", True),
        ("0", "0", "0.000001", False),
        ("0", "0", "0", True),
    ],
)
def test_what_fits(limit: str, committed: str, quote: str, fits: bool) -> None:
    """A quote fits up to the last millionth of the limit, over all runs; what is free always does."""
    budget = Budget(*usd(limit, committed))
    assert budget.fits(Decimal(quote)) is fits


def test_a_refusal_in_words() -> None:
    """A quote that does not fit is told with what was asked, what is left and the limit, and changes nothing."""
    budget = Budget(*usd("5", "4.5"))
    with pytest.raises(Stopped, match=r"^0\.80 USD asked, 0\.50 of 5\.00 USD left$") as caught:
        budget.reserve(Decimal("0.8"))
    assert caught.value.error_class == "Budget"
    assert (budget.committed, budget.reserved, budget.stopped) == (Decimal("4.5"), ZERO, "")
    with pytest.raises(Stopped, match=r"0\.00 of 5\.00 USD left"):
        Budget(*usd("5", "9")).reserve(Decimal(1))


def test_a_small_quote_still_fits() -> None:
    """A quote that did not fit stops nobody else: smaller orders go on."""
    budget = Budget(*usd("5", "4.5"))
    with pytest.raises(Stopped):
        budget.reserve(Decimal(1))
    budget.reserve(Decimal("0.5"))
    assert budget.committed == 5


@pytest.mark.parametrize(
    ("charged", "stopped", "warned"),
    [
        ("4", False, False),
        ("3.99", False, False),
        ("4.01", False, True),
        ("5", False, True),
        ("5.01", True, True),
        ("50", True, True),
    ],
)
def test_a_charge_above_its_quote(charged: str, stopped: bool, warned: bool) -> None:
    """A charge above its quote is booked and warned of; past the limit nothing but what is free goes out."""
    told: list[str] = []
    budget = Budget(Decimal(5), ZERO, None, told.append)
    budget.reserve(Decimal(4))
    budget.book(Decimal(4), Decimal(charged), ZERO, clip=True)
    assert (budget.committed, bool(budget.stopped), bool(told)) == (Decimal(charged), stopped, warned)
    assert all("quoted" in line and "4.00" in line for line in told)
    if stopped:
        with pytest.raises(Stopped, match=r"charges passed the budget of 5\.00 USD") as caught:
            budget.reserve(Decimal("0.01"))
        assert caught.value.error_class == "Budget"
    assert budget.fits(ZERO)


def test_stopped_stays_stopped() -> None:
    """Submits that a charge has stopped do not begin again when other reservations come back."""
    budget = Budget(Decimal(5))
    budget.reserve(Decimal(2))
    budget.reserve(Decimal(2))
    budget.book(Decimal(2), Decimal("3.5"), ZERO, clip=True)
    budget.release(Decimal(2))
    assert budget.committed == Decimal("3.5")
    assert not budget.fits(Decimal("0.01"))


@pytest.mark.parametrize(
    ("limit", "lost", "stopped"),
    [
        ("0.80", [("0.8", "0", True), ("0", "0", False)], False),
        ("0.80", [("0.79", "0", False)], False),
        ("0.80", [("0.8", "0", False)], True),
        ("0.80", [("0.4", "0", False), ("0", "0.4", False)], True),
        ("0.80", [("0.4", "0", False), ("0.8", "0", True)], False),
        ("0", [("0", "0", False)], False),
        ("0", [("0", "0.01", False)], True),
        (None, [("9", "9", False)], False),
    ],
)
def test_money_without_a_clip(limit: str | None, lost: list[tuple[str, str, bool]], stopped: bool) -> None:
    """When charged or risked money that gave no clip comes to ``max_wasted_usd``, submits stop as Budget."""
    budget = Budget(Decimal(100), ZERO, None if limit is None else Decimal(limit))
    for charged, at_risk, clip in lost:
        budget.reserve(Decimal(1))
        budget.book(Decimal(1), *usd(charged, at_risk), clip=clip)
    assert budget.fits(Decimal(1)) is not stopped
    if stopped:
        with pytest.raises(Stopped, match="max_wasted_usd") as caught:
            budget.reserve(Decimal(1))
        assert caught.value.error_class == "Budget"


def test_a_job_given_up_on_is_lost_money() -> None:
    """Money of a job past its deadline counts as lost while it stays reserved."""
    budget = Budget(Decimal(5), ZERO, Decimal(2))
    budget.reserve(Decimal(2))
    budget.lose(Decimal(2))
    facts: tuple[Any, ...] = (budget.committed, budget.reserved, budget.fits(Decimal(1)))
    assert facts == (2, 2, False)
