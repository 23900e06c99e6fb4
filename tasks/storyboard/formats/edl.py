"""Edit decision lists (.edl, CMX 3600): the names of clips are the prompts, the record times the lengths."""

from tasks.storyboard.formats import Board
from tasks.storyboard.formats.columns import Table
from tasks.storyboard.formats.cuts import read_cut


def read(board: Board) -> Table:
    """The table of an edit decision list, at the rate of the config. Raises `BoardError` where it cannot be read."""
    return read_cut(board.data, "cmx_3600", rate=board.fps, ignore_timecode_mismatch=True)
