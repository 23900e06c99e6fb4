"""The sheet of a workbook as it is seen: cells by row and column, merged ones, and pictures -> a table. Pure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from tasks.domain.errors import BoardError, Faults
from tasks.storyboard.formats.columns import MAX_CELLS, MAX_COLUMNS, MAX_ROWS, Table, blank, from_rows

MOST_TEXT = 64_000_000  # characters of all cells together
OUTSIDE = "pictures of the sheet lie in no row of it, or outside of the file, and are not read; put each into its row"
NOTED = "the comments of the sheet are not read"
LEAD = 60  # rows in which the header of a sheet is looked for

FindHeader = Callable[[Sequence[int], Sequence[Sequence[str]]], int | None]
"""Lines and rows -> which of the rows is a header that names a prompt, or None."""


class Merge(NamedTuple):
    """Cells that are shown as one: its first and last line and its first column."""

    first: int
    last: int
    column: int


class Placed(NamedTuple):
    """A picture in a line and column (from 0), by its name in the workbook."""

    line: int
    column: int
    name: str


@dataclass(slots=True)
class Grid:
    """One sheet: what its lines hold by column (from 0); lines count from 1 as a person sees them."""

    name: str
    part: str = ""
    rows: dict[int, dict[int, str]] = field(default_factory=dict)
    merges: list[Merge] = field(default_factory=list)
    pictures: list[Placed] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    hidden: list[int] = field(default_factory=list)
    cells: int = 0
    size: int = 0

    def put(self, line: int, column: int, text: str) -> None:
        """Keep a cell that holds something: ``line`` from 1, ``column`` from 0.

        Raises ``BoardError`` when the sheet is too large.
        """
        self.rows.setdefault(line, {})[column] = text
        self.cells += 1
        self.size += len(text)
        if len(self.rows) > MAX_ROWS + LEAD:
            raise BoardError(f"the sheet {self.name!r} has more than {MAX_ROWS:,} rows; split the shot list")
        if self.cells > MAX_CELLS or self.size > MOST_TEXT:
            most = f"{MAX_CELLS:,} cells or {MOST_TEXT:,} characters"
            raise BoardError(f"the sheet {self.name!r} has more than {most}; split the shot list")
        if column >= MAX_COLUMNS:
            raise BoardError(f"the sheet {self.name!r} has more than {MAX_COLUMNS:,} columns; drop the others")


def chosen(grids: Iterable[Grid], wanted: str, find: FindHeader) -> Grid:
    """The sheet of that name, else the first with a header that names a prompt, else the first with anything in it.

    Raises ``BoardError`` when there is none.
    """
    names, first = [], None
    for grid in grids:
        names.append(grid.name)
        if wanted and grid.name.strip().casefold() == wanted.strip().casefold():
            return grid
        if not wanted and grid.rows:
            first = first or grid
            if find(*lead(grid)) is not None:
                return grid
    if wanted:
        raise BoardError(f"the workbook has no sheet {wanted!r}; it has {', '.join(map(repr, names[:20]))}")
    if first is None:
        raise BoardError("the workbook is empty; write a header and one row a shot")
    return first


def tell_others(grid: Grid, names: Iterable[str], wanted: str) -> None:
    """Note which sheets are not read, where nobody has named the one that is."""
    others = [name for name in names if name != grid.name]
    if others and not wanted:
        shown = ", ".join(map(repr, others[:5])) + (", ..." if len(others) > 5 else "")
        grid.notes.append(f"read: the sheet {grid.name!r}, not {shown}; a # behind the board's name picks another")


def listed(lines: Sequence[int]) -> str:
    """The first ten of some lines in order, as text."""
    return ", ".join(map(str, sorted(lines)[:10])) + (", ..." if len(lines) > 10 else "")


def lead(grid: Grid) -> tuple[list[int], list[list[str]]]:
    """The first lines of a sheet with something in them, and their cells."""
    lines = sorted(grid.rows)[:LEAD]
    return lines, [_cells(grid.rows[line]) for line in lines]


def _cells(held: dict[int, str]) -> list[str]:
    return [held.get(at, "") for at in range(max(held, default=-1) + 1)]


def table_of_grid(grid: Grid, find: FindHeader, files: Callable[[str], bytes], board: str) -> Table:
    """The table of a sheet: merged cells hold their value in each line, a picture is known by the board and its name.

    ``files`` gives the bytes of a picture. Raises ``BoardError`` when the sheet is empty or too large.
    """
    lines, rows = lead(grid)
    if not lines:
        raise BoardError(f"the sheet {grid.name!r} is empty; write a header and one row a shot")
    head = lines[find(lines, rows) or 0]
    _unmerge(grid, head)
    lines = sorted(line for line in grid.rows.keys() | {one.line for one in grid.pictures})
    rows = [_cells(grid.rows.get(line, {})) for line in lines]
    kept = [at for at, row in enumerate(rows) if not blank(row)]
    lines, rows = [lines[at] for at in kept], [rows[at] for at in kept]
    header = rows[lines.index(head)]
    table = from_rows(lines, rows, Faults(), lines.index(head))
    pictures: dict[int, list[tuple[str, str]]] = {}
    held = frozenset(table.lines)
    for one in sorted(grid.pictures):
        if one.line in held:
            name = header[one.column].strip() if one.column < len(header) else ""
            pictures.setdefault(one.line, []).append((name, f"{board}#{one.name}"))
    used = {name for row in pictures.values() for _, name in row}
    content = {name: files(name.removeprefix(f"{board}#")) for name in sorted(used)}
    notes = (*table.notes, *grid.notes, *_unseen(grid, held), *_lost(grid, held, head))
    return replace(table, notes=notes, pictures=pictures, files=content)


def _unmerge(grid: Grid, head: int) -> None:
    """Below the header, the value of merged cells stands in each of their lines that holds anything."""
    for merge in grid.merges:
        text = grid.rows.get(merge.first, {}).get(merge.column, "")
        if not text or merge.first <= head:
            continue
        for line in range(merge.first + 1, min(merge.last, max(grid.rows)) + 1):
            if line in grid.rows:
                grid.put(line, merge.column, text)


def _unseen(grid: Grid, held: frozenset[int]) -> list[str]:
    """What is said of rows that the sheet hides."""
    hidden = [line for line in grid.hidden if line in held]
    return [f"rows that the sheet hides are read all the same (line {listed(hidden)})"] if hidden else []


def _lost(grid: Grid, held: frozenset[int], head: int) -> list[str]:
    """What is said of pictures that lie in no row of the table."""
    lost = sorted({one.line for one in grid.pictures if one.line not in held and one.line > head})
    return [f"pictures lie in rows without a shot and are passed over (line {listed(lost)})"] if lost else []
