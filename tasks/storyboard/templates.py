"""Prompts made of several columns: ``{Shot Size}, {Description}. Camera: {Camera Movement}.`` Pure.

A field that is empty takes the words that lead to it and the punctuation behind it along, so that what is left reads
as if it had never been there.
"""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tasks.domain.errors import Fault
from tasks.storyboard.cells import nearest
from tasks.storyboard.headers import find

_FIELD = re.compile(r"(?<!\{)\{([^{}]+)\}(?!\})")
_LITERAL = re.compile(r"([\s]*)([,.;:!?)\]}»”\"'/|·•–—-]*)(\s*)(.*)", re.DOTALL)
_STANDING = re.compile(r"(.*[.!?\n]\s+|)(.*)", re.DOTALL)
_ENDS = ".!?…。！？"
_STOPS = ",;:/|·•–—-"


class Field(NamedTuple):
    """One column in a template: its place ``at`` among the headers, and the text around it.

    ``standing`` text before it is always kept; ``lead`` (its label) and ``close`` (the punctuation behind it) go where
    the cell is empty; ``gap`` is the white space after it.
    """

    standing: str
    lead: str
    at: int
    close: str
    gap: str


class Template(NamedTuple):
    """The fields of a template in their order, and the text behind the last of them."""

    fields: tuple[Field, ...]
    tail: str


def is_template(text: str) -> bool:
    """Whether a value of `[columns]` joins columns rather than naming one."""
    return _FIELD.search(text) is not None


def names(text: str) -> list[str]:
    """The headers that a template names."""
    return [name.strip() for name in _FIELD.findall(text)]


def parse(name: str, text: str, headers: Sequence[str], line: int) -> tuple[Template, list[Fault]]:
    """A template over the headers of a board, and a fault for each header that the board does not have."""
    parts = _FIELD.split(text)
    literals, faults = parts[::2], []
    places = []
    for header in parts[1::2]:
        at = find(headers, header)
        if at is None:
            near = nearest(header.strip(), tuple(headers))
            message = f"[columns] {name} joins a header that the shot list does not have{near}"
            faults.append(Fault(line, "", name, header.strip(), message))
        places.append(-1 if at is None else at)
    fields, before = [], literals[0]
    for place, literal in zip(places, literals[1:], strict=True):
        standing, lead = _STANDING.fullmatch(before).groups()  # type: ignore[union-attr]  # it matches any text
        pad, close, gap, rest = _LITERAL.fullmatch(literal).groups()  # type: ignore[union-attr]  # as above
        fields.append(Field(standing, lead, place, f"{pad}{close}" if close else "", gap if close else pad))
        before = rest
    return Template(tuple(fields), before), faults


def join(template: Template, row: Sequence[str]) -> str:
    """The cells of a row joined, each stripped; what is empty leaves no stray punctuation."""
    said, gap = "", ""
    held = [(field, row[field.at].strip()) for field in template.fields]
    filled = [field for field, text in held if text]
    for field, text in held:
        if field.standing:
            said, gap = f"{said}{gap if said else ''}{field.standing.rstrip()}", " "
        if not text:
            continue
        close = field.close
        if field is filled[-1] and close.strip() in _STOPS:
            last = template.fields[-1].close
            close = last if template.tail or (last.strip() and last.strip() in _ENDS) else ""
        if close.strip() and text[-1] in _ENDS and close.strip()[0] in f"{_ENDS}{_STOPS}":
            close = ""
        said, gap = f"{said}{gap if said else ''}{field.lead}{text}{close}", field.gap
    tail = template.tail.strip()
    return f"{said}{gap if said and tail else ''}{tail}" if filled else ""


def joined(template: Template, columns: Sequence[Sequence[str]], rows: int) -> list[str]:
    """The joined cells of every row."""
    at = sorted({field.at for field in template.fields})
    where: Mapping[int, int] = {place: n for n, place in enumerate(at)}
    moved = Template(tuple(field._replace(at=where[field.at]) for field in template.fields), template.tail)
    return [join(moved, row) for row in zip(*(columns[place] for place in at), strict=True)] if at else [""] * rows
