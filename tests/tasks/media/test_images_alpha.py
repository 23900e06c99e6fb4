"""What transparent parts lie on: what shows the drawing, or the colour that the config names."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageStat

from tasks.domain.shot import FITS, Size
from tasks.media.images import ground, normalise
from tests.tasks.pictures import BIG, K, R, W, frame, near, opened, quad, saved

WIDE, TALL = (96, 48), (48, 96)


def drawn(ink, size=(64, 48), alpha=255):
    """A ring and a thin line of one colour on nothing."""
    image = Image.new("RGBA", size, (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    draw.ellipse((8, 8, size[0] - 8, size[1] - 8), outline=(*ink, alpha), width=4)
    draw.line((0, 0, *size), fill=(*ink, alpha))
    return image


def palette(ink):
    image = Image.new("P", (64, 48), 0)
    image.putpalette([200, 10, 200, *ink])
    ImageDraw.Draw(image).ellipse((8, 8, 56, 40), outline=1, width=4)
    return image


FILES = {
    "png": lambda ink: saved(drawn(ink), "PNG"),
    "large png": lambda ink: saved(drawn(ink, (1280, 960)), "PNG"),
    "grey png with alpha": lambda ink: saved(drawn(ink).convert("LA"), "PNG"),
    "palette png": lambda ink: saved(palette(ink), "PNG", transparency=0),
    "palette png with several alphas": lambda ink: saved(palette(ink), "PNG", transparency=b"\0\xc0"),
    "gif": lambda ink: saved(palette(ink), "GIF", transparency=0),
    "webp": lambda ink: saved(drawn(ink), "WEBP", lossless=True),
    "lossy webp": lambda ink: saved(drawn(ink), "WEBP", quality=90),
    "avif": lambda ink: saved(drawn(ink), "AVIF", quality=95),
    "tiff": lambda ink: saved(drawn(ink), "TIFF"),
    "jpeg 2000": lambda ink: saved(drawn(ink), "JPEG2000"),
    "half visible": lambda ink: saved(drawn(ink, alpha=128), "PNG"),
    "hardly visible": lambda ink: saved(drawn(ink, alpha=20), "PNG"),
}
INKS = {
    "black": (K, "white"),
    "navy": ((0, 0, 128), "white"),
    "white": (W, "black"),
    "yellow": ((255, 240, 0), "black"),
}


@pytest.mark.parametrize("fit", FITS)
@pytest.mark.parametrize("ink", INKS)
@pytest.mark.parametrize("kind", FILES)
def test_a_drawing_can_be_seen(kind, ink, fit):
    """Dark ink stands on white, light ink on black, in every kind of file that has transparency, in every fit."""
    colour, wanted = INKS[ink]
    data = FILES[kind](colour)
    made = normalise(data, Size(64, 48), fit, max_pixels=BIG)
    light = opened(made.data).convert("L")
    assert made.ground == wanted == ground(data, "auto", max_pixels=BIG)
    assert near(opened(made.data).convert("RGB").getpixel((40, 20)), W if wanted == "white" else K, 12)
    low, high = light.getextrema()
    assert high - low > (12 if kind == "hardly visible" else 40)


@pytest.mark.parametrize("size", [WIDE, TALL])
@pytest.mark.parametrize("fit", ["contain", "blur"])
def test_borders_are_the_ground(fit, size):
    """Bars of another colour than the drawing's ground would frame it; a blur of it is as light as it is."""
    made = normalise(saved(drawn(K), "PNG"), Size(*size), fit, max_pixels=BIG)
    picture = opened(made.data).convert("RGB")
    assert all(min(picture.getpixel(at)) > 150 for at in ((1, 1), (size[0] - 2, size[1] - 2)))


@pytest.mark.parametrize(
    ("word", "colour"), [("white", W), ("black", K), ("teal", (0, 128, 128)), ("#ff8800", (255, 136, 0))]
)
def test_a_colour_of_ones_own(word, colour):
    """A named colour is taken whatever the drawing is, for its bars too, and tells itself."""
    made = normalise(saved(drawn(R), "PNG"), Size(160, 80), "contain", max_pixels=BIG, background=word)
    picture = opened(made.data).convert("RGB")
    assert near(picture.getpixel((88, 36)), colour) and near(picture.getpixel((2, 2)), colour)
    assert made.ground == word.lstrip("#")


@pytest.mark.parametrize("word", ["auto", "white", "teal"])
@pytest.mark.parametrize(
    "data",
    [
        saved(quad(), "PNG"),
        saved(quad(), "JPEG"),
        saved(quad([(*R, 255)] * 4, mode="RGBA"), "PNG"),
        saved(quad([(90, 255)] * 4, mode="LA"), "PNG"),
        saved(quad().quantize(4), "PNG", transparency=77),
    ],
    ids=["RGB", "JPEG", "RGBA", "LA", "P"],
)
def test_an_opaque_picture_has_no_ground(data, word):
    """Where nothing is transparent nothing changes: black bars, the same bytes, whatever the config says."""
    made = normalise(data, Size(160, 80), "contain", max_pixels=BIG, background=word)
    assert made.ground == "" == ground(data, word, max_pixels=BIG)
    assert near(opened(made.data).convert("RGB").getpixel((2, 2)), K)
    assert made == normalise(data, Size(160, 80), "contain", max_pixels=BIG)


def test_a_picture_of_nothing():
    """Of a picture without a visible pixel nothing can be shown: it is black, whatever colour it hides."""
    for hidden in (K, W):
        made = normalise(saved(Image.new("RGBA", (64, 48), (*hidden, 0)), "PNG"), Size(64, 48), "cover", max_pixels=BIG)
        assert (made.ground, opened(made.data).convert("L").getextrema()) == ("black", (0, 0))


def test_hidden_colours_do_not_count():
    """White that nobody sees does not make a black drawing light."""
    image = Image.new("RGBA", (64, 48), (255, 255, 255, 0))
    ImageDraw.Draw(image).rectangle((20, 20, 28, 28), fill=(0, 0, 0, 255))
    assert ground(saved(image, "PNG"), "auto", max_pixels=BIG) == "white"


def test_one_ground_for_all_sizes():
    """What is chosen goes by the whole picture, not by the part that a shape leaves of it."""
    image = drawn(K, (96, 48))
    ImageDraw.Draw(image).rectangle((44, 0, 52, 48), fill=(255, 255, 255, 255))
    found = {normalise(saved(image, "PNG"), Size(*size), "cover", max_pixels=BIG).ground for size in (WIDE, TALL)}
    assert len(found) == 1


@settings(max_examples=60, deadline=None)
@given(level=st.integers(0, 255), alpha=st.integers(1, 254))
def test_the_visible_decides(level, alpha):
    """Darker than mid-grey lies on white, else on black, however little of it is visible."""
    data = saved(Image.new("RGBA", (20, 20), (level, level, level, alpha)), "PNG")
    image = frame(data, 20, 20)
    seen = ImageStat.Stat(image.convert("L")).mean[0]
    if abs(level - 127.5) > 130 / alpha:  # nearer to the middle the file itself rounds
        assert ground(data, "auto", max_pixels=BIG) == ("white" if level < 127.5 else "black")
        assert (seen < 255) if level < 127.5 else (seen > 0 or alpha < 3)
