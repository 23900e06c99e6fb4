"""What can be chosen at a target: its shots in board order, and the takes of each."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tasks.domain.errors import TargetError
from tasks.domain.takes import UNKNOWN
from tasks.ledger import Ledger, Verdicts, read_verdicts
from tasks.manifest import load_manifest, row_keys
from tasks.storage import Store, StoreError
from tasks.views.takes import read_takes

Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Seen:
    """A shot as whoever chooses sees it: its takes by number (their sha256), and the highest number of an attempt."""

    shot_id: str
    key: str
    status: str
    takes: Mapping[int, str] = field(default_factory=dict)
    in_use: int = 0
    after: int = 0


@dataclass(frozen=True, slots=True)
class Desk:
    """The shots of a target in board order, and what was said of them so far."""

    shots: tuple[Seen, ...]
    verdicts: Verdicts

    def by_id(self) -> dict[str, Seen]:
        """The shots by shot_id."""
        return {one.shot_id: one for one in self.shots}

    def by_key(self) -> dict[str, Seen]:
        """The shots by the ledger's key."""
        return {one.key: one for one in self.shots}


def read_desk(store: Store, say: Any = lambda line: None) -> Desk:
    """What lies at a target to choose from; ``say`` is told of verdicts that cannot be read.

    Raises ``TargetError`` when the target holds no manifest or cannot be read.
    """
    try:
        rows = load_manifest(store.read("manifest.json"))
        ledger = Ledger(store, "").load()
        takes, verdicts = _there(store, read_takes(store, rows, ledger)), read_verdicts(store, say)
    except FileNotFoundError as error:
        raise TargetError(f"{store.url} has no manifest.json: nothing to choose from") from error
    except (StoreError, json.JSONDecodeError) as error:
        raise TargetError(f"the target cannot be read: {error}") from error
    highest = {key: max(page.entries, default=0) for key, page in ledger.pages.items()}
    return Desk(shots_seen(rows, takes, highest), verdicts)


def _there(store: Store, takes: Rows) -> Rows:
    """Those whose file has come: an upload can be lost after the table was written."""
    sizes = store.sizes("clips")
    return [one for one in takes if sizes.get(str(one["clip"])) in (UNKNOWN, one["bytes"])]


def shots_seen(rows: Rows, takes: Rows, highest: Mapping[str, int]) -> tuple[Seen, ...]:
    """The shots of a manifest with their takes. ``highest`` is the highest attempt number by key."""
    keys = row_keys(rows)
    found = _by_key(takes)
    return tuple(_seen(row, keys.get(str(row["shot_id"]), ""), found, highest) for row in rows)


def _seen(
    row: Mapping[str, Any], key: str, takes: Mapping[str, list[Mapping[str, Any]]], highest: Mapping[str, int]
) -> Seen:
    own = takes.get(key, [])
    used = next((int(one["take"]) for one in own if one["in_use"]), 0)
    digests = {int(one["take"]): str(one["sha256"]) for one in own}
    after = max([highest.get(key, 0), *digests])
    return Seen(str(row["shot_id"]), key, str(row["status"]), digests, used, after)


def _by_key(takes: Iterable[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for one in takes:
        found.setdefault(str(one["key"]), []).append(one)
    return found
