"""What a delivered video really is."""

import io
import struct
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import Image

from tasks.domain.errors import MediaError
from tasks.domain.shot import Size
from tasks.media import probe as video
from tasks.media.probe import MOST_BOXES, Probe, check_boxes, is_whole, poster, probe
from tests.tasks.clips import filmed, good, held, order, pictures, write

T = TypeVar("T")
FREE = struct.pack(">I4s", 8, b"free")
open_input = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def saved(folder: Path, data: bytes) -> Path:
    path = folder / "clip.mp4"
    path.write_bytes(data)
    return path


def boxes(data: bytes) -> dict[bytes, tuple[int, int]]:
    """Top-level box -> its offset and size."""
    found, at = {}, 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        found[data[at + 4 : at + 8]] = (at, size)
        at += size
    return found


def without(name: bytes) -> bytes:
    at, size = boxes(good())[name]
    return good()[:at] + good()[at + size :]


def holed(folder: Path, share: float) -> Path:
    """A clip of a second in which every picture weighs the same, its media zeroed from a share of it on."""
    path = write(folder / "holed.mp4", colours=((0, 0, 0),) * 24, noise=True, movflags="faststart")
    data = path.read_bytes()
    at, size = boxes(data)[b"mdat"]
    cut = at + 8 + int((size - 8) * share)
    path.write_bytes(data[:cut] + bytes(at + size - cut))
    return path


def claiming(size: int) -> bytes:
    """The clip with another size written into its last box, the media."""
    at, _ = boxes(good())[b"mdat"]
    return good()[:at] + struct.pack(">I", size) + good()[at + 4 :]


def test_probe_measures_what_the_renderer_wrote(tmp_path: Path) -> None:
    """A clip of 12 frames at 24 a second is half a second of 160x90 without sound."""
    assert probe(saved(tmp_path, good())) == Probe(160, 90, 24.0, 0.5, False)


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        ({"rate": 30}, Probe(160, 90, 30.0, 0.4, False)),
        ({"audio": True}, Probe(160, 90, 24.0, 0.5, True)),
        ({"degrees": 90}, Probe(90, 160, 24.0, 0.5, False)),
        ({"degrees": 180}, Probe(160, 90, 24.0, 0.5, False)),
        ({"movflags": "frag_keyframe+empty_moov"}, Probe(160, 90, 24.0, 0.5, False)),
        ({"colours": ((9, 9, 9),)}, Probe(160, 90, 24.0, 1 / 24, False)),
    ],
    ids=["30 fps", "sound", "on its side", "upside down", "fragmented", "one frame"],
)
def test_probe_takes_the_clips_of_others(tmp_path: Path, made: dict[str, Any], expected: Probe) -> None:
    """Other rates, sound, rotation, the index at the end, fragments and single frames are measured as they play."""
    found = probe(write(tmp_path / "clip.mp4", **made))
    assert (found.width, found.height, found.audio) == (expected.width, expected.height, expected.audio)
    assert found.fps == pytest.approx(expected.fps, rel=0.01)
    assert found.seconds == pytest.approx(expected.seconds, abs=0.002)


@pytest.mark.parametrize("between", [0, 1, 3])
@pytest.mark.parametrize(
    "gone",
    [(), (*range(62, 67), *range(68, 71)), range(66, 71), (*range(20, 40), *range(60, 65)), range(1, 70)],
    ids=["none", "twice near the end", "before the last", "in the middle", "nearly all"],
)
def test_a_length_is_from_the_first_picture_to_the_last_ones_end(
    tmp_path: Path, gone: Iterable[int], between: int
) -> None:
    """A clip of three seconds in which pictures stay for longer than others is three seconds long, in whatever order
    its packets come."""
    kept = [tick for tick in range(72) if tick not in set(gone)]
    assert probe(held(tmp_path / "clip.mp4", kept, pictures_between=between)).seconds == pytest.approx(3.0)


def test_sound_and_timecode_are_told(tmp_path: Path) -> None:
    """Channels and samples a second of the sound, and the timecode that the file has a track for."""
    found = probe(filmed(tmp_path / "clip.mov", timecode="10:00:00;05", layout="5.1"))
    assert (found.audio, found.channels, found.sound_rate, found.timecode) == (True, 6, 48_000, "10:00:00;05")


