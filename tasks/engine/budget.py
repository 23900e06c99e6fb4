"""What may still be spent. Reserved before the POST, settled after it, with no step between check and booking."""

from collections.abc import Callable, Mapping
from decimal import ROUND_CEILING, Decimal

from tasks.domain.errors import Stopped
from tasks.domain.money import MICRO, ZERO, usd_text


class Budget:
    """The target's money (US dollars): what is committed over all runs, and what this run lost.

    One event loop owns it and no method awaits, so check and reservation are one step at any concurrency.
    """

    def __init__(
        self,
        limit: Decimal | None,
        committed: Decimal = ZERO,
        max_wasted: Decimal | None = None,
        warn: Callable[[str], None] = lambda text: None,
    ) -> None:
        self.limit = limit
        self.committed = committed
        self.max_wasted = max_wasted
        self.wasted = ZERO
        self.reserved = ZERO
        self.warn = warn
        self.stopped = ""
        self.told: dict[str, dict[Decimal, Decimal]] = {}  # route -> listed quote -> the most that was named for it
        self.listed: dict[tuple[str, Decimal], Decimal] = {}  # route and quote in force -> the listed one behind it

    def fits(self, quote: Decimal) -> bool:
        """Whether an order of this quote could be placed now. What costs nothing always fits."""
        return not quote or (not self.stopped and (self.limit is None or self.committed + quote <= self.limit))

    def quote(self, route: str, listed: Decimal) -> Decimal:
        """What an order costs as far as this run knows: the list's quote, or more once a receipt or charge said so.

        What was said of one quote holds for it as it stands, and for the others of its route in proportion.
        """
        told = self.told.get(route, {})
        found = told.get(listed)
        if found is None and told:
            found = _in_proportion(told, listed)
        quote = max(found or listed, listed)
        self.listed[route, quote] = listed
        return quote

    def quote_again(self, route: str, quote: Decimal) -> Decimal:
        """What the order of this quote costs as far as the run knows now."""
        return self.quote(route, self.listed.get((route, quote), quote))

    def learn(self, route: str, quote: Decimal, cost: Decimal) -> None:
        """A receipt or a charge names what an order of this quote really costs. Less than that is no news."""
        if cost > quote:
            told, listed = self.told.setdefault(route, {}), self.listed.get((route, quote), quote)
            told[listed] = max(cost, told.get(listed, cost))

    def check(self, quote: Decimal) -> None:
        """Check again just before an order of this quote leaves.

        Raises ``Stopped`` (Budget) when it may not.
        """
        over = self.limit is not None and self.committed > self.limit
        if quote and (self.stopped or over):
            limit = usd_text(self.limit or ZERO)
            raise Stopped("Budget", self.stopped or f"receipts name more than was quoted: {limit} USD would be passed")

    def raise_to(self, quote: Decimal, estimate: Decimal) -> None:
        """Set aside what the receipt of an order names, where that is more than its quote."""
        more = max(estimate - quote, ZERO)
        self.reserved += more
        self.committed += more

    def reserve(self, quote: Decimal) -> None:
        """Set the quote aside.

        Raises ``Stopped`` (Budget) when it does not fit.
        """
        if not self.fits(quote):
            left = (self.limit or ZERO) - self.committed
            said = (
                f"{usd_text(quote)} USD asked, {usd_text(max(left, ZERO))} of {usd_text(self.limit or ZERO)} USD left"
            )
            raise Stopped("Budget", self.stopped or said)
        self.committed += quote
        self.reserved += quote

    def book(self, quote: Decimal, charged: Decimal, at_risk: Decimal, *, clip: bool) -> None:
        """Put what an order came to in the place of its reservation. Money without a clip, or for one with a
        flaw, counts as lost. ``clip``: a good one came."""
        self.reserved -= quote
        self.committed += charged + at_risk - quote
        if charged > quote:
            self.warn(f"{usd_text(charged)} USD charged, {usd_text(quote)} USD quoted")
        if not clip:
            self.lose(charged + at_risk)
        if self.limit is not None and self.committed > self.limit and charged > quote:
            self.stopped = f"charges passed the budget of {usd_text(self.limit)} USD"

    def lose(self, amount: Decimal) -> None:
        """Count money that gave no good clip; at ``max_wasted`` nothing more is bought in this run."""
        self.wasted += amount
        if self.max_wasted is not None and amount and self.wasted >= self.max_wasted:
            self.stopped = f"{usd_text(self.wasted)} USD of this run gave no good clip (max_wasted_usd)"

    def release(self, quote: Decimal) -> None:
        """Take back a reservation: nothing was sent."""
        self.reserved -= quote
        self.committed -= quote


def _in_proportion(told: Mapping[Decimal, Decimal], listed: Decimal) -> Decimal:
    """The quote, raised as far as any of its route was; as high as any where there is nothing to compare."""
    factors = [cost / quote for quote, cost in told.items() if quote]
    raised = listed * max(factors, default=Decimal(1))
    return raised.quantize(MICRO, rounding=ROUND_CEILING) if listed else max(told.values())
