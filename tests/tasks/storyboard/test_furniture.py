"""What stands in a sheet beside its shots."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tasks.boards import board, faults_of

TITLED = """HARBOUR LIGHTS - SHOT LIST,,,,
Director: N.N.,Version 3,,,
,,,,
Scene,Shot,Description,Seconds,Camera Movement
1,1A,The ferry turns in the fog,4,pan left
,1B,A rope hits the quay,3,static
2,2A,The ticket booth opens,5,dolly in
TOTAL,,,12,
"""


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_titles_and_totals(delimiter: str) -> None:
    """Title lines above the header and totals below are passed over, and rows keep the lines of the file."""
    found = board(TITLED.replace(",", delimiter))
    assert [(shot.row, shot.shot_id, str(shot.seconds)) for shot in found.shots] == [
        *[(5, "1A", "4"), (6, "1B", "3"), (7, "2A", "5")]
    ]
    told = "\n".join(found.told.notes)
    assert "the header is line 4" in told
    assert "1 row without a prompt is passed over as section or total (line 8)" in told


def test_faults_keep_their_lines() -> None:
    """A fault below title lines and sections stands at the line of the file."""
    [fault] = faults_of(
        "Title,,\n,,\nprompt,duration,scene\na,4,1\nACT TWO,,\nb,soon-ish 4,1\n".replace("ACT TWO,,", ",,ACT TWO")
    )
    assert (fault.row, fault.column) == (6, "duration")


@pytest.mark.parametrize(
    ("rows", "left"),
    [
        (["ACT ONE,,,", "a,A heron,4,x", "INT. HALL,,,", "b,A boat,3,x"], 2),
        (["a,A heron,4,x", "Total,,4,", "Page 1,,,x", "Summe,,7,", "合计,,7,", "TOTAL RUNNING TIME,,0:07,x"], 1),
        (["a,A heron,4,x", "Grand total:,,4,1"], 1),
        (["total,A heron,4,x"], 1),
        (["Totally lost,A heron,4,x", "ACT,Another,,"], 2),
    ],
)
def test_sections_and_totals(rows: list[str], left: int) -> None:
    """A row with a prompt is a shot whatever it begins with; one without is none if it is a section or a total."""
    found = board("\n".join(["name,prompt,duration,notes", *rows, ""]))
    assert len(found.shots) == left
    assert len(found.told.notes) == (left != len(rows))


@pytest.mark.parametrize("row", [",,4,x", "a,,4,", "sh010,,,"])
def test_a_row_that_wants_a_prompt(row: str) -> None:
    """A row with several cells, or with a numbered id of our own column, and no prompt is a fault."""
    [fault] = faults_of(f"shot_id,prompt,duration,notes\nz,A heron,4,x\n{row}\n")
    assert (fault.row, fault.column) == (3, "prompt")


def test_the_header_is_looked_for_in_fifty_lines() -> None:
    """A header below the fiftieth line is none; then the first line is."""
    head = "Sequence,ShotName,Description\n"
    assert len(board("Studio,,\n" * 29 + head + "A,1,x\n").shots) == 1
    assert faults_of("Studio,,\n" * 50 + head + "A,1,x\n")[0].row == 1


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ("<!DOCTYPE html><html><body>Sign in</body></html>", "HTML or XML page"),
        ("<?xml version='1.0'?><rows/>", "HTML or XML page"),
        ('{"shots": [{"prompt": "a"}]}', "this is JSON"),
        ('[{"prompt": "a"}]', "this is JSON"),
        ("| Shot | Description |\n|------|:-----------:|\n| 1 | A heron |\n", "table in Markdown"),
        ("1A,A heron stands in grey water at dawn,4\n1B,A boat,3\n", "seems to have no line of headers"),
    ],
)
def test_no_table(data: str, told: str) -> None:
    """What is no table, or has no header, is told as that in one fault."""
    [fault] = faults_of(data)
    assert told in fault.message


@pytest.mark.parametrize("first", ["0", "1"])
def test_an_index_column(first: str) -> None:
    """A column without header that counts the rows is passed over and told."""
    start = int(first)
    found = board(f",prompt,scene\n{start},a,x\n{start + 1},b,y\n")
    assert [shot.prompt for shot in found.shots] == ["a", "b"]
    assert "counts the rows" in found.told.notes[0]


@given(st.lists(st.sampled_from(["ACT,,", ",,", "Total,,9", "x,A heron,", ",A boat,z"]), min_size=1, max_size=6))
def test_a_prompt_is_always_a_shot(rows: list[str]) -> None:
    """However sections, totals and blanks lie between them, every row with a prompt is a shot at its own line."""
    data = "\n".join(["Name,Prompt,Notes", *rows, "last,The end,"])
    expected = [at for at, row in enumerate([*rows, "last,The end,"], 2) if row.split(",")[1]]
    if rows.count("x,A heron,") > 1:
        assert {fault.column for fault in faults_of(data)} == {"Name"}
    else:
        assert [shot.row for shot in board(data).shots] == expected
