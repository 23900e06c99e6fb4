"""``storyreel review``: what people say of takes, by words, by a list, or in the report that is served."""

import asyncio
import getpass
import socket
from typing import Annotated, Any, NamedTuple

from cyclopts import Parameter

from flows.cli import display
from flows.cli import output as answer
from flows.cli.options import Config, Json, To, whole
from flows.support import blocks
from tasks.domain.errors import StartError, TargetError
from tasks.domain.money import usd_shown, usd_text
from tasks.domain.request import RunRequest
from tasks.session import Session
from tasks.storage import StoreError, read_url

Said = Annotated[
    list[str] | None, Parameter(negative="", help="Put this take in use, as sh010=2; several with commas.")
]
Unsaid = Annotated[list[str] | None, Parameter(negative="", help="Take this take out of use, as sh020=1.")]
Wished = Annotated[list[str] | None, Parameter(negative="", help="Ask for one more take of these shots.")]
Note = Annotated[str, Parameter(help="Why, in up to 2,000 characters.")]
By = Annotated[str | None, Parameter(help="Who says it; by default the name of the account.")]
Apply = Annotated[str, Parameter(help="Take in a choices.csv that the report saved.")]
Host = Annotated[str, Parameter(help="Where to listen: an address of this machine, or 0.0.0.0 for all.")]
Port = Annotated[int, Parameter(converter=whole, help="The port; by default one that is free.")]


class Asked(NamedTuple):
    """What a review is to show: the target, the config of its runs, where to listen, and who chooses."""

    url: str
    config: str | None
    host: str
    by: str | None


def review(
    url: To,
    *,
    select: Said = None,
    reject: Unsaid = None,
    again: Wished = None,
    note: Note = "",
    by: By = None,
    apply: Apply = "",
    host: Host = "127.0.0.1",
    port: Port = 0,
    config: Config = None,
    json: Json = False,
) -> int:
    """Choose among takes: in the report, served on this machine, or by words. Buys nothing, and holds no lock."""
    asked = (select or [], reject or [], again or [])

    async def act() -> int:
        async with blocks.open_session(RunRequest("", url, config), keys=False) as running:
            if not apply and not any(asked):
                return await _serve(running, _listening(note, host, port), Asked(url, config, host, by), as_json=json)
            told = await asyncio.to_thread(_say, running, asked, apply, _words(note, by))
            if json:
                answer.write(told)
            else:
                _show(told)
            return 0

    return answer.caught(act, json, {"target": url, "verdicts": []})


def _listening(note: str, host: str, port: int) -> socket.socket:
    from tasks.commands.review.server import listen

    if note:
        raise StartError("a note goes with --select, --reject, --again or --apply")
    return listen(host, port)


async def _serve(running: Session, listening: socket.socket, asked: Asked, *, as_json: bool) -> int:
    """Serve the report until somebody stops the command."""
    from tasks.commands.review.access import reach
    from tasks.commands.review.app import build
    from tasks.commands.review.server import access_at, addresses, serve
    from tasks.commands.review.showing import Showing

    with listening:
        access = access_at(asked.host, listening.getsockname()[1])
        showing = Showing(running.store, running.folder, _account() if asked.by is None else asked.by, display.say)
        try:
            await asyncio.to_thread(showing.page)
        except StoreError as error:
            raise TargetError(f"the target cannot be read: {error}") from error
        where = addresses(asked.host, access)
        if as_json:
            answer.write({"target": running.store.url, "exit_code": 0, "addresses": where, "errors": []})
        else:
            display.out.print("\n".join(where), markup=False)
        display.say(f"{reach(asked.host)}; Ctrl-C ends it")
        plan = (lambda: asyncio.run(_planned(showing.board(), asked))) if asked.config else None
        await serve(build(showing, access, display.say, plan), listening)
    return 0


async def _planned(board: str, asked: Asked) -> dict[str, Any]:
    """What the next run with this config would order because of what was said. Raises ``StartError`` when no plan can
    be made, as of a board that lies elsewhere."""
    async with blocks.open_session(RunRequest(board, asked.url, asked.config)) as running:
        plan = await running.check(fetch=False)
        ordered = [one for one in plan.shots if one.renders and one.action != "keep" and one.first and not one.collects]
        return {"shots": len(ordered), "quoted_usd": usd_text(plan.quoted), "shown": usd_shown(plan.quoted)}


def _words(note: str, by: str | None) -> Any:
    from tasks.commands.review.choices import Words, clean
    from tasks.ledger import now

    return Words(clean(note), clean(_account() if by is None else by), now())


def _account() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container without a name for its user
        return ""


def _say(running: Session, asked: tuple[list[str], list[str], list[str]], apply: str, words: Any) -> dict[str, Any]:
    """Write what was said: the answer of ``review --json``. Nothing is written where anything of it is wrong."""
    from tasks.commands.review.choices import decide, read_options
    from tasks.commands.review.desk import read_desk
    from tasks.commands.review.sheet import listed
    from tasks.commands.review.writing import write_all

    choices = read_options(*asked, words)
    choices += listed(_list_of(apply, running), words) if apply else []
    desk = read_desk(running.store, display.say)
    decided = decide(desk, choices)
    written = write_all(running.store, desk, decided)
    return {"target": running.store.url, "exit_code": 0, "verdicts": written, "told": list(decided.told), "errors": []}


def _list_of(place: str, running: Session) -> bytes:
    from tasks.commands.review.sheet import MOST_BYTES

    try:
        return read_url(place, running.settings.target_options, MOST_BYTES)
    except (OSError, StoreError) as error:
        why = "there is no such file" if isinstance(error, FileNotFoundError) else str(error)
        raise StartError(f"--apply {place}: {why}") from error


def _show(told: dict[str, Any]) -> None:
    for one in told["verdicts"]:
        take = f" take {one['take']}" if one["verdict"] != "again" else ""
        display.out.print(
            display.text(f"{one['shot_id']}  {one['verdict']}{take}  {one['by']}  {one['note']}".rstrip())
        )
    for line in told["told"]:
        display.say(line)
