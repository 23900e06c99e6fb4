"""The formats of shot lists: what tells a file of each stands here, and how it is read in a module of its own.

A module is loaded when such a file is read, and has ``read(board: Board) -> Table``. To add a format, add its module
and its line in `FORMATS`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import NamedTuple, Protocol, cast

from tasks.domain.errors import BoardError
from tasks.storyboard.formats.columns import Table
from tasks.storyboard.formats.grid import FindHeader


class Board(NamedTuple):
    """A shot list as it came: its bytes, its name, the sheet that is meant, and what `[columns]` calls its headers.

    ``find`` finds the line of headers, ``fps`` is what counts frames where the file does not say.
    """

    data: bytes
    name: str
    sheet: str
    overrides: Mapping[str, str]
    find: FindHeader
    fps: float


class Format(NamedTuple):
    """What files of a format are called, what tells one by its bytes, and the module that writes back into one."""

    module: str
    endings: Sequence[str]
    known: Callable[[bytes], bool]
    back: str = ""


class Reader(Protocol):
    """The module of a format."""

    def read(self, board: Board) -> Table:
        """The table of a shot list. Raises ``BoardError`` when nothing can be made of the bytes."""


class Writer(Protocol):
    """The module that writes our columns into a format."""

    def write(self, board: Board, head: int, cells: Mapping[int, Sequence[str]]) -> bytes:
        """The file with our columns. Raises ``BoardError`` when it cannot take them."""

    def without_ours(self, data: bytes) -> bytes:
        """What stands for the file without our columns."""


def _opens(*marks: bytes) -> Callable[[bytes], bool]:
    return lambda data: data.startswith(marks)


def _holds(pattern: bytes) -> Callable[[bytes], bool]:
    found = re.compile(pattern, re.DOTALL)
    return lambda data: found.match(data[:4000].removeprefix(b"\xef\xbb\xbf").lstrip()) is not None


def _is_open_document(data: bytes) -> bool:
    """Whether a zip has the part that every OpenDocument has, and none that Excel writes."""
    return data.startswith(b"PK\x03\x04") and b"content.xml" in data and b"xl/workbook" not in data


FORMATS: Sequence[Format] = (
    Format("parquet_table", (".parquet", ".pq"), _opens(b"PAR1")),
    Format("ods", (".ods",), _is_open_document, "ods_back"),
    Format("xlsx", (".xlsx", ".xlsm"), _opens(b"PK\x03\x04"), "xlsx_back"),
    Format("storyboarder", (".storyboarder",), _holds(rb'\{.*"(boards|aspectRatio|defaultBoardTiming)"\s*:')),
    Format("otio", (".otio",), _holds(rb'\{.*"OTIO_SCHEMA"\s*:')),
    Format("cuts", (".fcpxml",), _holds(rb"(<\?xml[^>]*>\s*)?(<!DOCTYPE fcpxml>\s*)?<fcpxml\b")),
    Format("cuts", (".edl",), _holds(rb"TITLE:[^\n]*\n\s*(FCM:|\d{3,6}\s)")),
    Format("text", (".csv", ".tsv", ".txt"), lambda data: True, "csv_back"),
)
WRITTEN = ", ".join(ending for one in FORMATS if one.back for ending in one.endings)
ENDINGS = tuple(ending for one in FORMATS for ending in one.endings)
BY_NAME = ("parquet_table", "storyboarder", "otio", "cuts")  # what a file of the ending has to be


def format_of(data: bytes, name: str) -> Format:
    """The format of a file, told by its bytes, and where they leave it open by its name."""
    ending = re.search(r"\.\w+$", re.split(r"[?#]", name)[0].lower())
    known = next(one for one in FORMATS if one.known(data))
    named = next((one for one in FORMATS if ending and ending[0] in one.endings), known)
    return named if known.module == "text" and named.module in BY_NAME else known


def write(board: Board, head: int, cells: Mapping[int, Sequence[str]]) -> bytes:
    """The shot list with our columns filled: ``cells`` by the line of their row, below the headers in line ``head``.

    Raises ``BoardError`` when the format or the file cannot take them.
    """
    known = format_of(board.data, board.name)
    if not known.back:
        raise BoardError(f"a board in {known.endings[0]} cannot be written back; {WRITTEN} can")
    return cast(Writer, import_module(f"tasks.storyboard.formats.{known.back}")).write(board, head, cells)


def without_ours(data: bytes) -> bytes:
    """What stands for a shot list without our columns, for comparing it with itself of another day."""
    back = format_of(data, "").back
    return cast(Writer, import_module(f"tasks.storyboard.formats.{back}")).without_ours(data) if back else data


def read(board: Board) -> Table:
    """The table of a shot list in any format. Raises ``BoardError`` when nothing can be made of the bytes."""
    module = import_module(f"tasks.storyboard.formats.{format_of(board.data, board.name).module}")
    return cast(Reader, module).read(board)
