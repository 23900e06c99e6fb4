"""How a command ends: its JSON, its closing summary, and words and a code for what a user can cause."""

import asyncio
import contextlib
import json
import os
import threading
from collections.abc import Callable
from typing import Any

from flows.cli import display, outlets
from flows.support import signals
from tasks.commands import answers
from tasks.domain.errors import StartError
from tasks.domain.plan import words_of_waiting
from tasks.manifest import refunds_line
from tasks.session import Session

#: Set once the one JSON object was written.
TOLD = threading.Event()


def write(told: dict[str, Any]) -> None:
    """Print one JSON object on standard output."""
    TOLD.set()
    text = json.dumps(told, ensure_ascii=False)
    if not outlets.holds(text, outlets.OUT.encoding):  # JSON has escapes of its own, which every reader knows
        text = json.dumps(told)
    outlets.OUT.write(text + "\n")
    outlets.OUT.flush()


def caught(act: Callable[[], Any], as_json: bool, base: dict[str, Any]) -> int:
    """Run ``act``, and give the command's exit code: what a user can cause ends in words and a code, never in a
    traceback.

    ``base`` are the keys of its JSON object that hold even then.
    """
    TOLD.clear()
    if why := outlets.why_closed(outlets.OUT):
        display.say(f"error: standard output cannot be written: {why}; nothing was started")
        return 2
    interrupted = {**base, "exit_code": signals.CODE, "errors": []} if as_json else None
    signals.last_words(lambda: _at_once(interrupted))
    runner = asyncio.Runner()
    try:
        return int(runner.run(_stoppable(act)))
    except StartError as error:
        display.faults(error)
        if as_json:
            write({**base, "exit_code": 2, "errors": [answers.fault_json(fault) for fault in error.faults]})
        return 2
    except BaseException as error:
        if not signals.interrupts(error):
            raise
        display.say("interrupted")
        if interrupted and not TOLD.is_set():
            write(interrupted)
        return signals.CODE
    finally:
        if not signals.was_stopped():  # else the process ends at once, whatever its threads are busy with
            runner.close()


async def _stoppable(act: Callable[[], Any]) -> Any:
    signals.cancelled_by_signal()
    return await act()


def _at_once(interrupted: dict[str, Any] | None) -> None:
    """What can still be said where the process ends between two steps: past all that is buffered or locked."""
    cursor = b"\r\x1b[?25h" if display.err.is_terminal else b""
    with contextlib.suppress(OSError):
        os.write(2, cursor + b"interrupted: ended at once; an order that had no receipt yet is unclear\n")
        if interrupted and not TOLD.is_set():
            os.write(1, json.dumps(interrupted).encode() + b"\n")


def conclude(told: dict[str, Any], running: Session, *, as_json: bool) -> None:
    """Say what a render came to, as one JSON object or in words, and how many shots wait until somebody chooses;
    and that something of this run may be asked back from a gateway."""
    if as_json:
        write(told)
    else:
        summary(told, running)
    if waits := words_of_waiting(running.tables.waiting()):
        display.say(f"{waits}: storyreel review {told['target']}")
    came = [one for one in running.ledger.history() if one.settled_by == running.run_id]
    if refunds := refunds_line(came, running.store.url):
        display.say(refunds)


def summary(told: dict[str, Any], running: Session) -> None:
    """Print what a render came to, and where it lies."""
    display.out.print(f"{display.shots_line(told['shots'])} in {display.clock(told['seconds'])}")
    told_why = ("status", "error_class", "error")
    short = [row for row in running.results() if row.error_class and not row.kept]
    display.reasons([{"shot_id": r.shot.shot_id, **{name: getattr(r, name) for name in told_why}} for r in short])
    display.money_lines(told["totals"], running.money()["by_provider"])
    url = told["target"]
    places = [("clips", "clips"), ("manifest", "manifest.parquet"), ("money", "costs.json")]
    shown = sorted(running.request.views.chosen, key=lambda view: view.name == "report")  # last: it is what one opens
    places += [(view.name, view.file) for view in shown if view.default]
    there = [one for one in places if (told["clips"] if one[0] == "clips" else running.store.exists(one[1]))]
    for name, place in there:
        display.out.print(f"{name:9}{url}/{place}", markup=False)
