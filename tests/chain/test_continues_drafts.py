"""Drafts of rows that go on where another ended: a draft is a source for drafts, a final for finals."""

from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.chain.conftest import PRICE, T2V, Studio
from tests.chain.test_continues import CHAIN, PIXAZO, started
from tests.chain.test_drafts import judge, plan_of

CHEAP, DEAR = PRICE["aigateway"], PRICE["pixazo"]
FAL = "fal:bytedance/seedance-2.5"


def config(studio: Studio) -> Path:
    """Finals at one gateway, drafts at another."""
    drafts = {"text_to_video": [T2V["aigateway"]], "image_to_video": ["aigateway:openai/sora-2-image-to-video-pro"]}
    return studio.config("pixazo", chain={"image_to_video": [PIXAZO]}, **{"chain.draft": drafts})


def starts(studio: Studio, rows: dict[str, Any], name: str) -> list[int]:
    """The takes that the orders of a shot started from."""
    return [one["take"] for one in started(studio, rows[name]["key"]) if one]


async def test_a_draft_is_a_source_for_drafts_only(studio: Studio) -> None:
    """A draft goes on from a draft. Finals wait for the choice of those before them, and start from finals."""
    board, made = studio.board(*CHAIN), config(studio)
    first = await studio.render(board, made, draft=True)
    assert (first.code, len(first.orders()), first.statuses()) == (0, 3, {"rendered": 3}), first.told
    assert [starts(studio, first.rows, name) for name in "abc"] == [[], [1], [1]]
    plain = await studio.render(board, made)
    assert (plain.code, plain.calls, plain.statuses()) == (1, [], {"stand_in": 3})
    for name in "ab":
        judge(studio, "select", name)
    assert (await plan_of(studio, board, made)).quoted == 2 * DEAR
    then = await studio.render(board, made)
    assert (then.code, len(then.orders()), then.statuses()) == (1, 2, {"rendered": 2, "stand_in": 1}), then.told
    assert [starts(studio, then.rows, name) for name in "abc"] == [[], [1, 2], [1]]
    assert studio.box.billed() == 3 * CHEAP + 2 * DEAR


async def test_a_final_waits_where_its_source_has_drafts_alone(studio: Studio) -> None:
    """It is neither quoted nor ordered, and says what it waits for; nor is what goes on from it."""
    made = config(studio)
    await studio.render(studio.board(CHAIN[0]), made, draft=True)
    board = studio.board(*CHAIN)
    plan = await plan_of(studio, board, made)
    assert (plan.quoted, [one.renders for one in plan.shots]) == (Decimal(0), [False] * 3)
    run = await studio.render(board, made)
    told = [(run.rows[name]["status"], run.rows[name]["error_class"]) for name in "bc"]
    assert (run.code, run.calls, told) == (1, [], [("skipped", "Source")] * 2)
    assert run.rows["b"]["error"] == "a has drafts, and none is chosen"
    judge(studio, "select", "a")
    assert (await studio.render(board, made)).statuses() == {"rendered": 3}


async def test_a_final_by_the_drafts_id_starts_where_the_draft_did(studio: Studio) -> None:
    """Its gateway makes it of the draft, and so it is behind when the shot before has its own final."""
    chain = {"text_to_video": [f"{FAL}/text-to-video"], "image_to_video": [f"{FAL}/image-to-video"]}
    drafts = {mode: [f"{route}#draft" for route in routes] for mode, routes in chain.items()}
    made = studio.config(chain=chain, **{"chain.draft": drafts})
    board = studio.board(*CHAIN[:2])
    first = await studio.render(board, made, draft=True)
    assert first.code == 0, first.told
    for name in "ab":
        judge(studio, "select", name)
    then = await studio.render(board, made)
    assert (then.code, [row["grade"] for row in then.rows.values()]) == (0, ["final", "final"]), then.told
    assert starts(studio, then.rows, "b") == [1, 1]
    assert then.rows["b"]["stale"] == "started from take 1 of a, of which take 2 is in use now"
