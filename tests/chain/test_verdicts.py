"""What people say of takes, in every run that follows: which is in use, what is ordered anew, and what that costs."""

import json
from decimal import Decimal
from typing import Any

import pytest

from tasks.commands import answers
from tasks.domain.order import Order
from tasks.domain.request import RunRequest
from tasks.domain.verdict import Kind, Verdict
from tasks.engine.submit import OrderClient
from tasks.ledger import write_verdict
from tasks.storage.lock import Lock
from tasks.storage.store import Store
from tests.chain.conftest import PRICE, Outcome, Studio, opened, read_back, table_rows

USD = PRICE["pixazo"]


def takes(studio: Studio) -> list[dict[str, Any]]:
    """The table of takes."""
    return table_rows(studio.target / "takes.parquet")


def say(studio: Studio, kind: Kind, take: int, *, note: str = "", after: int = 0, shot_id: str = "sh010") -> None:
    """A verdict on a take as the table of takes has it."""
    [one] = [one for one in takes(studio) if (one["shot_id"], one["take"]) == (shot_id, take)]
    said = Verdict(0, take, one["sha256"], kind, note, "Ada", "2026-11-26T10:00:00Z", after)
    write_verdict(Store(str(studio.target)), one["key"], said)


async def rescued(studio: Studio, config: Any) -> Outcome:
    """What lies at the target after `rescue`."""
    lines: list[str] = []
    asked = RunRequest("", str(studio.target), str(config))
    async with opened(asked, studio.env(), studio.hours, lines) as (running, wire):
        told = await answers.rescue(running)
    return Outcome(int(told["exit_code"]), *read_back(studio.target), lines=lines, calls=wire.calls)


async def heard(studio: Studio, config: Any) -> tuple[Outcome, str]:
    """What lies at the target after `report` has looked for verdicts, and why it left the tables alone."""
    asked = RunRequest("", str(studio.target), str(config))
    async with opened(asked, studio.env(), studio.hours, []) as (running, wire):
        told = await answers.hear(running)
    return Outcome(0, *read_back(studio.target), calls=wire.calls), told


async def three(studio: Studio) -> tuple[Any, Any, Outcome]:
    board, config = studio.board({"prompt": "x", "takes": 3}), studio.config("pixazo")
    return board, config, await studio.render(board, config)


async def test_the_chosen_take_is_in_use_and_outlives_a_rerender(studio: Studio) -> None:
    """The first of three is chosen: manifest, takes and money go by it, and a fourth take lies beside it."""
    board, config, first = await three(studio)
    assert first.row["take"] == 3 and [one["in_use"] for one in takes(studio)] == [False, False, True]
    say(studio, "select", 1, note="the calm one")
    second = await studio.render(board, config)
    assert (second.code, second.calls, second.row["take"]) == (0, [], 1)
    assert (second.row["verdict"], second.row["note"]) == ("select", "the calm one")
    told = [(one["take"], one["in_use"], one["verdict"], one["by"]) for one in takes(studio)]
    assert told == [(1, True, "select", "Ada"), (2, False, "", ""), (3, False, "", "")]
    named = await studio.render(board, config, rerender=("sh010",))
    assert (named.code, len(named.orders()), named.row["take"], named.row["takes"]) == (0, 1, 1, 4)
    assert (named.row["in_use_usd"], named.row["alternates_usd"]) == (USD, 3 * USD)


async def test_a_rejected_take_is_replaced(studio: Studio) -> None:
    """One of three is rejected: the plan quotes another, the run buys it, the rejected one stays as an alternate."""
    board, config, _ = await three(studio)
    say(studio, "reject", 3)
    plan = (await studio.plan(board, config)).shots[0]
    assert (plan.action, plan.quoted) == ("rerender", USD)
    second = await studio.render(board, config)
    assert (second.code, len(second.orders()), second.row["take"], second.row["takes"]) == (0, 1, 4, 4)
    assert [(one["take"], one["verdict"]) for one in takes(studio)][2] == (3, "reject")
    third = await studio.render(board, config)
    assert (third.code, third.calls) == (0, [])


