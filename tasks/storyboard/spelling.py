"""Text as it is compared: width, case and accents make no difference. Pure."""

import re
import unicodedata
from functools import lru_cache

_MARKS = re.compile("[\u0300-\u036f]")
_UNSIGNED = str.maketrans({"ł": "l", "ø": "o", "æ": "ae", "đ": "d", "ı": "i", "№": "no"})


def plain(text: str) -> str:
    """A cell with full-width digits and signs as plain ones, in lower case, without white space around it."""
    return text if text.isascii() and text.islower() else unicodedata.normalize("NFKC", text).casefold().strip()


@lru_cache(maxsize=4096)
def fold(text: str) -> str:
    """Words without what people leave out: full-width forms as plain ones, lower case, no accents on Latin letters."""
    text = unicodedata.normalize("NFKC", text.translate(_UNSIGNED)).casefold()
    return unicodedata.normalize("NFC", _MARKS.sub("", unicodedata.normalize("NFD", text))).translate(_UNSIGNED)
