"""The bytes of a shot list -> a table of text, whatever its format. Pure on bytes."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal

from tasks.storyboard import formats, furniture
from tasks.storyboard.formats import Board
from tasks.storyboard.formats.columns import Table

_SHEET = re.compile(r"(.+\.(?:xlsx|xlsm|ods))#([^/]+)", re.IGNORECASE)
_GOOGLE = re.compile(
    r"https?://docs\.google\.com/(?:a/[^/]+/)?spreadsheets/(?:u/\d+/)?d/(e/)?([\w-]+)(?:[/?#].*)?", re.IGNORECASE
)


def open_table(data: bytes, name: str, overrides: Mapping[str, str], fps: Decimal = Decimal(24)) -> Table:
    """The table of a shot list.

    ``name`` (a path or URL) tells the sheet of a workbook, and the format of a file whose bytes leave it open.
    ``overrides`` (canonical name -> header or template) are those of `[columns]`: they help to find the header. ``fps``
    is the rate, in frames a second, of a cut list that does not say its own. Raises ``BoardError`` when nothing can be
    made of the bytes.
    """
    return formats.read(_board(data, name, overrides, float(fps)))


def fill_board(data: bytes, name: str, overrides: Mapping[str, str], cells: Mapping[int, Sequence[str]]) -> bytes:
    """The shot list with our columns: ``cells`` by the line of their row.

    Raises ``BoardError`` when it cannot take them.
    """
    head = open_table(data, name, overrides).line
    return formats.write(_board(data, name, overrides, 24.0), head, cells)


def _board(data: bytes, name: str, overrides: Mapping[str, str], fps: float) -> Board:
    path, sheet = split_sheet(name)
    find = lambda lines, rows: furniture.find_header(lines, rows, overrides)  # noqa: E731 - what the formats lack
    return Board(data, path, sheet, overrides, find, fps)


def split_sheet(name: str) -> tuple[str, str]:
    """A board without the sheet that ``#`` names, and the sheet; empty where none is named."""
    found = _SHEET.fullmatch(name)
    return (found[1], found[2]) if found else (name, "")


def exported(url: str) -> str:
    """The address of a Google sheet as that of its CSV; any other address as it is."""
    found = _GOOGLE.fullmatch(url)
    if not found or "output=" in url or "/export" in url or "tqx=" in url:
        return url
    tab = re.search(r".*[?#&]gid=(\d+)", url)  # the last is the tab that the browser shows
    if found[1]:
        pick = f"&single=true&gid={tab[1]}" if tab else ""
        return f"https://docs.google.com/spreadsheets/d/e/{found[2]}/pub?output=csv{pick}"
    pick = f"&gid={tab[1]}" if tab else ""
    return f"https://docs.google.com/spreadsheets/d/{found[2]}/export?format=csv{pick}"
