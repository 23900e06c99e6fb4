"""How fast and how often a gateway is asked: Retry-After, four submits, limits, and who is out for the run."""

import threading
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from tasks.session.session import Session
from tests.chain.conftest import Outcome, Studio, shots
from tests.chain.wire import Call

ALONE = {"concurrency": 1}


def after(outcome: Outcome, reply: Call) -> list[Call]:
    """The orders at the same gateway that left when this reply had been read."""
    return [call for call in outcome.orders(reply.gateway) if call.turn > reply.answered]


def slow_intents(studio: Studio, status: int) -> Callable[[Session], None]:
    """A store that holds every intent but the first until some order was answered with ``status``.

    So that the others stand between their turn and their POST when the reply is read.
    """

    def tamper(session: Session) -> None:
        create, first, wire = session.store.create, threading.Lock(), session.http

        def slow(path: str, data: bytes) -> bool:
            if path.endswith("-intent.json") and not first.acquire(blocking=False):
                waiting = threading.Event()
                for _ in range(500):
                    if any(call.status == status for call in wire.calls):  # type: ignore[attr-defined]  # a Wire
                        waiting.wait(0.1)  # until the run has heard of it
                        break
                    waiting.wait(0.01)
            return create(path, data)

        session.store.create = slow  # type: ignore[method-assign]  # the real store, only late

    return tamper


@pytest.mark.parametrize(("asked", "soonest", "latest"), [("3", 3, 4), ("3.5", 3.5, 5), ("date:+30", 20, 31)])
@pytest.mark.parametrize("kind", ["rate", "busy"])
async def test_a_retry_after_is_kept(studio: Studio, asked: str, soonest: float, latest: float, kind: str) -> None:
    """The same route is not asked again sooner than the gateway said, in seconds or by date, nor much later."""
    studio.faults({"kind": kind, "retry_after": asked, "times": 1})
    outcome = await studio.one("pixazo")
    first, second = outcome.orders()
    assert soonest <= second.left - first.left <= latest and outcome.code == 0


@pytest.mark.parametrize("late", [False, True])
async def test_a_retry_after_holds_for_the_whole_provider(studio: Studio, late: bool) -> None:
    """No order of any shot leaves before its time, not even one whose intent was being written when it came."""
    studio.faults({"status": 429, "retry_after": "30", "nth": 1, "gateway": "pixazo"})
    tamper = slow_intents(studio, 429) if late else lambda session: None
    config, board = studio.config("pixazo"), studio.board(*shots(4))
    outcome = await studio.render(board, config, studio.env(pixazo={"max_in_flight": 4}), tamper=tamper)
    [busy] = [call for call in outcome.orders() if call.status == 429]
    later = after(outcome, busy)
    assert later and min(call.left for call in later) >= busy.left + 30
    assert len(later) == 4 if late else True
    assert outcome.statuses() == {"rendered": 4} and len(outcome.attempts) == 5


async def test_a_retry_after_at_one_gateway_stops_no_other(studio: Studio) -> None:
    """While one gateway is waited for, orders at the others leave."""
    studio.hours.tick = 0.02  # real seconds: the other order needs its few milliseconds
    studio.faults({"status": 429, "retry_after": "40", "times": 1, "gateway": "pixazo"})
    rows = [{"prompt": "a", "route": "pixazo:sora-2-pro"}, {"prompt": "b", "route": "aivideoapi:sora-2"}]
    outcome = await studio.render(studio.board(*rows), studio.config("pixazo"))
    assert outcome.code == 0 and outcome.orders("aivideoapi")[0].turn < outcome.orders("pixazo")[1].turn


async def test_a_long_retry_after_sends_the_shots_on_at_once(studio: Studio) -> None:
    """Above 120 s nobody waits: this shot and the next ones go to the next route; the gateway is asked once."""
    studio.faults({"status": 429, "retry_after": "121", "gateway": "pixazo"})
    started = studio.hours.now
    outcome = await studio.render(studio.board(*shots(3)), studio.config("pixazo", "aivideoapi", render=ALONE))
    assert [one[:2] for one in outcome.told] == [("pixazo", "busy"), *3 * [("aivideoapi", "clip")]]
    assert outcome.code == 0 and studio.hours.now - started < 10


