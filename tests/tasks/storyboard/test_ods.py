"""OpenDocument spreadsheets give the rows that the same table would give as CSV."""

from decimal import Decimal

import pytest

from tasks.domain.errors import BoardError
from tasks.storyboard.formats import without_ours
from tasks.storyboard.formats.csv_back import OURS
from tasks.storyboard.formats.ods import grids_of
from tasks.storyboard.formats.packed import Parts
from tasks.storyboard.opening import fill_board
from tests.tasks.boards import board, faults_of
from tests.tasks.workbooks import packed, picture

SPACES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text", "draw")
)
RED = picture("red")


def cell(text: str, **repeats: int) -> str:
    names = {"columns": "number-columns-repeated", "rows": "number-rows-spanned"}
    asked = "".join(f' table:{names[key]}="{count}"' for key, count in repeats.items())
    inner = "".join(f"<text:p>{line}</text:p>" for line in text.split("\n")) if text else ""
    return f"<table:table-cell{asked}>{inner}</table:table-cell>"


def ods(*sheets: str) -> bytes:
    body = "".join(f'<table:table table:name="S{at}">{rows}</table:table>' for at, rows in enumerate(sheets, 1))
    content = f'<office:document-content {SPACES} xmlns:xlink="x">{body}</office:document-content>'
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    return packed({"mimetype": kind, "content.xml": content, "Pictures/a.png": RED})


def row(*cells: str, repeated: int = 1) -> str:
    return f'<table:table-row table:number-rows-repeated="{repeated}">{"".join(cells)}</table:table-row>'


HEAD = row(*map(cell, ("Scene", "Shot", "Description", "Duration (s)", "Frame")))


def test_rows_as_a_person_sees_them() -> None:
    """Titles, repeated empty rows, merged scenes, shown lengths, pictures in cells; lines are those of the sheet."""
    drawn = '<table:table-cell><draw:frame><draw:image xlink:href="Pictures/a.png"/></draw:frame></table:table-cell>'
    first = row(cell("Hill", rows=2), cell("001"), cell("A <text:span>ferry</text:span>"), cell("4,5"), drawn)
    second = row("<table:covered-table-cell/>", cell("002"), cell("A\nrope"), cell("00:00:08"), cell(""))
    end = row(cell("", columns=16_000), repeated=1_000_000)
    found = board(ods(row(cell("My film")) + row(cell(""), repeated=3) + HEAD + first + second + end), "b.ods")
    assert [(shot.shot_id, shot.row, shot.scene, shot.prompt, shot.seconds) for shot in found.shots] == [
        ("001", 6, "Hill", "A ferry", Decimal("4.5")),
        ("002", 7, "Hill", "A\nrope", Decimal(8)),
    ]
    assert found.pictures == {found.shots[0].image: RED}


@pytest.mark.parametrize(
    ("inner", "text"),
    [
        ('<text:p>a<text:s text:c="2"/>b<text:tab/>c<text:line-break/>d</text:p>', "a  b\tc\nd"),
        ("<office:annotation><text:p>a note</text:p></office:annotation><text:p>x</text:p>", "x"),
    ],
)
def test_what_a_cell_holds(inner: str, text: str) -> None:
    """Spaces and breaks are what they stand for, and comments are none of the cell."""
    body = row(cell("prompt"), cell("Note")) + row(cell("a"), f"<table:table-cell>{inner}</table:table-cell>")
    assert [shot.extras for shot in board(ods(body), "b.ods").shots] == [{"Note": text}]


def test_which_sheet_is_read() -> None:
    """The sheet that is named, else the first that has prompts."""
    data = ods(row(cell("Crew"), cell("Call")), HEAD + row(*map(cell, ("", "1", "a", "3"))), HEAD)
    assert [shot.prompt for shot in board(data, "b.ods").shots] == ["a"]
    assert [shot.prompt for shot in board(data, "b.ods#s2").shots] == ["a"]
    [fault] = faults_of(data, "b.ods#Other")
    assert "it has 'S1', 'S2', 'S3'" in fault.message


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (HEAD + row(cell("x"), repeated=200_000), "more than 100,000 rows"),
        (HEAD + row(cell("x", columns=5000)), "more than 1,000 columns"),
        (HEAD + "<broken>", "cannot be read"),
        ("", "the workbook is empty"),
    ],
)
def test_what_unfolds_is_bounded(body: str, message: str) -> None:
    """A few bytes that stand for millions of cells are one sentence."""
    with pytest.raises(BoardError, match=message):
        board(ods(body), "b.ods")


ONE = ("rendered", "clips/a.mp4", "1", "0.40", "a <note>")


def test_written_back() -> None:
    """Our cells come behind the others, however many empty ones stand for one; no other part changes."""
    end = row(cell("", columns=1000), repeated=90_000)
    wide = row(cell("Hill"), cell("1"), cell("A"), cell("4"), cell("", columns=1000))
    data = ods(
        row(cell("x")),
        row(cell("My film"))
        + HEAD
        + wide
        + row(cell(""), cell("2"), cell("B"), cell("3"), "<table:table-cell/>")
        + end,
    )
    filled = fill_board(data, "b.ods", {}, {3: ONE, 4: ("failed", "", "", "0", "why")})
    grid = grids_of(Parts(filled))[1]
    assert [grid.rows[2][at] for at in range(5, 10)] == list(OURS)
    assert [grid.rows[3].get(at) for at in range(5, 10)] == list(ONE)
    assert [grid.rows[4].get(at) for at in range(5, 10)] == ["failed", None, None, "0", "why"]
    assert board(filled, "b.ods").shots == board(data, "b.ods").shots
    old, new = Parts(data), Parts(filled)
    assert [name for name in sorted(old.names) if old.read(name) != new.read(name)] == ["content.xml"]
    assert b"</table:table-row><table:table-cell" not in new.read("content.xml")
    assert without_ours(filled) == without_ours(data) != without_ours(ods(HEAD))
    again = grids_of(Parts(fill_board(filled, "b.ods", {}, {3: ONE})))[1]
    assert [again.rows[3].get(at) for at in range(5, 11)] == [*ONE, None]
    assert again.rows[4][5] == "failed"
