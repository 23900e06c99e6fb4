"""What stands in a sheet beside its shots: title lines, sections, totals, page numbers. Pure."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from tasks.storyboard import meaning
from tasks.storyboard.formats.columns import Table
from tasks.storyboard.headers import known, normal
from tasks.storyboard.meaning import listed, tokens
from tasks.storyboard.templates import Template, is_template, names

LINES = 50  # in which the header is looked for
_LONG = 80  # characters that no header has
_NUMBERED = re.compile(r"\S*\d\S*")


def header_at(lines: Sequence[int], rows: Sequence[Sequence[str]], overrides: Mapping[str, str]) -> int:
    """Which row is the header; the first one where none names what a header names."""
    return find_header(lines, rows, overrides) or 0


def find_header(lines: Sequence[int], rows: Sequence[Sequence[str]], overrides: Mapping[str, str]) -> int | None:
    """The first of the first fifty lines that names a prompt and one more known column, as a place in ``rows``."""
    asked = known([header for text in overrides.values() for header in (names(text) or [text])])
    for at, (line, row) in enumerate(zip(lines, rows, strict=False)):
        if line > LINES:
            break
        if _names_columns(row, asked, overrides):
            return at
    return None


def _names_columns(row: Sequence[str], asked: Collection[str], overrides: Mapping[str, str]) -> bool:
    cells = [cell.strip() for cell in row if cell.strip() and len(cell) <= _LONG]
    told = [_meant(cell, asked) for cell in cells]
    found = {name for name in told if name}
    prompts = _prompts(overrides)
    held = {normal(cell) for cell in cells}
    prompted = "prompt" in found or bool(prompts and prompts <= held)
    return prompted and len([name for name in told if name]) > 1


def _prompts(overrides: Mapping[str, str]) -> set[str]:
    text = overrides.get("prompt", "")
    return {normal(name) for name in (names(text) if is_template(text) else [text]) if name}


def _meant(cell: str, asked: Collection[str]) -> str:
    """The column that a cell names if it is a header; of the user's own headers the header."""
    found = meaning.public(meaning.understand(cell))
    return found or (cell if normal(cell) in asked else "") or meaning.pair_of(cell)[0]


def without(table: Table, places: Mapping[str, int], template: Template | None) -> tuple[Table, list[str]]:
    """The table without the rows that are no shots, and a sentence that counts them.

    A row with a prompt is always a shot. One without is none if a single cell of it is filled, or if it begins with
    a word for a total or a page.
    """
    at = [field.at for field in template.fields] if template else [places["prompt"]] if "prompt" in places else []
    if not at or not table.lines:
        return table, []
    bare = _empty(table, at)
    spared = table.headers.index("shot_id") if "shot_id" in table.headers else -1
    passed = {row for row in bare if _is_furniture([column[row] for column in table.columns], spared)}
    if not passed:
        return table, []
    kept = [row for row in range(len(table.lines)) if row not in passed]
    columns = [[column[row] for row in kept] for column in table.columns]
    count = f"{len(passed)} row{'s' if len(passed) > 1 else ''} without a prompt"
    shown = ", ".join(str(table.lines[row]) for row in sorted(passed)[:10]) + (", ..." if len(passed) > 10 else "")
    note = f"{count} {'are' if len(passed) > 1 else 'is'} passed over as section or total (line {shown})"
    return replace(table, lines=[table.lines[row] for row in kept], columns=columns), [note]


def _empty(table: Table, at: Sequence[int]) -> list[int]:
    rows = [row for row, cell in enumerate(table.columns[at[0]]) if not cell or not cell.strip()]
    return [row for row in rows if not any(table.columns[place][row].strip() for place in at)]


def _is_furniture(cells: Sequence[str], spared: int) -> bool:
    """Whether a row without a prompt is a section or adds up; a numbered id of our own column waits for its prompt."""
    filled = [(at, cell.strip()) for at, cell in enumerate(cells) if cell.strip()]
    if len(filled) == 1:
        return filled[0][0] != spared or not _NUMBERED.fullmatch(filled[0][1])
    return bool(filled) and adds_up(filled[0][1])


def adds_up(cell: str) -> bool:
    """Whether a row's first cell is short and says that the row is a total, a sum or a page."""
    return bool(cell) and len(cell) <= _LONG and is_total(cell)


def first_cells(table: Table) -> Iterator[str]:
    """The first cell of every row that holds something."""
    for row in range(len(table.lines)):
        yield next((column[row].strip() for column in table.columns if column[row].strip()), "")


@lru_cache(maxsize=4096)
def is_total(text: str) -> bool:
    """Whether words say that a row is a total, a sum or a page."""
    said = [token for token in tokens(text) if not token.isdigit()]
    known = listed("total", "words")
    return bool(said) and ("".join(said) in known or said[0] in known)
