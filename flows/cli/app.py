"""The ``storyreel`` command: arguments in, flow called, exit code out."""

import asyncio
import gc
import time
from dataclasses import replace
from typing import Annotated, Any

from cyclopts import App, Parameter

from flows.cli import display, process
from flows.cli import output as answer
from flows.cli import server as prefect_server
from flows.cli.options import (
    BY_DEFAULT,
    NO_WISHES,
    Board,
    Budget,
    Concurrency,
    Config,
    InPlace,
    Into,
    Json,
    Only,
    Quiet,
    Rerender,
    To,
    Views,
    Wishes,
    choose_shots,
    request_of,
)
from flows.support import blocks, signals
from flows.support.handover import HANDOVER
from tasks.commands import answers
from tasks.domain.errors import ConfigError, Fault, StartError
from tasks.domain.plan import NOWHERE
from tasks.domain.progress import Progress
from tasks.domain.request import RunRequest
from tasks.session import Session
from tasks.storage import Store
from tasks.storyboard import display_url

app = App(
    name="storyreel",
    help="A storyboard in, clips, a manifest and the money out. Exit codes: 0 every selected shot has its clip, "
    "1 some has none, 2 nothing was started, 3 the budget stopped it, 130 interrupted.",
    version=display.version,
    console=display.plain,
)

TELLS = 2.0  # seconds that a stopped run has to tell its Prefect server so


