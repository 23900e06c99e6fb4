"""A finished job's file, brought to this machine: downloaded, unpacked from the reply, or put together of parts."""

import asyncio
import uuid
from pathlib import Path

from tasks.config import ProviderSettings, key_may_go
from tasks.domain import machine
from tasks.domain.errors import MediaError
from tasks.engine import inline
from tasks.engine.context import RunContext, key_of_provider
from tasks.media import hls
from tasks.media.containers import kind_of
from tasks.transport import DownloadLimits, host_of

LISTS = 3  # that may name one another


async def fetch(run: RunContext, settings: ProviderSettings, url: str, part: Path, most: int) -> str:
    """The file at ``url``, of at most so many bytes, in ``part``: ``hls`` where it was put together, else empty.

    Raises as `Http.download`.
    """
    if url[:5].lower() == "data:":
        await asyncio.to_thread(inline.unpack, url, part)
        return ""
    for _ in range(LISTS):
        await _download(run, settings, url, part, most)
        if await asyncio.to_thread(kind_of, part) != "hls":
            return ""
        found = hls.listed(_text(part), url)
        if found.parts:
            await _join(run, settings, found.parts, part, most)
            return "hls"
        url = found.better
    raise MediaError("the HLS lists name one another")


async def _download(run: RunContext, settings: ProviderSettings, url: str, out: Path, most: int) -> None:
    await run.http.download(
        url,
        out,
        DownloadLimits(most, settings.stall_timeout_s, settings.download_timeout_s),
        allowed={host_of(settings.base_url)[1], *settings.allow_hosts},
        headers=lambda hop: key_of_provider(settings) if key_may_go(settings, hop) else {},
    )


async def _join(run: RunContext, settings: ProviderSettings, parts: tuple[str, ...], out: Path, most: int) -> None:
    """The parts one behind the other in ``out``, in the time of one download and the room of one clip."""
    piece, left = run.folder / f"{uuid.uuid4().hex}.part", most
    until = run.clock() + settings.download_timeout_s
    await asyncio.to_thread(out.unlink, missing_ok=True)
    try:
        for url in parts:
            if run.clock() > until:
                raise MediaError(f"the {len(parts):,} parts took more than {settings.download_timeout_s:.0f} s")
            await _download(run, settings, url, piece, left)
            left -= piece.stat().st_size
            await asyncio.to_thread(_append, piece, out)
    finally:
        piece.unlink(missing_ok=True)


def _append(piece: Path, out: Path) -> None:
    with machine.own(out), piece.open("rb") as source, out.open("ab") as sink:
        while block := source.read(1 << 20):
            sink.write(block)


def _text(part: Path) -> str:
    if part.stat().st_size > hls.MOST_LIST_BYTES:
        raise MediaError(f"the HLS list has more than {hls.MOST_LIST_BYTES:,} bytes")
    return part.read_text("utf-8", "replace")
