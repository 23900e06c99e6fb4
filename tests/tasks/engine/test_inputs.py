"""In which size a picture of what is to be seen goes out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.domain.shot import Size
from tasks.engine.inputs import shape_reference


@pytest.mark.parametrize(
    ("picture", "sent"),
    [
        ((1024, 768), (1024, 768)),
        ((4000, 3000), (1280, 960)),
        ((100, 100), (300, 300)),
        ((600, 2400), (538, 1280)),  # a full figure: with bars at its sides
        ((2400, 600), (1280, 538)),
        ((16, 16), (300, 300)),
    ],
)
def test_a_reference_keeps_its_shape_as_far_as_gateways_take_it(
    picture: tuple[int, int], sent: tuple[int, int]
) -> None:
    """As it is, but not under 300 pixels a side, over 1280, or narrower than Seedance takes."""
    assert shape_reference(*picture) == Size(*sent)


@given(st.integers(1, 30_000), st.integers(1, 30_000))
def test_whatever_its_shape_every_gateway_takes_it(width: int, height: int) -> None:
    """Between 300 and 1280 pixels a side, of a ratio from 0.4 to 2.5, and never smaller a share than it has to be."""
    size = shape_reference(width, height)
    assert min(size) >= 300 and max(size) <= 1280
    assert 0.4 <= size.width / size.height <= 2.5
