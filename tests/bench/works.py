"""What is measured besides the command itself: pieces of the program, and what they are measured against.

Each prints the seconds that its work took; imports and reading are not in them.
"""

import asyncio
import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

PHOTOS = 60


def _timed(act: Callable[[], object]) -> None:
    since = time.perf_counter()
    act()
    print(json.dumps({"seconds": time.perf_counter() - since}))


def _each(folder: str, ending: str, act: Callable[[bytes], object]) -> None:
    """The act over so many photographs, on two threads."""
    photos = [path.read_bytes() for path in sorted(Path(folder).glob(f"*.{ending}"))]
    act(photos[0])
    with ThreadPoolExecutor(2) as pool:
        _timed(lambda: list(pool.map(act, (photos[n % len(photos)] for n in range(PHOTOS)))))


def frames(folder: str, ending: str) -> None:
    """Photographs to frames of 1280x720, as a run makes them."""
    from tasks.domain.shot import Size
    from tasks.media import images

    _each(folder, ending, lambda data: images.normalise(data, Size(1280, 720), "cover", max_pixels=10**8))


def vips(folder: str, ending: str) -> None:
    """The same by libvips, one thread a picture and two at a time, which is where it is quickest here."""
    os.environ["VIPS_CONCURRENCY"] = "1"
    import pyvips

    def one(data: bytes) -> object:
        small = pyvips.Image.thumbnail_buffer(data, 1280, height=720, crop="centre", size="both")
        return small.jpegsave_buffer(Q=92, keep="none", subsample_mode="off")

    _each(folder, ending, one)


def animatic(folder: str, photo: str, seconds: str) -> None:
    """Two clips of a moving still, 1280x720, side by side."""
    from tasks.animatic import renderer as animatic
    from tasks.domain.model import Model, Route
    from tasks.domain.order import Order
    from tasks.domain.shot import Shot, Size
    from tasks.media import images

    size, length = Size(1280, 720), Decimal(seconds)
    still, *_ = images.normalise(Path(photo).read_bytes(), size, "cover", max_pixels=10**8)
    shot = Shot("bench", 2, "", "slow push in", "image_to_video", length, size, "cover")
    model = Model("animatic", "kenburns", ("image_to_video",), "built in", "2026-11-21", exact=True)
    order = Order(shot, Route(model), length, size, shot.prompt)
    with ThreadPoolExecutor(2) as pool:
        outs = [Path(folder) / f"{n}.mp4" for n in range(2)]
        _timed(lambda: list(pool.map(lambda out: animatic.render(order, out, frame=still), outs)))


def reel(folder: str) -> None:
    """All clips of a folder in one file, by the program."""
    from tasks.views.reel.parts import Part, local
    from tasks.views.reel.reel import join

    paths = sorted(Path(folder).glob("*.mp4"))
    parts = [Part(path.stem, Fraction(60), local(path)) for path in paths]
    _timed(lambda: join(parts, Path(folder).with_suffix(".ours.mp4")))


def concat(folder: str) -> None:
    """The same by the concat demuxer: that of the ffmpeg command where there is one, else through PyAV."""
    paths, out = sorted(Path(folder).glob("*.mp4")), Path(folder).with_suffix(".other.mp4")
    listed = Path(folder) / "list.txt"
    listed.write_text("".join(f"file '{path}'\n" for path in paths))
    if shutil.which("ffmpeg"):
        command = ["ffmpeg", "-v", "error", "-y", "-f", "concat", "-safe", "0", "-i", str(listed)]
        _timed(lambda: subprocess.run([*command, "-c", "copy", "-movflags", "+faststart", str(out)], check=True))
    else:
        _timed(lambda: _concat(listed, out))


def _concat(listed: Path, out: Path) -> None:
    import av

    with (
        av.open(str(listed), format="concat", options={"safe": "0"}) as source,
        av.open(str(out), "w", options={"movflags": "+faststart"}) as sink,
    ):
        stream = sink.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                sink.mux(packet)


def empty(shots: str, in_flight: str, seconds: str) -> None:
    """As many Prefect task runs as there are shots, each of which only waits: Prefect's own share."""
    from prefect import flow, task
    from prefect.client.schemas.objects import State
    from prefect.states import Completed

    @task(name="empty-shot", task_run_name="{shot_id}", retries=1, persist_result=False)
    async def shot(shot_id: str) -> State:
        await asyncio.sleep(float(seconds))
        return Completed(message="rendered")

    @flow(name="empty-storyboard", persist_result=False)
    async def storyboard() -> State:
        places = asyncio.Semaphore(int(in_flight))

        async def one(n: int) -> None:
            async with places:
                await shot(f"sh{n}", return_state=True)

        flights: list[asyncio.Task[None]] = []
        for n in range(int(shots)):
            flights.append(asyncio.create_task(one(n)))
            await asyncio.sleep(1 / (100 if n < int(in_flight) else 25))
        await asyncio.gather(*flights)
        return Completed(message="done")

    _timed(lambda: asyncio.run(storyboard()))


def table(path: str) -> None:
    """A large board as a short script reads it: into pandas, and once over its rows."""
    import pandas

    def read() -> Iterable[object]:
        return [row.prompt for row in pandas.read_parquet(path).itertuples()]

    _timed(read)


def ledger(folder: str, how: str, at_once: str, shots: str) -> None:
    """The three records of each shot at a folder of this machine, so many shots side by side; ``how`` is ``synced``, or
    ``unsynced`` for the same without a sync of any folder."""
    from tasks.storage.disk import Disk
    from tasks.storage.files import Files
    from tasks.storage.store import Store

    class Unsynced(Files):
        def sync_folder(self, path: Path) -> None:
            """Leave the names to the file system."""

    store = Store(folder)
    if how == "unsynced":
        assert isinstance(store.way, Disk)
        store.way.files = Unsynced()  # type: ignore[misc]  # of this store alone
    record = json.dumps({"a record": "x" * 900}).encode()

    def one(n: int) -> None:
        store.create(f"ledger/{n:016x}-1/1-intent.json", record)
        store.write(f"ledger/{n:016x}-1/1-accepted.json", record)
        store.write(f"ledger/{n:016x}-1/1-settled.json", record)

    with ThreadPoolExecutor(int(at_once)) as pool:
        _timed(lambda: list(pool.map(one, range(int(shots)))))


def looking(clip: str) -> None:
    """A look at a delivered clip, by the program."""
    from tasks.config import Limits
    from tasks.media.looks.look import Sent, look

    _timed(lambda: look(Path(clip), Sent(sound=True), Limits()))


def filters(clip: str) -> None:
    """The same by the filters of the ffmpeg command."""
    pictures, sound = "blackdetect,freezedetect,scdet", "silencedetect"
    command = ["ffmpeg", "-v", "error", "-nostats", "-i", clip, "-vf", pictures, "-af", sound, "-f", "null", "-"]
    _timed(lambda: subprocess.run(command, check=True))
