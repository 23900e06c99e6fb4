import csv
import io
import json
import re
import sys
from decimal import Decimal
from subprocess import run
from time import process_time
from typing import Any

import pandas
import pyarrow
import pytest
from hypothesis import given, settings
from pyarrow import parquet

from tasks.domain.errors import TargetError
from tasks.domain.result import STATUSES, Attempt, ShotResult
from tasks.manifest.files import TableHead, build_tables, load_manifest, summary
from tasks.manifest.rows import ADDED, ATTEMPTS, MANIFEST, extra_names
from tests.tasks.purchases import MONEY, attempt, bought, clip, result, shelf_of, shot, targets

Target = tuple[list[ShotResult], list[Attempt]]


def written(results: list[ShotResult], history: list[Attempt], extras: tuple[str, ...] = ()) -> dict[str, bytes]:
    return build_tables(results, history, shelf_of(history), TableHead("run-1", "board.csv", "out/demo", extras))


def disarmed(text: str) -> str:
    return f"'{text}" if re.match(r"[\s\0]*[=+@\t\r-]", text) else text


def read_csv(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True))


def read_parquet(data: bytes) -> Any:
    return parquet.read_table(io.BytesIO(data))


def summed(rows: list[dict[str, Any]]) -> dict[str, Decimal]:
    return {column: sum((Decimal(row[column]) for row in rows), Decimal(0)) for column in MONEY}


@settings(max_examples=60, deadline=None)  # a loaded machine is no finding
@given(targets())
def test_sums_hold_in_every_file(target: Target) -> None:
    """JSON, CSV and Parquet hold the same money: attempts are the totals, rows are the scenes."""
    made = written(*target, ("lens",))
    money = json.loads(made["costs.json"])
    attempts = summed(read_csv(made["attempts.csv"]))
    assert attempts == summed(read_parquet(made["attempts.parquet"]).to_pylist()) == summed([money["totals"]])
    rows = summed(read_csv(made["manifest.csv"]))
    assert rows == summed(read_parquet(made["manifest.parquet"]).to_pylist())
    assert rows == summed(load_manifest(made["manifest.json"])) == summed([*money["by_scene"].values()])
    left = attempts["charged_usd"] + attempts["at_risk_usd"] - rows["charged_usd"] - rows["at_risk_usd"]
    assert left == Decimal(money["superseded_usd"])


@settings(max_examples=60, deadline=None)  # a loaded machine is no finding
@given(targets())
def test_text_survives(target: Target) -> None:
    """Whatever a prompt or an error holds comes back from all three, in CSV behind the quote that disarms it."""
    results, history = target
    made = written(results, history, ("note",))
    shots = load_manifest(made["manifest.json"])
    plain = read_parquet(made["manifest.parquet"]).to_pylist()
    assert [row["shot_id"] for row in shots] == [one.shot.shot_id for one in results]
    for left, right, shown in zip(shots, plain, read_csv(made["manifest.csv"]), strict=True):
        assert left["prompt"] == right["prompt"]
        assert shown["prompt"] == disarmed(left["prompt"])
    errors = sorted(row["error"] for row in read_csv(made["attempts.csv"]))
    assert errors == sorted(disarmed(one.error) for one in history)


def test_names_and_columns() -> None:
    """Eight files; the tables have their columns in order in each format, the board's own at the end."""
    made = written([result(shot=shot(extras={"lens": "50"}))], [bought()], ("lens",))
    tables = {f"{name}.{kind}" for name in ("manifest", "attempts", "takes") for kind in ("parquet", "csv")}
    assert set(made) == {*tables, "manifest.json", "costs.json"}
    for name, columns in (("manifest", [*MANIFEST, "lens"]), ("attempts", list(ATTEMPTS))):
        assert made[f"{name}.csv"].decode("utf-8-sig").split("\n")[0] == ",".join(columns)
        assert read_parquet(made[f"{name}.parquet"]).column_names == columns
    assert list(load_manifest(made["manifest.json"])[0]) == [*MANIFEST, "lens"]


@pytest.mark.parametrize("name", ["manifest", "attempts"])
@pytest.mark.parametrize("rows", [0, 1])
def test_parquet_types(name: str, rows: int) -> None:
    """Money is exact decimal, counts are integers, measures doubles, times timestamps, the rest text, in an empty table
    too."""
    schema = read_parquet(written([result("failed")] * rows, [attempt()] * rows, ("n",))[f"{name}.parquet"]).schema
    kinds = {
        "text": pyarrow.string(),
        "time": pyarrow.timestamp("us", "UTC"),
        "int": pyarrow.int64(),
        "float": pyarrow.float64(),
        "usd": pyarrow.decimal128(18, 6),
        "usd?": pyarrow.decimal128(18, 6),
        "bool": pyarrow.bool_(),
    }
    table = {**MANIFEST, "n": "text"} if name == "manifest" else ATTEMPTS
    assert {field.name: field.type for field in schema} == {column: kinds[kind] for column, kind in table.items()}


