"""Rows that go on where another ended: each order starts from the recorded take, and is told when it is behind."""

import asyncio
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tasks.domain.errors import MediaError
from tasks.domain.request import RunRequest
from tasks.media.last_picture import last_picture
from tasks.session.session import Session
from tests.chain.conftest import PRICE, Outcome, Studio, opened
from tests.chain.wire import Call
from tests.tasks.clips import plain

PIXAZO = "pixazo:sora-2-pro"
COST = PRICE["pixazo"]
CHAIN: tuple[dict[str, Any], ...] = (
    {"shot_id": "a", "prompt": "x"},
    {"shot_id": "b", "prompt": "y", "continues": "a"},
    {"shot_id": "c", "prompt": "z", "continues": "b"},
)


def config(studio: Studio, **more: Any) -> Path:
    return studio.config("pixazo", chain={"image_to_video": [PIXAZO]}, **more)


def started(studio: Studio, key: str) -> list[dict[str, Any] | None]:
    """What each order of a key started from, as its newest record has it."""
    paths = sorted((studio.target / "ledger" / key).glob("*-settled.json"))
    return [json.loads(path.read_bytes()).get("started_from") for path in paths]


async def choose(studio: Studio, run: Outcome, shot_id: str, take: int, kind: str = "select") -> None:
    """Somebody says something of a take."""
    row = run.rows[shot_id]
    [path] = (studio.target / "ledger" / row["key"]).glob(f"{take}-settled.json")
    clip = json.loads(path.read_bytes())["clip"]
    folder = studio.target / "review" / row["key"]
    folder.mkdir(parents=True, exist_ok=True)
    n = len(list(folder.iterdir())) + 1
    said = {
        "schema": 2,
        "kind": kind,
        "take": take,
        "sha256": clip["sha256"],
        "note": "",
        "by": "x",
        "at": "2026-11-26",
    }
    (folder / f"{n}.json").write_text(json.dumps(said))


async def test_each_starts_from_the_last_picture_of_the_one_before(studio: Studio) -> None:
    """The record holds the take, its clip, and the digest of the picture, which is that of the clip's very end."""
    board = studio.board(*CHAIN[::-1])
    run = await studio.render(board, config(studio))
    assert (run.code, len(run.orders()), run.statuses()) == (0, 3, {"rendered": 3}), run.told
    for name, before in (("b", "a"), ("c", "b")):
        source = run.rows[before]
        [begun] = started(studio, run.rows[name]["key"])
        picture = last_picture(studio.target / source["clip"])
        assert begun == {"key": source["key"], "take": 1, "clip": source["sha256"], "picture": picture.digest}
        assert (studio.target / run.rows[name]["frame"]).is_file()
    assert started(studio, run.rows["a"]["key"]) == [None]
    assert {one["shot_id"]: one["started_from"] for one in run.attempts} == {"a": None, "b": 1, "c": 1}
    again = await studio.render(board, config(studio))
    assert (again.code, again.calls, [row["stale"] for row in again.rows.values()]) == (0, [], ["", "", ""])


async def test_a_source_that_fails_stops_those_that_follow(studio: Studio) -> None:
    """They are rows with the reason, and cost nothing; the next run goes on."""
    studio.faults({"gateway": "pixazo", "kind": "bad_request", "prompt": "x"})
    board = studio.board(*CHAIN)
    run = await studio.render(board, config(studio))
    assert (run.code, run.money() == Decimal(0)) == (1, True)
    assert [run.rows[name]["error_class"] for name in "abc"] == ["Refused", "Source", "Source"]
    studio.faults()
    then = await studio.render(board, config(studio))
    assert (then.code, len(then.orders())) == (0, 3)


@pytest.mark.parametrize(
    ("asked", "first"),
    [
        ({"prompt": "x", "kind": "moderated"}, "Moderated"),
        ({"prompt": "x", "do": "failed"}, "Failed"),
        ({"prompt": "x", "do": "lost_after"}, "Unclear"),
    ],
)
async def test_however_a_source_ends_without_a_clip(studio: Studio, asked: dict[str, Any], first: str) -> None:
    """Those that follow it say ``Source`` all down the chain, and name it."""
    studio.faults({"gateway": "pixazo", **asked})
    run = await studio.render(studio.board(*CHAIN), config(studio))
    assert [run.rows[name]["error_class"] for name in "abc"] == [first, "Source", "Source"]
    assert [name in run.rows[after]["error"] for name, after in (("a", "b"), ("b", "c"))] == [True, True]


