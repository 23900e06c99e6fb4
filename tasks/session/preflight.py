"""What is read before anything is decided: the board, its ids, and the files that its rows point at."""

import asyncio
import functools
import tempfile
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from typing import NamedTuple, ParamSpec, TypeVar

from tasks.domain import redaction
from tasks.domain.errors import BoardError, ConfigError, Fault, LocalFault, MediaError, StartError, TargetError
from tasks.domain.machine import describe_lack
from tasks.domain.money import ZERO, usd_text
from tasks.domain.plan import Plan, ShotPlan
from tasks.domain.shot import UNHEARD, Before, Shot, Storyboard
from tasks.planning import Planner, ShotSelection, Snapshot
from tasks.session.sounds import known_files, sound_problems, sounds_before
from tasks.session.state import SessionState
from tasks.storage import StoreError, has_scheme, is_chained, is_http, kind_of, split
from tasks.storyboard import (
    HERE,
    MOST_CAUSES,
    _beside,
    cause,
    changed,
    check_ids,
    is_page,
    nearest_id,
    parsed,
    sentence,
    shared,
    strays,
)

Given = ParamSpec("Given")
Checked = TypeVar("Checked")


def read_whole(session: SessionState, before: Before) -> tuple[Storyboard, list[Fault]]:
    """The board, and the faults of its cells, of its ids and of those on the command line.

    Raises ``BoardError`` when there are no rows to look at.
    """
    try:
        board, faults = parsed(session.board_data, session.request.board, session.settings, before), []
    except BoardError as error:
        if error.board is None:
            raise
        board, faults = error.board, error.faults
    session.media.unpack(board.pictures)
    try:
        check_ids(board, session.request.only, session.request.rerender)
    except BoardError as error:
        faults = [*error.faults, *faults]
    return board, faults


def _references(shots: Iterable[Shot]) -> list[tuple[Shot, str, str]]:
    found = []
    for shot in shots:
        if not (shot.image or shot.source or shot.last_image or shot.references):
            continue  # most rows of a large board
        named = [("image", shot.image), ("source", shot.source), ("last_image", shot.last_image)]
        named += [("references", one.image) for one in shot.references]
        found += [(shot, column, reference) for column, reference in named if reference]
    return found


def _sounds(shots: Iterable[Shot]) -> list[tuple[Shot, str, str]]:
    heard = (shot for shot in shots if shot.heard is not UNHEARD)  # none of most boards
    return [(shot, column, file) for shot in heard for column, file in shot.heard.files]


def _outside(session: SessionState, reference: str) -> str:
    """Why the board may not name the reference; empty when it may.

    One that somebody at this terminal chose from this machine names any path here and the clouds of its user's own
    accounts; where the address names the machine (sftp, a chain of stores, whatever else fsspec knows), the config
    has to have named it first. Any other board stays in its own folder.
    """
    if reference in session.media.unpacked:
        return ""
    board, allowed = session.request.board, session.settings.images.allow_paths
    if session.request.confined or board.rpartition("://")[0].lower() not in HERE:
        out = strays(reference, split(board)[0], allowed)
        return "lies outside the board's own folder ([images] allow_paths names exceptions)" if out else ""
    far = has_scheme(reference) and not is_http(reference) and (kind_of(reference).chosen or is_chained(reference))
    out = far and strays(reference, split(board)[0], allowed)
    return "is an address that a board may not choose by itself ([images] allow_paths names exceptions)" if out else ""


class _References(NamedTuple):
    """The files that a board names: those to be read, those that nobody looks at, and what may not be named and why."""

    wanted: list[str]
    trusted: tuple[str, ...]
    problems: dict[str, str]


