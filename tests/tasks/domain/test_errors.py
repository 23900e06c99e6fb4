"""A fault shows what is wrong and no more than that."""

import pytest

from tasks.domain.errors import MAX_FAULTS, MOST_VALUE, Fault, Faults

SIGNED, SHOWN = "https://h/a.png?sig=abcdefgh", "https://h/a.png?..."


def test_a_value_is_shown_in_part() -> None:
    """Of what stands in the wrong place the first 500 characters are kept."""
    assert Fault(2, "", "image", "x" * (MOST_VALUE + 1), "is wrong").value == "x" * MOST_VALUE


@pytest.mark.parametrize("name", ["value", "message"])
def test_neither_part_opens_anything(name: str) -> None:
    """A signature is cut from the value and from the message, each by itself."""
    assert getattr(Fault(2, "", "image", **{"value": "x", "message": "y", name: SIGNED}), name) == SHOWN


def test_what_surrounds_it_moves_nothing() -> None:
    """Id and column are the user's words too: told, they hold no control."""
    assert str(Fault(2, "a\x1bb", "c\x9bd", "", "is wrong")) == "row 2, a b, c d: is wrong"


def test_no_more_faults_are_kept_than_can_be_read() -> None:
    """Ten thousand are kept, however they come; the others are counted, also those that another list counted."""
    fault = Fault(2, "", "", "", "is wrong")
    one, other = Faults(), Faults([fault] * (MAX_FAULTS + 3))
    for _ in range(MAX_FAULTS + 2):
        one.append(fault)
    assert (len(one), one.more, len(other), other.more) == (MAX_FAULTS, 2, MAX_FAULTS, 3)
    one += other
    assert (len(one), one.more) == (MAX_FAULTS, 2 + MAX_FAULTS + 3)
    assert [str(told) for told in one.told()[MAX_FAULTS:]] == [
        "10,005 more faults are not listed; mend the first 10,000"
    ]
