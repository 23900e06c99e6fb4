from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tasks.domain.errors import Stopped
from tasks.engine.budget import Purse

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
        self.purse = Purse(limit, limit * before, wasted, self.told.append)
        self.wasted, self.gone, self.kept = wasted, ZERO, limit * before
        self.open: list[Decimal] = []

    @rule(quote=cents)
    def reserve(self, quote: Decimal) -> None:
        fits = self.purse.fits(quote)
        try:
            self.purse.reserve(quote)
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
        self.purse.book(quote, charged, at_risk, clip=clip)
        self.kept += spent
        self.gone += ZERO if clip else spent

    @precondition(lambda self: self.open)
    @rule(which=st.integers(0, 99))
    def release(self, which: int) -> None:
        self.purse.release(self.open.pop(which % len(self.open)))

    @invariant()
    def the_limit_holds(self) -> None:
        assert self.purse.limit is not None
        assert self.purse.committed <= self.purse.limit

    @invariant()
    def every_cent_is_somewhere(self) -> None:
        assert self.purse.reserved == sum(self.open, ZERO)
        assert self.purse.committed == self.kept + self.purse.reserved
        assert self.purse.wasted == self.gone

    @invariant()
    def free_always_fits(self) -> None:
        self.purse.reserve(ZERO)
        assert self.purse.fits(ZERO)

    @invariant()
    def only_waste_stops(self) -> None:
        wasted = self.wasted is not None and self.gone > 0 and self.gone >= self.wasted
        assert bool(self.purse.stopped) == wasted
        assert not self.told


Run.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
TestRun = Run.TestCase


@given(st.lists(cents), cents)
def test_no_limit(quotes: list[Decimal], committed: Decimal) -> None:
    """Without a limit every order fits, and the money is counted all the same."""
    purse = Purse(None, committed)
    for quote in quotes:
        purse.reserve(quote)
    assert purse.committed == committed + sum(quotes, ZERO)


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
    purse = Purse(*usd(limit, committed))
    assert purse.fits(Decimal(quote)) is fits


def test_a_refusal_in_words() -> None:
    """A quote that does not fit is told with what was asked, what is left and the limit, and changes nothing."""
    purse = Purse(*usd("5", "4.5"))
    with pytest.raises(Stopped, match=r"^0\.80 USD asked, 0\.50 of 5\.00 USD left$") as caught:
        purse.reserve(Decimal("0.8"))
    assert caught.value.error_class == "Budget"
    assert (purse.committed, purse.reserved, purse.stopped) == (Decimal("4.5"), ZERO, "")
    with pytest.raises(Stopped, match=r"0\.00 of 5\.00 USD left"):
        Purse(*usd("5", "9")).reserve(Decimal(1))


def test_a_small_quote_still_fits() -> None:
    """A quote that did not fit stops nobody else: smaller orders go on."""
    purse = Purse(*usd("5", "4.5"))
    with pytest.raises(Stopped):
        purse.reserve(Decimal(1))
    purse.reserve(Decimal("0.5"))
    assert purse.committed == 5


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
    purse = Purse(Decimal(5), ZERO, None, told.append)
    purse.reserve(Decimal(4))
    purse.book(Decimal(4), Decimal(charged), ZERO, clip=True)
    assert (purse.committed, bool(purse.stopped), bool(told)) == (Decimal(charged), stopped, warned)
    assert all("quoted" in line and "4.00" in line for line in told)
    if stopped:
        with pytest.raises(Stopped, match=r"charges passed the budget of 5\.00 USD") as caught:
            purse.reserve(Decimal("0.01"))
        assert caught.value.error_class == "Budget"
    assert purse.fits(ZERO)


def test_stopped_stays_stopped() -> None:
    """Submits that a charge has stopped do not begin again when other reservations come back."""
    purse = Purse(Decimal(5))
    purse.reserve(Decimal(2))
    purse.reserve(Decimal(2))
    purse.book(Decimal(2), Decimal("3.5"), ZERO, clip=True)
    purse.release(Decimal(2))
    assert purse.committed == Decimal("3.5")
    assert not purse.fits(Decimal("0.01"))


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
    purse = Purse(Decimal(100), ZERO, None if limit is None else Decimal(limit))
    for charged, at_risk, clip in lost:
        purse.reserve(Decimal(1))
        purse.book(Decimal(1), *usd(charged, at_risk), clip=clip)
    assert purse.fits(Decimal(1)) is not stopped
    if stopped:
        with pytest.raises(Stopped, match="max_wasted_usd") as caught:
            purse.reserve(Decimal(1))
        assert caught.value.error_class == "Budget"


def test_a_job_given_up_on_is_lost_money() -> None:
    """Money of a job past its deadline counts as lost while it stays reserved."""
    purse = Purse(Decimal(5), ZERO, Decimal(2))
    purse.reserve(Decimal(2))
    purse.lose(Decimal(2))
    facts: tuple[Any, ...] = (purse.committed, purse.reserved, purse.fits(Decimal(1)))
    assert facts == (2, 2, False)
