"""Timelines and cut lists of editors are boards: names or markers are prompts, lengths those of the cut."""

import sys
from decimal import Decimal
from typing import Any

import opentimelineio as otio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.domain.errors import BoardError
from tests.tasks.boards import board, faults_of

EDL = """TITLE: CUT
FCM: NON-DROP FRAME

001  AX       V     C        00:00:00:00 00:00:03:00 01:00:00:00 01:00:03:00
* FROM CLIP NAME: A ferry turns
002  AX       V     C        00:00:00:00 00:00:02:12 01:00:03:00 01:00:05:12
* FROM CLIP NAME: A rope hits the quay
"""


def span(frames: int) -> Any:
    return otio.opentime.TimeRange(otio.opentime.RationalTime(0, 24), otio.opentime.RationalTime(frames, 24))


def timeline(*clips: tuple[str, str, int]) -> Any:
    made = otio.schema.Timeline("Cut")
    made.tracks.append(
        otio.schema.Track("A1", kind="Audio", children=[otio.schema.Clip("a sound", source_range=span(9))])
    )
    track = otio.schema.Track("V1", kind="Video")
    made.tracks.append(track)
    for name, mark, frames in clips:
        medium = otio.schema.ExternalReference("file:///a.mov", available_range=span(999))
        clip = otio.schema.Clip(name, medium, span(frames))
        if mark:
            clip.markers.append(otio.schema.Marker(mark, span(1)))
        track.append(clip)
    return made


def otio_of(made: Any) -> str:
    return str(otio.adapters.write_to_string(made, adapter_name="otio_json"))


def rows(data: str, name: str) -> list[tuple[str, str, Decimal]]:
    return [(one.shot_id, one.prompt, one.seconds) for one in board(data, name).shots]


def test_a_timeline() -> None:
    """Clips of the picture are rows; gaps and sound are none."""
    made = timeline(("A ferry", "", 72), ("A rope", "", 60))
    made.tracks[1].insert(1, otio.schema.Gap(source_range=span(24)))
    assert rows(otio_of(made), "c.otio") == [("sh010", "A ferry", Decimal(3)), ("sh020", "A rope", Decimal("2.5"))]
    assert board(otio_of(made), "c.otio").shots[0].extras == {"media": "file:///a.mov"}


def test_markers_are_prompts() -> None:
    """Where clips have markers, those say what is to be seen, and the clips' names are the shots'."""
    made = timeline(("s1", "A ferry turns", 72), ("s2", "", 60))
    assert rows(otio_of(made), "c.otio") == [("s1", "A ferry turns", Decimal(3)), ("s2", "s2", Decimal("2.5"))]


def test_tracks_above_the_first_are_told() -> None:
    """One track of pictures is read; that there are more is said. What lies within a stack is found."""
    made = timeline(("A ferry", "", 72))
    made.tracks.append(otio.schema.Track("V2", kind="Video", children=[otio.schema.Clip("B", source_range=span(9))]))
    found = board(otio_of(made), "c.otio")
    assert len(found.shots) == 1
    assert "1 more track of pictures above the first: not read" in found.told.lines


@pytest.mark.parametrize(("fps", "seconds"), [("24", "2.5"), ("25", "2.48")])
def test_a_cut_list(fps: str, seconds: str) -> None:
    """Names of clips are prompts, record times lengths, at the rate of the config."""
    from tasks.config.settings import Defaults

    shots = board(EDL, "c.edl", defaults=Defaults(fps=Decimal(fps))).shots
    assert [one.prompt for one in shots] == ["A ferry turns", "A rope hits the quay"]
    assert shots[1].seconds == Decimal(seconds)


def test_a_project_of_final_cut() -> None:
    """What OpenTimelineIO writes as FCPXML is read back."""
    data = otio.adapters.write_to_string(timeline(("A ferry", "", 72), ("A rope", "", 60)), adapter_name="fcpx_xml")
    assert [row[1:] for row in rows(data, "c.fcpxml")] == [("A ferry", Decimal(3)), ("A rope", Decimal("2.5"))]


@pytest.mark.parametrize(
    ("data", "name", "message"),
    [
        (otio_of(timeline()), "c.otio", "has no clips"),
        ('{"OTIO_SCHEMA": "Timeline.1", ', "c.otio", "no whole timeline"),
        ("TITLE: X\nFCM: X\nnonsense", "c.edl", "cannot be read|has no clips"),
        ("<fcpxml><oops></fcpxml>", "c.fcpxml", "cannot be read"),
        ('<!DOCTYPE fcpxml [<!ENTITY a "b">]><fcpxml>&a;</fcpxml>', "c.fcpxml", "declares entities"),
        ("<fcpxml/>" + " " * 8_000_000, "c.fcpxml", "at most 8,000,000"),
    ],
)
def test_no_cut(data: str, name: str, message: str) -> None:
    """What cannot be read is one sentence."""
    with pytest.raises(BoardError, match=message):
        board(data, name)


