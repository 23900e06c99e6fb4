"""The built-in renderer: what it wrote is decoded and looked at."""

import hashlib
from decimal import Decimal
from pathlib import Path
from threading import Thread
from typing import Any

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from tasks.animatic.faces import font
from tasks.animatic.renderer import even_size, frame_count, render
from tasks.animatic.titles import CAP, LEADING, caption, drawable, fit, title_card
from tasks.domain.errors import MediaError
from tasks.domain.order import Frame, Order
from tasks.domain.shot import Size
from tasks.media.probe import probe
from tests.tasks.clips import SMALL, dot, good, order, pictures, plain, png, write

GREY = (120, 120, 120)
LONG = "A tall woman in a yellow raincoat walks along the pier at dawn while gulls wheel above the boats. " * 40
Path_ = tuple[NDArray[np.float64], NDArray[np.float64]]


def made(folder: Path, what: Order, frame: bytes | None = None, source: Path | None = None) -> Path:
    render(what, folder / "clip.mp4", frame=frame, source=source)
    return folder / "clip.mp4"


def middle_of(picture: NDArray[np.int16]) -> tuple[float, float]:
    """Where the light's middle lies (the corner mark left out)."""
    light = np.clip(picture[..., 1] - 16, 0, None).astype(float)
    light[:14, 110:] = 0
    rows, columns = np.mgrid[0 : light.shape[0], 0 : light.shape[1]]
    return float((light * columns).sum() / light.sum()), float((light * rows).sum() / light.sum())


def way_of(folder: Path, move: str, seconds: str = "2", still: bytes | None = None) -> Path_:
    """x and y of a dot's middle over the frames of a move."""
    still = still or dot(80, 45)
    found = [middle_of(picture) for picture in pictures(made(folder, order("kenburns", move, seconds), still))]
    return np.array([x for x, _ in found]), np.array([y for _, y in found])


@pytest.mark.parametrize("name", ["kenburns", "card", "caption"])
@pytest.mark.parametrize(
    ("size", "seconds", "frames"),
    [
        (SMALL, "0.5", 12),
        (Size(90, 160), "0.25", 6),
        (Size(96, 96), "1", 24),
        (SMALL, "0.33", 8),
        (SMALL, "0.001", 1),
    ],
    ids=str,
)
def test_the_clip_is_what_was_ordered(tmp_path: Path, name: str, size: Size, seconds: str, frames: int) -> None:
    """Every kind has the ordered size, 24 frames a second, the ordered length to a frame, and no sound."""
    source = write(tmp_path / "source.mp4")
    path = made(tmp_path, order(name, "pan left", seconds, size), plain(GREY), source)
    found = probe(path)
    assert (found.width, found.height, found.fps, found.audio) == (size.width, size.height, 24.0, False)
    assert len(pictures(path)) == frames
    assert found.seconds == pytest.approx(frames / 24)


def test_the_file_is_h264_that_plays_while_it_loads(tmp_path: Path) -> None:
    """H.264 in yuv420p and BT.709, the index before the media, no time of making."""
    path = made(tmp_path, order("card", size=Size(320, 180)))
    with av.open(str(path)) as container:
        context = container.streams.video[0].codec_context
        assert (context.name, context.pix_fmt, context.colorspace) == ("h264", "yuv420p", 1)
        assert "creation_time" not in container.metadata | container.streams.video[0].metadata
    data = path.read_bytes()
    assert b" threads=1 " in data
    assert data.index(b"moov") < data.index(b"mdat")
    at = data.index(b"mvhd") + 8
    assert data[at : at + 8] == bytes(8)


@pytest.mark.parametrize("name", ["kenburns", "card", "caption"])
def test_the_same_order_gives_the_same_bytes(tmp_path: Path, name: str) -> None:
    """Twice in a row and on two threads at once, one and the same file."""
    source = write(tmp_path / "source.mp4")
    paths = [tmp_path / f"{n}.mp4" for n in range(3)]
    what = order(name, "a lighthouse in fog")

    def make(path: Path) -> None:
        render(what, path, frame=dot(60, 40), source=source)

    make(paths[0])
    threads = [Thread(target=make, args=(path,)) for path in paths[1:]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}) == 1


