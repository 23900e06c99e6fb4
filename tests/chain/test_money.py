"""Never pay twice, never past the budget: runs one after the other over one target, before a gateway that bills."""

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from tasks.config import catalogue
from tasks.config.catalogue import Catalogue
from tasks.domain.order import Order, Reply, Request
from tasks.domain.plan import ShotPlan
from tasks.domain.pricing import Price
from tasks.domain.result import Attempt
from tasks.ledger.ledger import Ledger
from tasks.ledger.records import LedgerKey
from tasks.providers import adapter
from tasks.session.session import Session
from tasks.storage.store import Store, StoreError
from tests.chain.conftest import PRICE, Studio, shots

ALONE = {"concurrency": 1}
STUCK = {"do": "stuck", "gateway": "pixazo"}
SOON = {"pixazo": {"deadline_s": 2}}


def finish_jobs(studio: Studio) -> None:
    """Every job that the sandbox holds is ready from now on."""
    for account in studio.box.world.book.accounts.values():
        for job in account.jobs.values():
            job.done_at = 0.0


# ------------------------------------------------------------------------------------------------- the second run


async def test_a_second_run_on_a_finished_board_makes_no_call(studio: Studio) -> None:
    """Every shot is ``reused`` with the money that its clip cost; this run costs nothing."""
    board, config = studio.board(*shots(3)), studio.config("pixazo")
    first = await studio.render(board, config)
    second = await studio.render(board, config)
    assert (second.code, second.statuses(), second.calls) == (0, {"reused": 3}, [])
    assert [row["charged_usd"] for row in second.rows.values()] == [PRICE["pixazo"]] * 3
    assert second.costs["this_run"]["charged_usd"] == "0.00" and second.told == first.told


async def test_renamed_moved_and_added_rows_buy_only_what_is_new(studio: Studio) -> None:
    """The ledger goes by what was asked: other ids in another order buy nothing, one row more buys one."""
    config = studio.config("pixazo")
    await studio.render(studio.board(*shots(2)), config)
    rows = [
        {"shot_id": "b", "prompt": "shot 2"},
        {"shot_id": "n", "prompt": "new"},
        {"shot_id": "a", "prompt": "shot 1"},
    ]
    outcome = await studio.render(studio.board(*rows), config)
    assert [call.prompt for call in outcome.orders()] == ["new"] and outcome.code == 0
    assert [row["status"] for row in outcome.rows.values()] == ["reused", "rendered", "reused"]


async def test_rerender_buys_exactly_one(studio: Studio) -> None:
    """One more order, for the named shot; what its old clip cost bought an alternate, and a repeated run is idle."""
    board, config = studio.board(*shots(3)), studio.config("pixazo")
    await studio.render(board, config)
    outcome = await studio.render(board, config, rerender=("sh020",))
    assert [call.prompt for call in outcome.orders()] == ["shot 2"]
    assert outcome.rows["sh020"]["alternates_usd"] == PRICE["pixazo"] and outcome.money() == studio.box.billed() == 6
    again = await studio.render(board, config)
    assert (again.code, again.calls) == (0, [])


async def test_a_rerender_that_failed_is_completed_by_any_run(studio: Studio) -> None:
    """The old clip stays in use until the new one is whole; the wish stays open until then."""
    board, config = studio.board("x"), studio.config("pixazo")
    first = await studio.render(board, config)
    studio.faults({"status": 400})
    second = await studio.render(board, config, rerender=("sh010",))
    assert second.row["clip"] == first.row["clip"] and second.row["sha256"] == first.row["sha256"]
    studio.faults()
    third = await studio.render(board, config)
    assert (third.code, third.row["status"], len(third.orders())) == (0, "rendered", 1)
    assert third.row["sha256"] != first.row["sha256"]


async def test_a_changed_prompt_buys_one_and_the_old_money_is_superseded(studio: Studio) -> None:
    """What the old question cost stays in the totals, apart from the manifest's sums."""
    config = studio.config("pixazo")
    await studio.render(studio.board("x", "y"), config)
    outcome = await studio.render(studio.board("x", "z"), config)
    assert [call.prompt for call in outcome.orders()] == ["z"]
    assert (outcome.costs["superseded_usd"], outcome.costs["totals"]["wasted_usd"]) == ("1.50", "0.00")


