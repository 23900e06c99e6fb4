"""Shot lists from strangers: each is read right or refused with its place, and nothing is started."""

import csv
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.chain.conftest import rendered
from tests.flows import Ran, write_board
from tests.hostile import GIGABYTE, SAMPLES, STORYREEL, weighed
from tests.tasks.boards import parquet

Typed = Callable[..., Ran]
GOOD = {"shot_id": "ok", "prompt": "a sail"}
MILLION = 1_000_000


def rows(*lines: bytes | str) -> bytes:
    return b"".join((line if isinstance(line, bytes) else line.encode()) + b"\n" for line in lines)


FAULTS: dict[str, tuple[str, Callable[[], bytes], int, str, str, str]] = {
    # name: file, bytes, row, column, part of the value, part of what is right
    "NUL": ("b.csv", lambda: rows("prompt,a", "x,y\0z"), 2, "a", "y", "control character U+0000; delete it"),
    "escape": ("b.csv", lambda: rows("prompt,a", "x,\x1b[2J"), 2, "a", "[2J", "control character U+001B"),
    "escape in a header": ("b.csv", lambda: rows("prompt,a\x1b[31m", "x,y"), 1, "a", "a", "U+001B; delete it"),
    "a cell of 10 MB": ("b.csv", lambda: rows("prompt,a", b"x," + b"y" * 10_000_000), 2, "a", "yyy", "at most 200,000"),
    "a million rows": ("b.csv", lambda: rows("prompt", *[b"a"] * MILLION), 100_002, "", "", "more than 100,000 rows"),
    "a million rows of Parquet": (
        *("b.parquet", lambda: parquet({"prompt": ["a"] * MILLION})),
        *(0, "", "", "has 1,000,000 rows; at most 100,000, so split the shot list"),
    ),
    "a header of commas": ("b.csv", lambda: b"prompt" + b"," * 3_000_000, 0, "", "", "more than 2,000,000 cells"),
    "1,001 columns": (
        *("b.csv", lambda: rows(b"prompt" + b",x" * 1000, "a")),
        *(1, "", "", "1,001 columns; at most 1,000 are read"),
    ),
    "blank lines": ("b.csv", lambda: b"prompt" + b"\n" * 3_000_000, 0, "", "", "more than 2,000,000 cells"),
    "34 MB": ("b.csv", lambda: b"prompt\n" + b"x" * 34_000_000, 0, "", "", "at most 32000000 are read"),
    "two encodings": (
        "b.csv",
        lambda: rows("prompt", "Café", b"Caf\xe9"),
        3,
        "",
        "",
        "byte 17 of the file is not UTF-8",
    ),
    "equal headers": ("b.csv", lambda: rows("prompt,a,a", "x,y,z"), 1, "a", "a", "columns 2 and 3 have this header"),
    "a workbook": ("b.csv", lambda: b"PK\x03\x04" + bytes(100), 0, "", "", "not a whole workbook"),
    "an open quote": ("b.csv", lambda: rows("prompt,a", 'x,"y', "z"), 2, "", "", "never closed; close it"),
    "Parquet cut short": ("b.parquet", lambda: parquet({"prompt": ["a"]})[:-9], 0, "", "", "not a whole Parquet file"),
    "Parquet of noise": ("b.parquet", lambda: b"PAR1" + os.urandom(5000) + b"PAR1", 0, "", "", "not a whole Parquet"),
    "nested Parquet": ("b.parquet", lambda: parquet({"prompt": [["a"]]}), 1, "prompt", "list<", "is no type for this"),
    "a dictionary bomb": ("b.parquet", lambda: _sample("dictionary"), 0, "", "", "more than 600,000,000 bytes"),
    "a bomb of prefixes": ("b.parquet", lambda: _sample("prefixes"), 0, "", "", "more than 600,000,000 bytes"),
    "a bomb of nulls": ("b.parquet", lambda: _sample("list"), 0, "", "", "more than 600,000,000 bytes"),
}
IMAGES = {
    "a device": ("/dev/zero", "is a device or a pipe, not a file"),
    "a device by URL": ("file:///dev/zero", "is not there"),
    "a pipe": ("pipe.png", "is a device or a pipe, not a file"),
    "the memory of a process": ("/proc/self/pagemap", "bytes"),
    "a terminal": ("/dev/tty", "is a device or a pipe, not a file"),
    "a device of Windows": ("CON", "is not there"),
    "a folder": (".", "is a folder, not a file"),
    "somebody's secrets": ("../../../../../../../../etc/passwd", "is no picture that can be read"),
    "a name too long": ("x" * 5000, "cannot be read: File name too long"),
    "a picture as text": ("data:image/png;base64," + "A" * 3000, "is not there"),
}


