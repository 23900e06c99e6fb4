"""An inbox of storyboards: which of them are new, changed and whole, and what became of each."""

import contextlib
import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import PurePosixPath

from tasks.commands.write_back import MARK
from tasks.domain.errors import Fault
from tasks.domain.identity import slug_of
from tasks.ledger import VERDICT
from tasks.manifest import load_manifest
from tasks.storage import Store, StoreError
from tasks.storyboard import ENDINGS, display_url, without_ours

REPORT = ".errors.txt"


@dataclass(frozen=True, slots=True)
class Seen:
    """A board as a finished run over it saw it: the digest of its bytes, and how much was said of its takes, by key."""

    digest: str
    said: dict[str, int] = field(default_factory=dict)


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
    """Name and digest of each board to be rendered: a new one; one that changed since its last run that skipped no
    shot; one of whose takes somebody has said something since that asks for an order.

    ``places`` are the folders of the boards, as `folders` tells them.
    """
    found = []
    for name, data in sorted(inbox.read_many(names).items()):
        digest = hashlib.sha256(without_ours(data)).hexdigest()
        seen = _seen(target, places[name])
        if seen is None or seen.digest != digest or _asks(target, places[name], seen):
            found.append((name, digest))
    return found


def _seen(target: Store, folder: str) -> Seen | None:
    try:
        return Seen(**json.loads(target.read(f"{folder}/inbox.json")))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def _asks(target: Store, folder: str, seen: Seen) -> bool:
    """Whether a verdict that the last run did not see may ask for an order: a rejection, one more, a chosen draft."""
    names = [name for name in _verdicts(target, folder) if name[1] > seen.said.get(name[0], 0)]
    if not names:
        return False
    found = target.read_many([f"{folder}/review/{key}/{n}.json" for key, n in names])
    kinds = {kind for data in found.values() for kind in [_kind(data)]}
    return bool(kinds & {"reject", "again"}) or ("select" in kinds and _has_open(target, folder))


def _verdicts(target: Store, folder: str) -> list[tuple[str, int]]:
    """Key and number of each verdict on a board's takes."""
    names = (name.removeprefix(f"{folder}/") for name in target.names(f"{folder}/review"))
    return [(found[1], int(found[2])) for name in names if (found := VERDICT.fullmatch(name))]


def _kind(data: bytes) -> str:
    try:
        return str(json.loads(data)["kind"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return ""


def _has_open(target: Store, folder: str) -> bool:
    """Whether a shot is to be ordered once somebody chooses: a draft's final, or what continues the chosen take."""
    rows = load_manifest(target.read(f"{folder}/manifest.json"))
    return any(row.get("grade") == "draft" or _follows(row) for row in rows)


def count_skipped(target: Store, folder: str) -> int:
    """How many shots the last run over the board of this folder left out."""
    rows = load_manifest(target.read(f"{folder}/manifest.json"))
    return sum(row["status"] == "skipped" and not _waits(row) for row in rows)


def _waits(row: Mapping[str, object]) -> bool:
    """Whether the shot has no clip because of what was said of it, and waits for what is said next; or because of the
    one that it starts from, which is counted where it was skipped itself."""
    return _follows(row) or (bool(row.get("verdict")) and not row.get("error_class"))


def _follows(row: Mapping[str, object]) -> bool:
    return row.get("status") == "skipped" and row.get("error_class") == "Source"


def look(target: Store, folder: str, digest: str) -> Seen:
    """What a run that begins now over this content sees of the board."""
    said: dict[str, int] = {}
    for key, n in _verdicts(target, folder):
        said[key] = max(n, said.get(key, 0))
    return Seen(digest, said)


def done(inbox: Store, target: Store, name: str, folder: str, seen: Seen) -> None:
    """Remember that a run that saw this ended with no shot skipped; its error report goes."""
    target.write(f"{folder}/inbox.json", json.dumps(asdict(seen)).encode())
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
    """Write ``<name>.errors.txt`` beside the board, or at the target where the inbox is read-only, and give its URL."""
    text = _report(faults, digest)
    try:
        inbox.write(f"{name}{REPORT}", text)
    except StoreError:
        target.write(f"{name}{REPORT}", text)
        return f"{target.url}/{name}{REPORT}"
    return f"{inbox.url}/{name}{REPORT}"
