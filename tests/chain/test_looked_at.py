"""A clip is looked at once; what is wrong with it is told, and ordered again once where the config says so."""

import json
import sys
from decimal import Decimal
from typing import Any

import pytest

from tests.chain.conftest import BOUGHT, PRICE, Outcome, Studio

BLACK = {"do": "black", "times": 1}
LOOKS = "tasks.media.looks"


def settled(studio: Studio) -> list[dict[str, Any]]:
    """The settled records, in the order of the attempts."""
    found = [json.loads(path.read_bytes()) for path in (studio.target / "ledger").glob("*/*-settled.json")]
    return sorted(found, key=lambda one: one["n"])


def check_sums(run: Outcome) -> None:
    """Charged money is in use, alternate or wasted, in totals and rows alike, to the cent."""
    totals = run.costs["totals"]
    assert sum(Decimal(totals[name]) for name in BOUGHT) == Decimal(totals["charged_usd"]) == run.money()
    assert sum(row["charged_usd"] for row in run.rows.values()) == run.money()


@pytest.mark.parametrize("flaw", ["black", "frozen"])
async def test_a_flaw_is_told_and_kept(studio: Studio, flaw: str) -> None:
    """The clip is in use all the same: marked in the record, manifest, takes and attempts, told in a line, exit 0."""
    studio.box.faults([{"do": flaw, "times": 1}])
    board, config = studio.board("x", "y"), studio.config("pixazo", render={"concurrency": 1})
    run = await studio.render(board, config)
    assert (run.code, [row["qa"] for row in run.rows.values()]) == (0, [flaw, ""])
    assert sorted(record["qa"] for record in settled(studio)) == ["", flaw]
    assert sorted(one["qa"] for one in run.attempts) == ["", flaw]
    assert any(f"take 1 from pixazo:sora-2-pro is marked: {flaw}" in line for line in run.lines)
    again = await studio.render(board, config)
    assert (again.code, again.calls) == (0, [])


async def test_without_a_look_nothing_is_said(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    """``look = false``: the records have no such key, the tables are empty there, and no module that looks is read."""
    for name in [one for one in sys.modules if one.startswith(LOOKS)]:
        monkeypatch.delitem(sys.modules, name)
    studio.box.faults([BLACK])
    run = await studio.render(studio.board("x"), studio.config("pixazo", quality={"look": False}))
    assert (run.code, run.row["qa"], ["qa" in one for one in settled(studio)]) == (0, "", [False])
    assert not [one for one in sys.modules if one.startswith(LOOKS)]


async def test_ordered_again_at_the_same_route(studio: Studio) -> None:
    """``again``: one more order there, in use when it is good; the other's money stands as alternate."""
    studio.box.faults([BLACK])
    board, config = studio.board("x"), studio.config("pixazo", "aimlapi", quality={"on_bad": "again"})
    run = await studio.render(board, config)
    assert (run.code, [one.gateway for one in run.orders()]) == (0, ["pixazo", "pixazo"])
    assert (run.row["qa"], run.row["take"], run.row["takes"]) == ("", 2, 2)
    assert (run.row["in_use_usd"], run.row["alternates_usd"]) == (PRICE["pixazo"], PRICE["pixazo"])
    check_sums(run)
    second = await studio.render(board, config)
    assert (second.code, second.calls, second.row["sha256"]) == (0, [], run.row["sha256"])


async def test_ordered_at_the_next_route(studio: Studio) -> None:
    """``next``: one more order at the gateway behind."""
    studio.box.faults([BLACK])
    config = studio.config("pixazo", "aimlapi", quality={"on_bad": "next"})
    run = await studio.render(studio.board("x"), config)
    assert (run.code, [one.gateway for one in run.orders()]) == (0, ["pixazo", "aimlapi"])
    assert (run.row["provider"], run.row["qa"]) == ("aimlapi", "")
    check_sums(run)


async def test_the_last_route_has_no_next(studio: Studio) -> None:
    """``next`` with one route keeps the marked clip, now and later, and the plan asks for nothing."""
    studio.box.faults([BLACK])
    board, config = studio.board("x"), studio.config("pixazo", quality={"on_bad": "next"})
    run = await studio.render(board, config)
    assert (run.code, len(run.orders()), run.row["qa"]) == (0, 1, "black")
    plan = await studio.plan(board, config)
    assert (plan.shots[0].action, plan.quoted) == ("keep", 0)


async def test_once_a_shot_over_all_runs(studio: Studio) -> None:
    """Bad again: the newest is in use, nothing more is ordered, in this run or a later one."""
    studio.box.faults([{"do": "black"}])
    board, config = studio.board("x"), studio.config("pixazo", quality={"on_bad": "again"})
    run = await studio.render(board, config)
    assert (run.code, len(run.orders()), run.row["qa"], run.row["take"]) == (0, 2, "black", 2)
    second = await studio.render(board, config)
    assert (second.code, second.calls) == (0, [])


async def test_a_policy_that_comes_later_holds_for_what_is_there(studio: Studio) -> None:
    """A marked clip of an earlier run: the plan says why it would order one more, and for how much."""
    studio.box.faults([BLACK])
    board = studio.board("x")
    await studio.render(board, studio.config("pixazo"))
    config = studio.config("pixazo", quality={"on_bad": "again"})
    [shot] = (await studio.plan(board, config)).shots
    assert (shot.action, shot.quoted) == ("rerender", PRICE["pixazo"])
    assert "take 1 is marked: black; one more is ordered" in shot.warnings
    run = await studio.render(board, config)
    assert (run.code, len(run.orders()), run.row["qa"]) == (0, 1, "")


async def test_the_budget_holds_it(studio: Studio) -> None:
    """Where one more does not fit the marked clip stays, told, exit 0; nothing is ordered."""
    studio.box.faults([BLACK])
    limits = {"budget_usd": float(PRICE["pixazo"])}
    config = studio.config("pixazo", render=limits, quality={"on_bad": "again"})
    run = await studio.render(studio.board("x"), config)
    assert (run.code, len(run.orders()), run.row["status"], run.row["qa"]) == (0, 1, "rendered", "black")
    assert any("not ordered again" in line for line in run.lines)


async def test_a_marked_clip_counts_as_wasted_money_of_the_run(studio: Studio) -> None:
    """``max_wasted_usd`` stops submits after marked clips too, though each stays in use."""
    studio.box.faults([{"do": "frozen"}])
    limits = {"max_wasted_usd": float(PRICE["pixazo"]), "concurrency": 1}
    run = await studio.render(studio.board("x", "y"), studio.config("pixazo", render=limits))
    assert (run.code, len(run.orders())) == (3, 1)
    assert [row["status"] for row in run.rows.values()] == ["rendered", "skipped"]
    check_sums(run)


async def test_a_choice_ends_it(studio: Studio) -> None:
    """Several takes of which one is marked: one more comes, and the marked one is an alternate."""
    studio.box.faults([BLACK])
    board, config = studio.board({"prompt": "x", "takes": 2}), studio.config("pixazo", quality={"on_bad": "again"})
    run = await studio.render(board, config)
    assert (run.code, len(run.orders()), run.row["qa"], run.row["takes"]) == (0, 3, "", 3)
    check_sums(run)