async def test_a_clip_that_is_gone_from_the_target_is_asked_for_again_and_not_bought(studio: Studio) -> None:
    """The job that made it still gives it."""
    board, config = studio.board("x"), studio.config("pixazo")
    first = await studio.render(board, config)
    (studio.target / first.row["clip"]).unlink()
    second = await studio.render(board, config)
    assert (second.code, second.orders(), len(second.calls)) == (0, [], 1)
    assert (studio.target / second.row["clip"]).is_file() and second.money() == studio.box.billed() == PRICE["pixazo"]


# ----------------------------------------------------------------------------------------------------- lost replies


async def test_a_lost_reply_is_not_sent_again_in_the_next_run(studio: Studio) -> None:
    """The route stays out for that shot until it is named: no call, ``NoRoute``, exit 1; the risk stays booked."""
    studio.faults({"do": "lost_after", "times": 1})
    board, config = studio.board("x"), studio.config("pixazo")
    first = await studio.render(board, config)
    assert (first.code, first.row["status"], first.row["error_class"]) == (1, "failed", "Unclear")
    second = await studio.render(board, config)
    assert (second.code, second.row["status"], second.row["error_class"], second.calls) == (1, "failed", "NoRoute", [])
    assert second.row["at_risk_usd"] == PRICE["pixazo"] == studio.box.billed()
    third = await studio.render(board, config, rerender=("sh010",))
    assert third.code == 0 and (third.row["charged_usd"], third.row["at_risk_usd"]) == (PRICE["pixazo"],) * 2


async def test_the_next_run_takes_an_unclear_shot_to_another_gateway(studio: Studio) -> None:
    """With ``on_unclear = "next"`` a route that was added to the chain may be paid; the first never is again."""
    studio.faults({"do": "lost_after", "gateway": "pixazo"})
    board = studio.board("x")
    await studio.render(board, studio.config("pixazo"))
    second = await studio.render(board, studio.config("pixazo", "aivideoapi"))
    assert [call.gateway for call in second.orders()] == ["aivideoapi"] and second.code == 0


@pytest.mark.parametrize("fault", [{"do": "lost_after"}, {"do": "lost_before"}, {"do": "stuck"}])
async def test_fail_on_unclear_never_pays_another(studio: Studio, fault: dict[str, Any]) -> None:
    """``on_unclear = "fail"``: the shot ends as ``Unclear``, in this run and in the next, and nobody else is asked."""
    studio.faults({**fault, "gateway": "pixazo"})
    board, config = studio.board("x"), studio.config("pixazo", "aivideoapi", render={"on_unclear": "fail"})
    first = await studio.render(board, config, studio.env(**SOON))
    second = await studio.render(board, config, studio.env(**SOON))
    for outcome, orders in ((first, 1), (second, 0)):
        assert (outcome.code, outcome.row["error_class"], len(outcome.orders())) == (1, "Unclear", orders)
    assert second.row["at_risk_usd"] == PRICE["pixazo"] and studio.box.billed("aivideoapi") == 0


async def test_another_model_of_the_gateway_that_lost_the_reply_is_no_way_round_it(studio: Studio) -> None:
    """Never sent again to that gateway for that shot, by whatever route, in this run and in the next."""
    studio.faults({"do": "lost_after", "gateway": "aimlapi", "times": 1})
    board, config = studio.board("x"), studio.config("aimlapi", "aimlapi:openai/sora-2-t2v", "aivideoapi")
    first = await studio.render(board, config)
    assert [call.gateway for call in first.orders()] == ["aimlapi", "aivideoapi"]
    studio.faults({"do": "lost_after", "gateway": "aimlapi", "times": 1})
    other = studio.board("y")
    await studio.render(other, studio.config("aimlapi"))
    last = await studio.render(other, studio.config("aimlapi", "aimlapi:openai/sora-2-t2v"))
    assert (last.code, last.calls, last.row["error_class"]) == (1, [], "NoRoute")


