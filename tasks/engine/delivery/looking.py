"""A delivered clip is looked at once, with what was sent for it, before its order is settled."""

import asyncio
import threading
from pathlib import Path

from tasks.domain.result import Attempt
from tasks.engine.context import RunContext
from tasks.storage import StoreError


async def look_inside(run: RunContext, part: Path, attempt: Attempt) -> str | None:
    """What is wrong with the clip in ``part``, in words, empty where nothing is; None where the config wants no look,
    or the clip was looked at before. A look that is given up ends at its next picture."""
    quality, record = run.settings.quality, run.ledger.record(attempt)
    if not quality.look or "qa" in record:
        return None
    from tasks.media.looks.look import Sent, look  # read where something is looked at, and nowhere else

    names = [str(record.get(name) or "") for name in ("frame", "last_frame")]
    first, last = [await asyncio.to_thread(_picture, run, name) for name in names]
    sent = Sent(first, last, sound=record["parts"].get("audio") is True)
    over = threading.Event()
    try:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(run.lookers, look, part, sent, quality.limits, over.is_set)
    finally:
        over.set()


def tell_flaws(run: RunContext, attempt: Attempt, qa: str | None) -> None:
    """Report what is wrong with a clip, in a line; nothing where nothing is."""
    if qa:
        run.progress.line(f"{attempt.shot_id}: take {attempt.n} from {attempt.route} is marked: {qa}")


def _picture(run: RunContext, name: str) -> bytes:
    """A picture as it was sent; nothing where the target does not give it."""
    try:
        return run.store.read(name) if name else b""
    except (StoreError, OSError):
        return b""
