"""``choices.csv``: what somebody chose in a report that lay in a folder or a mail, read back. Pure.

The page writes it; a person may write one too, with the columns ``shot_id``, ``take`` and ``verdict``.
"""

import csv
import io
import re
from collections.abc import Mapping
from typing import get_args

from tasks.commands.review.choices import Choice, Words, clean
from tasks.domain.errors import Fault, StartError
from tasks.domain.verdict import KINDS, Kind
from tasks.manifest import disarm

COLUMNS = ("shot_id", "key", "take", "sha256", "verdict", "note", "by", "at", "after")
MOST_BYTES = 32_000_000
MOST_CHOICES = 100_000

_WHOLE = re.compile(r"(\d{1,9})(?:[.,]0+)?", re.ASCII)
_NAMED = re.compile(r"(\ufeff?sep=([,;\t|]))(?=[\r\n])", re.IGNORECASE)


def listed(data: bytes, words: Words) -> list[Choice]:
    """The choices of a list in its order. ``words`` are those of rows that have none.

    Raises ``StartError`` when the list or a row cannot be read, with every fault.
    """
    try:
        names, rows = _table(data)
    except csv.Error as error:
        raise StartError(f"the list of choices cannot be read as CSV: {error}") from error
    if lacks := [name for name in ("verdict", *(() if "key" in names else ("shot_id",))) if name not in names]:
        raise StartError(f"the list of choices has no column {' and no column '.join(lacks)}")
    if len(rows) > MOST_CHOICES:
        raise StartError(f"the list of choices has {len(rows):,} rows, at most {MOST_CHOICES:,} are read")
    found = [_choice(number, row, words) for number, row in rows if any(map(_cell, row.values()))]
    if faults := [one for one in found if isinstance(one, Fault)]:
        raise StartError(faults)
    return [one for one in found if isinstance(one, Choice)]


def _table(data: bytes) -> tuple[list[str], list[tuple[int, Mapping[str, str]]]]:
    """The headers, and each row by its header with the line on which it begins."""
    text, sign = _signed(_text(data))
    reader = csv.reader(io.StringIO(text, newline=""), csv.excel, delimiter=sign, strict=True)
    rows, first = list[tuple[int, list[str]]](), 1
    for row in reader:
        rows += [(first, row)] if any(map(str.strip, row)) else []
        first = reader.line_num + 1
    names = [re.sub(r"[\s_-]+", "_", name.strip().lower()) for name in (rows[0][1] if rows else ())]
    return names, [(number, dict(zip(names, row, strict=False))) for number, row in rows[1:]]


def _choice(number: int, row: Mapping[str, object], words: Words) -> Choice | Fault:
    cells = {name: _cell(row.get(name)) for name in COLUMNS}
    shot_id, said = cells["shot_id"], cells["verdict"]
    kind = _kind(said)
    if kind is None:
        return Fault(number, shot_id, "verdict", said, f"write one of {', '.join(KINDS)}")
    for name in ("take", "after"):
        found = _WHOLE.fullmatch(cells[name] or "0")
        if not found:
            return Fault(number, shot_id, name, cells[name], "write a whole number")
        cells[name] = found[1] if cells[name] else ""
    if kind != "again" and not cells["take"]:
        return Fault(number, shot_id, "take", "", "write the number of the take")
    own = Words(*(cells[name] or getattr(words, name) for name in Words._fields))
    return Choice(
        "verdict",
        said,
        kind,
        shot_id,
        int(cells["take"] or 0),
        cells["key"],
        cells["sha256"],
        *own,
        after=int(cells["after"]) if cells["after"] else None,
        row=number,
    )


def _kind(said: str) -> Kind | None:
    return next((kind for kind in get_args(Kind) if kind == said.lower()), None)


def _cell(value: object) -> str:
    """A cell without what keeps a spreadsheet from running it."""
    text = clean(value) if isinstance(value, str) else ""
    return text[1:] if text[:1] == "'" and disarm(text[1:]) == text else text


def _text(data: bytes) -> str:
    """The text in whichever encoding a spreadsheet saved it."""
    for encoding in ("utf-16",) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")


def _signed(text: str) -> tuple[str, str]:
    """The text with the sign that divides its cells: the one that it names, or that its first line has most."""
    if named := _NAMED.match(text):
        return text[named.end(1) :], named[2]
    head = text.lstrip().split("\n", 1)[0]
    return text, max(",;\t|", key=head.count)