def test_another_shot_gives_the_same_move(tmp_path: Path) -> None:
    """A still without camera words moves by prompt and seed, never by the shot's name or scene."""
    folders = [tmp_path / name for name in "abc"]
    asked: list[dict[str, Any]] = [{"shot_id": "x"}, {"shot_id": "y", "scene": "Roof"}, {"seed": 3}]
    for folder, cells in zip(folders, asked, strict=True):
        folder.mkdir()
        made(folder, order("kenburns", "fog", **cells), dot(50, 40))
    first, second, seeded = ((folder / "clip.mp4").read_bytes() for folder in folders)
    assert first == second != seeded


@pytest.mark.parametrize(("move", "grows"), [("push in", True), ("pull back", False)])
def test_a_push_magnifies(tmp_path: Path, move: str, grows: bool) -> None:
    """Over a two-second push the dot covers a quarter more of the picture; pulling back is the reverse."""
    first, *_, last = pictures(made(tmp_path, order("kenburns", move, "2"), dot(80, 45, 10)))
    areas = [int((picture[..., 1] > 100).sum()) for picture in (first, last)]
    assert max(areas) / min(areas) == pytest.approx(1.12**2, abs=0.04)
    assert (areas[1] > areas[0]) is grows


@pytest.mark.parametrize(
    ("move", "dx", "dy"),
    [
        ("pan left", 1, 0),
        ("pan right", -1, 0),
        ("truck left", 1, 0),
        ("tilt up", 0, 1),
        ("tilt down", 0, -1),
        ("crane up", 0, 1),
        ("static", 0, 0),
    ],
)
def test_the_picture_moves_against_the_camera(tmp_path: Path, move: str, dx: int, dy: int) -> None:
    """A camera that pans left sends the picture right, one that tilts up sends it down, a static one nothing."""
    x, y = way_of(tmp_path, move)
    assert [round(np.sign(way) * (abs(way) > 1)) for way in (x[-1] - x[0], y[-1] - y[0])] == [dx, dy]


@pytest.mark.parametrize(("move", "seconds"), [("pan left", "2"), ("pan left", "8"), ("tilt up", "4")])
def test_motion_is_smooth_below_the_pixel(tmp_path: Path, move: str, seconds: str) -> None:
    """Steps of a fraction of a pixel, all in one direction and even: none stands still to jump a whole one."""
    x, y = way_of(tmp_path, move, seconds)
    steps = np.diff(x if "pan" in move else y)
    cruise = steps[len(steps) // 4 : -len(steps) // 4]
    assert 0.05 < np.median(cruise) < 0.8
    assert np.abs(cruise - np.median(cruise)).max() < 0.35 * np.median(cruise)
    assert steps.min() > -0.02


def test_colours_arrive(tmp_path: Path) -> None:
    """What is orange in the still is the same orange in the player."""
    picture = pictures(made(tmp_path, order("kenburns"), plain((200, 120, 60))))[-1]
    assert np.abs(picture[60, 60] - (200, 120, 60)).max() <= 3


def test_alpha_is_laid_on_black(tmp_path: Path) -> None:
    """Where a still is transparent the clip is black."""
    clear = np.full((90, 160, 4), (255, 255, 255, 0))
    assert pictures(made(tmp_path, order("kenburns"), png(clear)))[0][60, 60].max() <= 3


def test_a_still_of_another_shape_is_filled(tmp_path: Path) -> None:
    """A square still fills a wide clip to its corners."""
    picture = pictures(made(tmp_path, order("kenburns"), plain(GREY, Size(64, 64))))[0]
    assert abs(picture[[0, 0, -1, -1], [0, -1, 0, -1]] - 120).max() <= 3


def test_the_order_s_own_frame_is_used(tmp_path: Path) -> None:
    """Without a frame argument the picture that the order carries is moved over."""
    what = order("kenburns")
    carried = Frame("0" * 64, SMALL, "image/png", "", plain((0, 200, 0)))
    with_frame = Order(what.shot, what.route, what.seconds, what.size, what.prompt, carried)
    assert pictures(made(tmp_path, with_frame))[0][60, 60, 1] > 190


@pytest.mark.parametrize("name", ["kenburns", "card", "caption"])
@pytest.mark.parametrize("size", [Size(640, 360), Size(360, 640)], ids=str)
def test_every_kind_bears_its_mark(tmp_path: Path, name: str, size: Size) -> None:
    """In the upper right corner, inside the action-safe area, light letters stand on a dark pill."""
    source = write(tmp_path / "source.mp4", colours=(GREY,) * 3, size=size)
    picture = pictures(made(tmp_path, order(name, "static", "0.1", size), plain(GREY, size), source))[0]
    u, w, h = min(size.width, size.height) / 100, size.width, size.height
    corner = picture[int(h * 0.05) + 1 : int(h * 0.05 + 4 * u), int(w * 0.95 - 10 * u) : int(w * 0.95)]
    assert corner.max() > 180
    assert np.median(corner) < 70
    if name != "card":
        assert np.abs(picture[: int(h * 0.04)] - 120).max() < 25


@pytest.mark.parametrize("size", [Size(1280, 720), Size(720, 1280), Size(720, 720), Size(64, 36)], ids=str)
@pytest.mark.parametrize(
    "cells",
    [
        {"prompt": "Fog."},
        {"prompt": LONG},
        {"prompt": "W" * 2000, "scene": "W" * 300, "shot_id": "W" * 100, "seed": 10**30},
        {"prompt": "日本の桜 " * 400, "scene": "", "seed": -1},
        {"prompt": "🎬"},
    ],
    ids=["short", "long", "one word", "another script", "nothing to draw"],
)
def test_a_card_keeps_its_margins(cells: dict[str, Any], size: Size) -> None:
    """No text of any length leaves the title-safe area; the mark keeps the action-safe one."""
    card = title_card(order("card", size=size, **cells).shot, "8", size)
    light = np.asarray(card.picture.convert("L")).copy()
    x, y = int(size.width * 0.1), int(size.height * 0.1)
    assert light[y:-y, x:-x].max() > 130
    light[: max(y, 2), size.width // 2 : int(size.width * 0.95) + 1] = 0
    light[y - 1 : size.height - y + 1, x - 1 : size.width - x + 2] = 0
    assert light.max() < 100


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.text(st.sampled_from("abcWi."), min_size=1, max_size=12), max_size=80),
    st.integers(40, 300),
    st.integers(10, 120),
)
def test_text_fits_its_room(words: list[str], room: int, height: int) -> None:
    """Lines are never too wide nor too many, and hold every letter unless they end in an ellipsis."""
    sizes, text = [30.0, 20.0, 10.0], " ".join(words)
    size, lines = fit(text, room, height, sizes)
    assert all(font(size).getlength(line) <= room for line in lines)
    assert len(lines) <= 1 or CAP * size + LEADING * size * (len(lines) - 1) <= height
    whole, shown = "".join(text.split()), "".join("".join(lines).split())
    assert shown == whole or (size == sizes[-1] and shown.endswith("…") and whole.startswith(shown[:-1]))


