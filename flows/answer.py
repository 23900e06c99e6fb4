"""How a command ends: its JSON, its closing summary, and words and a code for what a user can cause."""

import asyncio
import json
import sys
from collections.abc import Callable
from typing import Any

from flows import display
from tasks import commands
from tasks.errors import StartError
from tasks.session import Session


def write(told: dict[str, Any]) -> None:
    """One JSON object on standard output."""
    sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")


def caught(act: Callable[[], Any], as_json: bool, base: dict[str, Any]) -> int:
    """Run a command: what a user can cause ends in words and a code, never in a traceback."""
    try:
        return int(asyncio.run(act()))
    except StartError as error:
        display.faults(error.faults)
        if as_json:
            write({**base, "exit_code": 2, "errors": [commands.fault_json(fault) for fault in error.faults]})
        return 2
    except KeyboardInterrupt:
        display.say("interrupted")
        if as_json:
            write({**base, "exit_code": 130, "errors": []})
        return 130


def summary(told: dict[str, Any], running: Session) -> None:
    """What a render came to, and where it lies."""
    display.out.print(f"{display.shots_line(told['shots'])} in {display.clock(told['seconds'])}")
    display.money_lines(told["totals"], running.money()["by_provider"])
    url = told["target"]
    places = [("clips", "clips"), ("manifest", "manifest.parquet"), ("money", "costs.json")]
    shown = running.wanted.shown
    places += [("timeline", "timeline.otio")] * shown.timeline + [("reel", "reel.mp4")] * shown.reel
    places += [("report", "report.html")] * shown.report
    for name, place in [one for one in places if one[0] == "clips" or running.store.exists(one[1])]:
        display.out.print(f"{name:9}{url}/{place}", markup=False)
