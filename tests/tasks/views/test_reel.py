"""The rough cut: what was written is decoded, looked at and listened to."""

import atexit
import hashlib
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from functools import cache
from itertools import groupby, pairwise
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.animatic.renderer import render
from tasks.domain.errors import MediaError
from tasks.domain.shot import Size
from tasks.views.reel.avcc import Header, merge, parse
from tasks.views.reel.parts import Open, Part, local
from tasks.views.reel.reel import join
from tests.tasks.clips import SMALL, held, order, pictures, plain, write

Rgb = tuple[int, int, int]
RED, GREEN, BLUE, YELLOW = (200, 30, 30), (30, 200, 30), (30, 30, 200), (200, 200, 30)
NAMES = {RED: "red", GREEN: "green", BLUE: "blue", YELLOW: "yellow"}


@cache
def shelf() -> Path:
    """A folder for clips that several tests use, until the run is over."""
    folder = mkdtemp()
    atexit.register(shutil.rmtree, folder)
    return Path(folder)


@cache
def own(colour: Rgb, seconds: str = "0.5", size: Size = SMALL) -> Path:
    """A clip by the built-in renderer."""
    path = shelf() / f"own-{colour}-{seconds}-{size}.mp4".replace(" ", "")
    render(order("kenburns", "static", seconds, size), path, frame=plain(colour, size))
    return path


@cache
def foreign(colour: Rgb, frames: int, rate: int, size: Size = SMALL, degrees: int = 0) -> Path:
    """A clip by another program, without sound."""
    path = shelf() / f"foreign-{colour}-{frames}-{rate}-{size}-{degrees}.mp4".replace(" ", "")
    return write(path, colours=(colour,) * frames, rate=rate, size=size, degrees=degrees)


@cache
def singing(colour: Rgb, hertz: int, layout: str = "mono", rate: int = 24) -> Path:
    """A second of one colour and one tone."""
    path = shelf() / f"sing-{colour}-{hertz}-{layout}-{rate}.mp4".replace(" ", "")
    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", rate=rate, width=SMALL.width, height=SMALL.height)
        video.pix_fmt = "yuv420p"
        sound = out.add_stream("aac", rate=48_000, layout=layout)
        for _ in range(rate):
            pixels = np.full((SMALL.height, SMALL.width, 3), colour, np.uint8)
            out.mux(video.encode(av.VideoFrame.from_ndarray(pixels)))
        out.mux(video.encode())
        tone = (np.sin(np.arange(48_000) * 2 * np.pi * hertz / 48_000) / 2).astype(np.float32)
        for start in range(0, 48_000, 1024):
            piece = np.repeat(tone[None, start : start + 1024], av.AudioLayout(layout).nb_channels, axis=0)
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(piece), format="fltp", layout=layout)
            frame.sample_rate, frame.pts = 48_000, start
            out.mux(sound.encode(frame))
        out.mux(sound.encode())
    return path


def part(name: str, path: Path | None, seconds: str = "", words: str = "") -> Part:
    """A shot: its clip as long as it is, or a card of half a second, where ``seconds`` does not say otherwise."""
    length = Fraction(seconds or ("60" if path else "0.5"))
    return Part(name, length, local(path) if path else None, "Harbour", words)


def parts(*paths: Path | None) -> list[Part]:
    return [part(f"sh{number}", path) for number, path in enumerate(paths, 1)]


