"""Our timelines in programs for editing: what OpenTimelineIO's adapters make of them for MLT and for Kdenlive is played
by melt, each picture told by its grey, and FCPXML is compared with Apple's definition.

Run by `make others`, with the interpreter that has the adapters. The pictures are those of the conversion that
``docs/editors.md`` shows; of the timeline as it is the length is looked at. melt is used where it is installed; the
definition is not ours to hand on: name its file in the variable ``FCPXML_DTD``.
"""

import asyncio
import os
import re
import shutil
import subprocess
import tempfile
import xml.etree.ElementTree as ET
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
CONVERT = """import sys, opentimelineio as o
o.adapters.write_to_file(o.adapters.read_from_file(sys.argv[1]), sys.argv[2], adapter_name=sys.argv[3])"""
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
    wanted, failed = _wanted(shots, rate), _straight(python, folder, name)
    for file, ground in GROUNDS.items():
        words = [python, "-c", _conversion(), file]
        subprocess.run(words, cwd=folder, timeout=SECONDS, check=True, stdout=subprocess.DEVNULL)
        played = _played(folder / file, rate, sum(frames for _, frames in wanted + ground))
        failed += played not in (wanted + ground, None)
        print(f"{name}, {file}: {_told(played, wanted + ground)}")
    return failed + _invalid(python, folder, name)


def _straight(python: str, folder: Path, name: str) -> int:
    """How many of the adapters make a project of another length of the timeline as it is. What is shown of clips with
    a timecode is wrong then, as the page says."""
    shots, rate = BOARDS[name]
    wanted, failed = sum(one.frames_at(rate) for one in shots), 0
    for adapter, file, measure in (("mlt_xml", "film.mlt", _opened), ("kdenlive", "film.kdenlive", _laid)):
        words = [python, "-c", CONVERT, "timeline.otio", file, adapter]
        subprocess.run(words, cwd=folder, timeout=SECONDS, check=True, stdout=subprocess.DEVNULL)
        found = measure(folder / file)
        failed += found not in (wanted, None)
        print(f"{name}, {adapter}: {'melt is not installed' if found is None else f'{found} frames of {wanted}'}")
    return failed


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


def _opened(file: Path) -> int | None:
    """The frames that melt counts in a project; None where it is not installed."""
    if shutil.which("melt") is None:
        return None
    words = ["melt", file.name, "-consumer", "xml:out.xml"]
    subprocess.run(words, cwd=file.parent, timeout=SECONDS, check=True, capture_output=True)
    return int(ET.parse(file.parent / "out.xml").findall("tractor")[-1].get("out", "0")) + 1


def _laid(file: Path) -> int:
    """The frames that a project of Kdenlive has on its first track: its black ground is longer than any film."""
    root = ET.parse(file).getroot()
    profile = root.find("profile")
    assert profile is not None
    rate = Fraction(profile.get("frame_rate_num", "")) / Fraction(profile.get("frame_rate_den", ""))
    items = list(root.findall("playlist[@id='playlist0']/*"))
    return sum(_frames(one.get("length") or one.get("out") or "", rate) - _from(one, rate) for one in items)


def _from(item: ET.Element, rate: Fraction) -> int:
    """What to take from an item's end for its length: a blank has that itself, an entry ends with its last frame."""
    return 0 if item.get("length") else _frames(item.get("in", ""), rate) - 1


def _frames(clock: str, rate: Fraction) -> int:
    hours, minutes, seconds = clock.split(":")
    return round((int(hours) * 3600 + int(minutes) * 60 + Fraction(seconds)) * rate)


def _invalid(python: str, folder: Path, name: str) -> bool:
    definition = os.environ.get("FCPXML_DTD")
    if not definition:
        print(f"{name}, FCPXML: not compared, as FCPXML_DTD names no definition")
        return False
    words = [python, "-c", VALIDATE, str(folder / "timeline.fcpxml"), definition]
    done = subprocess.run(words, timeout=SECONDS, check=False, capture_output=True, text=True)
    print(f"{name}, FCPXML: {'valid' if not done.returncode else done.stderr}")
    return bool(done.returncode)
