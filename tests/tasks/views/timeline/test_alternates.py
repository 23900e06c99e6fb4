"""The other takes in a timeline: read back by the library itself."""

import tempfile
from pathlib import Path
from typing import Any

import opentimelineio
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.views.timeline.alternates import with_alternates
from tasks.views.timeline.cut import cut_of
from tasks.views.timeline.formats import write_timeline
from tasks.views.timeline.otio_file import build
from tests.tasks.views.timeline.test_cut import sound
from tests.tasks.views.timeline.test_formats import boards, row, written


def take(n: int, *, in_use: bool = False, shot_id: str = "sh010") -> dict[str, Any]:
    said = {"grade": "final", "verdict": "", "note": "", "provider": "pixazo", "model": "m", "sha256": "ab" * 32}
    place = {"shot_id": shot_id, "take": n, "in_use": in_use, "clip": f"clips/{shot_id} #{n}.mp4"}
    return place | said | {"fps": 25.0, "seconds": 4.0}


def test_an_editor_can_switch_to_another_take() -> None:
    """The take in use is active, the others are named after their numbers, with their own length and rate."""
    listed = [take(1), take(2, in_use=True), take(4), take(1, shot_id="gone")]
    made = opentimelineio.adapters.read_from_string(
        written(
            [row("sh010", clip="clips/sh010 #2.mp4"), row("sh020", clip="")], "b.otio", name="b", takes=listed
        ).decode(),
        "otio_json",
    )
    clip = made.tracks[0][0]
    media = clip.media_references()
    assert set(media) == {"DEFAULT_MEDIA", "take 1", "take 4"}
    assert clip.active_media_reference_key == "DEFAULT_MEDIA"
    assert clip.media_reference.target_url == "clips/sh010%20%232.mp4"
    assert media["take 4"].target_url == "clips/sh010%20%234.mp4"
    assert media["take 4"].available_range.duration == opentimelineio.opentime.RationalTime(100, 25)
    clip.active_media_reference_key = "take 1"
    assert clip.media_reference.metadata["storyreel"]["provider"] == "pixazo"


def test_without_takes_nothing_is_added() -> None:
    """A timeline of shots with one take each is the one that it was."""
    rows = [row("sh010")]
    with_one = written(rows, "b.otio", name="b", takes=[take(1, in_use=True)])
    assert with_one == written(rows, "b.otio", name="b")


@given(boards().filter(bool), st.integers(0, 5))
@settings(max_examples=30, deadline=None)
def test_the_pieces_are_what_the_library_writes_as_one(rows: list[dict[str, Any]], silence: int) -> None:
    """Byte by byte, with the sound of clips, sounds beside them and the gaps between, and other takes."""
    heard = [one | {"has_sound": True} for one in rows]
    cut = cut_of(heard).with_sounds([sound("music", silence, 2), sound("music", silence + 3, 1), sound("sfx", 0, 1)])
    takes = [take(2, shot_id=str(one["shot_id"])) for one in rows]
    whole = build(opentimelineio, cut, name="b")
    list(with_alternates(opentimelineio, whole.tracks[0], takes))
    with tempfile.TemporaryDirectory() as folder:
        write_timeline(cut, out := Path(folder, "b.otio"), name="b", takes=takes)
        assert out.read_text() == opentimelineio.core.serialize_json_to_string(whole)