@app.command
def render(
    board: Board,
    *,
    to: To,
    config: Config = None,
    budget: Budget = None,
    only: Only = "",
    rerender: Rerender = "",
    wishes: Wishes = NO_WISHES,
    concurrency: Concurrency = None,
    views: Views = BY_DEFAULT,
    json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Render a storyboard to a target. Safe to repeat: a second run does only what is missing or changed."""
    since = time.monotonic()
    progress = Progress()

    async def act() -> int:
        wanted = choose_shots(request_of(board, to, config, budget, concurrency), only, rerender)
        async with (
            blocks.open_session(wishes.on(replace(wanted, views=views.chosen)), progress) as running,
            prefect_server.beside(running.http, running.folder) as server,
        ):
            running.ahead = lambda: server.begin() if answers.can_order(running) else None
            await running.check(fetch=True)
            if not quiet or (running.plan.worst and running.budget_usd is None):
                display.left_out(running.plan.left_out)
                display.say("\n".join(answers.opening(running)))
            code = await _run(running, server, quiet=quiet)
            told = answers.render_answer(running, code, time.monotonic() - since)
            answer.conclude(told, running, as_json=json)
            if code == signals.CODE:
                display.say(answers.left_over(running))
            return code

    return answer.caught(act, json, {"target": to})


async def _run(running: Session, start: prefect_server.ServerStart, *, quiet: bool) -> int:
    """Through Prefect where there is something to do; a run that can order nothing needs no server."""
    with display.show_progress(running.progress, quiet=quiet):
        if not answers.can_order(running):
            await answers.run_alone(running)
            return running.exit_code()
        running.progress.line(f"Prefect: {await start.ready(running.progress.line)}")
        try:
            state = await _flown(running)
        except Exception as error:
            if running.renderer is None and running.stopped is None:
                raise StartError(f"Prefect did not start the run: {error}") from error
            display.say(f"Prefect was lost on the way ({type(error).__name__}); ledger and manifest are whole")
            process.LOST.append(error)
            return running.exit_code()
        if running.stopped is None:
            display.check_end(state, began=running.renderer is not None)
    return running.exit_code()


async def _flown(running: Session) -> Any:
    """The flow's final state. A run that was stopped waits for its server only so long, once the target is let go."""
    from flows.render_storyboard import render_storyboard
    from flows.support.cancellation import stopper

    signals.orders_begin(stopper(running, display.say), running.shots.busy_until)
    HANDOVER.set(running)
    asked = running.request
    flight = asyncio.ensure_future(
        render_storyboard(
            display_url(asked.board),  # a parameter is kept; the board is read already
            asked.to,
            asked.config,
            None if asked.budget_usd is None else float(asked.budget_usd),
            list(asked.only),
            list(asked.rerender),
            asked.concurrency,
            skip_unusable=asked.skip_unusable,
            takes=asked.takes,
            draft=asked.draft,
            by=asked.by,
            measured=list(asked.measured),
            return_state=True,
        )
    )
    closed = asyncio.ensure_future(running.closed.wait())
    await asyncio.wait({flight, closed}, return_when=asyncio.FIRST_COMPLETED)
    closed.cancel()
    return await asyncio.wait_for(asyncio.shield(flight), TELLS if running.interrupted else None)


@app.command
def plan(
    board: Board,
    *,
    to: Annotated[str | None, Parameter(help="Target folder, to see what is there already.")] = None,
    config: Config = None,
    budget: Budget = None,
    only: Only = "",
    rerender: Rerender = "",
    wishes: Wishes = NO_WISHES,
    concurrency: Concurrency = None,
    json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Say what a render would do and cost. Calls no gateway, spends nothing, writes nothing."""

    async def act() -> int:
        wanted = choose_shots(request_of(board, to or NOWHERE, config, budget, concurrency), only, rerender)
        async with blocks.open_session(wishes.on(wanted)) as running:
            found = await running.check(fetch=False)
            code = answers.plan_code(running)
            if json:
                answer.write(answers.plan_answer(running, code))
            else:
                display.plan_table(found, running.board.told.lines)
                if code == 3:
                    display.say(answers.over_budget(running))
            return code

    nothing = {"new": 0, "keep": 0, "rerender": 0, "quoted_usd": "0.00", "worst_usd": "0.00"}
    gc.disable()  # all that a plan is made of stays until its end
    try:
        return answer.caught(act, json, {"shots": [], "totals": nothing})
    finally:
        gc.freeze()  # what is left goes with the process, and need not be looked through first
        gc.enable()


@app.command
def status(url: To, *, config: Config = None, json: Json = False, into: Into = "", in_place: InPlace = False) -> int:
    """Say what is at a target: shots by status, money by gateway, jobs paid for and not yet collected."""

    async def act() -> int:
        if in_place and not into:
            raise ConfigError([Fault(0, "", "--in-place", "", "say which board: it goes with --into BOARD")])
        async with blocks.open_session(RunRequest("", url, config), keys=False) as running:
            told = await answers.status(running)
            if into:
                from tasks.commands.write_back import write_into  # no other command needs it

                told["written"] = await write_into(running, into, in_place=in_place)
            if json:
                answer.write(told)
            else:
                display.out.print(display.shots_line(told["shots"]))
                display.money_lines(told["totals"], told["by_provider"])
                display.standing(told)
                display.out.print(*([f"written  {told['written']}"] if into else []), sep="", end="\n" if into else "")
            return 0

    return answer.caught(act, json, {})


@app.command
def rescue(url: To, *, config: Config = None, json: Json = False, quiet: Quiet = False) -> int:
    """Take up every job at a target that was bought and not collected. Buys nothing."""

    async def act() -> int:
        async with blocks.open_session(RunRequest("", url, config)) as running:
            try:
                with display.show_progress(running.progress, quiet=quiet):
                    told = await answers.rescue(running)
            except asyncio.CancelledError:
                display.say(answers.left_over(running))
                raise
            if json:
                answer.write(told)
            else:
                display.out.print(display.rescued_line(told))
                if told["uncollected"] and config is None:
                    display.say("give the config you rendered with: --config FILE")
                display.money_lines(told["totals"], told["by_provider"])
                display.lost(told["lost"])
            return int(told["exit_code"])

    return answer.caught(act, json, {})


@app.command
def report(
    url: To,
    *,
    views: Views = BY_DEFAULT,
    config: Config = None,
    json: Json = False,
) -> int:
    """Write report, timeline and rough cut again from a manifest. Renders nothing, buys nothing."""
    from tasks.views.publish import ViewPublisher  # what other commands need none of

    async def act() -> int:
        progress = Progress()
        async with blocks.open_session(RunRequest("", url, config), progress, keys=False) as running:
            if told_why := await answers.hear(running):
                display.say(told_why)
            with display.show_progress(progress, quiet=json):
                store = Store(running.store.url, running.settings.target_options)  # the session's is closed to writes
                problems = await ViewPublisher(store, running.folder, progress, mark=running.settings.mark).make(
                    views.chosen
                )
            told = {"target": running.store.url, "report": f"{running.store.url}/report.html", "problems": problems}
            if json:
                answer.write({**told, "exit_code": int(bool(problems)), "errors": []})
            else:
                display.out.print(told["report"], markup=False)
            return int(bool(problems))

    return answer.caught(act, json, {"target": url})


@app.command
def providers(
    *,
    check: Annotated[bool, Parameter(negative="", help="Ask each gateway, with calls that cost nothing.")] = False,
    config: Config = None,
    json: Json = False,
) -> int:
    """List each gateway: key found or not, base URL, its models, prices and retirement dates."""

    async def act() -> int:
        told = await answers.providers(await blocks.look_up_blocks(config), check=check)
        if json:
            answer.write(told)
        else:
            display.provider_tables(told["providers"])
        return 0

    return answer.caught(act, json, {})


#: Commands that are loaded when they are asked for, and what the help says of them before.
ELSEWHERE = {
    "begin:init": "Write a board of three shots and a config for gateways whose keys are found. Overwrites nothing.",
    "review:review": "Choose among takes: in the report, served on this machine, or by words. "
    "Buys nothing, and holds no lock.",
    "money:reconcile": "Compare the ledger of a target with the gateways' own records, and settle what was at risk. "
    "Buys nothing.",
    "money:costs": "Say what many targets cost, by gateway, model, month and board. Writes nothing there.",
}
for place, words in ELSEWHERE.items():
    app.command(f"flows.cli.{place}", help=words)


def main() -> None:
    """Run the command that the arguments name: the console script ``storyreel``."""
    process.run(app)
