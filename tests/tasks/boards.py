"""Shot lists as bytes, and what is read from them."""

import csv
import io
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tasks.config.settings import Settings
from tasks.domain.errors import BoardError, Fault
from tasks.domain.shot import Before, Shot, Storyboard
from tasks.storyboard.reader import read

BASE = "/films/board"
VARS = {"hero": "a tall woman", "villain": "a short man"}


def board(data: bytes | str, name: str = "board.csv", **settings: Any) -> Storyboard:
    raw = data.encode() if isinstance(data, str) else data
    return read(raw, name, Settings(Path("x.toml"), **{"vars": VARS, **settings}), BASE)


def read_after(data: str, before: Before, **settings: Any) -> Storyboard:
    """A board as it is read at a target that has been rendered before."""
    return read(data.encode(), "board.csv", Settings(Path("x.toml"), **{"vars": VARS, **settings}), BASE, before)


def faults_of(data: bytes | str, name: str = "board.csv", **settings: Any) -> list[Fault]:
    with pytest.raises(BoardError) as caught:
        board(data, name, **settings)
    return caught.value.faults


def shot_of(header: str, row: str, **settings: Any) -> Shot:
    [shot] = board(f"{header}\n{row}\n", **settings).shots
    return shot


def written(rows: list[list[str]], **options: Any) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, **options).writerows(rows)
    return out.getvalue()


def parquet(columns: dict[str, Any]) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out)
    return out.getvalue()


def encoded(text: str, encoding: str) -> bytes:
    return ("\ufeff" + text).encode(encoding[:-4]) if encoding.endswith("-bom") else text.encode(encoding)
