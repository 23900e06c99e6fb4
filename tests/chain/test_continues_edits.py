"""Chains of shots whose board, choice or selection changes: what is bought then, and what is told as behind."""

import pytest

from tests.chain.conftest import PRICE, Studio
from tests.chain.test_continues import CHAIN, choose, config, started

COST = PRICE["pixazo"]
pytestmark = pytest.mark.slow


async def test_new_names_and_another_order_buy_nothing(studio: Studio) -> None:
    """What a row asks for holds the row that it continues by what that asks for, not by its name."""
    await studio.render(studio.board(*CHAIN), config(studio))
    names = {"a": "one", "b": "two", "c": "three"}
    rows = [
        {**row, "shot_id": names[row["shot_id"]], "continues": names.get(row.get("continues"), "")} for row in CHAIN
    ]
    again = await studio.render(studio.board(*rows[::-1]), config(studio))
    assert (again.code, again.calls, again.statuses()) == (0, [], {"reused": 3})
    assert {row["stale"] for row in again.rows.values()} == {""}


async def test_a_changed_row_is_bought_with_all_that_continue_it(studio: Studio) -> None:
    """Those after it ask for something else too; the one before it stays."""
    await studio.render(studio.board(*CHAIN), config(studio))
    rows = [CHAIN[0], {**CHAIN[1], "prompt": "another"}, CHAIN[2]]
    run = await studio.render(studio.board(*rows), config(studio))
    assert (run.code, len(run.orders()), run.plan.quoted) == (0, 2, 2 * COST)
    [begun] = started(studio, run.rows["c"]["key"])
    assert begun and begun["clip"] == run.rows["b"]["sha256"]


async def test_the_first_take_chosen_again_is_no_longer_behind(studio: Studio) -> None:
    """What started from it is stale only while another is in use."""
    board = studio.board(*CHAIN)
    await studio.render(board, config(studio))
    newer = await studio.render(board, config(studio), rerender=("a",))
    assert newer.rows["b"]["stale"]
    await choose(studio, newer, "a", 1)
    back = await studio.render(board, config(studio))
    assert (back.code, back.calls, [row["stale"] for row in back.rows.values()]) == (0, [], [""] * 3)


async def test_a_source_without_a_take_leaves_those_after_it(studio: Studio) -> None:
    """Its only take was rejected: they keep their clips, and are behind when another has come."""
    board = studio.board(*CHAIN)
    first = await studio.render(board, config(studio))
    await choose(studio, first, "a", 1, "reject")
    run = await studio.render(board, config(studio))
    assert (run.code, len(run.orders()), run.rows["a"]["take"]) == (0, 1, 2)
    assert [bool(row["stale"]) for row in run.rows.values()] == [False, True, True]


async def test_a_row_alone_starts_from_what_is_there(studio: Studio) -> None:
    """With ``only`` the rows before it are left alone, whether they are selected or not."""
    board = studio.board(*CHAIN)
    await studio.render(board, config(studio), only=("a", "b"))
    run = await studio.render(board, config(studio), only=("c",))
    [begun] = started(studio, run.rows["c"]["key"])
    assert (run.code, len(run.orders())) == (0, 1) and begun and begun["clip"] == run.rows["b"]["sha256"]
    nothing = await studio.render(board, config(studio), only=("b",), rerender=("stale",))
    assert (nothing.code, nothing.calls) == (0, [])


async def test_without_its_source_a_row_alone_is_a_fault(studio: Studio) -> None:
    """It names what to add; nothing is started."""
    run = await studio.render(studio.board(*CHAIN), config(studio), only=("b",))
    assert (run.code, run.calls) == (2, []) and "is not selected and has no clip: add it to --only" in run.errors


@pytest.mark.parametrize(("named", "orders"), [("id:stale", ["y"]), ("stale", ["z"])])
async def test_a_shot_of_that_name(studio: Studio, named: str, orders: list[str]) -> None:
    """``stale`` means what is behind, ``id:stale`` the shot that is called so."""
    rows = [CHAIN[0], {"shot_id": "stale", "prompt": "y"}, {"shot_id": "c", "prompt": "z", "continues": "a"}]
    board = studio.board(*rows)
    await studio.render(board, config(studio))
    await studio.render(board, config(studio), rerender=("a",))
    run = await studio.render(board, config(studio), rerender=(named,))
    assert (run.code, [call.prompt for call in run.orders()]) == (0, orders)


async def test_takes_on_the_command_line_make_those_after_it_wait(studio: Studio) -> None:
    """Each link of the chain is chosen before the next is ordered."""
    board, made = studio.board(*CHAIN), config(studio)
    first = await studio.render(board, made, takes=2)
    assert (first.code, len(first.orders()), first.plan.quoted) == (1, 2, 2 * COST)
    await choose(studio, first, "a", 2)
    second = await studio.render(board, made, takes=2)
    assert (second.code, len(second.orders()), second.rows["c"]["error_class"]) == (1, 2, "Source")
    assert [one["take"] for one in started(studio, second.rows["b"]["key"]) if one] == [2, 2]
    await choose(studio, second, "b", 1)
    third = await studio.render(board, made, takes=2)
    assert (third.code, len(third.orders())) == (0, 2)
