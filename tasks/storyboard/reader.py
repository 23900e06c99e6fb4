"""The bytes of a shot list -> Storyboard, or every fault in it at once. Pure on bytes: no file, no network."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tasks.config import Settings
from tasks.domain.errors import BoardError, Fault, Faults
from tasks.domain.shot import Shot, Size, Storyboard
from tasks.storyboard import cells, headers
from tasks.storyboard.formats import columns, parquet
from tasks.storyboard.formats.columns import MAX_CELLS, MAX_COLUMNS, MAX_ROWS, SHOWN, Table

WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_ABOVE = bytes(range(0x80, 0x100))
_PAIRED = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A table whose columns are known, the ids of its rows, and the faults found in them so far."""

    table: Table
    places: Mapping[str, int]
    ids: list[str]
    faults: Faults

    def texts(self, name: str) -> list[str]:
        """A column's cells; of a pair of frame numbers ``first - last``, or nothing where neither is given."""
        if name == "span":
            pairs = zip(self.texts("first"), self.texts("last"), strict=True)
            return [f"{first} - {last}" if first or last else "" for first, last in pairs]
        at = self.places.get(name)
        return [""] * len(self.ids) if at is None else list(map(str.strip, self.table.columns[at]))

    def values(self, name: str, reader: Callable[[str], Any], silent: Any = None, *, needed: bool = False) -> list[Any]:
        """A column's cells as read, each spelling once; ``silent`` for an empty one, and for one that is a fault."""
        texts = self.texts(name)
        values, wrong = {"": silent}, {}
        for text in set(texts) - (set() if needed else {""}):
            try:
                values[text] = reader(text)
            except ValueError as error:
                values[text], wrong[text] = silent, str(error)
        for at, text in enumerate(texts if wrong else ()):
            if text in wrong:
                self.fault(at, name, text, wrong[text])
        return [values[text] for text in texts]

    def fault(self, at: int, name: str, value: str, message: str) -> None:
        """Notes what is wrong in row ``at`` (from 0), in the column that ``name`` stands for."""
        name = "last" if name == "span" else name
        column = self.table.headers[self.places[name]] if name in self.places else name
        self.faults.append(Fault(self.table.lines[at], self.ids[at], column, value[:SHOWN], message))


def read(data: bytes, name: str, settings: Settings, base: str) -> Storyboard:
    """The shots of a CSV or Parquet file, after aliases, defaults and ``[vars]``.

    ``name`` (a path or URL) only tells a broken Parquet file from a CSV; ``base`` is the folder, path or URL,
    that images and sources are relative to. Raises BoardError with every fault, in the order of the rows: a row
    is the line a person sees, the header being line 1; in Parquet it is the index + 2.
    """
    table = _parquet(data) if _is_parquet(data, name) else columns.from_csv(_decode(data), settings.columns)
    places, wrong = headers.place(table.headers, settings.columns, table.line)
    faults = Faults(wrong)
    faults += table.faults
    if not table.lines and not table.faults:
        faults.append(Fault(table.line, "", "", "", "has no shots; write one row a shot below the header"))
    faults += [
        Fault(table.line, "", table.headers[at], kind, "is no type for this column; write text or numbers")
        for at, kind in table.opaque.items()
        if at in places.values()
    ]
    used = {name: at for name, at in places.items() if at not in table.opaque}
    sheet = _Sheet(table, used, _ids(table, used.get("shot_id")), faults)
    extras = [(text, at) for at, text in enumerate(table.headers) if at not in places.values()]
    shots = _shots(sheet, settings, base, extras)
    if faults:
        named = dict(zip(table.lines, sheet.ids, strict=True))
        told = [replace(fault, shot_id=fault.shot_id or named.get(fault.row, "")) for fault in faults.told()]
        raise BoardError(sorted(told, key=lambda fault: fault.row), Storyboard(shots))
    return Storyboard(shots, tuple(text for text, _ in extras))


