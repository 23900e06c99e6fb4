"""An inbox of storyboards: which of them are new, changed and whole, and what became of each."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from tasks.domain.errors import Fault
from tasks.domain.identity import slug_of
from tasks.manifest import load_manifest
from tasks.storage import Store, StoreError

ENDINGS = (".csv", ".tsv", ".txt", ".parquet")
REPORT = ".errors.txt"


@dataclass(frozen=True, slots=True)
class Seen:
    """A board as a finished run over it saw it: the digest of its bytes."""

    digest: str


def boards(inbox: Store) -> dict[str, int]:
    """Name -> bytes of every shot list at the top of the inbox; folders, hidden files and reports are none.

    `StoreError` where the inbox itself is not there.
    """
    if inbox.missing():
        raise StoreError(f"the inbox {inbox.url} is not there")
    names = [name for name in inbox.names() if "/" not in name and not name.startswith(".")]
    chosen = [name for name in names if name.lower().endswith(ENDINGS) and not name.endswith(REPORT)]
    return {name: len(data) for name, data in inbox.read_many(chosen).items()}


def settled_boards(before: dict[str, int], now: dict[str, int]) -> list[str]:
    """The boards that nobody is writing any more: the same size in both looks, and not empty."""
    return sorted(name for name, size in now.items() if size and before.get(name) == size)


def home(target: Store, name: str) -> str:
    """The target of a board: a folder named by the slug of its whole file name."""
    return f"{target.url}/{slug_of(name)}"


def due(inbox: Store, target: Store, names: Iterable[str]) -> list[tuple[str, str]]:
    """Name and digest of each board that is new, or changed since a run over it ended with no shot skipped."""
    found = []
    for name, data in sorted(inbox.read_many(names).items()):
        digest = hashlib.sha256(data).hexdigest()
        if _seen(target, name) != Seen(digest):
            found.append((name, digest))
    return found


def _seen(target: Store, name: str) -> Seen | None:
    try:
        return Seen(**json.loads(target.read(f"{slug_of(name)}/inbox.json")))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def count_skipped(target: Store, name: str) -> int:
    """How many shots the last run over the board left out."""
    rows = load_manifest(target.read(f"{slug_of(name)}/manifest.json"))
    return sum(row["status"] == "skipped" for row in rows)


def done(inbox: Store, target: Store, name: str, digest: str) -> None:
    """Remember that a run over this content ended with no shot skipped; its error report goes."""
    target.write(f"{slug_of(name)}/inbox.json", json.dumps(asdict(Seen(digest))).encode())
    for store in (inbox, target):
        try:
            store.delete(f"{name}{REPORT}")
        except StoreError:
            continue  # a read-only inbox never held one


def broken(inbox: Store, target: Store, name: str, faults: Sequence[Fault]) -> str:
    """Write ``<name>.errors.txt`` beside the board, or at the target where the inbox is read-only: its place."""
    text = "".join(f"{fault}\n" for fault in faults).encode("utf-8", "replace")
    try:
        inbox.write(f"{name}{REPORT}", text)
    except StoreError:
        target.write(f"{name}{REPORT}", text)
        return f"{target.url}/{name}{REPORT}"
    return f"{inbox.url}/{name}{REPORT}"
