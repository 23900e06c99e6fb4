"""CSV for people: what a spreadsheet opens, and never runs."""

import csv
import io
import unicodedata
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tasks.config.settings import Settings, settings_from_environment
from tasks.manifest.csv_file import disarm, write
from tasks.storyboard.reader import read

TRIGGERS = "=+-@＝＋－＠\t\r"
UNSEEN = " \n\r\t\v\f\u00a0\u00ad\u1680\u180e\u2000\u2007\u200a\u200b\u200c\u200d\u200e\u200f\u2028\u2029\u202f\u205f"
UNSEEN += "\u2060\u3000\ufeff\u115f\u3164\u034f"


def cells(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True))


@pytest.mark.parametrize("before", ["", *UNSEEN, "\ufeff \u200b\n", "\n\n", "\u00a0\u2060"])
@pytest.mark.parametrize("trigger", TRIGGERS)
def test_what_a_spreadsheet_would_run(before: str, trigger: str) -> None:
    """A sign that starts a formula is disarmed, plain or of full width, whatever that nobody sees stands before it."""
    text = f"{before}{trigger}1+2"
    assert disarm(text) == f"'{text}"


@pytest.mark.parametrize(
    "text", ["", " ", "\n", "\u200b\ufeff", "a=1", " a", "'=1", "1-2", "\u201c=1", "\nhold", "é", "＃1"]
)
def test_text_that_runs_nowhere(text: str) -> None:
    """Other text stands as it is: no quote where none is needed."""
    assert disarm(text) == text


hostile = st.text(st.one_of(st.sampled_from(TRIGGERS + UNSEEN), st.characters(exclude_categories=["Cs"])), max_size=12)


@given(hostile)
@example("\u200b\u00ad=cmd")
def test_no_cell_runs(text: str) -> None:
    """No cell begins with such a sign, once what is not seen is gone; read back, it is the text or one quote more."""
    [[_], [seen]] = cells(write({"note": "text"}, [{"note": text}]))
    assert seen in (text, f"'{text}")
    bare = seen
    while bare and (bare[0].isspace() or unicodedata.category(bare[0]) in ("Cf", "Cc")):
        assert bare[0] not in TRIGGERS
        bare = bare[1:]
    assert bare[:1] not in set(TRIGGERS) or not bare


def test_numbers_stay_numbers() -> None:
    """A negative number is no formula: counts, measures and money stand without a quote; empty ones are empty."""
    table = {"n": "int", "s": "float", "usd": "usd", "none": "int"}
    [_, row] = cells(write(table, [{"n": -1, "s": -0.5, "usd": Decimal("-0.1"), "none": None}]))
    assert row == ["-1", "-0.5", "-0.10", ""]


def test_headers_too() -> None:
    """A board names its own columns, and they stand in cells as well."""
    assert cells(write({"\ufeff=1": "text"}, [])) == [["'\ufeff=1"]]


def test_the_mark_and_our_own_reader() -> None:
    """The file says that it is UTF-8, and a board may be such a file: its first header is read as what it is."""
    data = write({"prompt": "text", "scene": "text"}, [{"prompt": "Möwe", "scene": "1"}])
    assert data.startswith(b"\xef\xbb\xbfprompt,")
    settings: Settings = settings_from_environment(None)
    [shot] = read(data, "manifest.csv", settings, "").shots
    assert (shot.prompt, shot.scene) == ("Möwe", "1")
