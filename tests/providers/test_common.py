"""Of what a gateway says so much is kept as a person reads, and nothing that opens anything."""

import json

import pytest

from tasks.domain.order import Reply
from tasks.providers._common import LONGEST, SEARCHED, said
from tasks.providers._common.refusals import refusal


def told(words: str, status: int = 400) -> Reply:
    return Reply(status, json.dumps({"error": {"message": words}}).encode())


@pytest.mark.parametrize(("length", "kept"), [(LONGEST, LONGEST), (LONGEST + 1, LONGEST), (900_000, LONGEST)])
def test_words_are_kept_to_a_length(length: int, kept: int) -> None:
    """Three hundred characters are kept, and dots tell that there were more."""
    words = said(told("x" * length))
    assert len(words) == kept and words.endswith("...") == (length > LONGEST)


def test_what_stands_before_the_words_counts_too() -> None:
    """An order answered with success and no id is told in three hundred characters, ours among them."""
    words = str(refusal(told("x" * 1000, status=200)))
    assert len(words) == LONGEST and words.startswith("HTTP 200 without a job id: xxx")


def test_words_are_searched_before_they_are_shortened() -> None:
    """A signature is cut wherever it stands, also across the place where the words end."""
    lead = "x " * (LONGEST // 2 - 20)
    words = said(told(f"{lead}https://h/a?sig={'5ecret' * 20}"))
    assert words == f"{lead}https://h/a?..."


def test_words_without_end_are_searched_in_part() -> None:
    """What lies beyond the twenty thousandth character is neither searched nor shown."""
    assert said(told(f"data:image/png;base64,{'A' * SEARCHED} and more")) == "data:..."
