"""Reading what a user gives: the board, the ids on the command line, the files that the rows point at."""

import asyncio
import os
import posixpath
import tempfile
from collections.abc import Collection, Iterable
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from tasks.config.schema import CONFIGS
from tasks.config.settings import Settings
from tasks.domain import redaction
from tasks.domain.errors import BoardError, Fault, MediaError, StoryreelError
from tasks.domain.models import Shot, Storyboard
from tasks.storage.backends import chained, kind_of
from tasks.storage.store import has_scheme, is_http, read_url, split
from tasks.storyboard import reader
from tasks.transport.client import Http, bare, host_of

if TYPE_CHECKING:
    from tasks.domain.plan import ShotPlan
    from tasks.session.session import Session

BOARD_BYTES = 32_000_000
FETCH_SECONDS = 120.0
HERE = ("", "file", "local")  # how a path on this machine may be spelled


async def read_board(url: str, settings: Settings, http: Http) -> Storyboard:
    """The storyboard at a local path or any URL. `BoardError` when it cannot be read or holds faults."""
    return parsed(await board_bytes(url, settings, http), url, settings)


def parsed(data: bytes, url: str, settings: Settings) -> Storyboard:
    """The storyboard that these bytes hold, as if they had just been read at the URL. `BoardError` for faults."""
    folder, name = split(_beside(url))
    return reader.read(data, name, settings, folder)


async def board_bytes(url: str, settings: Settings, http: Http) -> bytes:
    """What lies at a board's local path or URL. `BoardError` when it cannot be read."""
    url = _beside(url)
    try:
        split(url)
        return await (_fetch(url, http) if is_http(url) else _load(url, settings))
    except FileNotFoundError:
        what = "is a folder, not a board" if _is_folder(url) else "is not there"
        raise BoardError(f"{shown(url)} {what}") from None
    except (StoryreelError, RuntimeError) as error:  # the latter: ~somebody without a home
        raise BoardError(f"{shown(url)} cannot be read: {error}") from error


def shown(url: str) -> str:
    """A board as it may be written down: an address without what opens it, a path of this machine as it is."""
    return bare(url) if has_scheme(url) else url


def _is_folder(url: str) -> bool:
    return not has_scheme(url) and Path(url).expanduser().is_dir()


def _beside(url: str) -> str:
    """The samples are found beside the code, wherever one stands."""
    there = CONFIGS.parent / url
    try:
        return str(there) if not has_scheme(url) and not Path(url).exists() and there.is_file() else url
    except OSError:  # a name too long for any file: whoever reads it says so
        return url


async def _load(url: str, settings: Settings) -> bytes:
    return await asyncio.to_thread(read_url, url, settings.target_options, BOARD_BYTES)


async def _fetch(url: str, http: Http) -> bytes:
    """A board over http(s): the host that the user named may be a private one."""
    with tempfile.NamedTemporaryFile(prefix="storyreel-board-") as part:
        path = Path(part.name)
        await http.download(
            url, path, allowed={host_of(url)[1]}, max_bytes=BOARD_BYTES, stall=30.0, total=FETCH_SECONDS
        )
        return await asyncio.to_thread(path.read_bytes)


async def read_whole(session: "Session") -> tuple[Storyboard, list[Fault]]:
    """The board and the faults of its cells, of its ids and of those on the command line. `BoardError` when there
    are no rows to look at."""
    session.board_data = await session.read_board()
    try:
        board, faults = parsed(session.board_data, session.wanted.board, session.settings), []
    except BoardError as error:
        if error.board is None:
            raise
        board, faults = error.board, error.faults
    try:
        check_ids(board, session.wanted.only, session.wanted.rerender)
    except BoardError as error:
        faults = [*error.faults, *faults]
    return board, faults


def sound(board: Storyboard, faults: Collection[Fault]) -> Storyboard:
    """The rows without a fault, and not after one that has: those can be planned, to find what else is wrong."""
    if not faults:
        return board
    rows = {fault.row for fault in faults}
    shots = [shot for shot in board.shots if shot.row not in rows]
    while True:
        known = {shot.shot_id for shot in shots}
        left = [shot for shot in shots if not shot.source_shot or shot.source_shot in known]
        if len(left) == len(shots):
            return replace(board, shots=tuple(left))
        shots = left


def check_ids(board: Storyboard, only: Collection[str], rerender: Collection[str]) -> set[str]:
    """The ids of the selected shots. `BoardError` for an unknown id in ``--only`` or ``--rerender``."""
    known = {shot.shot_id: None for shot in board.shots}
    faults = []
    for option, ids in (("--only", only), ("--rerender", [i for i in rerender if i != "all" or "all" in known])):
        for name in dict.fromkeys(ids):
            if name not in known:
                near = get_close_matches(name, known, 1)
                hint = f"; did you mean {near[0]}?" if near else f"; the first is {next(iter(known), 'none')}"
                faults.append(Fault(0, name, option, name, f"no such shot in the board{hint}"))
    if faults:
        raise BoardError(faults)
    return set(only) or set(known)


