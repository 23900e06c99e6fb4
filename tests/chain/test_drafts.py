"""Drafts before finals: what each kind of run orders, what counts as done, and that two passes cost what they say."""

from decimal import Decimal
from typing import Any

import pytest

from flows.cli import review
from flows.cli.output import conclude
from tasks.commands import answers
from tasks.domain.money import usd_text
from tasks.domain.request import RunRequest, select_views
from tasks.domain.verdict import Kind, Verdict
from tasks.ledger import write_verdict
from tasks.storage.store import Store
from tests.chain.conftest import PRICE, T2V, Studio, opened
from tests.chain.test_verdicts import say, takes

CHEAP, DEAR = PRICE["aivideoapi"], PRICE["pixazo"]
SETTING = {"draft": True}


def config(studio: Studio, *drafts: str, render: dict[str, Any] | None = None) -> Any:
    """A chain of finals at one gateway, and one of drafts at another that costs less."""
    tables = {"chain.draft": {"text_to_video": [T2V[name] for name in drafts or ("aivideoapi",)]}}
    return studio.config("pixazo", render=render, **tables)


async def plan_of(studio: Studio, board: Any, conf: Any, **wanted: Any) -> Any:
    asked = RunRequest(str(board), str(studio.target), str(conf), **wanted)
    async with opened(asked, studio.env(), studio.hours, []) as (session, _):
        return await session.check(fetch=False)


def judge(studio: Studio, kind: Kind, shot_id: str) -> None:
    """A verdict on the newest take of a shot."""
    one = [one for one in takes(studio) if one["shot_id"] == shot_id][-1]
    write_verdict(Store(str(studio.target)), one["key"], Verdict(0, one["take"], one["sha256"], kind))


async def shown(studio: Studio, board: Any, conf: Any) -> tuple[int, str]:
    """What the page of a review says that the next run would order: so many shots, for so much."""
    told = await review._planned(str(board), review.Asked(str(studio.target), str(conf), "127.0.0.1", "Ada"))
    return told["shots"], told["quoted_usd"]


