"""The sample board with a cast, drawn by the built-in renderer: its pictures are those that its rows name."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.chain.conftest import rendered
from tests.tasks.clips import pictures

DATA = Path(__file__).parents[2] / "data"
WIDE, HIGH = 320, 180


def shown(name: str) -> NDArray[np.float32]:
    """A picture of the samples in the size of the clips."""
    return np.asarray(Image.open(DATA / "images" / name).convert("RGB").resize((WIDE, HIGH)), np.float32)


def apart(one: NDArray[np.generic], other: NDArray[np.generic]) -> float:
    """How far two pictures differ, a channel of a pixel on average, of 255; the strip's corner is left out."""
    return float(np.abs(one.astype(float) - other.astype(float))[HIGH // 3 :].mean())


async def test_the_kite_film_is_drawn_as_it_is_planned(tmp_path: Path) -> None:
    """Each shot that continues another begins where that one ends, one goes from its first picture to its last, and
    those that show a character have it in their corner. It costs nothing."""
    config = tmp_path / "small.toml"
    config.write_text((DATA / "kite.toml").read_text().replace("1280x720", f"{WIDE}x{HIGH}"))
    run = await rendered(DATA / "kite.csv", tmp_path / "out", {}, config=config)
    assert (run.code, run.statuses(), run.money()) == (0, {"rendered": 6}, 0), run.errors
    clips = {name: pictures(tmp_path / "out" / row["clip"]) for name, row in run.rows.items()}
    for name, before in (("KT-020", "KT-010"), ("KT-030", "KT-020"), ("KT-050", "KT-040")):
        assert apart(clips[name][0], clips[before][-1]) == pytest.approx(0, abs=8), name
    flight = clips["KT-040"]
    hill, sky = shown("kite_hill.jpg"), shown("kite_sky.jpg")
    assert apart(flight[0], hill) < apart(flight[0], sky) and apart(flight[-1], sky) < apart(flight[-1], hill)
    begun = {one["shot_id"]: one["started_from"] for one in run.attempts}
    assert begun == {"KT-010": None, "KT-020": 1, "KT-030": 1, "KT-040": None, "KT-050": 1, "KT-060": None}
    orange = np.abs(clips["KT-030"][0][: HIGH // 5, : WIDE // 5].astype(int) - (208, 98, 45)).sum(axis=2) < 60
    assert orange.sum() > 20, "the fox is not in the corner"
