"""Rows that need no server: plans, finished boards, frames, drawn clips, the reel."""

import asyncio
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from PIL import Image

from tests.bench import boards
from tests.bench.measure import Ran, run
from tests.bench.places import ROOT, without_settings
from tests.bench.rows import ROUNDS, Row, figures, in_turns, median
from tests.tasks.media.looks.corpus import detailed

STORYREEL = Path(sys.executable).with_name("storyreel")
SECONDS = 4  # of a drawn clip


def plan(folder: Path, shots: int = 100_000) -> Iterable[Row]:
    """The command over a large board, and until it first speaks over a small one."""
    board = boards.board(folder, shots)
    start = median([_start() for _ in range(ROUNDS)])
    ours, other = in_turns(
        lambda turn: run(folder, "storyreel", "plan", board), lambda turn: run(folder, "table", board)
    )
    wall, memory = median([one.wall for one in ours]) - start, median([one.memory for one in ours])
    reads = median([one.wall for one in other]) - start
    cpu = median([one.cpu for one in ours])
    told = f"{wall:.2f} s, {cpu:.2f} s CPU, {memory:.0f} MB"
    numbers = {**figures(ours, python_s=start), "pandas": figures(other)}
    met = wall < 3 and memory < 1000
    yield Row(f"plan: {shots} rows", told, f"{reads:.2f} s (pandas, reading only)", "< 3 s, < 1 GB", met, numbers)
    first = [_first_word() for _ in range(ROUNDS)]
    told, walls = f"{statistics.median(first):.2f} s to first output", [round(one, 2) for one in first]
    yield Row("plan: a small board", told, "", "< 1.0 s", statistics.median(first) < 1.0, {"walls_s": walls})


def _start() -> float:
    since = time.perf_counter()
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    return time.perf_counter() - since


def _first_word() -> float:
    since = time.perf_counter()
    words = [STORYREEL, "plan", ROOT / "data" / "lighthouse.csv"]
    with subprocess.Popen(words, env=without_settings(), stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.read(1)
        return time.perf_counter() - since


def no_op(folder: Path, shots: int, most: float) -> Iterable[Row]:
    """A finished board again. A run before the measured ones writes its tables; the rough cut is taken as made."""
    board, target = asyncio.run(boards.finish(folder, shots))
    words = ("render", board, "--to", target, "--config", boards.config(folder), "--quiet")
    env = {"PIXAZO_API_KEY": "none", "PREFECT_HOME": str(folder / "nowhere")}
    in_turns(lambda turn: run(folder, "storyreel", *words, "--no-reel", env=env), rounds=1)
    boards.take_reel_as_made(target, folder)
    [ours] = in_turns(lambda turn: run(folder, "storyreel", *words, "--json", env=env))
    kept = min(int(one.told["shots"]["reused"]) for one in ours)
    wall, cpu = median([one.wall for one in ours]), median([one.cpu for one in ours])
    told = f"{wall:.2f} s, {cpu:.2f} s CPU, {median([one.memory for one in ours]):.0f} MB"
    met = wall < most and kept == shots
    yield Row(f"no-op: {shots} finished shots", told, "", f"< {most:.0f} s", met, figures(ours, reused=kept))


def ledger(folder: Path, shots: int = 500, least: float = 250.0) -> Iterable[Row]:
    """Records written a second, against the same without syncs of folders. At the most 25 shots a second start, each
    writes five objects, and twice that is asked for."""
    for at_once in (1, 32):
        ours, other = in_turns(
            *(
                lambda turn, how=how, at_once=at_once: run(
                    folder, "ledger", folder / f"{how}-{at_once}-{turn}", how, at_once, shots
                )
                for how in ("synced", "unsynced")
            )
        )
        mine, theirs = (3 * shots / median([one.seconds for one in ran]) for ran in (ours, other))
        name, told = f"ledger: {at_once} at once", f"{mine:.0f} records a second ({mine / theirs:.2f}x)"
        numbers = {"a_second": mine, **figures(ours), "unsynced": figures(other, a_second=theirs)}
        bar, met = (
            ("", None) if at_once == 1 else (f">= {least:.0f} a second", mine >= least)
        )  # a run writes side by side
        yield Row(name, told, f"{theirs:.0f} (folders not synced)", bar, met, numbers)


def photographs(folder: Path, count: int = 3) -> Path:
    """Pictures of 12 megapixels with soft shapes, edges and grain, as JPEG and as PNG."""
    folder.mkdir()
    for number in range(count):
        random = np.random.default_rng(number)
        pixels = np.full((3000, 4000, 3), 120, np.float32)
        for side, height in ((8, 90), (40, 40), (200, 20), (1000, 10)):
            for band in range(3):
                coarse = Image.fromarray(random.normal(0, height, (side * 3 // 4, side)).astype(np.float32))
                pixels[..., band] += np.asarray(coarse.resize((4000, 3000), Image.Resampling.BICUBIC))
        pixels += random.normal(0, 2, (3000, 4000, 1)).astype(np.float32)
        photo = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
        photo.save(folder / f"{number}.jpg", quality=90)
        photo.save(folder / f"{number}.png")
    return folder


def frames(folder: Path, photos: Path) -> Iterable[Row]:
    """Sixty photographs of each kind, against libvips."""
    for ending, least in (("jpg", 1.0), ("png", 0.8)):

        def one(work: str, ending: str = ending) -> Ran:
            return run(folder, work, photos, ending)

        ours, other = in_turns(lambda turn, one=one: one("frames"), lambda turn, one=one: one("vips"))
        yield _ratio(f"frames: 60 of 12 MP, {ending}", ours, other, 60, "a second", "libvips", least)


def animatic(folder: Path, photo: Path) -> Row:
    """Two clips side by side, against the time that they last."""
    [ours] = in_turns(lambda turn: run(folder, "animatic", folder, photo, SECONDS))
    rate = 2 * SECONDS / median([one.seconds for one in ours])
    return Row("animatic: 1280x720 at 24", f"{rate:.2f}x real time", "", ">= 2x", rate >= 2, figures(ours))


def reel(folder: Path, count: int = 500) -> Row:
    """Clips of one make, copied into one file, against the concat demuxer; the clips are those of `animatic`."""
    clips = folder / "clips"
    boards.copies(folder / "0.mp4", clips, count)
    ours, other = in_turns(lambda turn: run(folder, "reel", clips), lambda turn: run(folder, "concat", clips))
    return _ratio(f"reel: {count} clips", ours, other, count, "clips a second", "concat demuxer", 1.0)


def looking(folder: Path) -> Row:
    """The most detailed clip of the corpus, against ffmpeg with its four filters that look for the same."""
    clip = detailed(folder / "detailed.mp4")
    ours, other = in_turns(lambda turn: run(folder, "looking", clip), lambda turn: run(folder, "filters", clip))
    return _ratio("look: 5 s of 720p24, 8 Mbit/s", ours, other, 1, "clips a second", "ffmpeg, four filters", 1.0)


def _ratio(name: str, ours: list[Ran], other: list[Ran], count: int, unit: str, rival: str, least: float) -> Row:
    mine, theirs = (median([one.seconds for one in ran]) for ran in (ours, other))
    ratio, numbers = theirs / mine, {"seconds": mine, **figures(ours), "other": figures(other, seconds=theirs)}
    cpu = median([one.cpu for one in other]) / median([one.cpu for one in ours])  # steadier on a busy machine
    said = f"{ratio:.2f}x, {count / mine:.1f} {unit} (by CPU {cpu:.2f}x)"
    return Row(name, said, f"{count / theirs:.1f} ({rival})", f">= {least}x", ratio >= least, numbers)