def test_json() -> None:
    """The manifest's head, money as text, numbers as numbers, empty text as text and empty numbers as null."""
    made = bought(charged="0.125")
    whole = json.loads(
        written([result(made_by=made, clip=clip()), result("skipped", key="b-1")], [made])["manifest.json"]
    )
    assert list(whole) == ["schema_version", "run_id", "board", "target", "shots"]
    assert [whole[name] for name in list(whole)[:4]] == [2, "run-1", "board.csv", "out/demo"]
    full, empty = whole["shots"]
    assert (full["charged_usd"], full["quoted_usd"], full["bytes"], full["fps"]) == ("0.125", "0.80", 1000, 24.0)
    assert (empty["charged_usd"], empty["clip"], empty["bytes"], empty["fps"]) == ("0.00", "", None, None)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_csv_cells_that_a_spreadsheet_would_run(start: str) -> None:
    """Text that would run gets a quote before it: cells of the board, its headers, errors; numbers stay numbers."""
    text = f"{start}1"
    one = attempt(outcome="failed", error=text, job_id=text, seconds=Decimal(-1))
    asked = shot(text, scene=text, prompt=text, extras={text: text})
    made = written([result("failed", shot=asked, error=text)], [one], (text,))
    (row,) = read_csv(made["manifest.csv"])
    names = ("shot_id", "scene", "prompt", "error", "job_id", f"'{text}")
    assert [row[name] for name in names] == [f"'{text}"] * len(names)
    (row,) = read_csv(made["attempts.csv"])
    assert (row["error"], row["sent_s"]) == (f"'{text}", "-1.0")
    assert load_manifest(made["manifest.json"])[0]["prompt"] == text


def test_csv_bytes() -> None:
    """RFC 4180 with LF behind a byte order mark: quotes doubled, a bare CR inside quotes, money with two decimals."""
    made = written([result("failed", shot=shot(prompt='a "b"\nc'), error="x\ry")], [attempt()])["manifest.csv"]
    assert made.startswith(b"\xef\xbb\xbfshot_id,")
    assert made.count(b"\r") == 1
    assert b'"a ""b""\nc"' in made
    assert b'"x\ry"' in made
    assert b",0.80,0.00,unknown,0.00,0.00," in made


def test_half_a_surrogate_pair() -> None:
    """A gateway's broken character costs that character and no table."""
    made = written([result("failed", error="bad \ud800")], [attempt(error="bad \ud800")])
    assert load_manifest(made["manifest.json"])[0]["error"] == "bad ?"
    assert read_csv(made["attempts.csv"])[0]["error"] == "bad ?"


def test_pandas_reads_both() -> None:
    """What people open the tables with reads money exactly and leaves empty numbers empty."""
    made = written([result("failed"), result("skipped", key="b-1")], [attempt(charged=Decimal("0.1"))])
    frame = pandas.read_parquet(io.BytesIO(made["manifest.parquet"]))
    assert frame["charged_usd"].tolist() == [Decimal("0.100000"), Decimal(0)]
    assert frame["bytes"].isna().all()
    shown = pandas.read_csv(io.BytesIO(made["manifest.csv"]), dtype=str, keep_default_na=False)
    assert shown["charged_usd"].tolist() == ["0.10", "0.00"]


@settings(max_examples=60, deadline=None)  # a loaded machine is no finding
@given(targets())
def test_a_manifest_keeps_itself(target: Target) -> None:
    """Rows read back and kept give the same manifest, but that what was rendered is reused."""
    results, history = target
    before = load_manifest(written(results, history, ("note",))["manifest.json"])
    again = [result("skipped", shot=one.shot, key=one.key, kept=row) for one, row in zip(results, before, strict=True)]
    after = load_manifest(written(again, history, ("note",))["manifest.json"])
    assert after == [row | {"status": row["status"].replace("rendered", "reused")} for row in before]


def test_summary_has_all_six() -> None:
    """Each status has its count, a kept row by what it is today."""
    counts = summary([result("failed"), result("skipped", kept={"status": "rendered"})])
    assert counts == {**dict.fromkeys(STATUSES, 0), "failed": 1, "reused": 1}


