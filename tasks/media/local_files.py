"""Files of this machine, read within limits: each fault in the words of whoever named the file."""

import base64
import hashlib
from collections.abc import Callable
from pathlib import Path

from tasks.domain.errors import MediaError

FRAME_BYTES = 3_500_000  # a data URI of it is below 5 MB, the smallest limit that a gateway documents
FILE_BYTES = 2_000_000_000  # the most of a local file, such as a long source clip


def data_uri(path: Path, read: Callable[[], bytes]) -> str:
    """What ``read`` gives as a data URI; empty where the file is larger than gateways take that way."""
    if path.stat().st_size > FRAME_BYTES:
        return ""
    return f"data:video/mp4;base64,{base64.b64encode(read()).decode()}"


def hash_file(path: Path) -> str:
    """The sha256 of the file, read up to `FILE_BYTES`: it may be a device without an end.

    Raises ``MediaError`` when it is longer, or cannot be read.
    """
    digest, left = hashlib.sha256(), FILE_BYTES
    try:
        with path.open("rb") as handle:
            while piece := handle.read(1 << 20):
                digest.update(piece)
                left -= len(piece)
                if left < 0:
                    raise MediaError(f"is more than {FILE_BYTES:,} bytes long: more than any file may be")
    except OSError as error:
        raise MediaError(f"cannot be read: {error.strerror}") from error
    return digest.hexdigest()


def read_file(path: Path, max_bytes: int) -> bytes:
    """The file's bytes. Its size is checked before and after: the kernel's files have size 0, and some never end.

    Raises ``MediaError`` when it has over ``max_bytes`` bytes, or cannot be read.
    """
    try:
        size = path.stat().st_size
        if size > max_bytes:
            raise MediaError(f"is {size} bytes long; at most {max_bytes} are read")
        with path.open("rb") as handle:
            data = handle.read(max_bytes + 1)
    except OSError as error:
        raise MediaError(f"cannot be read: {error.strerror}") from error
    if len(data) > max_bytes:
        raise MediaError(f"is more than the {max_bytes} bytes that are read")
    return data


def checked_path(path: Path) -> Path:
    """The path itself. Raises ``MediaError`` when it is no file that can be read."""
    try:
        folder, file = path.is_dir(), path.is_file()
    except OSError as error:  # a name that is too long, a folder that may not be entered
        raise MediaError(f"cannot be read: {error.strerror}") from error
    if folder:
        raise MediaError("is a folder, not a file")
    if not file:
        raise MediaError("is a device or a pipe, not a file" if path.exists() else "is not there")
    return path
