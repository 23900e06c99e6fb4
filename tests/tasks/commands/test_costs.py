"""Costs over many targets: sums to the cent, rates, waiting times, and the files that they are written to."""

import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet as pq
import pytest

from flows.cli.money import costs
from tasks.commands.costs.reading import CHUNK, HEAD
from tasks.manifest import write_parquet
from tasks.manifest.rows import ATTEMPTS
from tasks.manifest.takes import TAKES
from tasks.storage import open_store
from tests.servers import S3, s3_server  # noqa: F401 - a fixture

Row = dict[str, Any]
EMPTY = {"text": "", "time": "", "int": 0, "float": 0.0, "usd": Decimal(0), "usd?": None, "bool": False}


def blank(columns: Mapping[str, str], **cells: Any) -> Row:
    return {name: EMPTY[kind] for name, kind in columns.items()} | cells


def order(n: int, **cells: Any) -> Row:
    """An order that brought a clip for a dollar after a minute."""
    made = {"provider": "fal", "model": "m", "outcome": "clip", "charged_usd": Decimal(1), "in_use_usd": Decimal(1)}
    times = {"submitted_at": "2026-10-31T23:59:30.000Z", "settled_at": "2026-11-01T00:00:30.000Z"}
    return blank(ATTEMPTS, key="k-1", n=n, sent_s=4.0, **{**made, **times, **cells})


def target(folder: Path, attempts: list[Row], in_use: Mapping[int, float], board: str = "boards/film.csv") -> Path:
    """The tables of a target; ``in_use`` has the seconds of the takes in use by number."""
    folder.mkdir()
    takes = [blank(TAKES, key="k-1", take=one["n"], in_use=one["n"] in in_use, seconds=in_use.get(one["n"], 9.0))
             for one in attempts if one["outcome"] == "clip"]  # fmt: skip
    (folder / "attempts.parquet").write_bytes(write_parquet(ATTEMPTS, attempts))
    (folder / "takes.parquet").write_bytes(write_parquet(TAKES, takes))
    head = {"schema_version": 2, "run_id": "r", "board": board, "target": str(folder), "shots": [{"shots": 1}]}
    (folder / "manifest.json").write_text(json.dumps(head))
    return folder


def told(capsys: pytest.CaptureFixture[str], *urls: Path | str, **more: Any) -> Row:
    capsys.readouterr()
    code = costs(*map(str, urls), json=True, **more)
    found: Row = json.loads(capsys.readouterr().out)
    assert found["exit_code"] == code
    return found


