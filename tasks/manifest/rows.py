"""The rows of a target's tables, one for each shot and one for each attempt, as Python values. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal

from tasks.domain.identity import key_of, number_text
from tasks.domain.money import ZERO
from tasks.domain.result import Attempt, Clip, ShotResult, has_own_clip
from tasks.manifest.costs import Books, Money, status_of

Kind = Literal["text", "time", "int", "float", "usd", "usd?", "bool"]  # all but text, time and usd may be None
Table = Mapping[str, Kind]  # column -> kind of its cells, in the order of the columns
Row = dict[str, Any]

MANIFEST: Table = {
    "shot_id": "text",
    "scene": "text",
    "mode": "text",
    "status": "text",
    "provider": "text",
    "model": "text",
    "attempts": "int",
    "clip": "text",
    "sha256": "text",
    "bytes": "int",
    "width": "int",
    "height": "int",
    "fps": "float",
    "duration_s": "float",
    "requested_s": "float",
    "mismatch": "text",
    "frame": "text",
    "poster": "text",
    "quoted_usd": "usd",
    "charged_usd": "usd",
    "charge_basis": "text",
    "wasted_usd": "usd",
    "at_risk_usd": "usd",
    "error_class": "text",
    "error": "text",
    "job_id": "text",
    "submitted_at": "time",
    "finished_at": "time",
    "fingerprint": "text",
    "prompt": "text",
    "grade": "text",
    "take": "int",
    "takes": "int",
    "verdict": "text",
    "note": "text",
    "stale": "text",
    "qa": "text",
    "has_sound": "bool",
    "container": "text",
    "origin": "text",
    "in_use_usd": "usd",
    "alternates_usd": "usd",
    "key": "text",
}
ADDED = frozenset(list(MANIFEST)[list(MANIFEST).index("prompt") + 1 :])  # with schema 2
ATTEMPTS: Table = {
    "shot_id": "text",
    "fingerprint": "text",
    "n": "int",
    "run_id": "text",
    "provider": "text",
    "model": "text",
    "outcome": "text",
    "error_class": "text",
    "error": "text",
    "job_id": "text",
    "sent_s": "float",
    "sent_size": "text",
    "quoted_usd": "usd",
    "charged_usd": "usd",
    "charge_basis": "text",
    "wasted_usd": "usd",
    "at_risk_usd": "usd",
    "submitted_at": "time",
    "settled_at": "time",
    "key": "text",
    "order_id": "text",
    "estimate_usd": "usd?",
    "in_use_usd": "usd",
    "alternates_usd": "usd",
    "started_from": "int",
    "qa": "text",
}

_EMPTY: Mapping[Kind, Any] = {"text": "", "time": "", "usd": ZERO}
_OF_CLIP = (
    *("clip", "sha256", "bytes", "width", "height", "fps", "poster", "duration_s", "has_sound", "container", "origin"),
    *("mismatch", "provider", "model", "job_id", "submitted_at", "finished_at"),
)
_BASES = ("unknown", "price_list", "reported", "free")  # from the least certain to what costs nothing
_SHORT = Decimal("0.9")
_SAYS = ("status", "frame", "error_class", "error", "fingerprint", "verdict", "note")  # of a result itself


def rows(known: Books, extra_columns: Sequence[str] = ()) -> list[Row]:
    """The manifest's rows in board order, as Python values: money Decimal, empty numbers None."""
    extras = extra_names(extra_columns)
    return [_row(known, i, extras) for i in range(len(known.results))]


def _row(known: Books, i: int, extras: Mapping[str, str]) -> Row:
    """One manifest row in the order of its columns. ``extras`` has the names of the board's further columns."""
    result, attempts, made = known.results[i], known.by_row[i], known.makers[i]
    teller = made or (attempts[-1] if attempts else None)
    cells = _kept_cells(result) if result.kept is not None else _fresh_cells(result, teller, made)
    extra = _extra_cells(result, extras)
    cells |= known.money(attempts).cells()
    cells |= {"attempts": len(attempts), "charge_basis": _basis(attempts, teller)}
    cells |= {"take": made.n if made else None, "takes": known.count(attempts), "key": result.key}
    cells["grade"] = made.grade if made and (made.grade == "draft" or has_own_clip(status_of(result))) else ""
    cells |= {"qa": made.qa if made else "", "stale": result.stale}
    return {column: _clean(cells.get(column, _EMPTY.get(kind))) for column, kind in MANIFEST.items()} | {
        name: _clean(extra[name]) for name in extras.values()
    }


def attempt_rows(known: Books) -> list[Row]:
    """The rows of the attempts by time of submission, then key and n.

    An attempt that a row pays for has the id of that shot today; the others keep the id that they were made with.
    """
    pairs = zip(known.results, known.by_row, strict=True)
    today = {made[0].key: result.shot.shot_id for result, made in pairs if made}
    ordered = sorted(known.history, key=lambda one: (one.submitted_at, one.key, one.n))
    return [_attempt_row(one, today.get(one.key, one.shot_id), known.money((one,))) for one in ordered]


