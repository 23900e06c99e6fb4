"""What the options of the command line are made from."""

import inspect
from collections.abc import Callable

import pytest

from flows.cli import app
from tasks.domain.request import VIEWS


@pytest.mark.parametrize("command", [app.render, app.report], ids=lambda command: command.__name__)
def test_every_view_has_its_option(command: Callable[..., int]) -> None:
    """What is made by default can be left out, anything else can be asked for, and no file is named but the table's."""
    options = inspect.signature(command).parameters
    for view in VIEWS.values():
        option = options[f"no_{view.name}" if view.default else view.name]
        assert view.file in option.annotation.__metadata__[0].help
        assert option.default is False
