"""Pictures by their first bytes: which are opened, what the others are, and how large each kind may be.

Pictures are opened by the class that their first bytes name, not by ``Image.open``: that one tries Pillow's
process-wide pixel limit and Python's process-wide warning filters, and these functions run in threads.
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

MEMORY = 600_000_000  # bytes that one picture may take while it is read
SMALL = 150_000_000  # a picture that takes more is read alone
SCANNED = 3_000_000_000  # pixels that a JPEG may run over: each of its scans visits them all

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
_FOREIGN: tuple[tuple[bytes, str], ...] = (
    (rb"(?i)(\xef\xbb\xbf)?\s*(<!--.*?-->\s*)?<(!doctype html|html|head|body)", "HTML"),
    (rb"(?i)(\xef\xbb\xbf)?\s*(<\?xml.*?\?>\s*)?(<!.*?>\s*)*<svg", "SVG, a drawing without pixels"),
    (rb"(\xef\xbb\xbf)?\s*<", "XML"),
    (rb"(\xef\xbb\xbf)?\s*[{\[]", "JSON"),
    (rb"%PDF", "PDF"),
    (rb"8BPS", "a Photoshop file"),
    (rb"v/1\x01", "OpenEXR"),
    (rb".{4}ftyp.{0,48}?(hei[cxms]|hev[cxms])", "HEIC: save it as JPEG"),
    (rb".{4}ftyp|\x1aE\xdf\xa3|RIFF.{4}AVI ", "a video"),
    (rb"PK|\x1f\x8b|7z|Rar!", "an archive"),
)
_WEIGHT = {WebPImageFile: 20, AvifImageFile: 16, Jpeg2KImageFile: 24}  # bytes a pixel at the peak, as measured
_alone = threading.Lock()


def open_picture(data: bytes) -> ImageFile:
    """The picture with its header read. MediaError says what the bytes are instead."""
    head = data[:512]
    for pattern, _, opener in _KINDS:
        if re.match(pattern, head, re.DOTALL):
            return opener(BytesIO(data))
    raise MediaError(_foreign(head))


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
        return 2 * len(image.getbands())  # a progressive one keeps all of its coefficients
    plain = image.mode in ("1", "L", "P", "RGB", "CMYK", "LAB") and not image.has_transparency_data
    return _WEIGHT.get(type(image), 4 if plain else 10)


def most_pixels(image: ImageFile, data: bytes) -> int:
    """How many pixels a picture of this kind may have: by memory, and by time where a small file can take hours."""
    most = MEMORY // _weight(image)
    scans = data.count(b"\xff\xda") if isinstance(image, JpegImageFile) else 0
    return min(most, SCANNED // scans) if scans else most


@contextmanager
def room_for(image: ImageFile) -> Iterator[None]:
    """Wait until no other large picture is being read, if this is one."""
    if image.width * image.height * _weight(image) <= SMALL:
        yield
    else:
        with _alone:
            yield


def amount(count: int) -> str:
    """``4.5 MB``."""
    if count < 1_000_000:
        return f"{count} bytes" if count < 1000 else f"{count / 1000:.0f} kB"
    return f"{count / 1_000_000:.1f} MB".replace(".0 ", " ")
