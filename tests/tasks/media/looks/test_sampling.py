"""A clip's pictures in small: quicker ways to count give what the plain ones do, to the last bit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.media.looks import sampling
from tasks.media.looks.sampling import Plane

TABLES = (sampling._AS_IT_IS, sampling._STRETCHED)
SHAPES = ((720, 1280), (2160, 4096), (1280, 720), (90, 160), (17, 31), (1, 1))


def _noise(shape: tuple[int, int], seed: int = 1) -> Plane:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


@pytest.mark.parametrize("table", TABLES, ids=("as it is", "stretched"))
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_a_thinned_picture_has_the_light_of_the_table(shape: tuple[int, int], table: Plane) -> None:
    """Every so many samples, each as the table has it, without those that make no whole cell."""
    light, step = _noise(shape), max(min(shape) // sampling.SIDE, 1)
    thin = light[step // 2 :: step, step // 2 :: step]
    rows, columns = (side // cells * cells or side for side, cells in zip(thin.shape, (18, 32), strict=True))
    assert np.array_equal(sampling._thinned(light, table), table[thin[:rows, :columns]])


@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 9), st.booleans())
def test_light_counted_in_whole_numbers_is_the_mean(high: int, wide: int, seed: int, full: bool) -> None:
    """Of any cells, the brightest too, bit by bit."""
    plane = np.full((18 * high, 32 * wide), 255, np.uint8) if full else _noise((18 * high, 32 * wide), seed)
    counted = sampling._light_means(plane, 18, 32)
    assert counted.dtype == np.float32
    assert np.array_equal(counted, sampling._means(plane, 18, 32))


@pytest.mark.parametrize("black", [0.0, 10.0, 10.7, 255.0])
def test_the_lit_shares_are_those_of_plain_means(black: float) -> None:
    """Of each row and column, of every eighth sample across."""
    light = _noise((720, 1280))
    edges = sampling.edges_of(light, black)
    assert np.array_equal(edges.rows, (light[:, ::8] > int(black)).mean(1, dtype=np.float32))
    assert np.array_equal(edges.columns, (light[::8] > int(black)).mean(0, dtype=np.float32))
