"""``python -m tests.chain.skewed_run JSON``: one run on a machine whose wall clock is wrong, or a holder of its lock.

The clock is set from outside (``LD_PRELOAD`` of libfaketime); the run itself is the plain job, without Prefect.
"""

import asyncio
import json
import sys
import threading
import time
from collections import Counter
from typing import Any

from tasks.domain.errors import StartError
from tasks.domain.request import RunRequest
from tasks.session.session import Session, start_session
from tasks.storage import lock as locks
from tasks.storage.store import Store


async def one_run(told: dict[str, Any]) -> dict[str, Any]:
    wanted = RunRequest(told["board"], told["to"], told["config"], rerender=tuple(told.get("rerender", ())))
    async with start_session(wanted) as running:
        try:
            await running.check(fetch=True)
            async with running.open():
                await asyncio.gather(*(one_shot(running, name) for name in running.plans))
        except StartError as error:
            return {"code": 2, "said": str(error)}
        rows = [running.row(plan) for plan in running.plan.shots]
        return {"code": running.exit_code(), "statuses": dict(Counter(row.status for row in rows))}


async def one_shot(running: Session, name: str) -> None:
    if running.plans[name].renders:
        await running.source_ready(running.plans[name])
        await running.shot(name)
    running.done[name].set()


def hold(told: dict[str, Any]) -> None:
    """Hold the lock and keep it alive until a line comes in or the process is killed."""
    here = locks.whoami()
    if told["elsewhere"]:
        locks.whoami = lambda: here | {"boot": "of another machine"}
    lock = locks.Lock(Store(told["to"]), "holder", lease=told["lease"])
    lock.take()
    print(json.dumps({"now": time.time()}), flush=True)
    over = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.readline(), over.set()), daemon=True).start()
    while not over.wait(told["every"]):
        lock.renew()
    lock.release()


if __name__ == "__main__":
    asked = json.loads(sys.argv[1])
    if "lease" in asked:
        hold(asked)
    else:
        print(json.dumps(asyncio.run(one_run(asked)) | {"now": time.time()}))
