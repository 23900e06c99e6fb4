"""The bytes of a shot list read into a storyboard, or every fault in it."""

from tasks.storyboard.carried import changed, sentence
from tasks.storyboard.missing_files import cause, shared
from tasks.storyboard.reader import read
from tasks.storyboard.source import (
    HERE,
    MOST_CAUSES,
    _beside,
    board_bytes,
    check_ids,
    display_url,
    parsed,
    sound_rows,
    strays,
)

__all__ = [
    "HERE",
    "MOST_CAUSES",
    "_beside",
    "board_bytes",
    "cause",
    "changed",
    "check_ids",
    "display_url",
    "parsed",
    "read",
    "sentence",
    "shared",
    "sound_rows",
    "strays",
]
