"""How a command ends: the code and the words for everything that a user can cause."""

import json
from collections.abc import Callable

import pytest

from flows.cli.output import caught
from tasks.domain.errors import BoardError, Fault, TargetError

FAULT = {"row": 2, "shot_id": "a", "column": "size", "value": "big", "message": "write 1280x720"}


def raising(error: BaseException) -> Callable[[], object]:
    """A command that ends so."""

    async def act() -> int:
        raise error

    return act


@pytest.mark.parametrize(
    ("error", "code", "errors", "words"),
    [
        (BoardError([Fault(2, "a", "size", "big", "write 1280x720")]), 2, [FAULT], "row 2, a, size 'big'"),
        (TargetError("it is in use"), 2, [{**dict.fromkeys(FAULT, ""), "row": 0, "message": "it is in use"}], "in use"),
        (KeyboardInterrupt(), 130, [], "interrupted"),
    ],
)
@pytest.mark.parametrize("as_json", [True, False])
def test_that_a_command_ends_in_words_and_a_code(
    error: BaseException, code: int, errors: list[object], words: str, as_json: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """A fault is exit 2 and an interruption 130, in one JSON object where one was asked for, and never a traceback."""
    assert caught(raising(error), as_json, {"target": "out"}) == code
    said = capsys.readouterr()
    assert words in said.err
    assert [json.loads(line) for line in said.out.splitlines()] == (
        [{"target": "out", "exit_code": code, "errors": errors}] if as_json else []
    )


def test_that_a_slip_of_ours_is_not_hidden() -> None:
    """What no user can cause comes out as it is."""
    with pytest.raises(ZeroDivisionError):
        caught(raising(ZeroDivisionError()), True, {})
