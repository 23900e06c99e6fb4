"""Small real clips and pictures that tests of the video rooms are made of."""

import io
from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tasks.animatic.renderer import render
from tasks.domain.model import Model, Route
from tasks.domain.order import Order
from tasks.domain.shot import Mode, Shot, Size
from tests.processes import keep_priority

SMALL = Size(160, 90)
MODE: dict[str, Mode] = {"kenburns": "image_to_video", "card": "text_to_video", "caption": "remix"}


def order(name: str, prompt: str = "static", seconds: str = "0.5", size: Size = SMALL, **cells: Any) -> Order:
    length, mode = Decimal(seconds), MODE.get(name, "text_to_video")
    cells = {"shot_id": "sh010", "scene": "Harbour"} | cells
    shot = Shot(row=2, prompt=prompt, mode=mode, seconds=length, size=size, fit="cover", **cells)
    model = Model("animatic", name, (mode,), "built in", "2026-11-21", exact=True)
    return Order(shot, Route(model), length, size, prompt)


def png(pixels: Any) -> bytes:
    data = io.BytesIO()
    Image.fromarray(np.asarray(pixels, np.uint8)).save(data, "PNG")
    return data.getvalue()


def plain(colour: tuple[int, int, int], size: Size = SMALL) -> bytes:
    return png(np.full((size.height, size.width, 3), colour))


def dot(x: float, y: float, radius: float = 6, size: Size = SMALL) -> bytes:
    """A soft white dot on black, whose middle can be measured in fractions of pixels."""
    rows, columns = np.mgrid[0 : size.height, 0 : size.width]
    light = 255 * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * radius**2))
    return png(np.repeat(light[..., None], 3, axis=2))


def pictures(path: Path) -> list[NDArray[np.int16]]:
    """Every frame of a clip as RGB, as a player decodes it."""
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24").astype(np.int16) for frame in container.decode(video=0)]


@cache
def good() -> bytes:
    """A whole small clip: 160x90, 12 frames, half a second."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "good.mp4"
        render(order("card", "A lighthouse at dawn"), path)
        return path.read_bytes()


def _silence(count: int, layout: str = "mono") -> Iterator[av.AudioFrame]:
    channels = av.AudioLayout(layout).nb_channels
    for number in range(count):
        frame = av.AudioFrame.from_ndarray(np.zeros((channels, 1024), np.float32), format="fltp", layout=layout)
        frame.sample_rate, frame.pts = 48_000, number * 1024
        yield frame


def held(path: Path, ticks: Sequence[int], *, rate: int = 24, pictures_between: int = 1) -> Path:
    """A clip whose pictures come at these frames of a rate and no others, coded out of their order, each packet's
    length being the time to the next packet, as older writers of mp4 have it."""
    with av.open(str(path), "w", format="mp4") as out:
        picture: Any = out.add_stream("libx264", rate=rate, width=SMALL.width, height=SMALL.height)
        picture.pix_fmt, picture.codec_context.time_base = "yuv420p", Fraction(1, rate)
        picture.options = {"bf": str(pictures_between), "b-adapt": "0", "sc_threshold": "0", "threads": "1"}
        for tick in ticks:
            frame = av.VideoFrame.from_ndarray(np.full((SMALL.height, SMALL.width, 3), 2 * tick, np.uint8))
            frame.pts, frame.time_base = tick, Fraction(1, rate)
            out.mux(picture.encode(frame))
        out.mux(picture.encode())
    return path


@keep_priority()
def write(
    path: Path,
    *,
    colours: tuple[tuple[int, int, int], ...] = ((200, 40, 40),) * 12,
    size: Size = SMALL,
    rate: int = 24,
    video: bool = True,
    audio: bool = False,
    degrees: int = 0,
    movflags: str = "",
    still: Any = None,
    noise: bool = False,
    form: str = "mp4",
    codec: str = "libx264",
    one_key: bool = False,
) -> Path:
    """A clip of plain colours, or of one still, as another program would write it."""
    with av.open(str(path), "w", format=form, options={"movflags": movflags} if movflags else {}) as out:
        picture: Any = None
        if video:
            picture = out.add_stream(codec, rate=rate, width=size.width, height=size.height)
        sound = out.add_stream("aac", rate=48_000, layout="mono") if audio else None
        if picture:
            picture.pix_fmt = "yuv420p"
            picture.options = {"x265-params": "log-level=none"} if codec == "libx265" else {}
            if one_key:
                picture.options = {"sc_threshold": "0"}  # else a cut of scenes is a picture to begin from
            if degrees:
                picture.set_display_rotation(degrees)
            grain = np.random.default_rng(1)
            for colour in grain.integers(0, 255, (len(colours), size.height, size.width, 3)) if noise else colours:
                pixels = np.full((size.height, size.width, 3), colour) if still is None else still
                out.mux(picture.encode(av.VideoFrame.from_ndarray(np.asarray(pixels, np.uint8))))
            out.mux(picture.encode())
        if sound:
            for frame in _silence(24):
                out.mux(sound.encode(frame))
            out.mux(sound.encode())
    return path


def filmed(
    path: Path,
    *,
    rate: Fraction = Fraction(30_000, 1001),
    frames: int = 30,
    size: Size = SMALL,
    layout: str = "mono",
    timecode: str = "",
    grey: int = 0,
) -> Path:
    """A clip of one grey, as long as its frames, with sound of a layout or none, and a timecode track where it is
    given one."""
    with av.open(str(path), "w", format=path.suffix[1:]) as out:
        picture: Any = out.add_stream("libx264", rate=rate, width=size.width, height=size.height)
        picture.pix_fmt, picture.options = "yuv420p", {"preset": "veryfast", "threads": "1"}
        if timecode:
            picture.metadata["timecode"] = timecode
        sound: Any = out.add_stream("aac", rate=48_000, layout=layout) if layout else None
        still = av.VideoFrame.from_ndarray(np.full((size.height, size.width, 3), grey, np.uint8)).reformat(
            format="yuv420p"
        )
        for number in range(frames):
            still.pts = number
            out.mux(picture.encode(still))
        out.mux(picture.encode())
        for frame in _silence(int(frames / rate * 48_000 / 1024), layout) if sound else ():
            out.mux(sound.encode(frame))
        out.mux(sound.encode() if sound else [])
    return path
