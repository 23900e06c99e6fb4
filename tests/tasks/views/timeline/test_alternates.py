"""The other takes in a timeline: read back by the library itself."""

from typing import Any

import opentimelineio

from tests.tasks.views.timeline.test_formats import row, written


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
