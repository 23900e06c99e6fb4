"""What a reference image becomes: upright, of the right colours, size, kind and weight."""

from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import cycle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageCms, ImageStat, JpegImagePlugin

from tasks.domain.errors import MediaError
from tasks.domain.shot import FITS, Size
from tasks.media.images import normalise, suffix
from tests.tasks.pictures import (
    BIG,
    GREYS,
    KINDS,
    QUAD,
    SRGB,
    SWAPPED,
    B,
    G,
    K,
    R,
    W,
    frame,
    has_corners,
    looked_at,
    near,
    noise,
    opened,
    quad,
    saved,
)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fit", FITS)
def test_kinds(kind, fit):
    """Of every kind of file the first frame arrives with its colours, transparency as what shows them."""
    make, wanted = KINDS[kind]
    image = frame(make(), fit=fit)
    assert (image.mode, image.size) == ("RGB", (64, 48))
    assert has_corners(image, wanted), [image.getpixel(at) for at in ((16, 12), (48, 12), (16, 36), (48, 36))]


def test_lab():
    """A TIFF in L*a*b* arrives in the colours it stands for."""
    to_lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    lab = ImageCms.profileToProfile(quad(), *to_lab, outputMode="LAB")
    lab.info.clear()  # Pillow would write the profile into the file
    assert has_corners(frame(saved(lab, "TIFF")), QUAD)


# Upright corners of a file that stores R G over B W, from the definition: where row 0 and column 0 belong
UPRIGHT = {
    1: (R, G, B, W),
    2: (G, R, W, B),
    3: (W, B, G, R),
    4: (B, W, R, G),
    5: (R, B, G, W),
    6: (B, R, W, G),
    7: (W, G, B, R),
    8: (G, W, R, B),
}


