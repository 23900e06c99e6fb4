"""Our columns in a workbook: nothing but the cells of its sheet changes, and nothing is due because of them."""

import io
import zipfile

import pytest

from tasks.domain.errors import BoardError
from tasks.storyboard.formats import without_ours
from tasks.storyboard.formats.csv_back import OURS
from tasks.storyboard.formats.xlsx import Book
from tasks.storyboard.opening import fill_board
from tests.tasks.boards import board
from tests.tasks.workbooks import floating, packed, parts_of, picture, sheet, swapped, workbook

ONE = ("rendered", "clips/a.mp4", "1", "0.40", "=1+1 & <so>")
ROWS: list[list[object]] = [["My film"], [], ["Shot", "prompt", "Duration"], [(1, 1), "a", 4], [(2, 1), "b", 3]]
MORE = {**floating((4, 4, picture("red"))), "xl/vbaProject.bin": b"\0macros", "xl/charts/chart1.xml": "<c/>"}


def parts(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        return {name: file.read(name) for name in file.namelist()}


def full() -> bytes:
    xml = sheet(ROWS, after='<drawing r:id="d"/>').replace("<sheetData>", '<dimension ref="A1:C5"/><sheetData>')
    return packed(parts_of({"Crew": sheet([["Anna"]]), "Shots": xml}, {**MORE}))


def test_only_the_sheet_changes() -> None:
    """Every other part is byte for byte what it was, in its order; in the sheet every old byte is still there."""
    old, new = parts(full()), parts(fill_board(full(), "b.xlsx", {}, {4: ONE}))
    assert list(old) == list(new)
    changed = [name for name in old if old[name] != new[name]]
    assert changed == ["xl/worksheets/sheet2.xml"]
    left = iter(new[changed[0]])
    assert all(byte in left for byte in old[changed[0]].replace(b'ref="A1:C5"', b""))
    assert b'<dimension ref="A1:H5"/>' in new[changed[0]]


def test_our_cells_are_found_where_they_were_put() -> None:
    """Behind everything else: texts as texts, figures as figures, and the shots as they were."""
    filled = fill_board(full(), "b.xlsx", {}, {4: ONE, 5: ("failed", "", "", "0", "why")})
    [_, grid] = Book(filled).grids()
    assert [grid.rows[3][at] for at in range(3, 8)] == list(OURS)
    assert [grid.rows[4].get(at) for at in range(3, 8)] == ["rendered", "clips/a.mp4", "1", "0.4", "=1+1 & <so>"]
    assert [grid.rows[5].get(at) for at in range(3, 8)] == ["failed", None, None, "0", "why"]
    assert board(filled, "b.xlsx").shots == board(full(), "b.xlsx").shots


def test_a_second_time_nothing_is_added() -> None:
    """Cells of ours are filled where they stand."""
    once = fill_board(full(), "b.xlsx", {}, {4: ONE})
    assert parts(fill_board(once, "b.xlsx", {}, {4: ONE})) == parts(once)
    twice = fill_board(once, "b.xlsx", {}, {4: ("failed", "", "2", "1.5", "")})
    [_, grid] = Book(twice).grids()
    assert [grid.rows[4].get(at) for at in range(3, 8)] == ["failed", None, "2", "1.5", None]


def test_empty_cells_with_a_style() -> None:
    """Cells without content, which have no end tag, stand before ours, make way for them, or stand behind."""
    styled = '<c r="C2" s="1"/><c r="D2" s="2"/><c r="Z2" s="3"/>'
    filled = fill_board(workbook([["prompt", "Duration", "Note"], ["a", 4, styled]]), "b.xlsx", {}, {2: ONE})
    [grid] = Book(filled).grids()
    assert [grid.rows[2].get(at) for at in range(8)] == ["a", "4", None, *ONE[:3], "0.4", ONE[4]]
    xml = parts(filled)["xl/worksheets/sheet1.xml"].decode()
    assert '<c r="C2" s="1"/><c r="D2" s="2" t="inlineStr">' in xml
    assert '</c><c r="Z2" s="3"/></row>' in xml


def test_what_is_compared_leaves_ours_out() -> None:
    """A board with our columns stands for the one without; one with another cell or picture does not."""
    seen = without_ours(full())
    assert without_ours(fill_board(full(), "b.xlsx", {}, {4: ONE})) == seen
    assert without_ours(swapped(full(), "xl/worksheets/sheet2.xml", {">a<": ">another<"})) != seen
    assert without_ours(packed({**parts(full()), "xl/media/image0.png": picture("blue")})) != seen


def test_prefixed_tags_and_missing_places() -> None:
    """Some programs write prefixes, and leave out where a cell stands."""
    xml = sheet([["prompt", "Duration"], ["a", 4]])
    for tag in ("worksheet", "sheetData", "row", "c", "is", "t", "v"):
        xml = (
            xml.replace(f"<{tag} ", f"<x:{tag} ").replace(f"<{tag}>", f"<x:{tag}>").replace(f"</{tag}>", f"</x:{tag}>")
        )
    xml = xml.replace("xmlns=", "xmlns:x=").replace(' r="A2"', "").replace(' r="B2"', "").replace(' r="2"', "")
    [grid] = Book(fill_board(packed(parts_of({"S": xml})), "b.xlsx", {}, {2: ONE})).grids()
    assert [grid.rows[2].get(at) for at in range(4)] == ["a", "4", "rendered", "clips/a.mp4"]


def test_a_row_that_is_not_there() -> None:
    """A line without a row in the file is told."""
    with pytest.raises(BoardError, match="row 9 of the sheet cannot be written"):
        fill_board(workbook([["prompt"], ["a"]]), "b.xlsx", {}, {9: ONE})
