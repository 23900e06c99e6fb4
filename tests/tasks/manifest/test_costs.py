from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.domain.result import Attempt, ShotResult
from tasks.domain.takes import Shelf
from tasks.manifest.costs import books, status_of, total_costs
from tasks.manifest.rows import attempt_rows, rows
from tests.tasks.purchases import MONEY, attempt, bought, clip, result, shelf_of, shot, targets

KEY = "aaaaaaaaaaaaaaaa-1"
OTHER = "bbbbbbbbbbbbbbbb-1"
DOLLAR = Decimal(1)


def rolled(
    results: list[ShotResult], history: list[Attempt], budget: Decimal | None = None, shelf: Shelf | None = None
) -> dict[str, Any]:
    return total_costs(results, history, shelf or shelf_of(history), run_id="run-1", budget=budget)


def summed(buckets: Iterable[dict[str, Any]]) -> dict[str, Decimal]:
    listed = list(buckets)
    return {column: sum((Decimal(one[column]) for one in listed), Decimal(0)) for column in MONEY}


@pytest.mark.parametrize(
    ("values", "there", "in_use", "superseded", "expected"),
    [
        ({"clip": clip()}, True, True, False, "in use"),
        ({"clip": clip()}, False, True, False, "in use"),
        ({"clip": clip()}, True, False, False, "alternate"),
        ({"clip": clip(), "outcome": "late"}, True, False, False, "alternate"),
        ({"clip": clip()}, False, False, False, "wasted"),
        ({"outcome": "late"}, True, False, False, "wasted"),
        ({"outcome": "failed"}, True, False, False, "wasted"),
        ({"clip": clip()}, True, False, True, "superseded"),
        ({"outcome": "failed"}, True, False, True, "superseded"),
    ],
)
def test_what_a_charge_bought(
    values: dict[str, Any], there: bool, in_use: bool, superseded: bool, expected: str
) -> None:
    """The clip in use, another that lies there, none, or something of a key that no row has: each charge is one."""
    one = attempt(charged=DOLLAR, **values)
    rows = [result("rendered" if in_use else "failed", key=OTHER if superseded else KEY)]
    rows = [replace(rows[0], made_by=one, clip=clip())] if in_use else rows
    known = books(rows, [one], shelf_of([one]) if there else Shelf())
    assert known.use_of(one) == expected
    money = known.money([one])
    columns = {"in use": money.in_use, "alternate": money.alternates, "wasted": money.wasted}
    assert columns == {word: DOLLAR if word == expected else Decimal(0) for word in columns}


@settings(max_examples=60, deadline=None)  # a loaded machine is no finding
@given(targets(), st.sets(st.integers(0, 20)))
def test_sums_hold(target: tuple[list[ShotResult], list[Attempt]], lost: set[int]) -> None:
    """Attempts = totals = by provider = by model, rows = by scene = by mode, and superseded is the rest, whatever was
    lost; what is charged in rows was in use, kept or wasted."""
    results, history = target
    money = rolled(results, history, shelf=shelf_of(a for i, a in enumerate(history) if i not in lost))
    for bucket in (*money["by_scene"].values(), *money["by_mode"].values()):
        bought = ("in_use_usd", "alternates_usd", "wasted_usd")
        assert sum(Decimal(bucket[name]) for name in bought) == Decimal(bucket["charged_usd"])
    totals = summed([money["totals"]])
    assert totals["quoted_usd"] == sum(one.quoted_if_accepted for one in history)
    assert totals["charged_usd"] == sum(one.charged for one in history)
    assert totals["at_risk_usd"] == sum(one.at_risk for one in history)
    assert totals == summed(money["by_provider"].values()) == summed(money["by_model"].values())
    rows = summed(money["by_scene"].values())
    assert rows == summed(money["by_mode"].values())
    for column in ("wasted_usd", "in_use_usd", "alternates_usd"):
        assert rows[column] == totals[column]
    left = totals["charged_usd"] + totals["at_risk_usd"] - rows["charged_usd"] - rows["at_risk_usd"]
    assert left == Decimal(money["superseded_usd"])


@settings(max_examples=60, deadline=None)  # a loaded machine is no finding
@given(targets())
def test_counts_hold(target: tuple[list[ShotResult], list[Attempt]]) -> None:
    """Every row is in one scene and one mode, and a clip in use counts where it was made and where it is shown."""
    results, history = target
    money = rolled(results, history)
    totals = money["totals"]
    assert totals["shots"] == len(results)
    every = ["by_scene", "by_mode", "by_provider"]
    for column, groups in (("shots", every[:2]), ("clips", every), ("takes", every)):
        for group in groups:
            assert sum(one[column] for one in money[group].values()) == totals[column]
    for group in ("by_scene", "by_provider", "by_model"):
        assert sum(one["seconds"] for one in money[group].values()) == pytest.approx(totals["seconds"])


@pytest.mark.parametrize(
    ("outcome", "job_id", "counts"),
    [
        ("clip", "job", True),
        ("late", "job", True),
        ("failed", "job", True),
        ("pending", "job", True),
        ("overdue", "job", True),
        ("unclear", "", True),
        ("moderated", "job", True),
        ("moderated", "", False),
        ("refused", "job", True),
        ("refused", "", False),
        ("busy", "", False),
        ("locked", "", False),
    ],
)
def test_what_was_quoted_for_orders_that_were_accepted(outcome: Any, job_id: str, counts: bool) -> None:
    """The quote of an order of which nothing was accepted is in no sum and in no row, so that sums stay equal."""
    one = attempt(outcome=outcome, job_id=job_id)
    results = [result("failed")]
    known = books(results, [one], Shelf())
    expected = one.quoted if counts else Decimal(0)
    assert Decimal(rolled(results, [one])["totals"]["quoted_usd"]) == expected
    assert [row["quoted_usd"] for row in (*rows(known), *attempt_rows(known))] == [expected] * 2