async def test_one_lost_reply_does_not_close_the_route_for_others(studio: Studio) -> None:
    """Unclear is a shot's affair: the other shots still go there."""
    studio.faults({"do": "lost_after", "gateway": "pixazo", "prompt": "shot 2"})
    outcome = await studio.render(studio.board(*shots(3)), studio.config("pixazo", "aivideoapi"))
    assert [row["provider"] for row in outcome.rows.values()] == ["pixazo", "aivideoapi", "pixazo"]


# ----------------------------------------------------------------------------------------------------- overdue jobs


async def test_an_overdue_job_is_collected_by_the_next_run(studio: Studio) -> None:
    """Asked once, downloaded, charged as quoted: nothing is ordered, nothing is at risk any more."""
    studio.faults(STUCK)
    board, config = studio.board("x"), studio.config("pixazo")
    first = await studio.render(board, config, studio.env(**SOON))
    assert (first.code, first.row["error_class"], first.row["at_risk_usd"]) == (1, "Unclear", PRICE["pixazo"])
    finish_jobs(studio)
    second = await studio.render(board, config)
    assert (second.code, second.row["status"], second.orders(), len(second.calls)) == (0, "rendered", [], 1)
    assert second.told == [("pixazo", "clip", "", "1.50", "0.00")]


async def test_an_overdue_job_that_still_works_is_asked_once_a_run(studio: Studio) -> None:
    """One look; then the shot goes on as unclear, and its route stays out."""
    studio.faults(STUCK)
    board, config = studio.board("x"), studio.config("pixazo")
    await studio.render(board, config, studio.env(**SOON))
    second = await studio.render(board, config, studio.env(**SOON))
    assert (second.code, len(second.calls), second.orders()) == (1, 1, [])
    assert (second.row["status"], second.row["at_risk_usd"]) == ("failed", PRICE["pixazo"])


async def test_a_late_clip_of_a_shot_that_has_one_is_kept_beside_it(studio: Studio) -> None:
    """The job that was given up on finishes after another gateway delivered: its clip is fetched, its charge booked."""
    studio.faults(STUCK)
    board, config = studio.board("x"), studio.config("pixazo", "aivideoapi")
    first = await studio.render(board, config, studio.env(**SOON))
    finish_jobs(studio)
    second = await studio.render(board, config)
    assert second.told == [("pixazo", "late", "", "1.50", "0.00"), ("aivideoapi", "clip", "", "0.50", "0.00")]
    assert (second.code, second.row["status"], second.row["sha256"]) == (0, "reused", first.row["sha256"])
    assert (second.row["alternates_usd"], second.row["wasted_usd"], second.row["takes"]) == (PRICE["pixazo"], 0, 2)
    assert second.money() == studio.box.billed() == 2 and len(list((studio.target / "clips").iterdir())) == 2
    third = await studio.render(board, config)
    assert third.calls == []


async def test_an_unsettled_job_satisfies_a_rerender(studio: Studio) -> None:
    """``--rerender`` of a shot with a job that is ready by now collects it and buys nothing."""
    studio.faults(STUCK)
    board, config = studio.board("x"), studio.config("pixazo", "aivideoapi")
    await studio.render(board, config, studio.env(**SOON))
    finish_jobs(studio)
    second = await studio.render(board, config, rerender=("sh010",))
    assert (second.code, second.orders(), second.row["provider"]) == (0, [], "pixazo")
    assert second.row["alternates_usd"] == PRICE["aivideoapi"] and second.money() == studio.box.billed()


# ------------------------------------------------------------------------------------------------------ killed runs


def asked_of(plan: ShotPlan) -> tuple[LedgerKey, Order]:
    offer = plan.offers[0]
    order = Order(plan.shot, offer.route, offer.seconds, offer.size, plan.shot.prompt)
    return LedgerKey(plan.key, plan.fingerprint, plan.parts), order


