"""Ctrl-C, SIGTERM and SIGHUP: the first one stops the command in good order, a second one ends it at once.

Known from the first to the last second of a command, and without Prefect: a signal may come while nothing of it is
loaded. A signal that was ignored when the command began (``nohup``, a job in the background) stays ignored.
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
PROMPT = 4.5  # seconds in which a stopped command ends, from the signal or from the last receipt; 5 are promised


def nothing_on_its_way() -> float:
    """No order is out."""
    return 0.0


@dataclass
class Ear:
    """What hears the signals. ``act`` is what the first one starts; it runs between any two steps of the program.

    ``busy_until`` says (monotonic seconds) until when orders on their way may take; ``last_words`` are said when the
    command ends at once. ``bounded``: whether a command that was stopped may not outlive `PROMPT`.
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
        """Take the signals, again where somebody else has taken them since."""
        for number in NUMBERS:
            signal.signal(number, self.hear if number in self.numbers else signal.SIG_IGN)

    def hear(self, number: int, frame: object) -> None:
        """The first signal is told to ``act``, the second one ends the process."""
        if self.heard or self.act is None:
            self.end()
        self.heard = signal.Signals(number).name
        self.act(self.heard)
        if self.bounded:
            threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        """End a command that does not come to its end by itself: a thread that hangs, a store that is silent."""
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


#: The one of the command line; None in a worker, whose runs listen for themselves.
HEARING: Ear | None = None


@contextlib.contextmanager
def listening() -> Iterator[Ear]:
    """The command hears signals while it lasts."""
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


def stopped() -> bool:
    """Whether the command line has heard a signal."""
    return HEARING is not None and bool(HEARING.heard)


def interrupts(error: BaseException) -> bool:
    """Whether it is a stop and no slip: Prefect, where it has the signals for a moment, raises one of its own."""
    if isinstance(error, KeyboardInterrupt):
        return True
    return type(error).__name__ == "TerminationSignal" or (isinstance(error, asyncio.CancelledError) and stopped())


def cancelled_by_signal() -> None:
    """From here on the first signal cancels the task that runs now: the way out of what has bought nothing."""
    if HEARING is None:
        return
    loop, task = asyncio.get_running_loop(), asyncio.current_task()

    def act(name: str) -> None:
        if task is not None:
            loop.call_soon_threadsafe(task.cancel)

    HEARING.act = act


def last_words(say: Callable[[], None]) -> None:
    """What the command line says where it has to end at once."""
    if HEARING is not None:
        HEARING.last_words = say


def orders_begin(act: Callable[[str], None], busy_until: Callable[[], float]) -> None:
    """From here on the first signal of the command line does ``act``: orders may be on their way."""
    if HEARING is not None:
        HEARING.act, HEARING.busy_until = act, busy_until


@contextlib.contextmanager
def heeded(act: Callable[[str], None], busy_until: Callable[[], float]) -> Iterator[None]:
    """While it lasts, the first signal does ``act``, unless the command line has told what it does.

    Outside the main thread nobody can listen.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    if HEARING is not None:
        HEARING.listen()  # Prefect takes SIGTERM for the time of a flow, and gives it back
        yield
        return
    before = {number: signal.getsignal(number) for number in NUMBERS}
    Ear(bounded=False, act=act, busy_until=busy_until).listen()
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
