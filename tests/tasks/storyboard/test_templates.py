"""Prompts made of several columns."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.storyboard.templates import is_template, join, parse
from tests.tasks.boards import board, faults_of

HEADERS = ("Shot Size", "Description", "Camera Movement", "Lens")
LONG = "{Shot Size}, {Description}. Camera: {Camera Movement}."


@pytest.mark.parametrize(
    ("template", "cells", "expected"),
    [
        (LONG, "WS|A heron|pan left", "WS, A heron. Camera: pan left."),
        (LONG, "|A heron|pan left", "A heron. Camera: pan left."),
        (LONG, "WS|A heron|", "WS, A heron."),
        (LONG, "WS||pan left", "WS, Camera: pan left."),
        (LONG, "|A heron|", "A heron."),
        (LONG, "WS||", "WS."),
        (LONG, "||pan left", "Camera: pan left."),
        (LONG, "||", ""),
        (LONG, "Wide shot.|A heron stands.|Pan.", "Wide shot. A heron stands. Camera: Pan."),
        (LONG, "WS|What is it?|", "WS, What is it?"),
        ("{Shot Size} {Description}", "WS|A heron", "WS A heron"),
        ("{Shot Size} {Description}", "|A heron", "A heron"),
        ("{Description} ({Lens})", "|A heron||35mm", "A heron (35mm)"),
        ("{Description} ({Lens})", "|A heron||", "A heron"),
        ("{Description}, {Shot Size}", "|A heron", "A heron"),
        ("{Description} - {Shot Size} - {Lens}", "|A heron||35mm", "A heron - 35mm"),
        ("{Description} with {Lens}", "|A heron||", "A heron"),
        ("Shot on film. {Description}. Grain.", "|A heron||", "Shot on film. A heron. Grain."),
        ("{Description}, 35mm film", "|A heron||", "A heron, 35mm film"),
        ("{Description}\n{Camera Movement}", "|A heron|pan|", "A heron\npan"),
        ("{description}. {lens}", "|A heron||35mm", "A heron. 35mm"),
        ("{Description}: {{hero}}", "|A heron||", "A heron: {{hero}}"),
    ],
)
def test_join(template: str, cells: str, expected: str) -> None:
    """Cells are joined as the template says, and an empty one leaves nothing behind."""
    found, faults = parse("prompt", template, HEADERS, 1)
    assert faults == []
    assert join(found, [*cells.split("|"), "", "", ""][:4]) == expected


@given(st.lists(st.sampled_from(["", "WS", "A heron", "pan left."]), min_size=4, max_size=4))
def test_no_stray_punctuation(cells: list[str]) -> None:
    """Whatever is empty, no punctuation stands twice, begins the prompt or follows a blank."""
    found, _ = parse("prompt", "{Shot Size}, {Description}; {Lens}. Camera: {Camera Movement}.", HEADERS, 1)
    said = join(found, cells)
    assert not any(stray in said for stray in (",,", ", .", ",.", ";.", "..", " ,", " .", "  ", ",;"))
    assert said[:1] not in tuple(",.;:") or not said


@pytest.mark.parametrize(
    ("text", "expected"), [("{a}", True), ("Beschreibung", False), ("a {{b}}", False), ("{", False)]
)
def test_templates(text: str, expected: bool) -> None:
    """A value with a name in braces joins columns."""
    assert is_template(text) == expected


def test_a_board_of_columns() -> None:
    """A prompt joined from columns is filled from [vars], the columns are carried, and the template is told."""
    data = "Shot Size,Description,Camera Movement\nWS,{hero} waits,pan\n,A boat,\n"
    found = board(data, columns={"prompt": LONG})
    assert [shot.prompt for shot in found.shots] == ["WS, a tall woman waits. Camera: pan.", "A boat."]
    assert found.extra_columns == ("Shot Size", "Description", "Camera Movement")
    assert found.told.unread == ()
    assert found.told.notes == ("read: prompt from [columns] 'Shot Size', 'Description', 'Camera Movement'",)


def test_an_id_of_two_columns() -> None:
    """Numbers that begin again in every scene make ids together with it."""
    data = "Scene,Shot #,Description\n1,1,A\n1,2,B\n2,1,C\n"
    assert [shot.shot_id for shot in board(data, columns={"shot_id": "{Scene}-{Shot #}"}).shots] == [
        "1-1",
        "1-2",
        "2-1",
    ]
    [note] = [note for note in board(data).told.notes if "Shot #" in note]
    assert "'Shot #' is not read as shot_id: its numbers begin again in every scene" in note
    [fault] = faults_of("Scene,Shot #,Description\n1,1,A\n1,1,B\n2,1,C\n1,3,D\n".replace("2,1,C", "2,2,C"))
    assert '[columns] shot_id = "{Scene}-{Shot #}"' in fault.message


@pytest.mark.parametrize(
    ("columns", "row", "column", "told"),
    [
        ({"prompt": "{Shot Sise}, {Description}"}, 1, "prompt", "does not have; did you mean 'Shot Size'?"),
        ({"promt": "{Description}"}, 0, "promt", "knows no column of this name"),
    ],
)
def test_faults(columns: dict[str, str], row: int, column: str, told: str) -> None:
    """A template that names no header of the board is one fault that says which may be meant."""
    [fault] = faults_of("Shot Size,Description\nWS,A\n", columns=columns)
    assert (fault.row, fault.column) == (row, column)
    assert told in fault.message


def test_an_empty_row_is_a_fault() -> None:
    """A row in which all joined cells are empty has no prompt."""
    [fault] = faults_of(
        "Shot Size,Description,scene,notes\n,,1,x\nWS,a,1,x\n", columns={"prompt": "{Shot Size} {Description}"}
    )
    assert (fault.row, fault.column) == (2, "prompt")


@pytest.mark.parametrize("rules", [("scene",), ("Sequence",), ("sequence", "Location")])
def test_fill_down(rules: tuple[str, ...]) -> None:
    """A value stands for the rows below it until there is another, by canonical name or header."""
    from tasks.config.settings import ColumnRules

    data = "Sequence,Location,prompt\nA,x,1\n,,2\nB,,3\n,y,4\n"
    shots = board(data, column_rules=ColumnRules(fill_down=rules)).shots
    assert [shot.scene for shot in shots] == ["A", "A", "B", "B"]
    assert [shot.extras["Location"] for shot in shots] == (
        ["x", "x", "x", "y"] if len(rules) > 1 else ["x", "", "", "y"]
    )


def test_fill_down_of_nothing() -> None:
    """A name that is no column of the board is a fault with the nearest one."""
    from tasks.config.settings import ColumnRules

    [fault] = faults_of("Sequence,prompt\nA,1\n", column_rules=ColumnRules(fill_down=("Sequense",)))
    assert "did you mean 'Sequence'" in fault.message
