"""Workbooks of Excel give the rows, and the faults, that the same table would give as CSV."""

import re
import sys
from decimal import Decimal
from typing import Any

import pytest

from tasks.domain.errors import BoardError
from tasks.storyboard.formats import packed
from tests.tasks.boards import board, faults_of
from tests.tasks.workbooks import floating, parts_of, picture, placed, sheet, swapped, workbook
from tests.tasks.workbooks import packed as zipped

DAY = 86400
HEAD = ["Scene", "Shot", "Description", "Duration (s)", "Storyboard"]
RED, BLUE = picture("red"), picture("blue")


def read(data: bytes, name: str = "board.xlsx", **settings: Any) -> Any:
    return board(data, name, **settings)


def test_rows_as_a_person_sees_them() -> None:
    """Titles, merged scenes, formatted numbers and the lines of the sheet: as in the window of its program."""
    rows: list[list[object]] = [["My film"], [], HEAD]
    rows += [
        ["Harbour", (1, 1), "A ferry", 4.5],
        ["", (2, 1), "A rope", (8 / DAY, 2)],
        ["Hill", (3, 1), "A bird", (3, 3)],
    ]
    found = read(workbook(rows, merged=["A4:A5", "A1:E1"]))
    assert [(shot.shot_id, shot.row, shot.scene, shot.prompt, shot.seconds) for shot in found.shots] == [
        ("001", 4, "Harbour", "A ferry", Decimal("4.5")),
        ("002", 5, "Harbour", "A rope", Decimal(8)),
        ("003", 6, "Hill", "A bird", Decimal(3)),
    ]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ('<c r="A2" t="b"><v>1</v></c>', "TRUE"),
        ('<c r="A2" t="str"><f>B2&amp;"x"</f><v>ax</v></c>', "ax"),
        ('<c r="A2" t="inlineStr"><is><r><t>one</t></r><r><t> two</t></r><rPh><t>ruby</t></rPh></is></c>', "one two"),
        ('<c r="A2" t="inlineStr"><is><t>a_x000D_&#10;b</t></is></c>', "a\nb"),
        ('<c r="A2" t="e"><v>#REF!</v></c>', "#REF!"),
        ('<c r="A2" s="999"><v>7</v></c>', "7"),
        ('<c r="A2" t="s"><v>1</v></c>', "shared"),
        ('<c t="s"><v>1</v></c>', "shared"),
        ('<c r="A2" t="s"><v>99</v></c>', ""),
        ('<c r="A2"><f>SUM(B2:B9)</f></c>', ""),
    ],
)
def test_what_a_cell_holds(cell: str, text: str) -> None:
    """Every kind of cell is read by its stored value: shared and rich texts, formulas, flags and errors."""
    more: dict[str, str | bytes] = {
        "xl/sharedStrings.xml": "<sst><si><t>x</t></si><si><r><t>sha</t></r><r><t>red</t></r></si></sst>"
    }
    [shot] = read(zipped(parts_of({"S": sheet([["Note", "prompt"], [cell, "a"]])}, more))).shots
    assert shot.extras == {"Note": text}


def test_a_formula_without_its_value_is_told() -> None:
    """What a program wrote without working it out is empty, and the cell is named."""
    found = read(workbook([["prompt", "Note"], ["a", '<c r="B2"><f>NOW()</f></c>']]))
    assert "B2: formulas whose values are not stored" in "\n".join(found.told.lines)


@pytest.mark.parametrize(
    ("name", "prompt"),
    [("board.xlsx", "a"), ("board.xlsx#second", "b"), ("board.xlsm#Second", "b"), ("copy of 1#2.xlsx", "a")],
)
def test_which_sheet_is_read(name: str, prompt: str) -> None:
    """The sheet that ``#`` names, else the first that has prompts, wherever it stands."""
    crew, second = sheet([["Name", "Call"], ["Anna", 7]]), sheet([["prompt", "Duration"], ["b", 4]])
    data = zipped(parts_of({"Crew": crew, "Shots": sheet([["prompt", "Duration"], ["a", 3]]), "Second": second}))
    assert [shot.prompt for shot in read(data, name).shots] == [prompt]


def test_a_sheet_that_is_not_there() -> None:
    """The names of the sheets are told."""
    [fault] = faults_of(workbook([["prompt"], ["a"]]), "board.xlsx#Shotz")
    assert "no sheet 'Shotz'; it has 'Shots'" in fault.message


def test_a_picture_that_floats_in_a_row_is_its_image() -> None:
    """Pictures lie in rows, whatever the column; a cell that names a file comes first, and is told."""
    rows: list[list[object]] = [HEAD, ["", 1, "A", 3, ""], ["", 2, "B", 3, "named.png"], ["", 3, "C", 3, ""]]
    more = floating((2, 4, RED), (3, 1, BLUE), (4, 3, BLUE))
    found = read(zipped(parts_of({"S": sheet(rows, after='<drawing r:id="d"/>')}, more)), "films/board.xlsx")
    names = ["board.xlsx#xl/media/image0.png", "/films/board/named.png", "board.xlsx#xl/media/image2.png"]
    assert [shot.image for shot in found.shots] == names
    assert [shot.mode for shot in found.shots] == ["image_to_video"] * 3
    assert found.pictures == {names[0]: RED, names[2]: BLUE}
    assert "rows hold pictures beside their image, which nothing reads (line 3)" in found.told.lines


