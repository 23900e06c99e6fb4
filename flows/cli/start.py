"""The command's first and last moments: it loads for a second, and a signal may come before it can handle one."""

import os
import sys

from flows.cli.early import end_interrupted, on_signal

TYPE_CHECKING = False  # as in `early`
if TYPE_CHECKING:
    from typing import NoReturn


def main() -> "NoReturn":
    """The console script: run the command that the arguments name, and end the process with its exit code."""
    on_signal(end_interrupted)
    import gc

    gc.disable()  # what is loaded stays: to look through it for garbage, again and again, takes its time
    from flows.cli.app import main as run_command

    gc.freeze()
    gc.enable()
    try:
        run_command()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
        on_signal(lambda: os._exit(code))  # what the command did and said stays
        raise
    sys.exit(0)
