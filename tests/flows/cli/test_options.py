"""What the options of the command line are made from."""

import inspect
from collections.abc import Callable
from pathlib import Path

import pytest

from flows.cli import app
from tasks.domain.request import VIEWS
from tests.flows import Ran, write_board

Typed = Callable[..., Ran]


@pytest.mark.parametrize("command", [app.render, app.report], ids=lambda command: command.__name__)
def test_every_view_has_its_option(command: Callable[..., int]) -> None:
    """What is made by default can be left out, anything else can be asked for, and no file is named but the table's."""
    options = inspect.signature(command).parameters
    for view in VIEWS.values():
        option = options[f"no_{view.name}" if view.default else view.name]
        assert view.file in option.annotation.__metadata__[0].help
        assert option.default is False


def test_a_time_to_be_done_by(typed: Typed, tmp_path: Path) -> None:
    """``plan --by`` answers programs with what will be done and for how much, and people who mistype with a word."""
    board = write_board(tmp_path / "board.csv", [{"prompt": "a sail"}])
    told = typed("plan", board, "--by", "07:00", "--json").told
    assert told["by"]["by"].partition("T")[2].startswith("07:00") and told["by"]["usd"] == "0.00"
    wrong = typed("plan", board, "--by", "tomorrow")
    assert wrong.code == 2 and "--by 'tomorrow': write a time such as 07:00" in wrong.err
