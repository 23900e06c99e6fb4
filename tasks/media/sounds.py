"""The sound files that a board names: what they are, told by their bytes and not by their names."""

import time
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import av

from tasks.domain.errors import MediaError
from tasks.media import probe as video

MOST_BYTES = 256_000_000
LOOK_SECONDS = 60.0  # for one walk through a sound's packets
CODECS = frozenset(("mp3", "aac", "flac", "vorbis", "opus", "alac"))  # and plain samples, as WAV and AIFF have them
READ = "WAV, MP3, M4A, AAC, FLAC, OGG, Opus or AIFF"


class SoundProbe(NamedTuple):
    """What a sound is: its length in seconds, its channels, and its samples a second."""

    seconds: Fraction
    channels: int
    rate: int


def examine_sound(path: Path) -> SoundProbe:
    """What a sound is; its length is told by the times of its packets, and its beginning is decoded.

    Raises ``MediaError`` when the file is no sound that is read, is longer than `MOST_BYTES`, or is broken.
    """
    try:
        if (size := path.stat().st_size) > MOST_BYTES:
            raise MediaError(f"is {size:,} bytes long; at most {MOST_BYTES:,} are read of a sound, as MP3 or FLAC say")
        with path.open("rb") as file:
            demuxer = demuxer_of(file.read(64))
            if demuxer == "mp4":
                video.check_boxes(path)
            file.seek(0)
            with video.AT_ONCE, av.open(file, "r", format=demuxer) as container:
                stream = _stream(container)
                return SoundProbe(_length(container, stream), stream.codec_context.channels, stream.rate)
    except (av.FFmpegError, OSError, ValueError, MemoryError) as error:
        video.raise_lack(error)
        raise MediaError(f"cannot be decoded as a sound: {error}") from error


def demuxer_of(head: bytes) -> str:
    """The demuxer for a sound that begins with these bytes. Raises ``MediaError`` when none is known."""
    kinds = {b"fLaC": "flac", b"OggS": "ogg", b"caff": "caf", b"\x1aE\xdf\xa3": "matroska"}
    if head[:4] in kinds:
        return kinds[head[:4]]
    if head[:4] in (b"RIFF", b"RF64") and head[8:12] == b"WAVE":
        return "wav"
    if head[:4] == b"FORM" and head[8:11] == b"AIF":
        return "aiff"
    if head[4:8] == b"ftyp":
        return "mp4"
    second = head[1] if len(head) > 1 and head[0] == 0xFF else 0
    if head[:3] == b"ID3" or (second & 0xE0 == 0xE0 and second & 0x06):
        return "mp3"
    if second & 0xF6 == 0xF0:
        return "aac"
    raise MediaError(f"is no sound that is read; use {READ}")


def _stream(container: Any) -> Any:
    """The file's first sound, which is of a kind that is decoded here."""
    if not container.streams.audio:
        raise MediaError(f"holds no sound; use {READ}")
    stream = container.streams.audio[0]
    codec = stream.codec_context.codec.canonical_name if stream.codec_context else "of no known kind"
    if codec not in CODECS and not codec.startswith("pcm_"):
        raise MediaError(f"is {codec}, which is not decoded; use {READ}")
    return stream


def _length(container: Any, stream: Any) -> Fraction:
    first, end, until, heard = None, 0, time.monotonic() + LOOK_SECONDS, False
    for packet in container.demux(stream):
        if time.monotonic() > until:
            raise MediaError(f"takes more than {LOOK_SECONDS:.0f} s to read")
        if packet.pts is not None:
            first = packet.pts if first is None else min(first, packet.pts)
            end = max(end, packet.pts + (packet.duration or 0))
        heard = heard or bool(packet.decode())
    if first is None or not heard or end <= first:
        raise MediaError("holds no sound that can be decoded")
    return Fraction(end - first) * Fraction(stream.time_base)