def test_shape() -> None:
    """The file has the promised members in order, and each bucket the promised cells, with money as text."""
    one = bought()
    money = rolled([result(made_by=one, clip=clip(seconds=7.95849))], [one], Decimal(5))
    assert " ".join(money) == (
        "schema_version currency budget_usd totals this_run superseded_usd by_provider by_model by_scene by_mode"
    )
    expected = {"shots": 1, "clips": 1, "seconds": 7.958, "quoted_usd": "0.80", "charged_usd": "0.80"}
    expected |= {"wasted_usd": "0.00", "at_risk_usd": "0.00", "takes": 1, "in_use_usd": "0.80"}
    expected |= {"alternates_usd": "0.00", "usd_per_clip": "0.80"}
    assert money["totals"] == money["this_run"] == expected
    assert list(money["totals"]) == list(expected)
    assert (money["schema_version"], money["currency"], money["budget_usd"]) == (2, "USD", "5.00")
    assert {group: list(money[group]) for group in list(money)[6:]} == {
        "by_provider": ["pixazo"],
        "by_model": ["pixazo:sora-2-pro"],
        "by_scene": ["A"],
        "by_mode": ["text_to_video"],
    }


def test_nothing() -> None:
    """A target without a shot has zeros, and a run without a budget says null."""
    money = rolled([], [])
    assert money["budget_usd"] is None
    assert money["totals"]["charged_usd"] == money["superseded_usd"] == "0.00"
    assert (money["totals"]["takes"], money["totals"]["usd_per_clip"]) == (0, None)
    assert money["by_provider"] == money["by_scene"] == {}


def test_stand_in_is_no_clip() -> None:
    """A stand-in is no clip of its shot's own, at the shot, at its provider and in the run; its seconds are there."""
    one = attempt(provider="animatic", clip=clip(), stand_in=True)
    money = rolled([result("stand_in", made_by=one, clip=clip())], [one])
    assert money["totals"]["takes"] == 0
    for bucket in (money["totals"], money["this_run"], money["by_scene"]["A"], money["by_provider"]["animatic"]):
        assert (bucket["shots"], bucket["clips"], bucket["seconds"]) == (1, 0, 8.0)


def test_this_run_is_this_run_alone() -> None:
    """Attempts of other runs, and clips they made, are in the totals and not in this run."""
    old, new = bought(1, run_id="run-0"), attempt(n=2, outcome="failed", charged=DOLLAR)
    money = rolled([result("reused", made_by=old, clip=clip())], [old, new])
    run = money["this_run"]
    assert (run["shots"], run["clips"], run["charged_usd"], run["wasted_usd"]) == (1, 0, "1.00", "1.00")
    assert (money["totals"]["clips"], money["totals"]["charged_usd"]) == (1, "1.80")


def test_superseded_is_not_wasted() -> None:
    """What keys without a row cost is in the totals and in superseded, and never in waste."""
    gone = [attempt(OTHER, 1, charged=DOLLAR), attempt(OTHER, 2, outcome="unclear", at_risk=DOLLAR)]
    money = rolled([], gone)
    assert money["superseded_usd"] == "2.00"
    assert (money["totals"]["charged_usd"], money["totals"]["wasted_usd"]) == ("1.00", "0.00")
    assert money["by_provider"]["pixazo"]["shots"] == 1


def kept_row(**cells: Any) -> dict[str, Any]:
    plain = {"shot_id": "sh010", "status": "rendered", "scene": "old", "mode": "remix"}
    return {**plain, "clip": clip().path, "sha256": clip().sha256, "duration_s": 8.0, **cells}


def test_kept_row_keeps_its_clip_in_use() -> None:
    """A row that this run did not look at counts by its last cells, and the attempt that made its clip is used."""
    other = clip(sha256="cd" * 32, path="clips/other.mp4")
    first, second = bought(1), attempt(n=2, outcome="late", charged=DOLLAR, clip=other)
    money = rolled([result("skipped", kept=kept_row())], [first, second])
    assert (money["totals"]["clips"], money["totals"]["seconds"], money["totals"]["takes"]) == (1, 8.0, 2)
    assert (money["totals"]["in_use_usd"], money["totals"]["alternates_usd"]) == ("0.80", "1.00")
    assert (money["totals"]["wasted_usd"], money["totals"]["usd_per_clip"]) == ("0.00", "1.80")
    assert (list(money["by_scene"]), list(money["by_mode"])) == (["old"], ["remix"])


def test_a_key_in_two_rows_is_paid_for_once() -> None:
    """A kept row of an older board may bear the key that another row has now: the money stands in the latter."""
    one = bought()
    rows = [result(kept=kept_row()), result(shot=shot("sh020", scene="B"), made_by=one, clip=clip())]
    assert books(rows, [one], shelf_of([one])).by_row == ((), (one,))
    assert {scene: bucket["charged_usd"] for scene, bucket in rolled(rows, [one])["by_scene"].items()} == {
        "old": "0.00",
        "B": "0.80",
    }


@pytest.mark.parametrize(
    ("last", "today"), [("rendered", "reused"), ("reused", "reused"), ("failed", "failed"), ("stand_in", "stand_in")]
)
def test_status_of_a_kept_row(last: str, today: str) -> None:
    """What an earlier run rendered is reused today; every other status stays."""
    assert status_of(result("skipped", kept=kept_row(status=last))) == today
