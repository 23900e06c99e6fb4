"""A scheduled flow: every new or changed storyboard of an inbox, each to a target of its own, each under a budget."""

import asyncio
from collections.abc import Awaitable
from typing import Any, cast

from prefect import flow, get_run_logger
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from flows.render_storyboard import render_storyboard
from flows.support.blocks import look_up_blocks
from flows.support.parameters import FREE, Config, Place, Usd
from tasks.commands import inbox
from tasks.config import check_secrets
from tasks.domain.errors import Fault, StoryreelError
from tasks.storage import Store, sort_options

SETTLES_SECONDS = 2.0


@flow(name="render-inbox", flow_run_name="{inbox_url} → {to}", persist_result=False)
async def render_inbox(inbox_url: Place, to: Place, config: Config = FREE, budget_usd: Usd = None) -> State:
    """Render what is new or changed. A broken board is reported beside itself and does not stop the others.

    Args:
        inbox_url: Folder with shot lists: a path on the worker or any fsspec URL.
        to: Targets go below this folder, one a board.
        config: Config file; configs/animatic.toml needs no key and costs nothing.
        budget_usd: US dollars that each board may cost. None leaves it to the config.
    """
    try:
        loaded = await look_up_blocks(config)
        check_secrets(loaded)  # else each board would be told to be broken
        options = loaded.target_options
        source, target = Store(inbox_url, sort_options(options, to)), Store(to, options)
        before = await asyncio.to_thread(inbox.boards, source)
        await asyncio.sleep(SETTLES_SECONDS)
        now = await asyncio.to_thread(inbox.boards, source)
        due = await asyncio.to_thread(inbox.due, source, target, inbox.settled_boards(before, now))
    except StoryreelError as error:
        return Failed(message=str(error))
    told = [await _one(source, target, name, digest, config, budget_usd) for name, digest in due]
    bad = [line for good, line in told if not good]
    message = f"{len(due)} of {len(now)} boards were due; {len(told) - len(bad)} went well"
    return Failed(name="Incomplete", message=f"{message}: {'; '.join(bad)}") if bad else Completed(message=message)


async def _one(
    source: Store, target: Store, name: str, digest: str, config: str | None, budget_usd: float | None
) -> tuple[bool, str]:
    """Render one board as a run of its own: whether it went well, and a line about it."""
    place = inbox.home(target, name)
    asked: dict[str, Any] = {"board": f"{source.url}/{name}", "to": place, "config": config, "budget_usd": budget_usd}
    state = await cast(Awaitable[State], render_storyboard(**asked, return_state=True))
    line = f"{name}: {state.message or state.name}"
    get_run_logger().info(line)
    if state.name == "Failed":  # as against Incomplete: nothing was started
        faults = [Fault(0, "", "", "", text) for text in (state.message or "the run did not start").splitlines()]
        await asyncio.to_thread(inbox.broken, source, target, name, faults)
        return False, line
    if not await asyncio.to_thread(inbox.count_skipped, target, name):
        await asyncio.to_thread(inbox.done, source, target, name, digest)
    return state.is_completed(), line
