"""How large a picture of each kind may be, and what is opened at all."""

from typing import Any

import pytest
from PIL import Image

from tasks.domain.errors import MediaError
from tasks.media import image_formats
from tasks.media.image_formats import MEMORY, SCANNED, SMALL, most_pixels, open_picture, room_for
from tests.tasks.pictures import keyed, moving, quad, saved


def data_of(mode: str, kind: str, **options: Any) -> bytes:
    return saved(Image.new(mode, (64, 48)), kind, **options)


@pytest.mark.parametrize(
    ("data", "weight"),
    [
        (data_of("L", "JPEG"), 2),
        (data_of("RGB", "JPEG"), 6),
        (data_of("CMYK", "JPEG"), 8),
        (data_of("RGB", "WEBP"), 20),
        (data_of("RGBA", "WEBP"), 20),
        (data_of("RGB", "AVIF"), 16),
        (data_of("RGB", "JPEG2000"), 24),
        *((data_of(mode, "PNG"), 4) for mode in ("1", "L", "P", "RGB")),
        *((data_of(mode, "PNG"), 10) for mode in ("LA", "RGBA", "I;16")),
        (keyed("P"), 10),
        (keyed("RGB"), 10),
        (data_of("CMYK", "TIFF"), 4),
        (data_of("RGBA", "TIFF"), 10),
        (data_of("RGB", "BMP"), 4),
        (moving("GIF"), 4),
    ],
)
def test_the_most_pixels_of_a_kind(data: bytes, weight: int) -> None:
    """What a kind's decoder takes a pixel, as measured, is what bounds its pixels within the memory for one picture."""
    assert most_pixels(open_picture(data), data) == MEMORY // weight


def test_each_scan_counts() -> None:
    """A JPEG with so many scans has so many times fewer pixels, where that is less than its memory allows."""
    data = data_of("L", "JPEG")
    for scans in (10, 1000):
        assert most_pixels(open_picture(data), data + b"\xff\xda" * (scans - 1)) == min(SCANNED // scans, MEMORY // 2)
    assert most_pixels(open_picture(data_of("L", "PNG")), b"\xff\xda" * 1000) == MEMORY // 4


@pytest.mark.parametrize("kind", ["PPM", "ICO", "TGA", "PCX", "SGI", "DDS", "EPS", "PDF"])
def test_only_kinds_that_are_known_are_opened(kind: str) -> None:
    """A whole picture of a kind that Pillow reads and this program does not is refused, never tried."""
    with pytest.raises(MediaError, match="is no picture that can be read"):
        open_picture(saved(quad(), kind))


def test_a_large_picture_is_read_alone() -> None:
    """While one is read there is no room for another large one, and for a small one there is."""
    large, small = (Image.new("1", (side, 1000)) for side in (SMALL // 4000 + 1, SMALL // 4000))
    for image in (small, large):
        with room_for(image):  # type: ignore[arg-type]
            assert image_formats._alone.locked() == (image is large)
    assert not image_formats._alone.locked()
