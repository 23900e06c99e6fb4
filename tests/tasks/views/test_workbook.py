"""The manifest as a workbook: opened by the reader of shot lists, and as the parts that it is made of."""

import io
import re
import zipfile
from typing import Any
from xml.etree import ElementTree

import pytest

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
        result(made_by=made, clip=clip(path="clips/a #1-2.mp4"), shot=asked),
        result("failed", key="b" * 16 + "-1", shot=shot("1e5")),
    ]
    head = TableHead("run-1", "b.csv", "out", ("lens",))
    return load_manifest(build_tables(results, [made], shelf_of([made]), head)["manifest.json"])


def part(data: bytes, name: str) -> ElementTree.Element:
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        assert opened.testzip() is None
        return ElementTree.fromstring(opened.read(name))


def cells(data: bytes) -> list[dict[str, ElementTree.Element]]:
    """The cells of each line by the header above them."""
    lines = part(data, SHEET).findall("s:sheetData/s:row", NS)
    letters = {re.sub(r"\d", "", c.get("r", "")): text(c) for c in lines[0]}
    return [{letters[re.sub(r"\d", "", c.get("r", ""))]: c for c in line} for line in lines[1:]]


def text(cell: ElementTree.Element) -> str:
    return "".join(cell.itertext())


def test_ids_are_text_and_money_is_a_number() -> None:
    """Every cell of the manifest is there: `001` and `1e5` as typed, money, counts and lengths as numbers."""
    first, second = cells(xlsx(rows()))
    assert [(text(one["shot_id"]), one["shot_id"].get("t")) for one in (first, second)] == [
        ("001", "inlineStr"),
        ("1e5", "inlineStr"),
    ]
    assert (text(first["lens"]), first["lens"].get("t")) == ("0050", "inlineStr")
    assert [(text(first[name]), first[name].get("t")) for name in ("charged_usd", "duration_s", "bytes")] == [
        ("0.80", None),
        ("8.0", None),
        ("1000", None),
    ]
    assert "bytes" not in second and text(second["charged_usd"]) == "0.00"


def test_times_are_dates() -> None:
    """A time is a date of the spreadsheet, in UTC, so that a difference is a length."""
    first, _ = cells(xlsx(rows()))
    assert float(text(first["submitted_at"])) == pytest.approx(46346 + (10 * 3600 + 1) / 86400)


def test_clips_and_posters_are_links() -> None:
    """The cells of clip and poster lead to the files beside the workbook, whatever signs their names have."""
    data = xlsx(rows())
    links = part(data, SHEET).findall("s:hyperlinks/s:hyperlink", NS)
    related = {one.get("Id"): one for one in part(data, "xl/worksheets/_rels/sheet1.xml.rels")}
    key = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
    found = [related[one.get(key)] for one in links]
    assert [one.get("Target") for one in found] == ["clips/a%20%231-2.mp4", "posters/a.jpg"]
    assert {one.get("TargetMode") for one in found} == {"External"}


@pytest.mark.parametrize(
    ("given", "held"),
    [
        ("=1+1", "=1+1"),
        (' a\n<b> & "c"', ' a\n<b> & "c"'),
        ("\x00\x0b\ufffe\ud800x", "x"),
        ("_x0041_", "_x005F_x0041_"),
        ("x" * 40_000, "x" * MOST_LETTERS),
    ],
    ids=["formula", "markup", "no letters", "an escape", "long"],
)
def test_any_text_is_text(given: str, held: str) -> None:
    """Nothing runs, nothing breaks the file, and what a cell cannot hold is left out."""
    listed = [{**row, "prompt": given} for row in rows()]
    first, _ = cells(xlsx(listed))
    assert (text(first["prompt"]), first["prompt"].get("t")) == (held, "inlineStr")


def test_an_empty_board_and_the_same_bytes() -> None:
    """A manifest without rows is a workbook with its headers; the same rows give the same bytes."""
    assert cells(xlsx([])) == []
    assert len(part(xlsx([]), SHEET).findall("s:sheetData/s:row", NS)) == 1
    assert xlsx(rows()) == xlsx(rows())


def test_the_reader_of_shot_lists_opens_it() -> None:
    """A second reader, of ours but written for others' files, finds every line as it was."""
    data = xlsx(rows())
    opened = Book(data)
    (grid,) = opened.grids()
    assert "0050" in str(grid) and "1e5" in str(grid)
