"""Reference images: checks that bytes are a picture, and makes the frame that a gateway gets. Pure."""

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import BytesIO
from typing import Literal, NamedTuple

from PIL import ExifTags, Image, ImageChops, ImageCms, ImageColor, ImageFilter, ImageStat
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile

from tasks.domain.errors import MediaError
from tasks.domain.shot import Fit, Size
from tasks.media import png
from tasks.media.image_formats import amount, most_pixels, open_picture, room_for

MIN_SIDE = 16
MID_GREY = 127.5
QUALITIES = (92, 88, 84, 80, 75, 70, 60, 50, 40, 30, 20, 10)
# Averaging whole pixels first halves the time for a large PNG; Lanczos is left with a factor of 1.5 to 3
REDUCING_GAP = 1.5
FLAT_SHARE = 0.6

_TURN = Image.Transpose
_TURNS = {2: _TURN.FLIP_LEFT_RIGHT, 3: _TURN.ROTATE_180, 4: _TURN.FLIP_TOP_BOTTOM}
_TURNS |= {5: _TURN.TRANSPOSE, 6: _TURN.ROTATE_270, 7: _TURN.TRANSVERSE, 8: _TURN.ROTATE_90}
_GRAPHIC_MODES = ("1", "P", "L", "LA")
_LOSSLESS = (PngImageFile, GifImageFile, BmpImageFile, TiffImageFile)


class Still(NamedTuple):
    """A frame: its bytes, ``image/jpeg`` or ``image/png``, the colour behind its transparent parts (see `ground`), and
    the upright size of the picture that it was made of."""

    data: bytes
    media_type: str
    ground: str
    source: Size


@dataclass(frozen=True, slots=True)
class _Picture:
    """A first frame as stored, and its upright size in the file (a JPEG may be decoded smaller)."""

    image: ImageFile
    size: Size
    orientation: int

    @property
    def may_be_art(self) -> bool:
        return isinstance(self.image, _LOSSLESS) and self.image.mode in _GRAPHIC_MODES


def check(data: bytes, *, max_bytes: int, max_pixels: int) -> tuple[int, int]:
    """Decode the first frame to its end, and give its upright width and height in pixels.

    The number of bytes, the kind (by content) and the size (by header) are checked in this order before any decoding.
    Raises ``MediaError`` when the bytes are no usable picture, with a sentence that lacks its subject.
    """
    if len(data) > max_bytes:
        raise MediaError(f"is {amount(len(data))} long; at most {amount(max_bytes)} are read")
    with _reading(data), _first(data, max_pixels) as image:
        # reduced to one pixel, a JPEG is read to its end without most of the arithmetic
        picture = _read(image, data, Size(1, 1), "cover")
        _resizable(picture.image.resize((1, 1), Image.Resampling.NEAREST))
    return picture.size.width, picture.size.height


def ground(data: bytes, background: str, *, max_pixels: int) -> str:
    """The colour behind the transparent parts of the picture; empty where it has none, which the header often tells.

    It is ``background`` (a colour's name, or ``#rrggbb``, given without the ``#``); for ``auto`` it is white where the
    visible pixels are darker than mid-grey on average, else black. Raises ``MediaError`` when `check` does.
    """
    with _reading(data), _first(data, max_pixels) as image:
        if not image.has_transparency_data:
            return ""
        png.load(image, data)
        return _ground(_resizable(image), background)


def _ground(image: Image.Image, background: str) -> str:
    """The ground of a picture with premultiplied alpha, whose sums so weigh each pixel by how visible it is."""
    if image.mode not in ("La", "RGBa") or image.getchannel("a").getextrema()[0] == 255:
        return ""
    if background != "auto":
        return background.lstrip("#")
    *sums, alpha = ImageStat.Stat(image).sum
    light = 0.299 * sums[0] + 0.587 * sums[1] + 0.114 * sums[2] if len(sums) == 3 else sums[0]
    return "white" if light * 255 < MID_GREY * alpha else "black"


def _colour(ground: str) -> tuple[int, int, int]:
    """The colour of a ground; black for the empty one, which is then that of the bars."""
    known = not ground or ground in ImageColor.colormap
    red, green, blue, *_ = ImageColor.getrgb((ground or "black") if known else f"#{ground}")
    return red, green, blue


