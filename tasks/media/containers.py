"""Which container a file is in, by its first bytes, and whether it is all of one. Reads no media, and no library.

An mp4 or MOV is walked by `tasks.media.probe`; here are Matroska and WebM (RFC 8794, RFC 9559), MPEG-TS (ISO/IEC
13818-1).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from tasks.domain import machine
from tasks.domain.errors import MediaError

ENDINGS = {"mp4": "mp4", "fmp4": "mp4", "mov": "mov", "webm": "webm", "mkv": "mkv", "ts": "ts"}
DEMUXERS = {"mp4": "mp4", "fmp4": "mp4", "mov": "mov", "webm": "matroska", "mkv": "matroska", "ts": "mpegts"}
OTHERS = ("webm", "mkv", "ts")  # that are no mp4
MOST_ELEMENTS = 2_000_000  # that are looked at: a clip has one a packet
HEAD_BYTES = 4096
_QUICKTIME = (b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")  # what an old one may begin with
_SEGMENT, _CLUSTER, _TRACKS = 0x18538067, 0x1F43B675, 0x1654AE6B
_UNKNOWN = -1  # a size that is not written: to the end of what is around


def kind_of(path: Path) -> str:
    """``mp4``, ``fmp4`` (fragmented), ``mov``, ``webm``, ``mkv``, ``ts`` or ``hls``; empty for anything else.

    Raises ``MediaError`` when the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError as error:
        machine.raise_lack(error)
        raise MediaError(f"the video cannot be read: {error.strerror or error}") from error
    return _kind(head)


def _kind(head: bytes) -> str:
    if head[4:8] == b"ftyp":
        return "mov" if head[8:12] == b"qt  " else "fmp4" if b"mvex" in head else "mp4"
    if head[4:8] in _QUICKTIME:
        return "mov"
    if head[:4] == b"\x1a\x45\xdf\xa3":
        return "webm" if b"webm" in head[:64] else "mkv"
    if re.match(rb"(?:\xef\xbb\xbf)?#EXTM3U\b", head):
        return "hls"
    return "ts" if _packet_size(head) else ""


def _packet_size(head: bytes) -> int:
    """Bytes of a packet of a transport stream: each begins with 0x47; 0 for anything else."""
    for at, size in ((0, 188), (4, 192)):
        marks = head[at : at + 5 * size : size]
        if marks and set(marks) == {0x47} and len(head) > at + size:
            return size
    return 0


def check(file: BinaryIO, length: int) -> str:
    """The kind of an open file, one of ``OTHERS`` only if it is all of it. Raises ``MediaError`` when it is cut off."""
    head = file.read(HEAD_BYTES)
    kind = _kind(head)
    if kind == "ts" and length % _packet_size(head):
        raise MediaError("the transport stream is cut off: its last packet is not whole")
    if kind in ("webm", "mkv"):
        _check_elements(file, length)
    return kind


@dataclass(frozen=True, slots=True)
class _Element:
    kind: int
    start: int  # of what is in it
    end: int  # or _UNKNOWN


def _check_elements(file: BinaryIO, length: int) -> None:
    """Walk a Matroska or WebM file: each element must lie within the file, which ends with the last."""
    found = set[int]()
    for count, element in enumerate(_walk(file, length)):
        if count > MOST_ELEMENTS:
            raise MediaError(f"the Matroska file has more than {MOST_ELEMENTS:,} elements")
        found.add(element.kind)
        if element.end > length:
            raise MediaError(f"the Matroska file is cut off: it lacks {element.end - length:,} bytes of an element")
    if missing := {_SEGMENT, _TRACKS, _CLUSTER} - found:
        raise MediaError(f"the Matroska file is not whole: it lacks {len(missing)} of its parts")


def _walk(file: BinaryIO, length: int) -> Iterator[_Element]:
    """Every element of a segment and of clusters of no written size; the others are stepped over."""
    at = 0
    while at < length:
        element = _read(file, at)
        yield element
        open_ended = element.end == _UNKNOWN
        if open_ended and element.kind not in (_SEGMENT, _CLUSTER):
            raise MediaError("the Matroska file is damaged: an element says nothing of its size")
        at = element.start if element.kind == _SEGMENT or open_ended else element.end


def _read(file: BinaryIO, at: int) -> _Element:
    file.seek(at)
    head = file.read(12)
    wide = 9 - head[0].bit_length() if head and head[0] else 0
    if not 1 <= wide <= 4 or len(head) <= wide:
        raise MediaError("the Matroska file is cut off or damaged: no element begins where one should")
    kind, first = int.from_bytes(head[:wide], "big"), head[wide]
    more = 9 - first.bit_length() if first else 0
    if not more or len(head) < wide + more:
        raise MediaError("the Matroska file is cut off: its last element has no size")
    size = int.from_bytes(head[wide : wide + more], "big") & ((1 << 7 * more) - 1)
    start = at + wide + more
    return _Element(kind, start, _UNKNOWN if size == (1 << 7 * more) - 1 else start + size)
