"""The small picture of a clip that tables and pages show."""

import io
import threading

import av
import numpy as np
from av.video.reformatter import Interpolation, VideoReformatter
from PIL import Image

POSTER_WIDTH, POSTER_QUALITY = 640, 85


class _Scaler(threading.local):
    """A thread's own: to make one anew takes longer than to make a picture small."""

    def __init__(self) -> None:
        self.scaler = VideoReformatter()


_OWN = _Scaler()


def jpeg_of(frame: av.VideoFrame) -> bytes:
    """The picture as a poster: made small by ffmpeg, which is quicker at it than anything after."""
    wide = frame.height if frame.rotation % 180 else frame.width
    share = min(1.0, POSTER_WIDTH / wide)
    width, height = (max(round(side * share), 1) for side in (frame.width, frame.height))
    small = _OWN.scaler.reformat(frame, width, height, "rgb24", interpolation=Interpolation.AREA)
    image = Image.fromarray(np.asarray(small.to_ndarray(), np.uint8))
    image = image.rotate(frame.rotation, expand=True) if frame.rotation else image
    jpeg = io.BytesIO()
    image.save(jpeg, "JPEG", quality=POSTER_QUALITY)
    return jpeg.getvalue()
