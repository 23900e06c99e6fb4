"""Draws the reference images of the sample storyboards: ``python -m tests.draw_samples`` fills data/images/
and writes the Parquet twin of data/lighthouse.csv.

Nothing is taken from anywhere: every picture is painted here, from numbers, and comes out the same each time.
The files differ on purpose as real ones do: three formats, a 4:3 and a small one, one turned by its EXIF tag.
"""

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from tests import draw_boat, draw_kite, draw_lighthouse, draw_sneaker, draw_tower

DATA = Path(__file__).parent.parent / "data"
IMAGES = DATA / "images"
LARGEST = 118_000  # bytes; the repository carries them all
SIDEWAYS = 6  # EXIF orientation: a reader has to turn the stored pixels clockwise

PICTURES: dict[str, Callable[[], Image.Image]] = {
    "headland.jpg": draw_lighthouse.headland,
    "stairs.webp": draw_tower.stairs,
    "lamp_room.jpg": draw_tower.lamp_room,
    "night.jpg": draw_lighthouse.night,
    "boat.png": draw_boat.boat,
    "dawn.jpg": draw_lighthouse.dawn,
    "sneaker_hero.jpg": draw_sneaker.hero,
    "sneaker_leap.jpg": draw_sneaker.leap,
    "sneaker_heel.jpg": draw_sneaker.heel,
    "sneaker_pair.webp": draw_sneaker.pair,
    "sneaker_sunset.jpg": draw_sneaker.sunset,
    "kite_hill.jpg": draw_kite.hill,
    "kite_sky.jpg": draw_kite.above,
    "kite_mira.png": draw_kite.mira,
    "kite_fox.png": draw_kite.red_fox,
}


def encoded(name: str, picture: Image.Image) -> bytes:
    """The picture in the format of its name, as good as the size limit allows."""
    if name.endswith(".png"):
        return written(picture.quantize(160, dither=Image.Dither.NONE), "PNG", optimize=True)
    kind = "WEBP" if name.endswith(".webp") else "JPEG"
    options: dict[str, Any] = {"method": 6} if kind == "WEBP" else {"optimize": True, "progressive": True}
    if name == "dawn.jpg":
        exif = Image.Exif()
        exif[0x0112] = SIDEWAYS
        picture, options = picture.transpose(Image.Transpose.ROTATE_90), options | {"exif": exif}
    tries = (written(picture, kind, quality=quality, **options) for quality in range(90, 40, -3))
    return next(data for data in tries if len(data) <= LARGEST)


def written(picture: Image.Image, kind: str, **options: Any) -> bytes:
    """The picture as the bytes of a file."""
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def twin(board: Path) -> None:
    """Write a CSV board beside itself as Parquet, every cell as the text it is."""
    with board.open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    columns = [pa.array([row[i] for row in rows], pa.string()) for i in range(len(header))]
    pq.write_table(pa.table(columns, names=header), board.with_suffix(".parquet"))


def main() -> None:
    """Draw them all."""
    twin(DATA / "lighthouse.csv")
    IMAGES.mkdir(parents=True, exist_ok=True)
    for name, draw in PICTURES.items():
        data = encoded(name, draw())
        (IMAGES / name).write_bytes(data)
        print(f"{name:22} {len(data):>8,} bytes")


if __name__ == "__main__":
    main()
