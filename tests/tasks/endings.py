"""Clips whose last picture is easily missed: pictures out of order, edit lists, longer sound, other containers."""

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

WIDE, HIGH, RATE, COUNT = 160, 90, 24, 30
B_FRAMES = {"bf": "3", "b_strategy": "0", "g": "250", "sc_threshold": "0"}
QUIET = {"x265-params": "log-level=none:bframes=4:b-adapt=0:keyint=250:open-gop=1"}
FRAGMENTS = "frag_keyframe+empty_moov+default_base_moof"
Edit = tuple[int, int]  # how long, in the movie's ticks (thousandths); from where, in the media's


def write(
    path: Path,
    codec: str = "libx264",
    form: str = "mp4",
    *,
    options: dict[str, str] | None = None,
    movflags: str = "",
    moments: Sequence[int] = range(COUNT),
    sound_s: float = 0,
) -> Path:
    """A clip of moving noise, each picture unlike the others, shown at these 24ths of a second."""
    with av.open(str(path), "w", format=form, options={"movflags": movflags} if movflags else {}) as out:
        stream: Any = out.add_stream(codec, rate=RATE, options=options or {})
        stream.width, stream.height, stream.pix_fmt = WIDE, HIGH, "yuv420p"
        stream.codec_context.thread_count = 1
        track: Any = out.add_stream("libopus" if form == "webm" else "aac", rate=48_000) if sound_s else None
        for frame in _pictures(moments):
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
        if track is not None:
            _silence(out, track, sound_s)
    return path


def _pictures(moments: Sequence[int]) -> Iterator[av.VideoFrame]:
    grain = np.random.default_rng(7)
    paper = grain.integers(0, 255, (HIGH, WIDE, 3), np.uint8)
    for number, moment in enumerate(moments):
        pixels = np.roll(paper, 5 * number, axis=1)
        pixels[:, :20] = (number * 8) % 256
        frame = av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(format="yuv420p")
        frame.pts, frame.time_base = moment, Fraction(1, RATE)
        yield frame


def _silence(out: Any, track: Any, seconds: float) -> None:
    form = track.codec_context.format.name
    for number in range(round(seconds * 50)):
        frame = av.AudioFrame(format=form, layout="stereo", samples=960)
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        frame.sample_rate, frame.pts, frame.time_base = 48_000, number * 960, Fraction(1, 48_000)
        out.mux(track.encode(frame))
    out.mux(track.encode())


def edited(path: Path, *edits: Edit) -> Path:
    """The clip with another edit list on its picture track; its header must stand behind its media."""
    data = path.read_bytes()
    at = data.index(b"elst") - 4
    size = int.from_bytes(data[at : at + 4], "big")
    body = b"".join(
        long.to_bytes(4, "big") + begin.to_bytes(4, "big", signed=True) + b"\0\1\0\0" for long, begin in edits
    )
    box = b"elst" + bytes(4) + len(edits).to_bytes(4, "big") + body
    box = (4 + len(box)).to_bytes(4, "big") + box
    changed = data[:at] + box + data[at + size :]
    for outer in (b"moov", b"trak", b"edts"):  # the first track is the picture's
        head = changed.index(outer) - 4
        length = int.from_bytes(changed[head : head + 4], "big") + len(box) - size
        changed = changed[:head] + length.to_bytes(4, "big") + changed[head + 4 :]
    path.write_bytes(changed)
    return path


def _plain(*edits: Edit) -> Callable[[Path], Path]:
    return lambda path: edited(write(path, options=B_FRAMES), *edits)


UNEVEN = (0, 1, 2, 9, 10, 30, 31, 33, 60, 61, 62, 90, 144)
TICKS = 12_288  # a second of the media of such a clip
ENDINGS: dict[str, Callable[[Path], Path]] = {
    "h264 with B frames": lambda path: write(path, options=B_FRAMES),
    "h264 with B pyramid, an even count": lambda path: write(
        path, options=B_FRAMES | {"x264-params": "b-pyramid=normal:open-gop=1"}, moments=range(26)
    ),
    "h264 of one picture": lambda path: write(path, moments=(0,)),
    "h265 with B frames": lambda path: write(path, "libx265", options=QUIET),
    "vp9 in WebM": lambda path: write(path, "libvpx-vp9", "webm", options={"auto-alt-ref": "1", "lag-in-frames": "16"}),
    "vp9 in WebM, longer sound": lambda path: write(path, "libvpx-vp9", "webm", sound_s=3),
    "h264 in Matroska": lambda path: write(path, form="matroska", options=B_FRAMES),
    "uneven times": lambda path: write(path, options=B_FRAMES, moments=UNEVEN),
    "uneven times in WebM": lambda path: write(path, "libvpx-vp9", "webm", moments=UNEVEN),
    "a late first picture": lambda path: write(path, options=B_FRAMES, moments=range(12, 12 + COUNT)),
    "longer sound": lambda path: write(path, options=B_FRAMES, sound_s=4),
    "shorter sound": lambda path: write(path, options=B_FRAMES, sound_s=0.4),
    "fragmented": lambda path: write(path, options=B_FRAMES | {"g": "8"}, movflags=FRAGMENTS),
    "fragmented, longer sound": lambda path: write(path, options=B_FRAMES | {"g": "8"}, movflags=FRAGMENTS, sound_s=3),
    "edit list that ends early": _plain((700, 1024)),
    "edit list that begins late": _plain((800, 1024 + TICKS // 3)),
    "edit list with a wait before": _plain((500, -1), (1250, 1024)),
    "edit list with two pieces": _plain((400, 1024 + TICKS // 2), (300, 1024)),
    "header in front": lambda path: write(path, options=B_FRAMES, movflags="faststart"),
}
