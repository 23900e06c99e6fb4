"""Whether a target can be used, found out before anything is spent: without writing, then under the lock."""

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tasks.domain.errors import TargetError
from tasks.domain.identity import nearest_name
from tasks.storage.backends import KINDS, is_chained, misspelled, scheme_of, without_password
from tasks.storage.store import Store, StoreError, is_http, within

SECONDS = 20.0  # for each look; without credentials Azure's client library is busy for minutes
ALONE = "the target cannot create a file exclusively: let one run at a time write there"
MARK = "proof-"
FOLDERS = ("ledger", "lock", "clips", "posters", "frames", "review", "sound", "marked")


def open_store(url: str, options: Mapping[str, Any], seconds: float = SECONDS) -> Store:
    """The store at a target's address.

    Raises ``TargetError`` when it is no address, or when the store does not answer within so many ``seconds``.
    """
    if is_http(url):
        raise TargetError(f"{url.partition('?')[0]} is a web address: nothing can be written there")
    if wrong := misspelled(url):
        raise TargetError(f"the target {without_password(url)} {without_password(wrong)}")
    if is_chained(url):  # a cache in between would show an old ledger, and that buys again
        raise TargetError(f"{url} puts one store on top of another: name the one that holds the files")
    try:
        return within(seconds, lambda: Store(url, options))
    except StoreError as error:
        shown = without_password(url)
        told = _unknown_kind(url) if "Protocol not known" in str(error) else str(error)
        raise TargetError(f"the target {shown} cannot be used: {told.removeprefix(f'{shown} ')}") from error


def _unknown_kind(url: str) -> str:
    near = nearest_name(scheme_of(url), [scheme for kind in KINDS for scheme in kind.schemes])
    meant = f"; did you mean {near}://?" if near else ""
    return f"cannot be opened: no kind of store is called {scheme_of(url)!r}{meant}"


def keeps(store: Store, buys: bool) -> None:
    """Check that what is bought stays when this process ends.

    Raises ``TargetError`` when it would not.
    """
    if buys and store.kind.name == "memory":
        said = "is gone when the command ends, and so would be the clips that it pays for: name a folder or a bucket"
        raise TargetError(f"the target {store.url} {said}")


def may_write(store: Store) -> None:
    """Check that a local folder can be made and written, as far as that shows without writing.

    Raises ``TargetError`` when it cannot.
    """
    if store.local and (wrong := _why_closed(Path(store.root or "/"))):
        raise TargetError(f"the target {store.url} cannot be written: {wrong}")


def _why_closed(folder: Path) -> str:
    """Why nothing can be written in a folder of this machine, which need not be there; empty where it may."""
    place = _nearest_place(folder)
    if os.access(place, os.W_OK | os.X_OK):
        return ""
    return f"{place} may not be changed by this user" if place == folder else f"it cannot be made in {place}"


def _in_the_way(folder: Path) -> str:
    """What stands where a folder of this machine is wanted; empty where nothing does."""
    with contextlib.suppress(OSError):  # a folder on the way that may not be searched: the look itself tells
        place = _nearest_place(folder)
        return "" if place.is_dir() else f"{place} is a file, not a folder"
    return ""


def _nearest_place(folder: Path) -> Path:
    """The folder itself, or what of the way to it is there."""
    return next(place for place in (folder, *folder.parents) if os.path.lexists(place))


def look_at_target(store: Store, seconds: float = SECONDS) -> tuple[str, ...]:
    """Read, list and sign, and write nothing. Gives in words what the target cannot do.

    Afterwards ``store.signs`` says whether it really signs. Raises ``TargetError`` when it cannot be used at all, or
    takes longer than so many ``seconds``.
    """
    if store.local and (wrong := _in_the_way(Path(store.root or "/"))):
        raise TargetError(f"the target {store.url} cannot be used: {wrong}")
    try:
        trouble = within(seconds, lambda: _look(store))
    except StoreError as error:
        raise TargetError(f"the target {store.url} cannot be used: {error}") from error
    return (() if store.exclusive else (ALONE,)) + trouble


def _look(store: Store) -> tuple[str, ...]:
    store.names("lock")
    with contextlib.suppress(FileNotFoundError):
        store.read(f"lock/{MARK}of-nothing")
    store.signs = store.kind.signs  # whatever an earlier look found
    try:
        store.sign(f"lock/{MARK}of-nothing", 60)
    except (StoreError, FileNotFoundError) as error:
        store.signs = False
        return (f"the target cannot sign addresses of its files: {str(error).removeprefix(store.url)}",)
    return ()


def probe_writes(store: Store, token: str, seconds: float = SECONDS) -> str:
    """Create, list, overwrite, read and delete one object, while the lock is held. Gives in words what it cannot do.

    Afterwards ``store.exclusive`` says whether it really creates exclusively. The object of a run that was killed right
    here is deleted by the next one. Raises ``StoreError`` when a run could not rely on the store, or it takes longer
    than so many ``seconds``.
    """
    return within(seconds, lambda: _probe_writes(store, f"lock/{MARK}{token}"))


def take_up(store: Store, *, killed: bool) -> None:
    """Put in order what earlier writers left, while the lock is held: temporary files go, and where the last holder was
    ``killed`` what it wrote last is made durable before anything builds on it.

    Raises ``StoreError`` when the target cannot be read or synced.
    """
    for folder in ("", *FOLDERS):
        if killed or store.local:  # elsewhere it is one more listing of the whole ledger
            store.clear_up(folder, deep=bool(folder))
        if killed:
            store.make_durable(folder, deep=bool(folder))


def _probe_writes(store: Store, name: str) -> str:
    try:
        store.create(name, b"one")
        if store.exclusive and store.create(name, b"two"):
            store.exclusive = False
        there = store.names("lock")
        if name not in there:
            raise StoreError(f"{store.url} does not list what was just written")
        store.write(name, b"three")
        if store.read(name) != b"three":
            raise StoreError(f"{store.url} does not give back what was just written")
        for old in there:
            if old.startswith(f"lock/{MARK}"):
                store.delete(old)
        if name in store.names("lock"):
            raise StoreError(f"{store.url} does not delete")
    except BaseException:
        with contextlib.suppress(StoreError):  # the first error is the one to tell
            store.delete(name)
        raise
    return ALONE if store.kind.creates and not store.exclusive else ""