def _sort_out(session: SessionState, references: list[tuple[Shot, str, str]], *, fetch: bool) -> _References:
    only, named = set(session.request.only), session.request.named
    problems: dict[str, str] = {}
    trusted: dict[str, None] = {}
    wanted: dict[str, None] = {}
    for shot, _, reference in references:
        if outside := _outside(session, reference):
            problems[reference] = outside
            continue
        selected = not only or shot.shot_id in only
        pin = redaction.pin(reference)
        known = pin in session.snapshot.pins or pin in session.sound_pins
        pinned = known and not named & {shot.shot_id, "all"}
        if has_scheme(reference) and (pinned or not selected):
            continue
        if is_page(reference):
            problems[reference] = shared(reference).removeprefix("; ")
            continue
        if not fetch and kind_of(reference).name != "local":
            trusted.setdefault(reference)
        else:
            wanted.setdefault(reference)
    return _References(list(wanted), tuple(trusted), problems)


def scratch_folder() -> tempfile.TemporaryDirectory[str]:
    """A folder of this machine for one session. Raises ``StartError`` when none can be made."""
    try:  # a thread that nobody waits for may still write there when a run was stopped
        return tempfile.TemporaryDirectory(prefix="storyreel-", ignore_cleanup_errors=True)
    except OSError as error:
        raise StartError(f"no scratch folder can be made ({error}): set TMPDIR to another folder") from error


def tell_lacks(check: Callable[Given, Awaitable[Checked]]) -> Callable[Given, Awaitable[Checked]]:
    """The check, which raises ``StartError`` when this machine cannot go on, as with a full scratch disk."""

    @functools.wraps(check)
    async def told(*args: Given.args, **values: Given.kwargs) -> Checked:
        try:
            return await check(*args, **values)
        except (LocalFault, OSError, MemoryError) as error:
            raise StartError(describe_lack(error)) from error

    return told


async def read_files(session: SessionState, *, fetch: bool) -> tuple[Snapshot, list[Fault]]:
    """Hash what the rows point at: the session's snapshot with the digests, and the faults
    of selected rows whose file cannot be had.

    A board from a URL, an inbox or a deployment names files below its own folder or `allow_paths`: the others are
    faults, and never read.
    A remote file that the ledger knows is not fetched again unless its shot is named; without ``fetch`` no
    remote file is read at all, and those without a known digest are listed as trusted.
    """
    only = set(session.request.only)
    digests: dict[str, str] = {}
    references = _references(session.board.shots)
    if heard := _sounds(session.board.shots):
        session.sound_pins = frozenset(known_files(await asyncio.to_thread(sounds_before, session)))
        references += heard
    names, trusted, problems = _sort_out(session, references, fetch=fetch)

    async def one(reference: str) -> None:
        try:
            digests[reference] = await session.media.digest(reference)
        except MediaError as error:
            problems[reference] = str(error)

    for start in range(0, len(names), 64):
        await asyncio.gather(*(one(reference) for reference in names[start : start + 64]))
    snapshot = replace(session.snapshot, digests=digests, trusted=trusted)
    problems |= await sound_problems(session, digests) if heard else {}
    folder = split(_beside(session.request.board))[0]
    for reference in [name for name in names if name in problems][:MOST_CAUSES]:
        problems[reference] += await asyncio.to_thread(cause, reference, folder)
    return snapshot, [
        Fault(shot.row, shot.shot_id, column, reference, _told(session, column, reference, problems[reference]))
        for shot, column, reference in references
        if reference in problems and (not only or shot.shot_id in only)
    ]


def _told(session: SessionState, column: str, reference: str, problem: str) -> str:
    """The problem, which for a plain word in `source` may be that of an id."""
    word = reference.removeprefix(f"{split(_beside(session.request.board))[0]}/")
    if column != "source" or "/" in word or "." in word or not problem.startswith("is not there"):
        return problem
    near = nearest_id(word, [shot.shot_id for shot in session.board.shots])
    return f"no row has this shot_id and no file this name{f'; did you mean {near!r}?' if near else ''}"


