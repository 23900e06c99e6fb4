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
from numpy.typing import NDArray
from PIL import Image

from tests.sandbox.protocol import Pixels

Planes = NDArray[np.uint8]

FPS = 8
FLAWS = ("black", "frozen")
FORMATS = {"jpeg": "JPEG", "jpg": "JPEG", "png": "PNG", "webp": "WEBP"}
_LOCK = threading.Lock()


def clip(size: Pixels, seconds: int, mark: str, flaw: str = "", pictures: tuple[bytes, bytes] = (b"", b"")) -> bytes:
    """An H.264 mp4 of exactly this size and length, under 100 kB: something small moves over grey, or over the picture
    that was sent. ``mark`` stands in a last `free` box, so that every job's file has bytes of its own and tells whose
    it is; ``flaw`` is one of `FLAWS`."""
    with _LOCK:
        plain = _encode(size, seconds, flaw, pictures)
    text = mark.encode()
    return plain + (8 + len(text)).to_bytes(4, "big") + b"free" + text


@lru_cache(maxsize=64)
def _encode(size: Pixels, seconds: int, flaw: str, pictures: tuple[bytes, bytes]) -> bytes:
    first, last = (_planes(one, size) for one in pictures)
    first = np.full((size[1] * 3 // 2, size[0]), 112, dtype=np.uint8) if first is None else first
    count = seconds * FPS
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"  # faststart reads its own file again, which memory cannot do
        with av.open(str(path), "w", options={"movflags": "+faststart"}) as out:
            stream = out.add_stream("libx264", rate=FPS, options={"preset": "ultrafast", "crf": "40"})
            stream.width, stream.height, stream.pix_fmt = size[0], size[1], "yuv420p"
            stream.codec_context.thread_count = 1
            for moment in range(count):
                drawn = first if last is None else first + (last.astype(np.int16) - first) * moment // max(count - 1, 1)
                frame = av.VideoFrame.from_ndarray(_drawn(drawn, size, moment, flaw), format="yuv420p")
                frame.pts = moment
                out.mux(stream.encode(frame))
            out.mux(stream.encode())
        return path.read_bytes()


def _drawn(picture: Planes, size: Pixels, moment: int, flaw: str) -> Planes:
    """One picture: a light square goes along the lower edge of what is shown, unless there is a flaw."""
    shown = picture.astype(np.uint8)
    if flaw == "black":
        shown[: size[1]], shown[size[1] :] = 16, 128
    elif flaw != "frozen":
        side = max(min(size) // 8, 2)
        left = (moment * side * 2 // 3) % max(size[0] - side, 1)
        shown[size[1] - 2 * side : size[1] - side, left : left + side] = 200
    return shown


def _planes(data: bytes, size: Pixels) -> Planes | None:
    """A picture over all of the clip, in 4:2:0; None where there is none."""
    if not data:
        return None
    with Image.open(io.BytesIO(data)) as image:
        pixels = np.asarray(image.convert("RGB").resize(size))
    return np.asarray(av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(format="yuv420p").to_ndarray())


def small(image: Image.Image) -> bytes:
    """A picture in small, as a JPEG: so much of it a clip shows."""
    out = io.BytesIO()
    image.convert("RGB").resize((160, 90)).save(out, "JPEG", quality=85)
    return out.getvalue()


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
