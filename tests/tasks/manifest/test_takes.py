"""The table of takes: what is a take, which is in use, and what comes back from the file."""

from decimal import Decimal
from typing import Any

from tasks.domain.result import Attempt
from tasks.domain.takes import Shelf
from tasks.manifest import csv_file, parquet_file
from tasks.manifest.takes import TAKES, load_takes, takes_rows
from tests.tasks.purchases import attempt, clip, shelf_of

KEY = "aaaaaaaaaaaaaaaa-1"
ROW = {"shot_id": "sh010", "key": KEY, "fingerprint": "aa" * 32, "status": "rendered"}


def take(n: int, **values: Any) -> Attempt:
    return attempt(n=n, charged=Decimal("0.80"), clip=clip(path=f"clips/a-{n}.mp4", sha256=f"{n}{n}" * 32), **values)


def row(n: int, status: str = "rendered") -> dict[str, object]:
    return {**ROW, "status": status, "clip": f"clips/a-{n}.mp4", "sha256": f"{n}{n}" * 32}


def test_one_row_a_take() -> None:
    """Every clip that came has a row under its attempt's number; the one that the manifest names is in use."""
    made = [take(1), attempt(n=2, outcome="failed"), take(3)]
    found = takes_rows([row(1)], made, shelf_of(made))
    assert [(one["take"], one["in_use"], one["clip"]) for one in found] == [
        (1, True, "clips/a-1.mp4"),
        (3, False, "clips/a-3.mp4"),
    ]
    assert all(list(one) == list(TAKES) for one in found)


def test_what_is_gone_is_no_take() -> None:
    """A clip whose file is not at the target, or has another size, is none."""
    made = [take(1), take(2)]
    assert takes_rows([row(1)], made, Shelf({"clips/a-1.mp4": 1000, "clips/a-2.mp4": 7}))[0]["take"] == 1
    assert takes_rows([row(1)], made, Shelf()) == []


def test_stand_ins_are_no_takes() -> None:
    """A drawing where a gateway's clip was wanted is none, at a target of 0.1 too, which only its row tells."""
    drawn = take(1, provider="animatic", stand_in=True)
    old = take(1, provider="animatic")
    assert takes_rows([row(1, "stand_in")], [drawn], shelf_of([drawn])) == []
    assert takes_rows([row(1, "stand_in")], [old], shelf_of([old])) == []
    assert len(takes_rows([row(1)], [old], shelf_of([old]))) == 1


def test_clips_of_rows_that_are_gone_are_left_out() -> None:
    """Clips under a key that no row has are takes of nothing that the board still asks for."""
    made = [take(1)]
    assert takes_rows([{**row(1), "key": "aaaaaaaaaaaaaaaa-2"}], made, shelf_of(made)) == []


def test_back_from_the_file() -> None:
    """Written as Parquet the rows come back, money as text; as CSV the columns are the same."""
    made = [take(1), take(3)]
    rows = takes_rows([row(3)], made, shelf_of(made))
    found = load_takes(parquet_file.write(TAKES, rows))
    assert [(one["take"], one["in_use"], one["charged_usd"], one["has_sound"]) for one in found] == [
        (1, False, "0.80", None),
        (3, True, "0.80", None),
    ]
    assert csv_file.write(TAKES, rows).decode("utf-8-sig").splitlines()[0] == ",".join(TAKES)
