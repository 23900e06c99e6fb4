"""What a run writes to Prefect's log: two lines a shot at most, because more of them slow a run down.

The first thing that goes wrong with a shot is told when it happens, the rest with its end, together with what to do.
"""

import logging
from collections.abc import Callable

from prefect import get_run_logger
from prefect.context import TaskRunContext
from prefect.exceptions import MissingContextError

from tasks.domain.advice import ADVICE
from tasks.domain.result import ShotResult

Lines = dict[str, list[str]]


def recorder(kept: Lines) -> Callable[[str], None]:
    """Where a run's lines go: the log of the shot that they are about, else the run's. ``kept`` are held back."""

    def record(line: str) -> None:
        context = TaskRunContext.get()
        if context is None:
            _log(logging.WARNING, line)
        elif (shot_id := context.task_run.name) in kept:
            kept[shot_id].append(line.removeprefix(f"{shot_id}: "))
        else:
            kept[shot_id] = []
            _log(logging.WARNING, line)

    return record


def ending(result: ShotResult, held_back: list[str]) -> str:
    """A shot's last line: what else was tried, and what a person can do where it has no clip. Empty for nothing new."""
    parts = [f"then {'; '.join(held_back)}"] if held_back else []
    if not result.has_own_clip:
        _, advice, command = ADVICE.get(result.error_class) or ADVICE["Failed"]
        parts.append(f"{advice} ({command})" if command else advice)
    return ". ".join(part.rstrip(".") for part in parts)


def log_ending(result: ShotResult, kept: Lines) -> None:
    """Write a shot's last line, if there is one."""
    if line := ending(result, kept.pop(result.shot.shot_id, [])):
        _log(logging.INFO if result.clip else logging.WARNING, f"{result.shot.shot_id}: {line}")


def _log(level: int, line: str) -> None:
    try:
        get_run_logger().log(level, line)
    except MissingContextError:  # a thread or a task that began outside the run: the line is still on the terminal
        return
