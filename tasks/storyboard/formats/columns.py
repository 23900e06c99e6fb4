"""A shot list as a table of text: delimiter, records and lines, how large it may be, what is wrong with it. Pure."""

import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tasks.domain.errors import BoardError, Fault, Faults
from tasks.storyboard.headers import known, normal

MAX_ROWS = 100_000
MAX_COLUMNS = 1_000
MAX_CELLS = 2_000_000
MAX_CELL = 200_000
SNIFFED = 1_000_000  # characters in which the delimiter is looked for
SHOWN = 200  # characters of a faulty cell that its fault carries
DELIMITERS = ",;\t|"

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class Table:
    """A shot list as text, column by column, and what is wrong with it so far.

    ``headers`` are stripped and stand in ``line``; ``lines`` are those at which the rows begin. ``opaque`` names,
    by position, the types that are no text, such as ``list<int64>``. ``pictures`` lie in the rows of these lines, each
    below a header (or none) and by its name in ``files``.
    """

    line: int
    headers: tuple[str, ...]
    lines: list[int]
    columns: list[list[str]]
    faults: Faults
    opaque: Mapping[int, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    pictures: Mapping[int, Sequence[tuple[str, str]]] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)


def table_of(
    line: int, header: Sequence[str], lines: list[int], columns: list[list[str]], opaque: Mapping[int, str]
) -> Table:
    """A table whose cells are clean, without the columns that have neither header nor content."""
    headers = [text.strip() for text in header]
    faults, notes = Faults(_twice(line, headers)), []
    for at, text in enumerate(headers):
        name = text or f"column {at + 1}"
        faults += _clean([line], name, [header[at]])
        faults += _clean(lines, name, columns[at])
        if not text and _counts(columns[at]):
            notes.append(f"{name} has no header and counts the rows: it is passed over")
        elif not text:
            faults += _nameless(lines, name, columns[at])
    kept = [at for at, text in enumerate(headers) if text]
    opaque = {place: opaque[at] for place, at in enumerate(kept) if at in opaque}
    return Table(
        line, tuple(headers[at] for at in kept), lines, [columns[at] for at in kept], faults, opaque, tuple(notes)
    )


def _twice(line: int, headers: list[str]) -> list[Fault]:
    places: dict[str, list[int]] = {}
    for at, text in enumerate(headers, 1):
        if text:
            places.setdefault(text, []).append(at)
    return [
        Fault(line, "", text, text, f"columns {' and '.join(map(str, at))} have this header; give each its own")
        for text, at in places.items()
        if len(at) > 1
    ]


def _squared(lines: list[int], rows: list[list[str]], width: int) -> Faults:
    """Makes every row as wide as the header: cells missing at its end are empty ones, surplus ones have to be."""
    message = f"stands beyond the header's {width} columns; quote cells that hold the delimiter, or name the column"
    faults = Faults()
    for line, row in zip(lines, rows, strict=True):
        if len(row) == width:
            continue
        surplus = enumerate(row[width:], width + 1)
        faults += (Fault(line, "", f"column {at}", cell[:SHOWN], message) for at, cell in surplus if cell.strip())
        row[width:] = [""] * (width - len(row))
    return faults


def _counts(column: list[str]) -> bool:
    """Whether a column numbers the rows from 0 or 1, as table programs write their index."""
    held = [cell.strip() for cell in column if cell.strip()]
    return len(held) > 1 and held[0] in ("0", "1") and held == [str(int(held[0]) + at) for at in range(len(held))]


def _nameless(lines: list[int], name: str, column: list[str]) -> list[Fault]:
    held = [at for at, cell in enumerate(column) if cell.strip()]
    if not held:
        return []
    more = f" (and {len(held) - 1} more rows)" if len(held) > 1 else ""
    message = f"stands under an empty header{more}; name the column, or empty its cells"
    return [Fault(lines[held[0]], "", name, column[held[0]][:SHOWN], message)]


HeaderAt = Callable[[Sequence[int], Sequence[Sequence[str]]], int]
"""Lines and records of a file -> which of the records is its header."""


def from_csv(text: str, overrides: Mapping[str, str], header_at: HeaderAt = lambda lines, rows: 0) -> Table:
    """A CSV file, its lines ending in ``\\n``, as text cells.

    ``overrides`` are the headers of ``[columns]``, which help to tell the delimiter; ``header_at`` finds the header.
    Raises ``BoardError`` when nothing can be made of the text.
    """
    csv.field_size_limit(max(csv.field_size_limit(), len(text) + 1))  # our own limit names the row
    text, delimiter = separated(text, overrides, header_at)
    _check_cells(text, delimiter)
    lines, rows, faults = _records(text, delimiter)
    if not rows or (faults and faults[0].row < lines[0]):  # without its header a shot list tells nothing
        raise BoardError(faults or [Fault(1, "", "", "", "the file is empty; write a header and one row a shot")])
    return from_rows(lines, rows, faults, header_at(lines, rows))


