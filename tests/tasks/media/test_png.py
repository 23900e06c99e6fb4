"""Large PNG photographs: the quick way gives Pillow's very pixels, and leaves to Pillow whatever is not plain."""

import io
import struct
import zlib
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tasks.domain.errors import MediaError
from tasks.domain.shot import Size
from tasks.media import images, png

SIDES = (1250, 850)  # just above the least that goes the quick way


@cache
def picture(mode: str = "RGB", sides: tuple[int, int] = SIDES) -> Image.Image:
    """A soft ramp under grain, so that an encoder finds a use for every filter."""
    ramp = np.asarray(Image.linear_gradient("L").resize(sides), np.int16)
    grain = np.random.default_rng(1).integers(-3, 4, (sides[1], sides[0], len(mode)))
    return Image.fromarray((ramp[..., None] * 0.9 + 10 + grain).astype(np.uint8), mode)


def saved(image: Image.Image, **options: Any) -> bytes:
    data = io.BytesIO()
    image.save(data, "PNG", compress_level=1, **options)
    return data.getvalue()


@cache
def whole() -> bytes:
    return saved(picture())


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", len(body), kind) + body + struct.pack(">I", zlib.crc32(kind + body))


@cache
def filtered(number: int) -> bytes:
    """A picture each of whose rows says that it is filtered by this number."""
    rows = np.random.default_rng(2).integers(0, 255, (SIDES[1], 1 + 3 * SIDES[0]), np.uint8)
    rows[:, 0] = number
    head = struct.pack(">IIBBBBB", *SIDES, 8, 2, 0, 0, 0)
    parts = (b"IHDR", head), (b"IDAT", zlib.compress(rows.tobytes(), 1)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def behind_the_pixels(kind: bytes, body: bytes) -> bytes:
    return whole()[:-12] + chunk(kind, body) + whole()[-12:]


PLAIN: dict[str, Callable[[], bytes]] = {  # drawn where they are tried: to collect the tests draws none
    "colour": whole,
    "alpha": lambda: saved(picture("RGBA")),
    **{f"filter {number}": partial(filtered, number) for number in range(5)},
}


@pytest.mark.parametrize("name", PLAIN)
def test_the_pixels_are_pillows(name: str) -> None:
    """Colour, alpha and each of the five filters decode to the same bytes."""
    data = PLAIN[name]()
    found = png.pixels(data)
    assert found is not None
    with Image.open(io.BytesIO(data)) as theirs:
        assert (found.mode, found.size, found.tobytes()) == (theirs.mode, theirs.size, theirs.tobytes())


def spoiled(change: Callable[[bytearray], None]) -> bytes:
    data = bytearray(whole())
    change(data)
    return bytes(data)


ODD: dict[str, Callable[[], bytes]] = {
    "small": lambda: saved(picture(sides=(200, 100))),
    "palette": lambda: saved(picture().quantize(16)),
    "grey": lambda: saved(picture().convert("L")),
    "transparent colour": lambda: saved(picture(), transparency=(1, 2, 3)),
    "exif behind": lambda: behind_the_pixels(b"eXIf", b"MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\6\0\0\0\0\0\0"),
    "text behind": lambda: behind_the_pixels(b"tEXt", b"Raw profile type exif\0"),
    "unknown filter": lambda: filtered(5),
    "cut": lambda: whole()[:-400],
    "wrong sum": lambda: spoiled(lambda data: data.__setitem__(-20, data[-20] ^ 255)),
    "wrong size": lambda: spoiled(lambda data: data.__setitem__(23, data[23] + 1)),
    "no chunks": lambda: whole()[:33],
    "no header": lambda: b"\x89PNG\r\n\x1a\n",
}


@pytest.mark.parametrize("name", ODD)
def test_the_rest_is_left_to_pillow(name: str) -> None:
    """Nothing comes of a file that is unusual, broken or too small to matter."""
    assert png.pixels(ODD[name]()) is None


@pytest.mark.parametrize("name", ["cut", "unknown filter", "wrong sum"])
def test_broken_files_are_told_as_before(name: str) -> None:
    """A large file that is broken is still a fault of the board."""
    with pytest.raises(MediaError):
        images.normalise(ODD[name](), Size(320, 180), "cover", max_pixels=10**8)


def test_frames_are_the_same_by_either_way() -> None:
    """A frame's bytes do not tell how its picture was decoded, and its orientation is heeded by both."""
    turned = Image.Exif()
    turned[0x0112] = 6
    quick = saved(picture("RGBA"), exif=turned)
    slow = quick[:-12] + chunk(b"tEXt", b"Title\0behind the pixels") + quick[-12:]
    assert png.pixels(quick) is not None and png.pixels(slow) is None
    frames = [images.normalise(data, Size(180, 320), "cover", max_pixels=10**8) for data in (quick, slow)]
    assert frames[0] == frames[1]
