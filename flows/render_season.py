"""One large storyboard over a work pool: parts on any number of workers and machines, one manifest for the whole."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State
from prefect.deployments.flow_runs import arun_deployment
from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError
from prefect.states import Cancelled, Failed

from flows.render_storyboard import final_state
from flows.support.artifacts import closing_artifacts, faults_artifact, follow_progress, plan_artifact
from flows.support.blocks import open_session
from flows.support.cancellation import stop_on_signal
from flows.support.events import emit_happenings
from flows.support.parameters import (
    DEFAULT_VIEWS,
    FREE,
    Config,
    Draft,
    PartsInFlight,
    Place,
    Several,
    ShotsAPart,
    Usd,
    request_of,
)
from flows.support.run_log import recorder
from flows.support.sheet import draw_shots
from tasks.domain.errors import StartError, StoryreelError
from tasks.domain.request import select_views
from tasks.season import PartOrder, Season, Start
from tasks.session import Session

PARTS = "render-storyboard/render-storyboard"
STARTS_SECONDS = 180.0  # from a worker's hand to the part's first heartbeat; 6 to 12 were measured on an idle machine


@flow(name="render-season", flow_run_name="{board} → {to}", persist_result=False)
async def render_season(
    board: Place,
    to: Place,
    config: Config = FREE,
    budget_usd: Usd = None,
    shots_a_part: ShotsAPart = 500,
    parts_in_flight: PartsInFlight = 4,
    skip_unusable: bool = False,
    takes: Several = None,
    draft: Draft = None,
) -> State:
    """Render a large storyboard in parts, each a run of the deployment `render-storyboard` on the work pool.

    The parts share the target, the budget and the limits of the gateways. Manifest, money and report are written
    once, for the whole. Safe to repeat, with another split too.

    Args:
        board: Shot list, CSV or Parquet: a path or any fsspec URL that every worker can read.
        to: Target folder: a path or any fsspec URL that every worker can write.
        config: Config file; configs/animatic.toml needs no key and costs nothing.
        budget_usd: US dollars that the target may cost over all its runs. None leaves it to the config.
        shots_a_part: Shots in one part at most, 1 to 2000. A part ends with a scene where that makes no more parts.
        parts_in_flight: Parts at once at most, 1 to 100. Each needs a worker's hand, beside the season's own.
        skip_unusable: Leave out shots that no route can make, instead of ending.
        takes: Clips of each shot whose row says nothing of it, 1 to 10. None leaves it to the config.
        draft: Order drafts and no finals; false orders finals for all drafts. None leaves it to the config.
    """
    try:
        wanted = request_of(board, to, config, budget_usd, (), ())
        wanted = replace(wanted, views=select_views(DEFAULT_VIEWS), skip_unusable=skip_unusable)
        async with open_session(replace(wanted, takes=takes, draft=draft)) as running:
            running.progress.record = recorder({})
            running.lock.by_process = False  # its parts run elsewhere: only the lease tells that it is gone
            await running.check(fetch=True)
            await plan_artifact(running)
            async with stop_on_signal(running), running.open(), follow_progress(running):
                season = Season(running, starter(running), shots_a_part, parts_in_flight)
                await season.run()
                await running.show()
                sheet = await draw_shots(running)
            await closing_artifacts(running, sheet)
            emit_happenings(running)
            return final_state(running, season.orders.edited)
    except StartError as error:
        await faults_artifact(error.faults)
        return Failed(message=str(error))


def starter(running: Session) -> Start:
    """What starts a part: a run of its deployment, which any worker of the pool may take."""
    asked = running.request
    taken: dict[UUID, float] = {}

    async def start(task: PartOrder) -> Callable[[], Awaitable[bool]]:
        parameters: dict[str, Any] = {
            "board": asked.board,
            "to": running.store.url,
            "config": asked.config,
            "budget_usd": None if task.budget_usd is None else float(task.budget_usd),
            "only": list(task.only),
            "concurrency": task.concurrency,
            "part": task.part.model_dump(mode="json"),
        }
        given = {"takes": asked.takes, "draft": asked.draft}  # the form of a part has no null for what nobody asked
        parameters |= {name: value for name, value in given.items() if value is not None}
        run_id = await _asked_for(running, task, parameters)
        return lambda: can_come(run_id, taken)

    return start


async def _asked_for(running: Session, task: PartOrder, parameters: dict[str, Any]) -> UUID:
    """The run of a part. A server that is away for a moment is asked again under the same key: it may have taken it."""
    name, waited, pause = f"{task.part.name} of {running.run_id}", 0.0, running.lock.lease / 12
    once = task.part.attempt
    while True:
        try:
            run = await arun_deployment(
                PARTS, parameters=parameters, timeout=0, flow_run_name=name, idempotency_key=once
            )
            return run.id
        except Exception as error:
            status = error.response.status_code if isinstance(error, PrefectHTTPStatusError) else 500
            refused = status < 500 or isinstance(error, (ObjectNotFound, ValueError))
            if refused or running.stopped is not None or waited >= STARTS_SECONDS:
                raise StoryreelError(f"Prefect did not take it: {error}") from error
            running.progress.line(f"{task.part.name}: Prefect is asked again: {type(error).__name__} {error}")
        await running.sleep(pause)
        waited += pause


async def can_come(run_id: UUID, taken: dict[UUID, float]) -> bool:
    """Whether a part without a heartbeat may still get one. Where it may not, its flow run is cancelled, so that it
    does not start late.

    A run that waits for a worker costs nothing and may wait; ``taken`` holds the monotonic second at which a worker was
    first seen to have it.
    """
    try:
        async with get_client() as client:
            state = (await client.read_flow_run(run_id)).state
            if state is None or state.is_scheduled():
                return True
            since = taken.setdefault(run_id, time.monotonic())
            if not state.is_final() and time.monotonic() - since < STARTS_SECONDS:
                return True
            await client.set_flow_run_state(run_id, Cancelled(message="another attempt is made"), force=True)
    except ObjectNotFound:
        return False  # somebody deleted it
    except Exception:
        return True  # a server that is away for a moment says nothing about the part
    return False
