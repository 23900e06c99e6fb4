"""Decodes large PNG photographs in half of Pillow's time: ISA-L inflates them, FFmpeg undoes the row filters.

The pixels are the same. A file with anything unusual or wrong is left to Pillow, which has an error for it.
"""

import zlib
from struct import pack, unpack_from
from typing import Any

from PIL import Image
from PIL.ImageFile import ImageFile
from PIL.PngImagePlugin import PngImageFile

LEAST, MOST = 1_000_000, 25_000_000  # pixels; below it gains nothing, above it takes too much memory
HEAD = 33  # bytes: the signature and the IHDR chunk (PNG specification, 5.2 and 11.2.2)
LAST_FILTER = 4
BLOCK = 65535  # bytes that a stored block holds at most
KINDS = {2: ("RGB", "rgb24", 3), 6: ("RGBA", "rgba", 4)}  # colour type -> Pillow's mode, FFmpeg's format, bytes a pixel
PLAIN = (8, 0, 0, 0)  # bits, compression, filters, interlace: the usual ones


def load(image: ImageFile, data: bytes) -> None:
    """As ``image.load()``, for a picture that was opened from these bytes."""
    if isinstance(image, PngImageFile) and (found := pixels(data)):
        image.im, image.tile = found.im, []
    image.load()


def pixels(data: bytes) -> Image.Image | None:
    """The picture of a large 8 bit RGB or RGBA file with at most a time after its pixels; None for any other."""
    if len(data) < HEAD or data[12:16] != b"IHDR":
        return None
    width, height, bits, colour, *rest = unpack_from(">IIBBBBB", data, 16)
    if not LEAST <= width * height <= MOST or (bits, *rest) != PLAIN or colour not in KINDS:
        return None
    packed = _packed(data)
    return _decoded(data[:HEAD], packed, (width, height), colour) if packed else None


def _packed(data: bytes) -> bytes:
    """The contents of the IDAT chunks, which are consecutive; empty where another chunk changes the picture."""
    found: list[bytes] = []
    at = HEAD
    while at + 12 <= len(data):
        size, kind = unpack_from(">I4s", data, at)
        if kind == b"IEND":
            return b"".join(found)
        if kind == b"IDAT":
            found.append(data[at + 8 : at + 8 + size])
        elif kind == b"tRNS" or (found and kind != b"tIME"):
            return b""  # tRNS makes a colour transparent; EXIF after the pixels is read by Pillow
        at += 12 + size
    return b""


def _decoded(head: bytes, packed: bytes, size: tuple[int, int], colour: int) -> Image.Image | None:
    import av
    from isal import isal_zlib

    mode, name, width = KINDS[colour]
    length = (1 + width * size[0]) * size[1]
    try:
        inflate = isal_zlib.decompressobj()
        raw = inflate.decompress(packed, length + 1)
        if len(raw) != length or not inflate.eof or max(raw[:: 1 + width * size[0]]) > LAST_FILTER:
            return None
        [frame] = av.VideoCodecContext.create("png", "r").decode(av.Packet(_stored(head, raw)))
    except Exception:  # Pillow finds the same fault and reports it
        return None
    if frame.format.name != name or (frame.width, frame.height) != size:
        return None
    plane: Any = frame.planes[0]
    return Image.frombuffer(mode, size, plane, "raw", mode, plane.line_size, 1)


def _stored(head: bytes, raw: bytes) -> bytes:
    """The file with its filtered rows in uncompressed blocks (RFC 1950, and RFC 1951, 3.2.4)."""
    from isal import isal_zlib

    view, blocks = memoryview(raw), list[Any]([b"\x78\x01"])
    for at in range(0, len(raw), BLOCK):
        block = view[at : at + BLOCK]
        blocks += [pack("<BHH", at + BLOCK >= len(raw), len(block), len(block) ^ 0xFFFF), block]
    blocks.append(pack(">I", isal_zlib.adler32(raw)))
    start = pack(">I4s", sum(map(len, blocks)), b"IDAT")
    return b"".join([head, start, *blocks, bytes(4), pack(">I4sI", 0, b"IEND", zlib.crc32(b"IEND"))])
