"""Our columns in a workbook of Excel: new cells in the XML of its sheet. Every other part stays byte for byte.

The sheet is not written anew but cut open where cells go, so that styles, widths, pictures, charts, formulas and macros
stay what they are. Texts stand in the cells themselves, so that neither strings nor styles change.
"""

import hashlib
import io
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from xml.parsers import expat
from xml.sax.saxutils import escape

from tasks.domain.errors import BoardError
from tasks.storyboard.formats import Board
from tasks.storyboard.formats.csv_back import OURS, PREFIX
from tasks.storyboard.formats.grid import Grid, chosen
from tasks.storyboard.formats.packed import LARGE, Parts, closed_at
from tasks.storyboard.formats.xlsx import Book, place_of

_UNSAID = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_NUMBER = re.compile(r"\d{1,9}(\.\d{1,9})?")
_SHOWN = ("xl/media/", "xl/drawings/", "xl/richData/", "xl/metadata", "xl/cellimages")


class _Cell(NamedTuple):
    """A cell of the sheet's XML: its column, and where it begins and ends."""

    column: int
    start: int
    end: int
    style: str


class _Row(NamedTuple):
    """A row of the sheet's XML: where it begins, where its end tag is, the prefix of its tags, its cells."""

    start: int
    end: int
    prefix: str
    cells: list[_Cell]


def write(board: Board, head: int, cells: Mapping[int, Sequence[str]]) -> bytes:
    """The workbook with our five columns: ``cells`` by the line of their row, ``head`` is the line of the headers.

    Raises ``BoardError`` when the workbook cannot take them.
    """
    book = Book(board.data)
    grid = chosen(book.grids(), board.sheet, board.find)
    xml = book.parts.read(grid.part, LARGE)
    rows = _rows(xml)
    places = places_of(grid, head)
    edits = []
    for line in [head, *cells]:
        values = dict(zip(OURS, OURS if line == head else cells[line], strict=True))
        edits += _edits(rows, line, {places[name]: text for name, text in values.items()}, xml)
    for start, end, text in sorted(edits, reverse=True):
        xml = xml[:start] + text + xml[end:]
    return repacked(board.data, {grid.part: _widened(xml, max(places.values()))})


def without_ours(data: bytes) -> bytes:
    """What the workbook shows without our columns, as a digest; the workbook itself where it cannot be read."""
    try:
        book = Book(data)
        return seen_of(book.grids(), book.parts, _SHOWN)
    except (BoardError, ValueError, OverflowError):
        return data


def seen_of(grids: Iterable[Grid], parts: Parts, shown: tuple[str, ...]) -> bytes:
    """A digest of what sheets hold, but for our columns, and of the parts whose names begin like those of ``shown``."""
    seen = hashlib.sha256()
    for grid in grids:
        held = [(column, text) for row in grid.rows.values() for column, text in row.items()]
        ours = {column for column, text in held if text.lower().startswith(PREFIX)}
        for line, row in sorted(grid.rows.items()):
            others = {column: text for column, text in sorted(row.items()) if column not in ours}
            seen.update(repr((grid.name, line, others)).encode("utf-8", "replace") if others else b"")
    for info in parts.zip.infolist():
        seen.update(repr((info.filename, info.CRC)).encode() if info.filename.startswith(shown) else b"")
    return seen.digest()


def places_of(grid: Grid, head: int) -> dict[str, int]:
    """Where each of our columns stands, or goes: behind everything that the sheet holds."""
    there = {text.strip().lower(): column for column, text in grid.rows[head].items()}
    last = max(max(row, default=0) for row in grid.rows.values())
    last = max([last, *(one.column for one in grid.pictures), *(one.column for one in grid.merges)])
    found = {name: there[name] for name in OURS if name in there}
    for name in OURS:
        if name not in found:
            last += 1
            found[name] = last
    return found


