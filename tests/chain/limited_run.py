"""``python -m tests.chain.limited_run JSON``: a whole run without Prefect, in a process that may have less than others.

``limits`` are rlimits by name, set once the config is read; ``hold`` descriptors are opened first. Prints the exit code
and the lines that were told.
"""

import asyncio
import json
import resource
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

from tasks.config import catalogue, settings
from tasks.domain.progress import Progress
from tasks.domain.request import RunRequest
from tasks.session.session import Session
from tasks.storage.store import Store
from tasks.transport.client import Http


async def limited(told: dict[str, Any]) -> tuple[int, list[str]]:
    lines: list[str] = []
    loaded = settings.load_settings(told["config"], told["env"])
    asked, http = RunRequest(told["board"], told["to"], told["config"]), Http()
    with tempfile.TemporaryDirectory(dir=told["scratch"]) as folder:
        store, progress = Store(asked.to), Progress(listen=lines.append)
        running = Session(asked, loaded, catalogue.load_catalogue(), store, http, Path(folder), progress=progress)
        await running.check(fetch=True)
        async with running.open():
            for name, most in told["limits"].items():
                resource.setrlimit(getattr(resource, name), (most, resource.getrlimit(getattr(resource, name))[1]))
            await asyncio.gather(*(running.shot(p.shot.shot_id) for p in running.plan.shots if p.renders))
            for name in told["limits"]:
                hard = resource.getrlimit(getattr(resource, name))[1]
                resource.setrlimit(getattr(resource, name), (hard, hard))
        await http.close()
    return running.exit_code(), lines


if __name__ == "__main__":
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    print(json.dumps(asyncio.run(limited(json.loads(sys.argv[1])))))
