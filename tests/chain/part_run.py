"""``python -m tests.chain.part_run JSON``: one part of a season as its flow runs it, without Prefect."""

import asyncio
import json
import sys
from decimal import Decimal
from typing import Any

from tasks.domain.plan import ShotPlan
from tasks.domain.request import RunRequest
from tasks.season.parts import SeasonPart
from tasks.season.worker import join_season
from tasks.session.session import start_session


async def part_run(told: dict[str, Any]) -> None:
    money = None if told["budget_usd"] is None else Decimal(told["budget_usd"])
    wanted = RunRequest(told["board"], told["to"], told["config"], money, tuple(told["only"]), (), told["concurrency"])
    async with start_session(wanted) as plain, join_season(plain, SeasonPart(**told["part"])) as running:
        await running.check(fetch=True)
        async with running.open():
            places = asyncio.Semaphore(running.concurrency)

            async def one(plan: ShotPlan) -> None:
                await running.source_ready(plan)
                async with places:
                    if running.stopped is None:
                        await running.shot(plan.shot.shot_id)
                    running.done[plan.shot.shot_id].set()

            for plan in running.plan.shots:
                if not plan.renders:
                    running.done[plan.shot.shot_id].set()
            await asyncio.gather(*(one(plan) for plan in running.plan.shots if plan.renders))


def part_process(told: str) -> None:
    """A whole process's work."""
    asyncio.run(part_run(json.loads(told)))


if __name__ == "__main__":
    part_process(sys.argv[1])