async def killed(studio: Studio, board: Path, config: Path, *, accepted: bool) -> Attempt:
    """The ledger that a run leaves that was killed after its intent, or after the receipt of a real job."""
    plan = (await studio.plan(board, config)).shots[0]
    asked, order = asked_of(plan)
    ledger, base = Ledger(Store(str(studio.target)), "dead-run"), studio.box.base_url("pixazo")
    attempt = ledger.intent(asked, order, plan.offers[0].quote, base_url=base)
    studio.by_hand = 1
    if accepted:
        request = adapter("pixazo").submit(order)
        headers = {**request.headers, "Ocp-Apim-Subscription-Key": "sandbox-pixazo"}
        async with httpx.AsyncClient(trust_env=False) as http:
            reply = await http.post(base + request.url, json=request.json, headers=headers)
        job: Any = adapter("pixazo").accepted(Reply(reply.status_code, reply.content), order)
        attempt = ledger.accepted(attempt, job)
    return attempt


async def test_killed_before_the_receipt_the_order_is_unclear(studio: Studio) -> None:
    """An intent alone: never sent there again, its quote at risk; the next gateway is paid."""
    board, config = studio.board("x"), studio.config("pixazo", "aivideoapi")
    await killed(studio, board, config, accepted=False)
    outcome = await studio.render(board, config)
    assert outcome.told == [
        ("pixazo", "unclear", "Unclear", "0.00", "1.50"),
        ("aivideoapi", "clip", "", "0.50", "0.00"),
    ]
    assert outcome.orders("pixazo") == [] and outcome.code == 0


async def test_killed_after_the_receipt_the_job_is_collected(studio: Studio) -> None:
    """The job is asked and downloaded; nothing is ordered; the next run has nothing to do."""
    board, config = studio.board("x"), studio.config("pixazo", "aivideoapi")
    dead = await killed(studio, board, config, accepted=True)
    outcome = await studio.render(board, config)
    assert outcome.told == [("pixazo", "clip", "", "1.50", "0.00")] and outcome.orders() == []
    assert (outcome.code, outcome.row["status"], outcome.row["job_id"]) == (0, "rendered", dead.job_id)
    assert (await studio.render(board, config)).calls == []


async def test_a_collected_job_that_failed_goes_on_down_the_chain(studio: Studio) -> None:
    """The gateway's final word on a job bought earlier counts as in its own run."""
    studio.faults({"do": "failed", "gateway": "pixazo"})
    board = studio.board("x")
    await killed(studio, board, studio.config("pixazo"), accepted=True)
    outcome = await studio.render(board, studio.config("aivideoapi", "pixazo"))
    assert outcome.told == [("pixazo", "failed", "Failed", "0.00", "1.50"), ("aivideoapi", "clip", "", "0.50", "0.00")]
    assert outcome.code == 0


@pytest.mark.parametrize("missing", ["key", "host"])
async def test_a_job_that_todays_config_cannot_ask_after_stops_the_start(studio: Studio, missing: str) -> None:
    """Exit 2 that names the variable or the host, no call; ``--rerender`` goes past it, the money at risk."""
    board, config = studio.board("x"), studio.config("pixazo", "aivideoapi")
    await killed(studio, board, config, accepted=True)
    env = studio.env()
    if missing == "key":
        del env["PIXAZO_API_KEY"]
    else:
        env["STORYREEL_PIXAZO__BASE_URL"] = "http://127.0.0.1:9/pixazo"
    outcome = await studio.render(board, config, env)
    assert (outcome.code, outcome.calls) == (2, [])
    assert {"key": "PIXAZO_API_KEY is not set", "host": f"127.0.0.1:{studio.box.port}"}[missing] in outcome.errors
    past = await studio.render(board, studio.config("aivideoapi"), env, rerender=("sh010",))
    assert (past.code, past.row["provider"], past.row["at_risk_usd"]) == (0, "aivideoapi", PRICE["pixazo"])


async def test_an_interrupted_run_leaves_its_jobs_for_the_next(studio: Studio) -> None:
    """Exit 130, the shot ``skipped`` and its quote at risk; the next run collects and orders nothing twice."""

    def tamper(session: Session) -> None:
        sleep, naps = session.sleep, itertools.count()

        async def interrupting(seconds: float) -> None:
            if next(naps) == 2:
                session.interrupt("Ctrl-C")
            await sleep(seconds)

        session.sleep = interrupting

    studio.faults({"do": "stuck"})
    board, config = studio.board("shot 1", "shot 2"), studio.config("pixazo")
    first = await studio.render(board, config, tamper=tamper)
    assert (first.code, first.statuses()) == (130, {"skipped": 2})
    assert {row["error_class"] for row in first.rows.values()} == {"Interrupted"}
    finish_jobs(studio)
    second = await studio.render(board, config)
    assert (second.code, second.statuses(), second.orders()) == (0, {"rendered": 2}, [])
    assert second.money() == studio.box.billed() == 3


