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
from tasks.domain.plan import words_of_waiting
from tasks.domain.request import VIEWS
from tasks.session import Session

LOOKS_EVERY = 3  # seconds between two polls for an answer
#: Seconds that the server waits longer than we do: after its own timeout it would turn any final state into Failed.
GRACE = 600


class Approval(RunInput):
    """The form."""

    approve: bool = Field(default=False, description="Buy what the plan shows?")
    budget_usd: float | None = Field(default=None, ge=0, description="US dollars the target may cost over all runs")


def question(running: Session) -> str:
    """What the form asks about: the plan with its price, and the report where takes are to be chosen. Blocks."""
    plan, report = running.plan, VIEWS["report"].file
    said = f"The plan comes to {usd_text(plan.quoted)} USD, {usd_text(plan.worst)} at worst."
    if not plan.waiting:
        return said
    where = link_of(running, report) or f"{running.store.url}/{report}"
    return f"{said} {words_of_waiting(len(plan.waiting))} in the report: {where}"


async def refusal(running: Session, over_usd: float | None, hours: float) -> str:
    """Ask for approval when the plan's total is more than ``over_usd``; why the run may not spend, empty when it may.

    It waits up to so many ``hours``, without the lock: afterwards the plan is made again, and approval is asked for
    again only if its total has risen. Raises ``StartError`` when the board or the target is not usable any more.
    """
    agreed = Decimal(str(over_usd)) if over_usd is not None else None
    while agreed is not None and running.plan.quoted > agreed:
        agreed = running.plan.quoted
        await plan_artifact(running)
        form = Approval.with_initial_data(description=await asyncio.to_thread(question, running), budget_usd=None)
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
