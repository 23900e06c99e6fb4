"""``storyreel reconcile`` and ``storyreel costs``: money afterwards, at one target and over many."""

import asyncio
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import date
from typing import Annotated, Any

from cyclopts import Parameter

from flows.cli import display
from flows.cli import output as answer
from flows.cli.options import Config, Json, Quiet
from flows.support import blocks
from tasks.domain.errors import ConfigError, Fault, TargetError
from tasks.domain.progress import Progress
from tasks.domain.request import RunRequest
from tasks.session import Session

Since = Annotated[
    str, Parameter(help="The first day to ask for (UTC), as 2026-11-01; by default that of the first order.")
]
Urls = Annotated[str, Parameter(help="Targets: folders or addresses.")]


def reconcile(*urls: Urls, since: Since = "", config: Config = None, json: Json = False, quiet: Quiet = False) -> int:
    """Compare the ledger of a target with the gateways' own records, and settle what was at risk. Buys nothing.

    Of several targets that order at the same gateways, name all: then no job of one is unknown to the others.
    """
    progress, named = Progress(), list(dict.fromkeys(urls))

    from tasks.commands.reconcile.answer import reconcile as compare
    from tasks.commands.reconcile.several import reconcile_several

    def opened(url: str) -> AbstractAsyncContextManager[Session]:
        return blocks.open_session(RunRequest("", url, config), progress)

    async def answered(day: date | None) -> dict[str, Any]:
        if len(named) > 1:
            return await reconcile_several(named, day, opened, display.say)
        async with opened(named[0]) as running:
            return await compare(running, day)

    async def act() -> int:
        _check_named(named)
        day = _day(since)
        with display.show_progress(progress, quiet=quiet):
            told = await answered(day)
        answer.write(told) if json else _show_compared(told)
        return int(told["exit_code"])

    return answer.caught(act, json, {"target": named[0]} if len(named) == 1 else {"targets": []})


def _check_named(urls: Sequence[str]) -> None:
    if not urls:
        raise TargetError("no target is named: give one or more folders or addresses")


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ConfigError([Fault(0, "", "--since", text, "write a day such as 2026-11-01")]) from error


def _show_compared(told: dict[str, Any]) -> None:
    """The findings at one target, or at each of several below its name."""
    for one in told.get("targets", ()):
        display.out.print(display.text(one["target"]))
        _show_findings(one)
    if "targets" not in told:
        _show_findings(told)


def _show_findings(told: dict[str, Any]) -> None:
    counts = ", ".join(f"{number} {name}" for name, number in told["verdicts"].items() if number)
    display.out.print(display.text(f"{counts or 'nothing to compare'}; {told['settled']} settled"))
    for one in told["differences"]:
        shot = f"{one['shot_id']} attempt {one['n']}" if one["shot_id"] else "no order of this target"
        billed = "" if one["billed_usd"] is None else f"  billed {one['billed_usd']} USD"
        line = f"{one['verdict']}  {one['provider']}  {shot}  job {one['job_id'] or '-'}{billed}  {one['note']}"
        display.out.print(display.text(line.rstrip()))
    for one in told["unread"]:
        display.say(f"{one['provider']}: {one['reason']}")
    if told["without_records"]:
        display.say(f"document no list of jobs: {', '.join(told['without_records'])}")
    display.out.print(display.text(told["file"]))


File = Annotated[str, Parameter(help="Write the table to this file: .parquet, .csv, or .html with charts.")]
SHOWN = {  # heads of the terminal's table, and what stands below them; files and --json have all
    "month": ("month",),
    "route": ("provider", "model"),
    "board": ("board",),
    "orders": ("orders",),
    "in use": ("clips_in_use",),
    "charged": ("charged_usd",),
    "wasted": ("wasted_usd",),
    "at risk": ("at_risk_usd",),
    "a clip": ("usd_per_clip_in_use",),
    "wait s": ("wait_median_s", "wait_p95_s"),
}


def costs(*urls: Urls, to: File = "", config: Config = None, json: Json = False) -> int:
    """Say what many targets cost, by gateway, model, month and board. Writes nothing there."""
    from tasks.commands.costs import answer as commands

    async def act() -> int:
        commands.check_file(to)
        _check_named(urls)
        options = (await blocks.look_up_blocks(config, keys=False)).target_options
        told = await asyncio.to_thread(commands.count_costs, urls, options, display.say)
        if to:
            await asyncio.to_thread(commands.write_table, told, to, options)
        found = commands.costs_answer(told, to)
        answer.write(found) if json else _show_costs(found)
        return int(found["exit_code"])

    return answer.caught(act, json, {"rows": []})


def _cell(values: Sequence[Any]) -> str:
    """Gateway and model as a route, waiting times in whole seconds, the median and the 95th percentile."""
    if any(isinstance(one, float) for one in values):
        return " / ".join(f"{one:.0f}" for one in values if one is not None)
    return ":".join(str(one) for one in values if one is not None)


def _show_costs(told: dict[str, Any]) -> None:
    rows = [[_cell([row[name] for name in names]) for names in SHOWN.values()] for row in told["rows"]]
    display.print_aligned([[*SHOWN], *rows], list(SHOWN).index("orders"))
    sums = told["totals"]
    display.out.print(
        display.text(
            f"{told['targets']} targets  {sums['orders']} orders  {sums['clips_in_use']} clips in use  "
            f"charged {sums['charged_usd']}  wasted {sums['wasted_usd']}  at risk {sums['at_risk_usd']} USD"
        )
    )
