"""Real files, and the signatures of their URLs: mp4s of the asked size and length, pictures for boards."""

import hashlib
import hmac
import io
import tempfile
import threading
from functools import lru_cache
from pathlib import Path

import av
import numpy as np
from PIL import Image

from tests.sandbox.protocol import Pixels

FPS = 8
FORMATS = {"jpeg": "JPEG", "jpg": "JPEG", "png": "PNG", "webp": "WEBP"}
_LOCK = threading.Lock()


def clip(size: Pixels, seconds: int, mark: str) -> bytes:
    """An H.264 mp4 of exactly this size and length, under 100 kB. ``mark`` stands in a last `free` box, so
    that every job's file has bytes of its own and tells whose it is."""
    with _LOCK:
        plain = _encode(size, seconds)
    text = mark.encode()
    return plain + (8 + len(text)).to_bytes(4, "big") + b"free" + text


@lru_cache(maxsize=64)
def _encode(size: Pixels, seconds: int) -> bytes:
    picture = np.full((size[1] * 3 // 2, size[0]), 112, dtype=np.uint8)
    frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"  # faststart reads its own file again, which memory cannot do
        with av.open(str(path), "w", options={"movflags": "+faststart"}) as out:
            stream = out.add_stream("libx264", rate=FPS, options={"preset": "ultrafast", "crf": "40"})
            stream.width, stream.height, stream.pix_fmt = size[0], size[1], "yuv420p"
            stream.codec_context.thread_count = 1
            for moment in range(seconds * FPS):
                frame.pts = moment
                out.mux(stream.encode(frame))
            out.mux(stream.encode())
        return path.read_bytes()


def signature(secret: bytes, token: str, turn: int, expires: float) -> str:
    """What makes a media URL this server's own."""
    text = f"{token}|{turn}|{expires}".encode()
    return hmac.new(secret, text, hashlib.sha256).hexdigest()[:32]


@lru_cache(maxsize=64)
def picture(name: str, size: Pixels) -> tuple[bytes, str]:
    """An image of this size with a colour of its own, and its media type by the name's ending."""
    kind = FORMATS.get(name.rpartition(".")[2].lower(), "JPEG")
    digest = hashlib.sha256(name.encode()).digest()
    ramp = Image.linear_gradient("L").resize(size)
    paper = Image.new("RGB", size, tuple(digest[:3]))
    paper.paste(tuple(digest[3:6]), mask=ramp)
    out = io.BytesIO()
    paper.save(out, kind)
    return out.getvalue(), f"image/{kind.lower()}"
