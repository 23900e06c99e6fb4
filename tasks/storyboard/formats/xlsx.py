"""Workbooks of Excel (.xlsx, .xlsm), as what they show. Formulas count by their stored values; macros are never run.

The parts are read here and not by a library: a picture placed in a cell, a number as it is shown and a limit on what
unpacks are beyond what the readers of workbooks give, and would need the same parts opened a second time.
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from xml.etree import ElementTree

from tasks.domain.errors import BoardError
from tasks.storyboard.formats import Board
from tasks.storyboard.formats.columns import Table
from tasks.storyboard.formats.drawings import cell_pictures, floating, named_pictures
from tasks.storyboard.formats.grid import (
    MOST_TEXT,
    NOTED,
    OUTSIDE,
    Grid,
    Merge,
    Placed,
    chosen,
    table_of_grid,
    tell_others,
)
from tasks.storyboard.formats.numbers import BUILTIN, GENERAL, shown, worded
from tasks.storyboard.formats.packed import Parts, identity, local

_CELL = re.compile(r"([A-Za-z]{1,3})(\d{1,7})")
_SHOWS = re.compile(r'(?:_xlfn\.)?(?:_xlws\.)?IMAGE\(\s*"', re.IGNORECASE)
_IN_CELL = re.compile(r'(?:_xlfn\.)?DISPIMG\(\s*"([^"]+)"', re.IGNORECASE)
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


def read(board: Board) -> Table:
    """The table of a workbook's sheet: the one that is named, else the first that has prompts.

    Raises ``BoardError`` when the file is no workbook, or unpacks to too much.
    """
    try:
        book = Book(board.data)
        grid = chosen(book.grids(), board.sheet, board.find)
        tell_others(grid, book.shown, board.sheet)
    except (ValueError, OverflowError) as error:  # a number of its XML that is none
        raise BoardError(f"this workbook cannot be read ({str(error)[:200]}); save it again") from None
    name = re.split(r"[?#]", board.name)[0].rpartition("/")[2] or "board.xlsx"
    return table_of_grid(grid, board.find, book.parts.picture, name)


@lru_cache(maxsize=1024)
def _column(letters: str) -> int:
    """A column (from 0) by its letters; -1 where they are none."""
    line, column = place_of(f"{letters}1")
    return column if line else -1


def place_of(reference: str) -> tuple[int, int]:
    """Line (from 1) and column (from 0) of a cell such as ``C7``; zeros where it is none."""
    found = _CELL.fullmatch(reference.replace("$", ""))
    if not found:
        return 0, 0
    column = 0
    for letter in found[1].upper():
        column = column * 26 + ord(letter) - 64
    return int(found[2]), column - 1


class Book:
    """A workbook's sheets, its shared texts, the formats of its numbers, the pictures of its cells."""

    def __init__(self, data: bytes) -> None:
        self.parts = Parts(data)
        rels = self.parts.relations("")
        self.home = next((path for path in rels.values() if path.endswith("workbook.xml")), "xl/workbook.xml")
        if self.home not in self.parts.names:
            raise BoardError("this is a zip file and no workbook; save the shots as .xlsx, .ods or CSV")
        tree = self.parts.tree(self.home)
        self.from_1904 = any(
            local(one.tag) == "workbookPr" and one.get("date1904") in ("1", "true") for one in tree.iter()
        )
        linked = self.parts.relations(self.home)
        self.linked = linked
        sheets = [one for one in tree.iter() if local(one.tag) == "sheet"]
        sheets.sort(key=_is_hidden)  # what a person sees comes first
        self.sheets = [(one.get("name", ""), linked.get(identity(one, "id"), "")) for one in sheets]
        self.shown = [one.get("name", "") for one in sheets if not _is_hidden(one)]
        self.texts = self._shared(self._part("sharedStrings.xml"))
        self.formats = _formats(self.parts.tree(self._part("styles.xml")))
        self.in_cells = cell_pictures(self.parts, self.home)
        self.by_name = named_pictures(self.parts, self.home)

    def _part(self, last: str) -> str:
        return next((path for path in self.linked.values() if path.rpartition("/")[2] == last), "")

    def grids(self) -> Iterator[Grid]:
        """Each sheet in the order of its tabs, read when it is asked for."""
        for name, part in self.sheets:
            if part in self.parts.names and "chartsheet" not in part:
                yield _Walk(self, name, part).walked(part)

    def _shared(self, part: str) -> list[str]:
        if part not in self.parts.names:
            return []
        found: list[str] = []
        held: list[str] = []
        state = {"in": False, "ruby": False}
        size = 0

        def start(tag: str, _: Mapping[str, str]) -> None:
            state["in"], state["ruby"] = tag == "t", state["ruby"] or tag == "rPh"

        def end(tag: str) -> None:
            nonlocal size
            state["in"] = False
            if tag == "rPh":
                state["ruby"] = False
            elif tag == "si":
                found.append(unescaped("".join(held)))
                size += len(found[-1]) + 8
                held.clear()
                if size > MOST_TEXT:
                    raise BoardError(f"this workbook holds more than {MOST_TEXT:,} characters; split the shot list")

        def text(said: str) -> None:
            if state["in"] and not state["ruby"]:
                held.append(said)

        self.parts.walk(part, start, end, text)
        return found


