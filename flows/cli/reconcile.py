"""``storyreel reconcile``: the ledger against the gateways' own records."""

from datetime import date
from typing import Annotated, Any

from cyclopts import Parameter

from flows.cli import display
from flows.cli import output as answer
from flows.cli.options import Config, Json, Quiet, To
from flows.support import blocks
from tasks.commands.reconcile.answer import reconcile as compare
from tasks.domain.errors import ConfigError, Fault
from tasks.domain.progress import Progress
from tasks.domain.request import RunRequest

Since = Annotated[
    str, Parameter(help="The first day to ask for (UTC), as 2026-11-01; by default that of the first order.")
]


def reconcile(url: To, *, since: Since = "", config: Config = None, json: Json = False, quiet: Quiet = False) -> int:
    """Compare the ledger of a target with the gateways' own records, and settle what was at risk. Buys nothing."""
    progress = Progress()

    async def act() -> int:
        day = _day(since)
        async with blocks.open_session(RunRequest("", url, config), progress) as running:
            with display.show_progress(progress, quiet=quiet):
                told = await compare(running, day)
            if json:
                answer.write(told)
            else:
                _show(told)
            return int(told["exit_code"])

    return answer.caught(act, json, {"target": url})


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ConfigError([Fault(0, "", "--since", text, "write a day such as 2026-11-01")]) from error


def _show(told: dict[str, Any]) -> None:
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
