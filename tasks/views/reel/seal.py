"""What a rough cut shows, kept in its own file: a box at the end of the mp4, which players pass over."""

import contextlib
import hashlib
import json
import struct
from collections.abc import Iterable
from pathlib import Path
from uuid import UUID

from tasks.storage import Store, StoreError, file_size, read_part

KIND = UUID("6f6d1a5e-3c3b-4e0b-9a43-6d2c7a1f5be1").bytes  # names our box among those of others
BYTES = 8 + len(KIND) + hashlib.sha256().digest_size
HEAD = struct.pack(">I4s", BYTES, b"uuid") + KIND


def digest_of(shown: Iterable[object]) -> bytes:
    """What stands for the parts of a rough cut and their order; each is given as plain values."""
    return hashlib.sha256(json.dumps([1, *shown], default=str).encode()).digest()


def seal(path: Path, digest: bytes) -> None:
    """Write into a rough cut what it shows."""
    with path.open("ab") as file:
        file.write(HEAD + digest)


def unseal(path: Path) -> None:
    """Take it away again from the end of a rough cut."""
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size - BYTES)


def read_seal(store: Store, file: str) -> bytes:
    """What the rough cut at a target shows; nothing where there is none, or where nobody knows."""
    with contextlib.suppress(FileNotFoundError, StoreError):
        size = file_size(store, file)
        if size > BYTES and (tail := read_part(store, file, size - BYTES, size)).startswith(HEAD):
            return tail.removeprefix(HEAD)
    return b""
