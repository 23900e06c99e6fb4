"""The column that says how many clips a row asks for: read, carried as text, or a fault."""

import pytest

from tasks.domain.identity import parts_of
from tasks.domain.shot import Before
from tests.tasks.boards import board, faults_of, read_after, shot_of, written


def rows(*cells: str, header: str = "takes") -> str:
    return written([["prompt", header], *[[f"p{n}", cell] for n, cell in enumerate(cells)]])


@pytest.mark.parametrize(
    ("cell", "value"), [("3", 3), ("1", 1), ("10", 10), ("2.0", 2), ("３", 3), (" 4 ", 4), ("", None)]
)
def test_a_number_is_read(cell: str, value: int | None) -> None:
    """However a spreadsheet shows it; an empty cell leaves it to the run."""
    shots = board(rows(cell, "2")).shots
    assert [shot.takes for shot in shots] == [value, 2]


@pytest.mark.parametrize("cell", ["0", "11", "-1", "2.5", "two", "#REF!", "3x"])
def test_else_a_cell_is_a_fault(cell: str) -> None:
    """Beside a cell that is a number, one that is none from 1 to 10 is named with what would be right."""
    [fault] = faults_of(rows("2", cell))
    assert (fault.column, fault.value) == ("takes", cell)


@pytest.mark.parametrize("cells", [("good",), ("the second", "T1, T3"), ("", "1-3")])
def test_a_column_without_a_number_is_carried(cells: tuple[str, ...]) -> None:
    """It is text for the manifest, and told."""
    read = board(rows(*cells))
    assert [shot.takes for shot in read.shots] == [None] * len(cells)
    assert read.extra_columns == ("takes",) and [one.header for one in read.told.unread] == ["takes"]


def test_a_target_that_carried_it_goes_on() -> None:
    """A column that the last manifest carries stays one, until [columns] names it."""
    read = read_after(rows("3"), Before(frozenset({"takes"})))
    assert (read.shots[0].takes, read.extra_columns) == (None, ("takes",))
    assert [(one.header, one.name) for one in read.told.held] == [("takes", "takes")]


def test_it_is_not_in_what_is_asked() -> None:
    """Other numbers of takes are the same shot."""
    three, two = (shot_of("prompt,takes", f"x,{n}") for n in (3, 2))
    assert parts_of(three) == parts_of(two) and (three.takes, two.takes) == (3, 2)
