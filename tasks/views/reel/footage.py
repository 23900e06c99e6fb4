"""What a clip is made of, as far as joining goes: read from its headers and packets, quicker than by decoding."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from tasks.animatic.renderer import MOST_RATE, RATE
from tasks.domain.errors import MediaError
from tasks.domain.result import Clip
from tasks.domain.shot import Size
from tasks.media.opening import open_media
from tasks.media.probe import check_boxes, tracks_of
from tasks.views.timeline.cut import meant

BROKEN = (MediaError, av.FFmpegError, OSError, ValueError, MemoryError)  # what a bad clip can end in
LONGEST_HEADER, MOST_HEADERS = 4096, 256  # bytes of one that is known again, and how many are kept
_FORMATS: dict[bytes, str] = {}
_TELLS = re.compile(rb"soun|tmcd|timecode")  # a handler of sound or of timecode, or timecode among the metadata
UPRIGHT = b"".join(n.to_bytes(4, "big") for n in (1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30))


@dataclass(frozen=True, slots=True)
class Make:
    """How a clip's pictures are coded: clips of one make can stand in one track. ``delay`` in ticks of ``base``."""

    header: bytes
    size: Size
    rate: Fraction
    base: Fraction
    shape: Fraction | None  # of a pixel
    delay: int  # from the first packet's decoding to its showing


@dataclass(frozen=True, slots=True)
class Look:
    """What a clip's file says: size upright, frames a second, seconds; its make, if it can be copied.

    ``sound`` is None without any, else what must be equal for its packets to be copied.
    """

    size: Size
    rate: Fraction
    seconds: Fraction
    make: Make | None
    sound: tuple[Any, ...] | None


class OpenClip(NamedTuple):
    """A clip that is open at its start, and what its file says."""

    look: Look
    container: InputContainer
    stream: VideoStream


def look(path: Path, longest: Fraction) -> Look:
    """What the headers and the packets of an mp4 say.

    ``longest`` are the seconds that are wanted of it: it is of no make where its packets cannot be cut there. Raises
    one of ``BROKEN`` when it is no whole mp4.
    """
    with look_and_open(path, longest) as clip:
        return clip.look


@contextmanager
def look_and_open(path: Path, longest: Fraction) -> Iterator[OpenClip]:
    """What `look` finds, and the clip still open, at its start.

    Raises one of ``BROKEN`` when it is no whole mp4.
    """
    check_boxes(path)
    upright = _is_upright(path)
    with open_clip(path) as (container, stream):
        size = Size(stream.width, stream.height) if upright else _turned(container, stream)
        plain = upright and _format(container, stream) == "yuv420p"
        rate = Fraction(stream.average_rate or RATE)
        rate = meant(float(rate)) if 1 <= rate <= MOST_RATE else Fraction(RATE)
        packets = _packets(container, stream)
        seconds = (packets.end - packets.first) * Fraction(stream.time_base or 0) or 1 / rate
        make = _make(packets, stream, size, rate) if plain and packets.may_end(_ticks(longest, stream)) else None
        found = Look(size, rate, seconds, make, _sound_of(container))
        container.seek(0)
        yield OpenClip(found, container, stream)


def listen(clip: Clip, path: Path) -> Clip:
    """The clip with the channels of its file's sound, and its timecode. Where the file's index names neither, it is not
    opened: that takes ten times as long. Raises one of ``BROKEN`` when it cannot be read."""
    check_boxes(path)
    if not _TELLS.search(_index(path)):
        return clip
    with open_clip(path) as (container, _):
        channels, rate, timecode = tracks_of(container)
        return replace(clip, channels=channels, sound_rate=rate, timecode=timecode)


@contextmanager
def open_clip(path: Path) -> Iterator[tuple[InputContainer, VideoStream]]:
    """An open clip and its video stream. The path is passed as a file URL, so that ffmpeg reads no protocol into it.

    Raises ``MediaError`` when it holds no video, one of ``BROKEN`` when it cannot be read.
    """
    with open_media(f"file:{path.absolute()}", "mp4") as container:
        if not container.streams.video:
            raise MediaError("the mp4 holds no video")
        yield container, container.streams.video[0]


