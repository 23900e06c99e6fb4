"""US dollars: the one rounding and the one spelling."""

from decimal import ROUND_HALF_UP, Decimal

MICRO = Decimal("0.000001")


def usd(amount: Decimal | str | int) -> Decimal:
    """US dollars rounded half up to the millionth: the one rounding that an attempt's money sees."""
    return Decimal(amount).quantize(MICRO, rounding=ROUND_HALF_UP)


def usd_text(amount: Decimal) -> str:
    """US dollars as plain text with at least two decimals: ``0.00``, ``0.125``, ``3.00``."""
    whole, _, cents = f"{amount:f}".partition(".")
    return f"{whole}.{cents.rstrip('0').ljust(2, '0')}"
