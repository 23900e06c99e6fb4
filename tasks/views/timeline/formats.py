"""The formats of the cut, by the ending of the file."""

from collections.abc import Sequence
from pathlib import Path

from tasks.views.timeline.cut import Cut, Row
from tasks.views.timeline.edl_file import write_edl
from tasks.views.timeline.fcp7_file import write_fcp7
from tasks.views.timeline.fcpxml_file import write_fcpxml
from tasks.views.timeline.otio_file import write_otio

WRITERS = {".edl": write_edl, ".fcpxml": write_fcpxml, ".xml": write_fcp7}


def write_timeline(cut: Cut, out: Path, *, name: str, takes: Sequence[Row] = ()) -> None:
    """Write the cut to the file ``out``, in the format that its ending names. ``takes`` are for the one that can hold
    them.

    Raises ``StartError`` when the extra ``timeline`` is needed and not installed, ``OSError`` when the file cannot be
    written whole.
    """
    if out.suffix == ".otio":
        write_otio(cut, out, name=name, takes=takes)
    else:
        out.write_bytes(WRITERS[out.suffix](cut, name=name))
