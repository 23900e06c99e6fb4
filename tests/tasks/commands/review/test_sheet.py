"""choices.csv read back: as the page wrote it, as a spreadsheet saved it, as a person typed it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.commands.review.choices import Words, clean
from tasks.commands.review.sheet import COLUMNS, listed
from tasks.domain.errors import StartError
from tasks.manifest import csv_file

KEY, DIGEST = "aaaaaaaaaaaaaaaa-1", "ab" * 32
ROW = {"shot_id": "sh010", "key": KEY, "take": "2", "sha256": DIGEST, "verdict": "select", "note": "", "by": "Ana"}
ROW |= {"at": "2026-11-26T10:00:00.000Z", "after": "3"}


def saved(*rows: dict[str, str]) -> bytes:
    return csv_file.write(dict.fromkeys(COLUMNS, "text"), [{**ROW, **row} for row in rows])


def test_as_the_page_wrote_it() -> None:
    """Each row is a choice with its shot, its take, its words and the line on which it stands."""
    (one,) = listed(saved({}), Words())
    assert (one.kind, one.shot_id, one.take, one.key, one.sha256) == ("select", "sh010", 2, KEY, DIGEST)
    assert (one.by, one.at, one.after, one.row) == ("Ana", ROW["at"], 3, 2)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=40))
def test_any_note_comes_back(note: str) -> None:
    """A note of formulas, quotes, line ends or commas is read as it was written."""
    note = note.lstrip("' ")  # a cell that begins so stands for a text that a spreadsheet would run
    data = saved({"note": clean(note.encode("utf-8", "replace").decode()), "shot_id": "sh010"})
    (one,) = listed(data, Words())
    assert one.note == clean(note.encode("utf-8", "replace").decode())


@pytest.mark.parametrize("sign", [";", "\t", ",", "|"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "cp1252", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_as_a_spreadsheet_saved_it(sign: str, encoding: str, end: str) -> None:
    """Semicolons, tabs, another encoding and blank lines are read."""
    lines = ["Shot_ID,Take,Verdict,Note", "Übung,2,SELECT,schön", ",,,", "sh020,1,reject,"]
    data = end.join(lines).replace(",", sign).encode(encoding)
    found = listed(data, Words("all", "Ben", "now"))
    assert [(one.shot_id, one.take, one.kind, one.note, one.by) for one in found] == [
        ("Übung", 2, "select", "schön", "Ben"),
        ("sh020", 1, "reject", "all", "Ben"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Shot ID,Take,Verdict\nsh010,2,Select\n",
        "shot-id , TAKE,verdict\nsh010,2.0, select\n",
        "sep=;\r\nshot_id;take;verdict\r\nsh010;2;select\r\n",
        "\n\nshot_id,take,verdict\nsh010,2,select\n",
    ],
)
def test_as_a_person_typed_it(text: str) -> None:
    """Headers in words, a number with its zero, the line by which a spreadsheet names its sign."""
    (one,) = listed(text.encode(), Words())
    assert (one.shot_id, one.take, one.kind) == ("sh010", 2, "select")


def test_a_row_is_told_by_the_line_on_which_it_begins() -> None:
    """A note of several lines above it, or in it, makes no other line of it."""
    data = b'shot_id,take,verdict,note\nsh010,1,select,"a\nb"\n\nsh020,x,select,"c\nd"\n'
    with pytest.raises(StartError) as told:
        listed(data, Words())
    assert [fault.row for fault in told.value.faults] == [5]


@pytest.mark.parametrize(
    ("row", "column", "words"),
    [
        ({"verdict": "like"}, "verdict", "write one of select, reject, again"),
        ({"verdict": ""}, "verdict", "write one of"),
        ({"take": "two"}, "take", "whole number"),
        ({"take": "2.5"}, "take", "whole number"),
        ({"take": ""}, "take", "the number of the take"),
        ({"after": "x"}, "after", "whole number"),
        ({"take": "9" * 12}, "take", "whole number"),
    ],
)
def test_what_is_wrong_is_told_by_line(row: dict[str, str], column: str, words: str) -> None:
    """A cell that cannot be read is told with its line, its column and what would be right."""
    with pytest.raises(StartError) as told:
        listed(saved({}, row), Words())
    (fault,) = told.value.faults
    assert (fault.row, fault.column) == (3, column)
    assert words in fault.message


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "no column verdict"),
        (b"a,b\n1,2\n", "no column verdict and no column shot_id"),
        (b"shot_id,take\nsh010,1\n", "no column verdict"),
        (b'shot_id,take,verdict\n"sh010,1,select\n', "cannot be read as CSV"),
        (b"\x00\x01\x02" * 20, "no column"),
        (b"{}", "no column"),
    ],
)
def test_what_is_no_list(data: bytes, words: str) -> None:
    """A file that is no list of choices says what it lacks."""
    with pytest.raises(StartError, match=words):
        listed(data, Words())
