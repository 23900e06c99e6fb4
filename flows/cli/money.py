"""``storyreel reconcile`` and ``storyreel costs``: money afterwards, at one target and over many."""

import asyncio
from datetime import date
from typing import Annotated, Any

from cyclopts import Parameter
from rich.table import Table

from flows.cli import display
from flows.cli import output as answer
from flows.cli.options import Config, Json, Quiet, To
from flows.support import blocks
from tasks.domain.errors import ConfigError, Fault, TargetError
from tasks.domain.progress import Progress
from tasks.domain.request import RunRequest

Since = Annotated[
    str, Parameter(help="The first day to ask for (UTC), as 2026-11-01; by default that of the first order.")
]


def reconcile(url: To, *, since: Since = "", config: Config = None, json: Json = False, quiet: Quiet = False) -> int:
    """Compare the ledger of a target with the gateways' own records, and settle what was at risk. Buys nothing."""
    progress = Progress()

    from tasks.commands.reconcile.answer import reconcile as compare

    async def act() -> int:
        day = _day(since)
        async with blocks.open_session(RunRequest("", url, config), progress) as running:
            with display.show_progress(progress, quiet=quiet):
                told = await compare(running, day)
            if json:
                answer.write(told)
            else:
                _show_findings(told)
            return int(told["exit_code"])

    return answer.caught(act, json, {"target": url})


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ConfigError([Fault(0, "", "--since", text, "write a day such as 2026-11-01")]) from error


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


Urls = Annotated[str, Parameter(help="Targets: folders or addresses.")]
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
    """Say what many targets cost, by gateway, model, month and board. Reads their tables and writes nothing there."""
    from tasks.commands.costs import answer as commands

    async def act() -> int:
        commands.check_file(to)
        if not urls:
            raise TargetError("no target is named: give one or more folders or addresses")
        options = (await blocks.look_up_blocks(config, keys=False)).target_options
        told = await asyncio.to_thread(commands.count_costs, urls, options, display.say)
        if to:
            await asyncio.to_thread(commands.write_table, told, to, options)
        found = commands.costs_answer(told, to)
        answer.write(found) if json else _show_costs(found)
        return int(found["exit_code"])

    return answer.caught(act, json, {"rows": []})


def _show_costs(told: dict[str, Any]) -> None:
    table = Table(box=None, pad_edge=False)
    for head in SHOWN:
        table.add_column(head, justify="left" if head in ("month", "route", "board") else "right", overflow="fold")
    for row in told["rows"]:
        cells = ([row[name] for name in names] for names in SHOWN.values())
        table.add_row(*(display.text(":".join(str(one) for one in cell if one is not None)) for cell in cells))
    display.out.print(table)
    sums = told["totals"]
    display.out.print(
        display.text(
            f"{told['targets']} targets  {sums['orders']} orders  {sums['clips_in_use']} clips in use  "
            f"charged {sums['charged_usd']}  wasted {sums['wasted_usd']}  at risk {sums['at_risk_usd']} USD"
        )
    )
