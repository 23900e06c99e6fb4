"""Packets of H.264 and H.265, taken apart without decoding them."""

import struct
from pathlib import Path

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.media.nal import MOST_UNITS, Reading, reading
from tests.tasks.clips import write

AVCC = bytes((1, 100, 0, 31, 0xFF, 0xE0, 0))
HVCC = bytes((1, *[0] * 20, 0xFF, 0))
KINDS = {
    "h264": {"slice": 5, "filler": 12, "settings": 7},
    "hevc": {"slice": 1 << 1, "filler": 38 << 1, "settings": 66},
}


def read(codec: str) -> Reading:
    found = reading(codec, AVCC if codec == "h264" else HVCC)
    assert found is not None
    return found


def unit(kind: int, size: int = 9) -> bytes:
    """A unit behind its length."""
    return struct.pack(">IB", size, kind) + bytes(size - 1)


@pytest.mark.parametrize("codec", ["libx264", "libx265"])
def test_what_encoders_write_is_plain(tmp_path: Path, codec: str) -> None:
    """Every packet of a clip as an encoder writes it, pictures of all kinds."""
    path = write(tmp_path / "clip.mp4", colours=((0, 0, 0),) * 36, noise=True, codec=codec)
    with av.open(str(path)) as container:
        context = container.streams.video[0].codec_context
        taken = reading(context.codec.canonical_name, context.extradata or b"")
        assert taken is not None
        assert all(taken.is_plain(memoryview(packet)) for packet in container.demux(video=0) if packet.size)


@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_what_is_no_picture_is_not_plain(codec: str) -> None:
    """Nothing, zeros, filler, lengths that do not add up, and units that change the size of pictures."""
    kinds, taken = KINDS[codec], read(codec)
    part = unit(kinds["slice"])
    cases = {
        "a picture": (part, True),
        "a picture in two parts, and filler": (part + part + unit(kinds["filler"]), True),
        "nothing": (b"", False),
        "zeros": (bytes(64), False),
        "filler": (unit(kinds["filler"]), False),
        "cut": (part[:-1], False),
        "a byte too many": (part + b"\0", False),
        "zeros behind a picture": (part + bytes(8), False),
        "another size of pictures": (unit(kinds["settings"]) + part, False),
        "units without end": (unit(kinds["slice"], 1) * (MOST_UNITS + 1), False),
    }
    assert {name: taken.is_plain(packet) for name, (packet, _) in cases.items()} == {
        name: right for name, (_, right) in cases.items()
    }


@given(st.binary(max_size=200), st.sampled_from(["h264", "hevc"]))
def test_no_packet_is_a_trap(packet: bytes, codec: str) -> None:
    """Whatever bytes come, there is an answer."""
    assert read(codec).is_plain(packet) in (True, False)


@pytest.mark.parametrize(
    ("codec", "header"),
    [("av1", AVCC), ("vp9", b""), ("h264", b""), ("h264", b"\0\0\0\1\x67\x64\0\x1f"), ("hevc", AVCC), ("hevc", b"")],
)
def test_other_tracks_are_not_taken_apart(codec: str, header: bytes) -> None:
    """Another codec, no header, or one of start codes instead of lengths: those clips are decoded to their end."""
    assert reading(codec, header) is None


def test_lengths_have_the_bytes_that_the_header_says() -> None:
    """Two bytes of length, in H.264 and in H.265."""
    short = bytes((1, 100, 0, 31, 0xFD, 0xE0, 0)), bytes((1, *[0] * 20, 0xFD, 0))
    for codec, header in zip(("h264", "hevc"), short, strict=True):
        taken = reading(codec, header)
        assert taken is not None
        assert taken.is_plain(b"\0\3" + bytes((KINDS[codec]["slice"], 0, 0)))