@pytest.mark.parametrize("box", [b"mvhd", b"tkhd", b"mdhd"])
def test_a_claimed_length_is_not_believed(tmp_path: Path, box: bytes) -> None:
    """A header that claims ten minutes does not make half a second longer."""
    at = good().index(box) + (20 if box != b"tkhd" else 24)
    lying = good()[:at] + struct.pack(">I", 600_000) + good()[at + 4 :]
    assert probe(saved(tmp_path, lying)).seconds == pytest.approx(0.5)


@open_input
@given(cut=st.integers(0, len(good()) - 1))
def test_every_truncation_is_caught(tmp_path: Path, cut: int) -> None:
    """A file cut at any byte is no video, although its header is whole."""
    path = saved(tmp_path, good()[:cut])
    for look in (check_boxes, probe, poster):
        with pytest.raises(MediaError):
            look(path)


@open_input
@given(cut=st.integers(0, len(good()) - 1))
@example(cut=boxes(good())[b"ftyp"][1])
@example(cut=boxes(good())[b"mdat"][0])
def test_a_part_of_a_file_is_not_whole(tmp_path: Path, cut: int) -> None:
    """A file cut at any byte, also between two boxes, may come better the next time; so may a page in its place."""
    assert not is_whole(saved(tmp_path, good()[:cut]))
    assert not is_whole(saved(tmp_path, b"<!doctype html>" + good()[:cut])) and not is_whole(tmp_path / "none.mp4")


def test_a_whole_file_is_whole_whatever_is_in_it(tmp_path: Path) -> None:
    """An mp4 whose boxes add up is all there is, playable or not."""
    at, size = boxes(good())[b"mdat"]
    for data in (good(), good()[: at + 8] + bytes(size - 8) + good()[at + size :]):
        assert is_whole(saved(tmp_path, data))


@open_input
@given(tail=st.binary(min_size=1, max_size=40).filter(lambda tail: tail[4:8] not in (b"free", b"skip")))
def test_trailing_garbage_is_caught(tmp_path: Path, tail: bytes) -> None:
    """Bytes after the last box that are no box of their own are told."""
    whole = len(tail) >= 8 and tail[4:8].isascii() and tail[4:8].decode().isprintable()
    if whole and int.from_bytes(tail[:4], "big") in (0, len(tail)):
        return
    with pytest.raises(MediaError):
        check_boxes(saved(tmp_path, good() + tail))


@open_input
@given(changes=st.dictionaries(st.integers(0, len(good()) - 1), st.integers(0, 255), min_size=1, max_size=8))
def test_damage_is_measured_or_told(tmp_path: Path, changes: dict[int, int]) -> None:
    """Whatever bytes are changed, the answer is a measure or a sentence, never another exception."""
    data = bytearray(good())
    for at, value in changes.items():
        data[at] = value
    try:
        assert probe(saved(tmp_path, bytes(data))).seconds > 0
    except MediaError as error:
        assert str(error)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"<!doctype html><html><body>502 Bad Gateway</body></html>", "begins with b'<!doctype html>"),
        (b'{"error": "expired"}', "no mp4"),
        (b"\x89PNG\r\n\x1a\n" + bytes(64), "no mp4"),
        (good()[:4], "no mp4"),
        (without(b"moov"), "no moov box"),
        (without(b"mdat"), "no mdat box"),
        (good()[: boxes(good())[b"ftyp"][1]], "no mdat and no moov box"),
        (claiming(7), "cut off"),
        (claiming(2**31), "cut off"),
        (good() + struct.pack(">I4sQ", 1, b"free", 2**63), "cut off"),
        (good() + struct.pack(">I4sQ", 1, b"free", 15), "cut off"),
        (good() + struct.pack(">I4s", 1, b"free"), "cut off"),
        (good() + bytes(16), "no part of it"),
        (good() + FREE * MOST_BOXES, "more than 10000"),
        (claiming(0)[:-300], "cut off"),
        (claiming(0)[:-3], "cut off"),
    ],
    ids=[
        *("empty", "html", "json", "png", "four bytes", "no moov", "no mdat", "ftyp alone", "size too small"),
        *("size too large", "64 bit too large", "64 bit too small", "64 bit cut", "zeros behind", "boxes"),
        *("open end cut", "open end cut by three bytes"),
    ],
)
def test_broken_files_are_told_in_a_sentence(tmp_path: Path, data: bytes, words: str) -> None:
    """Each kind of broken file is a MediaError that says what is wrong with it."""
    with pytest.raises(MediaError) as told:
        probe(saved(tmp_path, data))
    assert words in str(told.value)