def test_a_row_for_each_gateway_model_month_and_board(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The month is that of the order, in UTC; what is in use, beside, wasted and at risk stands apart."""
    other = {"in_use_usd": Decimal(0)}
    attempts = [
        order(1),
        order(2, alternates_usd=Decimal(1), settled_at="2026-11-01T00:01:30.000Z", **other),
        order(3, outcome="failed", wasted_usd=Decimal(1), **other),
        order(4, outcome="overdue", charged_usd=Decimal(0), at_risk_usd=Decimal("1.25"), settled_at="", **other),
        order(5, outcome="moderated", charged_usd=Decimal(0), **other),
        order(6, model="n", submitted_at="2026-11-02T00:00:00.000Z", settled_at="2026-11-02T00:00:10.000Z"),
    ]
    found = told(capsys, target(tmp_path / "a", attempts, {1: 5.0, 6: 4.0}))
    first, second = found["rows"]
    assert [first[name] for name in ("provider", "model", "month", "board")] == [
        "fal",
        "m",
        "2026-10",
        "boards/film.csv",
    ]
    assert (first["orders"], first["clips"], first["clips_in_use"], first["seconds_in_use"]) == (5, 2, 1, 5.0)
    money = ("charged_usd", "in_use_usd", "alternates_usd", "wasted_usd", "at_risk_usd")
    assert [first[name] for name in money] == ["3.00", "1.00", "1.00", "1.00", "1.25"]
    assert (first["usd_per_clip_in_use"], first["usd_per_second_in_use"]) == ("3.00", "0.60")
    assert (first["refused_share"], first["keep_rate"]) == (0.2, 0.5)
    assert (first["wait_median_s"], first["wait_p95_s"]) == (90.0, 117.0)
    assert (second["model"], second["month"], second["wait_median_s"]) == ("n", "2026-11", 10.0)
    assert found["totals"]["charged_usd"] == "4.00"


def test_many_targets_add_up_to_the_millionth(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Forty targets of odd amounts: the total is their sum, and one that is named twice counts once."""
    amounts = [Decimal(n * 333_333 + 1).scaleb(-6) for n in range(40)]
    places = [
        target(tmp_path / f"t{n}", [order(1, charged_usd=one, in_use_usd=one)], {1: 4.0}, board=f"b{n % 3}.csv")
        for n, one in enumerate(amounts)
    ]
    found = told(capsys, *places, places[0])
    assert (found["targets"], len(found["rows"])) == (40, 3)
    assert Decimal(found["totals"]["charged_usd"]) == sum(amounts)
    assert sum(Decimal(row["charged_usd"]) for row in found["rows"]) == sum(amounts)


def test_a_target_that_cannot_be_read_is_told_and_the_rest_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 1 with its name; where none can be read, 2."""
    good = target(tmp_path / "a", [order(1)], {1: 4.0})
    found = told(capsys, good, tmp_path / "none")
    assert (found["exit_code"], found["targets"]) == (1, 1) and "none" in found["errors"][0]["message"]
    assert told(capsys, tmp_path / "none")["exit_code"] == 2


def test_a_target_counts_once_however_it_is_spelled(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a slash at its end, from the working folder, through a link, as a file URL: one target, one sum."""
    place = target(tmp_path / "a", [order(1)], {1: 4.0})
    (tmp_path / "link").symlink_to(place)
    monkeypatch.chdir(tmp_path)
    spelled = ["a", "a/", "./a", str(place), f"file://{place}", "link", "none", "./none"]
    found = told(capsys, *spelled)  # type: ignore[arg-type]  # as they are typed
    assert (found["targets"], found["totals"]["charged_usd"], len(found["errors"])) == (1, "1.00", 1)


def test_each_target_that_cannot_be_read_is_told_where_none_can(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Programs get every reason too, not only that there is none to count."""
    found = told(capsys, tmp_path / "none", "s3:/bucket")  # type: ignore[arg-type]  # as it is typed
    said = [one["message"] for one in found["errors"]]
    assert found["exit_code"] == 2 and len(said) == 2
    assert "none holds no attempts.parquet" in said[0] and "s3://bucket" in said[1]


def test_the_table_as_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Parquet with exact money, CSV, and a page with three charts and no script; a name in it is text."""
    place = target(tmp_path / "a", [order(1)], {1: 4.0}, board="<script>x.csv")
    for name in ("c.parquet", "c.csv", "c.html"):
        assert told(capsys, place, to=str(tmp_path / name))["file"] == str(tmp_path / name)
    assert pq.read_table(tmp_path / "c.parquet").to_pylist()[0]["charged_usd"] == Decimal("1.000000")
    assert (tmp_path / "c.csv").read_text("utf-8-sig").splitlines()[1].startswith("fal,m,2026-10,")
    page = (tmp_path / "c.html").read_text()
    assert page.count("<svg role") == 3 and "<script" not in page and "&lt;script&gt;" in page
    assert costs(str(place), to=str(tmp_path / "c.doc")) == 2


def test_a_target_of_the_first_edition_is_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without takes, keys and the money in use: a clip that was charged and not wasted is the one in use."""
    new = ("key", "order_id", "estimate_usd", "in_use_usd", "alternates_usd", "started_from", "qa")
    old = {name: "text" if kind == "time" else kind for name, kind in ATTEMPTS.items() if name not in new}
    lost = order(2, outcome="failed", wasted_usd=Decimal(1))
    rows = [{name: one[name] for name in old} for one in (order(1), lost)]
    (tmp_path / "a").mkdir()
    (tmp_path / "a/attempts.parquet").write_bytes(write_parquet(old, rows))  # type: ignore[arg-type]  # kinds by name
    [row] = told(capsys, tmp_path / "a")["rows"]
    assert (row["orders"], row["clips_in_use"], row["in_use_usd"], row["wasted_usd"]) == (2, 1, "1.00", "1.00")
    assert (row["month"], row["wait_median_s"]) == ("2026-10", 60.0)


def test_a_large_target_is_read_in_chunks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of more orders than one chunk holds each counts once, and so does one of which no time is known."""
    place, times = target(tmp_path / "a", [order(1), order(2, submitted_at="")], {1: 4.0}), CHUNK // 2 + 1
    small = pq.ParquetFile(place / "attempts.parquet").read()
    pq.write_table(small.take(pyarrow.array([0, 1] * times)), place / "attempts.parquet")
    found = told(capsys, place)
    assert [(row["month"], row["orders"], row["clips_in_use"]) for row in found["rows"]] == [
        ("", times, 0),
        ("2026-10", times, times),
    ]
    assert [row["wait_p95_s"] for row in found["rows"]] == [None, 60.0]
    assert found["totals"]["charged_usd"] == f"{2 * times}.00"


def test_targets_on_a_server_are_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str], s3: S3) -> None:
    """The same table as of a folder, whatever length the manifest has; an empty one names no board."""
    place, config = target(tmp_path / "a", [order(1)], {1: 4.0}), tmp_path / "s3.toml"
    config.write_text("[target.options]\n" + "".join(f"{k} = {json.dumps(v)}\n" for k, v in s3.options.items()))
    whole = (place / "manifest.json").read_bytes()
    urls = [s3.folder() for _ in range(3)]
    for url, manifest in zip(
        urls, (whole, whole.replace(b"}]}", b'}], "x": "' + b"y" * HEAD + b'"}'), b""), strict=True
    ):
        store = open_store(url, s3.options)
        for name in ("attempts.parquet", "takes.parquet"):
            store.write(name, (place / name).read_bytes())
        store.write("manifest.json", manifest)
    rows = told(capsys, *urls, config=str(config))["rows"]
    assert [(row["board"], row["clips_in_use"]) for row in rows] == [("boards/film.csv", 2), (urls[2], 1)]