async def test_an_order_on_its_way_comes_to_its_receipt(studio: Studio) -> None:
    """However slow the POST is, within its submit timeout; the next run collects the job and orders nothing."""
    said, orders = list[str](), itertools.count(1)

    def tamper(session: Session) -> None:
        ask = session.http.ask

        def stop() -> None:
            session.interrupt("Ctrl-C")
            said.append(session.shots.waits_for())

        async def stopping(request: Request, *more: Any) -> Reply:
            if request.method == "POST" and next(orders) == 2:
                asyncio.get_running_loop().call_soon(stop)
            return await ask(request, *more)

        session.http.ask = stopping  # type: ignore[method-assign]  # a person at the keys

    studio.faults({"do": "stuck"}, pixazo={"latency_s": 5.5})
    board, config = studio.board("shot 1", "shot 2", "shot 3"), studio.config("pixazo", render={"concurrency": 2})
    first = await studio.render(board, config, tamper=tamper)
    assert (first.code, first.statuses(), len(first.orders())) == (130, {"skipped": 3}, 2)
    assert [told[1] for told in first.told] == ["pending", "pending"]
    assert said[-1] == "waiting for 2 orders on their way, 65 s at most"
    studio.faults()
    finish_jobs(studio)
    second = await studio.render(board, config)
    assert (second.code, second.statuses(), len(second.orders())) == (0, {"rendered": 3}, 1)
    assert second.money() == studio.box.billed() == Decimal("4.50")


@pytest.mark.parametrize(("kind", "orders"), [("intent", 0), ("accepted", 1)])
async def test_a_target_that_refuses_a_record_stops_the_buying(studio: Studio, kind: str, orders: int) -> None:
    """Without its intent no order leaves; a receipt that is refused is kept here, and its job is collected next."""

    def tamper(session: Session) -> None:
        create, write = session.store.create, session.store.write

        def refuse(path: str) -> None:
            if path.endswith(f"-{kind}.json"):
                raise StoreError("no space left")

        session.store.create = lambda path, data: (refuse(path), create(path, data))[1]  # type: ignore[func-returns-value, method-assign]  # a full disk
        session.store.write = lambda path, data: (refuse(path), write(path, data))[1]  # type: ignore[func-returns-value, method-assign]  # a full disk

    board, config = studio.board(*shots(2)), studio.config("pixazo", "aivideoapi", render=ALONE)
    first = await studio.render(board, config, tamper=tamper)
    assert (first.code, len(first.orders())) == (1, orders)
    assert [row["error_class"] for row in first.rows.values()] == ["Target", "Target"]
    second = await studio.render(board, config)
    assert (second.code, len(second.orders()), second.rows["sh010"]["at_risk_usd"]) == (0, 2 - orders, 0)
    assert {row["provider"] for row in second.rows.values()} == {"pixazo"}


async def test_a_target_that_refuses_the_clip_loses_no_job(studio: Studio) -> None:
    """``failed`` with ``Target``, the rest ``skipped``, exit 1; the next run collects what was bought."""

    def tamper(session: Session) -> None:
        def full(path: str, local: Path) -> None:
            raise StoreError("no space left")

        session.store.put = full  # type: ignore[method-assign]  # a full disk

    board, config = studio.board(*shots(3)), studio.config("pixazo", render=ALONE)
    first = await studio.render(board, config, tamper=tamper)
    assert (first.code, len(first.orders())) == (1, 1)
    assert [row["error_class"] for row in first.rows.values()] == ["Target"] * 3
    assert [row["status"] for row in first.rows.values()] == ["failed", "skipped", "skipped"]
    second = await studio.render(board, config)
    assert second.code == 0 and sorted(call.prompt for call in second.orders()) == ["shot 2", "shot 3"]
    assert second.money() == studio.box.billed()


# ------------------------------------------------------------------------------------------------------------ waste