def _decode(data: bytes) -> str:
    """Text with ``\\n`` for every line end. CP1252 is the last resort: nearly every byte means something in it."""
    if data.startswith(WORKBOOKS):
        raise BoardError("this is a spreadsheet workbook; save it as CSV (UTF-8) or Parquet")
    encoding = _encoding(data)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        told = "neither UTF-8 nor CP1252" if encoding == "cp1252" else f"not {encoding.upper()}"
        message = f"byte {error.start + 1} of the file is {told}; save it as UTF-8"
        raise BoardError([Fault(line, "", "", "", message)]) from None
    return text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def _encoding(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if data.startswith(b"\xef\xbb\xbf"):
        return "utf-8"
    even, odd = data[:4000:2].count(0), data[1:4000:2].count(0)
    if len(data) % 2 == 0 and max(even, odd) * 3 > len(data[:4000:2]) and min(even, odd) == 0:
        return "utf-16-le" if odd else "utf-16-be"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252" if _mostly_single(data) else "utf-8"
    return "utf-8"


def _mostly_single(data: bytes) -> bool:
    """Whether the bytes above ASCII stand alone, as in CP1252, rather than in UTF-8's sequences.

    Of a file in which both occur the rarer ones are a fault: taken for CP1252, every letter of the others would
    turn into two in silence.
    """
    rest, paired = _PAIRED.subn(b"", data)
    return len(rest) - len(rest.translate(None, _ABOVE)) > paired


def _is_parquet(data: bytes, name: str) -> bool:
    path = re.split(r"[?#]", name)[0]
    return data.startswith(b"PAR1") or path.lower().endswith((".parquet", ".pq"))


def _parquet(data: bytes) -> Table:
    try:
        found = parquet.read(data, max_rows=MAX_ROWS, max_columns=MAX_COLUMNS, max_cells=MAX_CELLS)
    except parquet.Unreadable as error:
        raise BoardError(f"the file {error}") from None
    texts = found.columns
    kept: Sequence[int] = range(len(texts[0]) if texts else 0)
    if not any(all(map(str.strip, column)) for column in texts):  # else no row is blank
        kept = [at for at in kept if not columns.blank([column[at] for column in texts])]
        texts = [[column[at] for at in kept] for column in texts]
    return columns.table_of(1, found.names, [at + 2 for at in kept], texts, found.opaque)


def _ids(table: Table, at: int | None) -> list[str]:
    """The id of every row: the given one, else by its place."""
    given = [""] * len(table.lines) if at is None else table.columns[at]
    return [text.strip() or f"sh{10 * place:03d}" for place, text in enumerate(given, 1)]


def _check_ids(sheet: _Sheet) -> None:
    given = sheet.values("shot_id", cells.shot_id)
    first: dict[str, int] = {}
    for at, shot_id in enumerate(sheet.ids):
        if first.setdefault(shot_id, at) != at:
            line = sheet.table.lines[first[shot_id]]
            default = "" if given[at] else " (this row gets it because it names none)"
            message = f"row {line} has this id too{default}; give each shot its own"
            sheet.fault(at, "shot_id", shot_id, message)


def _shots(sheet: _Sheet, settings: Settings, base: str, extras: Sequence[tuple[str, int]]) -> tuple[Shot, ...]:
    _check_ids(sheet)
    defaults, fps = settings.defaults, settings.defaults.fps
    needed = "prompt" in sheet.places
    count = next((name for name in ("duration", "frames") if name in sheet.places), "span")
    reader = {"duration": cells.seconds, "frames": cells.frames, "span": cells.span}[count]
    fields: dict[str, list[Any]] = {
        "shot_id": sheet.ids,
        "row": sheet.table.lines,
        "scene": sheet.texts("scene"),
        "prompt": sheet.values("prompt", lambda text: cells.fill(text, settings.vars), "", needed=needed),
        "negative_prompt": sheet.texts("negative_prompt"),
        "seconds": sheet.values(count, lambda text: reader(text, fps), defaults.duration),
        "size": _sizes(sheet, defaults.size),
        "fit": sheet.values("fit", cells.fit, defaults.fit),
        "seed": sheet.values("seed", cells.seed),
        "audio": sheet.values("audio", cells.audio),
        "route": sheet.texts("route"),
        "extras": _extras(sheet.table, extras),
        **_inputs(sheet, base),
    }
    shots = tuple(map(Shot._make, zip(*[fields[name] for name in Shot._fields], strict=True)))
    _check_sources(sheet, shots)
    return shots


def _extras(table: Table, extras: Sequence[tuple[str, int]]) -> list[dict[str, str]]:
    names = [text for text, _ in extras]
    rows = zip(*(table.columns[at] for _, at in extras), strict=True)
    return [dict(zip(names, row, strict=True)) for row in rows] or [{} for _ in table.lines]


def _sizes(sheet: _Sheet, default: Size) -> list[Size]:
    """A row's size, else the size of its ratio, else the config's."""
    given = zip(sheet.values("size", cells.size), sheet.values("aspect_ratio", cells.ratio), strict=True)
    return [size or ratio or default for size, ratio in given]


def _inputs(sheet: _Sheet, base: str) -> dict[str, list[Any]]:
    """Mode, image and source as they are used; a source that is a row's id is that row, else a path or URL."""
    given = zip(sheet.values("mode", cells.mode), sheet.texts("image"), sheet.texts("source"), strict=True)
    used = [cells.inputs(*row) for row in given]
    known = frozenset(sheet.ids)
    return {
        "mode": [mode for mode, *_ in used],
        "image": [cells.resolve(base, image) for _, image, *_ in used],
        "source": ["" if source in known else cells.resolve(base, source) for _, _, source, _ in used],
        "source_shot": [source if source in known else "" for _, _, source, _ in used],
        "warnings": [warnings for *_, warnings in used],
    }


def _check_sources(sheet: _Sheet, shots: Sequence[Shot]) -> None:
    """What a mode needs and a row does not give, and rows that wait for each other's clips."""
    for at, shot in enumerate(shots):
        if shot.mode == "image_to_video" and not shot.image:
            sheet.fault(at, "image", "", "image_to_video needs an image; give its path or URL, or write text_to_video")
        elif shot.mode == "remix" and not (shot.source or shot.source_shot):
            message = "remix needs a source; give a video (path or URL) or the shot_id of another row"
            sheet.fault(at, "source", "", message)
    places = {shot.shot_id: at for at, shot in enumerate(shots) if shot.source_shot}
    for ring in cells.cycles({shot_id: shots[at].source_shot for shot_id, at in places.items()}):
        names = [*ring[:10], "..."] if len(ring) > 10 else ring
        message = f"these shots are each other's source: {' -> '.join([*names, ring[0]])}; start one from a video"
        if len(ring) == 1:
            message = f"a shot is not its own source ({ring[0]} -> {ring[0]}); name another row or a video"
        column = "source" if "source" in sheet.places else "image"
        sheet.fault(places[ring[0]], column, shots[places[ring[0]]].source_shot, message)