async def test_a_long_retry_after_at_the_only_gateway_ends_the_shots(studio: Studio) -> None:
    """With no other route the first shot is failed as ``Busy``, the others as ``NoRoute``; nobody waits a day."""
    studio.faults({"kind": "busy", "retry_after": "86400"})
    started = studio.hours.now
    outcome = await studio.render(studio.board(*shots(2)), studio.config("pixazo", render=ALONE))
    assert [row["error_class"] for row in outcome.rows.values()] == ["Busy", "NoRoute"]
    assert outcome.code == 1 and len(outcome.orders()) == 1 and studio.hours.now - started < 10


async def test_two_minutes_are_waited_for(studio: Studio) -> None:
    """A Retry-After of 120 s is not long."""
    studio.faults({"status": 429, "retry_after": "120", "times": 1})
    outcome = await studio.one("pixazo", "aivideoapi")
    assert outcome.row["provider"] == "pixazo" and outcome.orders()[1].left - outcome.orders()[0].left >= 120


async def test_four_submits_a_shot_and_route_with_growing_waits(studio: Studio) -> None:
    """Without a time named the waits double, with jitter of a half; the fifth order goes to the next route."""
    studio.faults({"status": 429, "gateway": "pixazo"})
    outcome = await studio.one("pixazo", "aivideoapi")
    left = [call.left for call in outcome.orders("pixazo")]
    waits = [later - earlier for earlier, later in pairwise(left)]
    assert [round(wait, 1) for wait in waits] == [1.2, 2.5, 5.0] and len(outcome.orders("aivideoapi")) == 1


async def test_once_more_after_a_free_failure_is_within_the_four_submits(studio: Studio) -> None:
    """Three times busy and then a job that failed at no cost: four orders, and the next route."""
    studio.faults({"kind": "rate", "gateway": "aigateway", "nth": [1, 2, 3]}, {"do": "failed", "gateway": "aigateway"})
    outcome = await studio.one("aigateway", "aivideoapi")
    assert [one[:2] for one in outcome.told] == [
        *3 * [("aigateway", "busy")],
        ("aigateway", "failed"),
        ("aivideoapi", "clip"),
    ]


async def test_a_route_named_twice_in_a_chain_is_one_route(studio: Studio) -> None:
    """The second mention finds its submits used up, and the chain goes on."""
    studio.faults({"kind": "rate", "gateway": "pixazo"})
    outcome = await studio.one("pixazo", "pixazo", "aivideoapi")
    assert len(outcome.orders("pixazo")) == 4 and outcome.code == 0


async def test_a_retry_after_of_nothing_is_no_endless_loop(studio: Studio) -> None:
    """``Retry-After: 0`` still means four submits at the most."""
    studio.faults({"status": 429, "retry_after": "0"})
    outcome = await studio.one("pixazo")
    assert len(outcome.orders()) == 4 and outcome.code == 1


async def test_a_gateway_too_busy_for_three_shots_is_left_alone_by_shots_that_have_another(studio: Studio) -> None:
    """Three shots in a row used up their four submits; then only a shot without another route still asks there."""
    studio.faults({"kind": "busy", "gateway": "pixazo", "prompt": "shot"})
    rows: list[Any] = [*shots(5), {"prompt": "pinned", "route": "pixazo:sora-2-pro"}]
    outcome = await studio.render(studio.board(*rows), studio.config("pixazo", "aivideoapi", render=ALONE))
    assert [call.prompt for call in outcome.orders("pixazo")] == [s for s in shots(3) for _ in range(4)] + ["pinned"]
    assert (outcome.code, outcome.rows["sh060"]["provider"]) == (0, "pixazo")


