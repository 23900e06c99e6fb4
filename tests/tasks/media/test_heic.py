"""Pictures of phones: read where the extra is installed, else told how to export them. True on any machine."""

import sys
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from tasks.domain.errors import MediaError
from tasks.domain.shot import Size
from tasks.media.images import check, normalise

PHONE = (Path(__file__).parent / "phone.heic").read_bytes()  # 64x48, left red and right blue, held a quarter turned
EXPORT = r"is no picture that can be read \(looks like HEIC: export as JPEG, or pip install 'storyreel\[heic\]'\)"
BIG = 100_000_000


@pytest.mark.parametrize("data", [PHONE, b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic"])
def test_that_without_the_extra_it_is_told_how_to_export_it(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    """The sentence names the format and both ways out, in check and in frame alike."""
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(MediaError, match=EXPORT):
        check(data, max_bytes=BIG, max_pixels=BIG)
    with pytest.raises(MediaError, match=EXPORT):
        normalise(data, Size(64, 64), "cover", max_pixels=BIG)


def test_that_with_the_extra_it_is_a_picture() -> None:
    """Upright by its own word, its colours where they belong; cut off or too large it is refused like any other."""
    if find_spec("pillow_heif") is None:
        with pytest.raises(MediaError, match=EXPORT):
            check(PHONE, max_bytes=BIG, max_pixels=BIG)
        return
    assert check(PHONE, max_bytes=BIG, max_pixels=BIG) == (48, 64)
    made = normalise(PHONE, Size(48, 64), "cover", max_pixels=BIG)
    with Image.open(BytesIO(made.data)) as frame:
        top, bottom = frame.getpixel((24, 10)), frame.getpixel((24, 54))
    assert isinstance(top, tuple) and isinstance(bottom, tuple)
    assert top[0] > top[2] and bottom[2] > bottom[0]
    for cut in (30, 200, len(PHONE) // 2, len(PHONE) - 20):
        with pytest.raises(MediaError, match="cut off after"):
            check(PHONE[:cut], max_bytes=BIG, max_pixels=BIG)
    with pytest.raises(MediaError, match="is 48x64 pixels; at most 3,071 in all are read"):
        check(PHONE, max_bytes=BIG, max_pixels=48 * 64 - 1)