@pytest.mark.parametrize("size", [Size(1280, 720), Size(720, 1280), Size(720, 720)], ids=str)
def test_a_card_sets_short_prompts_large_and_long_ones_small(size: Size) -> None:
    """A short prompt's letters stand higher than a long one's, which fill the card but not the progress line."""
    heights = []
    for prompt in ("Harbour", LONG):
        card = title_card(order("card", prompt, size=size).shot, "8", size)
        rows = np.asarray(card.picture.convert("L")).max(axis=1) > 190
        top = int(size.height * 0.1 + 4 * min(size.width, size.height) / 100)
        written = np.flatnonzero(rows[top : card.line[1]]) + top
        gaps = np.flatnonzero(np.diff(written) > 1)
        heights.append(int(gaps[0]) + 1 if len(gaps) else len(written))
        assert card.line[1] - written.max() > 0.03 * min(size.width, size.height)
    assert heights[0] > 1.5 * heights[1]


def test_a_card_is_a_video(tmp_path: Path) -> None:
    """The progress line grows with every frame until it is full, and nothing else changes."""
    path = made(tmp_path, order("card", "Fog over the harbour", "1", Size(320, 180)))
    left, top, right, bottom = title_card(order("card", size=Size(320, 180)).shot, "1", Size(320, 180)).line
    lengths = []
    for picture in pictures(path):
        lengths.append(int((picture[top:bottom, left:right, 0].mean(axis=0) > 120).sum()))
        rest = np.abs(picture - pictures(path)[0]) if len(lengths) == 24 else picture * 0
        rest[top - 8 : bottom + 8] = 0
        assert rest.max() < 30
    assert (np.diff(lengths) > 0).all()
    assert right - left - 2 <= lengths[-1] <= right - left


