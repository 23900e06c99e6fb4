"""A file that came in the reply itself, as base64: written to a local file, bounded by the reply that held it."""

import base64
import binascii
import re
from pathlib import Path

from tasks.domain import machine
from tasks.domain.errors import MediaError

PIECE = 4_000_000  # letters that are decoded at a time; a multiple of four


def unpack(uri: str, out: Path) -> None:
    """Write the bytes of a base64 data URI to ``out``.

    Raises ``MediaError`` when it is none, ``LocalFault`` when ``out`` cannot be written.
    """
    head, comma, text = uri.partition(",")
    if not comma or not re.search(r";\s*base64$", head, re.IGNORECASE):
        raise MediaError(f"the result is no base64: {head[:60]!r}")
    letters = re.sub(r"\s+", "", text).translate(str.maketrans("-_", "+/")).rstrip("=")
    letters += "=" * (-len(letters) % 4)
    with machine.filling(out) as keep:
        for at in range(0, len(letters), PIECE):
            try:
                keep(base64.b64decode(letters[at : at + PIECE], validate=True))
            except (binascii.Error, ValueError) as error:
                raise MediaError(f"the result is no base64: {error}") from error
