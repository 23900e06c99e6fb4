"""Every clip that was paid for stays: what a target has after rerenders, late jobs, lost files and moved rows."""

import hashlib
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tasks.session.session import Session
from tests.chain.conftest import PRICE, Outcome, Studio, rendered


def clips(studio: Studio) -> dict[str, str]:
    """The clips at the target by name, with their sha256."""
    found = sorted((studio.target / "clips").glob("*.mp4"))
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


def records(studio: Studio, kind: str) -> list[dict[str, Any]]:
    return [json.loads(path.read_bytes()) for path in sorted((studio.target / "ledger").glob(f"*/*-{kind}.json"))]


async def test_a_rerender_takes_no_clip_away(studio: Studio) -> None:
    """Both takes lie at the target, byte for byte, and both attempts tell of their own file and money."""
    board, config = studio.board("x"), studio.config("pixazo")
    first = await studio.render(board, config)
    before = clips(studio)
    second = await studio.render(board, config, rerender=("sh010",))
    after = clips(studio)
    assert before.items() < after.items() and len(after) == 2
    assert second.row["sha256"] != first.row["sha256"] and second.row["take"] == second.row["takes"] == 2
    stored = {Path(r["clip"]["path"]).name: r["clip"]["sha256"] for r in records(studio, "settled")}
    assert stored == after
    assert [path.name for path in sorted((studio.target / "posters").iterdir())] == [
        name.replace(".mp4", ".jpg") for name in after
    ]


def wrong_clock(studio: Studio, seconds: int) -> Any:
    """A machine whose clock is off by so many seconds."""

    def tamper(session: Session) -> None:
        right = session.ledger.clock

        def clock() -> str:
            now = datetime.fromisoformat(right().replace("Z", "+00:00")) + timedelta(seconds=seconds)
            return now.isoformat(timespec="milliseconds").replace("+00:00", "Z")

        session.ledger.clock = clock

    return tamper


@pytest.mark.parametrize("skew", [-3600, -90, 90, 3600])
async def test_two_machines_with_other_clocks_buy_each_wish_once(studio: Studio, skew: int) -> None:
    """Four runs in turn on clocks that differ, with a rerender among them: two orders, and the newer take in use."""
    board, config = studio.board("x"), studio.config("pixazo")
    here, there = wrong_clock(studio, 0), wrong_clock(studio, skew)
    await studio.render(board, config, tamper=here)
    second = await studio.render(board, config, tamper=there, rerender=("sh010",))
    third = await studio.render(board, config, tamper=here)
    fourth = await studio.render(board, config, tamper=there)
    assert [len(run.orders()) for run in (second, third, fourth)] == [1, 0, 0]
    assert clips(studio)[Path(fourth.row["clip"]).name] == fourth.row["sha256"] == second.row["sha256"]
    assert (fourth.code, fourth.row["take"]) == (0, 2)


@pytest.mark.parametrize("skew", [-3600, 3600])
async def test_a_stand_in_drawn_on_another_clock_is_no_newer_clip(studio: Studio, skew: int) -> None:
    """A drawing that was made while the gateway was out, on a machine of another time, never hides the bought clip."""
    board, config = studio.board("x"), studio.config("pixazo", "animatic:card")
    studio.faults({"status": 400})
    first = await studio.render(board, config, tamper=wrong_clock(studio, skew))
    assert first.row["status"] == "stand_in"
    studio.faults()
    second = await studio.render(board, config)
    third = await studio.render(board, config, tamper=wrong_clock(studio, skew))
    assert (second.code, third.code, third.orders()) == (0, 0, [])
    assert (third.row["provider"], third.row["sha256"]) == ("pixazo", second.row["sha256"])
    assert len(clips(studio)) == 2


@pytest.mark.parametrize("left", [0, 100])
async def test_a_cut_clip_is_asked_for_again_and_not_bought(studio: Studio, left: int) -> None:
    """A file that is shorter than its record is as good as gone: its job gives it once more."""
    board, config = studio.board("x"), studio.config("pixazo")
    first = await studio.render(board, config)
    path = studio.target / first.row["clip"]
    path.write_bytes(path.read_bytes()[:left])
    second = await studio.render(board, config)
    assert (second.code, second.orders(), len(second.calls)) == (0, [], 1)
    there = studio.target / second.row["clip"]
    assert there.stat().st_size == second.row["bytes"] and second.money() == studio.box.billed() == PRICE["pixazo"]