def test_a_picture_placed_in_a_cell_is_its_image() -> None:
    """Excel's pictures in cells are found by the value that they stand for."""
    cells = [f'<c r="E{line}" t="e" vm="{line - 1}"><v>#VALUE!</v></c>' for line in (2, 3)]
    rows: list[list[object]] = [HEAD, ["", 1, "A", 3, cells[0]], ["", 2, "B", 3, cells[1]]]
    found = read(zipped(parts_of({"S": sheet(rows)}, placed(RED, BLUE))))
    assert [found.pictures[shot.image] for shot in found.shots] == [RED, BLUE]


def test_a_picture_in_a_cell_of_wps() -> None:
    """The formula by which WPS Office shows a picture names it."""
    inner = '<a:pic><a:cNvPr name="ID_7"/><a:blip r:embed="p0"/></a:pic>'
    images = f'<a:cellImages xmlns:a="a" xmlns:r="r">{inner}</a:cellImages>'
    more: dict[str, str | bytes] = {
        "xl/cellimages.xml": images,
        "xl/_rels/cellimages.xml.rels": '<R><R Id="p0" Target="media/image1.png"/></R>',
        "xl/media/image1.png": RED,
    }
    shows = '<c r="B2" t="str"><f>_xlfn.DISPIMG("ID_7",1)</f><v>=DISPIMG("ID_7",1)</v></c>'
    [shot] = (found := read(zipped(parts_of({"S": sheet([["prompt", "Frame"], ["a", shows]])}, more)))).shots
    assert found.pictures[shot.image] == RED


def test_a_formula_that_shows_a_picture_from_the_web_is_told() -> None:
    """``=IMAGE()`` is not followed: the fault says what to write."""
    shows = '<c r="B2" t="e" vm="1"><f>_xlfn.IMAGE("https://x.org/a.png")</f><v>#VALUE!</v></c>'
    [fault] = faults_of(workbook([["prompt", "image"], ["a", shows]]), "board.xlsx")
    assert (fault.row, fault.column) == (2, "image")
    assert "is a formula; write what it shows: https://x.org/a.png" in fault.message


def test_faults_name_the_line_of_the_sheet() -> None:
    """A fault stands where a person sees it, also below empty rows."""
    rows: list[list[object]] = [["Film"], [], ["prompt", "duration"], [], ["a", "soon"]]
    assert [(one.row, one.column) for one in faults_of(workbook(rows), "b.xlsx")] == [(5, "duration")]


GOOD = workbook([["prompt"], ["a"]])


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"PK\x03\x04 and so on", "not a whole workbook"),
        (GOOD[: len(GOOD) // 2], "not a whole workbook"),
        (zipped({"word/document.xml": "<x/>"}), "is a zip file and no workbook"),
        (b"\xd0\xcf\x11\xe0", "old .xls or a workbook with a password"),
        (swapped(GOOD, "xl/worksheets/sheet1.xml", {"</row>": "</rwo>"}), "sheet1.xml of this workbook cannot be read"),
        (
            swapped(GOOD, "xl/worksheets/sheet1.xml", {"<worksheet": '<!DOCTYPE x [<!ENTITY a "b">]><worksheet'}),
            "document type",
        ),
        (swapped(GOOD, "xl/workbook.xml", {"<workbook": '<!DOCTYPE x SYSTEM "http://x/"><workbook'}), "document type"),
        (swapped(GOOD, "xl/worksheets/sheet1.xml", {'r="1"': 'r="one"'}), "this workbook cannot be read"),
        (workbook([]), "the workbook is empty"),
        (zipped(parts_of({"S": sheet([['<c r="ZZZ1"><v>1</v></c>']])})), "more than 1,000 columns"),
    ],
)
def test_no_workbook(data: bytes, message: str) -> None:
    """What cannot be read is one sentence, never a traceback; nothing outside of the file is followed."""
    with pytest.raises(BoardError, match=re.escape(message)):
        read(data)


def test_bombs_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A part that unpacks to more than its limit is refused after as many bytes."""
    monkeypatch.setattr(packed, "LARGE", 100_000)
    rows = "<row/>" * 100_000
    data = swapped(GOOD, "xl/worksheets/sheet1.xml", {"<sheetData>": f"<sheetData>{rows}"})
    assert len(data) < 10_000
    with pytest.raises(BoardError, match="unpacks to more than 100,000 bytes"):
        read(data)
    with pytest.raises(BoardError, match="unpacks to more than"):
        read(swapped(GOOD, "xl/styles.xml", {"<numFmts>": "<a/>" * 3_000_000 + "<numFmts>"}))


def test_macros_and_outside_links_are_nothing() -> None:
    """Parts that run or reach out are neither opened nor needed."""
    more: dict[str, str | bytes] = {
        "xl/vbaProject.bin": b"\0",
        "xl/externalLinks/externalLink1.xml": "<!DOCTYPE x><x/>",
    }
    data = zipped(parts_of({"S": sheet([["prompt"], ["a"]])}, more))
    assert [shot.prompt for shot in read(data, "b.xlsm").shots] == ["a"]


def test_a_csv_loads_no_reader_of_workbooks() -> None:
    """Modules of a format are loaded for files of it alone."""
    import subprocess

    code = (
        "import sys, pathlib; from tasks.storyboard.reader import read; from tasks.config.settings import Settings;"
        "read(b'prompt\\na', 'b.csv', Settings(pathlib.Path('x')), '/');"
        "sys.exit(any(name in sys.modules for name in ('xml.parsers.expat', 'tasks.storyboard.formats.xlsx')))"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0
