"""The plan as a Prefect flow: the same reading as a render, and no spending."""

from decimal import Decimal
from typing import Annotated

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed
from pydantic import Field

from flows.artifacts import faults_artifact, plan_artifact
from tasks.commands import over_budget
from tasks.errors import StartError
from tasks.money import usd_text
from tasks.planned import Wanted
from tasks.session import session


@flow(name="plan-storyboard", persist_result=False)
async def plan_storyboard(
    board: Annotated[str, Field(description="Shot list: CSV or Parquet, a path or any fsspec URL")],
    to: Annotated[str, Field(description="Target folder: a path or any fsspec URL")],
    config: Annotated[str | None, Field(description="Config file; empty for the one without keys")] = None,
    budget_usd: Annotated[float | None, Field(ge=0, description="US dollars over all runs of the target")] = None,
    only: Annotated[list[str] | None, Field(description="Look at these shots only")] = None,
    rerender: Annotated[list[str] | None, Field(description="Buy another clip for these shots, or all")] = None,
) -> State:
    """Say what a render would do and cost, as an artifact. Fails when the board has faults or the budget is passed."""
    money = None if budget_usd is None else Decimal(str(budget_usd))
    wanted = Wanted(board, to, config, money, tuple(only or ()), tuple(rerender or ()), confined=True)
    try:
        async with session(wanted) as running:
            plan = await running.check(fetch=False)
            await plan_artifact(running)
            if over := over_budget(running):
                return Failed(name="Over budget", message=over)
            return Completed(message=f"{usd_text(plan.quoted)} USD, {usd_text(plan.worst)} at worst")
    except StartError as error:
        await faults_artifact(error.faults)
        return Failed(message=str(error))
