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
        with pytest.raises(Stopped, match=r"USD of this run gave no good clip \(max_wasted_usd\)") as caught:
            budget.reserve(Decimal(1))
        assert caught.value.error_class == "Budget"


def test_a_job_given_up_on_is_lost_money() -> None:
    """Money of a job past its deadline counts as lost while it stays reserved."""
    budget = Budget(Decimal(5), ZERO, Decimal(2))
    budget.reserve(Decimal(2))
    budget.lose(Decimal(2))
    facts: tuple[Any, ...] = (budget.committed, budget.reserved, budget.fits(Decimal(1)))
    assert facts == (2, 2, False)


def test_a_receipt_above_the_quote_is_set_aside_at_once() -> None:
    """What a receipt names is reserved before any charge, nothing more fits with it, and booking gives it back."""
    budget = Budget(Decimal("2.5"))
    budget.reserve(Decimal("0.75"))
    budget.learn("r", Decimal("0.75"), Decimal("1.40"))
    budget.raise_to(Decimal("0.75"), Decimal("1.40"))
    assert (budget.committed, budget.reserved) == (Decimal("1.40"), Decimal("1.40"))
    assert budget.fits(Decimal("1.10"))
    assert not budget.fits(budget.quote("r", Decimal("0.75")))
    budget.book(Decimal("1.40"), Decimal("1.40"), ZERO, clip=True)
    assert (budget.committed, budget.reserved) == (Decimal("1.40"), ZERO)


def test_an_estimate_below_the_quote_frees_nothing() -> None:
    """A receipt never moves the reservation down."""
    budget = Budget(Decimal(5))
    budget.reserve(Decimal(2))
    budget.raise_to(Decimal(2), Decimal(1))
    budget.learn("r", Decimal(2), Decimal(1))
    assert (budget.committed, budget.quote("r", Decimal(2))) == (2, 2)


@pytest.mark.parametrize(
    ("told", "listed", "quote"),
    [
        ([], "0.75", "0.75"),
        ([("0.75", "1.40")], "0.75", "1.40"),
        ([("0.75", "1.40"), ("0.75", "1.20")], "0.75", "1.40"),
        ([("0.75", "1.50")], "1.50", "3.00"),
        ([("0.75", "1.50"), ("1.50", "2.00")], "1.50", "2.00"),
        ([("0.03", "0.10")], "0.01", "0.033334"),
        ([("0", "0.20")], "0", "0.20"),
        ([("0", "0.20")], "1", "1"),
        ([("1", "2")], "0", "2"),
    ],
)
def test_what_a_receipt_teaches(told: list[tuple[str, str]], listed: str, quote: str) -> None:
    """What was named for a quote is the quote from then on; others of the route rise in proportion, none of another."""
    budget = Budget(None)
    for was, cost in told:
        budget.learn("r", *usd(was, cost))
    assert budget.quote("r", Decimal(listed)) == Decimal(quote)
    assert budget.quote("other", Decimal(listed)) == Decimal(listed)


def test_a_second_lesson_is_of_the_listed_quote() -> None:
    """An order that left at a raised quote and costs more still raises the same quote again."""
    budget = Budget(None)
    budget.learn("r", *usd("1", "2"))
    raised = budget.quote("r", Decimal(1))
    budget.learn("r", raised, Decimal(3))
    assert (budget.quote("r", Decimal(1)), budget.quote_again("r", raised)) == (3, 3)


def test_an_order_that_was_about_to_leave_looks_again() -> None:
    """Once receipts have passed the budget no order leaves that costs anything, though its quote was set aside."""
    budget = Budget(Decimal(2))
    for _ in range(2):
        budget.reserve(Decimal("0.75"))
    budget.check(Decimal("0.75"))
    budget.raise_to(Decimal("0.75"), Decimal("1.40"))
    with pytest.raises(Stopped, match=r"2\.00 USD would be passed") as caught:
        budget.check(Decimal("0.75"))
    assert caught.value.error_class == "Budget"
    budget.check(ZERO)


class Side(RuleBasedStateMachine):
    """Orders side by side at two routes whose gateways cost a constant multiple of their quotes, told or not by their
    receipts. The order of events is any: reserve, leave, receipt, charge."""

    @initialize(limit=cents, many=st.tuples(*[st.integers(0, 50)] * 2), tells=st.tuples(*[st.booleans()] * 2))
    def begin(self, limit: Decimal, many: tuple[int, int], tells: tuple[bool, bool]) -> None:
        self.budget, self.limit = Budget(limit), limit
        self.many, self.tells = [Decimal(one) / 10 for one in many], tells
        self.waiting: list[tuple[int, Decimal, Decimal]] = []  # route, listed quote, quote set aside
        self.left: list[list[Any]] = []  # route, quote, cost, set aside, whether its receipt came
        self.known: set[int] = set()  # routes of which a receipt or charge has told
        self.spent, self.excess = ZERO, ZERO

    @rule(route=st.integers(0, 1), listed=cents)
    def reserve(self, route: int, listed: Decimal) -> None:
        quote = self.budget.quote(str(route), listed)
        if self.budget.fits(quote):
            self.budget.reserve(quote)
            self.waiting.append((route, listed, quote))

    @precondition(lambda self: self.waiting)
    @rule(which=st.integers(0, 99))
    def leave(self, which: int) -> None:
        route, listed, quote = self.waiting.pop(which % len(self.waiting))
        try:
            self.budget.check(quote)
        except Stopped:
            self.budget.release(quote)
            return
        if self.budget.quote_again(str(route), quote) > quote:
            self.budget.release(quote)
            return
        cost = (listed * self.many[route]).quantize(Decimal("0.000001"))
        if route in self.known:
            assert cost <= quote, "an order that left once this was told costs no more than its quote"
        self.left.append([route, quote, cost, quote, False])
        self.excess += max(cost - quote, ZERO)

    @precondition(lambda self: any(not one[4] for one in self.left))
    @rule(which=st.integers(0, 99))
    def receipt(self, which: int) -> None:
        fresh = [one for one in self.left if not one[4]]
        one = fresh[which % len(fresh)]
        one[4] = True
        route, quote, cost = one[:3]
        if self.tells[route]:
            self.budget.raise_to(quote, cost)
            self.budget.learn(str(route), quote, cost)
            one[3] = max(quote, cost)
            self.known |= {route} if quote else set()

    @precondition(lambda self: any(one[4] for one in self.left))
    @rule(which=st.integers(0, 99), clip=st.booleans())
    def charge(self, which: int, clip: bool) -> None:
        told = [one for one in self.left if one[4]]
        one = told[which % len(told)]
        self.left.remove(one)
        route, quote, cost, aside, _ = one
        self.budget.book(aside, cost, ZERO, clip=clip)
        self.budget.learn(str(route), quote, cost)
        self.known |= {route} if quote else set()
        self.spent += cost

    @invariant()
    def spent_passes_the_budget_by_what_had_left_before_it_was_told(self) -> None:
        assert self.spent <= self.limit + self.excess
        assert self.spent + sum((one[2] for one in self.left), ZERO) <= self.limit + self.excess

    @invariant()
    def every_reservation_is_counted(self) -> None:
        aside = sum((quote for *_, quote in self.waiting), ZERO) + sum((one[3] for one in self.left), ZERO)
        assert (self.budget.reserved, self.budget.committed) == (aside, aside + self.spent)


Side.TestCase.settings = settings(max_examples=80, stateful_step_count=30, deadline=None)
TestSide = Side.TestCase
