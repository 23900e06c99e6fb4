"""The built-in renderer, at no price: a still, a title card or a source clip -> a real H.264 mp4.

What is drawn depends on the order and its inputs alone, and the encoder runs on one thread with fixed
options: the same order gives the same bytes, and two orders keep two cores busy.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.container import InputContainer, OutputContainer
from av.video.reformatter import Colorspace
from PIL import Image, ImageOps

from tasks.animatic.camera import box_at, move_of, reach
from tasks.animatic.planes import Layer, Planes, Still
from tasks.animatic.strip import strip, view_of_both
from tasks.animatic.titles import caption, mark, title_card
from tasks.domain import machine
from tasks.domain.errors import MediaError
from tasks.domain.identity import number_text
from tasks.domain.order import Order
from tasks.domain.shot import Size

RATE = 24
LEAST_SIDE, MOST_SIDE = 16, 8192  # pixels: a macroblock; what H.264 decoders promise at most
PRESCALE = 1.25  # the still once, so that the closest view is still no enlargement
MOST_RATE = 240  # frames a second that a source clip is believed
BT709 = 1
X264 = {"preset": "superfast", "crf": "18", "g": "48"}
STATIC_X264 = X264 | {"crf": "14", "aq-mode": "3"}  # dark gradients show every saved bit, and cost few
MOV_STARTS = {b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"}


def render(order: Order, out: Path, *, frame: bytes | None = None, source: Path | None = None) -> None:
    """Write the order's clip to ``out``: mp4 with H.264, 24 frames a second, no sound, playable as it loads.

    ``kenburns`` moves over ``frame`` (else the order's own), ``card`` sets the prompt on a title card,
    ``caption`` plays ``source`` over a bar with the prompt. The size is the order's, an odd side one pixel
    less; the length its seconds to the nearest frame, at least one. After an error nothing is left at ``out``.
    Raises ``MediaError`` when an input is not usable or the clip cannot be written.
    """
    size, count = even_size(order.size), frame_count(order.seconds)
    name = order.route.model.name
    try:
        with _media_errors(f"animatic:{name}"):
            if name == "kenburns":
                still = frame or (order.frame.data if order.frame else b"")
                encode(out, size, kenburns(order, still, size, count), X264)
            elif name == "card":
                encode(out, size, card(order, size, count), STATIC_X264)
            elif name == "caption":
                encode(out, size, render_captioned(order, source, size, count), X264)
            else:
                raise MediaError("the built-in renderer has no such model: it has kenburns, card and caption")
    except BaseException:
        out.unlink(missing_ok=True)
        raise


def frame_count(seconds: Decimal) -> int:
    """Seconds -> frames, to the nearest one, at least one."""
    return max(round(seconds * RATE), 1)


def even_size(size: Size) -> Size:
    """The size with even sides, as 4:2:0 video needs them: an odd side loses a pixel.

    Raises ``MediaError`` when a side is too short or too long.
    """
    if not LEAST_SIDE <= min(size.width, size.height) <= max(size.width, size.height) <= MOST_SIDE:
        raise MediaError(f"a video of {size} cannot be made: each side has {LEAST_SIDE} to {MOST_SIDE} pixels")
    return Size(size.width // 2 * 2, size.height // 2 * 2)


@contextmanager
def _media_errors(what: str) -> Iterator[None]:
    try:
        yield
    except MediaError as error:
        raise MediaError(f"{what}: {error}") from error
    except (av.FFmpegError, OSError, MemoryError) as error:
        machine.raise_lack(error)
        raise MediaError(f"{what}: {error}") from error


def encode(out: Path, size: Size, pictures: Iterator[Planes], options: dict[str, str]) -> None:
    """Write pictures as an mp4 whose bytes depend on nothing but them and the options."""
    # absolute, so that ffmpeg takes no part of the name for a protocol
    with av.open(str(out.absolute()), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        stream = _stream(container, size, options)
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture.pixels, format="yuv420p")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def _stream(container: OutputContainer, size: Size, options: dict[str, str]) -> Any:
    stream = container.add_stream("libx264", rate=RATE, options=options)
    stream.width, stream.height, stream.pix_fmt = size.width, size.height, "yuv420p"
    context = stream.codec_context
    context.thread_count = 1
    context.colorspace = context.color_primaries = context.color_trc = context.color_range = BT709
    return stream


def kenburns(order: Order, still: bytes, size: Size, count: int) -> Iterator[Planes]:
    """A smooth move over a still, in ``count`` frames: the prompt's camera words choose it, else the seed, else its
    hash. Where the order ends on a picture it moves from the one to the other."""
    width, height = (2 * round(side * PRESCALE / 2) for side in (size.width, size.height))
    first, *last = (
        Still.of(ImageOps.fit(open_still(data), (width, height), Image.Resampling.LANCZOS))
        for data in (still, *([order.last_frame.data] if order.last_frame else []))
    )
    move = move_of(order.shot.prompt, order.shot.seed, goes_on=bool(order.shot.continues))
    layers = [Layer.of(mark(size)), *beside(order, size)]
    closest = reach(float(order.seconds))
    for number in range(count):
        share = number / max(count - 1, 1)
        if last:
            picture = view_of_both(first, last[0], share, size, closest)
        else:
            picture = first.crop(box_at(move, share, width, height, closest), size)
        for layer in layers:
            layer.lay(picture)
        yield picture


def beside(order: Order, size: Size) -> list[Layer]:
    """The layer with the pictures of what the order shows, where it has any."""
    if not order.references:
        return []
    return [Layer.of(strip([open_still(one.frame.data) for one in order.references], size))]


def open_still(still: bytes) -> Image.Image:
    """A still as RGB, transparent parts on black.

    Raises ``MediaError`` when the bytes are no picture.
    """
    if not still:
        raise MediaError("there is no still to move over")
    try:
        with Image.open(io.BytesIO(still), formats=["JPEG", "PNG", "WEBP"]) as image:
            if not image.has_transparency_data:
                return image.convert("RGB")
            black = Image.new("RGBA", image.size, "black")
            return Image.alpha_composite(black, image.convert("RGBA")).convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise MediaError(f"the still is no picture that can be read: {error}") from error


def card(order: Order, size: Size, count: int) -> Iterator[Planes]:
    """The title card in ``count`` frames; only its progress line is drawn anew for each."""
    drawn = title_card(order.shot, number_text(order.seconds), size)
    picture = Planes.of(drawn.picture)
    for layer in beside(order, size):
        layer.lay(picture)
    accent = Planes.of(Image.new("RGB", (2, 2), drawn.accent))
    left, top, right, bottom = (side // 2 for side in drawn.line)
    for number in range(count):
        end = left + round((right - left) * (number + 1) / count)
        picture.y[2 * top : 2 * bottom, 2 * left : 2 * end] = accent.y[0, 0]
        picture.u[top:bottom, left:end] = accent.u[0, 0]
        picture.v[top:bottom, left:end] = accent.v[0, 0]
        yield picture


def render_captioned(order: Order, source: Path | None, size: Size, count: int) -> Iterator[Planes]:
    """The source clip, whole inside the size and looped or cut to ``count`` frames, under the caption bar.

    Raises ``MediaError`` when there is no source clip, or no picture in it.
    """
    if source is None:
        raise MediaError("there is no source clip to caption")
    layers = Layer.of(caption(order.shot, size)), Layer.of(mark(size)), *beside(order, size)
    shown, picture = None, Planes.black(size)
    for frame in at_rate(source, count):
        if frame is not shown:
            shown, picture = frame, place_frame(frame, size)
            for layer in layers:
                layer.lay(picture)
        yield picture


def place_frame(frame: av.VideoFrame, size: Size) -> Planes:
    """The whole frame, upright, as large as the size allows, in its middle on black."""
    turns = round(frame.rotation / 90) % 4
    shape = (frame.width, frame.height) if turns % 2 == 0 else (frame.height, frame.width)
    scale = min(size.width / shape[0], size.height / shape[1])
    width, height = (max(2 * round(side * scale / 2), 2) for side in shape)
    lying = (width, height) if turns % 2 == 0 else (height, width)
    scaled = frame.reformat(*lying, format="yuv420p", dst_colorspace=Colorspace.ITU709)
    planes, picture = Planes.over(np.asarray(scaled.to_ndarray(), np.uint8)), Planes.black(size)
    left, top = (size.width - width) // 4, (size.height - height) // 4
    for part, target, step in ((planes.y, picture.y, 2), (planes.u, picture.u, 1), (planes.v, picture.v, 1)):
        upright = np.rot90(part, turns)
        rows, columns = upright.shape
        target[top * step : top * step + rows, left * step : left * step + columns] = upright
    return picture


def at_rate(source: Path, count: int) -> Iterator[av.VideoFrame]:
    """``count`` frames of a clip at 24 a second, repeated from its start.

    Raises ``MediaError`` when it has none.
    """
    with source.open("rb") as file:
        form = _format_of(file.read(12))
        file.seek(0)
        with av.open(file, "r", format=form) as container:
            coming = _looped(container)
            current = following = next(coming)
            for number in range(count):
                while following[0] <= number / RATE + 1e-6:
                    current, following = following, next(coming)
                yield current[1]


def _format_of(head: bytes) -> str:
    """The demuxer for a file's first bytes, never left to ffmpeg: it would open playlists and what they name."""
    if head[4:8] in MOV_STARTS:
        return "mp4"
    if head.startswith(b"\x1aE\xdf\xa3"):
        return "matroska"
    raise MediaError("the source clip is neither mp4 nor webm")


def _looped(container: InputContainer) -> Iterator[tuple[float, av.VideoFrame]]:
    """Times in seconds and frames, for ever; evenly spaced at the clip's mean rate."""
    if not container.streams.video:
        raise MediaError("the source clip holds no video")
    stream = container.streams.video[0]
    rate = min(float(stream.average_rate or RATE), MOST_RATE)
    played = 0
    while True:
        before = played
        for frame in container.decode(stream):
            yield played / rate, frame
            played += 1
        if played == before:
            raise MediaError("the source clip holds no frame")
        container.seek(0)
