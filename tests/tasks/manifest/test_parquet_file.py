"""Tables as Parquet: times are instants, and tables with text times of an earlier version are read alike."""

import io
import json
from decimal import Decimal
from typing import Any

import pandas
import pyarrow
import pytest
from pyarrow import parquet

from tasks.manifest.files import TableHead, build_tables, load_attempts, load_manifest
from tasks.manifest.rows import ATTEMPTS, MANIFEST, Table
from tasks.manifest.takes import TAKES, load_takes
from tests.tasks.purchases import attempt, bought, clip, result, shelf_of, shot

TIMES = {
    "manifest": ("submitted_at", "finished_at"),
    "attempts": ("submitted_at", "settled_at"),
    "takes": ("verdict_at", "finished_at"),
}
COLUMNS = {"manifest": MANIFEST, "attempts": ATTEMPTS, "takes": TAKES}


def tables() -> dict[str, bytes]:
    """A target of two scenes whose first clip took 83.25 s, and whose last row was never ordered."""
    made = bought(submitted_at="2026-11-20T10:00:01.500Z", settled_at="2026-11-20T10:01:24.750Z")
    more = clip(path="clips/sh020-bbbbbbbb.mp4", sha256="cd" * 32)
    other = attempt("a" * 16 + "-2", clip=more, charged=Decimal("1.20"), submitted_at="2026-11-20T10:00:01Z")
    results = [
        result(made_by=made, clip=clip()),
        result(made_by=other, clip=more, key=other.key, shot=shot("sh020", scene="B")),
        result("skipped", key="c" * 16 + "-1", shot=shot("sh030", scene="B")),
    ]
    return build_tables(results, [made, other], shelf_of([made, other]), TableHead("run-1", "b.csv", "out"))


def as_of_0_1(data: bytes, table: Table) -> bytes:
    """The same table with times as text, as they were written before."""
    found = parquet.read_table(io.BytesIO(data))
    for column in (name for name, kind in table.items() if kind == "time"):
        texts = [
            "" if one is None else one.isoformat(timespec="milliseconds")[:-6] + "Z"
            for one in found[column].to_pylist()
        ]
        found = found.set_column(found.column_names.index(column), column, pyarrow.array(texts, pyarrow.string()))
    sink = io.BytesIO()
    parquet.write_table(found, sink)
    return sink.getvalue()


@pytest.mark.parametrize("name", TIMES)
def test_times_are_instants(name: str) -> None:
    """Columns of times are UTC timestamps in each table; where nothing happened there is none."""
    schema = parquet.read_table(io.BytesIO(tables()[f"{name}.parquet"])).schema
    assert {column: schema.field(column).type for column in TIMES[name]} == dict.fromkeys(
        TIMES[name], pyarrow.timestamp("us", "UTC")
    )
    assert tuple(column for column, kind in COLUMNS[name].items() if kind == "time") == TIMES[name]


def test_pandas_counts_with_times_and_money() -> None:
    """The difference of two times is a length, and money adds up by scene."""
    frame = pandas.read_parquet(io.BytesIO(tables()["manifest.parquet"]))
    waited = frame["finished_at"] - frame["submitted_at"]
    assert waited[0] == pandas.Timedelta(seconds=83.25)
    assert waited.isna().tolist() == [False, True, True]
    sums = frame.groupby("scene").charged_usd.sum()
    assert sums.to_dict() == {"A": Decimal("0.80"), "B": Decimal("1.20")}


def test_csv_and_json_keep_times_as_written() -> None:
    """Only Parquet has a type for a time; the others hold the text."""
    made = tables()
    assert [row["submitted_at"] for row in load_manifest(made["manifest.json"])][:1] == ["2026-11-20T10:00:01.500Z"]
    assert b",2026-11-20T10:00:01.500Z," in made["manifest.csv"]
    assert json.loads(made["manifest.json"])["shots"][2]["finished_at"] == ""


@pytest.mark.parametrize(("name", "load"), [("attempts", load_attempts), ("takes", load_takes)])
def test_times_come_back_as_text_from_tables_of_both_forms(name: str, load: Any) -> None:
    """Read back, a time is the text of the ledger, whichever form the table has; money is text."""
    data = tables()[f"{name}.parquet"]
    found = load(data)
    assert load(as_of_0_1(data, COLUMNS[name]))[0] == found[0]
    assert found[0][TIMES[name][1]] == "2026-11-20T10:01:24.750Z"
    assert found[1][TIMES[name][1]] == ""
    assert found[0]["charged_usd"] == "0.80"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2026-11-20T10:00:01.500Z", "2026-11-20T10:00:01.500Z"),
        ("2026-11-20T12:00:01.500+02:00", "2026-11-20T10:00:01.500Z"),
        ("2026-11-20T10:00:01", "2026-11-20T10:00:01.000Z"),
        ("2026-11-20T10:00:01.123456Z", "2026-11-20T10:00:01.123456Z"),
        ("1969-12-31T23:59:59.250Z", "1969-12-31T23:59:59.250Z"),
        ("0001-01-01T00:00:00+14:00", ""),
        ("yesterday", ""),
        ("", ""),
    ],
)
def test_what_is_no_time_is_left_empty(text: str, read: str) -> None:
    """Any zone comes to UTC, none counts as UTC, and what cannot be read costs its cell and no table."""
    made = bought(submitted_at=text)
    built = build_tables([result(made_by=made, clip=clip())], [made], shelf_of([made]), TableHead("r", "b", "t"))
    assert load_attempts(built["attempts.parquet"])[0]["submitted_at"] == read
