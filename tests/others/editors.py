"""Our timelines in programs for editing: what OpenTimelineIO's adapters make of them for MLT is opened by melt and what
they make for Kdenlive is measured, and FCPXML is compared with Apple's definition.

Run by `make others`, with the interpreter that has the adapters. melt is used where it is installed; the definition is
not ours to hand on: name its file in the variable ``FCPXML_DTD``.
"""

import asyncio
import os
import shutil
import subprocess
import tempfile
import xml.etree.ElementTree as ET
from fractions import Fraction
from pathlib import Path

from tasks.domain.progress import Progress
from tasks.domain.request import select_views
from tasks.views.publish import ViewPublisher
from tests.tasks.views.timeline.board import BOARDS, make_target

SECONDS = 300
CONVERT = """import sys, opentimelineio as o
o.adapters.write_to_file(o.adapters.read_from_file(sys.argv[1]), sys.argv[2], adapter_name=sys.argv[3])"""
VALIDATE = """import sys
from lxml import etree
dtd = etree.DTD(open(sys.argv[2]))
sys.exit(0 if dtd.validate(etree.parse(sys.argv[1])) else str(dtd.error_log))"""


def main(python: str) -> int:
    """How many boards are another length in a program, or no FCPXML by its definition."""
    with tempfile.TemporaryDirectory() as folder:
        return sum(_failed(python, Path(folder) / str(number), name) for number, name in enumerate(BOARDS))


def _failed(python: str, folder: Path, name: str) -> int:
    shots, rate = BOARDS[name]
    store = make_target(folder, shots)
    views = select_views(("timeline", "fcpxml"))
    if problems := asyncio.run(ViewPublisher(store, folder, Progress()).make(views)):
        print(f"{name}: {problems}")
        return 1
    wanted, failed = sum(one.frames_at(rate) for one in shots), 0
    for adapter, file, measure in (("mlt_xml", "film.mlt", _played), ("kdenlive", "film.kdenlive", _laid)):
        words = [python, "-c", CONVERT, "timeline.otio", file, adapter]
        subprocess.run(words, cwd=folder, timeout=SECONDS, check=True, stdout=subprocess.DEVNULL)
        found = measure(folder / file)
        failed += found not in (wanted, None)
        print(f"{name}, {adapter}: {'melt is not installed' if found is None else f'{found} frames of {wanted}'}")
    return failed + _invalid(python, folder, name)


def _played(file: Path) -> int | None:
    """The frames that melt plays of a project; None where it is not installed."""
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
    return sum(_frames(one.get("length") or one.get("out", ""), rate) - _from(one, rate) for one in items)


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