@pytest.mark.parametrize("share", [0, 0.2, 0.5, 0.8, 0.95])
def test_a_hole_in_the_media_is_caught(tmp_path: Path, share: float) -> None:
    """Media that is zeros from some point to its end, as a broken download leaves it, does not decode."""
    with pytest.raises(MediaError, match=r"not decode|cannot be decoded"):
        probe(holed(tmp_path, share))


def test_pictures_that_are_left_out_are_caught(tmp_path: Path) -> None:
    """H.265 packets of filler, which the decoder passes over in silence, do not count as pictures."""
    path = write(tmp_path / "clip.mp4", colours=((0, 0, 0),) * 36, noise=True, codec="libx265")
    with av.open(str(path)) as container:
        places = [(packet.pos, packet.size) for packet in container.demux(video=0) if packet.size]
    data = bytearray(path.read_bytes())
    for at, size in places[12:]:
        filler = struct.pack(">IH", size - 4, 38 << 9 | 1)
        data[at or 0 : (at or 0) + len(filler)] = filler
    with pytest.raises(MediaError, match="last pictures do not decode"):
        probe(saved(tmp_path, bytes(data)))


@pytest.mark.parametrize(
    "data",
    [claiming(0), good() + struct.pack(">I4sQ", 1, b"free", 20) + bytes(4), good() + FREE],
    ids=["to the end of the file", "64 bit", "an empty box"],
)
def test_every_lawful_box_size_is_taken(tmp_path: Path, data: bytes) -> None:
    """Sizes of 0, in 64 bits and of the bare header add up like any other."""
    assert probe(saved(tmp_path, data)).seconds == 0.5


def test_a_file_without_video_is_refused(tmp_path: Path) -> None:
    """Sound alone is no clip."""
    with pytest.raises(MediaError, match="holds no video"):
        probe(write(tmp_path / "sound.mp4", video=False, audio=True))


@pytest.mark.parametrize("name", ["missing.mp4", "."])
def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, name: str) -> None:
    """A missing file and a folder are MediaErrors too."""
    for look in (check_boxes, probe, poster):
        with pytest.raises(MediaError, match="cannot be read"):
            look(tmp_path / name)


