"""The takes of a target: one row for every clip of its own that came to a shot of the manifest. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from tasks.domain.result import Attempt
from tasks.domain.takes import Shelf, attempts_with_clip, counting
from tasks.domain.verdict import Verdict
from tasks.manifest import parquet_file
from tasks.manifest.rows import Row, Table, row_keys

NOBODY: Mapping[str, Sequence[Verdict]] = MappingProxyType({})
TAKES: Table = {
    "shot_id": "text",
    "key": "text",
    "take": "int",
    "in_use": "bool",
    "grade": "text",
    "verdict": "text",
    "note": "text",
    "by": "text",
    "verdict_at": "time",
    "clip": "text",
    "poster": "text",
    "sha256": "text",
    "bytes": "int",
    "container": "text",
    "has_sound": "bool",
    "provider": "text",
    "model": "text",
    "seconds": "float",
    "width": "int",
    "height": "int",
    "fps": "float",
    "qa": "text",
    "quoted_usd": "usd",
    "charged_usd": "usd",
    "at_risk_usd": "usd",
    "finished_at": "time",
}


def takes_rows(
    rows: Sequence[Row], attempts: Iterable[Attempt], shelf: Shelf, verdicts: Mapping[str, Sequence[Verdict]] = NOBODY
) -> list[Row]:
    """The takes of the manifest's ``rows``, in their order, then by number; stand-ins are none.

    ``attempts`` are those of the ledger, ``shelf`` the clips at the target, ``verdicts`` what people said by key. In
    use is the one whose clip the row names.
    """
    by_key: dict[str, list[Attempt]] = {}
    for one in attempts:
        by_key.setdefault(one.key, []).append(one)
    keys = row_keys(rows)
    made = ((row, by_key.get(keys.get(str(row["shot_id"]), ""), [])) for row in rows)
    found = []
    for row, known in made:
        own = [one for one in attempts_with_clip(known, shelf) if _is_own(row, one)]
        said = counting(own, False, verdicts.get(own[0].key, ())) if own and verdicts else {}
        found += [_row(row, one, said.get(one.n)) for one in own]
    return found


def load_takes(data: bytes) -> list[Row]:
    """The rows of a ``takes.parquet``: money as text, times as ISO 8601 UTC."""
    return parquet_file.read(data)


def _is_own(row: Row, one: Attempt) -> bool:
    """0.1 did not write which drawings are stand-ins: there the row says it."""
    drawn = one.provider == "animatic" and one.grade == "final"
    return one.brought_own_clip and not (row["status"] == "stand_in" and drawn)


def _row(row: Row, one: Attempt, said: Verdict | None) -> Row:
    clip = one.clip
    assert clip is not None  # noqa: S101 - only attempts with a clip come here
    names = ("sha256", "bytes", "poster", "container", "seconds", "width", "height", "fps")
    cells: Row = {column: "" for column, kind in TAKES.items() if kind in ("text", "time")}
    cells |= {name: getattr(clip, name) for name in names}
    cells |= {"shot_id": row["shot_id"], "key": one.key, "take": one.n, "grade": one.grade, "clip": clip.path}
    cells |= {"verdict": said.kind, "note": said.note, "by": said.by, "verdict_at": said.at} if said else {}
    cells["qa"] = one.qa
    cells |= {"in_use": (row["clip"], row["sha256"]) == (clip.path, clip.sha256), "has_sound": clip.audio}
    cells |= {"provider": one.provider, "model": one.model, "finished_at": one.settled_at}
    cells |= {"quoted_usd": one.quoted, "charged_usd": one.charged, "at_risk_usd": one.at_risk}
    return {column: cells[column] for column in TAKES}
