"""Which cells of a board are filled with what became of its shots."""

from decimal import Decimal
from typing import Any

import pytest

from tasks.commands.write_back import cells_of
from tests.tasks.boards import board

NOTHING = ("",) * 5


def row(prompt: str, **more: Any) -> dict[str, Any]:
    return {"prompt": prompt, "status": "rendered", "clip": "clips/a.mp4", "charged_usd": Decimal("0.4"), **more}


@pytest.mark.parametrize(
    ("data", "rows", "cells"),
    [
        ("shot_id,prompt\na,new words\n", {"a": row("old words", take=2)}, {2: "2"}),
        ("prompt\nold words\n", {"sh010": row("old words", take=2)}, {2: "2"}),
        ("prompt\nnew words\n", {"sh010": row("old words", take=2)}, {2: None}),
        ("shot_id,prompt\n,old\nb,x\n", {"sh010": row("old", take=1), "b": row("y", take=3)}, {2: "1", 3: "3"}),
        ("shot_id,prompt\nc,old\n", {"a": row("old", take=1)}, {2: None}),
    ],
)
def test_rows_are_found_by_id(data: str, rows: dict[str, Any], cells: dict[int, str | None]) -> None:
    """By the id that a row names; one that got its id by its place has to have the prompt of then."""
    found = cells_of(board(data), rows)
    assert found == {
        line: NOTHING if take is None else ("rendered", "clips/a.mp4", take, "0.40", "") for line, take in cells.items()
    }


@pytest.mark.parametrize(
    ("more", "note"), [({"note": "too dark", "error": "x"}, "too dark"), ({"error": "refused"}, "refused"), ({}, "")]
)
def test_the_note_says_why(more: dict[str, Any], note: str) -> None:
    """A verdict's note, else why there is no clip."""
    assert cells_of(board("shot_id,prompt\na,x\n"), {"a": row("x", **more)})[2][4] == note
