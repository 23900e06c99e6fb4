"""What happened: orders, jobs, money, and every request. Nothing here costs more with every job there is."""

import heapq
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any, TypedDict

from tests.sandbox.protocol import Job, Options

NEVER = float("inf")
LOG_LENGTH = 500_000


class JobLine(TypedDict):
    """One accepted order on the bill."""

    id: str
    n: int
    prompt: str
    model: str
    seconds: int
    size: str
    status: str
    billed_usd: Decimal


class GatewayBill(TypedDict):
    """What one gateway saw and took: every POST, what it accepted of them, and the money."""

    orders: int
    accepted: int
    billed_usd: Decimal
    jobs: list[JobLine]


Bill = dict[str, GatewayBill]


@dataclass(slots=True)
class Entry:
    """One request. ``status`` 0: closed without a reply. ``key`` is what was sent, its last four characters;
    ``foreign_key`` the gateway whose sandbox key it was, where that is another one. ``n``: the gateway's
    n-th order, 0 where it is none."""

    time: float
    gateway: str
    method: str
    path: str
    status: int = 0
    prompt: str = ""
    key: str = ""
    foreign_key: str = ""
    fault: str = ""
    job: str = ""
    n: int = 0


@dataclass(slots=True)
class Account:
    """One gateway's side of the book."""

    orders: int = 0
    billed: Decimal = Decimal(0)
    jobs: dict[str, Job] = field(default_factory=dict)
    ends: list[float] = field(default_factory=list)
    minute: deque[float] = field(default_factory=deque)

    def refuses(self, options: Options, price: Decimal) -> str:
        """The kind of error that a limit answers one more order with, or nothing."""
        now = time.monotonic()
        while self.ends and self.ends[0] <= now:
            heapq.heappop(self.ends)
        while self.minute and self.minute[0] <= now - 60:
            self.minute.popleft()
        if options.credit_usd is not None and self.billed + price > options.credit_usd:
            return "out_of_money"
        if options.in_flight is not None and len(self.ends) >= options.in_flight:
            return "rate"
        too_many = options.per_minute is not None and len(self.minute) >= options.per_minute
        return "rate" if too_many else ""

    def add(self, job: Job) -> None:
        """Book an accepted order."""
        self.jobs[job.id] = job
        self.billed += job.billed
        heapq.heappush(self.ends, job.done_at)
        self.minute.append(time.monotonic())


class Book:
    """Every account, every job by the token of its clip, every request."""

    def __init__(self, gateways: Sequence[str]) -> None:
        self.names = tuple(gateways)
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self.accounts = {name: Account() for name in self.names}
        self.tokens: dict[str, Job] = {}
        self.log: deque[Entry] = deque(maxlen=LOG_LENGTH)

    def order(self, gateway: str) -> int:
        """Count one more POST of an order; its number, from 1."""
        self.accounts[gateway].orders += 1
        return self.accounts[gateway].orders

    def add(self, job: Job) -> None:
        """Book an accepted order."""
        self.accounts[job.gateway].add(job)
        self.tokens[job.token] = job

    def bill(self) -> Bill:
        """Every gateway's bill, with its jobs in the order in which they were accepted."""
        return {name: _bill(account) for name, account in self.accounts.items()}

    def entries(self) -> list[dict[str, Any]]:
        """Every request in the order in which they came."""
        return [asdict(entry) for entry in list(self.log)]


def money_text(amount: Decimal) -> str:
    """US dollars with at least two decimals."""
    whole, _, rest = f"{amount:f}".partition(".")
    return f"{whole}.{rest.rstrip('0').ljust(2, '0')}"


def plain(bill: Bill) -> dict[str, Any]:
    """A bill for JSON: money as text."""
    return {name: _plain(account) for name, account in bill.items()}


def _plain(account: GatewayBill) -> dict[str, Any]:
    jobs = [{**job, "billed_usd": money_text(job["billed_usd"])} for job in account["jobs"]]
    return {**account, "billed_usd": money_text(account["billed_usd"]), "jobs": jobs}


def _bill(account: Account) -> GatewayBill:
    now = time.monotonic()
    jobs = [_line(job, now) for job in list(account.jobs.values())]
    return {"orders": account.orders, "accepted": len(jobs), "billed_usd": account.billed, "jobs": jobs}


def _line(job: Job, now: float) -> JobLine:
    return {
        "id": job.id,
        "n": job.n,
        "prompt": job.prompt,
        "model": job.model,
        "seconds": job.seconds,
        "size": job.size_text,
        "status": job.ending if now >= job.done_at else "running",
        "billed_usd": job.billed,
    }
