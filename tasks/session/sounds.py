"""The sounds of a board: looked at before anything starts, and kept at the target beside the sheet that names them."""

import asyncio
from collections.abc import Mapping
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from tasks.domain import redaction
from tasks.domain.errors import MediaError, TargetError
from tasks.domain.shot import SILENCE, Shot
from tasks.manifest import SHEET, RowSound, SoundFile, dump_sounds, load_sounds
from tasks.media.local_files import read_file
from tasks.session.state import SessionState
from tasks.storage import StoreError


def sounds_before(session: SessionState) -> dict[str, RowSound]:
    """The sheet at the target as it was last written; empty where there is none, or it cannot be read."""
    try:
        return load_sounds(session.store.read(SHEET))
    except FileNotFoundError:
        return {}
    except (TargetError, StoreError) as error:
        session.progress.line(f"the sounds that are kept are not known: {error}")
        return {}


def known_files(sheet: dict[str, RowSound]) -> dict[str, SoundFile]:
    """The remote sounds that a sheet knows, by the digest of the reference under which a board names them."""
    return {one.origin: one for row in sheet.values() for one in row.files.values() if one.origin}


async def sound_problems(session: SessionState, digests: Mapping[str, str]) -> dict[str, str]:
    """Look into the sounds of selected rows that were read: what is wrong with each that is none, by its reference.

    ``digests`` are of the files that were read. What the others are stands in the session's ``heard`` afterwards.
    """
    from tasks.media.sounds import examine_sound  # a board without sounds loads no av

    only, problems = set(session.request.only), dict[str, str]()
    shots = [shot for shot in session.board.shots if not only or shot.shot_id in only]
    for reference in dict.fromkeys(file for shot in shots for _, file in shot.heard.files if file in digests):
        try:
            path = await session.media.file(reference)
            session.heard[reference] = await asyncio.to_thread(examine_sound, path)
        except MediaError as error:
            problems[reference] = str(error)
    return problems


async def keep_sounds(session: SessionState) -> None:
    """Bring the sounds of the board to the target, and write the sheet of what is heard with each shot; rows that were
    not selected keep their last one.

    Raises ``StoreError`` when the target refuses.
    """
    if session.restored or not session.role.publishes:
        return
    before = await asyncio.to_thread(sounds_before, session)
    only, known, now = set(session.request.only), known_files(before), dict[str, RowSound]()
    for shot in session.board.shots:
        if only and shot.shot_id not in only and shot.shot_id in before:
            now[shot.shot_id] = before[shot.shot_id]
            continue
        files = {column: await _kept(session, shot, reference, known) for column, reference in shot.heard.files}
        there = {column: one for column, one in files.items() if one is not None}
        now[shot.shot_id] = RowSound(dict(shot.heard.dialogue), there, shot.heard.music == SILENCE)
    if dump_sounds(now) != dump_sounds(before):
        await asyncio.to_thread(session.store.write, SHEET, dump_sounds(now))


async def _kept(session: SessionState, shot: Shot, reference: str, known: dict[str, SoundFile]) -> SoundFile | None:
    """The sound at the target, brought there if need be; None where it cannot be had, which is told."""
    pin, digest = redaction.pin(reference), session.snapshot.digests.get(reference, "")
    probe = session.heard.get(reference)
    if not digest or probe is None:
        return known.get(pin)
    path = f"sound/{digest[:12]}{PurePosixPath(urlsplit(reference).path).suffix.lower()}"
    try:
        await _bring(session, reference, digest, path)
    except MediaError as error:
        session.progress.line(f"{shot.shot_id}: {reference} is not kept: {error}")
        return None
    return SoundFile(path, *probe, origin=pin if "://" in reference else "")


async def _bring(session: SessionState, reference: str, digest: str, path: str) -> None:
    from tasks.media.sounds import MOST_BYTES

    here = await session.media.unchanged(reference, digest)
    size = here.stat().st_size
    there = await asyncio.to_thread(session.store.sizes, "sound")
    if there.get(path) == size:
        return
    if not await asyncio.to_thread(session.store.create, path, read_file(here, MOST_BYTES)):
        raise MediaError(f"{path} at the target is another file, and no file there is replaced")
