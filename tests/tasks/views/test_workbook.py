"""The manifest as a workbook: opened by the reader of shot lists, and as the parts that it is made of."""

import io
import re
import sys
import zipfile
from typing import Any
from xml.etree import ElementTree

import pytest

from tasks.domain.errors import StoryreelError
from tasks.manifest import load_manifest
from tasks.manifest.files import TableHead, build_tables
from tasks.storyboard.formats.xlsx import Book
from tasks.views.workbook import MOST_LETTERS, xlsx
from tests.tasks.purchases import bought, clip, result, shelf_of, shot

SHEET = "xl/worksheets/sheet1.xml"
NS = {"s": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}


def rows(shot_id: str = "001", **values: Any) -> list[dict[str, Any]]:
    """A manifest of one shot with a clip and one without, as it is read back."""
    asked = shot(shot_id, extras={"lens": "0050"}, **values)
    made = bought()
    results = [
        result(made_by=made, clip=clip(path="clips/a #1-2 ü.mp4"), shot=asked),
        result("failed", key="b" * 16 + "-1", shot=shot("1e5")),
    ]
    head = TableHead("run-1", "b.csv", "out", ("lens",))
    return load_manifest(build_tables(results, [made], shelf_of([made]), head)["manifest.json"])


def part(data: bytes, name: str) -> ElementTree.Element:
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        assert opened.testzip() is None
        return ElementTree.fromstring(opened.read(name))


def cells(data: bytes) -> list[dict[str, tuple[str, str]]]:
    """What stands in the cells of each line that are not empty, and its kind, by the header above them."""
    texts = ["".join(one.itertext()) for one in part(data, "xl/sharedStrings.xml")]
    lines = part(data, SHEET).findall("s:sheetData/s:row", NS)
    found = [
        {
            re.sub(r"\d", "", cell.get("r", "")): (texts[int(value.text or "")], "text")
            if cell.get("t") == "s"
            else (value.text or "", cell.get("t") or "number")
            for cell in line
            if (value := cell.find("s:v", NS)) is not None
        }
        for line in lines
    ]
    head = {letters: name for letters, (name, _) in found[0].items()}
    return [{head[letters]: told for letters, told in line.items()} for line in found[1:]]


def test_ids_are_text_and_money_is_a_number() -> None:
    """Every cell of the manifest is there: `001` and `1e5` as typed, money, counts and lengths as numbers."""
    first, second = cells(xlsx(rows()))
    assert [one["shot_id"] for one in (first, second)] == [("001", "text"), ("1e5", "text")]
    assert first["lens"] == ("0050", "text")
    numbers = [first[name] for name in ("charged_usd", "duration_s", "bytes")]
    assert [(float(value), kind) for value, kind in numbers] == [(0.8, "number"), (8.0, "number"), (1000.0, "number")]
    assert "bytes" not in second and float(second["charged_usd"][0]) == 0


def test_times_are_dates() -> None:
    """A time is a date of the spreadsheet, in UTC, so that a difference is a length."""
    first, _ = cells(xlsx(rows()))
    value, kind = first["submitted_at"]
    assert kind == "number" and float(value) == pytest.approx(46346 + (10 * 3600 + 1) / 86400)


def test_clips_and_posters_are_links() -> None:
    """The cells of clip and poster lead to the files beside the workbook, whatever signs their names have."""
    data = xlsx(rows())
    links = part(data, SHEET).findall("s:hyperlinks/s:hyperlink", NS)
    related = {one.get("Id"): one for one in part(data, "xl/worksheets/_rels/sheet1.xml.rels")}
    key = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
    found = [related[one.get(key)] for one in links]
    assert [one.get("Target") for one in found] == ["clips/a%20%231-2%20%C3%BC.mp4", "posters/a.jpg"]
    assert {one.get("TargetMode") for one in found} == {"External"}
    assert cells(data)[0]["clip"] == ("clips/a #1-2 ü.mp4", "text")


@pytest.mark.parametrize(
    ("given", "held"),
    [
        ("=1+1", "=1+1"),
        ("https://example.com/x", "https://example.com/x"),
        ("007", "007"),
        (' a\n<b> & "c"', ' a\n<b> & "c"'),
        ("\x00\x0b\ufffe\ud800x", "x"),
        ("_x0041_", "_x005F_x0041_"),
        ("x" * 40_000, "x" * MOST_LETTERS),
        ("{=SUM(A1)}", "{=SUM(A1)}"),
    ],
    ids=["formula", "address", "number", "markup", "no letters", "an escape", "long", "array formula"],
)
def test_any_text_is_text(given: str, held: str) -> None:
    """Nothing runs, nothing breaks the file, and what a cell cannot hold is left out."""
    data = xlsx([{**row, "prompt": given} for row in rows()])
    assert cells(data)[0]["prompt"] == (held, "text")
    assert len(part(data, SHEET).findall("s:hyperlinks/s:hyperlink", NS)) == 2


@pytest.mark.parametrize(
    ("name", "value"),
    [("bytes", "many"), ("charged_usd", "NaN"), ("finished_at", "later"), ("finished_at", "0001-01-01T00:00:00Z")],
)
def test_a_cell_of_another_kind_stays_as_it_is(name: str, value: str) -> None:
    """A manifest that somebody edited is shown as it stands: no amount is invented, no date before a sheet's first."""
    assert cells(xlsx([{**row, name: value} for row in rows()]))[0][name] == (value, "text")


def test_an_empty_board_and_the_same_bytes() -> None:
    """A manifest without rows is a workbook with its headers; the same rows give the same bytes."""
    assert cells(xlsx([])) == []
    assert len(part(xlsx([]), SHEET).findall("s:sheetData/s:row", NS)) == 1
    assert xlsx(rows()) == xlsx(rows())


def test_it_is_laid_out_for_people() -> None:
    """The head and the ids stay in sight, every column can be filtered, and no column is wider than a prompt needs."""
    sheet = part(xlsx(rows(prompt="A long way down the harbour wall. " * 40)), SHEET)
    pane = sheet.find("s:sheetViews/s:sheetView/s:pane", NS)
    assert pane is not None and (pane.get("xSplit"), pane.get("ySplit"), pane.get("state")) == ("1", "1", "frozen")
    assert sheet.find("s:autoFilter", NS) is not None
    assert max(float(one.get("width", "0")) for one in sheet.findall("s:cols/s:col", NS)) < 62


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where XlsxWriter is not installed the view is left out with the command that cures it."""
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    with pytest.raises(StoryreelError, match=r"pip install 'storyreel\[xlsx\]'"):
        xlsx(rows())


def test_the_reader_of_shot_lists_opens_it() -> None:
    """A second reader, of ours but written for others' files, finds every line as it was."""
    data = xlsx(rows())
    opened = Book(data)
    (grid,) = opened.grids()
    assert "0050" in str(grid) and "1e5" in str(grid)
