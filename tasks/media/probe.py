"""What a delivered video really is: its boxes, its size, its length, its picture. Nothing is believed unread."""

import errno
import re
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeVar

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from tasks.domain import machine
from tasks.domain.errors import MediaError
from tasks.media import containers, nal
from tasks.media.opening import open_media
from tasks.media.posters import jpeg_of

T = TypeVar("T")

MOST_BOXES = 10_000
HEADER_BYTES = 64_000_000  # of all boxes that are no media: they are read into memory
MOST_SAMPLES = 2_000_000  # that a header may count: each costs memory, whether it is there or not
MOST_EDITS = 1_000  # each repeats the samples that it covers
MOST_PIXELS = 4096 * 2304
LOOK_SECONDS = 120.0  # for one walk through a clip's packets or pictures
CODECS = frozenset(("h264", "hevc", "av1", "vp9", "vp8", "mpeg4", "mjpeg", "prores"))  # what few use, few have attacked
_COUNTERS = re.compile(rb"(stsz|stz2).{8}(.{4})|(trun|elst).{4}(.{4})|(cmov)", re.DOTALL)
_OLD = (b"moov", b"mdat", b"wide", b"free", b"skip")  # what a MOV may begin with
_PLAIN = (b"mdat", b"free", b"skip", b"ftyp")
AT_ONCE = threading.BoundedSemaphore(2)  # a decoder keeps up to sixteen pictures
POSTER_S = 1  # of pictures that are decoded for a poster: a clip of 20 s costs no more than one of 2
LATE_S = 0.5  # how far before the last packet's picture the last one decoded may stand


@dataclass(frozen=True, slots=True)
class Probe:
    """A video as it plays: size in pixels after rotation, frames a second, length in seconds, any sound; the channels
    of that and its samples a second, 0 without any; the timecode of its first picture in the file."""

    width: int
    height: int
    fps: float
    seconds: float
    audio: bool
    channels: int = 0
    sound_rate: int = 0
    timecode: str = ""


@dataclass(frozen=True, slots=True)
class _Span:
    """What the packets of a video stream say: how many, the first and last picture's ticks, the last one's end.

    ``keys`` are the ticks of the pictures from which decoding can begin. ``plain``: each packet is built as it should
    be, so that there is no need to decode them all to know that they are there.
    """

    count: int
    first: int
    last: int
    end: int
    keys: tuple[int, ...]
    plain: bool

    def key(self, ticks: int) -> int:
        """Where decoding begins for the picture at these ticks."""
        return max((key for key in self.keys if key <= ticks), default=self.first)


def check_boxes(path: Path) -> str:
    """The container that a whole file is in (``containers.kind_of``), found without reading its media.

    The top-level boxes of an mp4 (ISO/IEC 14496-12, 4.2) must add up to the file's length, whatever its header claims.
    Raises ``MediaError`` when it is no whole mp4 (it begins with ``ftyp`` and holds ``moov`` and ``mdat``), or its
    header counts more than a clip can have, which would cost the demuxer gigabytes.
    """
    try:
        with path.open("rb") as file:
            container = containers.check(file, length := path.stat().st_size)
            if container in containers.OTHERS:
                return container
            found = list(_boxes(file, length))
            kinds = {kind for kind, _, _ in found}
            _check_counts(file, [(at, size) for kind, at, size in found if kind not in _PLAIN])
    except OSError as error:
        machine.raise_lack(error)
        raise MediaError(f"the video cannot be read: {error.strerror or error}") from error
    if missing := {b"moov", b"mdat"} - kinds:
        raise MediaError(f"the mp4 is not whole: it has no {b' and no '.join(sorted(missing)).decode()} box")
    return container


def is_whole(path: Path) -> bool:
    """Whether a file is all of a container, whatever is in it: a web page or a part of a file is not."""
    try:
        with path.open("rb") as file:
            if containers.check(file, length := path.stat().st_size) in containers.OTHERS:
                return True
            return {kind for kind, _, _ in _boxes(file, length)} >= {b"moov", b"mdat"}
    except (MediaError, OSError):
        return False


