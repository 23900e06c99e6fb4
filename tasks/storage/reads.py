"""One file at an address, or what comes out of a pipe, read whole within limits of bytes and of time."""

import os
import time
from collections.abc import Mapping
from io import RawIOBase
from pathlib import Path
from typing import Any

from tasks.storage.store import Store, StoreError, split, within

SECONDS = 120.0  # for a file that a board points at
WRITER_SECONDS = 5.0  # for somebody to open a pipe to write: a shell does so at once
GLANCE = 0.02


def read_url(url: str, options: Mapping[str, Any], max_bytes: int, seconds: float = SECONDS) -> bytes:
    """The bytes of a file at any fsspec URL or local path; ``options`` are those of ``[target] options``.

    Raises ``FileNotFoundError`` when there is no such file, ``StoreError`` when it has more than ``max_bytes`` or takes
    longer than so many ``seconds``.
    """
    folder, name = split(url)
    return within(seconds, lambda: Store(folder, options).read_at_most(name, max_bytes))


def read_pipe(path: str, max_bytes: int, seconds: float = SECONDS, patience: float = WRITER_SECONDS) -> bytes:
    """All that comes out of a pipe.

    Raises ``StoreError`` when nobody has opened it to write within ``patience`` seconds, when it is more than
    ``max_bytes``, or when it takes longer than so many ``seconds``.
    """

    def act() -> bytes:
        pipe = os.open(Path(path).expanduser(), os.O_RDONLY | os.O_NONBLOCK)  # a blocking open waits for a writer
        with os.fdopen(pipe, "rb", buffering=0) as handle:
            first = _first_of(handle, patience)
            os.set_blocking(pipe, True)
            return first + _rest_of(handle, max_bytes + 1 - len(first))

    data = within(seconds, act)
    if len(data) > max_bytes:
        raise StoreError(f"it has more bytes than the {max_bytes} that are read")
    return data


def _first_of(handle: RawIOBase, patience: float) -> bytes:
    """The first bytes that a writer sends; no bytes where it sends none. Raises ``StoreError`` when no writer comes."""
    until = time.monotonic() + patience
    came = False
    while True:
        data = handle.read(1 << 16)
        if data or (came and data is not None):
            return data or b""
        came = came or data is None  # nothing yet, from one who is there
        if not came and time.monotonic() >= until:
            raise StoreError("nobody writes to it")
        time.sleep(GLANCE)


def _rest_of(handle: RawIOBase, most: int) -> bytes:
    pieces = []
    while most > 0 and (piece := handle.read(min(most, 1 << 20))):
        pieces.append(piece)
        most -= len(piece)
    return b"".join(pieces)