def whole(version: int = 2, **cells: Any) -> bytes:
    shots = [{"shot_id": "sh010", "status": "failed", **cells}]
    return json.dumps({"schema_version": version, "shots": shots}).encode()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "no manifest"),
        (b"\xff\xfe\x00", "no manifest"),
        (b"[]", "no manifest"),
        (b"7", "no manifest"),
        (b"[" * 100_000, "no manifest"),
        (b'{"shots": []}', "no manifest"),
        (b'{"schema_version": true, "shots": []}', "no manifest"),
        (b'{"schema_version": 1, "shots": {}}', "no manifest"),
        (b'{"schema_version": 1, "shots": [1]}', "no manifest"),
        (b'{"schema_version": 3}', "schema 3, and this version reads up to 2"),
        (b'{"schema_version": 3, "shots": []}', "schema 3, and this version reads up to 2"),
        (whole(status="odd"), "one of rendered"),
        (whole(status=["failed"]), "one of rendered"),
        (whole(shot_id=7), "shot_id"),
        (whole(prompt=None), "prompt"),
        (whole(lens=50), "lens"),
        (whole(bytes="many"), "bytes"),
        (whole(take="one"), "take"),
        (whole(has_sound="yes"), "has_sound"),
        (whole(bytes=2**70), "bytes"),
        (whole(attempts=1.5), "attempts"),
        (whole(fps=float("nan")), "fps"),
        (whole(duration_s=True), "duration_s"),
        (whole(charged_usd=0.8), "charged_usd"),
        (whole(charged_usd="NaN"), "charged_usd"),
        (whole(charged_usd="1e99"), "charged_usd"),
        (whole(charged_usd="much"), "charged_usd"),
    ],
)
def test_load_refuses(data: bytes, said: str) -> None:
    """What is no manifest of a schema known here is refused in words."""
    with pytest.raises(TargetError, match=said):
        load_manifest(data)


def test_columns_of_a_board_in_a_manifest_of_0_1() -> None:
    """Of schema 1, columns with names that came later are the board's, under the names that they have today."""
    cells = {"prompt": "a cat", "note": "dusk", "board_take": "b", "take": "4", "key": "C minor", "lens": "50"}
    (row,) = load_manifest(whole(1, **cells))
    today = list(extra_names(("note", "board_take", "take", "key", "lens")).values())
    assert today == ["board_note", "board_take", "board_board_take", "board_key", "lens"]
    assert [row[name] for name in today] == ["dusk", "b", "4", "C minor", "50"]
    assert not ADDED & row.keys()
    assert load_manifest(whole(2, note="ours"))[0]["note"] == "ours"


def test_load_tells_all_faults() -> None:
    """Two bad cells are two faults, with the shot and the column."""
    with pytest.raises(TargetError) as caught:
        load_manifest(whole(fps="x", bytes="y"))
    assert {(fault.shot_id, fault.column) for fault in caught.value.faults} == {("sh010", "fps"), ("sh010", "bytes")}


def effort(shots: int) -> tuple[float, dict[str, bytes]]:
    """CPU seconds that the tables of so many shots take, and the tables."""
    history = [attempt(f"{i:016x}-1", n, charged=Decimal("0.1")) for i in range(shots) for n in (1, 2)]
    results = [result(key=one.key, made_by=one, clip=clip(), shot=shot(one.key)) for one in history[::2]]
    since = process_time()
    made = written(results, history)
    return process_time() - since, made


def test_ten_thousand_rows() -> None:
    """The work grows with the rows and not with their square: ten times the shots, well under thirty times the work."""
    few, _ = min((effort(500) for _ in range(3)), key=lambda pair: pair[0])
    many, made = effort(5_000)  # two attempts each
    assert many < 30 * few
    assert json.loads(made["costs.json"])["totals"]["wasted_usd"] == "500.00"


def test_tables_are_imported_late() -> None:
    """Importing the module loads neither pandas nor pyarrow: commands that write no table start without them."""
    code = "import sys, tasks.manifest.files; sys.exit(bool({'pandas', 'pyarrow'} & set(sys.modules)))"
    assert run([sys.executable, "-c", code], check=False).returncode == 0


def test_tables_need_no_pandas() -> None:
    """To write the tables and to read the attempts back loads no pandas, which takes 65 MB and a third of a second."""
    code = (
        "import sys; from tasks.manifest import files as manifest; from tasks.domain.takes import Shelf; "
        "from tests.tasks.purchases import bought; "
        "made = manifest.build_tables([], [bought()], Shelf(), manifest.TableHead('r', 'b', 't')); "
        "manifest.load_attempts(made['attempts.parquet']); sys.exit('pandas' in sys.modules)"
    )
    assert run([sys.executable, "-c", code], check=False).returncode == 0
