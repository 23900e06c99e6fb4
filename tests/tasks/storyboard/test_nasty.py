"""Boards that hold what nothing reads: hidden rows and sheets, comments, pictures in no row, clips of black."""

from collections.abc import Mapping
from typing import Any

import opentimelineio as otio
import pytest

from tests.tasks.boards import board, faults_of
from tests.tasks.storyboard.test_cuts import otio_of, span, timeline
from tests.tasks.storyboard.test_ods import HEAD, cell, ods, row
from tests.tasks.workbooks import floating, packed, parts_of, picture, rels, sheet, workbook

HEADS = ["Scene", "Shot", "Description", "Duration (s)"]
ROWS: list[list[object]] = [HEADS, ["A", "1", "a", 3], ["A", "2", "b", 3]]
RED = picture("red")
DRAWN = '<drawing r:id="d"/>'


def book(xml: str, more: Mapping[str, str | bytes] | None = None, **sheets: str) -> bytes:
    return packed(parts_of({"Shots": xml, **sheets}, more))


def drawn(old: str, new: str) -> bytes:
    """A workbook with a picture whose drawing is changed."""
    more = {
        name: part.replace(old, new) if isinstance(part, str) else part for name, part in floating((2, 4, RED)).items()
    }
    return book(sheet(ROWS, after=DRAWN), more)


def cut(change: Any) -> str:
    made = timeline(("a", "", 72), ("b", "", 72))
    change(made.tracks[1])
    return otio_of(made)


def switch_off(track: Any) -> None:
    track.append(otio.schema.Clip("c", None, span(9)))
    track[-1].enabled = False


def add_black(track: Any) -> None:
    track.append(otio.schema.Clip("c", otio.schema.GeneratorReference("black", "black"), span(9)))


def nest(track: Any) -> None:
    inner = otio.schema.Stack(source_range=span(9))
    inner.append(otio.schema.Track(kind="Video", children=[]))
    track.append(inner)


EDL = """TITLE: CUT
FCM: NON-DROP FRAME

001  AX       V     C        00:00:00:00 00:00:06:00 01:00:00:00 01:00:03:00
* FROM CLIP NAME: a
M2   AX       048.0 00:00:00:00
002  AX       V     C        00:00:00:00 00:00:03:00 01:00:03:00 01:00:05:00
* FROM CLIP NAME: b
003  BL       V     C        00:00:00:00 00:00:01:00 01:00:05:00 01:00:06:00
"""
FCPXML = """<?xml version="1.0"?><!DOCTYPE fcpxml><fcpxml version="1.9"><resources>
<format id="r1" frameDuration="1/24s"/>
<asset id="a1" name="f" src="file:///f.mov" start="0s" duration="9s"/></resources>
<library><event name="e"><project name="p"><sequence format="r1" duration="8s"><spine>
<asset-clip name="a" ref="a1" offset="0s" duration="3s"/><asset-clip name="b" ref="a1" offset="3s" duration="3s"/>
<title name="The end" offset="6s" duration="2s"/></spine></sequence></project></event></library></fcpxml>"""
COMMENTED = {"xl/worksheets/_rels/sheet1.xml.rels": rels({"c": "../comments1.xml"}), "xl/comments1.xml": "<comments/>"}
OUTSIDE = "pictures of the sheet lie in no row of it, or outside of the file"
BODY = row(*map(cell, ("A", "1", "a", "3", ""))) + row(*map(cell, ("A", "2", "b", "3", "")))


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("b.xlsx", book(sheet(ROWS).replace('r="3"', 'r="3" hidden="1"', 1)), "hides are read all the same"),
        ("b.xlsx", book(sheet(ROWS), Two=sheet(ROWS)), "read: the sheet 'Shots', not 'Two'"),
        ("b.xlsx", book(sheet(ROWS), COMMENTED), "the comments of the sheet are not read"),
        ("b.xlsx", drawn("twoCellAnchor", "absoluteAnchor"), OUTSIDE),
        ("b.xlsx", drawn('Target="../media', 'TargetMode="External" Target="https://x.example'), OUTSIDE),
        ("b.xlsx", book(sheet(ROWS, after=DRAWN), floating((90, 4, RED))), "pictures lie in rows without a shot"),
        ("b.ods", ods(HEAD + BODY, HEAD + BODY), "read: the sheet 'S1', not 'S2'"),
        ("b.ods", ods(HEAD + BODY.replace('row table', 'row table:visibility="collapse" table', 1)), "(line 2)"),
        ("b.ods", ods(HEAD + BODY.replace("<text:p>b", "<office:annotation/><text:p>b")), "comments of the sheet"),
        ("b.ods", ods(HEAD + BODY.replace("<text:p>b", '<draw:image xlink:href="x"/><text:p>b')), OUTSIDE),
        ("b.ods", ods(HEAD + BODY + row(cell("", columns=16_384), repeated=1_000_000)), "read: prompt from"),
        ("c.otio", cut(switch_off), "1 clip switched off: not read"),
        ("c.otio", cut(add_black), "1 clip of black, bars or the like: not read"),
        ("c.otio", cut(nest), "a cut within the cut is read clip by clip"),
        ("c.edl", EDL, "1 clip of black"),
        ("c.edl", EDL, "edits last another time in the cut than in their source, which is what counts (002)"),
        ("c.fcpxml", FCPXML, "1 title of the cut: not read"),
    ],
)  # fmt: skip
def test_nothing_is_lost_without_a_word(name: str, data: bytes | str, told: str) -> None:
    """The two shots are read, and what lies beside them is told."""
    found = board(data, name)
    assert [(shot.prompt, shot.seconds) for shot in found.shots] == [("a", 3), ("b", 3)]
    assert told in "\n".join(found.told.lines)


