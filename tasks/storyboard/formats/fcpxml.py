"""Projects of Final Cut Pro (.fcpxml): names or markers of clips are the prompts, lengths are those of the cut."""

from tasks.storyboard.formats import Board
from tasks.storyboard.formats.columns import Table
from tasks.storyboard.formats.cuts import read_cut


def read(board: Board) -> Table:
    """The table of a project's first timeline. Raises `BoardError` where it cannot be read."""
    return read_cut(board.data, "fcpx_xml")