async def test_the_newest_take_is_asked_for_again_where_an_older_one_is_there(studio: Studio) -> None:
    """A lost newer take comes again under its own name; until then the older one stands for the shot."""
    board, config = studio.board("x"), studio.config("pixazo")
    await studio.render(board, config)
    second = await studio.render(board, config, rerender=("sh010",))
    whole = clips(studio)
    (studio.target / second.row["clip"]).unlink()
    third = await studio.render(board, config)
    assert (third.code, third.row["take"], third.row["takes"], third.orders()) == (0, 2, 2, [])
    assert clips(studio).keys() == whole.keys()


async def test_what_cannot_be_had_again_is_told_and_wasted(studio: Studio) -> None:
    """A lost clip that its job gives no more is told before another is bought, and its charge is waste."""
    board, config = studio.board("x"), studio.config("pixazo")
    first = await studio.render(board, config)
    (studio.target / first.row["clip"]).unlink()
    studio.faults({"phase": "poll", "status": 404, "times": 3})
    second = await studio.render(board, config)
    assert any(first.row["clip"] in line and "gone or cut" in line for line in second.lines), second.lines
    assert (second.code, len(second.orders()), second.row["take"], second.row["takes"]) == (0, 1, 2, 1)
    assert second.row["wasted_usd"] == PRICE["pixazo"] and second.row["in_use_usd"] == PRICE["pixazo"]


async def test_rows_alike_may_be_moved_about(studio: Studio) -> None:
    """Twins that are swapped, of which one is removed or looked at alone, buy nothing."""
    config, twins = studio.config("pixazo"), [{"shot_id": "a", "prompt": "x"}, {"shot_id": "b", "prompt": "x"}]
    first = await studio.render(studio.board(*twins), config)
    for rows, only in ((twins, ("b",)), (twins[::-1], ()), (twins[::-1], ("b",)), (twins[1:], ()), (twins, ())):
        again = await studio.render(studio.board(*rows), config, only=only)
        assert (again.code, again.calls) == (0, []), (rows, only)
        assert again.rows["b"]["sha256"] == first.rows["b"]["sha256"]
    assert again.rows["a"]["sha256"] == first.rows["a"]["sha256"]


async def test_a_run_that_was_replaced_while_it_slept_writes_nothing(studio: Studio) -> None:
    """It wakes with a job that the other run has collected: the clip, its record and the tables stay the other's."""
    board, config = studio.board("x"), studio.config("pixazo")
    other: list[Outcome] = []
    found: list[dict[str, str]] = []

    def tamper(session: Session) -> None:
        sleep = session.sleep

        async def suspended(seconds: float) -> None:
            if not other and records(studio, "accepted"):
                for lock in (studio.target / "lock").iterdir():
                    lock.unlink()  # to whoever came then its process was gone
                session.lock.beaten_at = float("-inf")
                other.append(await rendered(board, studio.target, studio.env(), config=config))
                found.append(everything(studio))
            await sleep(seconds)

        session.sleep = suspended

    woken = await rendered(board, studio.target, studio.env(), config=config, tamper=tamper)
    assert (other[0].code, other[0].orders(), woken.code) == (0, [], 130)
    assert everything(studio) == found[0]


def everything(studio: Studio) -> dict[str, str]:
    """Each file at the target with its sha256, but for locks."""
    files = [path for path in studio.target.rglob("*") if path.is_file() and path.parent.name != "lock"]
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


WISHES: dict[str, tuple[list[dict[str, Any]], str]] = {
    "refused by policy": ([{"do": "moderated_async"}], "Moderated"),
    "no video": ([{"do": "wrong"}], "Failed"),
    "refused": ([{"status": 400}], "Refused"),
}


@pytest.mark.parametrize("name", WISHES)
async def test_a_wish_that_brought_no_take_is_no_success(studio: Studio, name: str) -> None:
    """``--rerender`` that ends without a new take exits 1, the row stands by its old clip and tells what ended it."""
    faults, error_class = WISHES[name]
    board, config = studio.board("x"), studio.config("pixazo")
    first = await studio.render(board, config)
    studio.faults(*faults)
    second = await studio.render(board, config, rerender=("sh010",))
    assert (second.code, second.row["status"], second.row["error_class"]) == (1, "reused", error_class)
    assert (second.row["sha256"], second.row["take"]) == (first.row["sha256"], 1)
    if error_class == "Moderated":  # a refusal ends the wish: it was told, once
        third = await studio.render(board, config)
        assert (third.code, third.calls, third.row["error_class"]) == (0, [], "")
        return
    studio.faults()
    third = await studio.render(board, config)
    assert (third.code, third.row["status"], third.row["error_class"]) == (0, "rendered", "")
