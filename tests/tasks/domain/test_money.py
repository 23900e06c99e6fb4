from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.domain.money import usd, usd_text

amounts = st.decimals(min_value=0, max_value=10**9, allow_nan=False, allow_infinity=False, places=12)


@pytest.mark.parametrize(
    ("amount", "rounded"),
    [
        ("0.0000005", "0.000001"),
        ("0.00000049", "0.000000"),
        ("1.2345665", "1.234567"),
        ("1.2345655", "1.234566"),
        (3, "3.000000"),
        (Decimal("0.1"), "0.100000"),
    ],
)
def test_money_is_rounded_to_the_millionth(amount: Decimal | str | int, rounded: str) -> None:
    """An attempt's money is rounded once, half up, to 0.000001 dollars."""
    assert str(usd(amount)) == rounded


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("0", "0.00"),
        ("3", "3.00"),
        ("0.5", "0.50"),
        ("0.125", "0.125"),
        ("0.100000", "0.10"),
        ("1E+2", "100.00"),
        ("1E-6", "0.000001"),
        ("1000000", "1000000.00"),
    ],
)
def test_money_as_text(amount: str, text: str) -> None:
    """Money is plain text with at least two decimals and no idle zeros after them."""
    assert usd_text(Decimal(amount)) == text


@given(amounts)
def test_rounding_is_near_and_final(amount: Decimal) -> None:
    """Rounding moves no amount by more than half a millionth, and a second rounding changes nothing."""
    assert abs(usd(amount) - amount) <= Decimal("0.0000005")
    assert usd(usd(amount)) == usd(amount)


@given(amounts)
def test_text_loses_nothing(amount: Decimal) -> None:
    """The text of an amount is that amount: sums over texts are sums over the money."""
    text = usd_text(amount)
    assert Decimal(text) == amount
    assert len(text.partition(".")[2]) >= 2
    assert set(text) <= set("0123456789.")