def _rows(xml: bytes) -> dict[int, _Row]:
    """The rows of a sheet by their line, with the places of their bytes."""
    if re.match(rb'<\?xml[^>]*encoding="(?!utf-8")', xml, re.IGNORECASE) or xml[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise BoardError("the sheet is not written in UTF-8; save the workbook again")
    rows: dict[int, _Row] = {}
    parser = expat.ParserCreate()
    at = {"line": 0, "column": -1, "cell": 0, "row": 0}
    style = [""]
    held: list[_Cell] = []

    def start(tag: str, attributes: Mapping[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if name == "row":
            at["line"], at["column"] = int(attributes.get("r", at["line"] + 1)), -1
            at["row"] = parser.CurrentByteIndex
            held.clear()
        elif name == "c":
            line, column = place_of(attributes.get("r", ""))
            at["column"] = column if line else at["column"] + 1
            at["cell"], style[0] = parser.CurrentByteIndex, attributes.get("s", "")

    def end(tag: str) -> None:
        prefix, colon, name = tag.rpartition(":")
        if name == "c":
            closed = closed_at(xml, parser.CurrentByteIndex, tag)
            held.append(_Cell(at["column"], at["cell"], closed, style[0]))
        elif name == "row":
            place = parser.CurrentByteIndex
            last = place if closed_at(xml, place, tag) > place else at["row"]  # a row without an end tag holds nothing
            rows[at["line"]] = _Row(at["row"], last, prefix + colon, list(held))

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.Parse(xml, True)
    return rows


def _edits(rows: Mapping[int, _Row], line: int, texts: Mapping[int, str], xml: bytes) -> list[tuple[int, int, bytes]]:
    """What is cut out of the sheet and what is put there, for the cells of one row."""
    row = rows.get(line)
    if row is None or row.start == row.end:
        raise BoardError(f"row {line} of the sheet cannot be written; save the workbook again")
    styles = [cell.style for cell in row.cells if cell.column not in texts]
    edits = []
    for column, text in sorted(texts.items()):
        there = next((cell for cell in row.cells if cell.column == column), None)
        style = there.style if there else styles[-1] if styles and text in OURS else ""
        after = next((cell.start for cell in row.cells if cell.column > column), row.end)
        span = (there.start, there.end) if there else (after, after)
        edits.append((*span, _cell(row.prefix, f"{_letters(column)}{line}", text, style).encode()))
    return _joined(edits)


def _joined(edits: list[tuple[int, int, bytes]]) -> list[tuple[int, int, bytes]]:
    """Edits at one place as one, in the order of their columns."""
    joined: dict[tuple[int, int], bytes] = {}
    for start, end, text in edits:
        joined[start, end] = joined.get((start, end), b"") + text
    return [(start, end, text) for (start, end), text in joined.items()]


def _cell(p: str, place: str, text: str, style: str) -> str:
    styled = f' s="{style}"' if style else ""
    if not text:
        return f'<{p}c r="{place}"{styled}/>' if style else ""
    if _NUMBER.fullmatch(text):
        return f'<{p}c r="{place}"{styled}><{p}v>{text}</{p}v></{p}c>'
    said = escape(_UNSAID.sub("", text).replace("_x", "_x005F_x")[:32_000])
    return f'<{p}c r="{place}"{styled} t="inlineStr"><{p}is><{p}t xml:space="preserve">{said}</{p}t></{p}is></{p}c>'


def _letters(column: int) -> str:
    text, left = "", column + 1
    while left:
        left, rest = divmod(left - 1, 26)
        text = chr(65 + rest) + text
    return text


def _widened(xml: bytes, last: int) -> bytes:
    """The sheet whose own account of its size, and of its rows' widths, holds our columns too."""

    def dimension(found: re.Match[bytes]) -> bytes:
        line, column = place_of(found[3].decode())
        wide = f"{_letters(max(column, last))}{line}".encode() if line else found[3]
        return found[1] + found[2] + wide + found[4]

    def spans(found: re.Match[bytes]) -> bytes:
        return found[1] + str(max(int(found[2]), last + 1)).encode() + found[3]

    xml = re.sub(rb'(<(?:\w+:)?dimension\s[^>]*?ref=")([A-Z0-9]+:)([A-Z0-9]+)(")', dimension, xml, count=1)
    return re.sub(rb'(<(?:\w+:)?row\s[^>]*?spans="\d+:)(\d+)(")', spans, xml)


def repacked(data: bytes, changed: Mapping[str, bytes]) -> bytes:
    """The zip with some parts changed, the others as they are, all in their order."""
    parts, out = Parts(data), io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for info in parts.zip.infolist():
            held = changed[info.filename] if info.filename in changed else parts.read(info.filename, LARGE)
            file.writestr(info, held, compress_type=info.compress_type)
    return out.getvalue()
