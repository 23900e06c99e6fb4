"""A finished job's file, brought to this machine: downloaded, unpacked from the reply, or put together of parts."""

import asyncio
import base64
import binascii
import re
import uuid
from pathlib import Path

from tasks.domain import machine
from tasks.domain.errors import MediaError
from tasks.engine.client import ProviderClient
from tasks.media import hls
from tasks.media.containers import kind_of

PIECE = 4_000_000  # letters that are decoded at a time; a multiple of four
LISTS = 3  # that may name one another


async def fetch(client: ProviderClient, url: str, part: Path, most: int) -> str:
    """Bring the file at ``url``, of at most ``most`` bytes, into ``part``: gives ``hls`` where it was joined from
    segments, else an empty text.

    Raises ``MediaError`` when it cannot be joined; else what ``Http.download`` raises.
    """
    if url[:5].lower() == "data:":
        await asyncio.to_thread(unpack, url, part)
        return ""
    for _ in range(LISTS):
        await client.download(url, part, most)
        if await asyncio.to_thread(kind_of, part) != "hls":
            return ""
        found = hls.listed(_text(part), url)
        if found.parts:
            await _join(client, found.parts, part, most)
            return "hls"
        url = found.better
    raise MediaError("the HLS lists refer to one another without end")


async def _join(client: ProviderClient, parts: tuple[str, ...], out: Path, most: int) -> None:
    """The parts one behind the other in ``out``, in the time of one download and the room of one clip."""
    piece, left = out.parent / f"{uuid.uuid4().hex}.part", most
    clock, seconds = client.limits.clock, client.settings.download_timeout_s
    until = clock() + seconds
    await asyncio.to_thread(out.unlink, missing_ok=True)
    try:
        for url in parts:
            if clock() > until:
                raise MediaError(f"the {len(parts):,} parts took more than {seconds:.0f} s")
            await client.download(url, piece, left)
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


def unpack(uri: str, out: Path) -> None:
    """Write the bytes of a base64 data URI to ``out``.

    Raises ``MediaError`` when it is none, ``LocalFault`` when ``out`` cannot be written.
    """
    head, comma, text = uri.partition(",")
    if not comma or not re.search(r";\s*base64$", head, re.IGNORECASE):
        raise MediaError(f"the result is no base64: {head[:60]!r}")
    letters = re.sub(r"\s+", "", text).translate(str.maketrans("-_", "+/")).rstrip("=")
    letters += "=" * (-len(letters) % 4)
    with machine.filling(out) as keep:
        for at in range(0, len(letters), PIECE):
            try:
                keep(base64.b64decode(letters[at : at + PIECE], validate=True))
            except (binascii.Error, ValueError) as error:
                raise MediaError(f"the result is no base64: {error}") from error
