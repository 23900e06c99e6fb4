"""The command's process: its heap and its collector, its outlets, what it hears, and the code it ends with."""

import contextlib
import ctypes
import gc
import sys
from typing import NoReturn

from cyclopts import App, CycloptsError

from flows.cli import display, early, outlets, output
from flows.cli import server as prefect_server
from flows.support import signals
from tasks.commands.answers import fault_json
from tasks.domain.errors import Fault

M_ARENA_MAX = -8  # as <malloc.h> has it
#: What Prefect raised when its server was lost: its own farewell to that server would take minutes.
LOST: list[Exception] = []


def run(app: App) -> NoReturn:
    """Run the command that the arguments name, and end the process with its exit code."""
    outlets.renew()
    with signals.listening() as ear:
        ear.last_words = early.end_interrupted  # until the command has words of its own
        code = _call(app)
        if LOST or signals.was_stopped():
            prefect_server.leave(code)
    sys.exit(code)


def _call(app: App) -> int:
    """The command's exit code."""
    prefect_server.quiet()
    _use_one_heap()
    gc.set_threshold(50_000)  # a board is many values that stay: 700 as usual is an eighth of a large plan's time
    try:
        code = app(exit_on_error=False, print_error=False, result_action="return_value")
    except CycloptsError as error:
        display.say(f"error: {error}")
        if "--json" in sys.argv:
            output.write({"exit_code": 2, "errors": [fault_json(_fault_of(error))]})
        return 2
    outlets.OUT.flush()
    if words := outlets.lost_words():
        display.say(words)
    done = code if isinstance(code, int) else 0
    return done or int(bool(words))


def _fault_of(error: CycloptsError) -> Fault:
    """The option that could not be read, where one was named, and what stands there."""
    token, argument = getattr(error, "token", None), error.argument
    named = (token.keyword if token else None) or (argument.name if argument else "")
    return Fault(0, "", named, token.value if token else "", str(error))


def _use_one_heap() -> None:
    """glibc gives each thread a heap of its own, and what one has freed the others cannot use: 30 MB of a run's 300."""
    with contextlib.suppress(OSError, AttributeError, TypeError):  # another system, or another library
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, 1)
