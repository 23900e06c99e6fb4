"""Boards of any length, the config that leads them to the sandbox, and a target on which a board is finished."""

import os
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tasks.domain.job import Job
from tasks.domain.model import Route
from tasks.domain.order import Order, Request
from tasks.domain.progress import Progress
from tasks.domain.request import RunRequest
from tasks.domain.result import Clip, Settlement
from tasks.ledger import Ledger
from tasks.ledger.records import LedgerKey
from tasks.session.session import start_session
from tasks.storage.store import Store
from tasks.views.publish import ViewPublisher
from tasks.views.reel.seal import seal
from tests.tasks.clips import good, plain

CONFIG = """
[defaults]
duration = 4
size = "1280x720"
[chain]
text_to_video = ["pixazo:sora-2-pro"]
allow_retired = true
[render]
budget_usd = 1000000
concurrency = 400
[quality]
look = false
[provider.pixazo]
max_in_flight = 400
"""  # what a look costs has a row of its own


def config(folder: Path) -> Path:
    path = folder / "bench.toml"
    path.write_text(CONFIG)
    return path


def board(folder: Path, shots: int) -> Path:
    """So many shots as Parquet, every prompt another, with a column that is only carried along."""
    path, numbers = folder / f"{shots}.parquet", range(shots)
    words = "a tall woman in a yellow raincoat walks along the pier at dawn, slow push in"
    columns = {
        "shot_id": [f"sh{n:06d}" for n in numbers],
        "scene": [f"scene {n // 40}" for n in numbers],
        "prompt": [f"Shot {n}: {words}" for n in numbers],
        "negative_prompt": ["text, watermark" if n % 5 == 0 else "" for n in numbers],
        "duration": [(4, 8, 12)[n % 3] for n in numbers],
        "seed": [n % 1000 for n in numbers],
        "note": [f"note {n}" for n in numbers],
    }
    pq.write_table(pa.table(columns), path)
    return path


async def finish(folder: Path, shots: int) -> tuple[Path, Path]:
    """A board, and a target whose ledger and clips say that all of it was bought; no manifest yet."""
    path, target = board(folder, shots), folder / f"done{shots}"
    target.mkdir()
    os.environ.setdefault("PIXAZO_API_KEY", "none")  # a plan asks only whether there is one
    store = Store(f"memory://{folder.name}/{shots}")
    ledger = Ledger(store, "earlier")
    async with start_session(RunRequest(str(path), str(target), str(config(folder)))) as made:
        await made.check(fetch=False)
        for plan in made.plan.shots:
            shot, offer = plan.shot, plan.offers[0]
            order = Order(shot, Route(offer.route.model), offer.seconds, offer.size, shot.prompt)
            attempt = ledger.intent(LedgerKey(plan.key, plan.fingerprint, plan.parts), order, offer.quote)
            attempt = ledger.accepted(attempt, Job(f"job-{shot.shot_id}", Request("GET", f"/{shot.shot_id}")))
            name = f"clips/{shot.shot_id}-{plan.key[:8]}.mp4"
            made = (offer.size.width, offer.size.height, 24.0, float(offer.seconds))  # all as it was ordered
            poster = f"posters/{shot.shot_id}.jpg"
            clip = Clip(name, f"{shot.row:064d}", len(good()), *made, poster, audio=False, container="mp4")
            ledger.settled(attempt, Settlement("clip", charged=offer.quote, basis="price_list", clip=clip))
            write(target / name, good())
            write(target / clip.poster, plain((9, 9, 9)))
        spill(store, target)
    return path, target


def write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def take_reel_as_made(target: Path, folder: Path) -> None:
    """A small file that says of itself that it is the rough cut of what the target's tables show."""
    publisher, path = ViewPublisher(Store(str(target)), folder, Progress()), target / "reel.mp4"
    write(path, good())
    seal(path, publisher.shown(publisher.cut(publisher.tables())))


def spill(store: Store, target: Path) -> None:
    """What was written to memory, where a flush to the disk costs nothing, onto the disk."""
    for name, data in store.read_many(store.names("ledger")).items():
        write(target / name, data)


def copies(clip: Path, folder: Path, count: int) -> list[Path]:
    """So many clips of one make."""
    folder.mkdir()
    return [Path(shutil.copy(clip, folder / f"{n:04d}.mp4")) for n in range(count)]
