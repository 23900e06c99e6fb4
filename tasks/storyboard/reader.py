"""The bytes of a shot list -> Storyboard, or every fault in it at once. Pure on bytes: no file, no network."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from tasks.config import Settings
from tasks.domain.errors import BoardError, Fault, Faults
from tasks.domain.shot import Before, Shot, Size, Storyboard, Told
from tasks.storyboard import cell_kinds as kinds
from tasks.storyboard import cells, lengths, opening
from tasks.storyboard import sheet as preparing
from tasks.storyboard.formats.columns import Table
from tasks.storyboard.links import check_links, read_heard, read_links
from tasks.storyboard.meaning import Unit
from tasks.storyboard.sheet import Sheet

ASK_UNIT = (
    "these pairs may be frame numbers or seconds, and their numbers do not tell; say which with "
    '[columns] unit = "frames" or unit = "seconds"'
)


def read(data: bytes, name: str, settings: Settings, base: str, before: Before = Before()) -> Storyboard:  # noqa: B008 - frozen
    """The shots of a file in any format of ``formats``, after aliases, defaults and ``[vars]``.

    ``before`` says what an earlier run of the target made of its board: what it carried is carried still. ``name`` (a
    path or URL) tells the sheet of a workbook, and the format where the bytes do not; ``base`` is the folder, path or
    URL, that images and sources are relative to. A row is the line a person sees, the header being line 1; in Parquet
    it is the index + 2. Raises ``BoardError`` when there are faults, with all of them in the order of the rows.
    """
    opened = opening.open_table(data, name, settings.columns, settings.defaults.fps)
    table, assigned = preparing.prepare(opened, settings, before)
    places = assigned.places
    faults = Faults(assigned.faults)
    faults += table.faults
    if not table.lines and not table.faults:
        faults.append(Fault(table.line, "", "", "", "has no shots; write one row a shot below the header"))
    faults += [
        Fault(table.line, "", table.headers[at], kind, "is no type for this column; write text or numbers")
        for at, kind in table.opaque.items()
        if at in places.values()
    ]
    used = {name: at for name, at in places.items() if at not in table.opaque}
    sheet = Sheet(table, used, assigned.units, _ids(table, used.get("shot_id")), faults, [])
    extras = [(table.headers[at], at) for at in assigned.extras]
    _check_left_over(sheet)
    shots = _shots(sheet, settings, base, extras, before)
    names = tuple(text for text, _ in extras)
    told = _told(sheet, assigned.told, lambda: read(data, name, settings, base))
    held = {shot.image for shot in shots if shot.image in table.files} if table.files else ()
    board = Storyboard(shots, names, told, {name: table.files[name] for name in held}, _unnamed(sheet))
    if faults:
        named = dict(zip(table.lines, sheet.ids, strict=True))
        found = [replace(fault, shot_id=fault.shot_id or named.get(fault.row, "")) for fault in faults.told()]
        raise BoardError(sorted(found, key=lambda fault: fault.row), board)
    return board


def _told(sheet: Sheet, told: Told, again: Callable[[], Storyboard]) -> Told:
    """What is said of the board; where columns are held back, with the shots as a new target would have them."""
    told = replace(told, notes=(*told.notes, *sheet.notes))
    if not told.held:
        return told
    try:
        return replace(told, meant=again().shots)
    except BoardError as error:  # then they cannot be read as they are
        return replace(told, meant=error.board.shots if error.board else ())


def _check_left_over(sheet: Sheet) -> None:
    """What a spreadsheet left where a value had to be; such a cell is read no further."""
    for name, at in sheet.places.items():
        column = sheet.table.columns[at]
        wrong = kinds.left_over(column)
        for row, text in enumerate(column) if wrong else ():
            if text.strip() in wrong:
                sheet.fault(row, name, text, "was left by a spreadsheet; write the value, or mend its formula")
                column[row] = "-" if name == "prompt" else ""


def _ids(table: Table, at: int | None) -> list[str]:
    """The id of every row: the given one, else by its place."""
    given = [""] * len(table.lines) if at is None else table.columns[at]
    return [text.strip() or cells.default_id(place) for place, text in enumerate(given, 1)]


def _unnamed(sheet: Sheet) -> frozenset[str]:
    """The ids that rows got by their place."""
    given = sheet.texts("shot_id")
    return (
        frozenset(name for name, text in zip(sheet.ids, given, strict=True) if not text) if "" in given else frozenset()
    )


def _check_ids(sheet: Sheet) -> None:
    texts = sheet.texts("shot_id")
    if len(set(sheet.ids)) == len(texts) and max(map(len, texts), default=0) <= 100 and "".join(texts).isprintable():
        return  # what follows would come to the same
    given = sheet.values("shot_id", cells.shot_id)
    first: dict[str, int] = {}
    for at, shot_id in enumerate(sheet.ids):
        if first.setdefault(shot_id, at) != at:
            line = sheet.table.lines[first[shot_id]]
            default = "" if given[at] else " (this row gets it because it names none)"
            message = f"row {line} has this id too{default}; give each shot its own{_both(sheet)}"
            sheet.fault(at, "shot_id", shot_id, message)


def _both(sheet: Sheet) -> str:
    """How numbers that begin again in every scene make ids."""
    heads, places = sheet.table.headers, sheet.places
    if not {"scene", "shot_id"} <= places.keys() or heads[places["shot_id"]] == "shot_id":
        return ""
    both = f"{{{heads[places['scene']]}}}-{{{heads[places['shot_id']]}}}"
    return f', or, where they begin again in every scene, write [columns] shot_id = "{both}"'


def _seconds(sheet: Sheet, settings: Settings, before: Before) -> list[Any]:
    """The length of every row: as such, or between two places whose unit is told by header, config or numbers."""
    fps, silent = settings.defaults.fps, settings.defaults.duration
    if "first" not in sheet.places:
        unit = sheet.units.get("duration", "")
        return sheet.values("duration", lambda text: lengths.seconds(text, fps, unit), silent)
    unit = sheet.units.get("first", "")
    if asked := settings.column_rules.unit:
        unit = "frames" if asked == "frames" else "s"
    elif not unit:
        unit = _pair_unit(sheet, fps, before)
        if not unit:
            header = sheet.table.headers[sheet.places["last"]]
            sheet.faults.append(Fault(sheet.table.line, "", header, "", ASK_UNIT))
            return [silent] * len(sheet.ids)
    return sheet.values("span", lambda text: lengths.span(text, fps, unit), silent)


def _pair_unit(sheet: Sheet, fps: Decimal, before: Before) -> Unit:
    """The unit of pairs as their numbers tell it, unless the target has read them otherwise, which is told."""
    pairs, nothing = sheet.texts("span"), [None] * len(sheet.ids)
    unit = lengths.pair_unit(pairs, fps, nothing)
    asked = [before.seconds.get(name) for name in sheet.ids] if before.seconds else nothing
    held = lengths.pair_unit(pairs, fps, [None if one is None else Decimal(str(one)) for one in asked])
    if held and held != unit:
        words = {"frames": "frame numbers", "s": "seconds"}[held]
        other = "seconds" if held == "frames" else "frames"
        told = f"pairs are read as {words}, as an earlier run of this target has read them"
        sheet.notes.append(f'{told}; [columns] unit = "{other}" would change them')
    return held or unit


def _shots(
    sheet: Sheet, settings: Settings, base: str, extras: Sequence[tuple[str, int]], before: Before
) -> tuple[Shot, ...]:
    _check_ids(sheet)
    defaults = settings.defaults
    needed = "prompt" in sheet.places
    words = {**settings.vars, **{name: member.text for name, member in settings.cast.items()}}
    fields: dict[str, list[Any]] = {
        "shot_id": sheet.ids,
        "row": sheet.table.lines,
        "scene": sheet.texts("scene"),
        "prompt": sheet.values("prompt", lambda text: cells.fill(text, words), "", needed=needed),
        "negative_prompt": sheet.texts("negative_prompt"),
        "seconds": _seconds(sheet, settings, before),
        "size": _sizes(sheet, defaults.size),
        "fit": sheet.values("fit", cells.fit, defaults.fit),
        "seed": sheet.values("seed", cells.seed),
        "audio": sheet.values("audio", cells.audio),
        "route": sheet.texts("route"),
        "takes": sheet.values("takes", cells.takes),
        "extras": _extras(sheet.table, extras),
        **read_links(sheet, settings.cast, base),
        "heard": read_heard(sheet, base),
    }
    shots = tuple(map(Shot._make, zip(*[fields[name] for name in Shot._fields], strict=True)))
    check_links(sheet, shots)
    return shots


def _extras(table: Table, extras: Sequence[tuple[str, int]]) -> list[dict[str, str]]:
    names = [text for text, _ in extras]
    rows = zip(*(table.columns[at] for _, at in extras), strict=True)
    return [dict(zip(names, row, strict=True)) for row in rows] or [{} for _ in table.lines]


def _sizes(sheet: Sheet, default: Size) -> list[Size]:
    """A row's size, one by name in the shape of the row's ratio; else the size of its ratio, else the config's."""
    given = zip(sheet.values("size", cells.size), sheet.values("aspect_ratio", cells.ratio), strict=True)
    return [
        cells.shaped(size, ratio or default) if isinstance(size, int) else size or ratio or default
        for size, ratio in given
    ]
