"""The ``storyreel`` command: arguments in, flow called, exit code out."""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any

from cyclopts import App, CycloptsError, Parameter

from flows import display, prefect_server
from flows.options import (
    Board,
    Budget,
    Concurrency,
    Config,
    Edl,
    Fcpxml,
    Json,
    NoReel,
    NoReport,
    NoTimeline,
    Only,
    Quiet,
    Rerender,
    To,
    wanted_of,
)
from tasks import commands
from tasks.errors import StartError
from tasks.planned import Shown, Wanted
from tasks.progress import Progress
from tasks.session import HANDOVER, Session, session
from tasks.showing import Showing

app = App(
    name="storyreel",
    help="A storyboard in, clips, a manifest and the money out. Exit codes: 0 every selected shot has its clip, "
    "1 some has none, 2 nothing was started, 3 the budget stopped it, 130 interrupted.",
    version_flags=["--version"],
)

#: What Prefect raised when its server was lost: its own farewell to that server would take minutes.
LOST: list[Exception] = []


@app.command
def render(
    board: Board,
    *,
    to: To,
    config: Config = None,
    budget: Budget = None,
    only: Only = "",
    rerender: Rerender = "",
    concurrency: Concurrency = None,
    no_report: NoReport = False,
    no_timeline: NoTimeline = False,
    no_reel: NoReel = False,
    edl: Edl = False,
    fcpxml: Fcpxml = False,
    json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Render a storyboard to a target. Safe to repeat: a second run does only what is missing or changed."""
    since = time.monotonic()
    progress = Progress()

    async def act() -> int:
        shown = Shown(not no_report, not no_timeline, not no_reel, edl, fcpxml)
        wanted = replace(wanted_of(board, to, config, budget, only, rerender, concurrency), shown=shown)
        async with session(wanted, progress) as running:
            await running.check(fetch=True)
            if not quiet or (running.plan.worst and running.budget is None):
                display.say(commands.headline(running))
            code = await _run(running, quiet=quiet)
            told = commands.rendered(running, code, time.monotonic() - since)
            if json:
                _print(told)
            else:
                _summary(told, running)
            return code

    return _caught(act, json, {"target": to})


async def _run(running: Session, *, quiet: bool) -> int:
    """Through Prefect where there is something to do; a run without work needs no server."""
    with display.watching(running.progress, quiet=quiet):
        if not commands.has_work(running):
            async with running.open():
                await running.show()
            return running.exit_code()
        prefect_server.quiet()

        server = await prefect_server.reachable(running.http)
        running.progress.line(f"Prefect: {server}")
        from flows.render_storyboard import render_storyboard

        HANDOVER.set(running)
        asked = running.wanted
        try:
            state: Any = await render_storyboard(
                asked.board,
                asked.to,
                asked.config,
                None if asked.budget_usd is None else float(asked.budget_usd),
                list(asked.only),
                list(asked.rerender),
                asked.concurrency,
                return_state=True,
            )
        except Exception as error:
            if running.renderer is None:
                raise StartError(f"Prefect did not start the run: {error}") from error
            display.say(f"Prefect was lost on the way ({type(error).__name__}); ledger and manifest are whole")
            LOST.append(error)
            return running.exit_code()
        if running.renderer is None:
            raise StartError(state.message or "the run did not start")
    return running.exit_code()


def _summary(told: dict[str, Any], running: Session) -> None:
    display.out.print(f"{display.shots_line(told['shots'])} in {display.clock(told['seconds'])}")
    display.money_lines(told["totals"], running.money()["by_provider"])
    url = told["target"]
    places = [("clips", "clips"), ("manifest", "manifest.parquet"), ("money", "costs.json")]
    shown = running.wanted.shown
    places += [("timeline", "timeline.otio")] * shown.timeline + [("reel", "reel.mp4")] * shown.reel
    places += [("report", "report.html")] * shown.report
    for name, place in [one for one in places if one[0] == "clips" or running.store.exists(one[1])]:
        display.out.print(f"{name:9}{url}/{place}", markup=False)


@app.command
def plan(
    board: Board,
    *,
    to: Annotated[str | None, Parameter(help="Target folder, to see what is there already.")] = None,
    config: Config = None,
    budget: Budget = None,
    only: Only = "",
    rerender: Rerender = "",
    concurrency: Concurrency = None,
    json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Say what a render would do and cost. Calls no gateway, spends nothing, writes nothing."""

    async def act() -> int:
        wanted = wanted_of(board, to or "memory://storyreel-plan", config, budget, only, rerender, concurrency)
        async with session(wanted) as running:
            found = await running.check(fetch=False)
            code = commands.plan_code(running)
            if json:
                _print(commands.planned(running, code))
            else:
                display.plan_table(found)
                if code == 3:
                    display.say(commands.over_budget(running))
            return code

    nothing = {"new": 0, "keep": 0, "rerender": 0, "quoted_usd": "0.00", "worst_usd": "0.00"}
    return _caught(act, json, {"shots": [], "totals": nothing})


@app.command
def status(url: To, *, config: Config = None, json: Json = False) -> int:
    """Say what is at a target: shots by status, money by gateway, jobs paid for and not yet collected."""

    async def act() -> int:
        async with session(Wanted("", url, config)) as running:
            told = await commands.status(running)
            if json:
                _print(told)
            else:
                display.out.print(display.shots_line(told["shots"]))
                display.money_lines(told["totals"], told["by_provider"])
                for job in told["uncollected"]:
                    display.uncollected(job)
            return 0

    return _caught(act, json, {})


@app.command
def rescue(url: To, *, config: Config = None, json: Json = False, quiet: Quiet = False) -> int:
    """Take up every job at a target that was bought and not collected. Buys nothing."""

    async def act() -> int:
        async with session(Wanted("", url, config)) as running:
            with display.watching(running.progress, quiet=quiet):
                told = await commands.rescue(running)
            if json:
                _print(told)
            else:
                left = len(told["uncollected"])
                display.out.print(
                    f"{told['collected']} collected, {left} still open; {display.shots_line(told['shots'])}"
                )
                display.money_lines(told["totals"], told["by_provider"])
            return int(told["exit_code"])

    return _caught(act, json, {})


@app.command
def report(
    url: To,
    *,
    no_report: NoReport = False,
    no_timeline: NoTimeline = False,
    no_reel: NoReel = False,
    edl: Edl = False,
    fcpxml: Fcpxml = False,
    config: Config = None,
    json: Json = False,
) -> int:
    """Write report, timeline and rough cut again from a manifest. Renders nothing, buys nothing."""

    async def act() -> int:
        progress = Progress()
        shown = Shown(not no_report, not no_timeline, not no_reel, edl, fcpxml)
        async with session(Wanted("", url, config), progress) as running:
            with display.watching(progress, quiet=json):
                problems = await Showing(running.store, running.folder, progress).make(shown)
            told = {"target": running.store.url, "report": f"{running.store.url}/report.html", "problems": problems}
            if json:
                _print({**told, "exit_code": int(bool(problems)), "errors": []})
            else:
                display.out.print(told["report"], markup=False)
            return int(bool(problems))

    return _caught(act, json, {"target": url})


@app.command
def providers(
    *,
    check: Annotated[bool, Parameter(negative="", help="Ask each gateway, with calls that cost nothing.")] = False,
    config: Config = None,
    json: Json = False,
) -> int:
    """List each gateway: key found or not, base URL, its models, prices and retirement dates."""

    async def act() -> int:
        told = await commands.providers(config, check=check)
        if json:
            _print(told)
        else:
            display.provider_tables(told["providers"])
        return 0

    return _caught(act, json, {})


def _print(told: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")


def _caught(act: Callable[[], Any], as_json: bool, base: dict[str, Any]) -> int:
    """Run a command: what a user can cause ends in words and a code, never in a traceback."""
    try:
        return int(asyncio.run(act()))
    except StartError as error:
        display.faults(error.faults)
        if as_json:
            _print({**base, "exit_code": 2, "errors": [commands.fault_json(fault) for fault in error.faults]})
        return 2
    except KeyboardInterrupt:
        display.say("interrupted")
        if as_json:
            _print({**base, "exit_code": 130, "errors": []})
        return 130


def main() -> None:
    """The console script."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        code = app(exit_on_error=False, print_error=False, result_action="return_value")
    except CycloptsError as error:
        display.say(f"error: {error}")
        code = 2
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 141
    if LOST:
        prefect_server.leave(code)
    sys.exit(code if isinstance(code, int) else 0)
