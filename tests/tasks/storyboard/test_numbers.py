import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.storyboard.formats.numbers import BUILTIN, shown, worded

DAY = 86400


@pytest.mark.parametrize(
    ("value", "code", "expected"),
    [
        *(("8", "General", "8"), ("0.30000000000000004", "General", "0.3"), ("1e3", "General", "1000")),
        *(("3.5", "0.00", "3.50"), ("2.5", "0", "3"), ("10", "000", "010"), ("8", '0" s"', "8 s")),
        *(("0.5", "0%", "50%"), ("1234.5", "#,##0.00", "1,234.50"), ("-3", "0;(0)", "(3)"), ("-3", "0.0", "-3.0")),
        *(("1234567", "0.0,,", "1.2"), ("15", "0.00E+00", "1.50E+01"), ("12", "[$$-409]0.00", "$12.00")),
        *(("5", '[>1]0" secs";0" sec"', "5 secs"), ("1", '[>1]0" secs";0" sec"', "1 sec")),
        *(
            ("0.25", "#.##", ".25"),
            ("0", '0;-0;"none"', "none"),
            ("4", 'General" s"', "4 s"),
            ("3", '"Shot "0', "Shot 3"),
        ),
        *((str(8 / DAY), "h:mm:ss", "0:00:08"), (str(8 / 1440), "h:mm", "0:08"), (str(8 / DAY), 'ss" s"', "08 s")),
        *((str(8.5 / DAY), "mm:ss.0", "00:08.5"), ("1.5", "[h]:mm", "36:00"), (str(90 / DAY), "[ss]", "90")),
        *(("45292", "yyyy\\-mm\\-dd", "2024-01-01"), ("45292.75", "m/d/yyyy h:mm AM/PM", "1/1/2024 6:00 PM")),
        *(("45292", "dddd d mmmm yyyy", "Monday 1 January 2024"), ("59", "d", "28"), ("61", "d", "1")),
        *(("x", "0", "x"), ("nan", "0", "nan"), ("1e300", "h:mm", "1.00000E+300"), ("4000000", "d", "4000000")),
    ],
)
def test_a_number_is_read_as_it_is_shown(value: str, code: str, expected: str) -> None:
    """A stored number gives the text that a person sees in its cell."""
    assert shown(value, code) == expected


def test_words_of_a_format_stand_beside_a_text() -> None:
    """A format for texts adds its words; one for numbers leaves a text alone."""
    assert (worded("5", '@" sec"'), worded("5", "0.00")) == ("5 sec", "5")


def test_days_of_old_macs() -> None:
    """A workbook may count its days from 1904."""
    assert shown("0", "yyyy-mm-dd", from_1904=True) == "1904-01-01"


@given(
    value=st.floats().map(repr) | st.integers().map(str) | st.text(max_size=6),
    code=st.sampled_from(list(BUILTIN.values())) | st.text('0#?,.;%E+-"\\[]@/ymdhsAPM_*$<>= ', max_size=14),
)
def test_any_format_shows_something(value: str, code: str) -> None:
    """No format and no number stops the reading of a workbook."""
    assert isinstance(shown(value, code), str)