@dataclass(frozen=True, slots=True)
class _Packets:
    """The times of a clip's packets as they come, in ticks: when each is decoded and shown, whether the first is a
    whole picture, and the end of the picture that is shown last."""

    shown: tuple[int, ...]
    decoded: int | None
    whole: bool
    end: int

    @property
    def first(self) -> int:
        return min(self.shown)

    def may_end(self, ticks: int) -> bool:
        """Whether all that is shown before these ticks comes before all that is shown later, so that it can be copied
        without the rest."""
        inside = [one - self.first < ticks for one in self.shown]
        return inside == sorted(inside, reverse=True)


def _packets(container: InputContainer, stream: VideoStream) -> _Packets:
    """The packets of the whole clip. Raises ``MediaError`` when there is none."""
    shown, decoded, whole, lasts = list[int](), None, False, 0
    for packet in container.demux(stream):
        if packet.pts is None:
            continue  # the empty packet after the last
        if not shown:
            decoded, whole = packet.dts, packet.is_keyframe and not packet.is_discard
        shown.append(packet.pts)
        lasts = packet.duration or 0
    if not shown:
        raise MediaError("the video holds no picture")
    container.seek(0)
    return _Packets(tuple(shown), decoded, whole, max(shown) + lasts)


def _ticks(seconds: Fraction, stream: VideoStream) -> int:
    return round(seconds / Fraction(stream.time_base or 1))


def _make(packets: _Packets, stream: VideoStream, size: Size, rate: Fraction) -> Make | None:
    """How the clip is coded, if it is H.264 that begins with a whole picture."""
    context, base = stream.codec_context, stream.time_base
    plain = context.name == "h264" and meant(float(stream.average_rate or 1)) == rate
    if not (plain and base and packets.whole) or packets.decoded is None:
        return None
    delay = packets.shown[0] - packets.decoded
    return Make(context.extradata or b"", size, rate, base, stream.sample_aspect_ratio, delay)


def _sound_of(container: InputContainer) -> tuple[Any, ...] | None:
    if not container.streams.audio:
        return None
    heard = container.streams.audio[0]
    return heard.codec_context.name, heard.profile, heard.sample_rate, heard.layout.name


def _turned(container: InputContainer, stream: VideoStream) -> Size:
    """The size of a picture that players turn."""
    frame = _first(container, stream)
    return Size(frame.height, frame.width) if frame.rotation % 180 else Size(frame.width, frame.height)


def _format(container: InputContainer, stream: VideoStream) -> str:
    """How the pixels of H.264 are kept, which a header says and only a decoder reads: once for each header."""
    header = bytes(stream.codec_context.extradata or b"")
    if stream.codec_context.name != "h264" or len(header) > LONGEST_HEADER:
        return ""
    if header not in _FORMATS:
        if len(_FORMATS) >= MOST_HEADERS:
            _FORMATS.clear()
        _FORMATS[header] = _first(container, stream).format.name
    return _FORMATS[header]


def _first(container: InputContainer, stream: VideoStream) -> av.VideoFrame:
    """The clip's first picture; the clip stands at its start again. Raises ``MediaError`` when it has none."""
    frame = next(container.decode(stream), None)
    if frame is None:
        raise MediaError("the video holds no picture")
    container.seek(0)
    return frame


def _is_upright(path: Path) -> bool:
    """Whether no track is turned: the matrix of each tkhd box (ISO/IEC 14496-12, 8.3.2)."""
    index = _index(path)
    starts = (found.end() for found in re.finditer(b"tkhd", index))
    return all(index[at + 40 + 12 * index[at] :][:36] == UPRIGHT for at in starts)


def _index(path: Path) -> bytes:
    """The moov box of a file whose boxes are whole."""
    with path.open("rb") as file:
        while head := file.read(16):
            size = int.from_bytes(head[:4], "big")
            size = int.from_bytes(head[8:16], "big") if size == 1 else size
            if head[4:8] == b"moov" or size == 0:
                return head + (file.read(size - 16) if size else file.read())
            file.seek(size - 16, 1)
    return b""
