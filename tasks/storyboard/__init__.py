"""The bytes of a shot list read into a storyboard, or every fault in it."""

from tasks.storyboard.reader import read
from tasks.storyboard.source import HERE, board_bytes, check_ids, display_url, parsed, sound_rows, strays

__all__ = ["HERE", "board_bytes", "check_ids", "display_url", "parsed", "read", "sound_rows", "strays"]