async def test_five_losses_in_a_row_take_a_route_out(studio: Studio) -> None:
    """Charged or at risk, five times without a clip: the sixth shot goes straight to the next route."""
    studio.faults({"gateway": "pixazo", "do": "failed"})
    outcome = await studio.render(studio.board(*shots(7)), studio.config("pixazo", "aivideoapi", render=ALONE))
    assert [call.prompt for call in outcome.orders("pixazo")] == shots(5)
    assert outcome.statuses() == {"rendered": 7} and outcome.code == 0


async def test_a_clip_between_losses_starts_the_count_anew(studio: Studio) -> None:
    """Losses that are not in a row take no route out."""
    studio.faults({"gateway": "pixazo", "do": "failed", "prompt": "/shot [^4]/"})
    outcome = await studio.render(studio.board(*shots(9)), studio.config("pixazo", "aivideoapi", render=ALONE))
    assert len(outcome.orders("pixazo")) == 9


async def test_free_failures_take_no_route_out(studio: Studio) -> None:
    """What costs nothing is no loss."""
    studio.faults({"gateway": "aigateway", "do": "failed"})
    outcome = await studio.render(studio.board(*shots(6)), studio.config("aigateway", "aivideoapi", render=ALONE))
    assert len(outcome.orders("aigateway")) == 12


async def test_too_much_waste_stops_the_run(studio: Studio) -> None:
    """At ``max_wasted_usd`` nothing more is ordered: exit 3, the rest ``skipped`` with ``Budget``."""
    studio.faults({"gateway": "pixazo", "do": "failed"})
    config = studio.config("pixazo", render={**ALONE, "max_wasted_usd": 3.0})
    outcome = await studio.render(studio.board(*shots(4)), config)
    assert (outcome.code, len(outcome.orders())) == (3, 2)
    assert [row["error_class"] for row in outcome.rows.values()] == ["Failed", "Failed", "Budget", "Budget"]


# ----------------------------------------------------------------------------------------------------------- budget


@pytest.mark.parametrize(
    "fault", [{}, {"kind": "rate", "every": 3}, {"do": "failed", "gateway": "aigateway", "every": 2}]
)
async def test_quotes_never_pass_the_budget_at_any_concurrency(studio: Studio, fault: dict[str, Any]) -> None:
    """64 in flight, money for 10 of 40 shots: never more is reserved, the rest is ``skipped``, exit 3."""
    reserved: list[Decimal] = []

    def tamper(session: Session) -> None:
        create = session.store.create

        def watching(path: str, data: bytes) -> bool:
            reserved.append(session.budget.committed)
            return create(path, data)

        session.store.create = watching  # type: ignore[method-assign]  # the real store, watched

    studio.faults(*([fault] if fault else []))
    config = studio.config("aigateway", render={"concurrency": 64, "budget_usd": 4.2})
    env = studio.env(aigateway={"max_in_flight": 64})
    outcome = await studio.render(studio.board(*shots(40)), config, env, tamper=tamper)
    assert outcome.code == 3 and set(outcome.statuses()) <= {"rendered", "skipped", "failed"}
    assert {row["error_class"] for row in outcome.rows.values() if row["status"] == "skipped"} == {"Budget"}
    assert max(reserved) <= Decimal("4.2") and outcome.money() == studio.box.billed() <= Decimal("4.2")
    if not fault:
        assert outcome.statuses() == {"rendered": 10, "skipped": 30} and outcome.money() == 4


async def test_the_budget_moves_nothing_down_the_chain(studio: Studio) -> None:
    """A quote that does not fit skips the shot although the next route would be cheaper; a later, cheaper one fits."""
    rows: list[Any] = [{"prompt": "long", "duration": 12}, {"prompt": "short"}]
    config = studio.config("pixazo", "aigateway", render=ALONE)
    outcome = await studio.render(studio.board(*rows), config, budget_usd=Decimal(2))
    assert [(row["status"], row["error_class"]) for row in outcome.rows.values()] == [
        ("skipped", "Budget"),
        ("rendered", ""),
    ]
    assert outcome.code == 3 and outcome.orders("aigateway") == []


