"""A row that asks for several takes: ordered side by side, each once, under the rules of a single one."""

import json
from decimal import Decimal
from typing import Any

import pytest

from tests.chain.conftest import PRICE, Studio
from tests.flows import draw

LATER = {"do": "stuck", "gateway": "pixazo"}


def intents(studio: Studio) -> list[dict[str, Any]]:
    """What was ordered, as the ledger tells it, in the order of the attempts."""
    found = [json.loads(path.read_bytes()) for path in (studio.target / "ledger").glob("*/*-intent.json")]
    return sorted(found, key=lambda one: one["n"])


async def test_takes_are_ordered_side_by_side_and_once(studio: Studio) -> None:
    """Three clips with numbers of their own, the newest in use; each has its money; a second run orders nothing."""
    board, config = studio.board({"prompt": "x", "takes": 3, "seed": 7}), studio.config("pixazo")
    first = await studio.render(board, config)
    assert (first.code, len(first.orders()), first.row["takes"]) == (0, 3, 3), first.told
    assert len(list((studio.target / "clips").glob("*.mp4"))) == 3
    assert [one.get("slot", 1) for one in intents(studio)] == [1, 2, 3]
    assert (first.row["in_use_usd"], first.row["alternates_usd"]) == (PRICE["pixazo"], 2 * PRICE["pixazo"])
    totals = first.costs["totals"]
    assert (totals["clips"], totals["takes"], totals["usd_per_clip"]) == (1, 3, str(3 * PRICE["pixazo"]))
    second = await studio.render(board, config)
    assert (second.code, second.calls, second.row["sha256"]) == (0, [], first.row["sha256"])


@pytest.mark.parametrize(("cell", "option", "default", "orders"), [("2", 3, 4, 2), ("", 3, 4, 3), ("", None, 4, 4)])
async def test_the_row_then_the_option_then_the_config_say_how_many(
    studio: Studio, cell: str, option: int | None, default: int, orders: int
) -> None:
    """A cell beats ``--takes``, which beats ``[defaults] takes``; the plan quotes each take."""
    board = studio.board({"prompt": "x", "takes": cell}, {"prompt": "y", "takes": "1"})
    config = studio.config("pixazo", defaults={"takes": default})
    run = await studio.render(board, config, takes=option)
    assert (run.code, len(run.orders())) == (0, orders + 1)
    assert run.plan.quoted == (orders + 1) * PRICE["pixazo"] == run.plan.worst


async def test_a_board_that_asks_for_more_orders_what_is_missing(studio: Studio) -> None:
    """From one to three: a ``rerender`` of two orders, whatever is there stays; asking for fewer does nothing."""
    config = studio.config("pixazo")
    await studio.render(studio.board("x"), config)
    wanted = studio.board({"prompt": "x", "takes": 3})
    plan = (await studio.plan(wanted, config)).shots[0]
    assert (plan.action, plan.quoted, plan.worst) == ("rerender", 2 * PRICE["pixazo"], 2 * PRICE["pixazo"])
    more = await studio.render(wanted, config)
    assert (more.code, len(more.orders()), more.row["takes"], more.row["status"]) == (0, 2, 3, "rendered")
    fewer = await studio.render(studio.board({"prompt": "x", "takes": 2}), config)
    assert (fewer.code, fewer.calls, fewer.row["takes"]) == (0, [], 3)
    again = await studio.render(studio.board({"prompt": "x", "takes": 2}), config, rerender=("sh010",))
    assert (again.code, len(again.orders()), again.row["takes"], again.row["take"]) == (0, 1, 4, 4)


async def test_rerender_orders_what_is_missing_if_that_is_more(studio: Studio) -> None:
    """Named, a shot that lacks three takes of four gets three, and one that lacks none gets one."""
    config = studio.config("pixazo")
    await studio.render(studio.board("x"), config)
    board = studio.board({"prompt": "x", "takes": 4})
    named = await studio.render(board, config, rerender=("sh010",))
    assert (named.code, len(named.orders()), named.row["takes"]) == (0, 3, 4)


