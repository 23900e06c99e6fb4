"""A person's word before a dear run: the flow waits, with the plan in sight."""

from collections.abc import Awaitable
from dataclasses import replace
from decimal import Decimal
from typing import cast

from prefect.exceptions import FlowPauseTimeout
from prefect.flow_runs import pause_flow_run
from prefect.input import RunInput
from pydantic import Field

from flows.artifacts import plan_artifact
from tasks.money import usd_text
from tasks.session import Session

WAITS_SECONDS = 24 * 3600


class Approval(RunInput):
    """The form."""

    approve: bool = Field(default=False, description="Buy what the plan shows?")
    budget_usd: float | None = Field(default=None, ge=0, description="US dollars the target may cost over all runs")


async def approved(running: Session, over_usd: float | None, waits: int = WAITS_SECONDS) -> bool:
    """Whether the run may spend. Asks when the plan's total passes ``over_usd``, and again only if it rose since.

    The lock is not held while it waits: the plan is made again afterwards.
    """
    agreed = Decimal(str(over_usd)) if over_usd is not None else None
    while agreed is not None and running.plan.quoted > agreed:
        agreed = running.plan.quoted
        await plan_artifact(running)
        said = f"The plan comes to {usd_text(agreed)} USD, {usd_text(running.plan.worst)} at worst."
        form = Approval.with_initial_data(description=said, budget_usd=None)
        try:
            answer = await cast(Awaitable[Approval], pause_flow_run(wait_for_input=form, timeout=waits))
        except FlowPauseTimeout:
            return False
        if not answer.approve:
            return False
        if answer.budget_usd is not None:
            running.wanted = replace(running.wanted, budget_usd=Decimal(str(answer.budget_usd)))
        await running.check(fetch=True)
    return True