def test_a_hidden_sheet_comes_last() -> None:
    """A sheet that nobody sees is read only where no other has prompts, or where it is named; it is not told of."""
    parts = parts_of(
        {"Old": sheet([["prompt", "Shot"], ["old", "1"]]), "New": sheet([["prompt", "Shot"], ["new", "1"]])}
    )
    parts["xl/workbook.xml"] = str(parts["xl/workbook.xml"]).replace('name="Old"', 'name="Old" state="hidden"')
    data = packed(parts)
    assert [shot.prompt for shot in board(data, "b.xlsx").shots] == ["new"]
    assert [shot.prompt for shot in board(data, "b.xlsx#Old").shots] == ["old"]
    assert "Old" not in "\n".join(board(data, "b.xlsx").told.lines)


def test_cells_that_are_repeated_a_million_times() -> None:
    """They count as often as they stand there, up to the rows that a board may have."""
    data = ods(HEAD + row(*map(cell, ("A", "1", "a", "3", "")), repeated=1_000_000))
    [fault] = faults_of(data, "b.ods")
    assert "more than 100,000 rows" in fault.message


@pytest.mark.parametrize(
    ("cell_", "fault"),
    [
        ('<c r="D2" t="e"><f>1/0</f><v>#DIV/0!</v></c>', "was left by a spreadsheet"),
        ((44927.5, 4), "is no length"),
        ('<c r="D2"><f>A1</f></c>', ""),
    ],
)
def test_what_a_formula_left(cell_: object, fault: str) -> None:
    """An error and a date where a length belongs are faults; a formula without its value is empty, and told."""
    data = workbook([HEADS, ["A", "1", "a", cell_]])
    if fault:
        assert fault in faults_of(data, "b.xlsx")[0].message
    else:
        assert "formulas whose values are not stored" in "\n".join(board(data, "b.xlsx").told.lines)


def test_pictures_of_one_name() -> None:
    """Each row has its own picture, though both came from files of one name."""
    found = board(book(sheet(ROWS, after=DRAWN), floating((2, 4, RED), (3, 4, picture("blue")))), "b.xlsx")
    assert [found.pictures[shot.image] for shot in found.shots] == [RED, picture("blue")]


def test_days_since_1904() -> None:
    """A workbook of an old Mac counts its days from 1904."""
    parts = parts_of({"S": sheet([["prompt", "Day"], ["a", (100, 4)]])})
    parts["xl/workbook.xml"] = str(parts["xl/workbook.xml"]).replace("<sheets>", '<workbookPr date1904="1"/><sheets>')
    assert board(packed(parts), "b.xlsx").shots[0].extras == {"Day": "1904-04-10"}
