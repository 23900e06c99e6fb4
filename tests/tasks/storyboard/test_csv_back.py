"""Our columns in a CSV: beside the others, in the file's own way, and out again without a trace."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.domain.errors import BoardError
from tasks.storyboard.formats.csv_back import OURS, without_ours
from tasks.storyboard.opening import fill_board

ONE = ("rendered", "clips/a.mp4", "1", "0.40", "")
HEAD = "storyreel status,storyreel clip,storyreel take,storyreel usd,storyreel note"


def fill(data: bytes | str, cells: dict[int, tuple[str, ...]]) -> bytes:
    return fill_board(data.encode() if isinstance(data, str) else data, "b.csv", {}, cells)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("prompt,scene\na,x\n", f"prompt,scene,{HEAD}\na,x,rendered,clips/a.mp4,1,0.40,\n"),
        ("prompt;scene\r\na;x", f"prompt;scene;{HEAD.replace(',', ';')}\r\na;x;rendered;clips/a.mp4;1;0.40;"),
        ("prompt,scene\na\n", f"prompt,scene,{HEAD}\na,,rendered,clips/a.mp4,1,0.40,\n"),
        ("prompt,scene\na,x,,\n", f"prompt,scene,{HEAD}\na,x,rendered,clips/a.mp4,1,0.40,\n"),
        ("sep=;\nprompt;scene\n", f"sep=;\nprompt;scene;{HEAD.replace(',', ';')}\n"),
        ("prompt\na, b\n", f"prompt;{HEAD.replace(',', ';')}\na, b;rendered;clips/a.mp4;1;0.40;\n"),
    ],
)
def test_our_columns_come_last(data: str, expected: str) -> None:
    """The same delimiter and line ends; every other byte stands as it stood."""
    line = 2 if "sep=" not in data else 0
    assert fill(data, {line: ONE} if line else {}).decode() == expected


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "cp1252"])
def test_the_encoding_stays(encoding: str) -> None:
    """Marks and encodings are kept; a sign that one lacks becomes a question mark."""
    text = 'prompt,scene\r\n"Möwe, ""grau""\r\nüber dem Kai",Kai\r\n'
    filled = fill(text.encode(encoding), {2: (*ONE[:4], "zu spät → neu")})
    note = "zu spät ? neu" if encoding == "cp1252" else "zu spät → neu"
    cells = f",rendered,clips/a.mp4,1,0.40,{note}\r\n"
    assert filled.decode(encoding) == text.replace("scene\r\n", f"scene,{HEAD}\r\n").replace(",Kai\r\n", f",Kai{cells}")
    assert without_ours(filled) == text.encode(encoding)


def test_columns_that_are_there_are_filled_where_they_stand() -> None:
    """A second time nothing is added; what was moved stays where the user put it."""
    data = "storyreel usd,prompt,storyreel status,note\n9,a,old,mine\n"
    filled = fill(data, {2: ONE}).decode().splitlines()
    assert filled[1].startswith("0.40,a,rendered,mine,")
    again = fill("\n".join(filled).encode(), {2: ONE}).decode().splitlines()
    assert again == filled


def test_titles_and_totals_are_left_alone() -> None:
    """Lines that are no shots stand as they stood."""
    filled = fill("My film,,\n\nprompt,scene,Duration\na,x,3\nTotal,,3\n", {4: ONE}).decode().splitlines()
    assert (filled[0], filled[1], filled[4]) == ("My film,,", "", "Total,,3")
    assert filled[2] == f"prompt,scene,Duration,{HEAD}"


def test_what_a_gateway_says_runs_in_no_spreadsheet() -> None:
    """A note is one line, quoted where it has to be, and starts no formula."""
    filled = fill("prompt,scene\na,x\n", {2: (*ONE[:4], '=HYPERLINK("http://x", "y")\nz')}).decode()
    assert filled.endswith(""",0.40,"'=HYPERLINK(""http://x"", ""y"") z"\n""")


def test_a_file_that_takes_no_column() -> None:
    """Broken quotes are told, as is a format that we do not write."""
    with pytest.raises(BoardError, match=r"do not pair|closing quote"):
        fill('prompt,scene\n"a"b,x\n', {2: ONE})
    with pytest.raises(BoardError, match=r"cannot be written back; .*\.csv"):
        fill_board(b'{"boards": [{"number": 1, "action": "a"}]}', "b.storyboarder", {}, {1: ONE})


CELL = st.text(st.characters(exclude_categories=("Cs", "Cc")) | st.sampled_from(['"', ",", ";", "\n", " "]), max_size=6)


@given(
    rows=st.lists(st.tuples(CELL.filter(str.strip), CELL, CELL), min_size=1, max_size=5),
    end=st.sampled_from(["\n", "\r\n"]),
    mark=st.sampled_from([",", ";", "\t"]),
)
def test_in_and_out_again(rows: list[tuple[str, str, str]], end: str, mark: str) -> None:
    """Whatever the cells hold, ours are read back as they were given and leave the file as it was."""
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=mark, lineterminator=end).writerows([("prompt", "scene", "duration"), *rows])
    data = out.getvalue().encode()
    lines, at = [], 2
    for row in rows:
        lines.append(at)
        at += 1 + sum(cell.count("\n") for cell in row)
    filled = fill(data, dict.fromkeys(lines, ONE))
    read = list(csv.reader(io.StringIO(filled.decode(), newline=""), delimiter=mark))
    assert read == [["prompt", "scene", "duration", *OURS], *[[*row, *ONE] for row in rows]]
    assert without_ours(filled) == data
