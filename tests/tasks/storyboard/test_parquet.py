"""A Parquet file that asks for more than a shot list may take, and what its reader's process may."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.storyboard.formats import parquet
from tests.hostile import SAMPLES, weighed_code
from tests.tasks.boards import parquet as table

LIMITS = {"max_rows": 50_000, "max_columns": 20, "max_cells": 200_000}


READ = """
import sys
from pathlib import Path
from tasks.storyboard.formats import parquet
try:
    parquet.read(Path(sys.argv[1]).read_bytes(), max_rows=50_000, max_columns=20, max_cells=200_000)
except parquet.Unreadable as error:
    print(error)
"""


@pytest.mark.parametrize("name", ["dictionary", "prefixes", "list"])
def test_bombs_are_told_and_their_memory_is_bounded(name: str) -> None:
    """Less than a kilobyte that unpacks to gigabytes is one sentence, and no process held more than the limit."""
    assert (SAMPLES / f"{name}.parquet").stat().st_size < 1000
    found = weighed_code(READ, SAMPLES / f"{name}.parquet")
    assert found.out == "unpacks to more than 600,000,000 bytes; split the shot list\n"
    assert found.peak < parquet.MEMORY + 100_000_000


@pytest.mark.parametrize(
    ("made", "message"),  # where it is tried: to collect the tests writes none
    [
        (lambda: table({"prompt": ["a"] * 50_001}), "has 50,001 rows; at most 50,000, so split the shot list"),
        (lambda: table({f"c{n}": ["a"] for n in range(21)}), "has 21 columns; at most 20 are read"),
        (lambda: table({f"c{n}": ["a"] * 40_000 for n in range(6)}), "has 240,000 cells; at most 200,000, so split"),
        (
            lambda: table({"prompt": ["x" * 100_000] * 700}),
            "holds more than 64,000,000 characters; split the shot list",
        ),
        (lambda: b"PAR1 and so on PAR1", r"is not a whole Parquet file \(.+\); write or copy it again"),
    ],
)
def test_limits(made: Callable[[], bytes], message: str) -> None:
    """Each limit is told with what the file has and what would be right."""
    with pytest.raises(parquet.Unreadable, match=f"^{message}"):
        parquet.read(made(), **LIMITS)


def test_a_reader_that_dies_or_hangs_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever becomes of the process that unpacks, here it is a sentence."""
    stand_in = tmp_path / "python"
    monkeypatch.setattr(sys, "executable", str(stand_in))
    for script, words in (("kill -SEGV $$", "its reader failed"), ("exec sleep 9", "takes more than 0.2 s")):
        stand_in.write_text(f"#!/bin/sh\n{script}\n")
        stand_in.chmod(0o755)
        monkeypatch.setattr(parquet, "SECONDS", 0.2)
        with pytest.raises(parquet.Unreadable, match=words):
            parquet.read(b"PAR1", **LIMITS)


def test_what_lies_beside_the_reader_is_not_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module of this program that has the name of one that Arrow imports does not get in its way."""
    beside = tmp_path / "parquet.py"
    beside.write_bytes(Path(parquet.__file__).read_bytes())
    for name in ("json", "decimal", "pyarrow"):
        (tmp_path / f"{name}.py").write_text("raise ImportError('the wrong one')")
    monkeypatch.setattr(parquet, "__file__", str(beside))
    assert parquet.read(table({"prompt": ["a"]}), **LIMITS).columns == [["a"]]


def test_a_footer_that_lies_about_its_rows() -> None:
    """A footer that claims other rows than there are gives the rows there are, or a sentence; never more rows."""
    data = table({"prompt": ["a", "b", "c"]})
    found = set()
    for at in range(len(data) - 200, len(data) - 8):
        for byte in (data[at] ^ 2, data[at] ^ 0x7E):
            lying = data[:at] + bytes([byte]) + data[at + 1 :]
            try:
                read = parquet._unpacked(lying, *LIMITS.values())
                found.add(len(read["columns"][0]) if read["columns"] else 0)
            except Exception as error:
                assert str(error)
    assert found and max(found) <= LIMITS["max_rows"]
