"""The sheet of what is heard with the shots of a target, beside its sound files. Pure.

The manifest has no columns for it: the sheet holds, by shot_id, the words that are spoken and where each sound lies.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from typing import Any

from tasks.domain.errors import TargetError

SHEET = "sound/rows.json"
SCHEMA = 1
_BROKEN = f"{SHEET} cannot be read: it is no sheet of storyreel"


@dataclass(frozen=True, slots=True)
class SoundFile:
    """A sound as it lies at the target: its path there, its length in seconds, its channels, and its samples a second.

    ``origin`` is the address from which a remote one was fetched, with a digest for what is secret in it.
    """

    path: str
    seconds: Fraction
    channels: int = 2
    rate: int = 48_000
    origin: str = ""


@dataclass(frozen=True, slots=True)
class RowSound:
    """What is heard with one shot: ``dialogue`` by language (empty for the board's own), ``files`` by column.

    ``ends_music``: the music before it ends here.
    """

    dialogue: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, SoundFile] = field(default_factory=dict)
    ends_music: bool = False


Sounds = Mapping[str, RowSound]


def dump_sounds(sounds: Sounds) -> bytes:
    """The sheet as JSON, one line a shot; shots with nothing to be heard are left out."""
    rows = {name: cells for name, row in sounds.items() if (cells := _cells(row))}
    lines = [
        f"{json.dumps(name, ensure_ascii=False)}: {json.dumps(row, ensure_ascii=False)}" for name, row in rows.items()
    ]
    return "".join(['{"schema": ', str(SCHEMA), ', "shots": {\n', ",\n".join(lines), "\n}}\n"]).encode(
        "utf-8", "replace"
    )


def load_sounds(data: bytes) -> dict[str, RowSound]:
    """The rows of a sheet by shot_id. Raises ``TargetError`` when it is none, or has a newer schema."""
    try:
        whole = json.loads(data)
        if whole["schema"] > SCHEMA:
            raise TargetError(f"{SHEET} has schema {whole['schema']}, and this version reads up to {SCHEMA}")
        return {str(name): _row(cells) for name, cells in whole["shots"].items()}
    except (ValueError, TypeError, KeyError, AttributeError, ZeroDivisionError, RecursionError):
        raise TargetError(_BROKEN) from None


def _cells(row: RowSound) -> dict[str, Any]:
    files = {name: asdict(one) | {"seconds": str(one.seconds)} for name, one in row.files.items()}
    told = {"dialogue": dict(row.dialogue), "files": files, "ends_music": row.ends_music}
    return {name: value for name, value in told.items() if value}


def _row(cells: Mapping[str, Any]) -> RowSound:
    said = {str(language): str(text) for language, text in cells.get("dialogue", {}).items()}
    files = {str(name): _file(one) for name, one in cells.get("files", {}).items()}
    return RowSound(said, files, cells.get("ends_music") is True)


def _file(one: Mapping[str, Any]) -> SoundFile:
    path = one["path"]
    if not isinstance(path, str) or not path.startswith("sound/") or ".." in path:
        raise ValueError(path)
    seconds = Fraction(str(one["seconds"]))
    channels, rate = int(one.get("channels", 2)), int(one.get("rate", 48_000))
    return SoundFile(path, max(seconds, Fraction(0)), channels, rate, str(one.get("origin", "")))