def _sample(name: str) -> bytes:
    return (SAMPLES / f"{name}.parquet").read_bytes()


def only_fault(ran: Ran) -> dict[str, Any]:
    """The one fault of a command that started nothing."""
    assert ran.code == 2 and "Traceback" not in ran.err
    [fault] = ran.told["errors"]
    assert isinstance(fault, dict)
    return fault


@pytest.mark.parametrize("name", FAULTS)
def test_that_a_hostile_table_is_one_fault_with_its_place(typed: Typed, tmp_path: Path, name: str) -> None:
    """Row, column, value and what would be right, exit 2, no traceback, no target."""
    file, make, row, column, value, right = FAULTS[name]
    (tmp_path / file).write_bytes(make())
    fault = only_fault(typed("render", tmp_path / file, "--to", tmp_path / "film", "--json"))
    assert (fault["row"], right in fault["message"], value in fault["value"]) == (row, True, True), fault
    assert fault["column"].startswith(column) and len(fault["value"]) <= 200
    assert not (tmp_path / "film").exists()


@pytest.mark.parametrize("name", IMAGES)
@pytest.mark.timeout(20)
def test_that_a_hostile_path_is_one_fault_with_its_place(typed: Typed, tmp_path: Path, name: str) -> None:
    """Devices, pipes, endless files, folders and names that are none are told; nothing waits for them."""
    os.mkfifo(tmp_path / "pipe.png")
    image, right = IMAGES[name]
    board = write_board(tmp_path / "board.csv", [GOOD, {"shot_id": "bad", "prompt": "x", "image": image}])
    fault = only_fault(typed("render", board, "--to", tmp_path / "film", "--json"))
    assert (fault["row"], fault["shot_id"], fault["column"]) == (3, "bad", "image")
    assert right in fault["message"] and len(fault["value"]) <= 500
    assert not (tmp_path / "film").exists()


@pytest.mark.parametrize(
    ("image", "shown"),
    [
        ("https://127.0.0.1/a.png?X-Amz-Signature=MARKED", "https://127.0.0.1/a.png?..."),
        ("https://user:MARKED@127.0.0.1/a.png", "https://127.0.0.1/a.png"),
        ("data:image/png;base64,MARKED", "data:..."),
    ],
)
def test_that_a_fault_shows_no_signature(typed: Typed, tmp_path: Path, image: str, shown: str) -> None:
    """Neither its value nor its message, on either output, tells what opens the address or holds the picture."""
    board = write_board(tmp_path / "board.csv", [{"prompt": "x", "image": image}])
    ran = typed("render", board, "--to", tmp_path / "film", "--json")
    assert only_fault(ran)["value"].endswith(shown)
    assert "MARKED" not in ran.out + ran.err


@pytest.mark.parametrize("board", ["/dev/zero", "pipe.csv", "/proc/self/pagemap", "file:///dev/zero"])
@pytest.mark.timeout(20)
def test_that_a_board_without_end_is_refused(typed: Typed, tmp_path: Path, board: str) -> None:
    """A device, a pipe or a file of the kernel's as the board itself is told and never waited for."""
    os.mkfifo(tmp_path / "pipe.csv")
    place = tmp_path / board if board == "pipe.csv" else board
    fault = only_fault(typed("plan", place, "--to", tmp_path / "film", "--json"))
    assert board.removeprefix("file://") in fault["message"]


