"""Where each shot lies, what of its clip is seen, and where sounds lie beside it."""

from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings

from tasks.domain.result import Clip
from tasks.views.timeline.cut import RATES, Sound, cut_of
from tasks.views.timeline.sounds import tracks_of
from tasks.views.timeline.timecode import frame_of, hour
from tests.tasks.views.timeline.test_formats import boards, row

FILM = Fraction(24_000, 1001)


def clip(path: str, **facts: Any) -> Clip:
    return Clip(path, "ab" * 32, 1, 1280, 720, 24.0, 4.0, **facts)


@pytest.mark.parametrize(
    ("made", "fps", "asked", "frames"),
    [
        (8.0, 24.0, 5.0, 120),
        (5.0, 24.0, 5.0, 120),
        (3.0, 24.0, 5.0, 72),
        (8.0, 24.0, 0.0, 192),
        (4.004, 23.976, 4.0, 96),
        (5.041667, 24.0, 5.02, 120),
        (0.0, 24.0, 5.0, 120),
        (8.0, 24.0, 0.01, 1),
        (None, None, 2.5, 60),
        (None, None, 0.0, 1),
    ],
    ids=["longer", "as asked", "shorter", "not asked", "film", "nearest", "unknown", "a moment", "no clip", "nothing"],
)
def test_a_shot_is_as_long_as_its_row_asks(made: float | None, fps: float | None, asked: float, frames: int) -> None:
    """To the nearest frame, never longer than its clip, and as long as that where nothing was asked."""
    one = row("a", clip=None if made is not None else "", duration_s=made, fps=fps, requested_s=asked)
    assert [item.frames for item in cut_of([one]).items] == [frames]


def test_a_clip_of_another_rate_is_not_shown_past_its_end() -> None:
    """Four seconds at 25 are 95 whole frames at 23.976, although the 96th is nearer to four seconds."""
    rows = [row("a", fps=23.976, seconds=4.004), row("b", fps=23.976, seconds=4.004), row("c", fps=25.0)]
    cut = cut_of([one | {"requested_s": 4.0} for one in rows])
    assert (cut.rate, [item.frames for item in cut.items]) == (FILM, [96, 96, 95])


@given(boards())
@settings(max_examples=40, deadline=None)
def test_shots_follow_each_other_within_their_clips(rows: list[dict[str, Any]]) -> None:
    """Shots leave no hole and none is empty; what is seen of a clip is there, but for those that last less than a
    frame."""
    cut = cut_of(rows)
    assert [item.start for item in cut.items] == [0, *(item.stop for item in cut.items)][: len(rows)]
    for item in cut.items:
        assert item.start < item.stop
        assert item.media is None or item.frames == 1 or item.frames / cut.rate <= item.media.frames / item.media.rate


@pytest.mark.parametrize(
    ("timecode", "rate", "frame"),
    [
        ("00:00:00:00", Fraction(24), 0),
        ("01:00:00:00", FILM, 86_400),
        ("01:00:00;00", Fraction(30_000, 1001), 107_892),
        ("00:01:00;02", Fraction(30_000, 1001), 1_800),
        ("00:10:00;00", Fraction(60_000, 1001), 35_964),
        ("01:00:00:00", Fraction(30_000, 1001), 108_000),
        ("10:00:00:12", Fraction(25), 900_012),
        ("no timecode", Fraction(25), 0),
        ("", Fraction(25), 0),
    ],
)
def test_timecode_is_read(timecode: str, rate: Fraction, frame: int) -> None:
    """The frame of a name, with and without names that are left out; what is none counts from the first picture."""
    assert frame_of(timecode, rate) == frame


def test_one_hour_is_where_every_rate_begins() -> None:
    """The frame that is called one hour is the one that its name gives."""
    for rate in RATES:
        assert hour(rate) in (frame_of("01:00:00:00", rate), frame_of("01:00:00;00", rate))


def test_a_clip_begins_at_its_own_timecode() -> None:
    """What is seen begins at the first whole frame of the cut that the clip has, and ends within it."""
    rows = [row("a"), row("b"), row("c", fps=25.0, seconds=2.0)]
    known = {"clips/a.mp4": clip("clips/a.mp4", timecode="01:00:00:00")}
    known["clips/c.mp4"] = clip("clips/c.mp4", timecode="00:00:01:01")
    a, b, c = cut_of(rows, known).items
    assert (a.first, a.frames, b.first) == (86_400, 96, 0)
    assert (c.first, c.frames) == (25, 47)  # from second 1.04 to second 3.04 are frames 24.96 to 72.96


def test_sound_is_what_the_record_says_or_the_table() -> None:
    """Channels of the record; two where only the table tells of sound, as at a target of 0.1; none without any."""
    rows = [row("a", has_sound=True), row("b", has_sound=True), row("c", has_sound=False), row("d")]
    cut = cut_of(rows, {"clips/a.mp4": clip("clips/a.mp4", channels=6, sound_rate=44_100)})
    assert [item.channels for item in cut.items] == [6, 2, 0, 0]
    assert [item.media.sound_rate for item in cut.items if item.media] == [44_100, 48_000, 48_000, 48_000]


def sound(track: str, start: float, length: float, whole: float = 60, begin: float = 0) -> Sound:
    seconds = (Fraction(start), Fraction(length), Fraction(whole), Fraction(begin))
    return Sound(f"sound/{track}.wav", track, *seconds)


def test_sounds_that_overlap_lie_on_several_tracks() -> None:
    """Each name has as many tracks as its pieces need, in the order of the names; none is longer than its file."""
    given = [sound("voice", 0, 2), sound("music", 0, 99, 10), sound("voice", 1, 2), sound("voice", 3, 2, 4, 3)]
    made = tracks_of(cut_of([row(str(n)) for n in range(3)]).with_sounds(given))
    assert [track.name for track in made] == ["voice", "voice 2", "music"]
    placed = [[(one.start, one.stop, one.first) for one in track.pieces] for track in made]
    assert placed == [[(0, 48, 0), (72, 96, 72)], [(24, 72, 0)], [(0, 240, 0)]]
    for track in made:
        assert all(one.stop <= other.start for one, other in pairwise(track.pieces))
