"""A contact sheet: one small JPEG of the takes in use, in board order; a shot without a clip is an empty frame with its
reason. Pure but for the reading of posters, which is given."""

import io
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tasks.domain import redaction

if TYPE_CHECKING:  # Pillow takes its time to load, and most runs of a command need none
    from PIL import Image, ImageDraw

MOST_TILES = 120  # shots on a sheet
MOST_PIXELS = 9_437_184  # of a poster, as of a clip's picture
MOST_BYTES = 8_000_000  # of a poster's file
TILES = ((24, 240), (60, 180), (MOST_TILES, 128))  # up to so many shots: width of a tile in pixels
GAP, CAPTION, ACROSS = 8, 18, 6
PAPER, WELL, INK, BAD = "#14151a", "#1d2024", "#f2efe9", "#ff9389"
QUALITY = 72
LETTER = 6.2  # pixels of one, about: what is longer than its tile is cut

Read = Callable[[str], bytes]


def draw_sheet(rows: Sequence[Mapping[str, Any]], read: Read) -> bytes:
    """The sheet as JPEG. ``rows`` are those of the manifest; ``read`` gives a poster's bytes by its path, and raises
    ``OSError`` where there is none."""
    from PIL import Image, ImageDraw, ImageFont

    shown = rows[:MOST_TILES]
    wide = next(width for most, width in TILES if len(shown) <= most)
    high, across = wide * 9 // 16, min(max(len(shown), 1), ACROSS if wide > TILES[-1][1] else 2 * ACROSS)
    down = -(-len(shown) // across)
    page = Image.new("RGB", (across * (wide + GAP) + GAP, max(down, 1) * (high + CAPTION + GAP) + GAP), PAPER)
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(11)
    for i, row in enumerate(shown):
        x, y = GAP + (i % across) * (wide + GAP), GAP + (i // across) * (high + CAPTION + GAP)
        poster = _poster(row, read, (wide, high))
        draw.rectangle((x, y, x + wide - 1, y + high - 1), WELL)
        if poster is not None:
            page.paste(poster, (x + (wide - poster.width) // 2, y + (high - poster.height) // 2))
        else:
            _write(draw, (x + 6, y + 6), _why(row), wide - 12, BAD, font)
        _write(draw, (x, y + high + 3), str(row["shot_id"]), wide, INK, font)
    out = io.BytesIO()
    page.save(out, "JPEG", quality=QUALITY, optimize=True)
    return out.getvalue()


def _poster(row: Mapping[str, Any], read: Read, box: tuple[int, int]) -> "Image.Image | None":
    """The poster of a row's clip within a box; None where there is none that can be shown."""
    from PIL import Image

    path = str(row.get("poster") or "")
    if not row.get("clip") or not path.startswith("posters/") or ".." in path:
        return None
    try:
        with Image.open(io.BytesIO(read(path)), formats=("JPEG", "PNG")) as found:
            if found.width * found.height > MOST_PIXELS:
                return None
            found.thumbnail(box)
            return found.convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None


def _why(row: Mapping[str, Any]) -> str:
    """Why a frame is empty."""
    if row.get("clip"):
        return "its poster cannot be shown"
    return ": ".join(filter(None, (str(row.get("status") or ""), str(row.get("error_class") or ""))))


def _write(draw: "ImageDraw.ImageDraw", at: tuple[int, int], text: str, wide: int, ink: str, font: Any) -> None:
    """Write a line, cut where it would leave its tile."""
    plain = redaction.line(text)
    most = int(wide / LETTER)
    draw.text(at, plain if len(plain) <= most else f"{plain[: most - 3]}...", fill=ink, font=font)
