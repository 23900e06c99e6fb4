"""The parameters of the flows as a deployment's form shows them: their types, bounds and choices.

Prefect takes the descriptions from the flow's docstring. None is left out of a schema where a form has another way to
leave a field empty. It has none for a number, so numbers keep their None.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field
from pydantic.json_schema import SkipJsonSchema

from tasks.domain.money import MOST_USD
from tasks.domain.request import VIEWS, RunRequest, select_views
from tasks.domain.takes import MOST_TAKES

Place = Annotated[str, Field(min_length=1)]
Config = Annotated[str, Field(min_length=1)] | SkipJsonSchema[None]
Usd = Annotated[float, Field(ge=0, le=MOST_USD)] | None
Shots = list[Annotated[str, Field(min_length=1)]] | SkipJsonSchema[None]
Places = list[Place] | SkipJsonSchema[None]
Several = Annotated[int, Field(ge=1, le=MOST_TAKES)] | None
Draft = bool | SkipJsonSchema[None]
Flights = Annotated[int, Field(ge=1, le=400)] | None
ShotsAPart = Annotated[int, Field(ge=1, le=2000)]
PartsInFlight = Annotated[int, Field(ge=1, le=100)]
Hours = Annotated[float, Field(gt=0, le=24 * 30)]
if TYPE_CHECKING:
    View = str
else:
    View = Literal[tuple(VIEWS)]  # a form offers what the table has

FREE = "configs/animatic.toml"
NO_SHOTS: list[str] = []
NO_PLACES: list[str] = []
DEFAULT_VIEWS: list[View] = [view.name for view in VIEWS.values() if view.default]


def money(usd: float | None) -> Decimal | None:
    """US dollars with the digits that were typed; None for None."""
    return None if usd is None else Decimal(str(usd))


def request_of(
    board: str,
    to: str,
    config: str | None,
    budget_usd: float | None,
    only: Sequence[str] | None,
    rerender: Sequence[str] | None,
) -> RunRequest:
    """The request of a deployment's parameters, without views. Its board may not name files outside its own folder."""
    chosen = (tuple(only or ()), tuple(rerender or ()))
    return RunRequest(board, to, config, money(budget_usd), *chosen, confined=True, views=select_views(()))
