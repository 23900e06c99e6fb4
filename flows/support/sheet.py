"""The contact sheet of a run as an image artifact: what came, and what did not, at one glance."""

import asyncio
import base64
from math import inf

from prefect.artifacts import acreate_image_artifact

from tasks.domain.errors import StartError
from tasks.domain.result import has_own_clip
from tasks.manifest import Row
from tasks.session import Session
from tasks.storage import StoreError
from tasks.views.contact_sheet import MOST_BYTES, MOST_TILES, draw_sheet

FILE = "contact-sheet.jpg"  # where the target signs addresses; elsewhere the picture goes along
WEEK = 7 * 24 * 3600


async def draw_shots(running: Session) -> str:
    """Draw the sheet while the target is held: its signed address, or itself as a data URI where the target signs none.

    Empty where there is nothing to draw, or where it cannot be drawn: no run ends for it.
    """
    if running.interrupted or not running.role.publishes:
        return ""
    try:
        return await asyncio.to_thread(_address, running)
    except (StoreError, OSError, ValueError, StartError) as error:
        running.progress.line(f"no contact sheet: {error}")
        return ""


async def sheet_artifact(url: str, rows: list[Row]) -> None:
    """Create the artifact that shows the sheet at ``url``; none where that is empty."""
    if not url:
        return
    clips = sum(has_own_clip(str(row["status"])) for row in rows)
    less = f"; the first {MOST_TILES} are shown" if len(rows) > MOST_TILES else ""
    said = f"{clips} of {len(rows)} shots have a clip of their own{less}"
    await acreate_image_artifact(image_url=url, key="storyreel-sheet", description=said)


def _address(running: Session) -> str:
    rows, store = running.last_rows()[:MOST_TILES], running.store
    if not rows:
        return ""
    sizes = store.sizes("posters")
    posters = store.read_many([path for row in rows if sizes.get(path := str(row["poster"]), inf) <= MOST_BYTES])
    data = draw_sheet(rows, lambda path: posters.get(path, b""))
    if not store.signs:
        return f"data:image/jpeg;base64,{base64.b64encode(data).decode()}"
    store.write(FILE, data)
    return store.sign(FILE, WEEK)