@pytest.mark.parametrize("orientation", UPRIGHT)
@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("JPEG", {"quality": 95}),
        ("PNG", {}),
        ("WEBP", {"lossless": True}),
        ("TIFF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("AVIF", {"quality": 95}),
    ],
)
def test_orientation(orientation, kind, options):
    """Each of the eight EXIF orientations stands upright in every format that has them."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = saved(quad(size=(640, 480)), kind, exif=exif, **options)
    upright = (480, 640) if orientation >= 5 else (640, 480)
    assert looked_at(data) == upright
    whole = frame(data, upright[0] // 5, upright[1] // 5)
    assert has_corners(whole, UPRIGHT[orientation])
    assert has_corners(frame(data, 90, 50, "cover"), UPRIGHT[orientation])


@pytest.mark.parametrize("value", [0, 9, 60_000])
def test_orientation_unknown(value):
    """An orientation that does not exist leaves the picture as it is stored."""
    exif = Image.Exif()
    exif[0x0112] = value
    assert has_corners(frame(saved(quad(), "PNG", exif=exif)), QUAD)


@pytest.mark.parametrize("notes", [b"rubbish", b"II*\0\xff", b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\xff\xff\0\6"])
def test_orientation_in_broken_exif(notes):
    """Broken EXIF leaves the picture as it is stored, and is no reason to refuse it."""
    assert has_corners(frame(saved(quad(), "PNG", exif=b"Exif\0\0" + notes)), QUAD)


@pytest.mark.parametrize(
    "picture",
    [quad(), quad().quantize(4), quad([(*c, 255) for c in QUAD], mode="RGBA")],
    ids=["RGB", "P", "RGBA"],
)
def test_profile_changes_colours(picture):
    """A profile whose red and green primaries are swapped turns red into green, and white stays white."""
    image = frame(saved(picture, "PNG", icc_profile=SWAPPED))
    red, green, blue, white = (image.getpixel(at) for at in ((16, 12), (48, 12), (16, 36), (48, 36)))
    assert near(red, (R[1], R[0], R[2])) and near(green, (G[1], G[0], G[2])), (red, green)
    assert near(white, W) and near(blue, (B[1], B[0], B[2]))


def banded():
    """100x100: a magenta band of 25 above and below, between them left white, right blue."""
    image = Image.new("RGB", (100, 100), (255, 0, 255))
    image.paste(W, (0, 25, 50, 75))
    image.paste(B, (50, 25, 100, 75))
    return saved(image, "PNG")


def test_cover_crops_to_the_centre():
    """``cover`` fills the frame and cuts off equal parts above and below."""
    image = frame(banded(), 160, 80, "cover")
    assert all(near(image.getpixel((x, y)), W) for x in (0, 70) for y in (4, 40, 75))
    assert all(near(image.getpixel((x, y)), B) for x in (90, 159) for y in (4, 40, 75))


@pytest.mark.parametrize("background", ["auto", "white"])
def test_contain_puts_bars(background):
    """``contain`` shows all of the picture in the middle, between black bars where nothing is transparent."""
    image = frame(banded(), 160, 80, "contain", background=background)
    assert all(near(image.getpixel((x, y)), K, 3) for x in (0, 36, 123, 159) for y in (0, 40, 79))
    assert near(image.getpixel((60, 5)), (255, 0, 255)) and near(image.getpixel((100, 74)), (255, 0, 255))
    assert near(image.getpixel((60, 40)), W) and near(image.getpixel((100, 40)), B)


def test_blur_fills_the_bars():
    """``blur`` shows the same middle as ``contain``, and soft colours of the picture where that has bars."""
    image = frame(banded(), 1600, 800, "blur")
    assert near(image.getpixel((600, 400)), W) and near(image.getpixel((600, 50)), (255, 0, 255))
    left, right = image.getpixel((100, 400)), image.getpixel((1500, 400))
    assert min(left) > 180 and near(right, B, 60)
    bar = frame(saved(noise((400, 400)), "PNG"), 1600, 800, "blur").crop((0, 0, 400, 800))
    assert all(high - low < 60 for low, high in bar.getextrema())


@settings(max_examples=60, deadline=None)
@given(
    source=st.tuples(st.integers(16, 70), st.integers(16, 70)),
    target=st.tuples(st.integers(1, 70), st.integers(1, 70)),
    fit=st.sampled_from(FITS),
    kind=st.sampled_from(["JPEG", "PNG", "GIF"]),
)
def test_size_is_exact(source, target, fit, kind):
    """The frame has exactly the size asked for, whatever the shape of the picture."""
    assert frame(saved(quad(size=source), kind), *target, fit).size == target


@pytest.mark.parametrize("fit", FITS)
@pytest.mark.parametrize("source", [(6000, 16), (16, 6000), (1999, 1501)])
def test_size_is_exact_for_extreme_shapes(source, fit):
    """A strip of a picture, or one that a JPEG decoder may shrink to odd sizes, fits too."""
    assert frame(saved(quad(size=source), "JPEG"), 321, 181, fit).size == (321, 181)


@cache
def noisy() -> tuple[Image.Image, bytes]:
    """An upright picture full of detail, and its PNG."""
    image = Image.effect_noise((180, 320), 90).resize((720, 1280)).convert("RGB")
    return image, saved(image, "PNG")


@pytest.mark.parametrize(
    ("orientation", "turn"),
    [(1, None), (6, Image.Transpose.ROTATE_90), (8, Image.Transpose.ROTATE_270)],
)
@pytest.mark.parametrize("fit", FITS)
def test_large_jpeg_keeps_its_detail(orientation, turn, fit):
    """A JPEG, decoded at a fraction of its size, is as sharp as a PNG, whichever way it lies."""
    tall, png = noisy()
    exif = Image.Exif()
    exif[0x0112] = orientation
    jpeg = saved(tall.transpose(turn) if turn else tall, "JPEG", quality=98, subsampling=0, exif=exif)
    ours, wanted = frame(jpeg, 320, 180, fit), frame(png, 320, 180, fit)
    mean = ImageStat.Stat(ImageChops.difference(ours, wanted)).mean
    assert max(mean) < 6, mean


@pytest.mark.parametrize("limit", [200_000, 60_000, 25_000])
def test_byte_limit(limit):
    """Quality steps down until the frame is within the limit, and colours keep their full resolution."""
    data = saved(noise(), "PNG")
    frame_bytes, media_type, *_ = normalise(data, Size(320, 240), "cover", max_pixels=BIG, max_bytes=limit)
    assert limit / 3 < len(frame_bytes) <= limit and media_type == "image/jpeg"
    assert JpegImagePlugin.get_sampling(opened(frame_bytes)) == 0


def test_byte_limit_out_of_reach():
    """A limit that no quality meets is said, with both numbers."""
    with pytest.raises(MediaError, match=r"makes a frame of \d+ kB or more; at most 900 bytes may be sent"):
        normalise(saved(noise(), "PNG"), Size(320, 240), "cover", max_pixels=BIG, max_bytes=900)


def test_quality():
    """Without need to save bytes the quality is 92."""
    wanted = opened(saved(noise((64, 64)), "JPEG", quality=92)).quantization
    assert frame(saved(noise(), "PNG")).quantization == wanted


@pytest.mark.parametrize(
    ("picture", "kind", "media_type"),
    [
        (quad().quantize(4), "PNG", "image/png"),
        (quad((0, 1, 1, 0), mode="1"), "TIFF", "image/png"),
        (GREYS, "PNG", "image/png"),
        (GREYS, "JPEG", "image/jpeg"),
        (quad(), "PNG", "image/jpeg"),
        (noise((64, 48)).convert("L"), "PNG", "image/jpeg"),
        (noise((64, 48)).quantize(200), "GIF", "image/jpeg"),
    ],
)
def test_media_type(picture, kind, media_type):
    """Flat grey or palette art from a lossless file stays lossless; photographs and colour become JPEG."""
    data, seen, *_ = normalise(saved(picture, kind), Size(160, 120), "cover", max_pixels=BIG)
    assert seen == media_type and opened(data).get_format_mimetype() == media_type
    assert suffix(seen) == {"image/png": "png", "image/jpeg": "jpg"}[seen]


def test_png_over_the_limit_becomes_jpeg():
    """Flat art whose PNG is too large is sent as JPEG."""
    page = Image.new("L", (640, 480), 255)
    page.paste(Image.effect_noise((160, 480), 90), (0, 0))
    data = saved(page, "PNG")
    png, *_ = normalise(data, Size(640, 480), "cover", max_pixels=BIG)
    assert opened(png).format == "PNG"
    jpeg, seen, *_ = normalise(data, Size(640, 480), "cover", max_pixels=BIG, max_bytes=len(png) - 1)
    assert seen == "image/jpeg" and len(jpeg) < len(png)


@pytest.mark.parametrize("picture", [quad(), GREYS], ids=["jpeg", "png"])
def test_no_metadata(picture):
    """Comments, EXIF, XMP, profiles and resolutions of the source do not travel on."""
    exif = Image.Exif()
    exif[0x013B] = "somebody"
    data = saved(picture, "TIFF", exif=exif, icc_profile=SRGB, dpi=(300, 300), comment="hello")
    assert set(frame(data).info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    data = saved(picture, "JPEG", exif=exif, icc_profile=SRGB, xmp=b"<x/>", comment="hello", dpi=(300, 300))
    image = frame(data)
    assert set(image.info) == {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert image.info["jfif_density"] == (1, 1)


def test_same_bytes_in_threads():
    """The same picture gives the same bytes, alone or beside others in threads."""
    files = [make() for make, _ in KINDS.values()]
    work = [(data, Size(77, 55), fit) for data, fit in zip(files, cycle(FITS), strict=False)]
    alone = [normalise(*each, max_pixels=BIG) for each in work]
    with ThreadPoolExecutor(4) as pool:
        beside = pool.map(lambda each: normalise(*each, max_pixels=BIG), work * 3)
        assert list(beside) == alone * 3
