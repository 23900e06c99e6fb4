"""Opens a video without decoding any of it."""

from typing import Any, BinaryIO

import av
from av.container import InputContainer

_INDEXED = ("mp4", "mov")  # whose index says what is in them
#: Of the first stream. While it opens a file ffmpeg decodes its first pictures, to guess what the index says too: 24 ms
#: of a clip of 2 MB, against 2. What then lacks is the format of H.264's pixels, which the first picture has.
_UNSEEN: list[Any] = [{"skip_frame": "all"}]


def open_media(file: str | BinaryIO, demuxer: str) -> InputContainer:
    """The open container of a file, or of a file URL, read by this demuxer.

    Raises one of ``av.FFmpegError``, ``OSError``, ``ValueError`` when it cannot be read.
    """
    if demuxer not in _INDEXED:
        return av.open(file, "r", format=demuxer)
    container = av.open(file, "r", format=demuxer, stream_options=_UNSEEN)
    if not container.streams or container.streams[0].type == "video":
        return container
    container.close()  # of sound more is known when some was decoded
    if not isinstance(file, str):
        file.seek(0)
    return av.open(file, "r", format=demuxer)
