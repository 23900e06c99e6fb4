"""What a whole run does with the pictures of its rows."""

from PIL import Image, ImageDraw

from tests.chain.conftest import Studio
from tests.tasks.pictures import opened


async def test_ink_on_nothing_is_seen(studio: Studio) -> None:
    """Dark drawings on transparency become frames that show them, of each kind of file and in each fit."""
    image = Image.new("RGBA", (320, 240), (0, 0, 0, 0))
    ImageDraw.Draw(image).ellipse((40, 40, 280, 200), outline=(0, 0, 0, 255), width=12)
    image.save(studio.folder / "a.png")
    image.convert("LA").save(studio.folder / "b.png")
    image.save(studio.folder / "c.webp", lossless=True)
    rows = [
        {"prompt": name, "image": name, "fit": fit, "duration": 1, "size": "320x180"}
        for name, fit in (("a.png", "cover"), ("b.png", "contain"), ("c.webp", "blur"))
    ]
    config = studio.config(chain={"image_to_video": ["animatic:kenburns"]})
    outcome = await studio.render(studio.board(*rows), config)
    assert outcome.code == 0, outcome.errors
    for row in outcome.rows.values():
        assert row["frame"].rpartition(".")[0].endswith("-white")
        low, high = opened((studio.target / row["frame"]).read_bytes()).convert("L").getextrema()
        assert low < 40 and high > 240
