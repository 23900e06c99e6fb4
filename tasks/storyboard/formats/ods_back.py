"""Our columns in an OpenDocument spreadsheet: new cells in its content, every other part byte for byte as it was."""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from xml.parsers import expat
from xml.sax.saxutils import escape

from tasks.domain.errors import BoardError
from tasks.storyboard.formats import Board
from tasks.storyboard.formats.csv_back import OURS
from tasks.storyboard.formats.grid import chosen
from tasks.storyboard.formats.ods import grids_of
from tasks.storyboard.formats.packed import LARGE, Parts, closed_at
from tasks.storyboard.formats.xlsx_back import places_of, repacked, seen_of

_CONTENT = "content.xml"
_SPACES = (b"xmlns:table=", b"xmlns:text=", b"xmlns:office=")
_REPEATED = re.compile(rb'\s+table:number-columns-repeated="\d+"')
_STYLE = re.compile(rb'table:style-name="([^"]*)"')
_NUMBER = re.compile(r"\d{1,9}(\.\d{1,9})?")
_UNSAID = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


class _Cell(NamedTuple):
    """A cell of the content's XML: its first column, how often it stands there, and the places of its bytes."""

    column: int
    times: int
    start: int
    end: int


def write(board: Board, head: int, cells: Mapping[int, Sequence[str]]) -> bytes:
    """The spreadsheet with our five columns: ``cells`` by the line of their row, ``head`` is that of the headers.

    Raises ``BoardError`` when the spreadsheet cannot take them.
    """
    parts = Parts(board.data)
    grids = grids_of(parts)
    grid = chosen(grids, board.sheet, board.find)
    xml = parts.read(_CONTENT, LARGE)
    if not all(space in xml[:20_000] for space in _SPACES):
        raise BoardError("the spreadsheet is written in an uncommon way; save it again")
    rows = _rows(xml, grids.index(grid))
    places = places_of(grid, head)
    edits = []
    for line in [head, *cells]:
        if not rows.get(line):
            raise BoardError(f"row {line} of the sheet cannot be written; save the spreadsheet again")
        values = dict(zip(OURS, OURS if line == head else cells[line], strict=True))
        edits.append(_edit(rows[line], {places[name]: text for name, text in values.items()}, xml, styled=line == head))
    for start, end, text in sorted(edits, reverse=True):
        xml = xml[:start] + text + xml[end:]
    return repacked(board.data, {_CONTENT: xml})


def without_ours(data: bytes) -> bytes:
    """What the spreadsheet shows without our columns, as a digest; itself where it cannot be read."""
    try:
        parts = Parts(data)
        return seen_of(grids_of(parts), parts, ("Pictures/",))
    except (BoardError, ValueError, OverflowError):
        return data


def _rows(xml: bytes, sheet: int) -> dict[int, list[_Cell]]:
    """The cells of each row of a sheet, but of rows that stand for many."""
    rows: dict[int, list[_Cell]] = {}
    at = {"sheet": -1, "line": 0, "count": 1, "column": 0, "cell": 0, "wide": 1, "deep": 0}
    parser = expat.ParserCreate()

    def start(tag: str, attributes: Mapping[str, str]) -> None:
        if tag == "table:table":
            at["sheet"], at["line"] = at["sheet"] + 1, 0
        elif tag == "table:table-row":
            at["line"] += 1
            at["count"], at["column"] = int(attributes.get("table:number-rows-repeated", 1)), 0
        elif tag in ("table:table-cell", "table:covered-table-cell"):
            at["cell"] = parser.CurrentByteIndex
            at["wide"] = int(attributes.get("table:number-columns-repeated", 1))

    def end(tag: str) -> None:
        if tag in ("table:table-cell", "table:covered-table-cell"):
            closed = closed_at(xml, parser.CurrentByteIndex, tag)
            if at["sheet"] == sheet and at["count"] == 1:
                rows.setdefault(at["line"], []).append(_Cell(at["column"], at["wide"], at["cell"], closed))
            at["column"] += at["wide"]
        elif tag == "table:table-row":
            at["line"] += at["count"] - 1

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.Parse(xml, True)
    return rows


def _edit(row: Sequence[_Cell], texts: Mapping[int, str], xml: bytes, *, styled: bool) -> tuple[int, int, bytes]:
    """The cells of a row from the first that changes to its last, written anew, with where they stood."""
    first = min(texts)
    tail = [cell for cell in row if cell.column + cell.times > first]
    before = [cell for cell in row if cell.column + cell.times <= first]
    style = _STYLE.search(xml[before[-1].start : xml.index(b">", before[-1].start)]) if styled and before else None
    look = f' table:style-name="{style[1].decode()}"' if style else ""
    start, end = (tail[0].start, tail[-1].end) if tail else (row[-1].end, row[-1].end)
    width = row[-1].column + row[-1].times
    pieces = [_gap(first - width)] if width < first else []
    for cell in tail:
        pieces += _pieces(cell, texts, xml[cell.start : cell.end], look)
    pieces += [_cell(texts.get(column, ""), look) for column in range(max(width, first), max(texts) + 1)]
    return start, end, b"".join(pieces)


def _pieces(cell: _Cell, texts: Mapping[int, str], xml: bytes, look: str) -> list[bytes]:
    """A cell, or many in one, with ours in between."""
    found, run = [], 0
    last = cell.column + cell.times
    for column in sorted({at for at in texts if cell.column <= at < last}):
        found.append(_times(xml, column - cell.column - run))
        found.append(_cell(texts[column], look))
        run = column - cell.column + 1
    return [*found, _times(xml, cell.times - run)]


def _times(xml: bytes, count: int) -> bytes:
    if count <= 0:
        return b""
    tag, rest = xml[: xml.index(b">")], xml[xml.index(b">") :]
    own = b"/" if tag.endswith(b"/") else b""
    bare = _REPEATED.sub(b"", tag.removesuffix(b"/"))
    if count > 1:
        bare += b' table:number-columns-repeated="%d"' % count
    return bare + own + rest if count > 1 or _REPEATED.search(tag) else xml


def _gap(count: int) -> bytes:
    return _times(b"<table:table-cell/>", count)


def _cell(text: str, look: str) -> bytes:
    if not text:
        return b"<table:table-cell/>"
    figure = f'"float" office:value="{text}"' if _NUMBER.fullmatch(text) else '"string"'
    said = escape(_UNSAID.sub("", text)[:32_000])
    return f"<table:table-cell{look} office:value-type={figure}><text:p>{said}</text:p></table:table-cell>".encode()
