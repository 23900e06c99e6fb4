"""Receipts that a target refused, kept on this machine until a run over the same target has written them there.

They are in ``$XDG_STATE_HOME/storyreel/receipts/<target>-<order id>.json``, readable by the user alone. A receipt
belongs to the order whose id it holds: it is used where the target's ledger has that order's intent and no receipt.
"""

import contextlib
import hashlib
import json
import os
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tasks.domain.errors import TargetError
from tasks.domain.result import Attempt
from tasks.ledger.ledger import Ledger
from tasks.ledger.records import AttemptRecord, Record, attempt_of, read
from tasks.storage import Store

MOST_BYTES = 1_000_000  # of a file that is read; a receipt has two thousand


def canonical(store: Store) -> str:
    """The same text for every spelling of a target's address: links are resolved, the scheme is the kind of store."""
    if store.local:
        return f"local://{os.path.realpath(store.root or '/')}"
    return f"{store.kind.name}://{store.url.partition('://')[2]}"


def folder(state: Path) -> Path:
    """The folder of a user's receipts below ``state``, the folder in which programs keep their state."""
    with contextlib.suppress(RuntimeError):  # this user has no home folder
        state = state.expanduser()
    return state / "storyreel" / "receipts"


class Receipts:
    """The receipts of one target on this machine. ``folder`` need not exist. Methods block."""

    def __init__(self, folder: Path, store: Store) -> None:
        self.folder, self.target = folder, canonical(store)

    def keep(self, record: Record) -> Path:
        """Write a receipt that survives a power cut, and give its file.

        Raises ``FileNotFoundError`` when this user has no folder for it, ``OSError`` when it cannot be written.
        """
        path = self.path(record)
        if not self.folder.is_absolute():
            raise FileNotFoundError(2, "this user has no home folder, and XDG_STATE_HOME names none")
        if not self.folder.is_dir():
            _make(self.folder)
        self.folder.chmod(0o700)
        part = path.with_name(f".{uuid.uuid4().hex}.tmp")
        try:
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as handle:
                handle.write(self.text(record).encode())
                handle.flush()
                os.fsync(handle.fileno())
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
        _sync(self.folder)
        return path

    def show(self, record: Record) -> None:
        """Write the receipt as one line to stderr, the last resort. It holds no key."""
        sys.stderr.write(f"{self.text(record)}\n")
        sys.stderr.flush()

    def drop(self, record: Record) -> None:
        """Delete the file of a receipt that the target has. One that cannot be deleted is left to a later run."""
        with contextlib.suppress(OSError):
            self.path(record).unlink(missing_ok=True)

    def path(self, record: Record) -> Path:
        """The file of the receipt."""
        return self.folder / f"{hashlib.sha256(self.target.encode()).hexdigest()[:16]}-{record['order_id']}.json"

    def text(self, record: Record) -> str:
        """The receipt in one line."""
        return json.dumps({"target": self.target, "record": record}, sort_keys=True, default=str)

    def add_to(self, ledger: Ledger) -> None:
        """Add to the ledger in memory the receipts that the target lacks; nothing is written."""
        for _, record in self._found(ledger, "intent"):
            ledger.know(record)

    def take_up(self, ledger: Ledger, own: Callable[[Attempt], bool]) -> list[Attempt]:
        """Write to the target the receipts that it lacks, give their attempts, and delete the files of all that it has.

        ``own`` says whether an order is this run's to settle. Raises ``StoreError`` when the target still refuses one.
        """
        if not self._files():
            return []
        ledger.load()
        taken = []
        for path, record in self._found(ledger, "intent", own):
            taken.append(ledger.take(record))
            path.unlink(missing_ok=True)
        for path, _ in self._found(ledger, "accepted", own):
            path.unlink(missing_ok=True)
        return taken

    def _found(
        self, ledger: Ledger, kind: str, own: Callable[[Attempt], bool] = lambda attempt: True
    ) -> Iterator[tuple[Path, Record]]:
        """The files whose order is in the ledger, as an intent or else with a job by now, with the record to write."""
        entries = {e.record.get("order_id"): e for page in ledger.pages.values() for e in page.entries.values()}
        for path, kept in self._files():
            entry = entries.get(kept.get("order_id"))
            if entry is None or not own(attempt_of(entry)) or (entry.kind == "intent") is not (kind == "intent"):
                continue
            with contextlib.suppress(TargetError):  # a file that is no receipt is left for a person to look at
                yield path, _joined(entry, kept)

    def _files(self) -> list[tuple[Path, Record]]:
        """Every receipt of this target; a file that cannot be read is passed over."""
        found = []
        with contextlib.suppress(OSError):
            for path in sorted(self.folder.glob("*.json")):
                told = _told(path)
                if told.get("target") == self.target and isinstance(told.get("record"), dict):
                    found.append((path, told["record"]))
        return found


def _joined(entry: AttemptRecord, kept: Record) -> Record:
    """The target's intent with the file's job and estimate; a file must not be able to choose a host or a quote."""
    own = {name: kept[name] for name in ("job", "accepted_at", "estimate_usd") if name in kept}
    record = entry.record | {"kind": "accepted", "accepted_at": ""} | own
    name = f"ledger/{record['key']}/{record['n']}-accepted.json"
    return read(name, "accepted", json.dumps(record, default=str).encode())


def _told(path: Path) -> dict[str, Any]:
    try:
        told = json.loads(path.read_bytes()) if path.stat().st_size <= MOST_BYTES else None
    except (OSError, ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _make(folder: Path) -> None:
    """Make the folder and those above it, and sync the name of each."""
    missing = [one for one in (folder, *folder.parents) if not one.is_dir()]
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for one in missing:
        _sync(one.parent)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
