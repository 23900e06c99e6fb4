"""A scheduled flow: every new or changed storyboard of an inbox, each to a target of its own, each under a budget."""

import asyncio
from collections.abc import Awaitable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple, cast

from prefect import flow, get_run_logger
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from flows.render_storyboard import render_storyboard
from flows.support.blocks import look_up_blocks, open_session
from flows.support.parameters import FREE, Config, Draft, Place, Several, Usd, request_of
from tasks.commands import inbox
from tasks.config import check_secrets
from tasks.domain.errors import Fault, StartError, StoryreelError
from tasks.domain.request import RunRequest
from tasks.storage import Store, sort_options

SETTLES_SECONDS = 2.0
WAITS = "for a choice"  # stands in what a run says whose shots wait until somebody chooses


@flow(name="render-inbox", flow_run_name="{inbox_url} → {to}", persist_result=False)
async def render_inbox(
    inbox_url: Place,
    to: Place,
    config: Config = FREE,
    budget_usd: Usd = None,
    takes: Several = None,
    draft: Draft = None,
) -> State:
    """Render what is new or changed. A broken board is reported beside itself and does not stop the others.

    Args:
        inbox_url: Folder with shot lists: a path on the worker or any fsspec URL.
        to: Targets go below this folder, one a board.
        config: Config file; configs/animatic.toml needs no key and costs nothing.
        budget_usd: US dollars that each board may cost. None leaves it to the config.
        takes: Clips of each shot whose row says nothing of it, 1 to 10. None leaves it to the config.
        draft: Order drafts and no finals; false orders finals for all drafts. None leaves it to the config.
    """
    try:
        loaded = await look_up_blocks(config)
        check_secrets(loaded)  # else each board would be told to be broken
        options = loaded.target_options
        source, target = Store(inbox_url, sort_options(options, to)), Store(to, options)
        before = await asyncio.to_thread(inbox.boards, source)
        await asyncio.sleep(SETTLES_SECONDS)
        now = await asyncio.to_thread(inbox.boards, source)
        places = await asyncio.to_thread(inbox.folders, source, target, now)
        due = await asyncio.to_thread(inbox.due, source, target, places, inbox.settled_boards(before, now))
    except StoryreelError as error:
        return Failed(message=str(error))
    turn = Turn(source, target, places, config, budget_usd, {"takes": takes, "draft": draft})
    still = [name for name, digest in due if await _still_broken(turn, name, digest)]
    told = [await _one(turn, name, digest) for name, digest in due if name not in still]
    bad = [line for good, line in told if not good]
    message = f"{len(told)} of {len(now)} boards were due; {len(told) - len(bad)} went well"
    message += "".join(f"; {line}" for good, line in told if good and WAITS in line)
    message += f"; broken as told before: {', '.join(still)}" if still else ""
    return Failed(name="Incomplete", message=f"{message}: {'; '.join(bad)}") if bad else Completed(message=message)


class Turn(NamedTuple):
    """Where boards come from, where each goes, and how they are rendered."""

    source: Store
    target: Store
    places: Mapping[str, str]
    config: str | None
    budget_usd: float | None
    wished: dict[str, Any]

    def asked(self, name: str) -> dict[str, Any]:
        """The parameters of a run over one board, without what is wished of its takes."""
        board, to = f"{self.source.url}/{name}", f"{self.target.url}/{self.places[name]}"
        return {"board": board, "to": to, "config": self.config, "budget_usd": self.budget_usd}

    def request(self, name: str) -> RunRequest:
        """What a run over one board asks for."""
        return replace(request_of(**self.asked(name), only=None, rerender=None), **self.wished)


async def _still_broken(turn: Turn, name: str, digest: str) -> bool:
    """Whether the board's content is that of the last turn and the same is wrong with it, as its report says: with its
    cells, with the files that it names, with a key that is missing. It is looked at anew, and nothing is started."""
    if not await asyncio.to_thread(inbox.has_report, turn.source, turn.target, name):
        return False
    try:
        async with open_session(turn.request(name)) as running:
            await running.check(fetch=True)
    except StartError as error:
        faults = _faults(str(error))
        return await asyncio.to_thread(inbox.was_told, turn.source, turn.target, name, faults, digest)
    except StoryreelError:
        return False  # the run will say so
    return False


def _faults(message: str) -> list[Fault]:
    return [Fault(0, "", "", "", text) for text in (message or "the run did not start").splitlines()]


async def _one(turn: Turn, name: str, digest: str) -> tuple[bool, str]:
    """Render one board as a run of its own: whether it went well, and a line about it."""
    source, target, folder = turn.source, turn.target, turn.places[name]
    seen = await asyncio.to_thread(inbox.look, target, folder, digest)
    state = await cast(Awaitable[State], render_storyboard(**turn.asked(name), **turn.wished, return_state=True))
    line = f"{name}: {state.message or state.name}"
    get_run_logger().info(line)
    if state.name == "Failed":  # as against Incomplete: nothing was started
        await asyncio.to_thread(inbox.broken, source, target, name, _faults(state.message or ""), digest)
        return False, line
    if not await asyncio.to_thread(inbox.count_skipped, target, folder):
        await asyncio.to_thread(inbox.done, source, target, name, folder, seen)
    return state.is_completed(), line