def nearest(picture: Any) -> str:
    """The name of the colour left of the middle, where no words stand; what is none of ours is a card."""
    height, width, _ = picture.shape
    seen = np.median(picture[height * 5 // 8 : height * 3 // 4, width // 4 : width // 2].reshape(-1, 3), axis=0)
    colour, far = min(((c, float(np.abs(seen - c).max())) for c in NAMES), key=lambda pair: pair[1])
    return NAMES[colour] if far < 32 else "card"  # a clip without colour tags may be read by another matrix


def runs(path: Path) -> list[tuple[str, int]]:
    """What is seen, and for how many frames."""
    return [(name, len(list(found))) for name, found in groupby(map(nearest, pictures(path)))]


def packets(path: Path, kind: str = "video") -> list[bytes]:
    with av.open(str(path)) as container:
        stream = next(one for one in container.streams if one.type == kind)
        return [bytes(packet) for packet in container.demux(stream) if packet.size]


def length(path: Path) -> float:
    """Seconds from the first picture to the end of the last."""
    with av.open(str(path)) as container:
        found = [p for p in container.demux(video=0) if p.pts is not None]
        times = [float(p.pts * p.time_base) for p in found]
        ends = [float((p.pts + p.duration) * p.time_base) for p in found]
        assert [p.dts for p in found] == sorted({p.dts for p in found})
        return max(ends) - min(times)


def pitch(path: Path, start: float, stop: float) -> int:
    """The loudest frequency between two seconds; 0 where it is silent."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        heard = np.zeros(int(container.duration / 1e6 * 48_000) + 96_000, np.float32)
        for frame in container.decode(stream):
            at, piece = round((frame.time or 0) * 48_000), frame.to_ndarray()[0]
            heard[at : at + len(piece)] = piece
    cut = heard[int(start * 48_000) : int(stop * 48_000)]
    if np.abs(cut).max() < 0.01:
        return 0
    return round(int(np.abs(np.fft.rfft(cut)).argmax()) * 48_000 / len(cut))


def test_clips_of_one_make_are_copied_in_board_order(tmp_path: Path) -> None:
    """Three clips of the built-in renderer stand in the reel one after the other, byte for byte as they were."""
    paths = [own(RED), own(GREEN, "0.25"), own(BLUE)]
    told = join(parts(*paths), tmp_path / "reel.mp4")
    assert runs(tmp_path / "reel.mp4") == [("red", 12), ("green", 6), ("blue", 12)]
    assert packets(tmp_path / "reel.mp4") == [one for path in paths for one in packets(path)]
    assert (told.copied, told.encoded, told.cards, told.sound, told.skipped) == (3, 0, 0, "", ())
    assert (told.size, told.fps, told.seconds) == (SMALL, 24.0, 1.25)


@pytest.mark.parametrize("frames", range(1, 13))
def test_a_clip_is_cut_where_it_should_end(tmp_path: Path, frames: int) -> None:
    """Of a clip whose packets come in another order than its pictures as many are seen as were asked for."""
    length = str(Fraction(frames, 24))
    shown = [part("a", own(RED)), part("b", foreign(GREEN, 12, 24), length), part("c", own(BLUE), "1/4")]
    told = join(shown, tmp_path / "reel.mp4")
    assert runs(tmp_path / "reel.mp4") == [("red", 12), ("green", frames), ("blue", 6)]
    assert told.seconds == (18 + frames) / 24


def test_clips_of_one_make_are_cut_without_encoding(tmp_path: Path) -> None:
    """Clips without pictures out of order are copied up to where they end, and what is left of them does not come."""
    made = [held(tmp_path / f"{n}.mp4", range(n, n + 24), pictures_between=0) for n in range(2)]
    told = join([part("a", made[0], "1/4"), part("b", made[1], "1/3")], tmp_path / "reel.mp4")
    assert (told.copied, told.encoded, told.seconds) == (2, 0, 14 / 24)
    assert packets(tmp_path / "reel.mp4") == [*packets(made[0])[:6], *packets(made[1])[:8]]


def test_sound_ends_with_the_cut(tmp_path: Path) -> None:
    """The tone of a clip that is cut ends where the next clip's begins, copied or encoded."""
    for second in (singing(GREEN, 880), singing(GREEN, 880, "stereo")):
        join([part("a", singing(RED, 440), "1/2"), part("b", second, "1/2")], tmp_path / "reel.mp4")
        assert [pitch(tmp_path / "reel.mp4", at + 0.1, at + 0.4) for at in (0, 0.5)] == [440, 880]
        assert length(tmp_path / "reel.mp4") == pytest.approx(1, abs=0.001)


def test_one_missing_shot_encodes_one_card(tmp_path: Path) -> None:
    """Around the card of a refused shot all other clips are still copied, and decode as they should."""
    seen = [*parts(own(RED), own(GREEN)), part("sh3", None, "1", "refused: policy"), *parts(own(BLUE))]
    told = join(seen, tmp_path / "reel.mp4")
    assert runs(tmp_path / "reel.mp4") == [("red", 12), ("green", 12), ("card", 24), ("blue", 12)]
    assert (told.copied, told.encoded, told.cards) == (3, 0, 1)
    found = packets(tmp_path / "reel.mp4")
    assert found[:24] == packets(own(RED)) + packets(own(GREEN))
    assert found[-12:] == packets(own(BLUE))
    with av.open(str(tmp_path / "reel.mp4")) as container:
        times = [packet.dts for packet in container.demux(video=0) if packet.dts is not None]
    assert len({after - before for before, after in pairwise(times)}) == 1


def test_a_card_bears_its_words(tmp_path: Path) -> None:
    """Another reason gives another picture, and letters stand out of the ground."""
    shown = []
    for words in ("refused: policy", "failed: no route"):
        join([part("a", own(RED)), part("b", None, "0.5", words)], tmp_path / "reel.mp4")
        shown.append(pictures(tmp_path / "reel.mp4")[-1])
    assert np.abs(shown[0] - shown[1]).max() > 60
    assert shown[0].max() > 180


@pytest.mark.parametrize(
    ("paths", "expected", "copied"),
    [
        (lambda: [foreign(RED, 12, 24), foreign(GREEN, 15, 30)], [("red", 12), ("green", 12)], 1),
        (
            lambda: [foreign(RED, 30, 30), foreign(GREEN, 30, 30), own(BLUE)],
            [("red", 30), ("green", 30), ("blue", 15)],
            2,
        ),
        (lambda: [foreign(RED, 12, 24), foreign(GREEN, 12, 24, Size(320, 180))], [("red", 12), ("green", 12)], 1),
        (lambda: [own(BLUE), foreign(YELLOW, 12, 24), own(RED)], [("blue", 12), ("yellow", 12), ("red", 12)], 2),
        (lambda: [foreign(RED, 1, 24), own(GREEN), own(BLUE)], [("red", 1), ("green", 12), ("blue", 12)], 2),
        (lambda: [own(GREEN)], [("green", 12)], 1),
        (lambda: [own(GREEN), None], [("green", 12), ("card", 12)], 1),
        (lambda: [None, own(GREEN)], [("card", 12), ("green", 12)], 1),
    ],
    ids=["rates", "common rate", "sizes", "makes", "one frame", "one clip", "card last", "card first"],
)
def test_what_differs_is_encoded(
    tmp_path: Path, paths: Callable[[], list[Path | None]], expected: list[tuple[str, int]], copied: int
) -> None:
    """Clips of the most common size, rate and make are copied, the others fitted in at the same length."""
    told = join(parts(*paths()), tmp_path / "reel.mp4")
    assert runs(tmp_path / "reel.mp4") == expected
    assert told.copied == copied


def test_another_shape_is_padded(tmp_path: Path) -> None:
    """An upright clip stands whole in the middle of a wide reel, black on both sides; so does one that is turned."""
    tall = [foreign(GREEN, 12, 24, Size(90, 160)), foreign(BLUE, 12, 24, SMALL, degrees=90)]
    join(parts(own(RED), own(RED), *tall), tmp_path / "reel.mp4")
    for picture, colour in zip(pictures(tmp_path / "reel.mp4")[30::12], (GREEN, BLUE), strict=True):
        assert np.abs(picture[45, 80] - colour).max() < 20
        assert picture[:, :40].max() < 12
        assert picture[:, -40:].max() < 12


@pytest.mark.parametrize("degrees", [90, 180])
def test_a_turned_clip_is_not_copied(tmp_path: Path, degrees: int) -> None:
    """A clip that players turn is of another make than the same one upright: its pictures are turned for good."""
    half = np.zeros((SMALL.height, SMALL.width, 3), np.uint8)
    half[: SMALL.height // 2] = 255
    turned = write(tmp_path / "turned.mp4", still=half, degrees=degrees)
    told = join([*parts(foreign(RED, 12, 24), foreign(BLUE, 12, 24)), part("t", turned)], tmp_path / "reel.mp4")
    assert told.copied == 2
    last = pictures(tmp_path / "reel.mp4")[-1].mean(axis=2)
    assert (last[10].mean() < 60) if degrees == 180 else (abs(last[10].mean() - last[-10].mean()) < 20)


@pytest.mark.parametrize(
    ("asked", "size"), [(Size(200, 200), Size(200, 200)), (Size(161, 91), SMALL), (Size(99, 57), Size(98, 56))]
)
def test_the_size_can_be_asked_for(tmp_path: Path, asked: Size, size: Size) -> None:
    """A reel has the size asked for with even sides; what has it already is copied."""
    told = join(parts(own(RED), own(GREEN)), tmp_path / "reel.mp4", size=asked)
    assert told.size == size
    assert pictures(tmp_path / "reel.mp4")[0].shape == (size.height, size.width, 3)
    assert runs(tmp_path / "reel.mp4") == [("red", 12), ("green", 12)]
    assert told.copied == (2 if size == SMALL else 0)


def test_sound_of_one_kind_is_copied(tmp_path: Path) -> None:
    """Where all clips sound alike their packets are copied, and each tone is heard in its clip."""
    paths = [singing(RED, 440), singing(GREEN, 880), singing(BLUE, 660)]
    told = join(parts(*paths), tmp_path / "reel.mp4")
    assert told.sound == "copied"
    assert set(packets(tmp_path / "reel.mp4", "audio")) <= {one for p in paths for one in packets(p, "audio")}
    assert [pitch(tmp_path / "reel.mp4", n + 0.1, n + 0.9) for n in range(3)] == [440, 880, 660]


def test_copied_sound_does_not_drift(tmp_path: Path) -> None:
    """Each packet of sound stands in the reel where it stood in its clip, to half of its length."""

    def places(path: Path) -> dict[bytes, float]:
        with av.open(str(path)) as container:
            return {bytes(p): float(p.pts * p.time_base) for p in container.demux(audio=0) if p.size and p.pts}

    paths = [singing(colour, hertz) for colour, hertz in ((RED, 440), (GREEN, 880), (BLUE, 660), (YELLOW, 523))]
    join(parts(*paths), tmp_path / "reel.mp4")
    found = places(tmp_path / "reel.mp4")
    late = [
        found[data] - number - at
        for number, path in enumerate(paths)
        for data, at in places(path).items()
        if data in found
    ]
    assert len(late) > 4 * 40
    assert max(map(abs, late)) <= 513 / 48_000


@pytest.mark.parametrize(
    "make",
    [
        lambda: None,
        lambda: own(YELLOW, "1"),
        lambda: singing(YELLOW, 550, "stereo"),
        lambda: singing(YELLOW, 550, rate=30),
    ],
    ids=["card", "silent", "stereo", "rate"],
)
def test_sound_is_kept_beside_silence(tmp_path: Path, make: Callable[[], Path | None]) -> None:
    """With a silent part, a card or another kind of sound between them, tones stay where their pictures are."""
    odd = make()
    shown = [part("a", singing(RED, 440)), part("b", odd, "1"), part("c", singing(GREEN, 880))]
    told = join(shown, tmp_path / "reel.mp4")
    between = 550 if odd and "sing" in odd.name else 0
    heard = [pitch(tmp_path / "reel.mp4", n + 0.1, n + 0.9) for n in range(3)]
    assert heard == [440, between, 880]
    assert told.sound == ("copied" if odd and odd.name.endswith("-30.mp4") else "encoded")
    assert told.copied == (3 if odd and "stereo" in odd.name else 2)


def cut(path: Path, folder: Path) -> Path:
    (folder / "cut.mp4").write_bytes(path.read_bytes()[:-50])
    return folder / "cut.mp4"


def zeroed(path: Path, folder: Path) -> Path:
    """The clip with the second half of its pictures destroyed."""
    data = path.read_bytes()
    half = (data.index(b"mdat") + len(data)) // 2
    (folder / "zeroed.mp4").write_bytes(data[:half] + bytes(len(data) - half))
    return folder / "zeroed.mp4"


@contextmanager
def gone() -> Iterator[Path]:
    raise FileNotFoundError(2, "No such file or directory")
    yield Path()


def test_a_broken_clip_becomes_a_card(tmp_path: Path) -> None:
    """Cut off, no video, or not to be had: each is a card of the length asked for, with its reason told."""
    (tmp_path / "text.mp4").write_text("this is no video at all, only words")
    bad = [
        part("cut", cut(own(GREEN), tmp_path), "0.5"),
        part("text", tmp_path / "text.mp4", "0.5"),
        Part("gone", Fraction("0.5"), gone),
    ]
    told = join([part("a", own(RED)), *bad, part("z", own(BLUE))], tmp_path / "reel.mp4")
    assert runs(tmp_path / "reel.mp4") == [("red", 12), ("card", 36), ("blue", 12)]
    assert [name for name, _ in told.skipped] == ["cut", "text", "gone"]
    assert [
        word in reason for word, (_, reason) in zip(("cut off", "no mp4", "No such file"), told.skipped, strict=True)
    ]
    assert (told.copied, told.cards) == (2, 3)


def flaky(path: Path, good: int) -> Open:
    """A clip that can be opened so many times."""
    left = [good]

    @contextmanager
    def opener() -> Iterator[Path]:
        left[0] -= 1
        if left[0] < 0:
            raise MediaError("the store went away")
        yield path

    return opener


@pytest.mark.parametrize(
    "others",
    [lambda: [own(RED), own(BLUE)], lambda: [foreign(RED, 12, 24), foreign(BLUE, 12, 24)]],
    ids=["own", "foreign"],
)
def test_a_clip_that_vanishes_between_becomes_a_card(tmp_path: Path, others: Callable[[], list[Path]]) -> None:
    """A clip that was there when it was looked at, and is not when it is joined, costs its own place only."""
    vanishing = Part("v", Fraction("0.5"), flaky(own(GREEN), 1))
    told = join([*parts(*others()), vanishing, part("c", None)], tmp_path / "reel.mp4")
    assert runs(tmp_path / "reel.mp4") == [("red", 12), ("blue", 12), ("card", 24)]
    assert told.skipped == (("v", "the store went away"),)


def test_a_clip_that_breaks_in_its_middle_goes_on_as_a_card(tmp_path: Path) -> None:
    """An encoded clip whose pictures stop to decode keeps its length: a card stands for the rest."""
    noise = {"colours": ((0, 0, 0),) * 48, "noise": True, "size": Size(192, 108), "movflags": "faststart"}
    noisy = write(tmp_path / "noise.mp4", **noise)
    shown = [*parts(own(RED), own(BLUE)), part("bad", zeroed(noisy, tmp_path))]
    told = join(shown, tmp_path / "reel.mp4")
    assert len(pictures(tmp_path / "reel.mp4")) == 12 + 12 + 48
    assert nearest(pictures(tmp_path / "reel.mp4")[-1]) == "card"
    assert [name for name, _ in told.skipped] == ["bad"]


@pytest.mark.parametrize(
    ("given_parts", "words"),
    [
        ([], "nothing to join"),
        ([part("sh1", None)], "nothing to join"),
        ([Part("sh1", Fraction(1), gone), Part("sh2", Fraction(1), gone)], "sh1: No such file.*sh2: No such file"),
    ],
    ids=["no parts", "no clip", "none usable"],
)
def test_nothing_to_join_is_said(tmp_path: Path, given_parts: list[Part], words: str) -> None:
    """Without any usable clip there is one error that names each part, and no file."""
    with pytest.raises(MediaError, match=words):
        join(given_parts, tmp_path / "reel.mp4")
    assert list(tmp_path.iterdir()) == []


def test_an_output_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    """A folder that is not there is a MediaError about the reel, not about a clip."""
    with pytest.raises(MediaError, match="the reel cannot be written"):
        join(parts(own(RED)), tmp_path / "none" / "reel.mp4")


@pytest.mark.parametrize(
    "paths",
    [lambda: [own(RED), own(GREEN)], lambda: [own(RED), None, foreign(GREEN, 15, 30), singing(BLUE, 440)]],
    ids=["copy", "mixed"],
)
def test_the_same_parts_give_the_same_bytes(tmp_path: Path, paths: Callable[[], list[Path | None]]) -> None:
    """A reel joined twice is the same file, and its index stands before its media."""
    digests = set()
    for _ in range(2):
        join(parts(*paths()), tmp_path / "reel.mp4")
        data = (tmp_path / "reel.mp4").read_bytes()
        assert data.index(b"moov") < data.index(b"mdat")
        digests.add(hashlib.sha256(data).hexdigest())
    assert len(digests) == 1


def test_parts_are_here_one_by_one(tmp_path: Path) -> None:
    """No clip is opened before the last one is given back, alike ones are opened once, and progress counts."""
    here, most, opened, told = 0, 0, 0, []

    def counted(path: Path) -> Open:
        @contextmanager
        def opener() -> Iterator[Path]:
            nonlocal here, most, opened
            here, opened = here + 1, opened + 1
            most = max(most, here)
            yield path
            here -= 1

        return opener

    shown = [Part(str(n), Fraction(1), counted(own(RED))) for n in range(5)]
    join(shown, tmp_path / "reel.mp4", progress=lambda done, of: told.append((done, of)))
    assert (most, opened, told) == (1, 5, [(n, 5) for n in range(1, 6)])
    join([*shown, part("c", None)], tmp_path / "reel.mp4")
    assert most == 1


@given(st.lists(st.tuples(st.sampled_from([15, 24, 25, 30, 60]), st.integers(1, 9)), min_size=1, max_size=5), st.data())
@settings(max_examples=12, deadline=None)
def test_no_drift(clips: list[tuple[int, int]], data: st.DataObject) -> None:
    """Whatever rates and lengths meet, cards between them: the reel is as long as its parts, within one frame."""
    seen, whole = [], 0.0
    for rate, frames in clips:
        card = data.draw(st.decimals("0.05", "0.4", places=3))
        seen += [part("x", foreign(RED, frames, rate, Size(64, 36))), part("c", None, str(card))]
        whole += frames / rate + float(card)
    out = shelf() / "reel.mp4"
    told = join(seen, out)
    frame = 1 / told.fps
    assert abs(length(out) - whole) <= frame
    assert abs(told.seconds - length(out)) < 0.001


MEMORY = """
import resource, sys
from fractions import Fraction
from pathlib import Path
from tasks.views.reel.parts import Part, local
from tasks.views.reel.reel import join
clips = [local(Path(name)) for name in sys.argv[3:]]
parts = [Part(str(n), Fraction(1), clips[n % len(clips)]) for n in range(int(sys.argv[1]))]
join(parts, Path(sys.argv[2]))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


@pytest.mark.parametrize(
    "paths", [lambda: [own(RED), own(GREEN)], lambda: [own(RED), foreign(GREEN, 3, 30)]], ids=["copy", "mixed"]
)
def test_memory_does_not_grow_with_the_clips(tmp_path: Path, paths: Callable[[], list[Path]]) -> None:
    """200 clips are joined in the memory of 10, give or take 40 MB."""

    def megabytes(number: int) -> int:
        command = [sys.executable, "-c", MEMORY, str(number), str(tmp_path / "reel.mp4"), *map(str, paths())]
        return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

    assert megabytes(200) < megabytes(10) + 40


def test_headers_are_merged_whole() -> None:
    """A header that is parsed, merged and written has the parameter sets of both under their own ids."""
    one = Header(100, 0, 31, (bytes.fromhex("6764001facd940"),), (bytes.fromhex("68ef833c"),), b"\xfd\xf8\xf8\x00")
    other = Header(77, 64, 40, (bytes.fromhex("674d002822d940"),), (bytes.fromhex("6821"),), b"")
    both = merge(one, other)
    assert parse(both.data) == both
    assert (one.ids, other.ids, both.ids) == ({0}, {3}, {0, 3})
    assert (both.profile, both.level, both.compatible, both.more) == (100, 40, 0, one.more)


@given(st.binary(max_size=60))
@settings(max_examples=200, deadline=None)
def test_any_header_is_read_or_refused(data: bytes) -> None:
    """Random bytes are no header, or one whose ids can be asked for."""
    found = parse(data)
    assert found is None or all(number >= 0 for number in found.ids)


@pytest.mark.parametrize("data", [b"", b"\x00\x00\x00\x01gd", b"\x01\x6e\x00\x1f\xff\xe1\x00\x00\x01\x00\x00"])
def test_other_headers_are_refused(data: bytes) -> None:
    """Nothing, start codes, or ten bits a sample: nothing can be added to these."""
    assert parse(data) is None
