"""Signals while nothing of the command can handle one: its modules are loaded, or its work is over.

It imports nothing but what Python has loaded already: until the handlers are set, Ctrl-C is a traceback.
"""

import _signal  # type: ignore[import-not-found]  # what `signal` gives names to, which takes a while; no stubs
import os
import sys

TYPE_CHECKING = False  # as `typing` has it, which takes longer
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

CODE = 130  # as `flows.support.signals` has it, which takes its time to load
NAMES = ("SIGINT", "SIGTERM", "SIGHUP")


def end_interrupted() -> "NoReturn":
    """End a command that has done nothing yet, at once: no buffer is flushed, no lock waited for; ``--json`` is
    honoured."""
    os.write(2, b"interrupted\n")
    if "--json" in sys.argv:
        os.write(1, b'{"exit_code": 130, "errors": []}\n')
    os._exit(CODE)


def on_signal(act: "Callable[[], NoReturn]") -> None:
    """Let each signal that is not ignored call ``act``."""
    for name in NAMES:
        number = getattr(_signal, name, None)  # another system may lack one
        if number is not None and _signal.getsignal(number) != _signal.SIG_IGN:
            _signal.signal(number, lambda *_: act())
