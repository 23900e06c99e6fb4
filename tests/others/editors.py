"""Our timelines in programs for editing: melt plays what OpenTimelineIO's adapters make of them for MLT and Kdenlive,
and Apple's definition of FCPXML is compared.

Run by `make others`, with the interpreter that has the adapters. melt is used where it is installed; the definition is
not ours to hand on: name its file in the variable ``FCPXML_DTD``.
"""

import asyncio
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import av

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
ADAPTERS = {"mlt_xml": "timeline.mlt", "kdenlive": "timeline.kdenlive"}


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
    for adapter, file in ADAPTERS.items():
        subprocess.run(
            [python, "-c", CONVERT, "timeline.otio", file, adapter],
            cwd=folder,
            timeout=SECONDS,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        found = _played(folder, file) if shutil.which("melt") else wanted
        failed += found != wanted
        told = f"{found} frames of {wanted}" if shutil.which("melt") else "written; melt is not installed"
        print(f"{name}, {adapter}: {told}")
    return failed + _invalid(python, folder, name)


def _played(folder: Path, file: str) -> int:
    """The pictures that melt shows."""
    words = ["melt", file, "-consumer", "avformat:out.mp4", "vcodec=mpeg4", "an=1", "real_time=-1"]
    subprocess.run(words, cwd=folder, timeout=SECONDS, check=True, capture_output=True)
    with av.open(str(folder / "out.mp4")) as container:
        return sum(1 for _ in container.decode(video=0))


def _invalid(python: str, folder: Path, name: str) -> bool:
    definition = os.environ.get("FCPXML_DTD")
    if not definition:
        print(f"{name}, FCPXML: not compared, as FCPXML_DTD names no definition")
        return False
    words = [python, "-c", VALIDATE, str(folder / "timeline.fcpxml"), definition]
    done = subprocess.run(words, timeout=SECONDS, check=False, capture_output=True, text=True)
    print(f"{name}, FCPXML: {'valid' if not done.returncode else done.stderr}")
    return bool(done.returncode)
