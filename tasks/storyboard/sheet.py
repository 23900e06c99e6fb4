"""A table as it was read -> the table of the shots: columns assigned, values filled down, joined, furniture left out.

Pure. Rows keep the lines that a person sees, whatever is left out between them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from tasks.config import Settings
from tasks.domain.errors import Fault
from tasks.domain.shot import Before
from tasks.storyboard import furniture
from tasks.storyboard import templates as joining
from tasks.storyboard.assignment import Assignment, assign
from tasks.storyboard.cells import nearest
from tasks.storyboard.formats.columns import Table
from tasks.storyboard.headers import CANONICAL, find
from tasks.storyboard.templates import Template


def prepare(table: Table, settings: Settings, before: Before) -> tuple[Table, Assignment]:
    """The table whose every row is a shot, and what each of its columns is; faults of the config are in the latter."""
    rules = settings.column_rules
    joins = {name: text for name, text in settings.columns.items() if name in CANONICAL and joining.is_template(text)}
    plain = {name: text for name, text in settings.columns.items() if name not in joins}
    routes = [name for name in settings.chains if name]
    found = assign(table, plain, ignore=rules.ignore, joined=joins, routes=routes, before=before)
    templates, faults = _templates(table, joins)
    filled, wrong = _filled(table, found.places, rules.fill_down)
    shots, noted = furniture.without(filled, found.places, templates.get("prompt"))
    notes = [*_joined_notes(table, templates), *table.notes, *noted]
    ready, placed = _joined(shots, found.places, templates)
    used = {table.headers[field.at] for template in templates.values() for field in template.fields}
    unread = tuple(one for one in found.told.unread if one.header not in used)
    told = replace(found.told, unread=unread, notes=(*found.told.notes, *notes))
    return ready, replace(found, places=placed, told=told, faults=(*found.faults, *faults, *wrong))


def _templates(table: Table, joins: Mapping[str, str]) -> tuple[dict[str, Template], list[Fault]]:
    """The templates over headers that are there, and the faults of the others."""
    templates, faults = {}, []
    for name, text in joins.items():
        template, wrong = joining.parse(name, text, table.headers, table.line)
        faults += wrong
        if not wrong:
            templates[name] = template
    return templates, faults


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
