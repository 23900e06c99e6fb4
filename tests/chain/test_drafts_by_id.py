"""Drafts that their gateway finishes by their id: once, at a price of their own, and only within their days."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime
from typing import Any

import httpx
import pytest

from tests.chain.conftest import Studio
from tests.chain.test_drafts import plan_of
from tests.chain.test_verdicts import say

PLAIN = "fal:bytedance/seedance-2.5/text-to-video"
DRAFT_USD, FINAL_USD = 4 * Decimal("0.22"), 4 * Decimal("1.04004")


def config(studio: Studio, **render: Any) -> Any:
    return studio.config(PLAIN, render=render, **{"chain.draft": {"text_to_video": [f"{PLAIN}#draft"]}})


def clock_of_the_gateway(days: int, sent: list[dict[str, Any]] | None = None) -> Any:
    """The gateway's clock differs from ours by so many days; ``sent`` gets the orders."""

    def tamper(session: Any) -> None:
        ask = session.http.ask

        async def skewed(request: Any, url: str, *more: Any) -> Any:
            if request.method == "POST" and sent is not None:
                sent.append({"path": url.partition("/fal/")[2], **request.json})
            reply = await ask(request, url, *more)
            date = format_datetime(datetime.now(UTC) + timedelta(days=days), usegmt=True)
            return replace(reply, headers={**reply.headers, "date": date})

        session.http.ask = skewed

    return tamper


async def test_a_chosen_draft_is_finished_by_its_id(studio: Studio) -> None:
    """One order that names the draft alone; plan, bill and table have its own price; then the shot is done."""
    board, sent = studio.board("a kite"), list[dict[str, Any]]()
    first = await studio.render(board, config(studio), draft=True)
    assert (first.code, first.row["grade"], studio.box.billed("fal")) == (0, "draft", DRAFT_USD), first.told
    say(studio, "select", 1)
    plan = await plan_of(studio, board, config(studio))
    assert plan.quoted == FINAL_USD
    second = await studio.render(board, config(studio), tamper=clock_of_the_gateway(0, sent))
    assert second.code == 0 and studio.box.billed("fal") == DRAFT_USD + FINAL_USD, second.told
    [job] = [one for one in studio.box.bill()["fal"]["jobs"] if "draft/complete" in one["model"]]
    assert (job["prompt"], job["size"], job["billed_usd"]) == ("a kite", "1920x1080", FINAL_USD)
    [order] = sent
    assert order == {"path": "bytedance/seedance-2.5/draft/complete", "draft_id": order["draft_id"]}
    assert (second.row["grade"], second.row["height"], second.row["charged_usd"]) == (
        "final",
        1080,
        DRAFT_USD + FINAL_USD,
    )
    third = await studio.render(board, config(studio))
    assert (third.code, third.calls) == (0, [])


@pytest.mark.parametrize(("days", "until"), [(-3, 4), (0, 7), (2, 9)])
async def test_its_days_are_counted_by_the_gateways_clock(studio: Studio, days: int, until: int) -> None:
    """By the Date header of its receipt, wherever our own clock stands."""
    board = studio.board("a kite")
    before = datetime.now(UTC).date()
    await studio.render(board, config(studio), draft=True, tamper=clock_of_the_gateway(days))
    after = datetime.now(UTC).date()
    say(studio, "select", 1)
    plan = await plan_of(studio, board, config(studio))
    lasts = {f"its draft can be finished until {day + timedelta(days=until)}" for day in (before, after)}
    assert lasts & {*plan.shots[0].warnings}, plan.shots[0].warnings


async def test_a_draft_that_ran_out_is_told_and_not_ordered(studio: Studio) -> None:
    """After its days nothing leaves for it; with ``redraft`` it is ordered plainly, at the price of that."""
    board = studio.board("a kite")
    await studio.render(board, config(studio), draft=True, tamper=clock_of_the_gateway(-8))
    say(studio, "select", 1)
    told = await studio.render(board, config(studio))
    assert (told.code, told.orders(), told.row["status"]) == (1, [], "stand_in")
    assert "could be finished until" in told.row["error"] and "redraft" in told.row["error"]
    plainly = await studio.render(board, config(studio, redraft=True))
    assert (plainly.code, len(plainly.orders()), plainly.row["grade"]) == (0, 1, "final")
    assert studio.box.billed("fal") == DRAFT_USD + 4 * Decimal("0.473")


async def test_a_draft_that_ran_out_at_the_gateway_alone_costs_nothing(studio: Studio) -> None:
    """What its gateway refuses is told in its words and booked at nothing; the draft stays."""
    board = studio.board("a kite")
    await studio.render(board, config(studio), draft=True)
    [job] = studio.box.world.book.accounts["fal"].jobs.values()
    job.created -= 8 * 86_400
    say(studio, "select", 1)
    run = await studio.render(board, config(studio))
    assert (run.code, len(run.orders()), run.row["grade"], run.money()) == (1, 1, "draft", DRAFT_USD)
    assert "expired" in run.row["error"] and studio.box.billed("fal") == DRAFT_USD


async def test_a_final_whose_reply_was_lost_is_not_ordered_again(studio: Studio) -> None:
    """Its draft may be finished already: its quote is at risk, and the next run leaves it at that."""
    board = studio.board("a kite")
    await studio.render(board, config(studio), draft=True)
    say(studio, "select", 1)
    studio.faults({"do": "lost_after", "nth": [2]})
    lost = await studio.render(board, config(studio))
    assert (lost.code, len(lost.orders()), lost.row["at_risk_usd"]) == (1, 1, FINAL_USD)
    studio.faults()
    again = await studio.render(board, config(studio))
    assert (again.code, again.orders()) == (1, [])


async def test_the_sandbox_finishes_a_draft_once(studio: Studio) -> None:
    """Twice by its id is one bill; what is no draft of its owner is refused, and so is a job that was none."""
    await studio.render(studio.board("a kite"), config(studio), draft=True)
    [path] = (studio.target / "ledger").glob("*/1-settled.json")
    draft_id = json.loads(path.read_bytes())["remote_ids"]["draft_id"]
    headers = {"authorization": "Key sandbox-fal"}
    async with httpx.AsyncClient(base_url=studio.box.base_url("fal"), headers=headers, trust_env=False) as client:
        sent = [
            await client.post("/bytedance/seedance-2.5/draft/complete", json={"draft_id": draft_id}) for _ in range(2)
        ]
        other = await client.post("/bytedance/seedance-2.5/draft/complete", json={"draft_id": "draft-of-another"})
    assert [one.status_code for one in sent] == [200, 200] and other.status_code == 422
    assert studio.box.billed("fal") == DRAFT_USD + FINAL_USD
