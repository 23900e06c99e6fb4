"""An inbox of storyboards: which of them are new, changed and whole, and what became of each."""

import contextlib
import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath

from tasks.commands.write_back import MARK
from tasks.domain.errors import Fault
from tasks.domain.identity import slug_of
from tasks.manifest import load_manifest
from tasks.storage import Store, StoreError
from tasks.storyboard import ENDINGS, display_url, without_ours

REPORT = ".errors.txt"


@dataclass(frozen=True, slots=True)
class Seen:
    """A board as a finished run over it saw it: the digest of its bytes."""

    digest: str


def boards(inbox: Store) -> dict[str, int]:
    """Name -> bytes of every shot list at the top of the inbox; folders, hidden files, reports and copies with our
    columns are none.

    Raises ``StoreError`` when the inbox itself is not there.
    """
    if inbox.missing():
        raise StoreError(f"the inbox {inbox.url} is not there")
    names = [name for name in inbox.names() if "/" not in name and not name.startswith(".")]
    chosen = [name for name in names if name.lower().endswith(ENDINGS) and not name.endswith(REPORT)]
    chosen = [name for name in chosen if not name.rpartition(".")[0].endswith(MARK)]
    return {name: len(data) for name, data in inbox.read_many(chosen).items()}


def settled_boards(before: dict[str, int], now: dict[str, int]) -> list[str]:
    """The boards that nobody is writing any more: the same size in both looks, and not empty."""
    return sorted(name for name, size in now.items() if size and before.get(name) == size)


def folders(inbox: Store, target: Store, names: Iterable[str]) -> dict[str, str]:
    """The folder below the target of each board of an inbox: one that has a folder keeps it, a new one gets one named
    after it, and where two would share that, each new one its whole file name."""
    known = list(names)
    taken = Counter(word for name in known for word in {_stem(name), slug_of(name)})
    return {name: _folder(inbox, target, name, shared=taken[_stem(name)] > 1) for name in known}


def _stem(name: str) -> str:
    return slug_of(PurePosixPath(name).stem)


def _folder(inbox: Store, target: Store, name: str, *, shared: bool) -> str:
    whole, stem = slug_of(name), _stem(name)
    if _owner(target, whole):
        return whole
    owner, own = _owner(target, stem), display_url(f"{inbox.url}/{name}").rpartition("/")[2]
    return stem if owner == own or not (owner or shared) else whole


def _owner(target: Store, folder: str) -> str:
    """The file name of the board that the folder was made for; empty where nothing was."""
    try:
        return str(json.loads(target.read(f"{folder}/manifest.json"))["board"]).rpartition("/")[2]
    except (FileNotFoundError, ValueError, TypeError, KeyError):
        return ""


def due(inbox: Store, target: Store, places: Mapping[str, str], names: Iterable[str]) -> list[tuple[str, str]]:
    """Name and digest of each board that is new, or changed since a run over it ended with no shot skipped.

    ``places`` are the folders of the boards, as `folders` tells them.
    """
    found = []
    for name, data in sorted(inbox.read_many(names).items()):
        digest = hashlib.sha256(without_ours(data)).hexdigest()
        if _seen(target, places[name]) != Seen(digest):
            found.append((name, digest))
    return found


def _seen(target: Store, folder: str) -> Seen | None:
    try:
        return Seen(**json.loads(target.read(f"{folder}/inbox.json")))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def count_skipped(target: Store, folder: str) -> int:
    """How many shots the last run over the board of this folder left out."""
    rows = load_manifest(target.read(f"{folder}/manifest.json"))
    return sum(row["status"] == "skipped" for row in rows)


def done(inbox: Store, target: Store, name: str, folder: str, digest: str) -> None:
    """Remember that a run over this content ended with no shot skipped; its error report goes."""
    target.write(f"{folder}/inbox.json", json.dumps(asdict(Seen(digest))).encode())
    for store in (inbox, target):
        try:
            store.delete(f"{name}{REPORT}")
        except StoreError:
            continue  # a read-only inbox never held one


def has_report(inbox: Store, target: Store, name: str) -> bool:
    """Whether there is an error report of the board."""
    return any(store.exists(f"{name}{REPORT}") for store in (inbox, target))


def was_told(inbox: Store, target: Store, name: str, faults: Sequence[Fault], digest: str) -> bool:
    """Whether these faults of this content are what the board's error report says already."""
    for store in (inbox, target):
        with contextlib.suppress(FileNotFoundError, StoreError):
            told = store.read(f"{name}{REPORT}").splitlines()
            return sorted(told) == sorted(_report(faults, digest).splitlines())
    return False


def _report(faults: Sequence[Fault], digest: str) -> bytes:
    said = f"told once for this content (sha256 {digest}): mend it, or delete this report to hear it again"
    return "".join(f"{line}\n" for line in [*faults, said]).encode("utf-8", "replace")


def broken(inbox: Store, target: Store, name: str, faults: Sequence[Fault], digest: str = "") -> str:
    """Write ``<name>.errors.txt`` beside the board, or at the target where the inbox is read-only: its place."""
    text = _report(faults, digest)
    try:
        inbox.write(f"{name}{REPORT}", text)
    except StoreError:
        target.write(f"{name}{REPORT}", text)
        return f"{target.url}/{name}{REPORT}"
    return f"{inbox.url}/{name}{REPORT}"
