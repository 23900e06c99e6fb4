"""One file at an address, or what comes out of a pipe, read whole within limits of bytes and of time."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tasks.storage.store import Store, StoreError, split, within

SECONDS = 120.0  # for a file that a board points at


def read_url(url: str, options: Mapping[str, Any], max_bytes: int, seconds: float = SECONDS) -> bytes:
    """The bytes of a file at any fsspec URL or local path; ``options`` are those of ``[target] options``.

    Raises ``FileNotFoundError`` when there is no such file, ``StoreError`` when it has more than ``max_bytes`` or takes
    longer than so many ``seconds``.
    """
    folder, name = split(url)
    return within(seconds, lambda: Store(folder, options).read_at_most(name, max_bytes))


def read_pipe(path: str, max_bytes: int, seconds: float = SECONDS) -> bytes:
    """All that comes out of a pipe.

    Raises ``StoreError`` when it is more than ``max_bytes`` or takes longer than so many ``seconds``.
    """

    def act() -> bytes:
        with Path(path).expanduser().open("rb") as handle:
            return handle.read(max_bytes + 1)

    data = within(seconds, act)
    if len(data) > max_bytes:
        raise StoreError(f"it has more bytes than the {max_bytes} that are read")
    return data
