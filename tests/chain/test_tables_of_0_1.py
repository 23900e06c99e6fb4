"""What today's code writes of a target of 0.1, cell by cell against what was written before the code lay in rooms."""

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tasks.manifest.rows import ATTEMPTS
from tests.chain.test_targets_of_0_1 import NAMES, WRITTEN, Film

#: What each run makes anew. What 0.1 wrote of it has to stay; else only its kind is compared.
OWN = {
    "run": r"\b\d{8}T\d{6}Z-[0-9a-f]{6}\b",
    "time": r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z",
    "order": r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b",
    "job": r"\bjob-[0-9a-f]{32}\b",
    "sha256": r"\b[0-9a-f]{64}\b",
}
FILLED_SINCE = ("container", "origin", "qa")  # columns of rows that nothing was written into yet


def as_text(moment: datetime | None) -> str:
    """A time as every table held it before Parquet had timestamps."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z") if moment else ""


def tables_at(target: Path, known: str) -> dict[str, Any]:
    """The three tables. A new clip's digest and size are its encoder's: of these, too, only the kind is compared."""
    tables = {name: json.loads((target / f"{name}.json").read_bytes()) for name in ("manifest", "costs")}
    tables["attempts"] = pq.read_table(target / "attempts.parquet").to_pylist()
    for row in tables["attempts"]:
        row |= {name: as_text(row[name]) for name, kind in ATTEMPTS.items() if kind == "time"}
    text = json.dumps(tables, default=str).replace(str(target.parent), "<folder>")
    own = "|".join(f"(?P<{kind}>{pattern})" for kind, pattern in OWN.items())
    found: dict[str, Any] = json.loads(re.sub(own, lambda it: it[0] if it[0] in known else f"<{it.lastgroup}>", text))
    for row in found["manifest"]["shots"]:
        row["bytes"] = "<bytes>" if row["sha256"] == "<sha256>" else row["bytes"]
    return found


def without_more(found: Any, like: Any) -> Any:
    """What was found, less the columns and sums that ``like`` does not know or did not fill yet."""
    if isinstance(like, dict) and isinstance(found, dict):
        empty = {name: value for name, value in like.items() if name in FILLED_SINCE and not value}
        return {name: without_more(value, like[name]) for name, value in found.items() if name in like} | empty
    if isinstance(like, list) and isinstance(found, list) and len(like) == len(found):
        return [without_more(one, other) for one, other in zip(found, like, strict=True)]
    return found


@pytest.mark.parametrize("name", NAMES)
async def test_every_table_is_what_it_was_before_the_rooms(name: str, tmp_path: Path) -> None:
    """Each sum and cell is the same. Three things may differ: what a run makes anew (its id, times, orders, and the
    jobs and clips that it got), columns that were added since, and those that stood empty then."""
    film = Film(name, tmp_path)
    await film.render()
    known = (WRITTEN / f"{name}.json").read_text(encoding="utf-8")
    before = json.loads((WRITTEN / "tables" / f"{name}.json").read_text(encoding="utf-8"))
    assert without_more(tables_at(film.target, known), before) == before