async def test_a_source_for_which_the_budget_was_too_small(studio: Studio) -> None:
    """It is skipped for the money, and those that follow it for their source."""
    run = await studio.render(studio.board(*CHAIN), config(studio), budget_usd=COST / 2)
    assert run.code == 3 and [run.rows[name]["error_class"] for name in "abc"] == ["Budget", "Source", "Source"]
    assert {run.rows[name]["status"] for name in "abc"} == {"skipped"}


async def test_a_source_that_is_left_out_and_has_no_clip(studio: Studio) -> None:
    """Nothing starts, and the fault stands in the column that names it."""
    run = await studio.render(studio.board(*CHAIN), config(studio), only=("b",))
    assert run.code == 2 and run.errors == "row 3, b, continues 'a': is not selected and has no clip: add it to --only"


async def test_a_stand_in_is_no_source(studio: Studio) -> None:
    """What the built-in renderer drew in place of a gateway's clip is not gone on from."""
    studio.faults({"gateway": "pixazo", "kind": "bad_request", "prompt": "x"})
    made = studio.config("pixazo", "animatic:card", chain={"image_to_video": [PIXAZO]})
    run = await studio.render(studio.board(*CHAIN[:2]), made)
    assert (run.rows["a"]["status"], run.rows["b"]["error_class"], run.money() == Decimal(0)) == (
        "stand_in",
        "Source",
        True,
    )


