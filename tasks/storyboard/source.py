"""Reading what a user gives: the board, the ids on the command line, the files that the rows point at."""

import asyncio
import os
import posixpath
import re
import tempfile
from collections.abc import Collection, Iterable
from dataclasses import replace
from pathlib import Path, PurePath

from tasks.config import CONFIGS, Settings
from tasks.domain.errors import BoardError, Fault, StoryreelError
from tasks.domain.identity import nearest_name
from tasks.domain.shot import Before, Storyboard
from tasks.storage import has_scheme, is_http, misspelled, read_pipe, read_url, split
from tasks.storyboard import reader
from tasks.storyboard.missing_files import near_board
from tasks.storyboard.opening import exported, split_sheet
from tasks.transport import DownloadLimits, Http, bare, host_of

BOARD_BYTES = 32_000_000
FETCH_SECONDS = 120.0
MOST_CAUSES = 200  # files that are not there for which a reason is looked for
HERE = ("", "file", "local")  # how a path on this machine may be spelled


async def read_board(url: str, settings: Settings, http: Http, before: Before = Before()) -> Storyboard:  # noqa: B008 - frozen
    """The storyboard at a local path or any URL; ``before`` says what the target made of its board in an earlier run.

    Raises ``BoardError`` when it cannot be read or has faults.
    """
    return parsed(await board_bytes(url, settings, http), url, settings, before)


def parsed(data: bytes, url: str, settings: Settings, before: Before = Before()) -> Storyboard:  # noqa: B008 - frozen
    """The storyboard that these bytes hold, as if just read at the URL. Raises ``BoardError`` when it has faults."""
    _, sheet = split_sheet(url)
    folder, name = split(board_place(url))
    name = f"{name}#{sheet}" if sheet and not _is_file(url) else name
    folder = str(Path.cwd()) if _is_pipe(url) else folder
    return reader.read(data, name, settings, folder, before)


async def board_bytes(url: str, settings: Settings, http: Http) -> bytes:
    """What lies at a board's local path or URL. Raises ``BoardError`` when it cannot be read."""
    url = exported(board_place(url))
    try:
        split(url)
        return await (_fetch(url, http) if is_http(url) else _load(url, settings))
    except FileNotFoundError:
        what = "is a folder, not a board" if _is_folder(url) else misspelled(url) or _absent(url)
        raise BoardError(f"{display_url(url)} {what}") from None
    except (StoryreelError, RuntimeError) as error:  # the latter: ~somebody without a home
        raise BoardError(f"{display_url(url)} cannot be read: {error}") from error


def _absent(url: str) -> str:
    return f"is not there{'' if has_scheme(url) else near_board(url)}"


def display_url(url: str) -> str:
    """A board's address as it may be shown: without password, query or fragment. A local path stays as it is."""
    return bare(url) if has_scheme(url) else url


def board_place(url: str) -> str:
    """The file of a board, without the sheet that is named behind it; a shipped sample is found beside the code."""
    path, sheet = split_sheet(url)
    return _beside(path if sheet and not _is_file(url) else url)


def _is_file(url: str) -> bool:
    """Whether a file of this machine has the name, ``#`` and all."""
    try:
        return not has_scheme(url) and Path(url).expanduser().is_file()
    except (OSError, RuntimeError):
        return False


def _is_folder(url: str) -> bool:
    return not has_scheme(url) and Path(url).expanduser().is_dir()


def _beside(url: str) -> str:
    """The samples are found beside the code, wherever one stands."""
    there = CONFIGS.parent / url
    try:
        return str(there) if not has_scheme(url) and not Path(url).exists() and there.is_file() else url
    except OSError:  # a name too long for any file: whoever reads it says so
        return url


def _is_pipe(url: str) -> bool:
    """Whether the board comes out of another program: ``<(...)``, ``/dev/stdin``, a named pipe."""
    try:
        return not has_scheme(url) and Path(url).expanduser().is_fifo()
    except (OSError, RuntimeError):
        return False


async def _load(url: str, settings: Settings) -> bytes:
    if _is_pipe(url):
        return await asyncio.to_thread(read_pipe, url, BOARD_BYTES)
    return await asyncio.to_thread(read_url, url, settings.target_options, BOARD_BYTES)


async def _fetch(url: str, http: Http) -> bytes:
    """A board over http(s): the host that the user named may be a private one."""
    with tempfile.NamedTemporaryFile(prefix="storyreel-board-") as part:
        path = Path(part.name)
        limits = DownloadLimits(BOARD_BYTES, stall=30.0, total=FETCH_SECONDS)
        await http.download(url, path, limits, allowed={host_of(url)[1]})
        return await asyncio.to_thread(path.read_bytes)


def sound_rows(board: Storyboard, faults: Collection[Fault]) -> Storyboard:
    """The board without the rows that have a fault or start from one that has: the rest can be planned, to find more
    faults."""
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


def nearest_id(name: str, known: Iterable[str]) -> str:
    """The shot id that may be meant by one from memory; empty where none is alike."""
    ids = list(known)
    return next((one for one in ids if _plain(one) == _plain(name)), "") or nearest_name(name, ids)


def check_ids(board: Storyboard, only: Collection[str], rerender: Collection[str]) -> set[str]:
    """The ids of the selected shots. Raises ``BoardError`` when ``--only`` or ``--rerender`` names an unknown id."""
    known = {shot.shot_id: None for shot in board.shots}
    faults = []
    named = ["stale" if name == "id:stale" else name for name in rerender if name != "stale"]
    for option, ids in (("--only", only), ("--rerender", [i for i in named if i != "all" or "all" in known])):
        for name in dict.fromkeys(ids):
            if name not in known:
                faults.append(Fault(0, name, option, name, f"no such shot in the board; {_hint(name, known)}"))
    if faults:
        raise BoardError(faults)
    return set(only) or set(known)


def _hint(name: str, known: Collection[str]) -> str:
    """What may be meant by an id that no row has."""
    if parted := next((one for one in known if name in map(str.strip, one.split(","))), ""):
        return f'the id {parted} has a comma: write it in quotes, "{parted}"'
    near = nearest_id(name, known)
    return f"did you mean {near}?" if near else f"the first is {next(iter(known), 'none')}"


def _plain(shot_id: str) -> str:
    """A shot id as people remember it: ``sh10`` of ``SH-010``."""
    return re.sub(r"[\W_]", "", re.sub(r"\d+", lambda found: str(int(found[0])), shot_id.lower()))


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