def test_that_a_table_of_faults_is_told_in_part(typed: Typed, tmp_path: Path) -> None:
    """12,000 faulty cells are 10,000 faults and one that says how many more there are."""
    (tmp_path / "b.csv").write_bytes(b"prompt,a,b,c,d\n" + b"x\x07,\x07,\x07,\x07,\x07\n" * 2_400)
    told = typed("plan", tmp_path / "b.csv", "--json").told["errors"]
    assert len(told) == 10_001
    assert told[0]["message"] == "2,000 more faults are not listed; mend the first 10,000"


NAMES = (
    "../../evil",
    "/etc/passwd",
    "CON",
    "aux.mp4",
    "..",
    "a\\..\\b",
    "~root",
    "$HOME",
    "%2e%2e%2f",
    "-rf",
    "x" * 100,
)
FORMULA = '=HYPERLINK("http://evil.example","x")'


async def test_that_names_and_formulas_stay_where_they_belong(tmp_path: Path) -> None:
    """Ids that are paths or devices make clips inside the target; cells that a spreadsheet would run are quoted."""
    shots = [{"shot_id": name, "prompt": FORMULA, "scene": "@SUM(1)", "note": "-1+1"} for name in NAMES]
    (tmp_path / "in").mkdir()
    board, target = write_board(tmp_path / "in" / "board.csv", shots), tmp_path / "in" / "film"
    outcome = await rendered(board, target, {}, config="configs/animatic.toml")
    assert outcome.code == 0, outcome.errors
    assert list(outcome.rows) == list(NAMES)
    for row in outcome.rows.values():
        assert (target / row["clip"]).resolve().is_relative_to(target.resolve()) and row["prompt"] == FORMULA
    with (target / "manifest.csv").open(newline="", encoding="utf-8-sig") as file:
        for line in csv.DictReader(file):
            assert (line["prompt"], line["scene"], line["board_note"]) == (f"'{FORMULA}", "'@SUM(1)", "'-1+1")
    assert sorted(os.listdir(tmp_path)) == ["in"]  # noqa: PTH208 - an async test may not walk a Path


WORST = {
    "100,000 rows": lambda: rows("shot_id,prompt", *(f"s{n},{'A boat on a lake. ' * 15}" for n in range(100_000))),
    "2,000,000 cells": lambda: rows(_wide(b"c%d"), *[_wide(b"ab")] * 39_000),
    "32 MB of emoji": lambda: rows("prompt", *["\N{SAILBOAT}\N{WAVING HAND SIGN}" * 22_000] * 200),
    "30 MB of commas": lambda: b"prompt" + b"," * 30_000_000,
    "a dictionary bomb": lambda: _sample("dictionary"),
}


def _wide(cell: bytes) -> bytes:
    return b"prompt," + b",".join(cell % n if b"%" in cell else cell for n in range(49))


@pytest.mark.parametrize("name", WORST)
def test_that_memory_is_bounded(tmp_path: Path, name: str) -> None:
    """The largest tables that pass and the worst bomb that does not are planned or refused in under a gigabyte."""
    board = tmp_path / ("b.parquet" if "bomb" in name else "b.csv")
    board.write_bytes(WORST[name]())
    found = weighed(STORYREEL, "plan", board, "--json")
    print(f"{name}: {found.peak / 1e6:.0f} MB")
    assert "commas" not in name or found.peak < GIGABYTE / 4  # told before it is taken apart
    assert found.code in (0, 2) and "Traceback" not in found.err
    assert json.loads(found.out)["exit_code"] == found.code
    assert found.peak < GIGABYTE
