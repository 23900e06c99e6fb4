"""``python -m tests.sandbox``: serve until Ctrl-C."""

import argparse
import signal
import sys
import threading
from pathlib import Path
from types import FrameType

from tests.sandbox.faults import ScriptError
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


def _tell(box: Sandbox) -> None:
    print(f"Sandbox at {box.url} (Ctrl-C ends it); bill at {box.url}/sandbox/bill\n")
    for name in box.world.gateways:
        print(f"  {name:<13} {box.base_url(name)}")
    print("\nPoint a chain at it with configs/sandbox.toml, or with this environment:\n")
    for name, value in sorted(box.env(poll_every_s=0.5, poll_max_s=1).items()):
        print(f"  export {name}={value}")
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
        _tell(box)
        while not over.wait(0.2):  # a wait without an end would hear no signal on some systems
            pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
