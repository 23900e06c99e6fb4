"""``python -m tests.sandbox``: serve until Ctrl-C."""

import argparse
import itertools
import signal
import sys
import threading
from pathlib import Path
from types import FrameType

from tests.sandbox.faults import ScriptError, parse
from tests.sandbox.server import Sandbox


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.sandbox",
        description="A loopback server that speaks every gateway's protocol, with scripted faults.",
    )
    parser.add_argument("--port", type=int, default=8765, help="default 8765; 0 takes a free one")
    parser.add_argument("--faults", type=Path, metavar="FILE", help="a script such as tests/faults/weather.toml")
    parser.add_argument("--job-seconds", type=float, default=3.0, metavar="N", help="how long a job takes")
    return parser.parse_args()


def _end() -> threading.Event:
    """Set by SIGINT and SIGTERM; made before anything listens, so that neither is a traceback."""
    over = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        over.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    return over


def what_will_happen(script: str) -> list[str]:
    """The words at the head of a script, and a line for each of its faults."""
    head = list(itertools.takewhile(lambda line: line.startswith("#"), script.splitlines()))
    told = [line.lstrip("# ") for line in head]
    asked = parse(script) if script else {}
    for name, options in asked.get("gateway", {}).items():
        told.append(f"- {name}: {', '.join(f'{option} {value}' for option, value in options.items())}")
    for fault in asked.get("fault", []):
        what = fault.get("kind") or fault.get("do") or f"status {fault.get('status')}"
        where = fault.get("phase", "submit")
        when = ", ".join(f"{name} {fault[name]}" for name in ("prompt", "nth", "every", "times") if name in fault)
        told.append(f"- {fault.get('gateway', 'every gateway')}: {what} at {where}{f' ({when})' if when else ''}")
    return told or ["Nothing goes wrong: every order is taken and made."]


def _tell(box: Sandbox, script: str) -> None:
    print(f"Sandbox at {box.url} (Ctrl-C ends it); bill at {box.url}/sandbox/bill\n")
    for name in box.world.gateways:
        print(f"  {name:<13} {box.base_url(name)}")
    print("\nPoint a chain at it with configs/sandbox.toml, or with this environment:\n")
    for name, value in sorted(box.env(poll_every_s=0.5, poll_max_s=1).items()):
        print(f"  export {name}={value}")
    print("\nWhat will happen here:\n")
    for line in what_will_happen(script):
        print(f"  {line}")
    print(flush=True)


def main() -> int:
    """Exit code 0 after Ctrl-C, 2 where nothing was started."""
    given = _arguments()
    over = _end()
    try:
        script = given.faults.read_text(encoding="utf-8") if given.faults else ""
        box = Sandbox(script, job_seconds=given.job_seconds, port=given.port)
    except (OSError, UnicodeDecodeError, OverflowError, ScriptError) as problem:
        print(f"nothing was started: {problem}", file=sys.stderr)
        return 2
    with box:
        _tell(box, script)
        while not over.wait(0.2):  # a wait without an end would hear no signal on some systems
            pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
