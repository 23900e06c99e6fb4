"""The main job as a Prefect flow: what a terminal, a schedule and the Prefect UI run is one and the same thing."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Coroutine
from contextvars import ContextVar
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, cast

from prefect import flow, get_run_logger, task
from prefect.client.schemas.objects import State
from prefect.context import TaskRunContext
from prefect.states import Cancelled, Completed, Failed

from flows.support.approval import refusal
from flows.support.artifacts import closing_artifacts, faults_artifact, follow_progress, outcome, plan_artifact
from flows.support.blocks import open_session
from flows.support.cancellation import stop_on_signal
from flows.support.events import emit_happenings
from flows.support.handover import HANDOVER
from flows.support.parameters import (
    DEFAULT_VIEWS,
    FREE,
    NO_PLACES,
    NO_SHOTS,
    Config,
    Draft,
    Flights,
    Hours,
    Place,
    Places,
    Several,
    Shots,
    Usd,
    View,
    request_of,
)
from flows.support.run_log import Lines, log_ending, recorder
from flows.support.sheet import draw_shots
from flows.support.takes import WITHOUT, TakesBeside
from tasks.domain.errors import StartError
from tasks.domain.money import usd_text
from tasks.domain.plan import ShotPlan, words_of_waiting
from tasks.domain.request import RunRequest, select_views
from tasks.domain.result import ShotResult, has_own_clip
from tasks.planning import asked_time
from tasks.season import SeasonPart, join_season
from tasks.session import Session

STARTS_PER_SECOND = 25  # more, for long, overflows the queue in which a Prefect server keeps its events
TELLS = 1.0  # seconds in which a stopped run tells its server what it came to
RAMP_PER_SECOND = 100  # until all places are taken: at most 400, for which that queue of 10,000 has room

RUNNING: ContextVar[Session | None] = ContextVar("storyreel_running", default=None)
KEPT: ContextVar[Lines] = ContextVar("storyreel_kept")


def _crashed(task: Any, run: Any, state: State) -> bool:
    """Try again only after an unexpected exception: a shot's own ending is an answer. The ledger makes it safe."""
    return state.name != WITHOUT


@task(name="render-shot", task_run_name="{shot_id}", retries=1, retry_condition_fn=_crashed, persist_result=False)
async def render_shot(shot_id: str) -> State:
    """One shot as a task run: Completed with a clip, Failed with the reason without one.

    Raises ``RuntimeError`` when it runs outside of `render_storyboard`.
    """
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
    log_ending(result, KEPT.get())
    return state_of(result)


def state_of(result: ShotResult) -> State:
    """The state that a Prefect UI shows for the row."""
    attempt = result.made_by
    if result.clip is not None and result.has_own_clip:
        money = sum((a.charged + a.at_risk for a in result.attempts), Decimal(0))
        made = f"{attempt.route}, " if attempt else ""
        return Completed(message=f"{result.status} by {made}{result.clip.seconds:.1f} s, {usd_text(money)} USD")
    return Failed(name=WITHOUT, message=f"{result.status}: {result.error_class}: {result.error}")


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
        running.shots.over(plan.shot.shot_id, str(state.message if state else ""))


def pause(started: int, places: int, ways: int) -> float:
    """Seconds until the next shot may start. The parts of a season share one server, so each takes its share of it."""
    return ways / (RAMP_PER_SECOND if started < places else STARTS_PER_SECOND)


async def _all(running: Session) -> None:
    """Every shot that has something to do, started at a rate the server can record."""
    places, beside = asyncio.Semaphore(running.concurrency), TakesBeside(running)
    flights = []
    for plan in running.plan.shots:
        if not plan.renders:
            running.progress.end(plan.shot.shot_id, running.row(plan).status) if plan.selected else None
            running.done[plan.shot.shot_id].set()
            continue
        flights.append(asyncio.create_task(_one(plan, running, places)))
        if running.stopped is None:
            await asyncio.sleep(pause(len(flights), running.concurrency, running.ways))
    await asyncio.gather(*flights)
    await beside.drain()