async def test_a_source_whose_end_does_not_decode_fails_those_that_follow(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its clip plays, and so it is one; nothing is ordered from a picture that nobody has seen."""
    plain_run = await studio.render(studio.board(CHAIN[0]), config(studio))

    def damaged(path: Path) -> None:
        raise MediaError("the video is damaged: its last pictures do not decode")

    monkeypatch.setattr("tasks.media.last_picture.last_picture", damaged)
    run = await studio.render(studio.board(*CHAIN), config(studio))
    assert (run.code, run.calls, plain_run.code) == (1, [], 0)
    told = [(run.rows[name]["status"], run.rows[name]["error_class"]) for name in "bc"]
    assert told == [("failed", "Source")] * 2
    assert run.rows["b"]["error"].startswith("the last picture of a cannot be had: the video is damaged")


async def test_those_that_follow_wait_for_a_choice(studio: Studio) -> None:
    """While several takes are asked for and none is chosen nothing that continues them is ordered, nor quoted."""
    board = studio.board({**CHAIN[0], "takes": 2}, *CHAIN[1:])
    run = await studio.render(board, config(studio))
    assert (run.code, len(run.orders()), run.plan.quoted) == (1, 2, 2 * COST)
    assert [(run.rows[n]["status"], run.rows[n]["error_class"]) for n in "bc"] == [("skipped", "Source")] * 2
    assert "none is chosen" in run.rows["b"]["error"]
    await choose(studio, run, "a", 1)
    then = await studio.render(board, config(studio))
    assert (then.code, len(then.orders())) == (0, 2)
    assert [one["take"] for one in started(studio, then.rows["b"]["key"]) if one] == [1]


async def test_another_take_in_use_makes_stale_what_started_from_the_first(studio: Studio) -> None:
    """It is told with its price in plan and manifest, and done, in order, when it is named, and only once."""
    board = studio.board(*CHAIN)
    await studio.render(board, config(studio))
    newer = await studio.render(board, config(studio), rerender=("a",))
    assert (newer.code, len(newer.orders())) == (0, 1)
    assert newer.rows["b"]["stale"] == "started from take 1 of a, of which take 2 is in use now"
    assert (newer.rows["a"]["stale"], newer.rows["c"]["stale"]) == ("", "follows b, which is stale")
    plan = await studio.plan(board, config(studio))
    assert [(one.shot.shot_id, one.action, one.again) for one in plan.stale] == [
        ("b", "keep", COST),
        ("c", "keep", COST),
    ]
    assert any(f"--rerender stale orders them again for {2 * COST} USD" in line for line in plan.warnings)
    quiet = await studio.render(board, config(studio))
    assert (quiet.code, quiet.calls) == (0, [])
    done = await studio.render(board, config(studio), rerender=("stale",))
    assert (done.code, len(done.orders()), done.plan.quoted) == (0, 2, 2 * COST)
    assert [row["stale"] for row in done.rows.values()] == ["", "", ""]
    assert [one["take"] for one in started(studio, done.rows["c"]["key"]) if one] == [1, 2]
    over = await studio.render(board, config(studio), rerender=("stale",))
    assert (over.code, over.calls) == (0, [])


async def test_a_take_that_is_there_waits_for_a_choice(studio: Studio) -> None:
    """Where the follower's choice outlives the new take, stale orders nothing more, nor what follows it."""
    board = studio.board(*CHAIN)
    first = await studio.render(board, config(studio))
    await choose(studio, first, "b", 1)
    await studio.render(board, config(studio), rerender=("a",))
    done = await studio.render(board, config(studio), rerender=("stale",))
    assert len(done.orders()) == 1 and [row["take"] for row in done.rows.values()] == [2, 1, 1]
    assert "waits for a choice" in done.rows["b"]["stale"] and done.rows["c"]["stale"] == "follows b, which is stale"
    over = await studio.render(board, config(studio), rerender=("stale",))
    assert (over.code, over.calls) == (0, [])


async def test_a_source_that_is_not_made_anew_sells_nothing_twice(studio: Studio) -> None:
    """Where the new take of a source is refused, those that follow it are not bought again from the same start."""
    board = studio.board(*CHAIN)
    await studio.render(board, config(studio))
    await studio.render(board, config(studio), rerender=("a",))
    studio.faults({"gateway": "pixazo", "kind": "moderated", "prompt": "y"})
    run = await studio.render(board, config(studio), rerender=("stale",))
    assert (run.code, len(run.orders()), run.rows["c"]["error_class"]) == (1, 1, "Source")
    studio.faults()
    over = await studio.render(board, config(studio))
    assert (over.code, over.calls) == (1, [])


async def wished(studio: Studio, board: Path) -> Outcome:
    """A chain whose first shot has a second take; what followed was named as stale, and no order was taken."""
    await studio.render(board, config(studio))
    await studio.render(board, config(studio), rerender=("a",))
    studio.faults({"gateway": "pixazo", "kind": "bad_request"})
    run = await studio.render(board, config(studio), rerender=("stale",))
    assert (run.code, run.rows["b"]["error_class"], run.rows["b"]["take"]) == (1, "Refused", 1)
    studio.faults()
    return run


async def test_a_wish_whose_reason_has_gone_is_closed(studio: Studio) -> None:
    """The source's first take is in use again before what follows it was done anew: that is told once, nothing is
    ordered, and the run is a success; another choice makes it stale, and the same command orders it again."""
    board = studio.board(*CHAIN[:2])
    run = await wished(studio, board)
    await choose(studio, run, "a", 1)
    told = "b: the wish for another take is closed: a has the take in use that it started from"
    plan = await studio.plan(board, config(studio))
    assert (plan.quoted, [told in line for line in plan.warnings].count(True)) == (0, 1)
    over = await studio.render(board, config(studio))
    assert (over.code, over.calls, over.lines.count(told)) == (0, [], 1)
    assert (over.rows["b"]["error_class"], over.rows["b"]["stale"]) == ("", "")
    quiet = await studio.render(board, config(studio))
    assert (quiet.code, quiet.calls, told in quiet.lines) == (0, [], False)
    await choose(studio, run, "a", 2)
    behind = await studio.render(board, config(studio))
    assert (behind.code, behind.calls, bool(behind.rows["b"]["stale"])) == (0, [], True)
    done = await studio.render(board, config(studio), rerender=("stale",))
    assert (done.code, len(done.orders()), done.rows["b"]["stale"]) == (0, 1, "")


async def test_a_wish_that_waits_for_a_choice_is_closed(studio: Studio) -> None:
    """Somebody chooses the old take of the shot between: its new one lies beside it, and what follows is left alone."""
    board = studio.board(*CHAIN)
    run = await wished(studio, board)
    await choose(studio, run, "b", 1)
    done = await studio.render(board, config(studio))
    assert len(done.orders()) == 1 and [row["take"] for row in done.rows.values()] == [2, 1, 1]
    over = await studio.render(board, config(studio))
    assert (over.code, over.calls, over.rows["c"]["stale"]) == (0, [], "follows b, which is stale")
    assert [line for line in (*done.lines, *over.lines) if line.startswith("c: the wish for another take is closed")]


async def test_a_wish_by_name_is_more_than_one_of_the_stale(studio: Studio) -> None:
    """Who names the shot gets another take although its source still has the one that it started from."""
    board = studio.board(*CHAIN)
    await studio.render(board, config(studio))
    await studio.render(board, config(studio), rerender=("a",))
    studio.faults({"gateway": "pixazo", "kind": "moderated", "prompt": "y"})
    run = await studio.render(board, config(studio), rerender=("stale",))
    assert (run.code, run.rows["c"]["error_class"]) == (1, "Source")
    named = await studio.render(board, config(studio), rerender=("c",), only=("c",))
    assert (named.code, len(named.orders()), named.rows["c"]["take"]) == (0, 1, 2)


async def test_a_remix_is_stale_too(studio: Studio) -> None:
    """It goes by the clip in use of its source, whichever that was when it was ordered."""
    remix = "aigateway:openai/sora-2-video-to-video-remix"
    made = studio.config("aigateway", chain={"remix": [remix]})
    board = studio.board("x", {"prompt": "y", "source": "sh010"})
    await studio.render(board, made)
    run = await studio.render(board, made, rerender=("sh010",))
    assert "of which take 2 is in use now" in run.rows["sh020"]["stale"]
    done = await studio.render(board, made, rerender=("stale",))
    assert (done.code, len(done.orders()), done.rows["sh020"]["stale"]) == (0, 1, "")


@pytest.mark.parametrize("at", range(1, 12))
async def test_a_chain_that_is_stopped_anywhere_buys_nothing_twice(studio: Studio, at: int) -> None:
    """Stopped at each of its calls, and gone on with: three orders in all, each from the take that is in use."""
    board, made = studio.board(*CHAIN), config(studio)
    asked = RunRequest(str(board), str(studio.target), str(made))
    async with opened(asked, studio.env(), studio.hours, []) as (running, wire):
        await running.check(fetch=True)
        async with running.open():
            wire.calls = Stopping(running, at)
            await asyncio.gather(*(_one(running, name) for name in "abc"), return_exceptions=True)
        studio.calls += wire.calls
    run = await studio.render(board, made)
    assert (run.code, run.statuses().keys() <= {"rendered", "reused"}) == (0, True), run.told
    assert len([one for one in run.attempts if one["outcome"] == "clip"]) == 3
    for name, before in (("b", "a"), ("c", "b")):
        [begun] = [one for one in started(studio, run.rows[name]["key"]) if one]
        assert begun["clip"] == run.rows[before]["sha256"]
    assert run.money() == 3 * COST == studio.box.billed("pixazo")


class Stopping(list[Call]):
    """The calls of a run that somebody stops in the middle of one of them."""

    def __init__(self, running: Session, at: int) -> None:
        super().__init__()
        self.running, self.at = running, at

    def append(self, call: Call) -> None:
        super().append(call)
        if len(self) == self.at:
            self.running.interrupt("enough")


async def _one(running: Session, name: str) -> None:
    await running.source_ready(running.plans[name])
    if running.stopped is None:
        await running.shot(name)
    running.done[name].set()


async def test_first_and_last_picture_and_cast_reach_the_renderer(studio: Studio) -> None:
    """An animatic of a row that uses all of it is drawn; a faulty last picture is a fault of its own column."""
    for name, colour in (("a.png", (200, 30, 30)), ("b.png", (30, 30, 200)), ("hero.png", (30, 200, 30))):
        (studio.folder / name).write_bytes(plain(colour))
    cast = {"cast.hero": {"text": "a woman", "images": ["hero.png"]}}
    free = {"image_to_video": ["animatic:kenburns"]}
    made = studio.config("animatic:card", chain=free, **cast)
    board = studio.board({"prompt": "{hero} waits", "image": "a.png", "last_image": "b.png", "duration": 1})
    run = await studio.render(board, made)
    assert (run.code, run.statuses()) == (0, {"rendered": 1}), run.errors
    assert len(list((studio.target / "frames").iterdir())) == 3
    (studio.folder / "b.png").write_bytes(b"no picture")
    bad = await studio.render(board, made, rerender=("sh010",))
    assert bad.code == 2 and "last_image" in bad.errors
    assert Decimal(run.costs["totals"]["charged_usd"]) == 0
