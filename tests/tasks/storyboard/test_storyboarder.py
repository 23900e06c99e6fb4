"""Boards of Storyboarder are rows with their pictures."""

import json
from decimal import Decimal
from typing import Any

import pytest

from tasks.domain.errors import BoardError
from tasks.domain.shot import Size
from tests.tasks.boards import board, faults_of

FIRST = {"uid": "5GZ2X", "url": "board-1-5GZ2X.png", "number": 1, "shot": "1A", "duration": 3500, "action": "A ferry"}
SECOND = {"uid": "AAAAA", "number": 2, "shot": "1B", "notes": "A rope", "dialogue": "Ahoy"}


def written(*boards: Any, **root: Any) -> str:
    return json.dumps({"version": "3.0", "aspectRatio": 1.7777, "defaultBoardTiming": 2000, "boards": boards, **root})


def test_a_board_is_a_row() -> None:
    """Action or notes are the prompt, milliseconds the length, ``images`` beside the file has the picture."""
    found = board(written(FIRST, SECOND), "film.storyboarder")
    assert [(one.shot_id, one.row, one.prompt, one.seconds, one.image) for one in found.shots] == [
        ("1A", 1, "A ferry", Decimal("3.5"), "/films/board/images/board-1-5GZ2X.png"),
        ("1B", 2, "A rope", Decimal(2), "/films/board/images/board-2-AAAAA.png"),
    ]
    assert found.shots[1].heard.dialogue == {"": "Ahoy"}


@pytest.mark.parametrize(("ratio", "size"), [(1.7777, (1280, 720)), (0.5625, (720, 1280)), (2.39, (1720, 720))])
def test_the_shape_of_the_boards(ratio: float, size: tuple[int, int]) -> None:
    """The file's ratio is that of its shots."""
    assert board(written(FIRST, aspectRatio=ratio), "f.storyboarder").shots[0].size == Size(*size)


def test_equal_shots_are_told_apart_by_their_numbers() -> None:
    """Where shots repeat, boards are named by their numbers."""
    found = board(written(FIRST, {**SECOND, "shot": "1A"}), "f.storyboarder")
    assert [one.shot_id for one in found.shots] == ["1", "2"]


def test_a_board_without_words_is_a_fault() -> None:
    """The fault names the board by its number."""
    [fault] = faults_of(written(FIRST, {**SECOND, "notes": ""}), "f.storyboarder")
    assert (fault.row, fault.column) == (2, "prompt")


@pytest.mark.parametrize("data", [written(), '{"boards": 4}', '{"boards": [', '{"version": 1}'])
def test_no_boards(data: str) -> None:
    """What lists no boards is one sentence."""
    with pytest.raises(BoardError, match="Storyboarder"):
        board(data, "f.storyboarder")
