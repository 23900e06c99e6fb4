"""A delivered file as one that plays: kept as it came where a browser plays it, else its packets in an mp4. Nothing is
encoded anew."""

import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeAlias

import av
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.stream import Stream

from tasks.domain.errors import MediaError
from tasks.media import probe as video
from tasks.media.containers import DEMUXERS, ENDINGS

_WEB_VIDEO, _WEB_SOUND = {"vp8", "vp9", "av1"}, {"opus", "vorbis"}
Packets: TypeAlias = "Iterator[Packet[Any]]"
MOST_HELD = 64  # packets of a track that wait for the first time of decoding
BROKEN = (av.FFmpegError, OSError, ValueError, MemoryError, MediaError)


@dataclass(frozen=True, slots=True)
class Playable:
    """The file that plays, its ending, what container came, and what it is; ``beside`` is the file as it came, where
    that is another one."""

    path: Path
    ending: str
    container: str
    probe: video.Probe
    poster: bytes
    beside: Path | None = None
    beside_ending: str = ""


def playable(path: Path, container: str = "") -> Playable:
    """What plays of a delivered file; a remuxed one lies beside it as ``<name>.plays.mp4``.

    ``container`` is what came, where the file was put together from it. Raises ``MediaError`` when it is no whole
    video.
    """
    kind = video.check_boxes(path)
    came = container or kind
    if kind not in ("mp4", "fmp4") and not (kind == "webm" and _is_web(path)):
        made = path.with_suffix(".plays.mp4")
        try:
            _remux(path, DEMUXERS[kind], made)
            return Playable(made, "mp4", came, *video.examine(made), beside=path, beside_ending=ENDINGS[kind])
        except BROKEN as error:  # what an mp4 cannot hold
            made.unlink(missing_ok=True)
            video.raise_lack(error)
    return Playable(path, ENDINGS[kind], came, *video.examine(path))


def _is_web(path: Path) -> bool:
    """Whether a browser plays what is in a WebM; one that cannot be read is looked at like any other file."""
    try:
        with path.open("rb") as file, av.open(file, "r", format="matroska") as container:
            pictures, sounds = container.streams.video[:1], container.streams.audio
            return _formats(pictures) <= _WEB_VIDEO and _formats(sounds) <= _WEB_SOUND
    except BROKEN as error:
        video.raise_lack(error)
        return False


def _formats(streams: Iterable[Any]) -> set[str]:
    """Codecs by their format, whichever decoder was taken: ``libdav1d`` is av1."""
    return {s.codec_context.codec.canonical_name if s.codec_context else "unknown" for s in streams}


def _remux(path: Path, demuxer: str, out: Path) -> None:
    with (
        path.open("rb") as file,
        av.open(file, "r", format=demuxer) as source,
        av.open(str(out), "w", format="mp4", options={"movflags": "+faststart"}) as sink,
    ):
        pairs = _paired(source, sink)
        until = time.monotonic() + video.LOOK_SECONDS
        for packet in _shifted(source.demux(list(pairs))):
            if time.monotonic() > until:
                raise MediaError(f"the video takes more than {video.LOOK_SECONDS:.0f} s to read")
            if packet.is_corrupt:
                raise MediaError("the video is cut off: its last packets are not whole")
            packet.stream = pairs[packet.stream]
            sink.mux(packet)


def _paired(source: InputContainer, sink: OutputContainer) -> dict[Stream, Stream]:
    """The first track of pictures and the first of sound, each with its place in the mp4."""
    wanted: list[Stream] = [*source.streams.video[:1], *source.streams.audio[:1]]
    pairs: dict[Stream, Stream] = {}
    for stream in wanted:
        pairs[stream] = sink.add_stream_from_template(stream)
    return pairs


def _shifted(packets: Packets) -> Packets:
    """The packets, beginning at 0: a transport stream begins anywhere."""
    start: Fraction | None = None
    for packet in _timed(packets):
        base = Fraction(packet.time_base)
        start = (packet.dts or 0) * base if start is None else start
        ticks = int(start / base)
        packet.dts, packet.pts = (packet.dts or 0) - ticks, (packet.pts or 0) - ticks
        yield packet


def _timed(packets: Packets) -> Packets:
    """The packets with a time each for decoding: Matroska writes none, and the first few cannot be told by order."""
    held: dict[int, list[Packet[Any]]] = {}
    for packet in packets:
        if not packet.size or packet.pts is None:
            continue
        waiting = held.setdefault(packet.stream.index, [])
        waiting.append(packet)
        if packet.dts is None and len(waiting) <= MOST_HELD:
            continue
        for place, one in enumerate(reversed(waiting)):
            one.dts = (packet.dts or 0) - place * (packet.duration or 1) if one.dts is None else one.dts
        yield from waiting
        waiting.clear()
    for waiting in held.values():
        for one in waiting:
            one.dts = one.pts
        yield from waiting


def forget(made: Playable) -> None:
    """Remove the remuxed file from this machine."""
    if made.beside is not None:
        with suppress(OSError):
            made.path.unlink(missing_ok=True)
