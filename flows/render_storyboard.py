"""The main job as a Prefect flow: what a terminal, a schedule and the Prefect UI run is one and the same thing."""

import asyncio
import contextlib
import signal
from collections.abc import Awaitable
from contextvars import ContextVar
from decimal import Decimal
from typing import Annotated, Any, cast

from prefect import flow, get_run_logger, task
from prefect.client.schemas.objects import State
from prefect.context import TaskRunContext
from prefect.states import Cancelled, Completed, Failed
from pydantic import Field

from flows.approval import approved
from flows.artifacts import closing_artifacts, faults_artifact, moving, plan_artifact
from tasks.errors import StartError
from tasks.models import ShotResult
from tasks.money import usd_text
from tasks.planned import ShotPlan, Wanted
from tasks.session import HANDOVER, Session, session

ENDED = "Without clip"
STARTS_PER_SECOND = 25  # more, for long, overflows the queue in which a Prefect server keeps its events
RAMP_PER_SECOND = 100  # until all places are taken: at most 400, for which that queue of 10,000 has room

RUNNING: ContextVar[Session | None] = ContextVar("storyreel_running", default=None)


def _crashed(task: Any, run: Any, state: State) -> bool:
    """Only a slip of ours is worth a second try: a shot's own ending is an answer. The ledger makes it safe."""
    return state.name != ENDED


@task(name="render-shot", task_run_name="{shot_id}", retries=1, retry_condition_fn=_crashed, persist_result=False)
async def render_shot(shot_id: str) -> State:
    """One shot as a task run: Completed with a clip, Failed with the reason without one."""
    running = RUNNING.get()
    if running is None:
        raise RuntimeError("render_shot runs inside render_storyboard")
    context = TaskRunContext.get()
    if context is not None:
        # A run that begins with tags waits until the server has said whether they are limited, and a busy server
        # takes its time. They are set here instead, and the server has them with the run's next state.
        shot = running.plans[shot_id].shot
        context.task_run.tags += [f"scene:{shot.scene or 'none'}", f"mode:{shot.mode}"]
    result = await running.shot(shot_id)
    return told(result)


def told(result: ShotResult) -> State:
    """The state that a Prefect UI shows for the row."""
    attempt = result.made_by
    if result.clip is not None and result.status != "stand_in":
        money = sum((a.charged + a.at_risk for a in result.attempts), Decimal(0))
        made = f"{attempt.route}, " if attempt else ""
        return Completed(message=f"{result.status} by {made}{result.clip.seconds:.1f} s, {usd_text(money)} USD")
    return Failed(name=ENDED, message=f"{result.status}: {result.error_class}: {result.error}")


async def _one(plan: ShotPlan, running: Session, places: asyncio.Semaphore) -> None:
    """A shot's task run, after its source and within the bound on shots in flight."""
    await running.source_ready(plan)
    async with places:
        if running.stopped is not None:
            running.done[plan.shot.shot_id].set()
            return
        state: State | None = None
        try:
            state = await cast(Awaitable[State], render_shot(plan.shot.shot_id, return_state=True))
        except Exception as error:
            running.progress.line(f"Prefect did not record {plan.shot.shot_id}: {type(error).__name__}")
        if plan.shot.shot_id not in running.tried:  # a server that died must not cost the shot
            await running.shot(plan.shot.shot_id)
        running.over(plan.shot.shot_id, str(state.message if state else ""))


async def _all(running: Session) -> None:
    """Every shot that has something to do, started at a rate the server can record."""
    places = asyncio.Semaphore(running.concurrency)
    flights = []
    for plan in running.plan.shots:
        if not plan.renders:
            running.progress.end(plan.shot.shot_id, running.row(plan).status) if plan.selected else None
            running.done[plan.shot.shot_id].set()
            continue
        flights.append(asyncio.create_task(_one(plan, running, places)))
        await asyncio.sleep(1 / (RAMP_PER_SECOND if len(flights) < running.concurrency else STARTS_PER_SECOND))
    await asyncio.gather(*flights)


@flow(name="render-storyboard", persist_result=False)
async def render_storyboard(
    board: Annotated[str, Field(description="Shot list: CSV or Parquet, a path or any fsspec URL")],
    to: Annotated[str, Field(description="Target folder: a path or any fsspec URL")],
    config: Annotated[str | None, Field(description="Config file; empty for the one without keys")] = None,
    budget_usd: Annotated[float | None, Field(ge=0, description="US dollars over all runs of the target")] = None,
    only: Annotated[list[str] | None, Field(description="Look at these shots only")] = None,
    rerender: Annotated[list[str] | None, Field(description="Buy another clip for these shots, or all")] = None,
    concurrency: Annotated[int | None, Field(ge=1, le=400, description="Shots in flight at once")] = None,
    approve_over_usd: Annotated[
        float | None, Field(ge=0, description="Wait for a person's word when the plan costs more US dollars than this")
    ] = None,
) -> State:
    """Render a storyboard: read, check, lock, render each shot, publish.

    Ends Completed when every selected shot has a clip of its own, else Failed under the name Incomplete; a board
    with faults ends Failed with every one of them.
    """
    async with contextlib.AsyncExitStack() as stack:
        running = HANDOVER.get()
        try:
            if running is not None:
                heed_signals(running)
            else:
                money = None if budget_usd is None else Decimal(str(budget_usd))
                wanted = Wanted(
                    board, to, config, money, tuple(only or ()), tuple(rerender or ()), concurrency, confined=True
                )
                running = await stack.enter_async_context(session(wanted))
                running.progress.listen = get_run_logger().warning
                await running.check(fetch=True)
            if not await approved(running, approve_over_usd):
                return Cancelled(message="not approved: nothing was ordered, nothing spent")
            return await _rendered(running)
        except StartError as error:
            await faults_artifact(error.faults)
            return Failed(message=str(error))


async def _rendered(running: Session) -> State:
    RUNNING.set(running)
    await plan_artifact(running)
    async with running.open():
        moves = asyncio.create_task(moving(running.progress))
        try:
            await _all(running)
            await running.show()
        finally:
            moves.cancel()
    await closing_artifacts(running)
    return final_state(running)


def heed_signals(running: Session) -> None:
    """Ctrl-C and SIGTERM stop the run in good order; a second one ends the process as usual."""
    loop = asyncio.get_running_loop()

    def stop(name: str, number: int) -> None:
        loop.remove_signal_handler(number)
        running.interrupt(f"{name}: nothing more is ordered, open jobs stay in the ledger")

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop, number.name, number)


def final_state(running: Session) -> State:
    """What the run came to, in the words of the UI's final message."""
    totals = running.money()["totals"]
    assert isinstance(totals, dict)  # noqa: S101 - costs.json's own shape
    message = (
        f"{totals['clips']} of {totals['shots']} clips, {totals['charged_usd']} USD, {totals['at_risk_usd']} at risk"
    )
    code = running.exit_code()
    get_run_logger().info(message)
    if code == 130:
        return Cancelled(message=message)
    return Completed(message=message) if code == 0 else Failed(name="Incomplete", message=message)
