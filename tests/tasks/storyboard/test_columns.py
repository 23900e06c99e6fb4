import csv
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tasks.storyboard.cell_kinds import is_left_over
from tests.tasks.boards import board, encoded, faults_of, parquet, shot_of, written

LETTERS = st.characters(exclude_categories=("Cs", "Cc"))

ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le-bom", "utf-16-be-bom", "utf-16-le", "utf-16-be", "cp1252"]


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_encodings(encoding: str, delimiter: str, ending: str) -> None:
    """Any delimiter in any encoding with any line end gives the same shots, the rows counted as a person does."""
    rows = [["shot_id", "prompt", "notes"], ["1", f"Café – “naïve”,{ending}zwei; drei | vier", "x"], ["2", "b", "y"]]
    shots = board(encoded(written(rows, delimiter=delimiter, lineterminator=ending), encoding)).shots
    assert [(shot.row, shot.prompt) for shot in shots] == [(2, "Café – “naïve”,\nzwei; drei | vier"), (4, "b")]


@given(
    prompts=st.lists(st.text(LETTERS | st.sampled_from('\n\t,;|" '), min_size=1), min_size=1, max_size=4),
    extra=st.text(LETTERS | st.sampled_from('\n\t,;|" ')),
    delimiter=st.sampled_from(",;\t|"),
    encoding=st.sampled_from(ENCODINGS[:5]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_round_trip(prompts: list[str], extra: str, delimiter: str, encoding: str, quoting: Any) -> None:
    """Any text that a CSV writer puts in a prompt comes back, but for white space around it; an extra as it was."""
    assume(all(text.strip() and not is_left_over(text) for text in prompts))
    cells = [[text.replace("{", "{{").replace("}", "}}"), extra] for text in prompts]
    data = encoded(written([["prompt", "notes"], *cells], delimiter=delimiter, quoting=quoting), encoding)
    shots = board(data).shots
    assert [shot.prompt for shot in shots] == [text.strip() for text in prompts]
    assert {shot.extras["notes"] for shot in shots} == {extra}


def test_line_numbers() -> None:
    """A row's number is the line it begins at, past quoted newlines, blank lines and rows of empty cells."""
    data = '\n"prompt","no\ntes"\r\n"a\n\nb",x\n\n , \nc,y\r\n"d\re",\n'
    shots = board(data).shots
    assert [(shot.row, shot.prompt) for shot in shots] == [(4, "a\n\nb"), (9, "c"), (10, "d\ne")]
    assert shots[0].extras == {"no\ntes": "x"}


def test_reading_goes_on() -> None:
    """After a wrong quote the rows below are read and their faults told."""
    faults = faults_of('prompt,size\n"a" b,1\nc,2\nd,"3\n')
    assert [(fault.row, fault.column) for fault in faults] == [(2, ""), (3, "size"), (4, "")]


def test_empty_columns() -> None:
    """Columns with neither header nor content, surplus cells without content and missing cells are no fault."""
    read_board = board("prompt,,notes,,\na, ,x,,\nb\nc,,z,,, ,\n")
    assert read_board.extra_columns == ("notes",)
    assert [shot.extras["notes"] for shot in read_board.shots] == ["x", "", "z"]


@pytest.mark.parametrize(("length", "right"), [(200_000, True), (200_001, False)])
def test_long_cell(length: int, right: bool) -> None:
    """A cell takes 200,000 characters and not one more, and the fault says so without repeating the cell."""
    data = f"prompt,notes\na,{'x' * length}\n"
    if right:
        assert len(board(data).shots[0].extras["notes"]) == length
    else:
        [fault] = faults_of(data)
        assert (fault.row, fault.column, len(fault.value)) == (2, "notes", 200)
        assert "200,001 characters; a cell takes at most 200,000" in fault.message


@pytest.mark.parametrize("name", ["board.csv", "board.parquet"])
def test_too_many_rows(name: str) -> None:
    """More than a hundred thousand rows are one fault that names the limit."""
    data = b"prompt\n" + b"a\n" * 100_001
    [fault] = faults_of(data if name == "board.csv" else parquet({"prompt": ["a"] * 100_001}), name)
    assert "100,000" in fault.message


@pytest.mark.parametrize("name", ["board.csv", "board.parquet"])
def test_too_many_columns(name: str) -> None:
    """More than a thousand columns are one fault that names the limit."""
    data = "prompt" + ",x" * 1000 + "\na\n"
    wide = parquet({"prompt": ["a"]} | {f"x{n}": ["a"] for n in range(1000)})
    [fault] = faults_of(data if name == "board.csv" else wide, name)
    assert "1,001 columns; at most 1,000 are read" in fault.message


@pytest.mark.parametrize("name", ["board.csv", "board.parquet"])
def test_too_many_cells(name: str) -> None:
    """More than two million cells are one fault that names the limit, where rows and columns are within theirs."""
    data = "prompt" + ",x" * 999 + ("\na" + "," * 999) * 2001
    many = parquet({"prompt": ["a"] * 2001} | {f"x{n}": ["a"] * 2001 for n in range(999)})
    [fault] = faults_of(data if name == "board.csv" else many, name)
    assert "cells" in fault.message and "2,000,000" in fault.message


def test_kitsu() -> None:
    """A shot list as Kitsu writes it reads as it is; the frame numbers are carried, not joined."""
    header = "Episode,Sequence,Name,Description,Nb Frames,Frame In,Frame Out"
    shot = shot_of(header, "E01,SQ01,SH01,A fox wakes.,48,0,100")
    assert (shot.shot_id, shot.scene, shot.prompt, str(shot.seconds)) == ("SH01", "SQ01", "A fox wakes.", "2.000")
    assert shot.extras == {"Episode": "E01", "Frame In": "0", "Frame Out": "100"}


def test_columns_setting() -> None:
    """[columns] names the user's own headers, also to tell the delimiter."""
    data = "Nr, alt;Beschreibung, kurz;prompt\n1;ein Hund, rot;x\n"
    overrides = {"shot_id": "Nr, alt", "prompt": "Beschreibung, kurz"}
    [shot] = board(data, columns=overrides).shots
    assert (shot.shot_id, shot.prompt, shot.extras) == ("1", "ein Hund, rot", {"prompt": "x"})
