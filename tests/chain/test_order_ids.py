"""Orders whose reply was lost, at a gateway that knows a repeated one by its id, and at one that lists its jobs."""

import sys
from decimal import Decimal
from typing import Any

import pytest

from tasks.domain.errors import LocalFault, Stopped
from tasks.domain.order import Reply, Request
from tests import adapters
from tests.chain.conftest import Outcome, Studio

LOST = {"do": "lost_after", "gateway": "pixazo"}
PRICE = Decimal("1.50")


@pytest.fixture
def repeatable(monkeypatch: pytest.MonkeyPatch) -> None:
    """It documents that it replays a repeated id for ten minutes."""
    monkeypatch.setitem(sys.modules, *adapters.stand_in("repeatable"))


@pytest.fixture
def listing(monkeypatch: pytest.MonkeyPatch) -> None:
    """It lists its jobs with the ids that were sent along."""
    monkeypatch.setitem(sys.modules, *adapters.stand_in("listing"))


def one_bill(studio: Studio, outcome: Outcome) -> None:
    """One attempt, its clip, its price; nothing at risk, and nothing else was billed."""
    assert (outcome.code, outcome.told) == (0, [("pixazo", "clip", "", "1.50", "0.00")])
    assert studio.box.billed("pixazo") == PRICE and len(studio.box.world.book.accounts["pixazo"].jobs) == 1


@pytest.mark.usefixtures("repeatable")
async def test_a_lost_reply_at_a_repeatable_gateway_ends_with_one_bill(studio: Studio) -> None:
    """The same order is sent again with its id, and the gateway replays the receipt: one attempt."""
    studio.faults(LOST | {"times": 2}, pixazo={"remembers_s": 600})
    studio.by_hand = -2  # POSTs that are the same attempt
    outcome = await studio.one("pixazo", "aivideoapi")
    one_bill(studio, outcome)
    assert len(outcome.orders()) == 3


@pytest.mark.usefixtures("repeatable")
async def test_a_gateway_that_never_answers_is_not_asked_beyond_its_memory(studio: Studio) -> None:
    """Then the order is unclear, its quote at risk, and it is sent no more."""
    studio.faults(LOST, pixazo={"remembers_s": 600})
    outcome = await studio.render(studio.board("x"), studio.config("pixazo"), tamper=_count(studio))
    assert outcome.told == [("pixazo", "unclear", "Unclear", "0.00", "1.50")]
    assert studio.hours.now - 1000 < 600


@pytest.mark.usefixtures("repeatable")
async def test_a_run_that_is_stopped_between_order_and_repeat_keeps_the_intent(studio: Studio) -> None:
    """The order may have been accepted: no repeat leaves, and its money stays at risk."""
    studio.faults(LOST, pixazo={"remembers_s": 600})

    def tamper(session: Any) -> None:
        """A signal comes as soon as the first order has left."""
        ask = session.http.ask

        async def stopping(request: Any, *more: Any) -> Any:
            try:
                return await ask(request, *more)
            finally:
                if studio.box.world.book.accounts["pixazo"].jobs:
                    session.stop(Stopped("Interrupted", "a signal"))

        session.http.ask = stopping

    outcome = await studio.render(studio.board("x"), studio.config("pixazo"), tamper=tamper)
    assert outcome.told == [("pixazo", "unclear", "Unclear", "0.00", "1.50")] and len(outcome.orders()) == 1


@pytest.mark.usefixtures("listing")
@pytest.mark.parametrize("sent", [False, True])
async def test_an_order_is_not_withdrawn_when_this_machine_fails_while_it_is_looked_for(
    studio: Studio, sent: bool
) -> None:
    """A question that this machine cannot ask says nothing of the order before it: its money stays at risk."""
    studio.faults(LOST, pixazo={"lists": True})

    def tamper(session: Any) -> None:
        """No descriptor is left once the order is gone."""
        ask = session.http.ask

        async def failing(request: Request, *more: Any) -> Reply:
            if "/orders/" in request.url:
                raise LocalFault("this machine cannot go on: no descriptor is left", sent=sent)
            reply: Reply = await ask(request, *more)
            return reply

        session.http.ask = failing

    outcome = await studio.render(studio.board("x"), studio.config("pixazo"), tamper=tamper)
    assert outcome.told == [("pixazo", "unclear", "Unclear", "0.00", "1.50")]
    studio.faults(pixazo={"lists": True})
    one_bill(studio, await studio.render(studio.board("x"), studio.config("pixazo")))


@pytest.mark.usefixtures("repeatable")
async def test_a_later_run_repeats_nothing(studio: Studio) -> None:
    """It may ask, but this gateway lists nothing: the order stays at risk and no POST leaves for it."""
    studio.faults(LOST, pixazo={"remembers_s": 600})
    first = await studio.render(studio.board("x"), studio.config("pixazo"), tamper=_count(studio))
    assert first.told[0][1] == "unclear"
    studio.faults()
    assert (await studio.one("pixazo")).orders() == []


@pytest.mark.usefixtures("listing")
async def test_a_lost_reply_at_a_gateway_that_lists_is_found_at_once(studio: Studio) -> None:
    """Before anything else is bought: no other gateway is asked."""
    studio.faults(LOST, pixazo={"lists": True})
    outcome = await studio.one("pixazo", "aivideoapi")
    one_bill(studio, outcome)
    assert len(outcome.orders()) == 1


@pytest.mark.usefixtures("listing")
async def test_a_later_run_finds_an_unclear_order(studio: Studio) -> None:
    """Settled as unclear by a run that could not ask, it gets a receipt beside that, and is collected."""
    studio.faults(LOST)
    config = studio.config("pixazo", render={"on_unclear": "fail"})
    first = await studio.render(studio.board("x"), config)
    assert first.told == [("pixazo", "unclear", "Unclear", "0.00", "1.50")]
    studio.faults(pixazo={"lists": True})
    second = await studio.render(studio.board("x"), config)
    one_bill(studio, second)
    assert second.orders() == [] and list(studio.target.glob("ledger/*/1-found.json"))
    third = await studio.render(studio.board("x"), config)
    assert (third.code, third.row["status"], third.calls) == (0, "reused", [])


@pytest.mark.usefixtures("listing")
async def test_a_run_killed_before_its_receipt_is_found_by_the_next(studio: Studio) -> None:
    """An intent without a receipt gets an accepted record."""
    studio.faults(LOST, pixazo={"lists": False})
    await studio.one("pixazo")
    [settled] = studio.target.glob("ledger/*/1-settled.json")
    settled.unlink()  # as if the process had died between the POST and its answer
    studio.faults(pixazo={"lists": True})
    found = await studio.one("pixazo")
    one_bill(studio, found)
    assert found.orders() == [] and list(studio.target.glob("ledger/*/1-accepted.json"))


@pytest.mark.usefixtures("listing")
async def test_a_job_is_ours_only_by_the_id_that_we_sent(studio: Studio) -> None:
    """An order that never arrived is not found, whatever else stands in the list."""
    studio.faults({"do": "lost_before", "gateway": "pixazo"}, pixazo={"lists": True})
    outcome = await studio.one("pixazo")
    assert outcome.told == [("pixazo", "unclear", "Unclear", "0.00", "1.50")]


def _count(studio: Studio) -> Any:
    """Repeats are the same attempt: the audit counts one POST for each."""

    def tamper(session: Any) -> None:
        audit = studio.audit

        def counted(outcome: Outcome) -> None:
            studio.by_hand = 1 - sum(call.order for call in studio.calls)
            audit(outcome)

        studio.audit = counted  # type: ignore[method-assign]  # of this test's studio alone

    return tamper
