"""Several targets that order at the same gateways, one after the other: no job of one is unknown to another."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import date
from typing import Any

from tasks.commands.answers import fault_json, read_target
from tasks.commands.reconcile.answer import reconcile
from tasks.commands.reconcile.joining import Elsewhere
from tasks.domain.errors import Fault, TargetError
from tasks.domain.result import Attempt
from tasks.ledger import canonical
from tasks.session import Session

Open = Callable[[str], AbstractAsyncContextManager[Session]]


class _Several:
    """The orders of each target, the answers so far, and why others could not be had."""

    def __init__(self, open_target: Open) -> None:
        self.open = open_target
        self.orders: dict[str, list[Attempt]] = {}
        self.places = set[str]()
        self.answers: list[dict[str, Any]] = []
        self.errors: list[Fault] = []

    async def read(self, url: str) -> None:
        """Read which orders a target has, once however its address is spelled."""
        try:
            async with self.open(url) as running:
                if (place := canonical(running.store)) in self.places:
                    return
                self.places.add(place)
                await asyncio.to_thread(read_target, running)
                self.orders[url] = list(running.ledger.history())
        except TargetError as error:
            self.errors += error.faults

    async def compare(self, url: str, since: date | None) -> None:
        """Compare one of those that were read."""
        others = [one for other, orders in self.orders.items() if other != url for one in orders]
        try:
            async with self.open(url) as running:
                self.answers.append(await reconcile(running, since, Elsewhere(others, self._unknown())))
        except TargetError as error:
            self.errors += error.faults

    def _unknown(self) -> set[tuple[str, str]]:
        """The jobs that an answer has told as unknown: once is enough."""
        told = (one for answer in self.answers for one in answer["differences"])
        return {(one["provider"], one["job_id"]) for one in told if one["verdict"] == "unknown to us"}


async def reconcile_several(
    urls: Sequence[str], since: date | None, open_target: Open, say: Callable[[str], None]
) -> dict[str, Any]:
    """As `reconcile`, of each of several targets; ``say`` is told of those that cannot be had.

    Raises ``TargetError`` when none can be compared, with every reason.
    """
    several = _Several(open_target)
    for url in urls:
        await several.read(url)
    for url in list(several.orders):
        await several.compare(url, since)
    if not several.answers:
        raise TargetError(several.errors)
    for fault in several.errors:
        say(str(fault))
    return {
        "targets": several.answers,
        "exit_code": int(bool(several.errors) or any(one["exit_code"] for one in several.answers)),
        "errors": [fault_json(one) for one in several.errors],
    }
