"""Programs that tests start: each is ended with the test that started it, and none runs ahead of all others."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from typing import Any


def end(process: "subprocess.Popen[Any]", seconds: float = 20) -> None:
    """Ask a program to end, and kill it where it has not after so many seconds."""
    process.terminate()
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextlib.contextmanager
def keep_priority() -> Iterator[None]:
    """The thread is scheduled afterwards as it was. SVT-AV1, run by root, gives it real time: it and every program that
    it starts then keep the processor from all others."""
    if not hasattr(os, "sched_setscheduler"):  # Linux has it
        yield
        return
    policy, priority = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        yield
    finally:
        os.sched_setscheduler(0, policy, priority)