def normalise(
    data: bytes, size: Size, fit: Fit, *, max_pixels: int, max_bytes: int = 8_000_000, background: str = "auto"
) -> Still:
    """The first frame as an upright sRGB picture of exactly ``size``.

    ``cover`` crops to the centre, ``contain`` puts the whole picture between bars, ``blur`` puts it on a blurred cover
    of itself. Transparent parts and bars have the colour of the picture's `ground`, bars are black where it has none.
    Flat grey or palette art in a lossless file becomes PNG if that fits into ``max_bytes``, all else JPEG 4:4:4 at
    quality 92 or the next lower one that fits. There is no metadata, and the same input gives the same bytes. Raises
    ``MediaError`` when `check` does, or when no quality is low enough.
    """
    with _reading(data), _first(data, max_pixels) as image:
        picture = _read(image, data, size, fit)
        whole = _resizable(picture.image)
        ground = _ground(whole, background)
        part = _scaled(picture, whole, size, fit, _colour(ground))
    frame = _laid_out(part, size, fit, _colour(ground))
    frame.info = {}  # else a comment, a profile or a resolution would be saved too
    return Still(*_encoded(frame, max_bytes, as_png=picture.may_be_art and _is_flat(part)), ground, picture.size)


def suffix(media_type: str) -> Literal["jpg", "png"]:
    """The ending of a frame's file name for its media type."""
    return "png" if media_type == "image/png" else "jpg"


@contextmanager
def _reading(data: bytes) -> Iterator[None]:
    """Read the bytes in the body; Pillow's plugins raise all kinds of errors.

    Raises ``MediaError`` when the body raises any error.
    """
    try:
        yield
    except MediaError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError) as error:
        raise MediaError("has more pixels than can be read") from error
    except Exception as error:
        if isinstance(error, EOFError) or re.search("(?i)truncated", str(error)):
            raise MediaError(f"is cut off after {amount(len(data))}") from error
        raise MediaError(f"is broken inside, or cut off after {amount(len(data))}") from error


@contextmanager
def _first(data: bytes, max_pixels: int) -> Iterator[ImageFile]:
    """Open the picture without decoding it, check its size, and wait for room to decode it in the body."""
    image = open_picture(data)
    _check_size(*image.size, min(max_pixels, most_pixels(image, data)))
    with room_for(image):
        yield image


def _read(image: ImageFile, data: bytes, size: Size, fit: Fit) -> _Picture:
    """Decode the first frame and no other, a JPEG no larger than ``size`` needs."""
    width, height = image.size
    if isinstance(image, JpegImageFile):
        factor = _factor(_upright(Size(width, height), _orientation(image)), size, fit)
        image.draft(None, (max(1, round(width * factor)), max(1, round(height * factor))))
    png.load(image, data)
    orientation = _orientation(image)  # after loading: it may come after the pixels, and Pillow turns a TIFF
    return _Picture(image, _upright(Size(width, height), orientation), orientation)


def _check_size(width: int, height: int, max_pixels: int) -> None:
    if width * height > max_pixels:
        raise MediaError(f"is {width}x{height} pixels; at most {max_pixels:,} in all are read")
    if min(width, height) < MIN_SIDE:
        raise MediaError(f"is {width}x{height} pixels; each side needs at least {MIN_SIDE}")


def _orientation(image: ImageFile) -> int:
    """The EXIF orientation, 1 to 8; 1 where it is missing or broken."""
    value: object = 1
    with suppress(Exception):
        value = image.getexif().get(ExifTags.Base.Orientation, 1)
    return value if isinstance(value, int) and value in _TURNS else 1


def _upright(size: Size, orientation: int) -> Size:
    """The upright size of a stored one, or the reverse: orientations 5 to 8 swap width and height."""
    return Size(size.height, size.width) if orientation >= 5 else size


def _factor(source: Size, target: Size, fit: Fit) -> float:
    factors = target.width / source.width, target.height / source.height
    return max(factors) if fit == "cover" else min(factors)


def _scaled(
    picture: _Picture, image: Image.Image, size: Size, fit: Fit, background: tuple[int, int, int]
) -> Image.Image:
    """Upright RGB: exactly ``size`` for ``cover``, else the whole picture within it. Turned and converted last."""
    inner = size if fit == "cover" else _within(picture.size, size)
    target = _upright(inner, picture.orientation)
    box = _centre(image.size, target) if fit == "cover" else (0.0, 0.0, *image.size)
    small = image.resize((target.width, target.height), Image.Resampling.LANCZOS, box, REDUCING_GAP)
    rgb = _opaque(small, picture.image.info.get("icc_profile"), background)
    return rgb.transpose(_TURNS[picture.orientation]) if picture.orientation in _TURNS else rgb


