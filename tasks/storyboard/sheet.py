"""A table as it was read -> the table of the shots: columns assigned, values filled down, joined, furniture left out.

Pure. Rows keep the lines that a person sees, whatever is left out between them.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tasks.config import Settings
from tasks.domain.errors import Fault, Faults
from tasks.domain.shot import Before
from tasks.storyboard import cell_kinds as kinds
from tasks.storyboard import furniture
from tasks.storyboard import templates as joining
from tasks.storyboard.assignment import Assignment, assign
from tasks.storyboard.cells import nearest
from tasks.storyboard.formats.columns import SHOWN, Table
from tasks.storyboard.headers import CANONICAL, find
from tasks.storyboard.meaning import Unit
from tasks.storyboard.templates import Template

DOUBTED = ("mode", "size", "aspect_ratio", "fit", "seed", "audio")  # names that other lists give to other things


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table whose columns are known, the ids of its rows, and the faults found in them so far."""

    table: Table
    places: Mapping[str, int]
    units: Mapping[str, Unit]
    ids: list[str]
    faults: Faults
    notes: list[str]

    def texts(self, name: str) -> list[str]:
        """A column's cells; of a pair of frame numbers ``first - last``, or nothing where neither is given."""
        if name == "span":
            pairs = zip(self.texts("first"), self.texts("last"), strict=True)
            return [f"{first} - {last}" if first or last else "" for first, last in pairs]
        at = self.places.get(name)
        return [""] * len(self.ids) if at is None else list(map(str.strip, self.table.columns[at]))

    def values(self, name: str, reader: Callable[[str], Any], silent: Any = None, *, needed: bool = False) -> list[Any]:
        """A column's cells as read, each spelling once; ``silent`` for an empty one, and for one that is a fault."""
        if name not in self.places and name != "span":
            return [silent] * len(self.ids)
        texts = self.texts(name)
        values, wrong = {"": silent}, {}
        for text in set(texts) - (set() if needed else {""}):
            try:
                values[text] = reader(text)
            except ValueError as error:
                values[text], wrong[text] = silent, str(error)
        hint = f"; {self._other(name)}" if name in DOUBTED and wrong and wrong.keys() == set(texts) - {""} else ""
        for at, text in enumerate(texts if wrong else ()):
            if text in wrong:
                self.fault(at, name, text, wrong[text] + hint)
        return [values[text] for text in texts]

    def _other(self, name: str) -> str:
        """What helps where not one cell of a column is right: it may mean something else."""
        header = self.table.headers[self.places[name]]
        return f'if the column means something else, [columns] ignore = ["{header}"] leaves it unread'

    def fault(self, at: int, name: str, value: str, message: str) -> None:
        """Notes what is wrong in row ``at`` (from 0), in the column that ``name`` stands for."""
        name = "last" if name == "span" else name
        column = self.table.headers[self.places[name]] if name in self.places else name
        self.faults.append(Fault(self.table.lines[at], self.ids[at], column, value[:SHOWN], message))


def prepare(table: Table, settings: Settings, before: Before) -> tuple[Table, Assignment]:
    """The table whose every row is a shot, and what each of its columns is; faults of the config are in the latter."""
    rules = settings.column_rules
    joins = {name: text for name, text in settings.columns.items() if name in CANONICAL and joining.is_template(text)}
    plain = {name: text for name, text in settings.columns.items() if name not in joins}
    names = {"route": [name for name in settings.chains if name], "references": settings.cast}
    found = assign(table, plain, ignore=rules.ignore, joined=joins, names=names, before=before)
    templates, faults = _templates(table, joins)
    filled, wrong = _filled(table, found.places, rules.fill_down)
    shots, noted = furniture.without(filled, found.places, templates.get("prompt"))
    notes = [*_ignored_notes(table, rules.ignore), *_joined_notes(table, templates), *table.notes, *noted]
    ready, placed = _joined(shots, found.places, templates)
    ready, placed, said = _pictured(ready, placed)
    notes += said
    used = {table.headers[field.at] for template in templates.values() for field in template.fields}
    used |= {header for row in ready.pictures.values() for header, _ in row}
    unread = tuple(one for one in found.told.unread if one.header not in used)
    told = replace(found.told, unread=unread, notes=(*found.told.notes, *notes))
    extras = tuple(at for at in found.extras if at != placed.get("image"))
    return ready, replace(found, places=placed, extras=extras, told=told, faults=(*found.faults, *faults, *wrong))


