"""Cuts of other editors, read by OpenTimelineIO, which the extra ``timeline`` installs.

Edit decision lists (.edl, CMX 3600) and projects of Final Cut Pro (.fcpxml): names or markers of clips are the prompts,
lengths are those of the cut.
"""

import importlib
import re
from dataclasses import replace
from typing import Any

from tasks.domain.errors import BoardError
from tasks.storyboard.formats import Board
from tasks.storyboard.formats.columns import Table
from tasks.storyboard.formats.otio import table_of_timeline
from tasks.storyboard.formats.text import decode

_TIME = re.compile(r"\b\d{1,2}:\d{2}:\d{2}[:;]\d{1,3}\b")
MOST = 8_000_000  # bytes: the adapters hold a file as objects, fifty times its size


def read(board: Board) -> Table:
    """The table of a cut; a list of edits counts at the rate of the config. Raises ``BoardError`` when it is none."""
    if b"<fcpxml" in board.data.replace(b"\0", b""):
        return _read(board.data, "fcpx_xml")
    return _read(board.data, "cmx_3600", rate=board.fps, ignore_timecode_mismatch=True)


def _read(data: bytes, adapter: str, **options: Any) -> Table:
    if len(data) > MOST:
        raise BoardError(f"this cut has {len(data):,} bytes; at most {MOST:,} are read, so split it")
    if b"<!ENTITY" in data.replace(b"\0", b""):
        raise BoardError("this cut declares entities, which are not followed; export it again")
    text = decode(data)
    try:
        otio = importlib.import_module("opentimelineio")
        found = otio.adapters.read_from_string(text, adapter_name=adapter, **options)
        written = otio.adapters.write_to_string(found, adapter_name="otio_json")
    except ImportError as error:
        told = f"cuts are read by OpenTimelineIO ({error}); install storyreel with its extra timeline"
        raise BoardError(told) from None
    except Exception as error:  # adapters trip over a file in more ways than they document
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise BoardError(f"this cut cannot be read ({reason}); export it again, or save it as .otio") from None
    table = table_of_timeline(written.encode())
    notes = _titles(text) if adapter == "fcpx_xml" else _mismatched(text, options["rate"])
    return replace(table, notes=(*table.notes, *notes))


def _titles(text: str) -> list[str]:
    """What is said of titles, which are no clips."""
    count = len(re.findall(r"<title[\s>]", text))
    return [f"{count} title{'s' if count > 1 else ''} of the cut: not read"] * (count > 0)


def _mismatched(text: str, fps: float) -> list[str]:
    """What is said of edits that are longer or shorter in the cut than in their source, at no other speed."""
    wrong = []
    for event in re.split(r"\n(?=\s*\d{3,6}\s)", text):
        places = [_frames(time, fps) for time in _TIME.findall(event.strip().partition("\n")[0])]
        if len(places) == 4 and places[1] - places[0] != places[3] - places[2] and "\nM2" not in event:
            wrong.append(event.split()[0])
    shown = ", ".join(wrong[:10]) + (", ..." if len(wrong) > 10 else "")
    return [f"edits last another time in the cut than in their source, which is what counts ({shown})"] * bool(wrong)


def _frames(time: str, fps: float) -> int:
    hours, minutes, seconds, frames = (int(part) for part in re.split(r"[:;]", time))
    return round(((hours * 60 + minutes) * 60 + seconds) * fps) + frames
