"""The very last picture of a clip, from which another shot goes on."""

import hashlib
import io
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
from PIL import Image

from tasks.domain.errors import MediaError
from tasks.media import containers
from tasks.media import probe as video


class LastPicture(NamedTuple):
    """A picture as a PNG, and the sha256 of its pixels (RGB, row by row), which no library encoded."""

    png: bytes
    digest: str


def last_picture(path: Path) -> LastPicture:
    """The picture that is seen last, upright and in full size.

    Raises ``MediaError`` when the clip does not decode up to its end.
    """
    frame = _last_frame(path)
    pixels = np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
    upright = np.ascontiguousarray(np.rot90(pixels, round(frame.rotation / 90) % 4))
    file = io.BytesIO()
    Image.fromarray(upright).save(file, "PNG", compress_level=1)
    return LastPicture(file.getvalue(), hashlib.sha256(upright.tobytes()).hexdigest())


def _last_frame(path: Path) -> av.VideoFrame:
    demuxer = containers.DEMUXERS.get(video.check_boxes(path), "mp4")
    with video.AT_ONCE, video.open_clip(path, demuxer) as (container, stream):
        span = video.span_of(container, stream)
        (last,) = video.pictures_at(container, stream, span, [span.last])
        if last.pts != span.last:
            raise MediaError("the video is damaged: its last pictures do not decode")
        return last