async def test_twelve_drafts_of_which_five_are_chosen(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bill, costs, the plan before each step and what the page says agree: twelve cheap clips, then five finals, and no
    draft is left alone without a word."""
    for name, value in studio.env().items():
        monkeypatch.setenv(name, value)
    board, conf = studio.board(*(f"shot {n}" for n in range(12))), config(studio)
    assert (await plan_of(studio, board, conf, draft=True)).quoted == 12 * CHEAP
    first = await studio.render(board, conf, draft=True)
    assert (first.code, first.statuses(), studio.box.billed()) == (0, {"rendered": 12}, 12 * CHEAP)
    assert Decimal(first.costs["totals"]["charged_usd"]) == 12 * CHEAP
    assert await shown(studio, board, conf) == (0, "0.00")
    assert {row["grade"] for row in first.rows.values()} == {"draft"} == {one["grade"] for one in takes(studio)}
    for n in (1, 3, 5, 7, 9):
        judge(studio, "select", f"sh{10 * n:03d}")
    plan = await plan_of(studio, board, conf)
    assert plan.quoted == 5 * DEAR and any("7 shots wait for a choice" in line for line in plan.warnings)
    assert await shown(studio, board, conf) == (5, usd_text(plan.quoted))
    second = await studio.render(board, conf)
    assert (second.code, len(second.orders()), {c.gateway for c in second.orders()}) == (1, 5, {"pixazo"})
    assert second.statuses() == {"rendered": 5, "stand_in": 7}
    assert studio.box.billed() == 12 * CHEAP + 5 * DEAR == Decimal(second.costs["totals"]["charged_usd"])
    totals = second.costs["totals"]
    assert (totals["clips"], totals["takes"]) == (5, 17)
    made = [row for row in second.rows.values() if row["status"] == "rendered"]
    assert {row["grade"] for row in made} == {"final"} and all(row["take"] == 2 for row in made)
    assert await shown(studio, board, conf) == (0, "0.00")
    third = await studio.render(board, conf)
    assert (third.code, third.calls) == (1, [])


async def test_a_draft_run_orders_no_finals_and_the_setting_does(studio: Studio) -> None:
    """With the flag a chosen draft waits; with the setting alone it gets its final, and new rows get drafts."""
    rows = ["x", "y"]
    conf = config(studio, render=SETTING)
    await studio.render(studio.board(*rows), conf)
    judge(studio, "select", "sh010")
    flagged = await studio.render(studio.board(*rows), conf, draft=True)
    assert (flagged.code, flagged.calls) == (0, [])
    plan = await plan_of(studio, studio.board(*rows, "z"), conf)
    assert [(one.need.grade, one.quoted) for one in plan.shots] == [("final", DEAR), ("draft", 0), ("draft", CHEAP)]
    run = await studio.render(studio.board(*rows, "z"), conf)
    assert (run.code, sorted(c.gateway for c in run.orders())) == (0, ["aivideoapi", "pixazo"])
    assert [row["grade"] for row in run.rows.values()] == ["final", "draft", "draft"]
    again = await studio.render(studio.board(*rows, "z"), conf)
    assert (again.code, again.calls) == (0, [])


@pytest.mark.parametrize(
    ("render", "wanted", "count"),
    [({}, {}, 2), (SETTING, {}, 2), ({}, {"draft": True}, 2), (SETTING, {"draft": False}, 0)],
)
async def test_drafts_that_nobody_chose_are_told(
    studio: Studio, capsys: pytest.CaptureFixture[str], render: Any, wanted: Any, count: int
) -> None:
    """The plan names them in every kind of run that leaves them alone, and so does the end of a run, as JSON too."""
    board, conf = studio.board("x", "y"), config(studio, render=render)
    await studio.render(board, conf, draft=True)
    plan = await plan_of(studio, board, conf, **wanted)
    said = [line for line in plan.warnings if "wait for a choice" in line]
    assert (len(plan.waiting), len(said)) == (count, int(count > 0))
    if count:
        asked = RunRequest(str(board), str(studio.target), str(conf), views=select_views(()), **wanted)
        async with opened(asked, studio.env(), studio.hours, []) as (session, _):
            await session.check(fetch=True)
            await answers.run_alone(session)
            conclude(answers.render_answer(session, session.exit_code(), 1.0), session, as_json=True)
        shown = capsys.readouterr()
        assert "2 shots wait for a choice: storyreel review" in " ".join(shown.err.split())
        assert "wait for a choice" not in shown.out


async def test_no_draft_orders_finals_for_all(studio: Studio) -> None:
    """Only the flag does so; a final stands before its draft, and takes over its choice."""
    board, conf = studio.board("x", "y"), config(studio)
    await studio.render(board, conf, draft=True)
    alone = await studio.render(board, conf)
    assert (alone.code, alone.calls, alone.statuses()) == (1, [], {"stand_in": 2})
    assert {row["error_class"] for row in alone.rows.values()} == {""}
    run = await studio.render(board, conf, draft=False)
    assert (run.code, len(run.orders()), {row["grade"] for row in run.rows.values()}) == (0, 2, {"final"})
    say(studio, "select", 1)
    after = await studio.render(board, conf)
    assert (after.code, after.calls, after.rows["sh010"]["take"]) == (0, [], 2)


async def test_rows_without_a_take_are_finals_without_flag_and_setting(studio: Studio) -> None:
    """A config that has a chain for drafts does not order any by that."""
    run = await studio.render(studio.board("x"), config(studio))
    assert (run.code, [c.gateway for c in run.orders()], run.row["grade"]) == (0, ["pixazo"], "final")


async def test_a_rejected_draft_is_replaced_in_draft_runs_only(studio: Studio) -> None:
    """A run for finals leaves it alone."""
    board, conf = studio.board("x"), config(studio)
    await studio.render(board, conf, draft=True)
    say(studio, "reject", 1)
    final = await studio.render(board, conf)
    assert (final.code, final.calls, final.row["status"], final.row["clip"]) == (1, [], "skipped", "")
    drafted = await studio.render(board, conf, draft=True)
    assert (drafted.code, len(drafted.orders()), drafted.row["take"]) == (0, 1, 2)


async def test_several_drafts_and_the_final_has_the_seed_of_the_chosen_one(studio: Studio) -> None:
    """Takes count drafts; the final is for the place of its draft, and with it the shot is done."""
    board, conf = studio.board({"prompt": "x", "takes": 3, "seed": 7}), config(studio)
    first = await studio.render(board, conf, draft=True)
    assert (first.code, len(first.orders()), first.row["takes"]) == (0, 3, 3)
    say(studio, "select", 2)
    second = await studio.render(board, conf)
    assert (second.code, len(second.orders()), second.row["take"]) == (0, 1, 4)
    [final] = (studio.target / "ledger").glob("*/4-intent.json")
    assert '"draft_of": 2' in final.read_text() and '"slot": 2' in final.read_text()
    third = await studio.render(board, conf)
    assert (third.code, third.calls) == (0, [])


async def test_drafts_without_a_chain_for_them_start_nothing(studio: Studio) -> None:
    """Exit 2, and the message says what to write."""
    run = await studio.render(studio.board("x"), studio.config("pixazo"), draft=True)
    assert run.code == 2 and "[chain.draft]" in run.errors and "no usable route" not in run.errors


async def test_unclear_drafts_and_finals_are_counted_apart(studio: Studio) -> None:
    """A lost draft does not close its gateway for finals, nor the other way round."""
    conf = studio.config("pixazo", **{"chain.draft": {"text_to_video": [T2V["pixazo"]]}})
    studio.faults({"do": "lost_after", "nth": [1]})
    await studio.render(studio.board("x"), conf, draft=True)
    final = await studio.render(studio.board("x"), conf)
    assert (final.code, len(final.orders()), final.row["grade"]) == (0, 1, "final")


async def test_drawn_drafts_take_verdicts(studio: Studio) -> None:
    """Where the built-in renderer draws the drafts, one is enough, and it is chosen as any."""
    conf = studio.config("pixazo", **{"chain.draft": {"text_to_video": ["animatic:card"]}})
    board = studio.board({"prompt": "x", "takes": 3})
    first = await studio.render(board, conf, draft=True)
    assert (first.code, first.calls, first.row["grade"], first.row["takes"]) == (0, [], "draft", 1)
    say(studio, "select", 1)
    second = await studio.render(board, conf)
    assert (second.code, len(second.orders()), second.row["provider"]) == (0, 1, "pixazo")