def separated(text: str, overrides: Mapping[str, str], header_at: HeaderAt) -> tuple[str, str]:
    """The text, with its first line empty where Excel names the delimiter in it, and the delimiter."""
    told = re.match(r"sep=([,;\t|])\n", text)  # a line that Excel writes and hides
    if told:
        return f"\n{text[told.end() :]}", told[1]
    return text, _delimiter(text, overrides, header_at)


def is_spaced(text: str, delimiter: str) -> bool:
    """Whether a quoted cell may stand behind a delimiter and spaces; never so in well-paired quotes."""
    mark = re.escape(delimiter)
    return re.search(rf'{mark} +"(?=[^"\n{mark}])', text) is not None


def from_rows(lines: list[int], rows: list[list[str]], faults: Faults, above: int) -> Table:
    """The table whose header is the row at ``above``. Raises ``BoardError`` when it is too large."""
    line, header = lines[above], rows[above]
    del lines[: above + 1], rows[: above + 1]
    notes = (f"the header is line {line}; what stands above it is passed over",) if above else ()
    if len(rows) > MAX_ROWS:
        raise BoardError([Fault(lines[-1], "", "", "", f"more than {MAX_ROWS:,} rows; split the shot list")])
    if len(header) > MAX_COLUMNS:
        raise BoardError([Fault(line, "", "", "", f"{len(header):,} columns; at most {MAX_COLUMNS:,} are read")])
    faults += _squared(lines, rows, len(header))
    columns = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in header]
    table = table_of(line, header, lines, columns, {})
    faults += table.faults
    return replace(table, faults=faults, notes=(*notes, *table.notes))


def _check_cells(text: str, delimiter: str) -> None:
    """A look before anything is taken apart: a cell without content is one byte in the file, and a hundred here."""
    if text.count(delimiter) + text.count("\n") > MAX_CELLS:
        raise BoardError(f"the file has more than {MAX_CELLS:,} cells; split the shot list, or drop empty columns")


def _delimiter(text: str, overrides: Mapping[str, str], header_at: HeaderAt) -> str:
    """The one under which the header makes most sense, then the rows; for a single column one that is nowhere."""
    head = [f"{line}\n" for line in text[:SNIFFED].split("\n", 200)[:200]]
    names = known(overrides.values())

    def fitness(delimiter: str) -> tuple[bool, int, float, int]:
        rows = [row for row in csv.reader(head, delimiter=delimiter) if not blank(row)] or [["", ""]]
        header = rows[header_at(range(1, len(rows) + 1), rows)]
        width = len(header)
        even = sum(len(row) == width for row in rows) / len(rows)
        return width > 1, sum(normal(cell) in names for cell in header), even, width

    best = max(DELIMITERS, key=fitness)
    return best if fitness(best)[0] else next((chr(at) for at in range(0xE000, 0xF900) if chr(at) not in text), ",")


def lines_of(text: str) -> Iterator[str]:
    """Line by line; a StringIO would hold it all once more, at four bytes a character."""
    at = 0
    while at < len(text):
        end = text.find("\n", at) + 1 or len(text)
        yield text[at:end]
        at = end


def _records(text: str, delimiter: str) -> tuple[list[int], list[list[str]], Faults]:
    """Each record that is not blank with the line it begins at. After a wrong quote, reading goes on below it."""
    spaced = is_spaced(text, delimiter)
    reader = csv.reader(lines_of(text), delimiter=delimiter, strict=True, skipinitialspace=spaced)
    starts: list[int] = []
    rows: list[list[str]] = []
    faults = Faults()
    while len(rows) < MAX_ROWS + 2:
        line = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            message = "text follows a closing quote; quote the whole cell and double the quotes inside it"
            if "end of data" in str(error):
                message = "a quote that opens in this row is never closed; close it, or double it where it is text"
            faults.append(Fault(line, "", "", "", message))
        else:
            if not blank(row):
                starts.append(line)
                rows.append(row)
    return starts, rows, faults


def blank(row: Sequence[str]) -> bool:
    """Whether nothing stands in the row."""
    return not any(map(str.strip, row)) and not _CONTROL.search("".join(row))


def _clean(lines: list[int], name: str, column: list[str]) -> Faults:
    """What no cell may hold; makes every line end in one ``\\n``."""
    joined = "".join(column)
    if len(max(column, key=len, default="")) <= MAX_CELL and (joined.isprintable() or not _CONTROL.search(joined)):
        return Faults()
    faults = Faults()
    for at, cell in enumerate(column):
        text = cell.replace("\r\n", "\n").replace("\r", "\n")
        if len(text) > MAX_CELL:
            message = f"holds {len(text):,} characters; a cell takes at most {MAX_CELL:,}"
            faults.append(Fault(lines[at], "", name, text[:SHOWN], message))
        if found := _CONTROL.search(text):
            message = f"holds the control character U+{ord(found[0]):04X}; delete it (newline and tab may stay)"
            faults.append(Fault(lines[at], "", name, text[:SHOWN], message))
        column[at] = _CONTROL.sub("", text)
    return faults
