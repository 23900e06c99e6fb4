"""What the plan says about a picture of another shape or of few pixels."""

import pytest

from tasks.domain.shot import Size
from tasks.planning.shapes import describe_fit

HD, TALL = Size(1280, 720), Size(720, 1280)


@pytest.mark.parametrize(
    ("picture", "size", "percent"),
    [
        ((3024, 4032), HD, 58),
        ((720, 1280), HD, 68),
        ((4032, 3024), TALL, 58),
        ((2000, 2000), HD, 44),
        ((2400, 1000), TALL, 77),
        ((1500, 1600), Size(1024, 1000), 8),
    ],
)
def test_how_much_is_cut(picture, size, percent):
    """An upright photo in a wide shot, the reverse, or one that loses over a third: how much, and a way out."""
    [said] = describe_fit(picture, size, "cover")
    assert f"cuts {percent} % of the picture away" in said and 'fit = "blur"' in said
    assert describe_fit(picture, size, "blur") == describe_fit(picture, size, "contain") == ()


@pytest.mark.parametrize("picture", [(1280, 720), (4032, 3024), (3000, 2000), (2390, 1000)])
def test_usual_shapes(picture):
    """What a camera or a film gives is cut a little, and nothing is said of it."""
    assert describe_fit(picture, HD, "cover") == ()


@pytest.mark.parametrize(
    ("picture", "fit", "times"),
    [
        ((320, 180), "cover", "4"),
        ((500, 281), "cover", "2.6"),
        ((320, 240), "contain", "3"),
        ((100, 300), "blur", "2.4"),
        ((16, 16), "cover", "80"),
    ],
)
def test_scaled_up(picture, fit, times):
    """A picture that is enlarged over twice is told with how much."""
    said = describe_fit(picture, HD, fit)
    assert any(f"is scaled up {times} times" in one for one in said)


@pytest.mark.parametrize(("picture", "fit"), [((640, 360), "cover"), ((640, 480), "contain"), (None, "cover")])
def test_large_enough(picture, fit):
    """Twice is what it may be; of a picture that nobody has looked at nothing is known."""
    assert describe_fit(picture, HD, fit) == ()