def _references(shots: Iterable[Shot]) -> list[tuple[Shot, str, str]]:
    found = []
    for shot in shots:
        for column, reference in (("image", shot.image), ("source", shot.source)):
            if reference:
                found.append((shot, column, reference))
    return found


def strays(reference: str, folder: str, allowed: Iterable[str]) -> bool:
    """Whether a reference leaves ``folder`` and all the ``allowed`` ones. http is guarded elsewhere, by host."""
    if is_http(reference):
        return False
    scheme, path = _place(reference)
    roots = [_place(root) for root in (folder, *allowed)]
    return "::" in reference or not any(scheme == s and path.is_relative_to(p) for s, p in roots)


def _place(url: str) -> tuple[str, PurePath]:
    """Scheme and normal path; links are followed on this machine, where they could lead out."""
    scheme, _, rest = url.rpartition("://")
    if scheme.lower() in HERE:
        return "", PurePath(os.path.realpath(rest))
    return scheme.lower(), PurePath(posixpath.normpath(f"/{rest}"))


def _outside(session: "Session", reference: str) -> str:
    """Why the board may not name the reference; empty when it may.

    One that somebody at this terminal chose from this machine names any path here and the clouds of its user's own
    accounts; where the address names the machine (sftp, a chain of stores, whatever else fsspec knows), the config
    has to have named it first. Any other board stays in its own folder.
    """
    board, allowed = session.wanted.board, session.settings.images.allow_paths
    if session.wanted.confined or board.rpartition("://")[0].lower() not in HERE:
        out = strays(reference, split(board)[0], allowed)
        return "lies outside the board's own folder ([images] allow_paths names exceptions)" if out else ""
    far = has_scheme(reference) and not is_http(reference) and (kind_of(reference).chosen or chained(reference))
    out = far and strays(reference, split(board)[0], allowed)
    return "is an address that a board may not choose by itself ([images] allow_paths names exceptions)" if out else ""


async def read_files(session: "Session", *, fetch: bool) -> list[Fault]:
    """Hash what the rows point at into the session's facts: the faults of selected rows whose file cannot be had.

    A board from a URL, an inbox or a deployment names files below its own folder or `allow_paths`: the others are
    faults, and never read.
    A remote file that the ledger knows is not fetched again unless its shot is named; without ``fetch`` no
    remote file is read at all, and those without a known digest are listed as trusted.
    """
    only, named = set(session.wanted.only), set(session.wanted.rerender)
    digests: dict[str, str] = {}
    problems: dict[str, str] = {}
    trusted: dict[str, None] = {}
    wanted: dict[str, None] = {}
    references = _references(session.board.shots)
    for shot, _, reference in references:
        if outside := _outside(session, reference):
            problems[reference] = outside
            continue
        selected = not only or shot.shot_id in only
        pinned = redaction.pin(reference) in session.facts.pins and not named & {shot.shot_id, "all"}
        if has_scheme(reference) and (pinned or not selected):
            continue
        if has_scheme(reference) and not fetch:
            trusted.setdefault(reference)
        else:
            wanted.setdefault(reference)

    async def one(reference: str) -> None:
        try:
            digests[reference] = await session.media.digest(reference)
        except MediaError as error:
            problems[reference] = str(error)

    names = list(wanted)
    for start in range(0, len(names), 64):
        await asyncio.gather(*(one(reference) for reference in names[start : start + 64]))
    session.facts = replace(session.facts, digests=digests, trusted=tuple(trusted))
    return [
        Fault(shot.row, shot.shot_id, column, reference, problems[reference])
        for shot, column, reference in references
        if reference in problems and (not only or shot.shot_id in only)
    ]


async def check_media(session: "Session", *, fetch: bool) -> list[Fault]:
    """Decode every picture and source clip that an order of this run would need: one fault a row that cannot.

    With ``fetch`` the frames are made as well, for every size that a route of the shot would be sent.
    """
    faults: list[Fault] = []
    sizes = dict(session.facts.sizes)
    digests, pins = session.facts.digests, session.facts.pins
    references = {reference for _, _, reference in _references(session.board.shots)}
    unread = {r for r in references if not (r in digests or redaction.pin(r) in pins) or _outside(session, r)}

    async def one(plan: "ShotPlan") -> None:
        shot, media = plan.shot, session.media
        column, reference = ("image", shot.image) if shot.image else ("source", shot.source)
        if not reference or reference in unread or (has_scheme(reference) and not fetch):
            return
        try:
            if column == "source":
                await media.check_video(reference)
            elif not fetch or is_http(reference):
                sizes[reference] = await media.check(reference)
            if fetch and column == "image":
                for size in dict.fromkeys(offer.size for offer in plan.offers):
                    await media.make_frame(reference, plan.parts["image"], size, shot.fit)
        except MediaError as error:
            faults.append(Fault(shot.row, shot.shot_id, column, reference, str(error)))

    named = [plan for plan in session.plan.shots if plan.shot.image or plan.shot.source]
    needing = [plan for plan in named if plan.renders and plan.action != "keep"]
    for start in range(0, len(needing), 64):
        await asyncio.gather(*(one(plan) for plan in needing[start : start + 64]))
    session.facts = replace(session.facts, sizes=session.media.sizes | sizes)
    return faults
