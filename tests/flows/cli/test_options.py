"""What the options of the command line are made from."""

import dataclasses
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import get_type_hints

import pytest

from flows.cli import app
from flows.cli.options import Views
from tasks.domain.request import VIEWS, ViewSelection
from tests.flows import Ran, write_board

Typed = Callable[..., Ran]


@pytest.mark.parametrize("command", [app.render, app.report], ids=lambda command: command.__name__)
def test_the_commands_that_make_views_take_the_options_of_each(command: Callable[..., int]) -> None:
    """All of them, none by default."""
    assert inspect.signature(command).parameters["views"].default == Views()


def test_every_view_has_its_option() -> None:
    """What is made by default can be left out, anything else can be asked for, and no file is named but the table's."""
    options = {option.name: option for option in dataclasses.fields(Views)}
    hints = get_type_hints(Views, include_extras=True)
    for view in VIEWS.values():
        option = options.pop(f"no_{view.name}" if view.default else view.name)
        assert view.file in hints[option.name].__metadata__[0].help
        assert option.default is False
        other = Views(**{option.name: True}).chosen
        assert getattr(other, view.name) is not view.default
        assert dataclasses.replace(other, **{view.name: view.default}) == Views().chosen == ViewSelection()
    assert not options


def test_a_time_to_be_done_by(typed: Typed, tmp_path: Path) -> None:
    """``plan --by`` answers programs with what will be done and for how much, and people who mistype with a word."""
    board = write_board(tmp_path / "board.csv", [{"prompt": "a sail"}])
    told = typed("plan", board, "--by", "07:00", "--json").told
    assert told["by"]["by"].partition("T")[2].startswith("07:00") and told["by"]["usd"] == "0.00"
    wrong = typed("plan", board, "--by", "tomorrow")
    assert wrong.code == 2 and "--by 'tomorrow': write a time such as 07:00" in wrong.err


@pytest.mark.parametrize(
    ("more", "column", "value"),
    [
        (("--takes", "1.5"), "--takes", "1.5"),
        (("--takes", "two"), "--takes", "two"),
        (("--takes", "0x2"), "--takes", "0x2"),
        (("--concurrency", "2.5"), "--concurrency", "2.5"),
        (("--takes",), "--takes", ""),
        (("--onyl", "ok"), "--onyl", ""),
        (("--draft", "--no-draft"), "--no-draft", ""),
        (("other.csv",), "", ""),
    ],
)
def test_an_option_that_cannot_be_read_is_told_to_programs_too(
    typed: Typed, tmp_path: Path, more: tuple[str, ...], column: str, value: str
) -> None:
    """One JSON object with the option and what stands there; no number is rounded to one that was not asked for."""
    board = write_board(tmp_path / "board.csv", [{"prompt": "a sail"}])
    ran = typed("plan", board, "--json", *more)
    [fault] = ran.told["errors"]
    assert (ran.code, ran.told["exit_code"], fault["column"], fault["value"]) == (2, 2, column, value)
    assert fault["message"] in ran.err


def test_in_place_is_said_of_a_board(typed: Typed, tmp_path: Path) -> None:
    """Without a board to write into it is a mistake, and not nothing."""
    board = write_board(tmp_path / "board.csv", [{"prompt": "a sail"}])
    ran = typed("status", board.parent, "--in-place", "--json")
    [fault] = ran.told["errors"]
    assert (ran.code, fault["column"]) == (2, "--in-place") and "--into" in fault["message"]


def test_an_id_with_a_comma_stands_in_quotes(typed: Typed, tmp_path: Path) -> None:
    """Any printable id can be named; one that falls apart at its comma is told how."""
    board = write_board(
        tmp_path / "board.csv", [{"shot_id": "1, a", "prompt": "a sail"}, {"shot_id": "two", "prompt": "b"}]
    )
    for said in ('"1, a"', 'two,"1, a"', '"1, a" , two'):
        shots = typed("plan", board, "--only", said, "--json").told["shots"]
        assert [one["shot_id"] for one in shots] == (["1, a", "two"] if "two" in said else ["1, a"])
    wrong = typed("plan", board, "--only", "1, a")
    assert wrong.code == 2 and 'has a comma: write it in quotes, "1, a"' in wrong.err
