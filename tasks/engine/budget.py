"""What may still be spent. Reserved before the POST, settled after it, with no step between check and booking."""

from collections.abc import Callable
from decimal import Decimal

from tasks.domain.errors import Stopped
from tasks.domain.money import ZERO, usd_text


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

    def fits(self, quote: Decimal) -> bool:
        """Whether an order of this quote could be placed now. What costs nothing always fits."""
        return not quote or (not self.stopped and (self.limit is None or self.committed + quote <= self.limit))

    def reserve(self, quote: Decimal) -> None:
        """Set the quote aside. `Stopped` (Budget) when it does not fit."""
        if not self.fits(quote):
            left = (self.limit or ZERO) - self.committed
            said = (
                f"{usd_text(quote)} USD asked, {usd_text(max(left, ZERO))} of {usd_text(self.limit or ZERO)} USD left"
            )
            raise Stopped("Budget", self.stopped or said)
        self.committed += quote
        self.reserved += quote

    def book(self, quote: Decimal, charged: Decimal, at_risk: Decimal, *, clip: bool) -> None:
        """Put what an order came to in the place of its reservation. Money without a clip counts as lost."""
        self.reserved -= quote
        self.committed += charged + at_risk - quote
        if charged > quote:
            self.warn(f"{usd_text(charged)} USD charged, {usd_text(quote)} USD quoted")
        if not clip:
            self.lose(charged + at_risk)
        if self.limit is not None and self.committed > self.limit and charged > quote:
            self.stopped = f"charges passed the budget of {usd_text(self.limit)} USD"

    def lose(self, amount: Decimal) -> None:
        """Count money that gave no clip; at ``max_wasted`` nothing more is bought in this run."""
        self.wasted += amount
        if self.max_wasted is not None and amount and self.wasted >= self.max_wasted:
            self.stopped = f"{usd_text(self.wasted)} USD of this run gave no clip (max_wasted_usd)"

    def release(self, quote: Decimal) -> None:
        """Take back a reservation: nothing was sent."""
        self.reserved -= quote
        self.committed -= quote
