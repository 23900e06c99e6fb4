"""Where sounds and lines of dialogue stand in the cut, and the captions as other programs read them."""

from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.manifest import RowSound, SoundFile
from tasks.views.sound import captions, cues
from tasks.views.sound.cues import Caption, Cue, lines_of, place_lines, place_sounds, sound_of, times_of
from tasks.views.timeline.cut import Sound, cut_of


def row(name: str, asked: float, there: float = 0.0, clip: str = "clips/a.mp4") -> dict[str, Any]:
    return {"shot_id": name, "requested_s": asked, "duration_s": there or asked, "clip": clip}


def sound(path: str, seconds: float) -> SoundFile:
    return SoundFile(f"sound/{path}", Fraction(str(seconds)))


def placed(rows: list[dict[str, Any]], sounds: dict[str, RowSound]) -> list[tuple[str, str, float, float]]:
    cut = place_sounds(rows, sounds, times(rows))
    return [(one.track, one.file.path.removeprefix("sound/"), float(one.start), float(one.length)) for one in cut]


def times(rows: list[dict[str, Any]]) -> list[Fraction]:
    return [Fraction(str(sum(one["requested_s"] for one in rows[:at]))) for at in range(len(rows) + 1)]


ROWS = [row("a", 4), row("b", 5, 8), row("c", 3)]


def test_voice_and_effects_begin_with_the_clip() -> None:
    """They last as long as they are, at most until the next of their kind, or the end of the cut."""
    sounds = {
        "a": RowSound(files={"voice": sound("1.wav", 6), "sfx": sound("2.wav", 1.5)}),
        "b": RowSound(files={"voice": sound("3.wav", 2)}),
        "c": RowSound(files={"sfx": sound("2.wav", 9)}),
    }
    assert placed(ROWS, sounds) == [
        *[("voice", "1.wav", 0, 4), ("voice", "3.wav", 4, 2), ("sfx", "2.wav", 0, 1.5), ("sfx", "2.wav", 9, 3)]
    ]


def test_music_goes_on() -> None:
    """Until a row names another or ends it; a piece that is shorter is played over again."""
    sounds = {"a": RowSound(files={"music": sound("m.mp3", 5)}), "c": RowSound(ends_music=True)}
    assert placed(ROWS, sounds) == [("music", "m.mp3", 0, 5), ("music", "m.mp3", 5, 4)]
    sounds = {"b": RowSound(files={"music": sound("m.mp3", 60)}), "c": RowSound(files={"music": sound("n.mp3", 60)})}
    assert placed(ROWS, sounds) == [("music", "m.mp3", 4, 5), ("music", "n.mp3", 9, 3)]


def test_a_click_is_no_loop() -> None:
    """Music of less than a second is played once."""
    assert placed(ROWS, {"a": RowSound(files={"music": sound("m.mp3", 0.5)})}) == [("music", "m.mp3", 0, 0.5)]


