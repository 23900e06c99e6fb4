"""What a deployment's form takes: amounts that a person can mean."""

import dataclasses
import inspect

import pytest
from prefect import Flow
from prefect.exceptions import ParameterTypeError

from flows.cli import app
from flows.cli.options import Wishes
from flows.plan_storyboard import plan_storyboard
from flows.render_inbox import render_inbox
from flows.render_season import render_season
from flows.render_storyboard import render_storyboard
from flows.support.parameters import DEFAULT_VIEWS
from tasks.domain.request import VIEWS, RunRequest

FLOWS = [plan_storyboard, render_inbox, render_season, render_storyboard]
PLACES = {"board": "b.csv", "to": "out", "inbox_url": "in"}


def given(flow: Flow[..., object], budget: object) -> dict[str, object]:
    """The flow's parameters with this budget."""
    known = flow.parameters.properties
    return {**{name: place for name, place in PLACES.items() if name in known}, "budget_usd": budget}


@pytest.mark.parametrize("budget", [float("inf"), float("nan"), float("-inf"), 1e300, "1e400", -0.01, 1e9 + 1])
@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.name)
def test_that_a_budget_beyond_reason_is_refused(flow: Flow[..., object], budget: object) -> None:
    """Before anything is read, and the message names the parameter."""
    with pytest.raises(ParameterTypeError, match="budget_usd: Input should be"):
        flow.validate_parameters(given(flow, budget))


@pytest.mark.parametrize("budget", [0, 7.5, 1_000_000_000])
@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.name)
def test_that_a_budget_is_taken_as_it_is(flow: Flow[..., object], budget: float) -> None:
    """From nothing to a billion dollars."""
    assert flow.validate_parameters(given(flow, budget))["budget_usd"] == budget


def test_that_the_form_has_the_options_of_the_command_line() -> None:
    """What `render` and `plan` take at a terminal their deployments take too, under the same name."""
    elsewhere = {"json", "quiet", "concurrency", "views"}  # the views are a list in the form
    for command, deployed in ((app.render, render_storyboard), (app.plan, plan_storyboard)):
        options = {"budget_usd" if name == "budget" else name for name in inspect.signature(command).parameters}
        options = options - {"wishes"} | {field.name for field in dataclasses.fields(Wishes)}
        options -= elsewhere
        assert options <= set(deployed.parameters.properties)


@pytest.mark.parametrize("flow", [plan_storyboard, render_storyboard], ids=lambda flow: flow.name)
def test_that_shots_without_a_route_can_be_left_out(flow: Flow[..., object]) -> None:
    """`skip_unusable` is off unless a form or `-p skip_unusable=true` says otherwise, and reaches the request."""
    assert flow.parameters.properties["skip_unusable"]["default"] is False
    assert flow.validate_parameters({"board": "b", "to": "t", "skip_unusable": True})["skip_unusable"] is True
    assert Wishes(skip_unusable=True).on(RunRequest("b", "t")).skip_unusable


def test_that_the_form_offers_the_views_of_the_table() -> None:
    """Each view by its name, in the order of the table; those made by default are chosen already."""
    field = render_storyboard.parameters.properties["views"]
    assert field["items"]["enum"] == list(VIEWS)
    assert field["default"] == DEFAULT_VIEWS == [view.name for view in VIEWS.values() if view.default]
