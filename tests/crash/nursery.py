"""``python -m tests.crash.nursery``: runs of a board, each killed at its N-th step, in children of a process that has
loaded everything. They go without Prefect, and so take an eighth of what the command takes.

A line of JSON on stdin asks for a run, one on stdout tells what it came to: its exit code and how many steps it took.
"""

import asyncio
import importlib
import json
import os
import sys
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from tests.chain.conftest import rendered
from tests.crash.victim import Reaper

# what a run loads when it first needs it; after that a child is twice as quick
LATE = (
    *("tasks.engine.shot", "tasks.engine.builtin", "tasks.media.last_picture", "tasks.media.remux"),
    *("tasks.media.images", "tasks.media.looks.look", "tasks.storyboard.formats.text", "tasks.transport.guard"),
    *("tasks.transport.proxied", "tasks.transport.wire", "tasks.providers.aigateway", "tasks.providers.pixazo"),
    *("certifi", "httpcore"),
)


def live(asked: dict[str, Any]) -> int:
    """One run, in a child of its own: its exit code."""
    os.environ.update(asked["env"])
    Reaper(asked["at"], Path(asked["count"])).watch()
    board, target = Path(asked["board"]), Path(asked["target"])
    return asyncio.run(rendered(board, target, dict(os.environ), config=asked["config"])).code


def in_child(act: Callable[[], int]) -> int:
    """The exit code of what is done in a child of this process, which has loaded what the child needs."""
    child = os.fork()
    if child == 0:
        code = 70
        try:
            code = act()
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def load_late() -> None:
    for name in LATE:
        importlib.import_module(name)


def main() -> None:
    load_late()
    for line in sys.stdin:
        asked = json.loads(line)
        count = Path(asked["count"])
        count.write_text("0")
        code = in_child(partial(live, asked))
        told = {"code": code, "steps": int(count.read_text() or 0)}
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
