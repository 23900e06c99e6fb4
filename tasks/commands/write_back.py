"""What became of the shots, written into the board that they came from, or into a copy beside it."""

import asyncio
import contextlib
import os
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from tasks.domain.errors import BoardError
from tasks.domain.money import usd_text
from tasks.domain.shot import Before, Storyboard
from tasks.session import Session
from tasks.storage import Store, has_scheme, is_http, split
from tasks.storyboard import board_bytes, board_place, fill_board, parsed

MARK = ".storyreel"  # before the ending of a copy, which no inbox takes


async def write_into(running: Session, url: str, *, in_place: bool) -> str:
    """Write status, clip, take, money and note of each shot into the board, or a copy beside it, and give its address.

    A board that is edited meanwhile is read again, so that our columns go into the newer one. Raises ``BoardError``
    when it cannot be read or filled, or holds no shot of the target, ``StoreError`` when it cannot be written.
    """
    rows = {str(row["shot_id"]): row for row in await asyncio.to_thread(running.last_rows)}
    if is_http(url):
        raise BoardError("a board at an address of the web cannot be written; name a file or a store")
    place = board_place(url)
    while True:
        data = await board_bytes(url, running.settings, running.http)
        filled = await asyncio.to_thread(_filled, running, data, url, rows)
        if await board_bytes(url, running.settings, running.http) == data:
            break
    return await asyncio.to_thread(_write, running, place, filled, in_place)


def _write(running: Session, place: str, data: bytes, in_place: bool) -> str:
    """Writes the board whole, with the rights that the file had: its address."""
    folder, found = split(os.path.realpath(place) if in_place and not has_scheme(place) else place)
    stem, dot, ending = found.rpartition(".")
    name = found if in_place else f"{stem or found}{MARK}{dot}{ending if stem else ''}"
    store = Store(folder or ".", running.settings.target_options)
    path = Path(folder) / name
    mode = None
    with contextlib.suppress(OSError):
        mode = path.stat().st_mode
    store.write(name, data)
    if mode is not None:
        with contextlib.suppress(OSError):
            path.chmod(mode & 0o777)
    return f"{folder}/{name}" if folder else name


def _filled(running: Session, data: bytes, url: str, rows: Mapping[str, Mapping[str, Any]]) -> bytes:
    settings = running.settings
    try:
        board = parsed(data, url, settings, Before())
    except BoardError as error:
        if error.board is None:
            raise
        board = error.board  # rows with faults are shots of the target all the same
    cells = cells_of(board, rows)
    if not any(any(texts) for texts in cells.values()):
        raise BoardError(f"no row of {url} is a shot of {running.store.url}; name the board that was rendered there")
    return fill_board(data, url, settings.columns, cells)


def cells_of(board: Storyboard, rows: Mapping[str, Mapping[str, Any]]) -> dict[int, tuple[str, ...]]:
    """The five cells of every row by its line: found by id, or where a row has none, if its prompt is unchanged."""
    found = {}
    for shot in board.shots:
        row = rows.get(shot.shot_id)
        same = row is not None and (shot.shot_id not in board.unnamed or row.get("prompt") == shot.prompt)
        found[shot.row] = _texts(row) if same and row is not None else ("",) * 5
    return found


def _texts(row: Mapping[str, Any]) -> tuple[str, ...]:
    note = str(row.get("note") or row.get("error") or "")
    take = row.get("take")
    clip = str(row.get("clip") or "")
    return str(row["status"]), clip, str(take) if take else "", usd_text(Decimal(str(row["charged_usd"]))), note
