"""The picture that a clip ends on is taken exactly."""

import hashlib
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tasks.domain.errors import MediaError
from tasks.media.last_picture import last_picture
from tests.tasks import endings
from tests.tasks.clips import good, pictures, write

TWO = ((200, 30, 30),) * 11 + ((30, 30, 200),)  # only the very last picture is blue


@pytest.mark.parametrize(
    ("ending", "form", "codec"),
    [
        ("mp4", "mp4", "libx264"),
        ("webm", "webm", "libvpx-vp9"),
        ("mkv", "matroska", "libx264"),
        ("mov", "mov", "libx264"),
    ],
)
def test_it_is_the_very_last(tmp_path: Path, ending: str, form: str, codec: str) -> None:
    """Of a clip of which one picture alone differs, in each container that a gateway sends."""
    path = write(tmp_path / f"a.{ending}", colours=TWO, form=form, codec=codec)
    found = last_picture(path)
    assert np.asarray(Image.open(io.BytesIO(found.png))).mean(axis=(0, 1))[2] > 150
    assert found.digest == hashlib.sha256(pictures(path)[-1].astype(np.uint8).tobytes()).hexdigest()


def test_pictures_that_refer_to_later_ones(tmp_path: Path) -> None:
    """What is decoded out of order is still the one that is seen last."""
    path = write(tmp_path / "a.mp4", colours=TWO * 3, noise=True)
    assert last_picture(path).digest == hashlib.sha256(pictures(path)[-1].astype(np.uint8).tobytes()).hexdigest()


@pytest.mark.parametrize("name", endings.ENDINGS)
def test_it_is_what_a_whole_decode_ends_on(tmp_path: Path, name: str) -> None:
    """Whatever codec, container, edit list, times and sound: the last picture of all that a player shows."""
    path = endings.ENDINGS[name](tmp_path / "clip")
    assert last_picture(path).digest == hashlib.sha256(pictures(path)[-1].astype(np.uint8).tobytes()).hexdigest()


def test_a_turned_clip_is_upright(tmp_path: Path) -> None:
    """What a player turns is turned."""
    found = last_picture(write(tmp_path / "a.mp4", degrees=90))
    assert Image.open(io.BytesIO(found.png)).size == (90, 160)


def test_a_clip_that_is_cut_has_none(tmp_path: Path) -> None:
    """Half of its last picture is no picture to go on from."""
    path = tmp_path / "a.mp4"
    path.write_bytes(good()[: len(good()) * 2 // 3])
    with pytest.raises(MediaError):
        last_picture(path)
