"""The manifest as a workbook of Excel, for people: ids as text, money as numbers, links to clips and pictures. Pure."""

import io
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from tasks.domain.errors import StoryreelError
from tasks.manifest import MANIFEST
from tasks.views.report.words import href

MOST_LETTERS, MOST_LINKS = 32_767, 65_530  # that Excel holds in a cell, and on a sheet
WIDEST = 400  # pixels of a column: a prompt does not push the money out of sight
SHEET, LINKED = "manifest", ("clip", "poster", "frame")
FORMATS = {"text": "@", "usd": "0.00####", "time": "yyyy-mm-dd hh:mm:ss"}
DAY_ZERO = datetime(1900, 3, 1)  # before it spreadsheets differ about what day a number is
MADE = datetime(1980, 1, 1)  # the time that it says it was made: the same rows give the same bytes
PLAIN = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}  # what is typed is meant
UNHELD = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # what XML has no place for
NEEDED = "it needs XlsxWriter: pip install 'storyreel[xlsx]'"

Row = Mapping[str, Any]


def xlsx(rows: Sequence[Row]) -> bytes:
    """``manifest.xlsx``: a sheet of the rows of ``manifest.json``, a line a shot, times as dates in UTC.

    Links are relative to the target, where the workbook belongs. A text is cut where a cell of Excel ends. Raises
    ``StoryreelError`` when the extra ``xlsx`` is not installed.
    """
    import pandas

    names = list(dict.fromkeys((*MANIFEST, *(name for row in rows for name in row))))
    lines = [[_value(row.get(name), MANIFEST.get(name, "text")) for name in names] for row in rows]
    frame = pandas.DataFrame(lines, columns=[_text(name) for name in names], dtype=object)
    packed = io.BytesIO()
    try:
        book = pandas.ExcelWriter(
            packed, engine="xlsxwriter", datetime_format=FORMATS["time"], engine_kwargs={"options": PLAIN}
        )
    except ImportError as error:
        raise StoryreelError(NEEDED) from error
    with book:
        frame.to_excel(book, sheet_name=SHEET, index=False, freeze_panes=(1, 1))
        _dress(book, names, rows)
    return packed.getvalue()


def _value(value: Any, kind: str) -> Any:
    """A cell of the manifest as the spreadsheet takes it: number, date or text; None where it is empty."""
    if value is None or value == "":
        return None
    if kind == "time":
        return _moment(str(value)) or _text(value)
    if kind in ("int", "float", "usd") and not isinstance(value, bool):
        return _number(value)
    return value if kind == "bool" else _text(value)


def _number(value: Any) -> Decimal | str:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return _text(value)
    return number if number.is_finite() else _text(value)


def _moment(text: str) -> datetime | None:
    """The time in UTC, without a zone, of which a spreadsheet knows nothing; None where the text names none."""
    try:
        moment = datetime.fromisoformat(text)
        moment = moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
    except (ValueError, OverflowError):
        return None
    return moment if moment >= DAY_ZERO else None


def _text(value: Any) -> str:
    return UNHELD.sub("", str(value).replace("\r\n", "\n").replace("\r", "\n"))[:MOST_LETTERS]


def _dress(book: Any, names: Sequence[str], rows: Sequence[Row]) -> None:
    """Links, the look of each kind of column, and a filter in the head."""
    book.book.set_properties({"created": MADE})
    sheet = book.sheets[SHEET]
    looks = {kind: book.book.add_format({"num_format": form}) for kind, form in FORMATS.items()}
    for place, name in enumerate(names):
        sheet.set_column(place, place, None, looks.get(MANIFEST.get(name, "text")))
    sheet.autofilter(0, 0, max(len(rows), 1), len(names) - 1)
    _link(sheet, names, rows)
    sheet.autofit(WIDEST)


def _link(sheet: Any, names: Sequence[str], rows: Sequence[Row]) -> None:
    from xlsxwriter.url import Url

    class Beside(Url):  # type: ignore[misc]  # the library ships no types
        """A file beside the workbook, as Excel itself writes it: other programs take a backslash for a letter."""

        def _target(self) -> str:
            return str(super()._target()).replace("\\", "/")

    found = ((y, names.index(name), row[name]) for y, row in enumerate(rows, 1) for name in LINKED if row.get(name))
    for (y, x, path), _ in zip(found, range(MOST_LINKS), strict=False):
        link = Beside(f"external:{href(path)}")
        link.text = _text(path)
        sheet.write_url(y, x, link)
