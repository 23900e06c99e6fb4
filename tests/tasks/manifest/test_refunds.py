"""What one may ask a gateway to give money back for."""

from decimal import Decimal
from typing import Any

import pytest

from tasks.manifest import refunds_line
from tasks.manifest.files import TableHead, build_tables
from tasks.manifest.refunds import REFUNDS, refund_rows
from tests.tasks.purchases import bought, clip, result, shelf_of, shot

HEAD = TableHead("run-1", "board.csv", "s3://films/one/")


def flawed(**values: Any) -> Any:
    return bought(job_id="job-7", order_id="an-id", settled_at="2026-11-20T10:09:00Z", **values)


@pytest.mark.parametrize(
    ("made", "wrong"),
    [
        ({"qa": "black"}, "black"),
        ({"qa": "silent"}, "silent"),
        ({"qa": ""}, ""),
        ({"seconds": Decimal(12)}, "is 8.0 s long, 12 s were sent"),
        ({"size": "1920x1080"}, "is 1280x720, 1920x1080 was sent"),
        ({"size": "720x1280"}, "is 1280x720, 720x1280 was sent"),
        ({"size": "1264x704"}, ""),
        ({"size": "1264x704", "seconds": Decimal(12)}, "is 8.0 s long, 12 s were sent"),
        ({"qa": "frozen", "seconds": Decimal(12)}, "frozen; is 8.0 s long, 12 s were sent"),
    ],
)
def test_a_charged_take_that_is_not_as_asked(made: dict[str, Any], wrong: str) -> None:
    """Flawed, shorter or smaller: one row; as asked, or a little larger than that, as gateways round sizes: none."""
    assert [row["wrong"] for row in refund_rows([flawed(**made)], "out")] == ([wrong] if wrong else [])


def test_a_row_says_all_that_support_asks_for() -> None:
    """Gateway, job, when, asked, delivered, charged, and where the clip lies."""
    made = flawed(qa="silent")
    [row] = refund_rows([made], "s3://films/one/")
    assert list(row) == list(REFUNDS)
    assert (row["gateway"], row["job_id"], row["order_id"]) == ("pixazo", "job-7", "an-id")
    assert (row["submitted_at"], row["delivered_at"]) == (made.submitted_at, made.settled_at)
    assert (row["asked"], row["delivered"]) == ("8 s, 1280x720, with sound", "8 s, 1280x720")
    assert (row["charged_usd"], row["clip"]) == (Decimal("0.80"), "s3://films/one/clips/sh010-aaaaaaaa.mp4")


def test_what_cost_nothing_is_not_asked_back() -> None:
    """A flawed clip that was free has no row."""
    assert refund_rows([flawed(qa="black", charged="0")], "out") == []


def test_the_table_is_written_where_something_is_wrong() -> None:
    """``refunds.csv`` is among the tables of a target with a flawed take, and of no other."""
    for qa in ("", "black"):
        made = flawed(qa=qa)
        rows = [result(shot=shot(), attempts=(made,), clip=clip(), made_by=made)]
        tables = build_tables(rows, [made], shelf_of([made]), HEAD)
        assert ("refunds.csv" in tables) == bool(qa)
    lines = tables["refunds.csv"].decode("utf-8-sig").splitlines()
    assert (len(lines), lines[0]) == (2, ",".join(REFUNDS))
    assert refunds_line([made], "out") == "1 charged clip is not as asked (0.80 USD): refunds.csv"
    assert refunds_line([], "out") == ""