async def check_media(session: SessionState, *, fetch: bool) -> tuple[Snapshot, list[Fault]]:
    """Decode every picture and source clip that an order of this run would need: the session's snapshot with the sizes
    and lengths, and one fault a row that cannot.

    With ``fetch`` the frames are made as well, for every size that a route of the shot would be sent.
    """
    faults: list[Fault] = []
    sizes = dict(session.snapshot.sizes)
    digests, pins = session.snapshot.digests, session.snapshot.pins
    references = {reference for _, _, reference in _references(session.board.shots)}
    unread = {r for r in references if not (r in digests or redaction.pin(r) in pins) or _outside(session, r)}

    async def one(plan: ShotPlan) -> None:
        for shot, column, reference in _references([plan.shot]):
            if reference in unread or (has_scheme(reference) and not fetch):
                continue
            try:
                if size := await _check_file(session, plan, column, reference, fetch=fetch):
                    sizes[reference] = size
            except MediaError as error:
                faults.append(Fault(shot.row, shot.shot_id, column, reference, f"{error}{shared(reference)}"))

    named = [plan for plan in session.plan.shots if _references([plan.shot])] if references else []
    needing = [plan for plan in named if plan.renders and plan.action != "keep"]
    for start in range(0, len(needing), 64):
        await asyncio.gather(*(one(plan) for plan in needing[start : start + 64]))
    return replace(session.snapshot, sizes=session.media.sizes | sizes, lengths=session.media.lengths), faults


async def _check_file(
    session: SessionState, plan: ShotPlan, column: str, reference: str, *, fetch: bool
) -> tuple[int, int] | None:
    """Decode a file of a row, and with ``fetch`` make its frames: its size where that was measured.

    Raises ``MediaError`` when it cannot be used.
    """
    media, shot, size = session.media, plan.shot, None
    if column == "source":
        await media.check_video(reference)
        return None
    if column == "references" or not fetch or is_http(reference):
        size = await media.check(reference)
    if fetch and column != "references":
        for sent in dict.fromkeys(offer.size for offer in plan.offers):
            await media.make_frame(reference, plan.parts[column], sent, shot.fit)
    return size


def closed_gateways(session: SessionState) -> list[Fault]:
    """The gateways of the plan that the environment lets nobody reach from here."""
    alike = {id(plan.offers): plan.offers for plan in session.plan.shots if plan.renders}  # many shots have the same
    used = {offer.route.model.provider for offers in alike.values() for offer in offers if offer.paid}
    bases = [(name, session.settings.providers[name].base_url) for name in sorted(used)]
    return [Fault(0, "", f"provider.{name}", url, why) for name, url in bases if (why := session.http.why_closed(url))]


def rows_before(session: SessionState) -> list[dict[str, object]]:
    """The rows of the last manifest, read before the board; none where it cannot be read, because faults of the board
    come first, and the target is looked at again after them."""
    try:
        return session.last_rows()
    except (StoreError, TargetError):
        return []


def check_mark(session: SessionState) -> None:
    """Look into who signs the reel, if anybody does. Raises ``ConfigError`` when that cannot be used."""
    if (mark := session.settings.mark) is None:
        return
    from tasks.media.origin import check_signer, read_signer  # its library is an extra

    try:
        check_signer(read_signer(mark.certificate, mark.key))
    except (MediaError, OSError) as error:
        told = f"cannot be used to sign: {error}"
        raise ConfigError([Fault(0, "", "mark.certificate", str(mark.certificate), told)]) from error


def with_carried(session: SessionState) -> tuple[Storyboard, Plan]:
    """The board and the plan, with a line on the columns that this target has carried so far and that would be read
    today: as what, for which shots and for how much."""
    board, plan = session.board, session.plan
    if not (held := board.told.held):
        return board, plan
    asked = changed(board)
    only = set(asked) & {shot.shot.shot_id for shot in plan.shots if shot.selected}
    meant, named = replace(board, shots=board.told.meant), ShotSelection(frozenset(only))
    known = (session.snapshot, session.ledger, session.settings, session.catalogue)
    quoted = Planner(meant, *known, named).plan().quoted if only else ZERO
    line = sentence(held, [name for name in asked if name in only], usd_text(quoted))
    told = replace(board.told, notes=(*board.told.notes, line), held=(), meant=())
    return replace(board, told=told), replace(plan, warnings=(*plan.warnings, line))