def _check_counts(file: BinaryIO, headers: list[tuple[int, int]]) -> None:
    """Every counter in the boxes that are no media, wherever they are nested."""
    if sum(size for _, size in headers) > HEADER_BYTES:
        raise MediaError(f"the mp4 has headers of more than {HEADER_BYTES:,} bytes")
    samples, edits = 0, 0
    for at, size in headers:
        file.seek(at)
        for box in _COUNTERS.finditer(file.read(size)):
            if box[5]:
                raise MediaError("the mp4 has a compressed header, which is not read")
            count = int.from_bytes(box[2] or box[4], "big")
            samples, edits = (samples, edits + count) if box[3] == b"elst" else (samples + count, edits)
    if samples > MOST_SAMPLES or edits > MOST_EDITS:
        raise MediaError(f"the mp4 lies: its header counts {samples:,} samples and {edits:,} edits")


def probe(path: Path) -> Probe:
    """Size, rate and length of a whole mp4, measured on its video stream: the length from the packets' times.

    Every packet is read, and a picture decoded; all of them up to the last, where the packets are of a kind that cannot
    be taken apart, or are not as they should be. Raises ``MediaError``, with the reason, when anything is broken.
    """
    return examine(path)[0]


def poster(path: Path) -> bytes:
    """A JPEG of the clip's middle, upright, at most 640 pixels wide.

    Where the middle cannot be had without decoding more than a second of pictures, the poster is of that second's end.
    Raises ``MediaError`` when anything is broken.
    """
    return examine(path)[1]


def examine(path: Path) -> tuple[Probe, bytes]:
    """What `probe` and `poster` give, in one pass: decoding is slow. Raises ``MediaError`` when anything is broken."""
    demuxer = containers.DEMUXERS.get(check_boxes(path), "mp4")
    with AT_ONCE, open_clip(path, demuxer) as (container, stream):
        span = span_of(container, stream)
        shown, *last = pictures_at(
            container, stream, span, [_shown(span, stream), *(() if span.plain else (span.last,))]
        )
        if last and _seconds(span.last - (last[0].pts or 0), stream) > LATE_S:
            raise MediaError("the video is damaged: its last pictures do not decode")
        seconds = _seconds(span.end - span.first, stream)
        wide, high = (shown.height, shown.width) if shown.rotation % 180 else (shown.width, shown.height)
        fps = float(stream.average_rate or 0) or span.count / seconds
        heard = bool(container.streams.audio)
        return Probe(wide, high, fps, seconds, heard, *tracks_of(container)), jpeg_of(shown)


def tracks_of(container: InputContainer) -> tuple[int, int, str]:
    """Channels of sound, samples a second, and the timecode, of its own track or of the pictures'; 0 and empty where
    there is none."""
    heard = container.streams.audio[0].codec_context if container.streams.audio else None
    named = (container.metadata, *(stream.metadata for stream in container.streams))
    timecode = next((found["timecode"] for found in named if found.get("timecode")), "")
    return (heard.channels, heard.sample_rate, timecode) if heard else (0, 0, timecode)


def _shown(span: _Span, stream: VideoStream) -> int:
    """The ticks of the poster: the middle's, or a second behind where its decoding begins."""
    middle = (span.first + span.end) // 2
    return min(middle, span.key(middle) + round(POSTER_S / (stream.time_base or 1)))


def _boxes(file: BinaryIO, length: int) -> Iterator[tuple[bytes, int, int]]:
    """Type, offset and size of each top-level box."""
    at = 0
    if length == 0:
        raise MediaError("the file is empty")
    for _ in range(MOST_BOXES):
        if at == length:
            return
        kind, size = _box(file, at, length)
        yield kind, at, size
        at += size
    raise MediaError(f"the mp4 has more than {MOST_BOXES} top-level boxes")


def _box(file: BinaryIO, at: int, length: int) -> tuple[bytes, int]:
    """Type and size in bytes of the box at an offset: size 0 runs to the end, size 1 stands in 64 bits."""
    file.seek(at)
    head = file.read(16)
    kind, size, left = head[4:8], int.from_bytes(head[:4], "big"), length - at
    if at == 0 and kind != b"ftyp" and kind not in _OLD:
        raise MediaError(f"this is no mp4: it begins with {head!r}")
    if not (len(kind) == 4 and kind.isascii() and kind.decode().isprintable()):
        raise MediaError(f"the mp4 is damaged: the last {left} bytes are no part of it")
    least = 16 if size == 1 else 8
    size = {0: left, 1: int.from_bytes(head[8:16], "big")}.get(size, size)
    if not least <= size <= left:
        raise MediaError(f"the mp4 is cut off: its {kind.decode()} box has {size} bytes, the file only {left}")
    return kind, size


