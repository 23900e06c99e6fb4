"""Cuts of other editors, read by OpenTimelineIO, which the extra ``timeline`` installs.

Edit decision lists (.edl, CMX 3600) and projects of Final Cut Pro (.fcpxml): names or markers of clips are the prompts,
lengths are those of the cut.
"""

import importlib
from typing import Any

from tasks.domain.errors import BoardError
from tasks.storyboard.formats import Board
from tasks.storyboard.formats.columns import Table
from tasks.storyboard.formats.otio import table_of_timeline
from tasks.storyboard.formats.text import decode

MOST = 8_000_000  # bytes: the adapters hold a file as objects, fifty times its size


def read(board: Board) -> Table:
    """The table of a cut; a list of edits counts at the rate of the config. Raises `BoardError` where it is none."""
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
    return table_of_timeline(written.encode())