async def test_the_last_take_rejected_leaves_no_clip_where_the_budget_is_gone(studio: Studio) -> None:
    """The row has no clip and is skipped, exit 3; with a choice anew the same take is back and nothing was bought."""
    board, config = studio.board("x"), studio.config("pixazo", render={"budget_usd": float(USD)})
    await studio.render(board, config)
    say(studio, "reject", 1, note="too dark")
    second = await studio.render(board, config)
    assert (second.code, second.row["status"], second.row["error_class"], second.row["clip"]) == (
        3, "skipped", "Budget", "",
    )  # fmt: skip
    assert (second.row["verdict"], second.row["note"], second.row["takes"]) == ("reject", "too dark", 1)
    assert second.row["alternates_usd"] == USD == second.money()
    say(studio, "select", 1)
    third = await studio.render(board, config)
    assert (third.code, third.calls, third.row["take"], third.row["status"]) == (0, [], 1, "reused")


async def test_again_orders_one_more_and_is_answered_by_it(studio: Studio) -> None:
    """Two who ask for one more of what they saw get one; a refused order leaves the wish open, and the code is 1."""
    board, config = studio.board("x"), studio.config("pixazo")
    await studio.render(board, config)
    say(studio, "again", 1, after=1, note="slower")
    say(studio, "again", 1, after=1)
    assert (await studio.plan(board, config)).quoted == USD
    studio.faults({"status": 400})
    refused = await studio.render(board, config)
    assert (refused.code, refused.row["status"], refused.row["error_class"]) == (1, "reused", "Refused")
    studio.faults()
    second = await studio.render(board, config)
    assert (second.code, len(second.orders()), second.row["takes"]) == (0, 1, 2)
    third = await studio.render(board, config)
    assert (third.code, third.calls, third.row["takes"]) == (0, [], 2)


async def test_verdicts_on_what_is_no_take_do_nothing(studio: Studio) -> None:
    """Another file under the number, a number that is none, a stand-in: kept and without effect."""
    board, config, first = await three(studio)
    key, store = first.row["key"], Store(str(studio.target))
    for n, (take, digest) in enumerate(((1, "ab" * 32), (9, first.row["sha256"])), 1):
        write_verdict(store, key, Verdict(n, take, digest, "select"))
    write_verdict(store, "f" * 16 + "-1", Verdict(1, 1, "ab" * 32, "reject"))
    second = await studio.render(board, config)
    assert (second.code, second.calls, second.row["take"], second.row["verdict"]) == (0, [], 3, "")
    assert len(list((studio.target / "review").rglob("*.json"))) == 3


async def test_a_stand_in_takes_none(studio: Studio) -> None:
    """A choice of the built-in renderer's clip does not keep a gateway from being asked."""
    board, config = studio.board("x"), studio.config("pixazo", "animatic:card")
    studio.faults({"status": 400})
    first = await studio.render(board, config)
    made = first.row
    assert made["status"] == "stand_in"
    write_verdict(Store(str(studio.target)), made["key"], Verdict(1, made["take"], made["sha256"], "select"))
    studio.faults()
    second = await studio.render(board, config)
    assert (second.code, second.row["provider"], second.row["take"]) == (0, "pixazo", 3)


async def test_rows_that_a_run_leaves_alone_follow_their_verdicts(studio: Studio) -> None:
    """`--only` for another row, and `rescue`: the manifest has the chosen clip, its facts and its money."""
    rows = [{"prompt": "x", "takes": 2}, {"prompt": "y", "takes": 1}]
    board, config = studio.board(*rows), studio.config("pixazo")
    first = await studio.render(board, config)
    assert first.rows["sh010"]["take"] == 2
    say(studio, "select", 1)
    other = await studio.render(board, config, only=("sh020",))
    row = other.rows["sh010"]
    chosen = next(one for one in takes(studio) if one["take"] == 1)
    assert (other.code, other.calls, row["take"], row["status"]) == (0, [], 1, "reused")
    assert (row["clip"], row["sha256"], row["verdict"]) == (chosen["clip"], chosen["sha256"], "select")
    assert row["requested_s"] == 4 and row["prompt"] == "x" and chosen["in_use"]
    say(studio, "reject", 1)
    third = await rescued(studio, config)
    assert (third.rows["sh010"]["take"], third.orders()) == (2, [])
    say(studio, "reject", 2)
    fourth = await rescued(studio, config)
    assert (fourth.rows["sh010"]["clip"], fourth.rows["sh010"]["status"]) == ("", "skipped")
    assert Decimal(fourth.costs["totals"]["alternates_usd"]) == 2 * USD