@contextmanager
def open_clip(path: Path, demuxer: str = "mp4") -> Iterator[tuple[InputContainer, VideoStream]]:
    """The container and its video stream. Raises ``MediaError`` when ffmpeg says anything against them."""
    try:
        # a file object and a fixed format: ffmpeg neither reads the name as a protocol nor guesses a playlist
        with path.open("rb") as file, open_media(file, demuxer) as container:
            if not container.streams.video:
                raise MediaError("the mp4 holds no video")
            stream = container.streams.video[0]
            if stream.codec_context is None:
                raise MediaError("the mp4 holds video of no kind that ffmpeg knows")
            _check_stream(stream)
            stream.codec_context.thread_count = 1  # clips are looked at side by side as it is
            yield container, stream
    except (av.FFmpegError, OSError, ValueError, MemoryError) as error:
        raise_lack(error)
        raise MediaError(f"the video cannot be decoded: {error}") from error


def raise_lack(error: BaseException) -> None:
    """As `machine.raise_lack`, but for ffmpeg's own EIO, which means a damaged file and not a disk."""
    if not (isinstance(error, av.FFmpegError) and error.errno == errno.EIO):
        machine.raise_lack(error)


def _check_stream(stream: VideoStream) -> None:
    """Codec and size before a picture is decoded; the decoder keeps to the size too, where the header lies."""
    codec = stream.codec_context
    named = codec.codec.canonical_name if codec is not None and codec.codec is not None else "of no known kind"
    if named not in CODECS:
        raise MediaError(f"the video is {named}, which is not decoded; use H.264")
    if codec.width * codec.height > MOST_PIXELS:
        raise MediaError(f"the video is {codec.width}x{codec.height}; at most {MOST_PIXELS:,} pixels are decoded")
    codec.options = {**codec.options, "max_pixels": str(MOST_PIXELS)}


def _timely(items: Iterable[T]) -> Iterator[T]:
    """The items while there is time: a file can be small and its pictures without number."""
    until = time.monotonic() + LOOK_SECONDS
    for item in items:
        if time.monotonic() > until:
            raise MediaError(f"the video takes more than {LOOK_SECONDS:.0f} s to read")
        yield item


def _seconds(ticks: int, stream: VideoStream) -> float:
    return float(ticks * stream.time_base) if stream.time_base else 0.0


def span_of(container: InputContainer, stream: VideoStream) -> _Span:
    """The times of the stream, from every packet: the headers may claim what is not there.

    The end is that of the picture that is shown last, which need not be the one that comes last; it lasts as long as
    the one that does. The others' written lengths are the time to the next packet and not to the next picture, once
    these come in another order. Raises ``MediaError`` when there is no whole picture in them, or reading them takes too
    long.
    """
    starts, keys, lasts, plain = list[int](), list[int](), 0, True
    codec = stream.codec_context
    taken = nal.reading(codec.codec.canonical_name, codec.extradata or b"")
    for packet in _timely(container.demux(stream)):
        if packet.is_corrupt:
            raise MediaError("the video is cut off: its last packets are not whole")
        if packet.pts is not None and not packet.is_discard:
            starts.append(packet.pts)
            keys += [packet.pts] if packet.is_keyframe else []
            lasts = packet.duration or 0
            plain = plain and taken is not None and taken.is_plain(memoryview(packet))
    if not lasts and stream.average_rate and stream.time_base:
        lasts = max(round(1 / (stream.average_rate * stream.time_base)), 1)  # it is not written
    if not starts or lasts <= 0:
        raise MediaError("the video stream holds no picture")
    return _Span(len(starts), min(starts), max(starts), max(starts) + lasts, tuple(keys), plain)


def pictures_at(
    container: InputContainer, stream: VideoStream, span: _Span, moments: Sequence[int]
) -> list[av.VideoFrame]:
    """The pictures seen at these times, in rising ticks of the stream. Each is decoded onward from the one before, but
    where decoding can begin between them. Raises ``MediaError`` when one cannot be decoded."""
    found: list[av.VideoFrame] = []
    coming: Iterator[av.VideoFrame] = iter(())
    shown = ahead = None
    for ticks in moments:
        if not found or span.key(ticks) > (found[-1].pts or 0):
            container.seek(ticks, stream=stream)
            coming, shown, ahead = iter(_timely(container.decode(stream))), None, None
        while ahead is None or shown is None or ahead.pts is None or ahead.pts <= ticks:
            shown = ahead or shown
            ahead = next(coming, None)
            if ahead is None:
                break
        if shown is None:
            raise MediaError("the video has no picture that decodes")
        found.append(shown)
    return found
