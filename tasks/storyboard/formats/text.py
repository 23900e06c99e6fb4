"""CSV, or what a text file is instead: HTML, JSON, Markdown, an encoding that is none."""

import json
import re

from tasks.domain.errors import BoardError, Fault
from tasks.storyboard.formats import Board, columns
from tasks.storyboard.formats.columns import Table

_OTHERS = (  # how files begin that nobody can read as a table
    (rb"\x89PNG", "a PNG picture"),
    (rb"\xff\xd8\xff", "a JPEG picture"),
    (rb"GIF8[79]a", "a GIF picture"),
    (rb"RIFF....WEBP", "a WebP picture"),
    (rb"II\*\x00|MM\x00\*", "a TIFF picture"),
    (rb"....ftyp", "a video or a picture of a phone"),
    (rb"\x1aE\xdf\xa3|RIFF....AVI ", "a video"),
    (rb"RIFF....WAVE|ID3|OggS|fLaC", "sound"),
    (rb"%PDF-", "a PDF"),
    (rb"\{\\rtf", "an RTF text"),
    (rb"\x1f\x8b|BZh\d1AY|7z\xbc\xaf|Rar!\x1a|\xfd7zXZ|\x28\xb5\x2f\xfd", "a packed file"),
)
_OLD = b"\xd0\xcf\x11\xe0"
_ABOVE = bytes(range(0x80, 0x100))
_PAIRED = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")


def read(board: Board) -> Table:
    """The table of a CSV file in any common delimiter and encoding. Raises ``BoardError`` when it is none."""
    if other := next((what for begins, what in _OTHERS if re.match(begins, board.data, re.DOTALL)), ""):
        raise BoardError(f"this is {other}; save the shots as CSV, one row a shot below a line of headers")
    text = decode(board.data)
    if told := _no_table(text):
        raise BoardError(f"{told}; save the shots as CSV, one row a shot below a line of headers")
    return columns.from_csv(text, board.overrides, lambda lines, rows: board.find(lines, rows) or 0)


def _no_table(text: str) -> str:
    """What a text file is that is no table; empty where it may be one."""
    head = text[:2000].strip()
    if re.match(r"<(!doctype|html|head|body|table|\?xml)\b", head, re.IGNORECASE):
        return "this is an HTML or XML page, as of a link that needs a login"
    if head[:1] in ("{", "["):
        try:
            json.loads(text)
        except (ValueError, RecursionError):
            return ""
        return "this is JSON"
    lines = [line.strip() for line in head.split("\n") if line.strip()]
    ruled = [re.fullmatch(r"\|?(\s*:?-{3,}:?\s*\|)+(\s*:?-{3,}:?\s*)?", line) for line in lines]
    return "this is a table in Markdown" if any(ruled) else ""


def decode(data: bytes) -> str:
    """Text with ``\\n`` for every line end. CP1252 is the last resort: nearly every byte means something in it.

    Raises ``BoardError`` when no encoding fits, or the bytes are an old workbook.
    """
    if data.startswith(_OLD):
        raise BoardError("this is an old .xls or a workbook with a password; save it as .xlsx without one, or as CSV")
    encoding = _encoding(data)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        told = "neither UTF-8 nor CP1252" if encoding == "cp1252" else f"not {encoding.upper()}"
        message = f"byte {error.start + 1} of the file is {told}; save it as UTF-8"
        raise BoardError([Fault(line, "", "", "", message)]) from None
    return text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def encoding_of(data: bytes) -> str:
    """The encoding in which the bytes can be read, mark and all, and written again as they were."""
    found = _encoding(data)
    return found if found != "utf-16" else "utf-16-le" if data.startswith(b"\xff\xfe") else "utf-16-be"


def _encoding(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if data.startswith(b"\xef\xbb\xbf"):
        return "utf-8"
    even, odd = data[:4000:2].count(0), data[1:4000:2].count(0)
    if len(data) % 2 == 0 and max(even, odd) * 3 > len(data[:4000:2]) and min(even, odd) == 0:
        return "utf-16-le" if odd else "utf-16-be"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252" if _mostly_single(data) else "utf-8"
    return "utf-8"


def _mostly_single(data: bytes) -> bool:
    """Whether the bytes above ASCII stand alone, as in CP1252, rather than in UTF-8's sequences.

    Of a file in which both occur the rarer ones are a fault: taken for CP1252, every letter of the others would
    turn into two in silence.
    """
    rest, paired = _PAIRED.subn(b"", data)
    return len(rest) - len(rest.translate(None, _ABOVE)) > paired
