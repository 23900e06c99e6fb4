"""What is promised of takes and choices and shows only in whole runs: seeds as they are sent, what is told and why."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tasks.commands import answers
from tasks.commands.answers import plan_answer
from tasks.domain.errors import ErrorWord, Stopped
from tasks.domain.progress import Progress
from tasks.domain.request import RunRequest, ViewSelection, select_views
from tasks.storage.store import Store
from tasks.views.publish import ViewPublisher
from tests.chain.conftest import PRICE, T2V, Studio, opened, read_back
from tests.chain.test_drafts import config as drafting
from tests.chain.test_drafts import judge, plan_of
from tests.chain.test_verdicts import heard, rescued, say, takes, three
from tests.tasks.views.test_reel import packets

FIRST, SECOND = "fal:bytedance/seedance-2.0/text-to-video", "openrouter:bytedance/seedance-2.0"
COLUMNS = [
    "shot_id",
    "key",
    "take",
    "in_use",
    "grade",
    "verdict",
    "note",
    "by",
    "verdict_at",
    "clip",
    "poster",
    "sha256",
    "bytes",
    "container",
    "has_sound",
    "provider",
    "model",
    "seconds",
    "width",
    "height",
    "fps",
    "qa",
    "quoted_usd",
    "charged_usd",
    "at_risk_usd",
    "finished_at",
]


def watch(seeds: list[tuple[str, Any]]) -> Any:
    """Notes gateway and seed of each order that leaves the session."""

    def tamper(session: Any) -> None:
        ask = session.http.ask

        async def noted(request: Any, url: str, *more: Any) -> Any:
            if request.method == "POST":
                seeds.append((url.split("/")[3], (request.json or {}).get("seed")))
            return await ask(request, url, *more)

        session.http.ask = noted

    return tamper


async def test_the_seed_of_each_place_is_sent(studio: Studio) -> None:
    """Counted from the row's; a second try and the next gateway get that of their place, and the place of a take that
    was rejected is not given out again."""
    config = studio.config(FIRST, SECOND)

    async def sent(takes: int) -> list[tuple[str, Any]]:
        seeds: list[tuple[str, Any]] = []
        board = studio.board({"prompt": "x", "takes": takes, "seed": 7})
        run = await studio.render(board, config, tamper=watch(seeds))
        assert run.code == 0, run.told
        return sorted(seeds)

    assert await sent(1) == [("fal", 7)]
    studio.faults({"do": "failed", "charged": False, "gateway": "fal", "nth": [2, 3]})
    assert await sent(2) == [("fal", 8), ("fal", 8), ("openrouter", 8)]
    assert await sent(4) == [("fal", 9), ("fal", 10)]
    say(studio, "reject", 1)
    assert await sent(4) == [("fal", 11)]


async def test_a_rows_route_holds_for_finals(studio: Studio) -> None:
    """Its draft comes from the chain of drafts all the same, the final from where the row says."""
    board = studio.board({"prompt": "x", "route": T2V["aimlapi"]})
    first = await studio.render(board, drafting(studio), draft=True)
    assert (first.code, [c.gateway for c in first.orders()]) == (0, ["aivideoapi"])
    judge(studio, "select", "sh010")
    second = await studio.render(board, drafting(studio))
    assert (second.code, [c.gateway for c in second.orders()]) == (0, ["aimlapi"])


async def test_the_plan_quotes_both_passes_apart(studio: Studio) -> None:
    """One chosen draft is to be finished, and a new row gets its draft: two sums, which are the whole."""
    config = drafting(studio, render={"draft": True})
    await studio.render(studio.board("x"), config)
    judge(studio, "select", "sh010")
    asked = RunRequest(str(studio.board("x", "y")), str(studio.target), str(config))
    async with opened(asked, studio.env(), studio.hours, []) as (session, _):
        await session.check(fetch=False)
        told = plan_answer(session, 0)
    assert (told["draft_usd"], told["final_usd"]) == (f"{PRICE['aivideoapi']}", f"{PRICE['pixazo']}")
    assert told["totals"]["quoted_usd"] == f"{PRICE['aivideoapi'] + PRICE['pixazo']}"


async def test_a_take_beside_the_chosen_one_is_told(studio: Studio) -> None:
    """Who asks for another of a shot with a choice hears that the chosen one stays in use."""
    board, config, _ = await three(studio)
    say(studio, "select", 1)
    run = await studio.render(board, config, rerender=("sh010",))
    assert run.row["take"] == 1
    assert any("sh010" in line and "take 4" in line and "take 1" in line for line in run.lines), run.lines


async def test_the_plan_says_who_asked_for_what_it_orders(studio: Studio) -> None:
    """A rejection and a call for one more stand beside their shot with their note."""
    board, config, _ = await three(studio)
    say(studio, "reject", 3, note="the boat sinks")
    say(studio, "again", 2, note="slower", after=3)
    plan = (await studio.plan(board, config)).shots[0]
    said = "\n".join(plan.warnings)
    assert "Ada rejected take 3: the boat sinks" in said and "Ada asked for one more take: slower" in said
    await studio.render(board, config)
    assert not [line for line in (await studio.plan(board, config)).shots[0].warnings if "Ada" in line]


async def test_a_draft_run_leaves_a_shot_that_has_its_final(studio: Studio) -> None:
    """With the final of its chosen draft the shot is done, whatever was said of the other drafts."""
    board, config = studio.board({"prompt": "x", "takes": 3}), drafting(studio)
    await studio.render(board, config, draft=True)
    say(studio, "select", 1)
    await studio.render(board, config)
    for n in (2, 3):
        say(studio, "reject", n)
    for wanted in ({"draft": True}, {}, {"draft": False}):
        assert (await plan_of(studio, board, config, **wanted)).quoted == 0
        run = await studio.render(board, config, **wanted)
        assert (run.code, run.calls, run.row["take"]) == (0, [], 4)


@pytest.mark.parametrize("take", [1, 2])
async def test_another_draft_is_as_good(studio: Studio, take: int) -> None:
    """Whichever draft of a draft run is chosen, `report` leaves the shot as done as it was there."""
    await studio.render(studio.board({"prompt": "x", "takes": 2}), drafting(studio), draft=True)
    say(studio, "select", take)
    after, _ = await heard(studio, drafting(studio))
    assert (after.row["status"], after.row["take"], after.row["grade"]) == ("reused", take, "draft")


async def test_who_asks_for_one_more_has_chosen_all_the_same(studio: Studio) -> None:
    """A chosen draft of which one more is asked for does not wait for a choice."""
    board, config, waits = studio.board("x"), drafting(studio), []
    await studio.render(board, config, draft=True)
    say(studio, "select", 1)
    say(studio, "again", 1, after=1)
    asked = RunRequest(str(board), str(studio.target), str(config), draft=True)
    async with opened(asked, studio.env(), studio.hours, []) as (session, _):
        await session.check(fetch=False)
        async with session.open():
            waits.append(session.tables.waiting())
    assert waits == [0]


async def test_the_table_of_takes(studio: Studio) -> None:
    """Its columns are those that are promised, in their order; money has its digits, and one take is in use."""
    await three(studio)
    say(studio, "select", 1)
    await heard(studio, studio.config("pixazo"))
    table = pq.read_table(studio.target / "takes.parquet")
    assert table.column_names == COLUMNS
    assert (studio.target / "takes.csv").read_text("utf-8-sig").splitlines()[0].split(",") == COLUMNS
    assert pa.types.is_decimal(table.schema.field("charged_usd").type)
    assert [one["in_use"] for one in table.to_pylist()] == [True, False, False]


async def test_what_people_look_at_goes_by_the_take_in_use(studio: Studio, tmp_path: Path) -> None:
    """Report, rough cut and timeline show the chosen take; of a shot whose last usable take was rejected none has a
    clip, until there is another."""
    board, config, _ = await three(studio)
    clips = {one["take"]: one["clip"] for one in takes(studio)}
    say(studio, "select", 1)
    await heard(studio, config)
    views = await made(studio, tmp_path)
    assert views["active"] == clips[1] and views["others"] == {clips[2], clips[3]}
    assert f'class="still" href="{clips[1]}"' in views["report"] and views["parts"] == [clips[1]]
    for n in clips:
        say(studio, "reject", n)
    await heard(studio, config)
    views = await made(studio, tmp_path)
    assert views["active"] == "" and 'class="still" href=' not in views["report"] and views["parts"] == [""]
    again = await studio.render(board, config)
    assert (again.code, len(again.orders()), again.row["take"]) == (0, 3, 6)


async def made(studio: Studio, folder: Path) -> dict[str, Any]:
    """What the views of the target show: the clip in use and the others, the report, and what is cut together."""
    store = Store(str(studio.target))
    publisher = ViewPublisher(store, folder, Progress())
    assert await publisher.make(select_views(["report", "timeline"])) == []
    media: list[Any] = []
    _walk(json.loads(store.read("timeline.otio")), media)
    active = "".join(one["media_references"][one["active_media_reference_key"]].get("target_url", "") for one in media)
    every = {ref.get("target_url", "") for one in media for ref in one["media_references"].values()}
    parts = [row["clip"] for row in publisher.tables().rows]
    return {"active": active, "others": every - {active}, "report": store.read("report.html").decode(), "parts": parts}


async def no_op(studio: Studio, board: Path, config: Path, **views: bool) -> bytes:
    """The rough cut after a run that orders nothing, and makes its views."""
    asked = RunRequest(str(board), str(studio.target), str(config), views=ViewSelection(**views))
    async with opened(asked, studio.env(), studio.hours, []) as (session, wire):
        await session.check(fetch=True)
        await answers.run_alone(session)
    assert wire.calls == []
    return (studio.target / "reel.mp4").read_bytes() if (studio.target / "reel.mp4").exists() else b""


@pytest.mark.parametrize("how", ["by report", "by rescue", "by a run without views"])
async def test_a_choice_that_came_before_the_run_is_in_its_rough_cut(studio: Studio, how: str) -> None:
    """However the tables came to know of it: the cut and the timelines that are there show the take in use. A cut that
    shows it already is left as it is."""
    board, config, _ = await three(studio)
    cut = await no_op(studio, board, config, edl=True)
    say(studio, "select", 1)
    if how == "by report":
        await heard(studio, config)
    elif how == "by rescue":
        await rescued(studio, config)
    else:
        await no_op(studio, board, config, reel=False, timeline=False, report=False)
    assert read_back(studio.target)[0]["sh010"]["take"] == 1
    [first] = [studio.target / one["clip"] for one in takes(studio) if one["take"] == 1]
    chosen = await no_op(studio, board, config)
    assert chosen != cut and packets(studio.target / "reel.mp4") == packets(first)
    assert first.name in (studio.target / "timeline.edl").read_text()
    before = (studio.target / "reel.mp4").stat().st_mtime_ns
    assert await no_op(studio, board, config) == chosen
    assert (studio.target / "reel.mp4").stat().st_mtime_ns == before


@pytest.mark.parametrize(("why", "made"), [("Budget", True), ("Interrupted", False), ("Target", False)])
async def test_a_run_that_its_money_stopped_shows_what_came(studio: Studio, why: ErrorWord, made: bool) -> None:
    """Its report is that of its tables; one that somebody stopped, or whose target failed, ends at once."""
    board, config, _ = await three(studio)
    asked = RunRequest(str(board), str(studio.target), str(config), views=select_views(["report"]))
    async with opened(asked, studio.env(), studio.hours, []) as (session, _):
        await session.check(fetch=True)
        async with session.open():
            session.stop(Stopped(why, "enough"))
            await session.show()
    assert (studio.target / "report.html").exists() is made


def _walk(node: Any, found: list[Any]) -> None:
    if isinstance(node, dict) and node.get("media_references"):
        found.append(node)
    for one in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        _walk(one, found)


async def test_a_verdict_without_effect_is_told(studio: Studio) -> None:
    """On a take whose file is gone for good, and on a shot that the board has no more: kept, and one line says so."""
    config = studio.config("pixazo")
    await studio.render(studio.board({"prompt": "x", "takes": 2}, "y"), config)
    say(studio, "reject", 1)
    say(studio, "select", 1, shot_id="sh020")
    told = "without effect"
    assert not [
        line
        for line in (await studio.render(studio.board({"prompt": "x", "takes": 1}, "y"), config)).lines
        if told in line
    ]
    run = await studio.render(studio.board({"prompt": "x", "takes": 1}), config)
    [line] = [line for line in run.lines if told in line]
    assert line.startswith("1 verdict is on a take that no row has")
    [first] = [one["clip"] for one in takes(studio) if one["take"] == 1]
    (studio.target / first).unlink()
    run = await studio.render(studio.board({"prompt": "x", "takes": 1}), config)
    [line] = [line for line in run.lines if told in line]
    assert line.startswith("2 verdicts are on takes that no row has") and run.calls == []