async def test_report_brings_the_tables_to_the_newest_verdicts(studio: Studio) -> None:
    """It takes the lock for it, keeps the board's name, and buys nothing; while a run holds the target it says so."""
    _, config, first = await three(studio)
    board = json.loads((studio.target / "manifest.json").read_bytes())["board"]
    before, told = await heard(studio, config)
    assert (before.rows, before.attempts, before.costs, told) == (first.rows, first.attempts, first.costs, "")
    say(studio, "select", 2)
    after, told = await heard(studio, config)
    assert (after.row["take"], after.row["verdict"], told, after.calls) == (2, "select", "", [])
    assert json.loads((studio.target / "manifest.json").read_bytes())["board"] == board != ""
    say(studio, "select", 1)
    lock = Lock(Store(str(studio.target)), "another")
    lock.take()
    try:
        after, told = await heard(studio, config)
        assert "as it is" in told and after.row["take"] == 2
    finally:
        lock.release()


async def test_a_verdict_during_a_render_is_in_its_tables(studio: Studio) -> None:
    """Said after the shot was rendered and before the tables are written: they go by it."""
    board, config, _ = await three(studio)

    def tamper(session: Any) -> None:
        wrote = session.tables.state.lock.renew

        def renew() -> None:
            if not list((studio.target / "review").rglob("*.json")):
                say(studio, "select", 2)
            wrote()

        session.lock.renew = renew

    second = await studio.render(board, config, tamper=tamper, rerender=("sh010",))
    assert (second.code, second.row["take"], second.row["takes"]) == (0, 2, 4)


async def test_a_remix_starts_from_the_take_in_use(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its order names the job of the take that was chosen, not that of the newest."""
    rows = [{"prompt": "x", "takes": 2}]
    config = studio.config(
        "aigateway", chain={"remix": ["aigateway:openai/sora-2-video-to-video-remix"], "allow_retired": True}
    )
    await studio.render(studio.board(*rows), config)
    say(studio, "select", 1)
    board = studio.board(*rows, {"prompt": "and rain", "source": "sh010"})
    started: list[str] = []
    buy = OrderClient.buy

    async def bought(self: OrderClient, asked: Any, order: Order, *args: Any, **how: Any) -> Any:
        started.append(order.source.job_id if order.source else "")
        return await buy(self, asked, order, *args, **how)

    monkeypatch.setattr(OrderClient, "buy", bought)
    run = await studio.render(board, config)
    assert (run.code, run.rows["sh020"]["status"]) == (0, "rendered"), run.lines
    job = next(one["job_id"] for one in run.attempts if one["n"] == 1 and one["shot_id"] == "sh010")
    assert started == [job]


@pytest.mark.parametrize("text", [b"", b"{}", b'{"schema": 9}', b"\xff"])
async def test_a_broken_record_is_passed_over_and_told(studio: Studio, text: bytes) -> None:
    """Whatever lies there, the run goes on and names it."""
    board, config, first = await three(studio)
    Store(str(studio.target)).write(f"review/{first.row['key']}/1.json", text)
    second = await studio.render(board, config)
    assert (second.code, second.calls) == (0, [])
    assert any("review/" in line for line in second.lines)


async def test_what_is_said_after_a_season_began_is_for_the_next_run(studio: Studio) -> None:
    """A session that counts with the verdicts of a start leaves those with a higher number alone."""
    board, config, first = await three(studio)
    say(studio, "select", 1)
    say(studio, "select", 2)

    def tamper(session: Any) -> None:
        session.role.said = {first.row["key"]: 1}

    second = await studio.render(board, config, tamper=tamper)
    assert (second.code, second.calls, second.row["take"]) == (0, [], 1)
    third = await studio.render(board, config)
    assert third.row["take"] == 2
