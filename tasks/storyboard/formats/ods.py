"""OpenDocument spreadsheets (.ods), as what they show: the text that stands in the file beside each value."""

import re
from collections.abc import Mapping

from tasks.domain.errors import BoardError
from tasks.storyboard.formats import Board
from tasks.storyboard.formats.columns import MAX_ROWS, Table
from tasks.storyboard.formats.grid import LEAD, NOTED, OUTSIDE, Grid, Merge, Placed, chosen, table_of_grid, tell_others
from tasks.storyboard.formats.packed import Parts, local

_CELLS = ("table-cell", "covered-table-cell")
_ASIDE = ("annotation", "title", "desc", "shapes", "tracked-changes")  # what holds text that is not the cell's


def read(board: Board) -> Table:
    """The table of a spreadsheet's sheet: the one that is named, else the first that has prompts.

    Raises ``BoardError`` when the file is no spreadsheet, or unpacks to too much.
    """
    parts = Parts(board.data)
    try:
        grids = grids_of(parts)
        grid = chosen(grids, board.sheet, board.find)
        tell_others(grid, [one.name for one in grids], board.sheet)
    except (ValueError, OverflowError) as error:  # a number of its XML that is none
        raise BoardError(f"this spreadsheet cannot be read ({str(error)[:200]}); save it again") from None
    name = re.split(r"[?#]", board.name)[0].rpartition("/")[2] or "board.ods"
    return table_of_grid(grid, board.find, parts.picture, name)


def grids_of(parts: Parts) -> list[Grid]:
    """Every sheet, in the order of the tabs. Raises ``BoardError`` when the XML cannot be read."""
    reading = _Walk(parts)
    parts.walk("content.xml", reading.start, reading.end, reading.text)
    return reading.grids


class _Walk:
    """All sheets of a spreadsheet as their XML goes by."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.grids: list[Grid] = []
        self.line = self.column = 0
        self.lines = self.columns = 1  # how often the row, and the cell, stand there
        self.span = 1
        self.aside = 0
        self.paragraphs: list[list[str]] = []
        self.within = False
        self.pictures: list[str] = []

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """A sheet, a row or a cell begins, or something in a cell."""
        if tag == "annotation":
            self._tell(NOTED)
        if self.aside or tag in _ASIDE:
            self.aside += 1
        elif tag == "table":
            self.grids.append(Grid(_of(attributes, "name")))
            self.line = 0
        elif tag == "table-row":
            self.line, self.lines = self.line + 1, _count(attributes, "number-rows-repeated")
            self.column = 0
            if _of(attributes, "visibility") in ("collapse", "filter"):
                self.grids[-1].hidden += range(self.line, self.line + min(self.lines, MAX_ROWS))
        elif tag in _CELLS:
            self.columns, self.span = _count(attributes, "number-columns-repeated"), 1
            self.span = _count(attributes, "number-rows-spanned")
            self.paragraphs, self.pictures = [], []
        elif tag == "image":
            self._show(_of(attributes, "href").removeprefix("./"))
        else:
            self._write(tag, attributes)

    def _show(self, name: str) -> None:
        if name in self.parts.names:
            self.pictures.append(name)
        else:
            self._tell(OUTSIDE)

    def _tell(self, note: str) -> None:
        if self.grids and note not in self.grids[-1].notes:
            self.grids[-1].notes.append(note)

    def _write(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag == "p":
            self.paragraphs.append([])
            self.within = True
        elif self.within and tag in ("s", "tab", "line-break"):
            sign = {"s": " ", "tab": "\t", "line-break": "\n"}[tag]
            self.text(sign * min(_count(attributes, "c"), 1000))

    def text(self, said: str) -> None:
        """What stands in a paragraph of the cell."""
        if self.within and not self.aside and self.paragraphs:
            self.paragraphs[-1].append(said)

    def end(self, tag: str) -> None:
        """A cell, a row or a paragraph is over."""
        if self.aside:
            self.aside -= 1
        elif tag == "p":
            self.within = False
        elif tag in _CELLS:
            self._keep("\n".join("".join(one) for one in self.paragraphs))
            self.column += self.columns
        elif tag == "table-row":
            self.line += self.lines - 1

    def _keep(self, text: str) -> None:
        grid = self.grids[-1]
        for line in range(self.line, self.line + min(self.lines, MAX_ROWS + LEAD + 1)) if text.strip() else ():
            for column in range(self.column, self.column + self.columns):
                grid.put(line, column, text)
        if text.strip() and self.span > 1:
            grid.merges.append(Merge(self.line, self.line + self.span - 1, self.column))
        grid.pictures += [Placed(self.line, self.column, name) for name in self.pictures]


def _of(attributes: Mapping[str, str], key: str) -> str:
    return next((value for name, value in attributes.items() if local(name) == key), "")


def _count(attributes: Mapping[str, str], key: str) -> int:
    return max(int(_of(attributes, key) or 1), 1)
