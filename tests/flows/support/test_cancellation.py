"""A run that is told to stop: by a signal, or by whoever cancels it on the server while it runs at a terminal."""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterState, FlowRunFilterStateType
from prefect.client.schemas.objects import State, StateType
from prefect.client.schemas.sorting import FlowRunSort
from prefect.states import Cancelling

from flows.render_storyboard import render_storyboard
from tests.deployed import Api, paid_config
from tests.flows import column, write_board
from tests.flows.test_render_storyboard import in_prefect  # noqa: F401 - the module's fixture
from tests.sandbox import Sandbox

pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
MANY = 600
ROWS = [{"shot_id": f"s{n:03}", "prompt": f"wave {n}", "duration": 4, "size": "1280x720"} for n in range(MANY)]


async def by_signal(number: signal.Signals) -> None:
    os.kill(os.getpid(), number)


async def on_the_server(number: signal.Signals) -> None:
    """The button that cancels, pressed for the run that is under way."""
    running = FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.RUNNING])))
    async with get_client() as client:
        newest = FlowRunSort.START_TIME_DESC  # one that another test left may still be told as running
        run, *_ = await client.read_flow_runs(flow_run_filter=running, sort=newest)
        await client.set_flow_run_state(run.id, Cancelling())


async def stopped(box: Sandbox, stop: Awaitable[None], *places: str) -> tuple[State[Any], float]:
    """A run that is told to stop once two orders are out: how it ended, and how long it took to."""
    flight = asyncio.ensure_future(render_storyboard(*places, concurrency=2, views=[], return_state=True))
    until = time.monotonic() + 60
    while len(box.jobs()) < 2:
        assert time.monotonic() < until
        assert not flight.done(), flight.result()
        await asyncio.sleep(0.05)
    await stop
    since = time.monotonic()
    return await flight, time.monotonic() - since


@pytest.mark.parametrize(
    ("way", "number", "said"),
    [
        pytest.param(by_signal, signal.SIGTERM, "SIGTERM", marks=pytest.mark.slow),
        pytest.param(by_signal, signal.SIGINT, "SIGINT", marks=pytest.mark.slow),
        (on_the_server, signal.SIGTERM, "cancelled in Prefect"),
    ],
)
def test_that_a_stopped_run_orders_nothing_more(
    way: Callable[[signal.Signals], Awaitable[None]], number: signal.Signals, said: str, api: Api, tmp_path: Path
) -> None:
    """Nothing leaves after it, a large board is no reason to go on for long, and the next run takes up the jobs."""
    board, film = write_board(tmp_path / "board.csv", ROWS), tmp_path / "film"
    before = [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)]
    with Sandbox(job_seconds=20) as box:
        config = paid_config(tmp_path / "paid.toml", box)
        state, took = asyncio.run(stopped(box, way(number), str(board), str(film), str(config)))
        assert (state.name, state.message) == ("Cancelled", f"0 of {MANY} clips, 0.00 USD, 3.00 at risk")
        assert took < MANY / 25 - 4, "it went on starting shots"
        bought = [job["prompt"] for job in box.jobs()]
        assert len(bought) == 2
        assert list(film.glob("lock/*.json")) == []
        assert set(column(film, "error_class").values()) == {"Interrupted"}
        assert all(said in error for error in column(film, "error").values())
        assert [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)] == before

        box.faults([{"do": "late", "seconds": 0.1}])
        asked = {"only": ["s000", "s001", "s002"], "views": [], "return_state": True}
        again = asyncio.run(render_storyboard(str(board), str(film), str(config), **asked))
        assert (again.name, again.message) == ("Completed", f"3 of {MANY} clips, 4.50 USD, 0.00 at risk")
        assert [job["prompt"] for job in box.jobs()] == [*bought, "wave 2"]