def _templates(table: Table, joins: Mapping[str, str]) -> tuple[dict[str, Template], list[Fault]]:
    """The templates over headers that are there, and the faults of the others."""
    templates, faults = {}, []
    for name, text in joins.items():
        template, wrong = joining.parse(name, text, table.headers, table.line)
        faults += wrong
        if not wrong:
            templates[name] = template
    return templates, faults


def _ignored_notes(table: Table, ignore: Sequence[str]) -> list[str]:
    """What is said of headers to ignore that are none, but nearly are: a config may be one for many shot lists."""
    absent = [text for text in ignore if find(table.headers, text) is None]
    meant = {text: nearest(text, tuple(table.headers)) for text in absent}
    return [
        f"[columns] ignore names {text!r}, which the shot list does not have{near}"
        for text, near in meant.items()
        if near
    ]


def _joined_notes(table: Table, templates: Mapping[str, Template]) -> list[str]:
    return [
        f"read: {name} from [columns] {', '.join(repr(table.headers[field.at]) for field in template.fields)}"
        for name, template in templates.items()
    ]


def _joined(table: Table, places: Mapping[str, int], templates: Mapping[str, Template]) -> tuple[Table, dict[str, int]]:
    """The table with one more column for each template, which faults call by the canonical name."""
    placed, headers, columns = dict(places), list(table.headers), list(table.columns)
    for name, template in templates.items():
        placed[name] = len(headers)
        headers.append(name)
        columns.append(joining.joined(template, table.columns, len(table.lines)))
    return replace(table, headers=tuple(headers), columns=columns), placed


def _pictured(table: Table, places: Mapping[str, int]) -> tuple[Table, dict[str, int], list[str]]:
    """The table with the pictures that lie in its rows as their images, where a cell does not name one.

    Of several in a row the one below the header of images counts, else the first.
    """
    placed, headers, columns = dict(places), list(table.headers), list(table.columns)
    if not table.pictures:
        return table, placed, []
    if "image" not in placed and (under := _below(table, placed)) is not None:
        placed["image"] = under
    elif "image" not in placed:
        placed["image"] = len(headers)
        headers.append("image")
        columns.append([""] * len(table.lines))
    at, beside = placed["image"], []
    column = list(columns[at])
    for row, line in enumerate(table.lines):
        lying = sorted(table.pictures.get(line, ()), key=lambda one: one[0] != headers[at])
        if lying and not column[row].strip():
            column[row] = lying[0][1]
            beside += [line] * (len(lying) > 1)
        elif lying:
            beside.append(line)
    columns[at] = column
    shown = ", ".join(map(str, beside[:10])) + (", ..." if len(beside) > 10 else "")
    notes = [f"rows hold pictures beside their image, which nothing reads (line {shown})"] if beside else []
    count = len(table.pictures)
    notes.append(f"read: image from the picture{'s' if count > 1 else ''} in {count} row{'s' if count > 1 else ''}")
    return replace(table, headers=tuple(headers), columns=columns), placed, notes


def _below(table: Table, places: Mapping[str, int]) -> int | None:
    """The column in which most pictures lie, if nothing else is read from it and its cells can name files."""
    lying = Counter(header for row in table.pictures.values() for header, _ in row if header in table.headers)
    found = (table.headers.index(header) for header, _ in lying.most_common())
    free = (at for at in found if at not in places.values() and kinds.could_be("image", table.columns[at]))
    return next(free, None)


def _filled(table: Table, places: Mapping[str, int], names: Sequence[str]) -> tuple[Table, list[Fault]]:
    """The table with the columns of ``fill_down`` filled: an empty cell holds what stands above it."""
    columns, faults = list(table.columns), []
    for name in names:
        at = places.get(name, find(table.headers, name))
        if at is None:
            message = (
                f"[columns] fill_down names a column that the shot list does not have{nearest(name, table.headers)}"
            )
            faults.append(Fault(table.line, "", name, "", message))
            continue
        held, filled = "", []
        for cell, first in zip(columns[at], furniture.first_cells(table), strict=True):
            held = cell if cell.strip() and not furniture.adds_up(first) else held
            filled.append(cell if cell.strip() else held)
        columns[at] = filled
    return replace(table, columns=columns), faults
