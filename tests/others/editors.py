"""Our timelines in programs for editing: what OpenTimelineIO's adapters make of them for MLT and for Kdenlive is played
by melt, each picture told by its grey, and FCPXML is compared with Apple's definition.

Run by `make others`, with the interpreter that has the adapters. The conversion is the one of ``docs/editors.md``. melt
is used where it is installed; the definition is not ours to hand on: name its file in the variable ``FCPXML_DTD``.
"""

import asyncio
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from fractions import Fraction
from itertools import groupby
from pathlib import Path

import av

from tasks.domain.progress import Progress
from tasks.domain.request import select_views
from tasks.views.publish import ViewPublisher
from tests.tasks.views.timeline.board import BOARDS, Made, grey_of, make_target

SECONDS = 300
PAGE = Path(__file__).parents[2] / "docs/editors.md"
SIZE = (64, 36)  # of the pictures that melt is asked for
Seen = list[tuple[int | None, int]]  # shots by their place, or None for black, each with its pictures
GROUNDS: dict[str, Seen] = {"film.mlt": [], "film.kdenlive": [(None, 1)]}  # Kdenlive's ground goes on behind the film
VALIDATE = """import sys
from lxml import etree
dtd = etree.DTD(open(sys.argv[2]))
sys.exit(0 if dtd.validate(etree.parse(sys.argv[1])) else str(dtd.error_log))"""


def main(python: str) -> int:
    """How many boards show another cut in a program, or are no FCPXML by its definition."""
    with tempfile.TemporaryDirectory() as folder:
        return sum(_failed(python, Path(folder) / str(number), name) for number, name in enumerate(BOARDS))


def _failed(python: str, folder: Path, name: str) -> int:
    shots, rate = BOARDS[name]
    store = make_target(folder, shots)
    views = select_views(("timeline", "fcpxml"))
    if problems := asyncio.run(ViewPublisher(store, folder, Progress()).make(views)):
        print(f"{name}: {problems}")
        return 1
    wanted, failed = _wanted(shots, rate), 0
    for file, ground in GROUNDS.items():
        words = [python, "-c", _conversion(), file]
        subprocess.run(words, cwd=folder, timeout=SECONDS, check=True, stdout=subprocess.DEVNULL)
        played = _played(folder / file, rate, sum(frames for _, frames in wanted + ground))
        failed += played not in (wanted + ground, None)
        print(f"{name}, {file}: {_told(played, wanted + ground)}")
    return failed + _invalid(python, folder, name)


def _conversion() -> str:
    """The program that the page shows."""
    [program] = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    return str(program)


def _wanted(shots: Sequence[Made], rate: Fraction) -> Seen:
    """Each shot by its place, None where it has no clip and black is shown, and for how many pictures."""
    seen = [number if one.frames else None for number, one in enumerate(shots) for _ in range(one.frames_at(rate))]
    return [(number, len(list(same))) for number, same in groupby(seen)]


def _played(file: Path, rate: Fraction, most: int) -> Seen | None:
    """What melt shows of a project, ``most`` pictures of it, as ``_wanted`` has it; None where it is not installed."""
    if shutil.which("melt") is None:
        return None
    wide, high = SIZE
    facts = ("vcodec=rawvideo", f"width={wide}", f"height={high}", "an=1", "real_time=-1")
    paced = (f"frame_rate_num={rate.numerator}", f"frame_rate_den={rate.denominator}")
    words = ["melt", file.name, f"out={most - 1}", "-consumer", "avformat:seen.avi", *facts, *paced]
    subprocess.run(words, cwd=file.parent, timeout=SECONDS, check=True, capture_output=True)
    with av.open(str(file.with_name("seen.avi"))) as film:
        greys = [int(frame.to_ndarray(format="rgb24")[high // 2, wide // 2, 0]) for frame in film.decode(video=0)]
    return [(number, len(list(same))) for number, same in groupby(map(_shot_of, greys))]


def _shot_of(grey: int) -> int | None:
    """The shot whose clip has about this grey; None for black."""
    number = round((grey - grey_of(0)) / (grey_of(1) - grey_of(0)))
    return number if number >= 0 else None


def _told(played: Seen | None, wanted: Seen) -> str:
    if played is None:
        return "melt is not installed"
    return "each shot its own, to the frame" if played == wanted else f"{played} instead of {wanted}"


def _invalid(python: str, folder: Path, name: str) -> bool:
    definition = os.environ.get("FCPXML_DTD")
    if not definition:
        print(f"{name}, FCPXML: not compared, as FCPXML_DTD names no definition")
        return False
    words = [python, "-c", VALIDATE, str(folder / "timeline.fcpxml"), definition]
    done = subprocess.run(words, timeout=SECONDS, check=False, capture_output=True, text=True)
    print(f"{name}, FCPXML: {'valid' if not done.returncode else done.stderr}")
    return bool(done.returncode)
