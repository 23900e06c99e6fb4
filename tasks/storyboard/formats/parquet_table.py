"""Parquet as a table: its columns are headers, and a row is named by its index + 2."""

from collections.abc import Sequence

from tasks.domain.errors import BoardError
from tasks.storyboard.formats import Board, columns, parquet
from tasks.storyboard.formats.columns import MAX_CELLS, MAX_COLUMNS, MAX_ROWS, Table


def read(board: Board) -> Table:
    """The table of a Parquet file. Raises ``BoardError`` when it is none, or unpacks to too much."""
    try:
        found = parquet.read(board.data, max_rows=MAX_ROWS, max_columns=MAX_COLUMNS, max_cells=MAX_CELLS)
    except parquet.Unreadable as error:
        raise BoardError(f"the file {error}") from None
    texts = found.columns
    kept: Sequence[int] = range(len(texts[0]) if texts else 0)
    if not any(all(map(str.strip, column)) for column in texts):  # else no row is blank
        kept = [at for at in kept if not columns.blank([column[at] for column in texts])]
        texts = [[column[at] for at in kept] for column in texts]
    return columns.table_of(1, found.names, [at + 2 for at in kept], texts, found.opaque)
