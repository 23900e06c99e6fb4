"""What is refused as a reference image, with which sentence, and what is never looked at."""

import struct
import time
import zlib
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import GifImagePlugin, Image

from tasks.domain.errors import MediaError
from tasks.domain.shot import Size
from tasks.media.image_formats import open_picture
from tasks.media.images import _read, check
from tests.tasks.pictures import BIG, KINDS, QUAD, B, G, R, W, frame, has_corners, looked_at, moving, noise, quad, saved


def png_claiming(width, height):
    """A PNG that is nothing but a header and ten bytes of pixels."""

    def chunk(name, body):
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 10))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (png_claiming(50_000, 50_000), r"is 50000x50000 pixels; at most 100,000,000 in all are read"),
        (png_claiming(60_000, 1), r"is 60000x1 pixels; each side needs at least 16"),
        (saved(Image.new("RGB", (1, 1)), "PNG"), r"is 1x1 pixels; each side needs at least 16"),
        (png_claiming(64, 64), r"is cut off after \d+ bytes"),
        (b"", "is empty"),
        (b"\n<!DOCTYPE html><html>", r"is no picture that can be read \(looks like HTML\)"),
        (b"<!-- cached --><html>", r"looks like HTML"),
        (b'<?xml version="1.0"?><svg/>', "looks like SVG, a drawing without pixels"),
        (b'<?xml version="1.0"?><Error>', "looks like XML"),
        (b'{"error": "not found"}', "looks like JSON"),
        (b"%PDF-1.7", "looks like PDF"),
        (b"\0\0\0\x18ftypisom\0\0\0\0isommp42", "looks like a video"),
        (b"PK\x03\x04", "looks like an archive"),
        (b"hello", r"is no picture that can be read \(JPEG, PNG, .* can\)"),
        (saved(Image.new("F", (64, 64)), "TIFF"), "has 32 bits a channel; save it with 8 or 16"),
        (b"\xff\xd8\xff\xe0", "is broken inside, or cut off after 4 bytes"),
        (b"BM" + b"\xff" * 60, "is cut off after 62 bytes"),
    ],
)
def test_refused_with_a_sentence(data, message):
    """What is no picture is refused with what it is instead, by both functions alike."""
    with pytest.raises(MediaError, match=f"^{message}" if message.startswith("is") else message):
        looked_at(data)
    with pytest.raises(MediaError, match=message):
        frame(data)


def test_limits():
    """More bytes or pixels than allowed are refused, exactly as many are read."""
    data = saved(quad(), "PNG")
    assert check(data, max_bytes=len(data), max_pixels=64 * 48) == (64, 48)
    with pytest.raises(MediaError, match=r"is \d+ bytes long; at most 99 bytes are read"):
        check(data, max_bytes=99, max_pixels=BIG)
    with pytest.raises(MediaError, match=r"is 64x48 pixels; at most 3,071 in all are read"):
        check(data, max_bytes=BIG, max_pixels=64 * 48 - 1)


def test_pixel_limit_is_ours():
    """95 megapixels, where Pillow itself warns, are read if the limit allows it."""
    assert looked_at(saved(Image.new("1", (10_000, 9_500)), "PNG")) == (10_000, 9_500)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "JPEG2000", "BMP", "GIF"])
def test_cut_off(kind):
    """A file that ends early is refused with how far it goes, never filled with grey."""
    whole = saved(noise((200, 150)), kind)
    assert looked_at(whole) == (200, 150)
    for keep in (len(whole) * 2 // 3, len(whole) - 400):
        with pytest.raises(MediaError, match=rf"cut off after {keep / 1000:.0f} kB$"):
            looked_at(whole[:keep])
        with pytest.raises(MediaError, match="cut off after"):
            frame(whole[:keep])


def test_long_animation():
    """Of a GIF with 10,000 frames only the first is decoded."""
    other = b"".join(GifImagePlugin.getdata(quad((B, W, R, G), (640, 480)).quantize(4)))
    data = saved(quad(size=(640, 480)), "GIF")[:-1] + other * 9_999 + b";"
    before = time.thread_time()
    assert looked_at(data) == (640, 480) and has_corners(frame(data), QUAD)
    assert time.thread_time() - before < 0.5


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "AVIF", "TIFF"])
def test_no_other_frame_is_looked_for(kind):
    """Of anything that moves or has pages no frame but the first is sought, however few there are."""
    data, sought = moving(kind), []
    image = open_picture(data)

    def noting(real):
        return lambda at, *more: (sought.append(at), real(at, *more))[1]

    for name in {"seek", "_seek"} & set(dir(image)):
        setattr(image, name, noting(getattr(image, name)))
    _read(image, data, Size(1, 1), "cover")
    assert not any(sought)
    image.seek(1)
    assert any(sought)


def test_damage_behind_the_first_frame():
    """What follows the first frame is not looked at: neither rubbish frames nor an archive."""
    gif = saved(quad(), "GIF")
    assert frame(gif[:-1] + b"\x2c" + b"\xff" * 500).tobytes() == frame(gif).tobytes()
    jpeg = saved(quad(), "JPEG")
    assert frame(jpeg + b"PK\x03\x04" + b"\0" * 500).tobytes() == frame(jpeg).tobytes()


STARTS = [make()[:200] for make, _ in KINDS.values()] + [b""]


@settings(max_examples=150, deadline=None)
@given(start=st.sampled_from(STARTS), cut=st.integers(0, 200), rest=st.binary(max_size=120))
def test_arbitrary_bytes(start, cut, rest):
    """Whatever the bytes, they are a picture or a MediaError."""
    with suppress(MediaError):
        assert min(looked_at(start[:cut] + rest)) >= 16


@settings(max_examples=150, deadline=None)
@given(kind=st.sampled_from(sorted(KINDS)), where=st.floats(0, 1), byte=st.integers(0, 255))
def test_flipped_byte(kind, where, byte):
    """A file with one wrong byte makes a frame of the right size or a MediaError."""
    data = bytearray(KINDS[kind][0]())
    data[int(where * (len(data) - 1))] = byte
    with suppress(MediaError):
        assert frame(bytes(data), 33, 21).size == (33, 21)
