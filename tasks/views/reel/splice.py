"""Videos end to end in one mp4: pictures copied as they are or encoded, sound copied or encoded.

A track that copies clips of one make can hold encoded parts too: these bear parameter sets under an id of
their own, and the track's header lists both. So a few odd parts cost their own encoding and no more.
"""

from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from itertools import count
from pathlib import Path
from typing import Any, Literal

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from tasks.animatic.planes import Planes
from tasks.animatic.renderer import BT709, place_frame
from tasks.domain.errors import MediaError
from tasks.domain.shot import Size
from tasks.views.reel import avcc
from tasks.views.reel.footage import Make, open_clip
from tasks.views.reel.samples import SOUND_RATE, Samples, Spool, clip_samples, silence

THREADS = 2  # fixed, as another number gives other bytes
X264 = {"preset": "superfast", "crf": "20", "bf": "0"}  # without B pictures, whose order could not be spliced
X264_PARAMS = "annexb=0:stitchable=1"  # packets as mp4 holds them; the same header whatever is seen
GLOBAL_HEADER = 1 << 22  # AV_CODEC_FLAG_GLOBAL_HEADER
SOFT = Fraction(1, 1000)  # of a frame: by so much a picture's time may miss its place
LONG_AGO = -(2**62)

Sound = Literal["", "copied", "encoded"]


class Unwritable(Exception):
    """The file that is written is at fault, and none of the clips that go into it."""


def retime(path: Path, rate: Fraction, size: Size) -> Iterator[Planes]:
    """The clip's pictures at another rate (frames a second), fitted into another size; the last one is repeated without
    end.

    Raises ``MediaError`` when the clip holds no picture.
    """
    with open_clip(path) as (container, stream):
        frames = container.decode(stream)
        following = next(frames, None)
        if following is None:
            raise MediaError("the video holds no picture")
        start, base, picture = following.pts or 0, Fraction(stream.time_base or 1), Planes.black(size)
        for number in count():
            shown, due = None, (number + SOFT) / rate
            while following is not None and ((following.pts or 0) - start) * base <= due:
                shown, following = following, next(frames, None)
            picture = place_frame(shown, size) if shown is not None else picture
            yield picture


