"""Small real clips in every container and codec that PyAV can write here."""

import tempfile
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import numpy as np

from tasks.media.origin import sign
from tests.processes import keep_priority
from tests.tasks.signers import signer

KINDS = {
    "webm-vp9": ("webm", "libvpx-vp9", "libopus"),
    "webm-vp8": ("webm", "libvpx", ""),
    "webm-av1": ("webm", "libsvtav1", ""),
    "mkv-h264": ("matroska", "libx264", "aac"),
    "mkv-vp8": ("matroska", "libvpx", ""),
    "mov-h264": ("mov", "libx264", "aac"),
    "mov-prores": ("mov", "prores_ks", ""),
    "ts-h264": ("mpegts", "libx264", "aac"),
    "ts-hevc": ("mpegts", "libx265", ""),
    "frag-h264": ("mp4", "libx264", "aac"),
    "mp4-hevc": ("mp4", "libx265", ""),
    "mp4-av1": ("mp4", "libsvtav1", ""),
    "mp4-mpeg4": ("mp4", "mpeg4", ""),
    "gif": ("gif", "gif", ""),
}
PIXELS = {"prores_ks": "yuv422p10le", "gif": "rgb8"}
FPS, COUNT = 24, 12


@keep_priority()
def write(path: Path, kind: str, count: int = COUNT) -> Path:
    """Half a second of moving noise at 160x90."""
    form, codec, sound = KINDS[kind]
    options = {"movflags": "frag_keyframe+empty_moov+default_base_moof"} if kind.startswith("frag") else {}
    quiet = {"x265-params": "log-level=none"} if codec == "libx265" else {}
    with av.open(str(path), "w", format=form, options=options) as out:
        stream = out.add_stream(codec, rate=FPS, options=quiet)
        stream.width, stream.height, stream.pix_fmt = 160, 90, PIXELS.get(codec, "yuv420p")
        track = out.add_stream(sound, rate=48_000) if sound else None
        for number in range(count):
            picture = np.full((90, 160, 3), (number * 9) % 256, np.uint8)
            picture[:, : 8 * (number % 20)] = 255 - picture[:, : 8 * (number % 20)]
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format=stream.pix_fmt)
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
        if track is not None:
            _silence(out, track, count)
    return path


@cache
def made(kind: str) -> bytes:
    """The bytes of such a clip; ``signed`` is an mp4 with content credentials."""
    if kind == "signed":
        return _signed()
    with tempfile.TemporaryDirectory() as folder:
        return write(Path(folder) / "clip", kind).read_bytes()


def _signed() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = write(Path(folder) / "clip.mp4", "mp4-mpeg4")
        sign(path, signer(), [])
        return path.read_bytes()


def parts(kind: str = "ts-h264", count: int = 3) -> list[bytes]:
    """A transport stream in so many parts, each of whole packets."""
    data = made(kind)
    step = -(-len(data) // 188 // count) * 188
    return [data[at : at + step] for at in range(0, len(data), step)]


def playlist(names: list[str], *head: str, end: bool = True) -> bytes:
    """An HLS list of these parts."""
    lines = ["#EXTM3U", "#EXT-X-VERSION:3", "#EXT-X-TARGETDURATION:1", *head]
    lines += [line for name in names for line in ("#EXTINF:0.2,", name)]
    return "\n".join([*lines, *(["#EXT-X-ENDLIST"] if end else [])]).encode()


def _silence(out, track, count):  # type: ignore[no-untyped-def]  # av's containers
    form = track.codec_context.format.name
    for number in range(count * 48_000 // FPS // 960):
        frame = av.AudioFrame(format=form, layout="stereo", samples=960)
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        frame.sample_rate, frame.pts, frame.time_base = 48_000, number * 960, Fraction(1, 48_000)
        out.mux(track.encode(frame))
    out.mux(track.encode())