def test_scenes_have_their_colours() -> None:
    """Cards of one scene share an accent, and ten scenes show at least four."""
    accents = {title_card(order("card", scene=f"scene {n}").shot, "1", SMALL).accent for n in range(10)}
    assert len(accents) >= 4


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("  a\n\tb  ", "a b"),
        ("Café – naïve façade", "Cafe - naive facade"),
        ("Straße", "Strasse"),
        ("Ёжик в тумане", "Ezhik v tumane"),
        ("“quoted” … 1920×1080", "“quoted” … 1920x1080"),
        ("🎬", ""),
        ("&amp; <b>", "&amp; <b>"),
    ],
)
def test_text_is_spelled_in_letters_that_exist(text: str, drawn: str) -> None:
    """Characters that the built-in font lacks are spelled in those it has, never as empty boxes."""
    assert drawable(text) == drawn


@pytest.mark.parametrize("size", [Size(640, 360), Size(360, 640)], ids=str)
def test_a_caption_lies_under_the_clip(tmp_path: Path, size: Size) -> None:
    """Above the bar stand the source's pixels, below it a dark ground with light letters."""
    source = write(tmp_path / "source.mp4", colours=((30, 160, 60),) * 6, size=size)
    what = order("caption", "Make it snow", "0.2", size)
    picture = pictures(made(tmp_path, what, source=source))[0]
    alpha = np.asarray(caption(what.shot, size).getchannel("A"))
    top = int(np.flatnonzero(alpha.any(axis=1))[0])
    assert 0.7 * size.height < top < 0.95 * size.height
    assert np.abs(picture[top // 2, :: size.width // 9] - (30, 160, 60)).max() <= 4
    bar = picture[top + 4 :]
    assert np.median(bar, axis=(0, 1)).max() < 60
    assert bar.max() > 200
    assert np.abs(picture[top - 3, 5] - (30, 160, 60)).max() <= 12


def test_a_long_caption_ends_in_time(tmp_path: Path) -> None:
    """A prompt of any length leaves most of the picture to the clip."""
    for size in (Size(640, 360), Size(360, 640), Size(360, 360)):
        alpha = np.asarray(caption(order("caption", LONG, size=size).shot, size).getchannel("A"))
        assert alpha.any(axis=1).mean() < 0.35


def test_a_clip_of_another_shape_is_shown_whole(tmp_path: Path) -> None:
    """A square source stands in the middle of a wide clip with black on both sides."""
    source = write(tmp_path / "source.mp4", colours=((30, 160, 60),) * 2, size=Size(96, 96))
    picture = pictures(made(tmp_path, order("caption", "x", "0.1"), source=source))[0]
    assert picture[30, [2, 30, 130, 157]].max() <= 20
    assert np.abs(picture[30, [38, 80, 122]] - (30, 160, 60)).max() <= 4


@pytest.mark.parametrize(
    ("rate", "seconds", "expected"),
    [(24, "0.5", "rrggbbrrggbb"), (12, "0.5", "rrrrggggbbbb"), (48, "0.25", "rgbrgb"), (24, "0.125", "rrg")],
    ids=["looped", "slower", "faster", "cut"],
)
def test_a_clip_is_looped_or_cut_at_its_own_speed(tmp_path: Path, rate: int, seconds: str, expected: str) -> None:
    """Two frames each of red, green and blue come at the source's own rate, again from the start at its end."""
    colours = tuple(colour for colour in ((200, 0, 0), (0, 200, 0), (0, 0, 200)) for _ in range(2))
    source = write(tmp_path / "source.mp4", colours=colours, rate=rate)
    shown = pictures(made(tmp_path, order("caption", "x", seconds), source=source))
    assert "".join("rgb"[int(picture[30, 80].argmax())] for picture in shown) == expected


@pytest.mark.parametrize(
    ("degrees", "size", "white", "black"),
    [
        (90, Size(90, 160), (130, 20), (25, 20)),
        (-90, Size(90, 160), (25, 20), (130, 20)),
        (180, SMALL, (40, 150), (40, 10)),
    ],
)
def test_a_turned_clip_is_shown_upright(
    tmp_path: Path, degrees: int, size: Size, white: tuple[int, int], black: tuple[int, int]
) -> None:
    """A source marked as turned (counterclockwise) shows its white left edge where a player would."""
    still = np.zeros((90, 160, 3))
    still[:, :40] = 255
    source = write(tmp_path / "source.mp4", still=still, degrees=degrees)
    picture = pictures(made(tmp_path, order("caption", "x", "0.1", size), source=source))[0]
    assert picture[white].min() > 200
    assert picture[black].max() < 30


def test_webm_is_a_source_too(tmp_path: Path) -> None:
    """A Matroska or WebM source is read like an mp4."""
    source = write(tmp_path / "source.mkv", form="matroska")
    assert len(pictures(made(tmp_path, order("caption", "x"), source=source))) == 12


def test_a_source_that_breaks_midway_leaves_nothing(tmp_path: Path) -> None:
    """A clip that stops to decode after half of it is a MediaError, and the half is taken away."""
    source = write(tmp_path / "source.mp4", colours=(GREY,) * 96, noise=True, size=Size(64, 36))
    data = source.read_bytes()
    start, index = data.index(b"mdat") + 4, data.index(b"moov") - 4
    middle = (start + index) // 2
    source.write_bytes(data[:middle] + bytes(index - middle) + data[index:])
    with pytest.raises(MediaError, match="animatic:caption"):
        made(tmp_path, order("caption", "x", "4", Size(64, 36)), source=source)
    assert not (tmp_path / "clip.mp4").exists()


def cut_clip() -> bytes:
    """A clip whose media is zeroed: it opens, and does not decode."""
    at = good().index(b"mdat") + 4
    return good()[:at] + bytes(len(good()) - at)


@pytest.mark.parametrize(
    ("name", "frame", "source", "words"),
    [
        ("kenburns", None, None, "no still"),
        ("kenburns", b"", None, "no still"),
        ("kenburns", b"<html>", None, "no picture"),
        ("kenburns", plain(GREY)[:90], None, "no picture"),
        ("kenburns", b"P6 16 16 255\n" + bytes(768), None, "no picture"),
        ("caption", None, None, "no source clip"),
        ("caption", None, b"", "neither mp4 nor webm"),
        ("caption", None, b"#EXTM3U\nfile:///etc/hostname\n", "neither mp4 nor webm"),
        ("caption", None, b"ffconcat version 1.0\nfile x", "neither mp4 nor webm"),
        ("caption", None, good()[:40], "animatic:caption"),
        ("caption", None, cut_clip(), "animatic:caption"),
        ("morph", None, None, "no such model"),
    ],
    ids=str,
)
def test_unusable_inputs_are_told(
    tmp_path: Path, name: str, frame: bytes | None, source: bytes | None, words: str
) -> None:
    """What cannot be rendered is a MediaError in words, and no half of a clip is left."""
    clip = tmp_path / "source.mp4"
    if source is not None:
        clip.write_bytes(source)
    with pytest.raises(MediaError, match=words):
        made(tmp_path, order(name), frame, clip if source is not None else None)
    assert not (tmp_path / "clip.mp4").exists()


def test_sound_alone_is_no_source(tmp_path: Path) -> None:
    """A source without a picture is refused, and so is one that is missing."""
    sound = write(tmp_path / "sound.mp4", video=False, audio=True)
    with pytest.raises(MediaError, match="holds no video"):
        made(tmp_path, order("caption"), source=sound)
    with pytest.raises(MediaError, match="No such file"):
        made(tmp_path, order("caption"), source=tmp_path / "missing.mp4")


def test_a_target_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """A folder that is not there is a MediaError too."""
    with pytest.raises(MediaError, match="No such file"):
        render(order("card"), tmp_path / "missing" / "clip.mp4")


@pytest.mark.parametrize(
    ("asked", "made_as"),
    [(Size(161, 91), Size(160, 90)), (Size(17, 8192), Size(16, 8192)), (Size(1280, 720), Size(1280, 720))],
)
def test_odd_sides_lose_a_pixel(asked: Size, made_as: Size) -> None:
    """4:2:0 video has even sides: an odd one is rounded down."""
    assert even_size(asked) == made_as


@pytest.mark.parametrize("asked", [Size(15, 90), Size(8193, 90), Size(1, 1), Size(10**9, 10**9)])
def test_impossible_sizes_are_refused(asked: Size) -> None:
    """Sides under a macroblock or past what decoders take are told before anything is drawn."""
    with pytest.raises(MediaError, match="16 to 8192"):
        even_size(asked)


@pytest.mark.parametrize(
    ("seconds", "frames"), [("0", 1), ("0.02", 1), ("1", 24), ("4.5", 108), ("3.999", 96), ("8", 192)]
)
def test_seconds_become_frames(seconds: str, frames: int) -> None:
    """To the nearest frame, and never none."""
    assert frame_count(Decimal(seconds)) == frames


def test_pillow_s_bomb_guard_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A still with more pixels than Pillow allows is a MediaError."""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(MediaError, match="no picture"):
        made(tmp_path, order("kenburns"), plain(GREY))
