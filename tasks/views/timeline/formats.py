"""The formats of the cut, by the ending of the file."""

from collections.abc import Sequence
from pathlib import Path

from tasks.views.timeline.cut import Cut, Row
from tasks.views.timeline.edl_file import write_edl
from tasks.views.timeline.fcp7_file import write_fcp7
from tasks.views.timeline.fcpxml_file import write_fcpxml
from tasks.views.timeline.otio_file import write_otio

WRITERS = {".edl": write_edl, ".fcpxml": write_fcpxml, ".xml": write_fcp7}


def write_timeline(cut: Cut, file: str, *, name: str, takes: Sequence[Row] = ()) -> bytes:
    """The cut in the format that the file's ending names. ``takes`` are for the one that can hold them.

    Raises ``StartError`` when the extra ``timeline`` is needed and not installed.
    """
    if file.endswith(".otio"):
        return write_otio(cut, name=name, takes=takes)
    return WRITERS[Path(file).suffix](cut, name=name)
