"""Our columns in a CSV: written beside the cells of others, or taken out again. No other byte of the file changes."""

import csv
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tasks.domain.errors import BoardError
from tasks.manifest import disarm
from tasks.storyboard.formats import Board, columns
from tasks.storyboard.formats.text import decode, encoding_of

OURS = ("storyreel status", "storyreel clip", "storyreel take", "storyreel usd", "storyreel note")
PREFIX = "storyreel "
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


class _File(NamedTuple):
    """A CSV as it stands: its lines with their ends, what divides its cells, and the lines of each record."""

    lines: list[str]
    encoding: str
    mark: str
    spaced: bool
    records: Mapping[int, int]


def write(board: Board, head: int, cells: Mapping[int, Sequence[str]]) -> bytes:
    """The file with our five columns: ``cells`` by the line of their row, ``head`` is the line of the headers.

    Columns of ours that are there are filled where they stand, the others come last. Raises ``BoardError`` when the
    file cannot take them.
    """
    file = _opened(board)
    mark = file.mark if file.mark in columns.DELIMITERS else _unused(file)
    header = _split(_record(file, head), file)
    places = {name: at for at, text in enumerate(header) if (name := _name(text)) in OURS}
    missing = [name for name in OURS if name not in places]
    for line in [head, *cells]:
        values = dict(zip(OURS, OURS if line == head else cells[line], strict=True))
        held = _split(_record(file, line), file)
        if any(text.strip() for text in held[len(header) :]):
            raise BoardError(f"row {line} has cells beyond the header; mend it first")
        held = held[: len(header)] + [""] * (len(header) - len(held))
        for name, at in places.items():
            held[at] = _quoted(values[name], mark) if line != head else held[at]
        held += [_quoted(values[name], mark) for name in missing]
        _put(file, line, mark.join(held))
    return "".join(file.lines).encode(file.encoding, "replace")


def without_ours(data: bytes) -> bytes:
    """The file without our columns, for comparing it; as it is where there are none or it cannot be read."""
    try:
        text = decode(data)
        found = re.search(r"([,;\t|]) *\"?storyreel (?:status|clip|take|usd|note)\b", text, re.IGNORECASE)
        if not found:
            return data
        file = _separated(data, text, found[1])
        head = text.count("\n", 0, found.start()) + 1
        header = _split(_record(file, head), file)
        ours = {at for at, cell in enumerate(header) if _name(cell).startswith(PREFIX)}
        for line in [line for line in file.records if line >= head]:
            held = _split(_record(file, line), file)
            _put(file, line, found[1].join(cell for at, cell in enumerate(held) if at not in ours))
        return "".join(file.lines).encode(file.encoding)
    except (BoardError, csv.Error, KeyError, UnicodeError):
        return data


def _opened(board: Board) -> _File:
    text = decode(board.data)
    alone, mark = columns.separated(text, board.overrides, lambda lines, rows: board.find(lines, rows) or 0)
    try:
        return _separated(board.data, alone, mark)
    except csv.Error as error:
        raise BoardError(f"the quotes of the file do not pair ({error}); mend it first") from None


def _separated(data: bytes, text: str, mark: str) -> _File:
    encoding = encoding_of(data)
    spaced = columns.is_spaced(text, mark)
    reader = csv.reader(columns.lines_of(text), delimiter=mark, strict=True, skipinitialspace=spaced)
    records, before = {}, 0
    for _ in reader:
        records[before + 1] = reader.line_num
        before = reader.line_num
    return _File(_LINE.findall(data.decode(encoding)), encoding, mark, spaced, records)


def _unused(file: _File) -> str:
    """What may stand between cells of a file that has a single column."""
    text = "".join(file.lines)
    free = next((mark for mark in columns.DELIMITERS if mark not in text), "")
    if not free:
        raise BoardError("the file has one column, and its cells use every character that separates two; add a column")
    return free


def _record(file: _File, line: int) -> str:
    """A record's text without its line end."""
    return "".join(file.lines[line - 1 : file.records[line]]).rstrip("\r\n")


def _put(file: _File, line: int, text: str) -> None:
    """Writes a record in the place of the one that begins at ``line``; its line end stays."""
    last = file.records[line]
    end = re.search(r"[\r\n]*$", file.lines[last - 1])
    file.lines[line - 1 : last] = [f"{text}{end[0] if end else ''}", *[""] * (last - line)]


def _split(text: str, file: _File) -> list[str]:
    """The cells of a record as they are written, with their quotes."""
    cells, at = [], 0
    while True:
        start = at
        while file.spaced and text[at : at + 1] == " ":
            at += 1
        if text[at : at + 1] == '"':
            closing = re.compile(r'(?:[^"]|"")*"').match(text, at + 1)
            at = closing.end() if closing else at
        end = text.find(file.mark, at)
        cells.append(text[start:] if end < 0 else text[start:end])
        if end < 0:
            return cells
        at = end + 1


def _name(cell: str) -> str:
    return cell.strip('\ufeff "').lower()


def _quoted(value: str, mark: str) -> str:
    text = disarm(" ".join(value.split()))
    return f'"{text.replace(chr(34), chr(34) * 2)}"' if set(text) & {mark, '"'} else text
