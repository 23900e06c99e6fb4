"""What a whole run does with the pictures of its rows."""

import pytest
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


@pytest.mark.parametrize("renders", [False, True])
async def test_the_plan_tells_of_shapes_and_few_pixels(studio: Studio, renders: bool) -> None:
    """An upright picture in a wide shot and a thumbnail are told, by plan and render; of a finished board nothing."""
    Image.new("RGB", (1512, 2016), "teal").save(studio.folder / "phone.jpg")
    Image.new("RGB", (100, 56), "teal").save(studio.folder / "thumb.png")
    rows = [{"prompt": name, "image": name, "duration": 1, "size": "320x180"} for name in ("phone.jpg", "thumb.png")]
    config, board = studio.config(chain={"image_to_video": ["animatic:kenburns"]}), studio.board(*rows)
    plan = (await studio.render(board, config)).plan if renders else await studio.plan(board, config)
    said = [" ".join(shot.warnings) for shot in plan.shots]
    assert "cuts 58 % of the picture away" in said[0] and 'fit = "blur"' in said[0]
    assert "is scaled up 3.2 times" in said[1]
    if renders:
        assert not any(shot.warnings for shot in (await studio.plan(board, config)).shots)