def unescaped(text: str) -> str:
    """A text whose control characters are written as ``_x000D_``."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def _formats(tree: ElementTree.Element) -> list[str]:
    """The number format of each style of cells."""
    own = {one.get("numFmtId", ""): one.get("formatCode", "") for one in tree.iter() if local(one.tag) == "numFmt"}
    styles = next((one for one in tree.iter() if local(one.tag) == "cellXfs"), ())
    ids = [one.get("numFmtId", "0") for one in styles if local(one.tag) == "xf"]
    return [own.get(one) or BUILTIN.get(int(one) if one.isdigit() else 0, GENERAL) for one in ids]


def _is_hidden(sheet: ElementTree.Element) -> bool:
    return sheet.get("state", "visible") != "visible"


class _Walk:
    """One sheet as it is walked through, cell by cell."""

    def __init__(self, book: Book, name: str, part: str) -> None:
        self.book, self.grid = book, Grid(name, part)
        self.line, self.column = 0, -1
        self.cell: Mapping[str, str] = {}
        self.texts: dict[str, list[str]] = {"v": [], "f": [], "t": []}
        self.into: list[str] | None = None
        self.ruby = False
        self.heights: dict[int, float] = {}
        self.widths: dict[int, float] = {}
        self.usual = 15.0
        self.drawings: list[str] = []
        self.unvalued: list[str] = []

    def walked(self, part: str) -> Grid:
        self.book.parts.walk(part, self._start, self._end, self._text)
        if self.unvalued:
            shown = ", ".join(self.unvalued[:5]) + (", ..." if len(self.unvalued) > 5 else "")
            told = f"{shown}: formulas whose values are not stored count as empty; save the workbook in its program"
            self.grid.notes.append(told)
        linked = self.book.parts.relations(part)
        for one in self.drawings:
            found, lost = floating(self.book.parts, linked.get(one, ""), self.heights, self.widths, self.usual)
            self.grid.pictures += found
            if lost:
                self.grid.notes.append(OUTSIDE)
        if any("comment" in path.rpartition("/")[2].lower() for path in linked.values()):
            self.grid.notes.append(NOTED)
        return self.grid

    def _text(self, said: str) -> None:
        if self.into is not None and not self.ruby:
            self.into.append(said)

    def _start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag == "c":
            column = _column(attributes.get("r", "").rstrip("0123456789"))
            self.column = column if column >= 0 else self.column + 1
            self.cell = attributes
        elif tag in self.texts:
            self.into = self.texts[tag]
        elif tag == "row":
            self.line, self.column = int(attributes.get("r", "0") or 0) or self.line + 1, -1
            if attributes.get("hidden") in ("1", "true"):
                self.grid.hidden.append(self.line)
            if "ht" in attributes:
                self.heights[self.line] = float(attributes["ht"])
        elif tag == "rPh":
            self.ruby = True
        else:
            self._layout(tag, attributes)

    def _layout(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag == "mergeCell":
            first, _, last = attributes.get("ref", "").partition(":")
            (top, column), (bottom, _) = place_of(first), place_of(last or first)
            if bottom > top:
                self.grid.merges.append(Merge(top, bottom, column))
        elif tag == "drawing":
            self.drawings.append(next((v for k, v in attributes.items() if local(k) == "id"), ""))
        elif tag == "sheetFormatPr":
            self.usual = float(attributes.get("defaultRowHeight", "15"))
        elif tag == "col" and "width" in attributes:
            left, right = int(attributes.get("min", "1")), int(attributes.get("max", "1"))
            self.widths |= dict.fromkeys(range(left - 1, min(right, 1000)), float(attributes["width"]))

    def _end(self, tag: str) -> None:
        if tag == "rPh":
            self.ruby = False
        elif tag in self.texts:
            self.into = None
        elif tag == "c":
            if any(self.texts.values()) or "vm" in self.cell:
                self._put({name: "".join(held) for name, held in self.texts.items()})
            for held in self.texts.values():
                held.clear()

    def _put(self, said: Mapping[str, str]) -> None:
        """Keeps a cell as it is shown; one that shows a picture holds no text."""
        formula = said["f"].strip()
        in_cell = _IN_CELL.match(formula)
        picture = self.book.by_name.get(in_cell[1], "") if in_cell else self.book.in_cells.get(self.cell.get("vm"), "")
        if picture:
            self.grid.pictures.append(Placed(self.line, self.column, picture))
            self.grid.rows.setdefault(self.line, {})
        elif _SHOWS.match(formula):
            self.grid.put(self.line, self.column, f"={formula.removeprefix('_xlfn.')}")
        elif text := self._shown(said):
            self.grid.put(self.line, self.column, text)
        elif formula and not said["v"] and self.cell.get("t") != "str":
            self.unvalued.append(self.cell.get("r", "?"))

    def _shown(self, said: Mapping[str, str]) -> str:
        kind, value = self.cell.get("t", "n"), said["v"]
        if kind == "n" and "s" not in self.cell and value.isdigit() and len(value) < 10:
            return value.lstrip("0") or "0"
        style = self.cell.get("s", "0")
        code = self.book.formats[int(style)] if style.isdigit() and int(style) < len(self.book.formats) else GENERAL
        if kind == "s":
            at = int(value) if value.strip().isdigit() else -1
            text = self.book.texts[at] if 0 <= at < len(self.book.texts) else ""
        elif kind in ("inlineStr", "str"):
            text = unescaped(said["t"] or value)
        elif kind == "b":
            return {"1": "TRUE", "0": "FALSE"}.get(value.strip(), value)
        elif kind in ("e", "d"):
            return value
        else:
            return shown(value.strip(), code, from_1904=self.book.from_1904)
        return worded(text, code) if "@" in code and text else text