async def test_the_budget_ends_what_it_does_not_hold(studio: Studio) -> None:
    """Two of three fit: the shot is rendered by its take in use, tells what ended the rest, and the code is 3."""
    board = studio.board({"prompt": "x", "takes": 3})
    config = studio.config("pixazo", render={"budget_usd": float(2 * PRICE["pixazo"])})
    run = await studio.render(board, config)
    assert (run.code, run.row["status"], run.row["error_class"], run.row["takes"]) == (3, "rendered", "Budget", 2)
    assert run.money() == 2 * PRICE["pixazo"]
    raised = await studio.render(board, config, budget_usd=Decimal(10))
    assert (raised.code, len(raised.orders()), raised.row["takes"]) == (0, 1, 3)


async def test_an_unclear_order_counts_as_a_take_at_its_gateway(studio: Studio) -> None:
    """One of three replies is lost: it is never replaced there, in this run or the next, but by the next route."""
    board, config = studio.board({"prompt": "x", "takes": 3}), studio.config("pixazo")
    studio.faults({"do": "lost_after", "nth": [2]})
    first = await studio.render(board, config)
    assert (first.code, len(first.orders()), first.row["takes"], first.row["at_risk_usd"]) == (
        1, 3, 2, PRICE["pixazo"],
    )  # fmt: skip
    assert (first.row["status"], first.row["error_class"]) == ("rendered", "Unclear")
    second = await studio.render(board, config)
    assert (second.code, second.orders(), second.row["takes"]) == (1, [], 2)
    wider = await studio.render(board, studio.config("pixazo", "aivideoapi"))
    assert (wider.code, [c.gateway for c in wider.orders()], wider.row["takes"]) == (0, ["aivideoapi"], 3)
    assert len([c for c in studio.calls if c.order and c.gateway == "pixazo"]) == 3


async def test_more_takes_are_ordered_where_an_unclear_one_would_not_be_enough(studio: Studio) -> None:
    """One unclear of one, then three are asked for: two more may be ordered there, the third elsewhere."""
    config = studio.config("pixazo", "aivideoapi", render={"on_unclear": "next"})
    studio.faults({"do": "lost_after", "nth": [1], "gateway": "pixazo"}, {"status": 400, "gateway": "aivideoapi"})
    await studio.render(studio.board("x"), config)
    studio.faults()
    plan = (await studio.plan(studio.board({"prompt": "x", "takes": 3}), config)).shots[0]
    assert plan.quoted == 2 * PRICE["pixazo"] + PRICE["aivideoapi"]
    run = await studio.render(studio.board({"prompt": "x", "takes": 3}), config)
    assert (run.code, run.row["takes"]) == (0, 3)
    assert sorted(c.gateway for c in run.orders()) == ["aivideoapi", "pixazo", "pixazo"]


async def test_an_unclear_order_counts_while_pictures_are_made(studio: Studio) -> None:
    """As above, where each order waits for its frame before it leaves: its place at the gateway is taken by then."""
    routes = ["aimlapi:openai/sora-2-pro-i2v", "aigateway:openai/sora-2-image-to-video-pro"]
    config = studio.config(render={"on_unclear": "next"}, chain={"image_to_video": routes})
    draw(studio.folder / "a.png", "teal")
    studio.faults({"do": "lost_after", "nth": [1], "gateway": "aimlapi"}, {"status": 400, "gateway": "aigateway"})
    await studio.render(studio.board({"prompt": "x", "image": "a.png"}), config)
    studio.faults()
    run = await studio.render(studio.board({"prompt": "x", "image": "a.png", "takes": 3}), config)
    assert (run.code, run.row["takes"]) == (0, 3)
    assert sorted(c.gateway for c in run.orders()) == ["aigateway", "aimlapi", "aimlapi"]


@pytest.mark.parametrize("when", ["moderated_async", "kind"])
async def test_a_content_refusal_ends_the_ordering(studio: Studio, when: str) -> None:
    """What is on its way comes, nothing more leaves in this run or the next, until the shot is named."""
    board = studio.board({"prompt": "x", "takes": 4})
    config = studio.config("pixazo", provider={}, render={})
    fault = {"do": when, "nth": [1]} if when != "kind" else {"kind": "moderated", "nth": [1]}
    studio.faults(fault)
    env = studio.env(pixazo={"max_in_flight": 2})
    first = await studio.render(board, config, env)
    sent = len(first.orders())
    assert (first.code, first.row["error_class"]) == (1, "Moderated") and sent < 4, first.told
    studio.faults()
    second = await studio.render(board, config)
    assert (second.code, second.calls) == (1, [])
    assert second.row["error_class"] == "Moderated"
    named = await studio.render(board, config, rerender=("sh010",))
    assert (named.code, named.row["takes"], named.row["error_class"]) == (0, 4, "")


