"""A person's word before a dear run: asked on a real server, answered by its API, with a gateway that keeps books."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterState, FlowRunFilterStateType
from prefect.client.schemas.objects import FlowRun, State, StateType

from flows import plan_storyboard
from flows.render_storyboard import render_storyboard
from flows.support import approval
from tasks.domain.plan import Plan
from tests.deployed import Api, paid_config
from tests.flows import write_board
from tests.flows.test_render_storyboard import in_prefect  # noqa: F401 - the module's fixture
from tests.sandbox import Sandbox

pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
ONE = [{"shot_id": "a", "prompt": "a sail", "duration": 4, "size": "1280x720"}]
TWO = [*ONE, {**ONE[0], "shot_id": "b", "prompt": "a second sail"}]
Answer = Callable[[PrefectClient, FlowRun], Any]


async def paused(client: PrefectClient, not_before: set[str]) -> FlowRun:
    """The flow run that has begun to wait since; ``not_before`` are pauses that were answered."""
    waits = FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.PAUSED])))
    until = time.monotonic() + 60
    while True:
        for run in await client.read_flow_runs(flow_run_filter=waits):
            if run.state and str(run.state.id) not in not_before:
                return run
        assert time.monotonic() < until, "nobody was asked"
        await asyncio.sleep(0.1)


@asynccontextmanager
async def asked(board: Path, target: Path, config: Path, **more: Any) -> AsyncIterator[asyncio.Task[State[Any]]]:
    """The flow as a deployment would run it, beside whoever answers it."""
    places = {"board": str(board), "to": str(target), "config": str(config)}
    flight = asyncio.ensure_future(render_storyboard(**places, views=[], return_state=True, **more))
    try:
        yield flight
    finally:
        flight.cancel()


def fly(
    api: Api,
    board: Path,
    target: Path,
    config: Path,
    *answers: tuple[list[dict[str, Any]], dict[str, Any]],
    **more: Any,
) -> State[Any]:
    """Run it; at each pause the board is rewritten and the form filled in."""

    async def act() -> State[Any]:
        seen: set[str] = set()
        async with get_client() as client, asked(board, target, config, **more) as flight:
            for rows, form in answers:
                run = await paused(client, seen)
                assert run.state
                seen.add(str(run.state.id))
                assert not await asyncio.to_thread(target.exists), "something was written before anybody agreed"
                write_board(board, rows)
                await asyncio.to_thread(partial(api.resume, str(run.id), **form))
            return await flight

    return asyncio.run(act())


YES, NO = {"approve": True}, {"approve": False}
CASES: dict[str, tuple[list[tuple[list[dict[str, Any]], dict[str, Any]]], dict[str, Any], str, str, int]] = {
    # answers (the board by then, the form), parameters, the last state's name and message, orders
    "under the limit": ([], {"approve_over_usd": 1.5}, "Completed", "1 of 1 clips, 1.50 USD, 0.00 at risk", 1),
    "approved": (
        [(ONE, YES)],
        {"approve_over_usd": 1.49},
        "Completed",
        "1 of 1 clips, 1.50 USD, 0.00 at risk",
        1,
    ),
    "approved with another budget": (
        [(ONE, {**YES, "budget_usd": 1})],
        {"approve_over_usd": 0, "budget_usd": 9},
        "Incomplete",
        "0 of 1 clips, 0.00 USD, 0.00 at risk",
        0,
    ),
    "refused": (
        [(ONE, NO)],
        {"approve_over_usd": 1},
        "Cancelled",
        "1.50 USD were refused: nothing was ordered, nothing spent",
        0,
    ),
    "rose, and then refused": (
        [(TWO, YES), (TWO, NO)],
        {"approve_over_usd": 1},
        "Cancelled",
        "3.00 USD were refused: nothing was ordered, nothing spent",
        0,
    ),
    "rose, and approved twice": (
        [(TWO, YES), (TWO, YES)],
        {"approve_over_usd": 1},
        "Completed",
        "2 of 2 clips, 3.00 USD, 0.00 at risk",
        2,
    ),
    "nobody came": (
        [],
        {"approve_over_usd": 1, "approve_within_hours": 0.0005},
        "Cancelled",
        "1.50 USD were not approved within 0.0005 hours: nothing was ordered, nothing spent",
        0,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_that_nothing_is_bought_without_a_word(case: str, api: Api, tmp_path: Path) -> None:
    """Over the limit the flow waits for its form, asks again only if the total rose, or ends with nothing spent."""
    answers, more, name, message, bought = CASES[case]
    board, film = write_board(tmp_path / "board.csv", ONE), tmp_path / "film"
    with Sandbox() as box:
        state = fly(api, board, film, paid_config(tmp_path / "paid.toml", box), *answers, **more)
        assert (state.name, state.message) == (name, message)
        assert len(box.jobs()) == bought
        assert (box.log() == []) == (bought == 0)


def test_that_a_board_broken_meanwhile_is_not_bought(api: Api, tmp_path: Path) -> None:
    """A board that was changed for the worse while the run waited ends Failed with its fault, and nothing is spent."""
    board, film = write_board(tmp_path / "board.csv", ONE), tmp_path / "film"
    with Sandbox() as box:
        config = paid_config(tmp_path / "paid.toml", box)
        state = fly(api, board, film, config, ([{**ONE[0], "prompt": ""}], YES), approve_over_usd=1)
        assert state.is_failed()
        assert "is empty" in str(state.message)
        assert (box.log(), film.exists()) == ([], False)


@pytest.mark.parametrize(
    ("waiting", "link", "told"),
    [
        ((), "", "The plan comes to 3.00 USD, 4.50 at worst."),
        (
            ("a",),
            "",
            "The plan comes to 3.00 USD, 4.50 at worst. 1 shot waits for a choice in the report: s3://film/report.html",
        ),
        (
            ("a", "b"),
            "https://films/r?x=1",
            "The plan comes to 3.00 USD, 4.50 at worst. 2 shots wait for a choice in the report: https://films/r?x=1",
        ),
    ],
)
def test_what_the_form_asks_about(waiting: tuple[str, ...], link: str, told: str) -> None:
    """The plan with its price; where takes are to be chosen the report, by an address that opens if there is one."""
    plan = SimpleNamespace(quoted=Decimal("3"), worst=Decimal("4.5"), waiting=waiting)
    store = SimpleNamespace(
        url="s3://film", signs=bool(link), exists=lambda name: True, sign=lambda name, seconds: link
    )
    assert approval.question(cast(Any, SimpleNamespace(plan=plan, store=store))) == told


@pytest.mark.parametrize(
    ("waiting", "told"),
    [((), "0.00 USD, 0.00 at worst"), (("a", "b"), "0.00 USD, 0.00 at worst; 2 shots wait for a choice")],
)
def test_what_a_plan_ends_with(waiting: tuple[str, ...], told: str) -> None:
    """Its price, and how many shots wait until somebody chooses."""
    assert plan_storyboard.outcome(Plan((), waiting=waiting)) == told