def test_a_name_is_never_a_protocol(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A clip whose name looks like an ffmpeg address is read as the file that it is."""
    monkeypatch.chdir(tmp_path)
    Path("concat:a.mp4").write_bytes(good())
    assert probe(Path("concat:a.mp4")).width == 160


def test_the_poster_shows_the_middle(tmp_path: Path) -> None:
    """Of a clip that turns from red to green to blue the poster is green, and no wider than 640."""
    colours = ((220, 0, 0),) * 8 + ((0, 220, 0),) * 8 + ((0, 0, 220),) * 8
    jpeg = poster(write(tmp_path / "clip.mp4", colours=colours, size=Size(960, 540)))
    picture = Image.open(io.BytesIO(jpeg))
    assert (picture.format, picture.size) == ("JPEG", (640, 360))
    red, green, blue = np.asarray(picture)[180, 320]
    assert green > 150 > 60 > max(red, blue)


def test_the_poster_costs_no_more_than_a_second(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of five seconds with one whole picture, a second is decoded, and the poster is of that second's end."""
    decoded: list[object] = []

    def noted(items: Iterable[T]) -> Iterator[T]:
        for item in items:
            decoded.extend([item] if isinstance(item, av.VideoFrame) else [])
            yield item

    monkeypatch.setattr("tasks.media.probe._timely", noted)
    colours = ((220, 0, 0),) * 20 + ((0, 220, 0),) * 12 + ((0, 0, 220),) * 88
    path = write(tmp_path / "clip.mp4", colours=colours, one_key=True)
    red, green, blue = np.asarray(Image.open(io.BytesIO(poster(path))))[45, 80]
    assert green > 150 > 60 > max(red, blue)
    assert 24 < len(decoded) < 28


@pytest.mark.parametrize("codec", ["libsvtav1", "libvpx-vp9"])
def test_a_clip_that_cannot_be_taken_apart_is_decoded(tmp_path: Path, codec: str) -> None:
    """A hole at the end of AV1 or VP9 is found by the decoder."""
    path = write(tmp_path / "whole.mp4", colours=((0, 0, 0),) * 36, noise=True, codec=codec)
    assert probe(path).seconds == 1.5
    with av.open(str(path)) as container:
        places = [(packet.pos, packet.size) for packet in container.demux(video=0) if packet.size]
    data = bytearray(path.read_bytes())
    for at, size in places[18:]:
        data[at or 0 : (at or 0) + size] = bytes(size)
    with pytest.raises(MediaError, match=r"not decode|cannot be decoded"):
        probe(saved(tmp_path, bytes(data)))


@pytest.mark.parametrize(("degrees", "where"), [(90, "bottom"), (-90, "top"), (180, "right")])
def test_the_poster_is_upright(tmp_path: Path, degrees: int, where: str) -> None:
    """A clip marked as turned (counterclockwise) shows its white left edge where a player would."""
    still = np.zeros((90, 160, 3))
    still[:, :40] = 255
    path = write(tmp_path / "clip.mp4", still=still, degrees=degrees)
    light = np.asarray(Image.open(io.BytesIO(poster(path))).convert("L"))
    edges = {"top": light[:20], "bottom": light[-20:], "left": light[:, :20], "right": light[:, -20:]}
    assert light.shape == ((90, 160) if degrees == 180 else (160, 90))
    assert max(edges, key=lambda side: edges[side].mean()) == where


def test_the_poster_of_a_card_is_a_card(tmp_path: Path) -> None:
    """The poster's pixels are those of the clip's middle frame."""
    path = saved(tmp_path, good())
    middle = pictures(path)[6]
    shown = np.asarray(Image.open(io.BytesIO(poster(path)))).astype(np.int16)
    assert np.abs(shown - middle).mean() < 4
    assert order("card").size == Size(shown.shape[1], shown.shape[0])


# --- headers that lie


def counting(box: bytes, at: int, *numbers: int) -> bytes:
    """The clip with other numbers written behind the name of a box."""
    return patched(good(), box, at, *numbers)


def patched(data: bytes, box: bytes, at: int, *numbers: int) -> bytes:
    start = data.index(box) + at
    return data[:start] + struct.pack(f">{len(numbers)}I", *numbers) + data[start + 4 * len(numbers) :]


def fragmented(folder: Path, samples: int) -> bytes:
    """A fragment of a few bytes that says how many samples it has, none of which needs a byte of its own."""
    path = write(folder / "fragmented.mp4", movflags="frag_keyframe+empty_moov")
    return patched(path.read_bytes(), b"trun", 4, 1, samples)


def samples_without_end(folder: Path) -> bytes:
    """All of 50 million samples of one byte, in one chunk."""
    data = patched(good(), b"stsz", 8, 1, 50_000_000)
    return patched(patched(data, b"stsc", 12, 1, 50_000_000, 1), b"stts", 12, 50_000_000, 1)


def growing(folder: Path) -> bytes:
    """A clip of 160x90 whose last picture is one of 8192x8192, which no header tells."""
    path = folder / "growing.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=24)
        stream.width, stream.height, stream.pix_fmt, stream.codec_context.max_b_frames = 160, 90, "yuv420p", 0
        for n in range(3):
            container.mux(stream.encode(picture_of(160, 90, n)))
        container.mux(stream.encode())
        large = av.CodecContext.create("libx264", "w")
        assert isinstance(large, av.VideoCodecContext)
        large.width, large.height, large.pix_fmt, large.max_b_frames = 8192, 8192, "yuv420p", 0
        large.time_base, large.framerate, large.options = Fraction(1, 24), Fraction(24), {"preset": "ultrafast"}
        for packet in [*large.encode(picture_of(8192, 8192, 0)), *large.encode()]:
            packet.stream, packet.time_base = stream, Fraction(1, 24)
            packet.pts = packet.dts = 3
            container.mux(packet)
    return path.read_bytes()


def picture_of(width: int, height: int, at: int) -> av.VideoFrame:
    frame = av.VideoFrame(width, height, "yuv420p")
    frame.pts = at
    return frame


def wide(folder: Path) -> bytes:
    return write(folder / "wide.mp4", colours=((0, 0, 0),), size=Size(4098, 2304)).read_bytes()


def foreign(folder: Path) -> bytes:
    """A clip in a format that few have looked at for hostile files."""
    return write(folder / "foreign.mp4", codec="ffv1").read_bytes()


LIES: dict[str, tuple[Any, str]] = {
    "fragments": (lambda folder: fragmented(folder, 50_000_000), "counts 50,000,000 samples and 0 edits"),
    "samples": (samples_without_end, "counts 50,000,000 samples and 1 edits"),
    "edits": (lambda _: counting(b"elst", 8, 5_000), "samples and 5,000 edits"),
    "a packed header": (lambda _: good() + struct.pack(">I4sI4s", 16, b"moov", 8, b"cmov"), "has a compressed header"),
    "a long header": (
        lambda _: good() + struct.pack(">I4s", 64_000_008, b"uuid") + bytes(64_000_000),
        "headers of more",
    ),
    "a large picture": (wide, "the video is 4098x2304; at most 9,437,184 pixels"),
    "a picture that grows": (growing, "cannot be decoded"),
    "a rare format": (foreign, "the video is ffv1, which is not decoded; use H.264"),
}


@pytest.mark.parametrize("name", LIES)
@pytest.mark.timeout(20)
def test_lies_are_told_before_they_cost_anything(tmp_path: Path, name: str) -> None:
    """A header that counts more than a clip can have, and a picture larger than any, are sentences at once."""
    make, words = LIES[name]
    path = saved(tmp_path, make(tmp_path))
    for look in (probe, poster):
        with pytest.raises(MediaError, match=words):
            look(path)


def test_a_clip_that_takes_too_long_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading ends when its time is over, however many pictures are left."""
    monkeypatch.setattr("tasks.media.probe.LOOK_SECONDS", -1.0)
    with pytest.raises(MediaError, match="takes more than -1 s to read"):
        probe(saved(tmp_path, good()))


@pytest.mark.parametrize("walk", ["packets", "pictures"])
def test_each_walk_ends_with_its_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, walk: str) -> None:
    """Reading the packets has its time, and so has decoding: a clip can be endless in either alone."""
    with video.open_clip(saved(tmp_path, good())) as (container, stream):
        span = video.span_of(container, stream)
        container.seek(span.first, stream=stream)
        monkeypatch.setattr("tasks.media.probe.LOOK_SECONDS", -1.0)
        with pytest.raises(MediaError, match="takes more than -1 s to read"):
            if walk == "packets":
                video.span_of(container, stream)
            else:
                video.pictures_at(container, stream, span, [span.first])


class Watched(type(Path())):  # type: ignore[misc]  # the kind of path that this system has
    """A file that notes at each opening how many decoders more could begin."""

    def open(self, *arguments: Any, **more: Any) -> Any:
        """As ever."""
        taken = 0
        while video.AT_ONCE.acquire(blocking=False):
            taken += 1
        for _ in range(taken):
            video.AT_ONCE.release()
        self.places.append(taken)
        return super().open(*arguments, **more)


def test_two_clips_are_decoded_at_once_at_most(tmp_path: Path) -> None:
    """While one clip is open to its decoder there is room for one more; its boxes are looked at before."""
    path = Watched(saved(tmp_path, good()))
    path.places = []
    for look in (probe, poster):
        look(path)
    assert path.places == [2, 1, 2, 1]


def test_a_clip_is_read_as_the_mp4_that_it_is(tmp_path: Path) -> None:
    """An mp4 that ffmpeg would guess to be the other video in a box of its own is measured as what it says it is."""
    other = write(tmp_path / "other.ts", form="mpegts", colours=((9, 9, 9),) * 24).read_bytes()
    box = struct.pack(">I4s", 8 + len(other), b"more") + other
    data = good().replace(b"ftypisom", b"ftypjp2 ")
    moved = int.from_bytes(data[data.index(b"stco") + 12 :][:4], "big") + len(box)
    data, behind = patched(data, b"stco", 12, moved), boxes(data)[b"ftyp"][1]
    path = saved(tmp_path, data[:behind] + box + data[behind:])
    with av.open(str(path)) as guessed:
        assert guessed.format.name == "mpegts"
    assert probe(path) == Probe(160, 90, 24.0, 0.5, False)
