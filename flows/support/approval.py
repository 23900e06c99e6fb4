"""A person's approval of an expensive run: the flow waits for it and shows the plan."""

import asyncio
import math
from dataclasses import replace
from decimal import Decimal

from prefect.flow_runs import apause_flow_run
from prefect.input import RunInput
from pydantic import Field

from flows.support.artifacts import link_of, plan_artifact
from tasks.domain.identity import number_text
from tasks.domain.money import usd_text
from tasks.domain.request import VIEWS
from tasks.session import Session

LOOKS_EVERY = 3  # seconds between two polls for an answer
#: Seconds that the server waits longer than we do: after its own timeout it would turn any final state into Failed.
GRACE = 600


class Approval(RunInput):
    """The form."""

    approve: bool = Field(default=False, description="Buy what the plan shows?")
    budget_usd: float | None = Field(default=None, ge=0, description="US dollars the target may cost over all runs")


async def refusal(running: Session, over_usd: float | None, hours: float) -> str:
    """Ask for approval when the plan's total is more than ``over_usd``; why the run may not spend, empty when it may.

    It waits up to so many ``hours``, without the lock: afterwards the plan is made again, and approval is asked for
    again only if its total has risen. Raises ``StartError`` when the board or the target is not usable any more.
    """
    agreed = Decimal(str(over_usd)) if over_usd is not None else None
    while agreed is not None and running.plan.quoted > agreed:
        agreed = running.plan.quoted
        await plan_artifact(running)
        said = f"The plan comes to {usd_text(agreed)} USD, {usd_text(running.plan.worst)} at worst."
        if running.plan.waiting:
            where = await asyncio.to_thread(link_of, running, VIEWS["report"].file)
            said += f" {len(running.plan.waiting)} shots wait for a choice in the report{where and f': {where}'}"
        form = Approval.with_initial_data(description=said, budget_usd=None)
        waits = hours * 3600
        try:
            async with asyncio.timeout(waits):
                answer = await apause_flow_run(form, timeout=math.ceil(waits) + GRACE, poll_interval=LOOKS_EVERY)
        except TimeoutError:
            return f"{usd_text(agreed)} USD were not approved within {number_text(Decimal(str(hours)))} hours"
        if not answer.approve:
            return f"{usd_text(agreed)} USD were refused"
        if answer.budget_usd is not None:
            running.request = replace(running.request, budget_usd=Decimal(str(answer.budget_usd)))
        await running.check(fetch=True)
    return ""
