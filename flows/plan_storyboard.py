"""The plan as a Prefect flow: the same reading as a render, and no spending."""

from dataclasses import replace
from datetime import UTC, datetime

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from flows.support.artifacts import faults_artifact, plan_artifact
from flows.support.blocks import open_session
from flows.support.parameters import (
    FREE,
    NO_PLACES,
    NO_SHOTS,
    Config,
    Draft,
    Place,
    Places,
    Several,
    Shots,
    Usd,
    request_of,
)
from tasks.commands.answers import over_budget
from tasks.domain.errors import StartError
from tasks.domain.money import usd_text
from tasks.domain.plan import Plan, words_of_waiting
from tasks.planning import asked_time


def outcome(plan: Plan) -> str:
    """What a plan comes to in one line."""
    price = f"{usd_text(plan.quoted)} USD, {usd_text(plan.worst)} at worst"
    return "; ".join(filter(None, (price, words_of_waiting(len(plan.waiting)))))


@flow(name="plan-storyboard", flow_run_name="{board} → {to}", persist_result=False)
async def plan_storyboard(
    board: Place,
    to: Place,
    config: Config = FREE,
    budget_usd: Usd = None,
    only: Shots = NO_SHOTS,
    rerender: Shots = NO_SHOTS,
    skip_unusable: bool = False,
    takes: Several = None,
    draft: Draft = None,
    by: str = "",
    measured: Places = NO_PLACES,
) -> State:
    """Say what a render would do and cost, as an artifact. Fails when the board has faults or the budget is passed.

    Args:
        board: Shot list, CSV or Parquet: a path on the worker or any fsspec URL.
        to: Target folder, to see what is there already: a path on the worker or any fsspec URL.
        config: Config file; configs/animatic.toml needs no key and costs nothing.
        budget_usd: US dollars that the target may cost over all its runs. None leaves it to the config.
        only: Shot ids: look at these only.
        rerender: Shot ids, or all: what another clip for them would cost.
        skip_unusable: Leave out shots that no route can make, instead of failing.
        takes: Clips of each shot whose row says nothing of it, 1 to 10. None leaves it to the config.
        draft: Order drafts and no finals; false orders finals for all drafts. None leaves it to the config.
        by: Be done by this time, such as 07:00 by the worker's clock: each shot by the route that has time and costs
            least.
        measured: Targets whose past runs say how long a route takes.
    """
    try:
        wanted = request_of(board, to, config, budget_usd, only, rerender)
        wanted = replace(wanted, takes=takes, draft=draft, skip_unusable=skip_unusable)
        timed = asked_time(by, "by", datetime.now(UTC).astimezone())
        wanted = replace(wanted, by=timed, measured=tuple(measured or ()))
        async with open_session(wanted) as running:
            plan = await running.check(fetch=False)
            await plan_artifact(running)
            if over := over_budget(running):
                return Failed(name="Over budget", message=over)
            return Completed(message=outcome(plan))
    except StartError as error:
        await faults_artifact(error.faults)
        return Failed(message=str(error))