async def test_takes_that_a_run_left_are_collected_by_the_next(studio: Studio) -> None:
    """Three jobs that did not finish in time: the next run asks after each, and buys none again."""
    board, config = studio.board({"prompt": "x", "takes": 3}), studio.config("pixazo")
    studio.faults(LATER)
    env = studio.env(pixazo={"deadline_s": 2})
    first = await studio.render(board, config, env)
    assert (first.code, len(first.orders()), first.row["takes"]) == (1, 3, 0)
    plan = (await studio.plan(board, config)).shots[0]
    assert (plan.collects, plan.jobs, plan.quoted) == (True, 3, 0)
    for account in studio.box.world.book.accounts.values():
        for job in account.jobs.values():
            job.done_at = 0.0
    studio.faults()
    second = await studio.render(board, config)
    assert (second.code, second.orders(), second.row["takes"]) == (0, [], 3)
    assert {one["outcome"] for one in second.attempts} == {"clip"}


async def test_a_lost_clip_is_asked_for_before_another_is_bought(studio: Studio) -> None:
    """Two of three files are gone: their jobs give them again, whichever is in use."""
    board, config = studio.board({"prompt": "x", "takes": 3}), studio.config("pixazo")
    await studio.render(board, config)
    files = sorted((studio.target / "clips").glob("*.mp4"))
    for path in files[:2]:
        path.unlink()
    again = await studio.render(board, config)
    assert (again.code, again.orders(), again.row["takes"]) == (0, [], 3)
    assert sorted((studio.target / "clips").glob("*.mp4")) == files


async def test_the_built_in_renderer_draws_one(studio: Studio) -> None:
    """Each of its takes would be the same; where it only stands in, it stands in once and the next run orders all."""
    board = studio.board({"prompt": "x", "takes": 3, "size": "320x180", "duration": 1})
    drawn = await studio.render(board, studio.config("animatic:card"))
    assert (drawn.code, len(drawn.attempts), drawn.row["takes"]) == (0, 1, 1)
    board, config = studio.board({"prompt": "other", "takes": 3}), studio.config("pixazo", "animatic:card")
    studio.faults({"status": 400})
    behind = await studio.render(board, config)
    assert (behind.code, behind.row["status"]) == (1, "stand_in")
    assert [one["provider"] for one in behind.attempts].count("animatic") == 2  # one of either board
    studio.faults()
    after = await studio.render(board, config)
    assert (after.code, len(after.orders()), after.row["takes"]) == (0, 3, 3)


async def test_each_place_has_its_own_tries_while_the_gateway_is_busy(studio: Studio) -> None:
    """Six takes of one shot are six orders, although a shot is sent four times at most to a busy route."""
    board, config = studio.board({"prompt": "x", "takes": 6}), studio.config("pixazo")
    run = await studio.render(board, config)
    assert (run.code, run.row["takes"]) == (0, 6)


@pytest.mark.parametrize("flights", [1, 2])
async def test_takes_stay_within_the_shots_in_flight(studio: Studio, flights: int) -> None:
    """However many takes the shots ask for: a gateway that takes so many orders at a time refuses none."""
    studio.faults(pixazo={"in_flight": flights, "job_seconds": 0.02})
    board, env = (
        studio.board(*[{"prompt": f"{n}", "takes": 3} for n in range(4)]),
        studio.env(pixazo={"max_in_flight": 8}),
    )
    run = await studio.render(board, studio.config("pixazo"), env, concurrency=flights)
    assert (run.code, {call.status for call in run.orders()}, len(run.orders())) == (0, {202}, 12)
    assert {row["takes"] for row in run.rows.values()} == {3}


async def test_eleven_files_after_ten_rerenders(studio: Studio) -> None:
    """Nothing that was paid for goes: the first clip is still there, and the money adds up."""
    board, config = studio.board("x"), studio.config("pixazo")
    first = await studio.render(board, config)
    for _ in range(10):
        last = await studio.render(board, config, rerender=("sh010",))
    assert len(list((studio.target / "clips").glob("*.mp4"))) == last.row["takes"] == 11
    assert (studio.target / first.row["clip"]).exists() and last.row["take"] == 11
    assert last.row["alternates_usd"] == 10 * PRICE["pixazo"] and last.money() == studio.box.billed()
