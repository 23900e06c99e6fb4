"""What a run writes to Prefect's log: at most two lines a shot, because more would slow the run down.

The first problem of a shot is logged when it happens, the others at its end, together with what to do.
"""

import logging
from collections.abc import Callable

from prefect import get_run_logger
from prefect.context import TaskRunContext
from prefect.exceptions import MissingContextError

from tasks.domain.result import ShotResult
from tasks.views.advice import ADVICE

Lines = dict[str, list[str]]


def recorder(kept: Lines) -> Callable[[str], None]:
    """The function that logs a run's lines, at the task run of their shot or else at the flow run.

    Of a shot it logs the first line, and adds the others to ``kept``.
    """

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
    """The last line about a shot: what else was tried, and what to do if it has no clip. Empty if there is nothing
    new."""
    parts = [f"then {'; '.join(held_back)}"] if held_back else []
    if not result.has_own_clip:
        _, advice, command = ADVICE.get(result.error_class) or ADVICE["Failed"]
        parts.append(f"{advice} ({command})" if command else advice)
    return ". ".join(part.rstrip(".") for part in parts)


def log_ending(result: ShotResult, kept: Lines) -> None:
    """Log a shot's last line, if there is one."""
    if line := ending(result, kept.pop(result.shot.shot_id, [])):
        _log(logging.INFO if result.clip else logging.WARNING, f"{result.shot.shot_id}: {line}")


def _log(level: int, line: str) -> None:
    try:
        get_run_logger().log(level, line)
    except MissingContextError:  # a thread or a task from outside the run: the terminal has the line
        return
