"""Kinds of picture by their first bytes: which can be opened, what other files are, and how large each kind may be.

A picture is opened by the class for its first bytes, not by ``Image.open``: that depends on Pillow's process-wide pixel
limit and on Python's process-wide warning filters, and these functions run in threads.
"""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO

from PIL.AvifImagePlugin import AvifImageFile
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.ImageFile import ImageFile
from PIL.Jpeg2KImagePlugin import Jpeg2KImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from tasks.domain.errors import MediaError

MEMORY = 600_000_000  # bytes of memory that one picture may take while it is decoded
SMALL = 150_000_000  # bytes; a picture that takes more is decoded alone
SCANNED = 3_000_000_000  # pixels that a JPEG's scans may visit together: each scan visits them all

_KINDS: tuple[tuple[bytes, str, type[ImageFile]], ...] = (
    (rb"\xff\xd8\xff", "JPEG", JpegImageFile),
    (rb"\x89PNG\r\n\x1a\n", "PNG", PngImageFile),
    (rb"RIFF.{4}WEBP", "WebP", WebPImageFile),
    (rb".{4}ftyp.{0,48}?avi[fs]", "AVIF", AvifImageFile),
    (rb"GIF8[79]a", "GIF", GifImageFile),
    (rb"II[*+]\0|MM\0[*+]", "TIFF", TiffImageFile),
    (rb"\0\0\0\x0cjP  |\xff\x4f\xff\x51", "JPEG 2000", Jpeg2KImageFile),
    (rb"BM", "BMP", BmpImageFile),
)
_HEIC = rb".{4}ftyp.{0,48}?(hei[cxms]|hev[cxms])"
_FOREIGN: tuple[tuple[bytes, str], ...] = (
    (rb"(?i)(\xef\xbb\xbf)?\s*(<!--.*?-->\s*)?<(!doctype html|html|head|body)", "HTML"),
    (rb"(?i)(\xef\xbb\xbf)?\s*(<\?xml.*?\?>\s*)?(<!.*?>\s*)*<svg", "SVG, a drawing without pixels"),
    (rb"(\xef\xbb\xbf)?\s*<", "XML"),
    (rb"(\xef\xbb\xbf)?\s*[{\[]", "JSON"),
    (rb"%PDF", "PDF"),
    (rb"8BPS", "a Photoshop file"),
    (rb"v/1\x01", "OpenEXR"),
    (_HEIC, "HEIC: export as JPEG, or pip install 'storyreel[heic]'"),
    (rb".{4}ftyp|\x1aE\xdf\xa3|RIFF.{4}AVI ", "a video"),
    (rb"PK|\x1f\x8b|7z|Rar!", "an archive"),
)
_WEIGHT = {WebPImageFile: 20, AvifImageFile: 16, Jpeg2KImageFile: 24}  # bytes a pixel at the peak, as measured
HEIC_WEIGHT = 16  # 8 were measured, 10 with alpha
_alone = threading.Lock()


def open_picture(data: bytes) -> ImageFile:
    """The picture with its header read. Raises ``MediaError`` when the bytes are something else, and says what."""
    head = data[:512]
    for pattern, _, opener in _KINDS:
        if re.match(pattern, head, re.DOTALL):
            return opener(BytesIO(data))
    if re.match(_HEIC, head, re.DOTALL) and (picture := _open_heic(data)):
        return picture
    raise MediaError(_foreign(head))


def _open_heic(data: bytes) -> ImageFile | None:
    """A phone's picture, upright as its file says; None where the extra that reads it is not installed."""
    try:
        from pillow_heif import HeifImageFile
    except ImportError:
        return None
    picture: ImageFile = HeifImageFile(BytesIO(data))
    return picture


def _foreign(head: bytes) -> str:
    if not head:
        return "is empty"
    for pattern, name in _FOREIGN:
        if re.match(pattern, head, re.DOTALL):
            return f"is no picture that can be read (looks like {name})"
    return f"is no picture that can be read ({', '.join(name for _, name, _ in _KINDS)} can)"


def _weight(image: ImageFile) -> int:
    """Bytes that a pixel takes at the peak: the decoder's own planes, the picture, and a copy without alpha."""
    if isinstance(image, JpegImageFile):
        return 2 * len(image.getbands())  # a progressive JPEG keeps all of its coefficients
    if image.format == "HEIF":
        return HEIC_WEIGHT
    plain = image.mode in ("1", "L", "P", "RGB", "CMYK", "LAB") and not image.has_transparency_data
    return _WEIGHT.get(type(image), 4 if plain else 10)


def most_pixels(image: ImageFile, data: bytes) -> int:
    """How many pixels a picture of this kind may have: limited by memory, and by time: a small JPEG can take hours."""
    most = MEMORY // _weight(image)
    scans = data.count(b"\xff\xda") if isinstance(image, JpegImageFile) else 0
    return min(most, SCANNED // scans) if scans else most


@contextmanager
def room_for(image: ImageFile) -> Iterator[None]:
    """Decode a picture in the body; a large one waits until no other large one is being decoded."""
    if image.width * image.height * _weight(image) <= SMALL:
        yield
    else:
        with _alone:
            yield


def amount(count: int) -> str:
    """A number of bytes for people: ``4.5 MB``."""
    if count < 1_000_000:
        return f"{count} bytes" if count < 1000 else f"{count / 1000:.0f} kB"
    return f"{count / 1_000_000:.1f} MB".replace(".0 ", " ")
