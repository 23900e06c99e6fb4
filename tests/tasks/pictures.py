"""Pictures of every kind, made here. The test picture has a colour of its own in each corner."""

from io import BytesIO

from PIL import Image, ImageCms

from tasks.domain.shot import Size
from tasks.media.images import check, normalise

R, G, B, W, K = (220, 30, 20), (20, 160, 50), (30, 40, 200), (255, 255, 255), (0, 0, 0)
QUAD = (R, G, B, W)
BIG = 100_000_000
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
SWAPPED = SRGB.replace(b"rXYZ", b"*XYZ").replace(b"gXYZ", b"rXYZ").replace(b"*XYZ", b"gXYZ")  # red is green


def quad(corners=QUAD, size=(64, 48), mode="RGB"):
    """Top left, top right, bottom left, bottom right."""
    small = Image.new(mode, (2, 2))
    for place, colour in zip(((0, 0), (1, 0), (0, 1), (1, 1)), corners, strict=True):
        small.putpixel(place, colour)
    return small.resize(size, Image.Resampling.NEAREST)


def saved(image, kind, **options):
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def opened(data):
    image = Image.open(BytesIO(data))
    image.load()
    return image


def frame(data, width=64, height=48, fit="contain", **options):
    """What ``normalise`` makes of it, decoded."""
    return opened(normalise(data, Size(width, height), fit, max_pixels=BIG, **options)[0])


def looked_at(data):
    return check(data, max_bytes=64_000_000, max_pixels=BIG)


def near(seen, wanted, tolerance=10):
    return all(abs(a - b) <= tolerance for a, b in zip(seen, wanted, strict=True))


def has_corners(image, wanted, tolerance=10):
    """Whether the middle of each quarter has the wanted colour."""
    x, y = image.width // 4, image.height // 4
    places = (x, y), (3 * x, y), (x, 3 * y), (3 * x, 3 * y)
    return all(near(image.getpixel(at), want, tolerance) for at, want in zip(places, wanted, strict=True))


def noise(size=(640, 480)):
    return Image.merge("RGB", [Image.effect_noise(size, 90) for _ in range(3)])


def grey(*values):
    return tuple((value, value, value) for value in values)


def sixteen_bit():
    return quad((0, 128 * 257, 65535, 64 * 257), mode="I;16")


def keyed(mode, **options):
    """The quadrants with red made transparent by a palette entry or a colour key."""
    image = quad() if mode == "RGB" else quad().quantize(4)
    key = R if mode == "RGB" else image.getpixel((0, 0))
    return saved(image, "PNG", transparency=key, **options)


def moving(kind, **options):
    """An animation whose other frames have another order of colours."""
    others = [quad((B, W, R, G)), quad((G, B, W, R))]
    return saved(quad(), kind, save_all=True, append_images=others, **options)


GREYS = quad((0, 200, 100, 255), mode="L")
KINDS = {
    "jpeg": (lambda: saved(quad(), "JPEG", quality=95), QUAD),
    "progressive jpeg": (lambda: saved(quad(), "JPEG", quality=95, progressive=True), QUAD),
    "grey jpeg": (lambda: saved(GREYS, "JPEG", quality=95), grey(0, 200, 100, 255)),
    "cmyk jpeg, inverted by Adobe": (lambda: saved(quad().convert("CMYK"), "JPEG", quality=95), QUAD),
    "two pictures in a jpeg": (lambda: moving("MPO"), QUAD),
    "cmyk tiff": (lambda: saved(quad().convert("CMYK"), "TIFF"), QUAD),
    "lzw tiff": (lambda: saved(quad(), "TIFF", compression="tiff_lzw"), QUAD),
    "ycbcr tiff": (lambda: saved(quad().convert("YCbCr"), "TIFF"), QUAD),
    "pages of a tiff": (lambda: moving("TIFF"), QUAD),
    "16-bit tiff": (lambda: saved(sixteen_bit(), "TIFF"), grey(0, 128, 255, 64)),
    "16-bit png": (lambda: saved(sixteen_bit(), "PNG"), grey(0, 128, 255, 64)),
    "16-bit png with a transparent grey": (
        lambda: saved(sixteen_bit(), "PNG", transparency=65535),
        grey(0, 128, 255, 64),
    ),
    "1-bit png": (lambda: saved(quad((0, 1, 1, 0), mode="1"), "PNG"), (K, W, W, K)),
    "palette png": (lambda: saved(quad().quantize(4), "PNG"), QUAD),
    "palette png with transparency": (lambda: keyed("P"), (K, G, B, W)),
    "png with a transparent colour": (lambda: keyed("RGB"), (K, G, B, W)),
    "grey png with alpha": (
        lambda: saved(quad(((200, 255), (200, 0), (255, 128), (0, 255)), mode="LA"), "PNG"),
        grey(200, 0, 128, 0),
    ),
    "png with alpha": (
        lambda: saved(quad(((*R, 255), (*G, 0), (255, 255, 255, 128), (*B, 255)), mode="RGBA"), "PNG"),
        (R, W, W, B),
    ),
    "moving png": (lambda: moving("PNG"), QUAD),
    "moving gif": (lambda: moving("GIF"), QUAD),
    "webp": (lambda: saved(quad(), "WEBP", lossless=True), QUAD),
    "moving webp": (lambda: moving("WEBP", lossless=True), QUAD),
    "avif": (lambda: saved(quad(), "AVIF", quality=95), QUAD),
    "moving avif": (lambda: moving("AVIF", quality=95), QUAD),
    "jpeg 2000": (lambda: saved(quad(), "JPEG2000"), QUAD),
    "bmp": (lambda: saved(quad(), "BMP"), QUAD),
    "png with a profile": (lambda: saved(quad(), "PNG", icc_profile=SRGB), QUAD),
    "jpeg with a broken profile": (lambda: saved(quad(), "JPEG", quality=95, icc_profile=b"no profile"), QUAD),
    "cmyk with the profile of a screen": (
        lambda: saved(quad().convert("CMYK"), "JPEG", quality=95, icc_profile=SRGB),
        QUAD,
    ),
}