def extra_names(extra_columns: Sequence[str]) -> dict[str, str]:
    """The board's further columns -> their names in the manifest: ``board_`` is put before a name that is taken."""
    taken = {*MANIFEST, *extra_columns}
    names: dict[str, str] = {}
    for column in extra_columns:
        name = column
        while name in MANIFEST or (name != column and name in taken):
            name = f"board_{name}"
        taken.add(name)
        names[column] = name
    return names


def mismatch(clip: Clip, made: Attempt) -> str:
    """How a clip differs from what was ordered, in words: under 90 % of the seconds, or another size; else empty."""
    return "; ".join(filter(None, (_shortness(clip, made), _other_size(clip, made))))


def shortfall(clip: Clip, made: Attempt) -> str:
    """How a clip is less than what was ordered, in words: as `mismatch`, but a larger picture is not less."""
    wide, _, high = made.size.partition("x")
    larger = wide.isdecimal() and high.isdecimal() and clip.width >= int(wide) and clip.height >= int(high)
    return "; ".join(filter(None, (_shortness(clip, made), "" if larger else _other_size(clip, made))))


def _shortness(clip: Clip, made: Attempt) -> str:
    if Decimal(str(clip.seconds)) >= made.seconds * _SHORT:
        return ""
    return f"is {clip.seconds:.1f} s long, {number_text(made.seconds)} s were sent"


def _other_size(clip: Clip, made: Attempt) -> str:
    size = f"{clip.width}x{clip.height}"
    return f"is {size}, {made.size} was sent" if made.size and size != made.size else ""


def _fresh_cells(result: ShotResult, teller: Attempt | None, made: Attempt | None) -> Row:
    shot = result.shot
    return {
        **{name: getattr(shot, name) for name in ("shot_id", "scene", "mode", "prompt")},
        **{name: getattr(result, name) for name in _SAYS},
        **(_clip_cells(result.clip, made) if result.clip else {}),
        **(_told_cells(teller) if teller else {}),
        "requested_s": float(shot.seconds),
    }


def _clip_cells(clip: Clip, made: Attempt | None) -> Row:
    return {
        "clip": clip.path,
        **{name: getattr(clip, name) for name in ("sha256", "bytes", "width", "height", "fps", "poster")},
        "duration_s": clip.seconds,
        "has_sound": clip.audio,
        "container": clip.container,
        "origin": clip.origin,
        "mismatch": mismatch(clip, made) if made else "",
    }


def _told_cells(attempt: Attempt) -> Row:
    names = ("provider", "model", "job_id", "submitted_at")
    return {**{name: getattr(attempt, name) for name in names}, "finished_at": attempt.settled_at}


def kept_again(result: ShotResult) -> Row:
    """The last row of a shot that a run left alone, with the clip that verdicts have put in use since, or none."""
    cells, made = _fresh_cells(result, result.made_by, result.made_by), dict(result.kept or {})
    stays = ("shot_id", "scene", "mode", "prompt", "requested_s", "frame", "fingerprint")
    told = {name: cells.get(name, _EMPTY.get(kind)) for name, kind in MANIFEST.items() if name not in stays}
    return made | {name: value for name, value in told.items() if name in (*_SAYS, *_OF_CLIP)}


def _kept_cells(result: ShotResult) -> Row:
    """The last row's cells, but with the id of today's board, which is sure to be unique."""
    cells = {name: value for name, value in (result.kept or {}).items() if name in MANIFEST}
    return cells | {"shot_id": result.shot.shot_id, "status": status_of(result)}


def _extra_cells(result: ShotResult, extras: Mapping[str, str]) -> Row:
    if result.kept is not None:
        return {name: result.kept.get(name, "") for name in extras.values()}
    return {name: result.shot.extras.get(column, "") for column, name in extras.items()}


def _basis(attempts: Iterable[Attempt], teller: Attempt | None) -> str:
    """The least certain basis of the attempts that charged anything; where none did, that of ``teller``."""
    charged = {one.basis for one in attempts if one.charged}
    return min(charged, key=_BASES.index) if charged else teller.basis if teller else ""


def _attempt_row(attempt: Attempt, shot_id: str, money: Money) -> Row:
    cells = {
        **money.cells(),
        "shot_id": shot_id,
        "sent_s": float(attempt.seconds),
        "sent_size": attempt.size,
        "charge_basis": attempt.basis,
        "estimate_usd": attempt.estimate,
        "started_from": attempt.started_from.take if attempt.started_from else None,
    }
    return {column: _clean(cells[column] if column in cells else getattr(attempt, column)) for column in ATTEMPTS}


def _clean(value: Any) -> Any:
    """The value without lone surrogates, which a gateway's JSON can hold: they cannot be written as UTF-8."""
    if isinstance(value, str) and not value.isascii():
        return value.encode("utf-8", "replace").decode()
    return value


def row_keys(rows: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The ledger's key of each row of a manifest, by shot_id: from its column, else counted as by 0.1, which had no
    such column."""
    seen: Counter[str] = Counter()
    keys = {}
    for row in rows:
        if fingerprint := str(row.get("fingerprint") or ""):
            seen[fingerprint] += 1
            told = str(row.get("key") or "")
            name, _, k = told.rpartition("-")
            fits = name == fingerprint[:16] and k.isdecimal()
            keys[str(row["shot_id"])] = told if fits else key_of(fingerprint, seen[fingerprint])
    return keys
