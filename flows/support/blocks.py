"""Keys and storage options from blocks of a Prefect server: looked up where a config names them, and only then."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Any

from tasks.config import Blocks, Settings, blocks_named, check_secrets, settings_from_environment
from tasks.domain.progress import Progress
from tasks.domain.request import RunRequest
from tasks.session import Session, start_session

PATIENCE = 10.0  # seconds for all look-ups


@contextlib.asynccontextmanager
async def open_session(
    request: RunRequest, progress: Progress | None = None, *, keys: bool = True
) -> AsyncIterator[Session]:
    """A session whose config may name blocks; ``keys``: look up the Secret blocks too.

    Raises ``ConfigError`` when a block cannot be had.
    """
    loaded = await look_up_blocks(request.config, keys=keys)
    if keys:
        check_secrets(loaded)
    async with start_session(request, progress, loaded) as running:
        yield running


async def look_up_blocks(config: str | None, *, keys: bool = True, patience: float = PATIENCE) -> Settings:
    """A config with its blocks, looked up within ``patience`` seconds; a key whose block is missing holds the reason.

    It starts no server: blocks are asked for at PREFECT_API_URL, from the environment or the profile. Raises
    ``ConfigError`` when a block of the target cannot be had.
    """
    asked = blocks_named(config, keys=keys)
    return settings_from_environment(config, await _found(asked, patience) if asked else Blocks())


async def _found(asked: Sequence[str], patience: float) -> Blocks:
    from prefect.settings import PREFECT_API_URL

    url = PREFECT_API_URL.value()
    if not url:
        return Blocks(missing=dict.fromkeys(asked, "cannot be looked up: PREFECT_API_URL is not set"))
    found: dict[str, dict[str, Any]] = {}
    missing: dict[str, str] = {}
    try:
        async with asyncio.timeout(patience):
            await _ask(asked, found, missing, url)
    except Exception as error:  # whatever the error: there is no block, and the run must say why
        why = f"cannot be looked up: {url} {'is silent' if isinstance(error, TimeoutError) else f'says {error}'}"
        missing |= {address: why for address in asked if address not in found}
    return Blocks(found, missing)


async def _ask(asked: Sequence[str], found: dict[str, dict[str, Any]], missing: dict[str, str], url: str) -> None:
    from prefect.client.orchestration import get_client
    from prefect.exceptions import ObjectNotFound

    async with get_client() as client:
        for address in asked:
            kind, _, name = address.partition("/")
            try:
                document = await client.read_block_document_by_name(name, kind, include_secrets=True)
                found[address] = document.data
            except ObjectNotFound:
                missing[address] = f"is not at {url}"
