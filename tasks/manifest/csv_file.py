"""Tables as CSV that is safe to open in a spreadsheet. Pure."""

import csv
from codecs import BOM_UTF8
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from unicodedata import category

from tasks.domain.money import usd_text

STARTS = frozenset("=+-@＝＋－＠﹦﹢﹣﹫\t\r")  # first characters of what a spreadsheet runs as a formula
UNSEEN = ("Cc", "Cf", "Zl", "Zp", "Zs")  # blanks, line ends and characters without a width: they are skipped
BLANK_LETTERS = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"
)  # as invisible, though of other categories


class _Lines(list[str]):
    """The lines that a csv writer writes."""

    write = list.append


def write(columns: Mapping[str, str], rows: Sequence[Mapping[str, Any]]) -> bytes:
    """The rows under their columns as UTF-8 with a byte order mark, without which a spreadsheet guesses the encoding.

    Text that a spreadsheet would run as a formula is disarmed; numbers and money are not changed.
    """
    lines = _Lines()
    # The writer quotes a bare CR only where CR is in its line end, so CRLF is written and then cut to LF
    writer = csv.writer(lines, lineterminator="\r\n")
    writer.writerow([disarm(column) for column in columns])
    writer.writerows([_cell(one[column]) for column in columns] for one in rows)
    return BOM_UTF8 + "".join(f"{line[:-2]}\n" for line in lines).encode()


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return disarm(value)
    if isinstance(value, Decimal):
        return usd_text(value)
    return str(value).lower() if isinstance(value, bool) else value


def disarm(text: str) -> str:
    """The text, with a ``'`` before it if its first visible character would make a spreadsheet run it."""
    if (first := text[:1]).isascii() and first.isalnum():  # as most do
        return text
    for sign in text:
        if sign in STARTS:
            return f"'{text}"
        if category(sign) not in UNSEEN and sign not in BLANK_LETTERS:
            break
    return text
