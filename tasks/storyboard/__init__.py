"""The bytes of a shot list read into a storyboard, or every fault in it."""

from tasks.storyboard.assignment import changed, sentence
from tasks.storyboard.formats import ENDINGS, without_ours
from tasks.storyboard.missing_files import cause, is_page, shared
from tasks.storyboard.opening import fill_board
from tasks.storyboard.reader import read
from tasks.storyboard.source import (
    HERE,
    MOST_CAUSES,
    _beside,
    board_bytes,
    board_place,
    check_ids,
    display_url,
    nearest_id,
    parsed,
    sound_rows,
    strays,
)

__all__ = [
    "ENDINGS",
    "HERE",
    "MOST_CAUSES",
    "_beside",
    "board_bytes",
    "board_place",
    "cause",
    "changed",
    "check_ids",
    "display_url",
    "fill_board",
    "is_page",
    "nearest_id",
    "parsed",
    "read",
    "sentence",
    "shared",
    "sound_rows",
    "strays",
    "without_ours",
]
