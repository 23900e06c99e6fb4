"""Writes receipts to the target: at once, or again and again while the run lasts, with a copy on this machine.

A receipt is never only in memory while this process waits for anything.
"""

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path

from tasks.domain.errors import Stopped, TargetLost
from tasks.domain.job import Job
from tasks.domain.result import Attempt
from tasks.engine.context import RunContext
from tasks.ledger import Record

HASTE = 2.0  # seconds until a receipt is copied to this machine: the target may refuse it, or this process be killed
PATIENCE = 300.0  # seconds for which a refused receipt is written again though nothing else of the run is left
PAUSE, LONGEST_PAUSE = 1.0, 30.0  # seconds between two tries
FAREWELL = 5.0  # seconds for the last try of all


class Keeper:
    """Writes the receipts of one run to its target.

    ``busy`` gives how many orders the run has in flight, with those whose receipt is refused. ``haste`` is in seconds.
    ``safe`` are the waiting tasks whose receipt has a copy on this machine or on stderr.
    """

    def __init__(self, run: RunContext, busy: Callable[[], int], *, haste: float = HASTE) -> None:
        self.run, self.busy, self.haste = run, busy, haste
        self.refused: dict[str, Record] = {}
        self.safe: set[asyncio.Task[object] | None] = set()

    async def accepted(self, attempt: Attempt, job: Job) -> Attempt:
        """Write the receipt of an accepted order, and give its attempt.

        Raises ``TargetLost`` when the target refuses it to the end; then it is on this machine, or on stderr.
        """
        run = self.run
        receipt = run.ledger.receipt(attempt, job)
        write = asyncio.ensure_future(run.write(run.ledger.take, receipt))
        await asyncio.wait({write}, timeout=self.haste)
        late = not write.done()
        kept = await self._kept(receipt) if late else None
        try:
            taken = await write
        except Exception as error:  # whatever it was: the job is bought
            late, kept = True, kept or await self._kept(receipt)
            self._tell(receipt, kept, error)
            taken = await self._insist(receipt, kept)
        if late:
            await asyncio.to_thread(run.receipts.drop, receipt)
        return taken

    async def farewell(self) -> None:
        """Try for a last time to write each receipt that the target refused; the run ends."""
        for task in filter(None, self.safe):
            task.cancel()
        for receipt in list(self.refused.values()):
            with contextlib.suppress(TargetLost, TimeoutError):
                await asyncio.wait_for(self.run.write(self.run.ledger.take, receipt), FAREWELL / len(self.refused))
                await asyncio.to_thread(self.run.receipts.drop, receipt)

    async def _kept(self, receipt: Record) -> Path | None:
        try:
            return await asyncio.to_thread(self.run.receipts.keep, receipt)
        except (OSError, MemoryError, RuntimeError):  # RuntimeError: no thread can be started
            return None

    def _tell(self, receipt: Record, kept: Path | None, error: Exception) -> None:
        job = f"{receipt['shot_id']}: job {receipt['job']['id']} at {receipt['provider']}:{receipt['model']}"
        where = f"kept in {kept}" if kept else "kept nowhere else, so it follows on stderr"
        self.run.progress.line(f"{job} is bought and the target refuses its receipt, which is {where}: {error}")
        if kept is None:
            self.run.receipts.show(receipt)
        self.run.stop(Stopped("Target", f"the target refuses the receipt of what was bought: {error}"))

    async def _insist(self, receipt: Record, kept: Path | None) -> Attempt:
        """Try again while anything else of the run is in flight, and for a while when nothing is."""
        run, pause = self.run, PAUSE
        until = run.clock() + PATIENCE
        self.safe.add(asyncio.current_task())
        self.refused[receipt["order_id"]] = receipt
        while run.clock() < until or self.busy() > len(self.refused):
            await run.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
            kept = kept or await self._kept(receipt)
            with contextlib.suppress(Exception):  # as above
                taken = await run.write(run.ledger.take, receipt)
                del self.refused[receipt["order_id"]]
                return taken
        raise TargetLost(f"it refuses the receipt of job {receipt['job']['id']}")
