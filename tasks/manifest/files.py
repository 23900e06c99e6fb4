"""The tables that a run leaves at its target: their bytes, and the manifest read back."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from tasks.domain.errors import Fault, TargetError
from tasks.domain.money import usd_text
from tasks.domain.result import STATUSES, Attempt, ShotResult
from tasks.domain.takes import Shelf
from tasks.domain.verdict import Verdict
from tasks.manifest import csv_file, parquet_file
from tasks.manifest.costs import SCHEMA_VERSION, books, costs_of, status_of
from tasks.manifest.refunds import REFUNDS, has_flaws, refund_rows
from tasks.manifest.rows import ADDED, ATTEMPTS, MANIFEST, Row, Table, attempt_rows, extra_names, rows
from tasks.manifest.takes import TAKES, takes_rows

_NO_MANIFEST = "manifest.json cannot be read: it is no manifest of storyreel"
_WORDS = {
    "text": "text",
    "time": "text",
    "int": "a whole number or null",
    "float": "a number or null",
    "usd": "an amount as text",
    "bool": "true, false or null",
}


@dataclass(frozen=True, slots=True)
class TableHead:
    """What the tables say of their run. ``board`` and ``target`` are written as given.

    ``extra_columns`` are the board's own; ``budget`` is the target's in US dollars, None where there is none;
    ``verdicts`` are what people said of takes, by key.
    """

    run_id: str
    board: str
    target: str
    extra_columns: Sequence[str] = ()
    budget: Decimal | None = None
    verdicts: Mapping[str, Sequence[Verdict]] = field(default_factory=dict)


def build_tables(
    results: Sequence[ShotResult], history: Sequence[Attempt], shelf: Shelf, head: TableHead
) -> dict[str, bytes]:
    """Every table of a target by its file name, ready to be written whole.

    ``results`` are in board order; ``history`` is every attempt of the target over all runs, also under keys that no
    row has; ``shelf`` are the clips that are there. ``refunds.csv`` is there only where some clip is not as asked.
    """
    known = books(results, history, shelf)
    manifest: Table = {**MANIFEST, **dict.fromkeys(extra_names(head.extra_columns).values(), "text")}
    shots, attempts = rows(known, head.extra_columns), attempt_rows(known)
    takes = takes_rows(shots, known.history, shelf, head.verdicts)
    refunds = {"refunds.csv": csv_file.write(REFUNDS, refund_rows(history, head.target))} if has_flaws(history) else {}
    told = {name: getattr(head, name) for name in ("run_id", "board", "target")}
    return {
        "manifest.parquet": parquet_file.write(manifest, shots),
        "manifest.csv": csv_file.write(manifest, shots),
        "manifest.json": _json({"schema_version": SCHEMA_VERSION, **told}, shots),
        "attempts.parquet": parquet_file.write(ATTEMPTS, attempts),
        "attempts.csv": csv_file.write(ATTEMPTS, attempts),
        "takes.parquet": parquet_file.write(TAKES, takes),
        "takes.csv": csv_file.write(TAKES, takes),
        **refunds,
        "costs.json": _pretty(costs_of(known, run_id=head.run_id, budget=head.budget)),
    }


def summary(results: Sequence[ShotResult]) -> dict[str, int]:
    """How many shots have each of the six statuses, 0 where none has it."""
    found = Counter(map(status_of, results))
    return {status: found[status] for status in STATUSES}


def load_manifest(data: bytes) -> list[Row]:
    """The shots of a ``manifest.json`` as JSON values: money text, empty numbers None.

    A manifest of schema 1 has none of the columns that schema 2 added: a column of such a name is the board's own.
    Raises ``TargetError`` with every fault when it is no manifest, has a newer schema or has cells of another kind.
    """
    return read_manifest(data)[0]


def read_manifest(data: bytes) -> tuple[list[Row], dict[str, Any]]:
    """The shots of a ``manifest.json``, as `load_manifest` gives them, and what else it says of itself.

    Raises ``TargetError`` with every fault when it is no manifest, has a newer schema or has cells of another kind.
    """
    shots, head = _shots(data)
    faults = [fault for shot in shots for fault in _faults(shot)]
    if faults:
        raise TargetError(faults)
    return shots, head


def load_attempts(data: bytes) -> list[Row]:
    """The rows of an ``attempts.parquet``: money as text, times as ISO 8601 UTC."""
    return parquet_file.read(data)


def _json(head: Mapping[str, Any], listed: Iterable[Row]) -> bytes:
    """JSON with one line a shot: small, quick, and a change shows in a diff as the lines that changed."""
    parts = [json.dumps(head, ensure_ascii=False)[:-1].encode("utf-8", "replace"), b', "shots": [']
    for one in listed:
        parts += [b"\n" if len(parts) == 2 else b",\n", json.dumps(one, ensure_ascii=False, default=usd_text).encode()]
    return b"".join([*parts, b"]}\n" if len(parts) == 2 else b"\n]}\n"])


def _pretty(value: Mapping[str, Any]) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode("utf-8", "replace")


def _shots(data: bytes) -> tuple[list[Row], dict[str, Any]]:
    try:
        whole = json.loads(data)
    except (ValueError, RecursionError):
        raise TargetError(_NO_MANIFEST) from None
    head = whole if isinstance(whole, dict) else {}
    version, shots = head.get("schema_version"), head.pop("shots", None)
    if type(version) is int and version > SCHEMA_VERSION:
        raise TargetError(f"manifest.json has schema {version}, and this version reads up to {SCHEMA_VERSION}")
    if type(version) is int and version > 0 and isinstance(shots, list) and all(map(_is_row, shots)):
        return _of_schema_1(shots) if version == 1 else shots, head
    raise TargetError(_NO_MANIFEST)


def _of_schema_1(shots: list[Row]) -> list[Row]:
    """Rows that 0.1 wrote, where a column that it did not know is the board's and is renamed as today."""
    old = MANIFEST.keys() - ADDED
    extras = dict.fromkeys(name for shot in shots for name in shot if name not in old)
    names = extra_names(tuple(extras))
    return [{names.get(name, name): value for name, value in shot.items()} for shot in shots]


def _is_row(value: Any) -> bool:
    return isinstance(value, dict)


def _faults(shot: Row) -> list[Fault]:
    cells = {"shot_id": None, "status": None, **shot}
    shot_id = str(cells["shot_id"] or "")
    return [
        Fault(0, shot_id, name, str(value), f"manifest.json should have {_right(name)} here")
        for name, value in cells.items()
        if not _fits(name, value)
    ]


def _right(column: str) -> str:
    return f"one of {', '.join(STATUSES)}" if column == "status" else _WORDS[MANIFEST.get(column, "text")]


def _fits(column: str, value: Any) -> bool:
    kind = MANIFEST.get(column, "text")
    if column == "status":
        return value in STATUSES
    if kind in ("text", "time"):
        return isinstance(value, str)
    if kind == "usd":
        return isinstance(value, str) and _is_money(value)
    if value is None:
        return True
    if kind == "bool":
        return isinstance(value, bool)
    kinds = (int,) if kind == "int" else (int, float)
    return type(value) in kinds and abs(value) < 2**63


def _is_money(text: str) -> bool:
    try:
        return abs(Decimal(text)) < 10**12
    except InvalidOperation:
        return False
