"""A fault shows what is wrong and no more than that."""

from typing import get_args

import pytest

from tasks.domain import errors
from tasks.domain.errors import MAX_FAULTS, MOST_VALUE, ErrorWord, Fault, Faults, GatewayError, MediaError, Outcome
from tasks.views.advice import ADVICE

SIGNED, SHOWN = "https://h/a.png?sig=abcdefgh", "https://h/a.png?..."

ON_DISK = {
    errors.Busy: ("busy", "Busy"),
    errors.Refused: ("refused", "Refused"),
    errors.Locked: ("locked", "Locked"),
    errors.Failed: ("failed", "Failed"),
    errors.Unclear: ("unclear", "Unclear"),
    errors.Moderated: ("moderated", "Moderated"),
}


def test_the_words_that_are_on_disk() -> None:
    """Records, tables and users' scripts hold these words: none is taken away or spelled anew."""
    assert set(get_args(Outcome)) == {
        *("clip", "late", "busy", "refused", "locked", "failed", "moderated", "unclear", "pending", "overdue")
    }
    assert set(get_args(ErrorWord)) == {
        *("", "Budget", "Busy", "Failed", "Interrupted", "Locked", "MediaError", "Moderated", "NoRoute", "Refused"),
        *("Source", "Target", "Unclear"),
    }
    assert set(ADVICE) - {"at_risk"} <= set(get_args(ErrorWord))


@pytest.mark.parametrize("kind", ON_DISK, ids=lambda kind: kind.__name__)
def test_an_error_says_its_own_words(kind: type[GatewayError]) -> None:
    """What an ending is called on disk is declared, so that a class with another name writes the same."""
    other = type("Other", (kind,), {})("why")
    assert (other.outcome, other.word) == (kind.outcome, kind.word) == ON_DISK[kind]
    assert {"outcome", "word"} <= vars(kind).keys()


def test_no_ending_is_without_words() -> None:
    """Each class of a gateway's endings stands in the table above; a drawing that failed says its word as well."""
    ours = {kind for kind in GatewayError.__subclasses__() if kind.__module__.startswith("tasks.")}
    assert ours == set(ON_DISK)
    assert MediaError.word == "MediaError"


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
