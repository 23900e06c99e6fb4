"""A timeout that does not count the time in which this process was stopped.

A process that was stopped (Ctrl-Z, a debugger, a paused machine) continues long after its timers were due, while the
data that arrived meanwhile is unread in its sockets. `asyncio.timeout` would cancel the reader of a paid receipt before
it had read a byte. The clock is the loop's monotonic one. It runs on while the process is stopped, so a timer that
fires much too late shows that it was; while the machine itself is suspended the clock stands still, and so does the
limit.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

LATE = 0.5  # seconds; a timer that fires so much too late shows that the process was stopped
LAST_READ = 0.05  # seconds after the limit, to read what is in the socket by then


class _Watch:
    """Expires a timeout after so many seconds, which begin again when the process was stopped."""

    def __init__(self, limit: asyncio.Timeout, seconds: float) -> None:
        self.limit, self.seconds, self.loop = limit, seconds, asyncio.get_running_loop()
        self._wait(seconds, last=False)

    def _wait(self, seconds: float, *, last: bool) -> None:
        due = self.loop.time() + seconds
        self.handle = self.loop.call_at(due, self._up, due, last)

    def _up(self, due: float, last: bool) -> None:
        if self.loop.time() - due > LATE:
            self._wait(self.seconds, last=False)
        elif last:
            self.limit.reschedule(self.loop.time())
        else:
            self._wait(LAST_READ, last=True)


@asynccontextmanager
async def awake_for(seconds: float) -> AsyncGenerator[None]:
    """Limit the body to so many seconds, which begin again when the process was stopped at their end.

    Raises ``TimeoutError`` when the body takes longer.
    """
    async with asyncio.timeout(None) as limit:
        watch = _Watch(limit, seconds)
        try:
            yield
        finally:
            watch.handle.cancel()
