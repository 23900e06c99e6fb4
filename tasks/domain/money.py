"""US dollars: the one rounding and the one spelling."""

from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
MICRO = Decimal("0.000001")
MOST_USD = 10**9  # no board costs more; sums of what is smaller stay exact
ODD_FACTOR, ODD_USD = 100, Decimal(1)  # beyond so many times its quote, or this where it is free, nobody means it
BUDGET_WORDS = f"write US dollars such as 20 or 7.50, {MOST_USD:,} at the most"


def usd(amount: Decimal | str | int) -> Decimal:
    """US dollars rounded half up to the millionth: the one rounding that an attempt's money sees."""
    return Decimal(amount).quantize(MICRO, rounding=ROUND_HALF_UP)


def is_budget(amount: Decimal) -> bool:
    """Whether it is an amount that a person can mean: a number from 0 to `MOST_USD`, to the millionth."""
    return amount.is_finite() and 0 <= amount <= MOST_USD and usd(amount) == amount


def is_credible(told: Decimal, quote: Decimal) -> bool:
    """Whether a sum that a gateway names can be meant: 0 to 100 times the quote, up to a dollar where that is 0."""
    return told.is_finite() and 0 <= told <= (quote * ODD_FACTOR if quote else ODD_USD)


def usd_shown(amount: Decimal) -> str:
    """US dollars for people: two decimals, and all that there are of what is less than a cent."""
    return usd_text(amount if abs(amount) < CENT else amount.quantize(CENT, rounding=ROUND_HALF_UP))


def usd_text(amount: Decimal) -> str:
    """US dollars as plain text with at least two decimals: ``0.00``, ``0.125``, ``3.00``."""
    whole, _, cents = f"{amount:f}".partition(".")
    return f"{whole}.{cents.rstrip('0').ljust(2, '0')}"


ZERO = Decimal(0)
