"""Boards drawn in Storyboarder: its JSON, and the pictures in ``images`` beside it."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import orjson

from tasks.domain.errors import BoardError, Faults
from tasks.storyboard.formats import Board
from tasks.storyboard.formats.columns import MAX_ROWS, Table, from_rows

_HEADER = ["shot_id", "prompt", "image", "duration", "aspect_ratio", "dialogue", "notes", "sound file"]
_RATIOS = {"16:9": 16 / 9, "9:16": 9 / 16, "1:1": 1.0, "21:9": 21 / 9, "4:3": 4 / 3, "3:4": 3 / 4, "2.39:1": 2.39}
_NEAR = 0.02  # how far a ratio may be from one that has a name


def read(board: Board) -> Table:
    """The table of a file of Storyboarder, a row for each board. Raises ``BoardError`` when it is none."""
    try:
        told = orjson.loads(board.data.removeprefix(b"\xef\xbb\xbf"))
        boards = [one for one in told["boards"] if isinstance(one, dict)]
    except (ValueError, KeyError, TypeError):
        raise BoardError("this is no whole file of Storyboarder: it lists no boards; save it again") from None
    if not boards:
        raise BoardError("this file of Storyboarder has no boards; draw one")
    if len(boards) > MAX_ROWS:
        raise BoardError(f"this file of Storyboarder has more than {MAX_ROWS:,} boards; split it")
    names = [_text(one, "shot") for one in boards]
    if len(set(names)) < len(names) or not all(names):
        names = [_text(one, "number") or str(at) for at, one in enumerate(boards, 1)]
    ratio = _ratio(told.get("aspectRatio"))
    rows = [_row(one, name, ratio, told) for one, name in zip(boards, names, strict=True)]
    used = [at for at in range(len(_HEADER)) if at < 4 or any(row[at] for row in rows)]
    lines = [0, *range(1, len(rows) + 1)]  # a person sees the number of the board
    return from_rows(lines, [[row[at] for at in used] for row in [_HEADER, *rows]], Faults(), 0)


def _row(one: Mapping[str, Any], name: str, ratio: str, told: Mapping[str, Any]) -> list[str]:
    action, notes = _text(one, "action"), _text(one, "notes")
    url = _text(one, "url") or f"board-{_text(one, 'number')}-{_text(one, 'uid')}.png"
    lasts = one.get("duration", told.get("defaultBoardTiming"))
    known = isinstance(lasts, int | float) and not isinstance(lasts, bool) and lasts == lasts
    seconds = f"{(Decimal(str(lasts)) / 1000).normalize():f}" if known else ""
    beside = notes if action else ""
    return [name, action or notes, f"images/{url}", seconds, ratio, _text(one, "dialogue"), beside, _file(one)]


def _file(one: Mapping[str, Any]) -> str:
    held = one.get("audio")
    return _text(held, "filename") if isinstance(held, dict) else ""


def _text(one: Mapping[str, Any], key: str) -> str:
    value = one.get(key)
    return str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _ratio(value: Any) -> str:
    """The name of a picture's shape; nothing for one that has none."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return ""
    name, shape = min(_RATIOS.items(), key=lambda one: abs(one[1] - value))
    return name if abs(shape - value) <= _NEAR * shape else ""
