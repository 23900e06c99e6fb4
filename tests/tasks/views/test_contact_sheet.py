"""The contact sheet: what is on it, how large it gets, and that no poster keeps a run from its artifact."""

import io
from typing import Any

import pytest
from PIL import Image

from tasks.views.contact_sheet import MOST_TILES, draw_sheet

Row = dict[str, Any]


def picture(colour: str, size: tuple[int, int] = (320, 180), kind: str = "JPEG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, kind)
    return out.getvalue()


def shot(n: int, **cells: Any) -> Row:
    made = {"status": "rendered", "clip": f"clips/{n}.mp4", "poster": f"posters/{n}.jpg", "error_class": ""}
    return {"shot_id": f"sh{n:03}", **made, **cells}


def middle(sheet: Image.Image, column: int) -> tuple[int, int, int]:
    """The pixel in the middle of a tile of the first row, on a sheet of up to 24 shots."""
    found = sheet.getpixel((8 + column * 248 + 120, 8 + 67))
    assert isinstance(found, tuple)
    return found[0], found[1], found[2]


def drawn(rows: list[Row], posters: dict[str, bytes]) -> Image.Image:
    def read(path: str) -> bytes:
        if path not in posters:
            raise FileNotFoundError(path)
        return posters[path]

    return Image.open(io.BytesIO(draw_sheet(rows, read)))


def test_takes_in_use_stand_in_board_order() -> None:
    """Each poster in its tile, the empty frame of a failed shot between them."""
    rows = [shot(1), shot(2, status="failed", error_class="Moderated", clip="", poster=""), shot(3)]
    sheet = drawn(rows, {"posters/1.jpg": picture("red"), "posters/3.jpg": picture("blue")})
    red, well, blue = (middle(sheet, column) for column in range(3))
    assert red[0] > 200 and red[2] < 60 and blue[2] > 200 and blue[0] < 60
    assert max(well) < 60
    letters = sheet.crop((8 + 248, 8, 8 + 248 + 240, 8 + 30)).getextrema()
    assert letters[0][1] > 150  # its reason stands there


@pytest.mark.parametrize("poster", [b"", b"no picture", picture("red")[:300], picture("red", (8, 8), "GIF")])
def test_a_poster_that_cannot_be_shown_is_an_empty_frame(poster: bytes) -> None:
    """Cut, empty or of another kind: the sheet is drawn all the same."""
    assert max(middle(drawn([shot(1)], {"posters/1.jpg": poster}), 0)) < 60


@pytest.mark.parametrize("path", ["../secret.jpg", "posters/../../secret.jpg", "/etc/secret.jpg", "clips/1.jpg"])
def test_only_posters_of_the_target_are_read(path: str) -> None:
    """A table that names another file shows nothing of it."""
    assert max(middle(drawn([shot(1, poster=path)], {path: picture("red")}), 0)) < 60


def test_a_large_board_gives_a_small_picture() -> None:
    """At most so many tiles, and few bytes, whatever the board's size; wide and tall posters keep their shape."""
    tall = picture("green", (90, 160))
    data = draw_sheet([shot(n) for n in range(1000)], lambda path: tall)
    sheet = Image.open(io.BytesIO(data))
    assert sheet.width <= 1700 and sheet.height <= 1200 and len(data) < 500_000
    assert (
        sheet.size == Image.open(io.BytesIO(draw_sheet([shot(n) for n in range(MOST_TILES)], lambda path: tall))).size
    )