PROJECT = """<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE fcpxml><fcpxml version="1.10"><resources>
<format id="r1" frameDuration="1/25s"/><asset id="a1" name="f" src="file:///f.mov" start="0s" duration="90s"/>
<effect id="e1" name="Placeholder" uid="x"/><media id="m1" name="scene"/></resources><library><event name="e">
<project name="p"><sequence format="r1" duration="8s"><spine>{}</spine></sequence></project>
</event></library></fcpxml>"""
MARK = '<marker start="0s" duration="1/25s" value="A ferry"/>'


@pytest.mark.parametrize(
    "clip",
    [
        '<video ref="a1" name="A ferry" duration="4s" offset="0s"/>',
        '<video ref="e1" name="A ferry" duration="4s" offset="0s"><param name="Sky" value="1"/></video>',
        f'<video ref="e1" name="IMG_1" duration="4s" offset="0s">{MARK}</video>',
        '<ref-clip ref="m1" name="A ferry" duration="4s" offset="0s"/>',
        '<mc-clip ref="m1" name="A ferry" duration="4s" offset="0s"><mc-source angleID="x"/></mc-clip>',
        '<clip name="A ferry" duration="4s" offset="0s"/>',
        '<clip name="A ferry" duration="4s" offset="0s"><gap name="Gap" duration="4s" offset="0s"/></clip>',
        '<clip name="A ferry" duration="4s" offset="0s"><video ref="e1" offset="0s" duration="4s"/></clip>',
        '<sync-clip name="A ferry" duration="4s" offset="0s"/>',
        '<asset-clip name="A ferry" duration="4s" offset="0s"/>',
        '<asset-clip ref="gone" name="A ferry" duration="4s" offset="0s"/>',
    ],
)
def test_stills_generators_and_compounds_of_final_cut_are_shots(clip: str) -> None:
    """Whatever stands in the storyline with a name and a length is a row: a storyboard is seldom of footage."""
    after = '<asset-clip ref="a1" name="A rope" duration="2s" offset="4s"/>'
    found = [row[1:] for row in rows(PROJECT.format(clip + after), "c.fcpxml")]
    assert found == [("A ferry", Decimal(4)), ("A rope", Decimal(2))]


def test_more_projects_in_one_file_are_told() -> None:
    """One is read; that there are others is said."""
    clip = '<asset-clip ref="a1" name="A rope" duration="2s" offset="0s"/>'
    one = PROJECT.format(clip)
    start, end = one.index("<project"), one.index("</project>") + len("</project>")
    found = board(one[:end] + one[start:end].replace("A rope", "Another") + one[end:], "c.fcpxml")
    assert [shot.prompt for shot in found.shots] == ["A rope"]
    assert "1 more project in the file: not read" in found.told.notes


def test_a_project_of_endless_depth_is_a_sentence() -> None:
    """Clips within clips, deeper than the interpreter goes, end in words."""
    clip = '<clip name="A" duration="1s" lane="1">'
    [fault] = faults_of(PROJECT.format(clip * 20_000 + "</clip>" * 20_000), "c.fcpxml")
    assert fault.message.startswith(("this cut cannot be read", "this timeline has no clips"))


def test_what_trips_the_reader_is_said_in_words() -> None:
    """No message of the interpreter reaches whoever exported the file."""
    [fault] = faults_of(PROJECT.format('<asset-clip ref="a1" name="A" duration="soon"/>'), "c.fcpxml")
    assert "this cut cannot be read" in fault.message
    assert "object" not in fault.message and "argument" not in fault.message


def test_the_extra_is_named_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without OpenTimelineIO a cut list says what to install."""
    monkeypatch.setitem(sys.modules, "opentimelineio", None)
    with pytest.raises(BoardError, match="extra timeline"):
        board(EDL, "c.edl")


JSON = st.recursive(
    st.none() | st.floats() | st.text(max_size=3) | st.sampled_from(["Track.1", "Clip.2", "Stack.1", "Timeline.1"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    *("OTIO_SCHEMA", "children", "tracks", "name", "source_range", "duration", "value", "rate"),
                    *("markers", "media_reference", "media_references", "boards", "number", "shot", "action"),
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@given(told=JSON, name=st.sampled_from(["c.otio", "c.storyboarder"]))
def test_any_json_is_a_board_or_a_sentence(told: Any, name: str) -> None:
    """No shape of JSON stops the reading."""
    import json

    try:
        board(json.dumps(told), name)
    except BoardError as error:
        assert str(error)
