"""Real files, and the signatures of their URLs: mp4s of the asked size and length, pictures for boards."""

import hashlib
import hmac
import io
import tempfile
import threading
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.container import OutputContainer
from numpy.typing import NDArray
from PIL import Image

from tests.sandbox.protocol import Job, Pixels

Planes = NDArray[np.uint8]

FPS = 8
FLAWS = ("black", "frozen", "strobing", "cut inside", "bars")
FORMATS = {"jpeg": "JPEG", "jpg": "JPEG", "png": "PNG", "webp": "WEBP"}
_LOCK = threading.Lock()


@dataclass(frozen=True, slots=True)
class Film:
    """How a clip is made: what is wrong in it (of `FLAWS`, or nothing), pictures a second, and whether it sounds."""

    flaw: str = ""
    rate: int = FPS
    sound: bool = False


def film_of(job: Job) -> Film:
    """How a job's clip is made, as its faults say."""
    words = job.film.split()
    rate = next((int(one) for one in words if one.isdecimal()), FPS)
    return Film(job.flaw, rate, sound="sound" in words)


def clip(
    size: Pixels, seconds: int, mark: str, film: Film | None = None, pictures: tuple[bytes, bytes] = (b"", b"")
) -> bytes:
    """An H.264 mp4 of exactly this size and length, under 100 kB without sound: something small moves over grey, or
    over the picture that was sent. ``mark`` stands in a last `free` box, so that every job's file has bytes of its own
    and tells whose it is."""
    with _LOCK:
        plain = _encode(size, seconds, film or Film(), pictures)
    text = mark.encode()
    return plain + (8 + len(text)).to_bytes(4, "big") + b"free" + text


@lru_cache(maxsize=64)
def _encode(size: Pixels, seconds: int, film: Film, pictures: tuple[bytes, bytes]) -> bytes:
    first, last = (_planes(one, size) for one in pictures)
    first = np.full((size[1] * 3 // 2, size[0]), 112, dtype=np.uint8) if first is None else first
    count = seconds * film.rate
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"  # faststart reads its own file again, which memory cannot do
        with av.open(str(path), "w", options={"movflags": "+faststart"}) as out:
            stream = out.add_stream("libx264", rate=film.rate, options={"preset": "ultrafast", "crf": "40"})
            stream.width, stream.height, stream.pix_fmt = size[0], size[1], "yuv420p"
            stream.codec_context.thread_count = 1
            track = out.add_stream("aac", rate=48_000, layout="mono") if film.sound else None
            for moment in range(count):
                drawn = first if last is None else first + (last.astype(np.int16) - first) * moment // max(count - 1, 1)
                frame = av.VideoFrame.from_ndarray(_drawn(drawn, size, moment, film), format="yuv420p")
                frame.pts = moment
                out.mux(stream.encode(frame))
            out.mux(stream.encode())
            if track is not None:
                _hum(out, track, seconds)
        return path.read_bytes()


def _hum(out: OutputContainer, track: Any, seconds: int) -> None:
    """A tone as long as the clip."""
    for at in range(seconds * 48_000 // 1024):
        waves = 0.2 * np.sin(np.arange(at * 1024, at * 1024 + 1024) * 2 * np.pi * 220 / 48_000)
        sound = av.AudioFrame.from_ndarray(waves[None].astype(np.float32), format="fltp", layout="mono")
        sound.sample_rate, sound.pts = 48_000, at * 1024
        out.mux(track.encode(sound))
    out.mux(track.encode())


def _drawn(picture: Planes, size: Pixels, moment: int, film: Film) -> Planes:
    """One picture: a light square goes along the lower edge of what is shown, unless there is a flaw."""
    shown = picture.astype(np.uint8)
    if film.flaw == "black":
        shown[: size[1]], shown[size[1] :] = 16, 128
    elif film.flaw != "frozen":
        side = max(min(size) // 8, 2)
        left = (moment * side * 2 // 3) % max(size[0] - side, 1)
        shown[size[1] - 2 * side : size[1] - side, left : left + side] = 200
    _spoil(shown[: size[1]], moment, film)
    return shown


def _spoil(light: Planes, moment: int, film: Film) -> None:
    """Put a flaw into the light of one picture: flashes four times a second, another scene in the second second, or
    bars above and below."""
    high, wide = light.shape
    if film.flaw == "strobing" and moment * 8 // film.rate % 2:
        light[:] = light // 2
    elif film.flaw == "cut inside":
        steps = np.linspace(40, 200, wide) if moment < film.rate else np.linspace(220, 60, high)[:, None]
        light[: high // 2] = np.broadcast_to(steps, light.shape)[: high // 2].astype(np.uint8)
    elif film.flaw == "bars":
        light[: high // 10], light[high - high // 10 :] = 16, 16


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
