"""What a request wants of a file: all of it, or a range of its bytes. Pure."""

import re
from typing import NamedTuple

TYPES = {
    ".mp4": "video/mp4",
    ".m4v": "video/mp4",
    ".webm": "video/webm",
    ".mov": "video/quicktime",
    ".mkv": "video/x-matroska",
    ".ts": "video/mp2t",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".json": "application/json",
    ".csv": "text/csv; charset=utf-8",
    ".parquet": "application/vnd.apache.parquet",
}
OTHER = "application/octet-stream"
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


class Part(NamedTuple):
    """The bytes from ``start`` up to, and without, ``stop`` of ``size``; ``whole`` where no range was asked for."""

    start: int
    stop: int
    size: int
    whole: bool = True

    @property
    def header(self) -> str:
        """As ``Content-Range`` names it."""
        return f"bytes {self.start}-{self.stop - 1}/{self.size}"


def type_of(path: str) -> str:
    """The type of a file by its ending: one of few, whatever the file holds."""
    dot = path.rfind(".")
    return TYPES.get(path[dot:].lower(), OTHER) if dot > path.rfind("/") else OTHER


def part_of(asked: str, size: int) -> Part | None:
    """What a ``Range`` header asks for of so many bytes; None where it asks for what is not there.

    Several ranges at once, and what is no range of bytes, give the whole.
    """
    found = _RANGE.fullmatch(asked.replace(" ", ""))
    if found is None or not (found[1] or found[2]):
        return Part(0, size, size)
    if not found[1]:
        start, stop = max(size - int(found[2]), 0), size
        return Part(start, stop, size, False) if int(found[2]) and size else None
    start, last = int(found[1]), int(found[2] or size - 1)
    if found[2] and last < start:
        return Part(0, size, size)
    return Part(start, min(last + 1, size), size, False) if start < size else None
