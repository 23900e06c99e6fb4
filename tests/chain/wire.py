"""What the tests of the gateway chain share: hours that pass at once, and a client that keeps its books."""

import asyncio
import heapq
import itertools
from collections.abc import Mapping
from dataclasses import dataclass

from tasks.domain.order import Reply, Request
from tasks.transport.client import Http
from tests.sandbox.gateways import all_gateways

PROTOCOLS = all_gateways()


class Hours:
    """A clock whose sleepers are woken at once, in the order of their times: nothing waits, time passes all the same.

    ``slept`` holds every wait in seconds, ``tick`` is how long a jump takes in truth; ``roll`` is jitter's middle.
    """

    def __init__(self) -> None:
        self.now, self.tick = 1000.0, 0.001
        self.slept: list[float] = []
        self.due: list[tuple[float, int]] = []
        self.numbers = itertools.count()

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        mine = (self.now + max(seconds, 0.0), next(self.numbers))
        heapq.heappush(self.due, mine)
        try:
            while self.now < mine[0]:
                await asyncio.sleep(self.tick)
                if self.due[0] == mine:
                    self.now = max(self.now, mine[0])
        finally:
            self.due.remove(mine)
            heapq.heapify(self.due)

    def roll(self) -> float:
        return 0.5


@dataclass
class Call:
    """One API call as the client saw it: when it left and was answered by the fake clock, and in which order.

    ``status`` is 0 where no whole reply came.
    """

    gateway: str
    order: bool
    prompt: str
    left: float
    turn: int
    status: int = 0
    answered: int = 0


class Wire(Http):
    """The real client; it writes down what leaves it."""

    def __init__(self, hours: Hours) -> None:
        super().__init__()
        self.hours = hours
        self.calls: list[Call] = []
        self.turns = itertools.count(1)

    async def ask(self, request: Request, url: str, headers: Mapping[str, str], timeout: float) -> Reply:
        gateway, body = url.split("/")[3], request.json or dict(request.form)
        if isinstance(body, list):  # of tasks; one is sent at a time
            [body] = body
        protocol = PROTOCOLS.get(gateway, PROTOCOLS["openai_videos"])
        order = request.method == "POST" and not protocol.asked_by(body)
        call = Call(gateway, order, protocol.prompt(body), self.hours.now, next(self.turns))
        self.calls.append(call)
        try:
            reply = await super().ask(request, url, headers, timeout)
            call.status = reply.status
        finally:
            call.answered = next(self.turns)
        return reply