@pytest.mark.parametrize("fault", [{"kind": "out_of_money"}, {"kind": "auth"}, {"kind": "model_gone"}])
@pytest.mark.parametrize("late", [False, True])
async def test_nothing_leaves_for_a_gateway_that_is_out(studio: Studio, fault: dict[str, Any], late: bool) -> None:
    """After a 402, a 401 or a model that is gone was read, no order leaves for it, in flight or not; no row lies."""
    studio.faults({"gateway": "pixazo", **fault, "nth": 1})
    status = {"out_of_money": 402, "auth": 401, "model_gone": 400}[fault["kind"]]
    tamper = slow_intents(studio, status) if late else lambda session: None
    board, config = studio.board(*shots(6)), studio.config("pixazo", "aivideoapi")
    outcome = await studio.render(board, config, studio.env(pixazo={"max_in_flight": 4}), tamper=tamper)
    [reply] = [call for call in outcome.orders("pixazo") if call.status == status]
    assert after(outcome, reply) == [] and outcome.statuses() == {"rendered": 6}
    if late:
        assert len(outcome.orders("pixazo")) == 1 and len(outcome.attempts) == 7
    assert outcome.money() == studio.box.billed()


async def test_an_intent_that_is_taken_back_leaves_no_trace(studio: Studio) -> None:
    """No money is at risk for an order that never left, and the next run may order there."""
    studio.faults({"gateway": "pixazo", "kind": "out_of_money", "nth": 1})
    board, config = studio.board(*shots(3)), studio.config("pixazo")
    first = await studio.render(board, config, tamper=slow_intents(studio, 402))
    assert sorted(row["error_class"] for row in first.rows.values()) == ["Locked", "NoRoute", "NoRoute"]
    assert first.money() == 0 and not any(a["at_risk_usd"] for a in first.attempts)
    second = await studio.render(board, config)
    assert (second.code, second.statuses()) == (0, {"rendered": 3})


async def test_credit_that_runs_out_in_mid_run_costs_no_shot(studio: Studio) -> None:
    """The wallet pays for two shots; the others go to the next route, and both bills are booked."""
    studio.faults(pixazo={"credit_usd": 4})
    outcome = await studio.render(studio.board(*shots(5)), studio.config("pixazo", "aivideoapi", render=ALONE))
    assert [row["provider"] for row in outcome.rows.values()] == ["pixazo"] * 2 + ["aivideoapi"] * 3
    assert len(outcome.orders("pixazo")) == 3 and outcome.money() == studio.box.billed()


async def test_no_more_in_flight_than_the_config_says(studio: Studio) -> None:
    """A gateway that takes two jobs at a time never answers 429 when ``max_in_flight`` is two."""
    studio.faults(pixazo={"in_flight": 2, "job_seconds": 0.01})
    outcome = await studio.render(
        studio.board(*shots(8)), studio.config("pixazo"), studio.env(pixazo={"max_in_flight": 2})
    )
    assert outcome.statuses() == {"rendered": 8} and {call.status for call in outcome.orders()} == {202}


async def test_a_gateways_limit_below_ours_moves_shots_on(studio: Studio) -> None:
    """A gateway that takes three orders a minute gets three; the rest go down the chain and every shot comes out."""
    studio.faults(pixazo={"per_minute": 3})
    outcome = await studio.render(studio.board(*shots(6)), studio.config("pixazo", "aivideoapi"))
    assert outcome.statuses() == {"rendered": 6} and outcome.money() == studio.box.billed()
    assert len(studio.box.jobs("pixazo")) == len(studio.box.jobs("aivideoapi")) == 3


async def test_no_more_submits_a_minute_than_the_config_says(studio: Studio) -> None:
    """Of seven shots at three a minute the fourth leaves after a minute, the last after two."""
    env, started = studio.env(pixazo={"submits_per_minute": 3}), studio.hours.now
    outcome = await studio.render(studio.board(*shots(7)), studio.config("pixazo"), env)
    left = sorted(call.left for call in outcome.orders())
    assert len(left) == 7 and left[3] - started >= 60 and left[6] - started >= 120
