"""A time limit for what others answer, which a process that was stopped does not pay for.

A process that was stopped (Ctrl-Z, a debugger, a paused machine) goes on long after its timers were due, and what came
for it meanwhile lies unread in its sockets. `asyncio.timeout` would cancel the reader of a paid receipt before it had
read a byte. The clock is the loop's monotonic one. It runs on while a process is stopped, so that a timer which comes
much too late tells of the stop; while the machine itself is suspended it stands still, and so does the limit.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

LATE = 0.5  # seconds: a timer that comes so much too late was not kept by a process that ran
LAST_READ = 0.05  # after the limit, for what lies in the socket at its end


class _Watch:
    """Ends a timeout after so many seconds; anew after a stop."""

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
    """A body that may take so many seconds, which begin anew when the process was stopped at their end.

    Raises ``TimeoutError`` when it takes longer.
    """
    async with asyncio.timeout(None) as limit:
        watch = _Watch(limit, seconds)
        try:
            yield
        finally:
            watch.handle.cancel()
