"""Ctrl-C, SIGTERM and SIGHUP: the first one stops the command in good order, a second one ends it at once.

They are handled during the whole command, and without Prefect, because a signal may come before it is loaded. A signal
that was ignored when the command began (``nohup``, a background job) stays ignored.
"""

import asyncio
import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NoReturn

NUMBERS = tuple(signal.Signals[name] for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
CODE = 130
PROMPT = 4.5  # seconds until a stopped command ends, from the signal or the last receipt; 5 are promised


def nothing_on_its_way() -> float:
    """The default of `Ear.busy_until`: no order is being sent."""
    return 0.0


@dataclass(repr=False)  # `signal` shows each handler in an error that nobody sees: with its run it would be megabytes
class Ear:
    """Handles the signals. ``act`` is called with the name of the first one, between any two steps of the program.

    ``busy_until`` gives the monotonic second until which orders on their way may take; ``last_words`` is called when
    the command ends at once. ``bounded``: whether a stopped command is ended after `PROMPT` seconds.
    """

    bounded: bool = True
    heard: str = ""
    act: Callable[[str], None] | None = None
    busy_until: Callable[[], float] = nothing_on_its_way
    last_words: Callable[[], None] = lambda: None
    numbers: tuple[signal.Signals, ...] = field(
        default_factory=lambda: tuple(n for n in NUMBERS if signal.getsignal(n) is not signal.SIG_IGN)
    )

    def listen(self) -> None:
        """Install the signal handlers, also over those of others."""
        for number in NUMBERS:
            signal.signal(number, self.hear if number in self.numbers else signal.SIG_IGN)

    def hear(self, number: int, frame: object) -> None:
        """Handle a signal: the first one calls ``act``, the second one ends the process."""
        if self.heard or self.act is None:
            self.end()
        self.heard = signal.Signals(number).name
        self.act(self.heard)
        if self.bounded:
            threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        """End a command that does not end by itself, as when a thread hangs or a store does not answer."""
        limit = time.monotonic() + PROMPT
        while (now := time.monotonic()) < limit:
            if now < self.busy_until():
                limit = now + PROMPT
            time.sleep(0.05)
        self.end()

    def end(self) -> NoReturn:
        """End the process here and now."""
        self.last_words()
        os._exit(CODE)


#: The command line's; None in a worker, where each run has one of its own.
HEARING: Ear | None = None


@contextlib.contextmanager
def listening() -> Iterator[Ear]:
    """Handle signals for the command line during the body."""
    global HEARING
    before = {number: signal.getsignal(number) for number in NUMBERS}
    HEARING = Ear()
    HEARING.listen()
    try:
        yield HEARING
    finally:
        HEARING = None
        for number, handler in before.items():
            signal.signal(number, handler)


def was_stopped() -> bool:
    """Whether the command line has heard a signal."""
    return HEARING is not None and bool(HEARING.heard)


def interrupts(error: BaseException) -> bool:
    """Whether the error means that the command was stopped. Prefect raises one of its own while it has the signals."""
    if isinstance(error, KeyboardInterrupt):
        return True
    return type(error).__name__ == "TerminationSignal" or (isinstance(error, asyncio.CancelledError) and was_stopped())


def cancelled_by_signal() -> None:
    """From now on the first signal cancels the current task: nothing was bought yet."""
    if HEARING is None:
        return
    loop, task = asyncio.get_running_loop(), asyncio.current_task()

    def act(name: str) -> None:
        if task is not None:
            loop.call_soon_threadsafe(task.cancel)

    HEARING.act = act


def last_words(say: Callable[[], None]) -> None:
    """Set what the command line does just before it is ended at once."""
    if HEARING is not None:
        HEARING.last_words = say


def orders_begin(act: Callable[[str], None], busy_until: Callable[[], float]) -> None:
    """From now on the command line's first signal calls ``act``: orders may be on their way.

    ``busy_until`` gives the monotonic second until which they may take.
    """
    if HEARING is not None:
        HEARING.act, HEARING.busy_until = act, busy_until


@contextlib.contextmanager
def hear_signals(act: Callable[[str], None], busy_until: Callable[[], float]) -> Iterator[None]:
    """Let the first signal call ``act`` during the body, unless the command line has set what it does.

    Outside the main thread signals cannot be handled. ``busy_until`` gives the monotonic second until which orders on
    their way may take.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    if HEARING is not None:
        HEARING.listen()  # Prefect takes SIGTERM during a flow, and gives it back
        yield
        return
    before = {number: signal.getsignal(number) for number in NUMBERS}
    Ear(bounded=False, act=act, busy_until=busy_until).listen()
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
