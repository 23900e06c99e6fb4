"""What a clip's file says of its sound, where its record does not."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tasks.media.probe import probe
from tasks.views.reel import footage
from tests.tasks.clips import filmed
from tests.tasks.purchases import clip


@pytest.mark.parametrize(
    ("layout", "timecode"),
    [("", ""), ("mono", ""), ("stereo", ""), ("5.1", ""), ("", "01:00:00:00"), ("stereo", "00:01:00:04")],
)
def test_what_is_heard_is_what_is_there(tmp_path: Path, layout: str, timecode: str) -> None:
    """Channels, samples a second and timecode are those that a probe of the file finds."""
    name = "clip.mov" if timecode else "clip.mp4"
    found = footage.listen(clip(), filmed(tmp_path / name, layout=layout, timecode=timecode))
    real = probe(tmp_path / name)
    assert (found.channels, found.sound_rate, found.timecode) == (real.channels, real.sound_rate, real.timecode)
    assert real.timecode == timecode and bool(real.channels) == bool(layout)


def test_a_silent_clip_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its index names no sound: a target of a thousand such clips is read in a moment."""
    silent = filmed(tmp_path / "clip.mp4", layout="")

    def opened(path: Path) -> Iterator[Any]:
        raise AssertionError(f"{path} was opened")

    monkeypatch.setattr(footage, "open_clip", opened)
    assert footage.listen(clip(), silent) == clip()


def test_a_clip_that_is_cut_is_not_believed(tmp_path: Path) -> None:
    """What is left of a file says nothing of its sound."""
    whole = filmed(tmp_path / "clip.mp4", layout="stereo")
    whole.write_bytes(whole.read_bytes()[:-100])
    with pytest.raises(footage.BROKEN):
        footage.listen(clip(), whole)
