"""The options of the command line: their types, their help, and what they come to."""

import contextlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated

from cyclopts import Parameter, Token

from tasks.domain.errors import ConfigError, Fault
from tasks.domain.identity import split_ids
from tasks.domain.money import BUDGET_WORDS, is_budget
from tasks.domain.request import VIEWS, RunRequest, ViewSelection
from tasks.domain.takes import MOST_TAKES
from tasks.planning import asked_time


def whole(kind: object, tokens: Sequence[Token]) -> int:
    """A whole number in decimal digits: nothing is rounded to one. Raises ``ValueError`` when it is none."""
    text = tokens[0].value
    if not re.fullmatch(r"[+-]?\d{1,18}", text, re.ASCII):
        raise ValueError(f"write a whole number, not {text!r:.40}")
    return int(text)


def _leave_out(view: str, what: str = "") -> Parameter:
    return Parameter(negative="", help=f"Leave out {VIEWS[view].file}{what}.")


def _write_too(view: str) -> Parameter:
    return Parameter(negative="", help=f"Write {VIEWS[view].file} as well.")


Board = Annotated[str, Parameter(help="Shot list: CSV, Parquet, a workbook or a cut; a local path or any fsspec URL.")]
To = Annotated[str, Parameter(help="Target folder: a local path or any fsspec URL.")]
Config = Annotated[str | None, Parameter(help="Config file; by default configs/animatic.toml (no key, no network).")]
Budget = Annotated[str | None, Parameter(help="US dollars that the target may cost over all its runs.")]
Only = Annotated[str, Parameter(help="Shot ids, with commas: look at these rows only.")]
Rerender = Annotated[str, Parameter(help="Shot ids, with commas, or all: buy another clip for them.")]
Concurrency = Annotated[int | None, Parameter(converter=whole, help="Shots in flight, 1 to 400.")]
Json = Annotated[bool, Parameter(name="--json", negative="", help="One JSON object on standard output.")]
Into = Annotated[
    str, Parameter(help="Write status, clip, take, money and note of each shot into a copy of this board.")
]
InPlace = Annotated[bool, Parameter(negative="", help="With --into: into the board itself.")]
Quiet = Annotated[bool, Parameter(negative="", help="No progress on standard error.")]


def choose_shots(request: RunRequest, only: str, rerender: str) -> RunRequest:
    """The request for the shots that these options name."""
    return replace(request, only=tuple(split_ids(only)), rerender=tuple(split_ids(rerender)))


@Parameter(name="*")
@dataclass(frozen=True)
class Wishes:
    """What `render` and `plan` are asked for beside the rows themselves."""

    takes: Annotated[
        int | None, Parameter(converter=whole, help="Clips of each shot whose row says nothing of it, 1 to 10.")
    ] = None
    draft: Annotated[
        bool | None, Parameter(help="Order drafts from [chain.draft], no finals; or finals for all drafts.")
    ] = None
    by: Annotated[
        str,
        Parameter(help="Be done by this time, such as 07:00: each shot by the route that has time and costs least."),
    ] = ""
    measured: Annotated[str, Parameter(help="Targets whose past runs say how long a route takes, by commas.")] = ""
    skip_unusable: Annotated[
        bool, Parameter(negative="", help="Leave out shots that no route can make, instead of ending.")
    ] = False

    def on(self, wanted: RunRequest) -> RunRequest:
        """The request with these. Raises ``ConfigError`` when one cannot be meant."""
        if self.takes is not None and not 1 <= self.takes <= MOST_TAKES:
            told = f"write a whole number from 1 to {MOST_TAKES}"
            raise ConfigError([Fault(0, "", "--takes", str(self.takes), told)])
        timed = replace(
            wanted,
            by=asked_time(self.by, "--by", datetime.now(UTC).astimezone()),
            measured=tuple(split_ids(self.measured)),
        )
        return replace(timed, takes=self.takes, draft=self.draft, skip_unusable=self.skip_unusable)


NO_WISHES = Wishes()


@Parameter(name="*")
@dataclass(frozen=True)
class Views:
    """Which files to look at `render` and `report` leave out, and which they write as well."""

    no_report: Annotated[bool, _leave_out("report")] = False
    no_timeline: Annotated[bool, _leave_out("timeline")] = False
    no_reel: Annotated[bool, _leave_out("reel", ", the rough cut")] = False
    edl: Annotated[bool, _write_too("edl")] = False
    fcpxml: Annotated[bool, _write_too("fcpxml")] = False
    xlsx: Annotated[bool, _write_too("xlsx")] = False
    xml: Annotated[bool, _write_too("xml")] = False
    no_captions: Annotated[bool, _leave_out("captions", " and the captions of other languages")] = False

    @property
    def chosen(self) -> ViewSelection:
        """The views that are made."""
        made = {
            name: not getattr(self, f"no_{name}") if one.default else getattr(self, name) for name, one in VIEWS.items()
        }
        return ViewSelection(**made)


BY_DEFAULT = Views()


def request_of(board: str, to: str, config: str | None, budget: str | None, concurrency: int | None) -> RunRequest:
    """What the options of `render` and `plan` ask for over the whole board; ``budget`` is in US dollars.

    Raises ``ConfigError`` when an option cannot be read, with each such option.
    """
    money = None
    with contextlib.suppress(InvalidOperation):
        money = None if budget is None else Decimal(budget)
    faults = [] if to else [Fault(0, "", "", "", "no target is named: give --to a folder or an address")]
    if budget is not None and (money is None or not is_budget(money)):
        faults.append(Fault(0, "", "--budget", budget, BUDGET_WORDS))
    if concurrency is not None and not 1 <= concurrency <= 400:
        faults.append(Fault(0, "", "--concurrency", str(concurrency), "write a whole number from 1 to 400"))
    if faults:
        raise ConfigError(faults)
    return RunRequest(board, to, config, money, concurrency=concurrency)