@flow(name="render-storyboard", flow_run_name="{board} → {to}", persist_result=False)
async def render_storyboard(
    board: Place,
    to: Place,
    config: Config = FREE,
    budget_usd: Usd = None,
    only: Shots = NO_SHOTS,
    rerender: Shots = NO_SHOTS,
    concurrency: Flights = None,
    approve_over_usd: Usd = None,
    approve_within_hours: Hours = 24,
    views: list[View] = DEFAULT_VIEWS,
    skip_unusable: bool = False,
    part: SeasonPart | None = None,
    takes: Several = None,
    draft: Draft = None,
    by: str = "",
    measured: Places = NO_PLACES,
) -> State:
    """Render a storyboard: read, check, lock, render each shot, publish.

    Ends Completed when every selected shot has a clip of its own, else Failed under the name Incomplete; a board
    with faults ends Failed with every one of them.

    Args:
        board: Shot list, CSV or Parquet: a path on the worker or any fsspec URL.
        to: Target folder: a path on the worker or any fsspec URL.
        config: Config file; configs/animatic.toml needs no key and costs nothing.
        budget_usd: US dollars that the target may cost over all its runs. None leaves it to the config.
        only: Shot ids: look at these only.
        rerender: Shot ids, or all: buy another clip for them.
        concurrency: Shots in flight, 1 to 400. None leaves it to the config.
        approve_over_usd: Wait for a person's word when the plan costs more US dollars than this. None asks nobody.
        approve_within_hours: How long to wait for that word; then the run ends with nothing spent.
        views: What to make beside the clips.
        skip_unusable: Leave out shots that no route can make, instead of ending.
        part: Leave this empty. It is how a run of render-season tells one of its parts what it is a part of.
        takes: Clips of each shot whose row says nothing of it, 1 to 10. None leaves it to the config.
        draft: Order drafts and no finals; false orders finals for all drafts. None leaves it to the config.
        by: Be done by this time, such as 07:00 by the worker's clock: each shot by the route that has time and costs
            least.
        measured: Targets whose past runs say how long a route takes.
    """
    wanted = request_of(board, to, config, budget_usd, only, rerender)
    wanted = replace(wanted, concurrency=concurrency, views=select_views(views), skip_unusable=skip_unusable)
    wanted = replace(wanted, takes=takes, draft=draft, by=by, measured=tuple(measured or ()))
    try:
        async with _checked(wanted, part) as running:
            return await _approved(running, approve_over_usd, approve_within_hours)
    except StartError as error:
        return await _refused(error)


@contextlib.asynccontextmanager
async def _checked(wanted: RunRequest, part: SeasonPart | None) -> AsyncIterator[Session]:
    """The session that a command line has handed over, else one that is opened, and checked, here.

    A season hears why its part does not start.
    """
    if given := HANDOVER.get():
        yield given
        return
    async with contextlib.AsyncExitStack() as stack:
        timed = replace(wanted, by=asked_time(wanted.by, "by", datetime.now(UTC).astimezone()))
        running = await stack.enter_async_context(open_session(timed))
        if part is not None:
            running = await stack.enter_async_context(join_season(running, part))
        try:
            await running.check(fetch=True)
            yield running
        except StartError as error:
            await running.role.report((), running.budget.wasted, str(error))
            raise


async def _approved(running: Session, over_usd: float | None, hours: float) -> State:
    """Render, once a person has agreed where one has to be asked."""
    if reason := await refusal(running, over_usd, hours):
        return Cancelled(message=f"{reason}: nothing was ordered, nothing spent")
    return await _rendered(running)


async def _refused(error: StartError) -> State:
    await faults_artifact(error.faults)
    return Failed(message=str(error))


async def _rendered(running: Session) -> State:
    RUNNING.set(running)
    kept: Lines = {}
    KEPT.set(kept)
    running.progress.record = recorder(kept)
    plan_shown = _beside(plan_artifact(running))
    async with plan_shown as shown, stop_on_signal(running), running.open(), follow_progress(running):
        await shown
        await _all(running)
        await running.show()
        sheet = await draw_shots(running)
    if not running.role.publishes:
        return part_state(running)
    await _shown(running, sheet)
    emit_happenings(running)
    return final_state(running)


@contextlib.asynccontextmanager
async def _beside(act: Coroutine[Any, Any, None]) -> AsyncIterator[asyncio.Task[None]]:
    """The act as a task that goes on during the body; what is left of it at the end of that is given up."""
    task = asyncio.create_task(act)
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _shown(running: Session, sheet: str) -> None:
    """The closing artifacts; who stopped a run does not wait for a server that is gone."""
    if not running.interrupted:
        return await closing_artifacts(running, sheet)
    with contextlib.suppress(Exception):
        async with asyncio.timeout(TELLS):
            await closing_artifacts(running)
    return None


def part_state(running: Session) -> State:
    """What a part came to; the money stands with its season."""
    rows = running.tables.selected()
    clips = sum(has_own_clip(row.status) for row in rows)
    message = f"{clips} of {len(rows)} clips"
    return Completed(message=message) if clips == len(rows) else Failed(name="Incomplete", message=message)


def final_state(running: Session, note: str = "") -> State:
    """What the run came to, in the words of the UI's final message, and what else is to be known of it."""
    waits = words_of_waiting(running.tables.waiting())
    message = "; ".join(filter(None, (outcome(running.money()), waits, note)))
    code = running.exit_code()
    get_run_logger().info(message)
    if code == 130:
        return Cancelled(message=message)
    return Completed(message=message) if code == 0 else Failed(name="Incomplete", message=message)