class Reel:
    """One mp4, written part after part; ``at`` is the second that it has reached.

    ``like`` is a clip of the ``make`` that will be copied, and ``alone`` says that nothing else will; without it
    all parts are encoded. ``sound`` is ``""``, ``"copied"`` (as in ``like``) or ``"encoded"``: then it is not in the
    file but in ``own``, to be mixed and coded when all of it is there.
    """

    def __init__(self, out: Path, size: Size, rate: Fraction, sound: Sound, own: Spool | None = None) -> None:
        self.own = own
        self.size, self.rate, self.sound = size, rate, sound
        self.base, self.delay, self.ticks, self.decoded = 1 / Fraction(rate.numerator), 0, 0, LONG_AGO
        self.x264 = X264 | {"g": str(2 * round(rate)), "x264-params": X264_PARAMS}
        self.samples, self.heard = 0, LONG_AGO
        self.out = av.open(f"file:{out.absolute()}", "w", format="mp4", options={"movflags": "+faststart"})
        self.video: Any = None
        self.audio: Any = None

    @property
    def at(self) -> Fraction:
        return self.ticks * self.base

    def begin(self) -> None:
        """Begin the file; every part will be encoded."""
        self.video = self.out.add_stream("libx264", rate=self.rate, options=dict(self.x264))
        _shape(self.video, self.video.codec_context, self.size)
        self._begin_sound(None)

    def begin_like(self, container: InputContainer, stream: VideoStream, make: Make, alone: bool) -> None:
        """Begin the file; parts of this clip's make will be copied, and nothing else comes if ``alone``."""
        self.base, self.delay = make.base, make.delay
        self.video = self.out.add_stream_from_template(stream)
        header = avcc.parse(make.header)
        if header and not alone:
            free = next(number for number in range(1, 32) if number not in header.ids)
            self.x264["x264-params"] += f":sps-id={free}"
            ours = avcc.parse(_h264(self.size, self.rate, self.x264).extradata or b"")
            self.video.codec_context.extradata = avcc.merge(header, ours).data if ours else make.header
        self._begin_sound(container)

    def close(self) -> None:
        """Write what is left, and close the file. Raises ``Unwritable`` when that fails."""
        try:
            self.out.close()
        except (av.FFmpegError, OSError) as error:
            raise Unwritable(str(error)) from error

    def drop(self) -> None:
        """Close a file that will not be finished."""
        with suppress(av.FFmpegError, OSError, ValueError):
            self.out.close()

    def copy(self, container: InputContainer, stream: VideoStream, seconds: Fraction) -> None:
        """Copy what the clip shows in its first ``seconds``, its last picture staying to their end. It may end there
        (``footage.look``). Raises ``MediaError`` or one of ``BROKEN`` when it cannot be read to its end."""
        first, ticks, length = None, self.ticks, round(seconds / self.base)
        for packet in container.demux(stream):
            if packet.pts is None or packet.dts is None:
                continue  # the empty packet after the last
            if packet.is_corrupt:
                raise MediaError("the video is cut off: its last packets are not whole")
            first = packet.pts if first is None else first
            place = packet.pts - first
            if place < length:
                packet.duration = min(packet.duration or 0, length - place)
                self._show(packet, place + ticks, packet.dts - first + ticks)
        self.ticks += length

    def encode(self, pictures: Iterator[Planes], frames: int) -> None:
        """Encode the first ``frames`` of the pictures, as a part that can be decoded on its own."""
        encoder, step, start = _h264(self.size, self.rate, self.x264), 1 / (self.rate * self.base), self.ticks
        for number in range(frames + 1):
            for packet in encoder.encode(_frame(next(pictures), number) if number < frames else None):
                place = packet.pts or 0
                packet.duration = round((place + 1) * step) - round(place * step)
                shown = start + round(place * step)
                self._show(packet, shown, shown - self.delay)
        self.ticks = start + round(frames * step)

    def copy_sound(self, path: Path, start: Fraction) -> None:
        """Copy the clip's sound, packet by packet, from ``start`` (seconds of the reel) to the end of the pictures."""
        with open_clip(path) as (container, _):
            for packet in container.demux(container.streams.audio[0]):
                if packet.pts is None or not packet.duration:
                    continue
                place = round(start / packet.time_base) + packet.pts
                if place < self.heard - packet.duration // 2:
                    continue  # most of it lies under the sound before
                place = max(place, self.heard)
                if place * packet.time_base >= self.at:
                    break
                packet.pts = packet.dts = place
                packet.stream = self.audio
                self.heard = place + packet.duration
                self._mux([packet])

    def encode_sound(self, path: Path | None) -> None:
        """Keep the clip's sound, or silence, as far as the pictures go.

        Raises one of ``BROKEN`` when it cannot be decoded.
        """
        goal = round(self.at * SOUND_RATE)
        try:
            for heard in clip_samples(path) if path else ():
                self._sing(heard[:, : goal - self.samples])
                if self.samples >= goal:
                    break
        finally:
            while self.samples < goal:
                self._sing(silence(min(goal - self.samples, SOUND_RATE)))

    def _begin_sound(self, like: InputContainer | None) -> None:
        if self.sound == "copied" and like:
            self.audio = self.out.add_stream_from_template(like.streams.audio[0])

    def _show(self, packet: Any, pts: int, dts: int) -> None:
        packet.dts = self.decoded = max(dts, self.decoded + 1)
        packet.pts, packet.time_base, packet.stream = max(pts, packet.dts), self.base, self.video
        self._mux([packet])

    def _sing(self, heard: Samples) -> None:
        assert self.own is not None, "a reel whose sound is encoded has a place for it"  # noqa: S101 - a slip of ours
        self.own.write(heard)
        self.samples += heard.shape[1]

    def _mux(self, packets: Any) -> None:
        try:
            self.out.mux(packets)
        except (av.FFmpegError, OSError) as error:
            raise Unwritable(str(error)) from error


def _h264(size: Size, rate: Fraction, options: dict[str, str]) -> Any:
    encoder: Any = av.CodecContext.create("libx264", "w")
    encoder.options, encoder.time_base, encoder.framerate = dict(options), 1 / rate, rate
    encoder.flags |= GLOBAL_HEADER
    _shape(encoder, encoder, size)
    encoder.open()
    return encoder


def _shape(picture: Any, context: Any, size: Size) -> None:
    picture.width, picture.height, picture.pix_fmt = size.width, size.height, "yuv420p"
    context.thread_count = THREADS
    context.colorspace = context.color_primaries = context.color_trc = context.color_range = BT709


def _frame(picture: Planes, number: int) -> av.VideoFrame:
    frame = av.VideoFrame.from_ndarray(picture.pixels, format="yuv420p")
    frame.pts = number
    return frame
