"""A clip's pictures in small: quicker ways to count give what the plain ones do, to the last bit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.media.looks import sampling
from tasks.media.looks.sampling import Plane


def _noise(shape: tuple[int, int], seed: int = 1) -> Plane:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 9), st.booleans())
def test_light_counted_in_whole_numbers_is_the_mean(high: int, wide: int, seed: int, full: bool) -> None:
    """Of any cells, the brightest too, bit by bit."""
    plane = np.full((18 * high, 32 * wide), 255, np.uint8) if full else _noise((18 * high, 32 * wide), seed)
    counted = sampling._means(plane, 18, 32)
    assert counted.dtype == np.float32
    assert np.array_equal(counted, plane.reshape(18, high, 32, wide).mean((1, 3)).astype(np.float32))


@pytest.mark.parametrize("black", [0.0, 10.0, 10.7, 255.0])
def test_the_lit_shares_are_those_of_plain_means(black: float) -> None:
    """Of each row and column, of every eighth sample across."""
    light = _noise((720, 1280))
    edges, most = sampling.edges_of(light, black), int(sampling.WIDE.sample_of(black))
    assert np.array_equal(edges.rows, (light[:, ::8] > most).mean(1, dtype=np.float32))
    assert np.array_equal(edges.columns, (light[::8] > most).mean(0, dtype=np.float32))