async def test_the_budget_is_the_targets_over_all_runs(studio: Studio) -> None:
    """Charged, superseded and at risk count in the next run; a larger budget lets it go on."""
    studio.faults({"do": "lost_before", "prompt": "lost"})
    config = studio.config("pixazo", render={"budget_usd": 4.5})
    await studio.render(studio.board("old"), config)
    second = await studio.render(studio.board("lost", "shot 1", "shot 2"), config)
    assert second.code == 3 and second.statuses() == {"failed": 1, "rendered": 1, "skipped": 1}
    third = await studio.render(studio.board("lost", "shot 1", "shot 2"), config)
    assert (third.code, third.calls) == (3, [])
    fourth = await studio.render(studio.board("lost", "shot 1", "shot 2"), config, budget_usd=Decimal(6))
    assert fourth.code == 1 and fourth.statuses() == {"failed": 1, "reused": 1, "rendered": 1}


async def test_a_budget_to_the_cent_is_enough(studio: Studio) -> None:
    """A quote that fits exactly is ordered."""
    outcome = await studio.render(studio.board(*shots(2)), studio.config("pixazo"), budget_usd=Decimal(3))
    assert outcome.code == 0 and outcome.plan.quoted == outcome.money() == 3


async def test_a_stopped_budget_still_collects_what_was_bought(studio: Studio) -> None:
    """Collecting buys nothing: a job from a killed run comes in although the budget is spent."""
    board, config = studio.board("x"), studio.config("pixazo", render={"budget_usd": 1.5})
    await killed(studio, board, config, accepted=True)
    outcome = await studio.render(board, config)
    assert (outcome.code, outcome.row["status"]) == (0, "rendered")


def cheaper(route: str, per_second: str) -> Catalogue:
    """The price list with one price that the gateway does not keep to."""
    known = catalogue.load_catalogue()
    model = replace(known.models[route], price=Price({"*": Decimal(per_second)}))
    return replace(known, models={**known.models, route: model})


Prices = Callable[[], Catalogue]
LOW: Prices = lambda: cheaper("aimlapi:openai/sora-2-pro-t2v", "0.10")  # noqa: E731 - a table's cell


async def test_a_charge_above_its_quote_is_booked_and_told(studio: Studio) -> None:
    """The manifest has what the gateway took, and a line tells of both sums."""
    outcome = await studio.render(studio.board("x"), studio.config("aimlapi"), prices=LOW())
    assert (outcome.row["quoted_usd"], outcome.row["charged_usd"]) == (Decimal("0.40"), PRICE["aimlapi"])
    assert outcome.row["charge_basis"] == "reported" and outcome.money() == studio.box.billed()
    assert any("1.56 USD charged, 0.40 USD quoted" in line for line in outcome.lines)


async def test_a_charge_that_passes_the_budget_stops_further_submits(studio: Studio) -> None:
    """The promise is on quotes: the charge is booked, the next shots are ``skipped``, exit 3."""
    config = studio.config("aimlapi", render={**ALONE, "budget_usd": 1.5})
    outcome = await studio.render(studio.board(*shots(3)), config, prices=LOW())
    assert (outcome.code, len(outcome.orders())) == (3, 1)
    assert [row["status"] for row in outcome.rows.values()] == ["rendered", "skipped", "skipped"]
    assert outcome.rows["sh010"]["charged_usd"] == PRICE["aimlapi"]


async def test_a_fee_is_in_the_quote_and_in_the_price_lists_charge_and_in_no_reported_one(studio: Studio) -> None:
    """``fee = 0.05`` on top of the price list; what a gateway reports is booked as it is."""
    env = studio.env(every={"fee": 0.05})
    rows = [{"prompt": "a"}, {"prompt": "b", "route": "aimlapi:openai/sora-2-pro-t2v"}]
    studio.audit = lambda outcome: None  # type: ignore[method-assign]  # the fee is not on the sandbox's bill
    outcome = await studio.render(studio.board(*rows), studio.config("pixazo"), env)
    listed, reported = outcome.rows.values()
    assert listed["quoted_usd"] == listed["charged_usd"] == Decimal("1.575")
    assert (reported["quoted_usd"], reported["charged_usd"]) == (Decimal("1.638"), Decimal("1.56"))