def _within(source: Size, target: Size) -> Size:
    factor = _factor(source, target, "contain")
    return Size(max(1, round(source.width * factor)), max(1, round(source.height * factor)))


def _centre(source: tuple[int, int], target: Size) -> tuple[float, float, float, float]:
    """The largest centred box of the source with the target's shape."""
    width, height = source
    factor = _factor(Size(width, height), target, "cover")
    wide, high = min(width, target.width / factor), min(height, target.height / factor)
    left, top = (width - wide) / 2, (height - high) / 2
    return left, top, min(width, left + wide), min(height, top + high)


def _resizable(image: Image.Image) -> Image.Image:
    """The picture in a mode whose values can be averaged: premultiplied alpha, no palette, 8 bits."""
    if image.mode.startswith("I;16"):
        return image.convert("I").point(lambda value: value * (1 / 257) + 0.5).convert("L")
    if image.mode in ("I", "F"):
        raise MediaError("has 32 bits a channel; save it with 8 or 16")
    if image.mode == "LA":
        return image.convert("La")
    if image.has_transparency_data:
        return (image if image.mode == "RGBA" else image.convert("RGBA")).convert("RGBa")
    if image.mode in ("L", "RGB", "CMYK", "LAB"):
        return image
    return image.convert("L" if image.mode == "1" else "RGB")


def _opaque(image: Image.Image, profile: bytes | None, background: tuple[int, int, int]) -> Image.Image:
    """sRGB without alpha. Colours are converted before they are put on the background, which is sRGB."""
    if image.mode not in ("La", "RGBa"):
        return _srgb(image, profile)
    straight = image.convert(image.mode.upper())
    canvas = Image.new("RGB", image.size, background)
    canvas.paste(_srgb(straight.convert(straight.mode[:-1]), profile), mask=straight.getchannel("A"))
    return canvas


def _srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """RGB by the embedded profile; without a usable one by Pillow's formulas."""
    if profile:
        with suppress(ImageCms.PyCMSError, OSError, TypeError, ValueError):
            ours, sent = ImageCms.createProfile("sRGB"), ImageCms.ImageCmsProfile(BytesIO(profile))
            converted = ImageCms.profileToProfile(image, sent, ours, outputMode="RGB")
            if converted is not None:
                return converted
    return image.convert("RGB")


def _laid_out(part: Image.Image, size: Size, fit: Fit, background: tuple[int, int, int]) -> Image.Image:
    whole = (size.width, size.height)
    if part.size == whole:
        return part
    canvas = _blurred(part, size) if fit == "blur" else Image.new("RGB", whole, background)
    canvas.paste(part, ((size.width - part.width) // 2, (size.height - part.height) // 2))
    return canvas


def _blurred(part: Image.Image, size: Size) -> Image.Image:
    """A blurred cover of ``size``. It is blurred at a sixteenth of the size, which looks the same and is faster."""
    tiny = Size(max(1, size.width // 16), max(1, size.height // 16))
    cover = part.resize((tiny.width, tiny.height), Image.Resampling.BOX, _centre(part.size, size))
    soft = cover.filter(ImageFilter.GaussianBlur(2))
    return soft.resize((size.width, size.height), Image.Resampling.BICUBIC)


def _is_flat(image: Image.Image) -> bool:
    """Whether most pixels equal their neighbour: then it is drawn, not photographed, scanned or dithered."""
    width, height = image.size
    left, right = image.crop((0, 0, width - 1, height)), image.crop((1, 0, width, height))
    equal = ImageChops.difference(left, right).convert("L").histogram()[0]
    return equal > FLAT_SHARE * width * height


def _encoded(frame: Image.Image, max_bytes: int, *, as_png: bool) -> tuple[bytes, str]:
    if as_png and len(png := _saved(frame, "PNG")) <= max_bytes:
        return png, "image/png"
    for quality in QUALITIES:
        jpeg = _saved(frame, "JPEG", quality=quality, subsampling=0)
        if len(jpeg) <= max_bytes:
            return jpeg, "image/jpeg"
    raise MediaError(f"makes a frame of {amount(len(jpeg))} or more; at most {amount(max_bytes)} may be sent")


def _saved(frame: Image.Image, kind: str, **options: int) -> bytes:
    file = BytesIO()
    frame.save(file, kind, **options)
    return file.getvalue()