@given(
    st.lists(
        st.tuples(st.integers(1, 40), st.sampled_from(["", "x", "y", "-"]), st.integers(0, 300)),
        min_size=1,
        max_size=12,
    )
)
def test_tracks_never_overlap(told: list[tuple[int, str, int]]) -> None:
    """Whatever the rows name: on each track one sound at a time, inside the cut, and never longer than its file."""
    rows = [row(str(at), tenths / 10) for at, (tenths, _, _) in enumerate(told)]
    sounds = {
        str(at): RowSound(files={"voice": sound(name, n / 10), "music": sound(name, n / 10)})
        if name not in ("", "-")
        else RowSound(ends_music=name == "-")
        for at, (_, name, n) in enumerate(told)
    }
    end = times(rows)[-1]
    for track in cues.TRACKS:
        cut = [one for one in place_sounds(rows, sounds, times(rows)) if one.track == track]
        assert all(one.length > 0 and one.start + one.length <= end for one in cut)
        assert all(one.start + one.length <= after.start for one, after in pairwise(cut))
        lengths = {str(at): Fraction(n, 10) for at, (_, _, n) in enumerate(told)}
        assert all(one.length <= max(lengths.values()) for one in cut)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("ANNA: Come in.\nBEN: No.", [("ANNA", "Come in."), ("BEN", "No.")]),
        ("ANNA (off): Come  in.", [("ANNA (off)", "Come in.")]),
        ("Come in.", [("", "Come in.")]),
        ("ANNA:\nCome in.", [("ANNA", "Come in.")]),
        ("安娜：请进", [("安娜", "请进")]),
        ("It is 10:30 now", [("", "It is 10:30 now")]),
        ("see https://a.example", [("", "see https://a.example")]),
        ("He said. Then: nothing", [("", "He said. Then: nothing")]),
        ("\n\n", []),
        ("", []),
    ],
)
def test_lines_of_a_cell(text: str, lines: list[tuple[str, str]]) -> None:
    """Each line is a speaker and words, or words alone."""
    assert lines_of(text) == lines


def test_lines_share_the_clip_by_their_letters() -> None:
    """Twice the letters, twice the time; the first begins with the clip and the last ends with it."""
    sounds = {"b": RowSound({"": "A: four\nB: eight e...ght!", "de": "A: Ja"})}
    cut = place_lines(ROWS, sounds, times(ROWS))
    assert [(float(one.start), one.name) for one in cut] == [(4, "A"), (pytest.approx(4 + 5 * 4 / 13), "B")]
    assert cut[-1].end == 9 and cut[0].end == cut[1].start
    assert place_lines(ROWS, sounds, times(ROWS), "de") == [Caption(Fraction(4), Fraction(9), "A", "Ja")]
    assert cues.languages_of(sounds) == ("", "de")


LINES = [
    Caption(Fraction(0), Fraction(3, 2), "ANNA", "Come <in> & sit --> there."),
    Caption(Fraction(3, 2), Fraction(3725123, 1000), "", "请进 שלום"),
]


def read_back(path: Path, kind: str) -> list[tuple[float, float, str]]:
    """The captions as FFmpeg's reader of the format has them: begin, length, text."""
    with av.open(str(path), format=kind) as container:
        return [
            (float(one.pts * one.time_base), float(one.duration * one.time_base), bytes(one).decode())
            for one in container.demux(container.streams.subtitles[0])
            if one.size
        ]


@pytest.mark.parametrize(
    ("kind", "written", "first"),
    [
        ("srt", captions.srt, "ANNA: Come <in> & sit → there."),
        ("webvtt", captions.vtt, "<v ANNA>Come &lt;in&gt; &amp; sit --&gt; there.</v>"),
    ],
)
def test_captions_are_read_by_others(tmp_path: Path, kind: str, written: Any, first: str) -> None:
    """Times to the millisecond and words as written, by a reader that is not ours."""
    (tmp_path / "c").write_bytes(written(LINES))
    found = read_back(tmp_path / "c", kind)
    assert [(begin, round(length, 3)) for begin, length, _ in found] == [(0, 1.5), (1.5, 3723.623)]
    assert [text for _, _, text in found] == [first, "请进 שלום"]


def test_a_cut_has_tracks_of_sounds() -> None:
    """What timelines get of a sound: where it lies, from when to when, and what its file is."""
    cut = cut_of([row("a", 4), row("b", 5, 8)])
    file = SoundFile("sound/s.wav", Fraction(9), 1, 44_100)
    [one] = place_sounds([row("a", 4), row("b", 5)], {"b": RowSound(files={"sfx": file})}, times_of(cut))
    assert one == Cue("sfx", file, Fraction(4), Fraction(5))
    assert sound_of(one) == Sound("sound/s.wav", "sfx", Fraction(4), Fraction(5), Fraction(9), channels=1, rate=44_100)
