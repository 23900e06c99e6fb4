"""The README's picture: the posters that a demo run left at its target, in board order, on one sheet.

``python -m tests.draw_contact_sheet out/demo`` writes ``data/pictures/contact-sheet.jpg``.
"""

import json
import sys
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

TILE, GAP, CAPTION, ACROSS = (384, 216), 16, 30, 4


def sheet(target: Path) -> Image.Image:
    """The contact sheet of a target on disk."""
    shots = json.loads((target / "manifest.json").read_text())["shots"]
    down = -(-len(shots) // ACROSS)
    width = ACROSS * (TILE[0] + GAP) + GAP
    page = Image.new("RGB", (width, down * (TILE[1] + CAPTION + GAP) + GAP), "#14151a")
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(15)
    for i, shot in enumerate(shots):
        x = GAP + (i % ACROSS) * (TILE[0] + GAP)
        y = GAP + (i // ACROSS) * (TILE[1] + CAPTION + GAP)
        with Image.open(target / shot["poster"]) as poster:
            page.paste(poster.convert("RGB").resize(TILE, Image.Resampling.LANCZOS), (x, y))
        draw.text((x, y + TILE[1] + 7), shot["shot_id"], fill="#f2efe9", font=font)
        told = f"{shot['scene']}   {shot['duration_s']:.0f} s"
        draw.text((x + TILE[0], y + TILE[1] + 7), told, fill="#8d8f99", font=font, anchor="ra")
    return page


if __name__ == "__main__":
    sheet(Path(sys.argv[1])).save("data/pictures/contact-sheet.jpg", quality=86, optimize=True)
