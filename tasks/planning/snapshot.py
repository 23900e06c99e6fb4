"""What is known before anything is decided. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from tasks.domain.shot import Shot
from tasks.domain.takes import Shelf

Rows = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class ShotSelection:
    """The shots that a user named: to look at these ``only`` (empty: at all), and to buy another clip for.

    ``skip_unusable``: those without a usable route are left out and told, and forbid no start. ``takes`` is what rows
    ask for that say nothing of it, ``draft`` whether drafts are ordered and no finals, or finals for all drafts; None
    leaves either to the config.
    """

    only: frozenset[str] = frozenset()
    rerender: frozenset[str] = frozenset()
    skip_unusable: bool = False
    takes: int | None = None
    draft: bool | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What was found out before deciding.

    ``digests``: sha256 by image or source as the shot names it; a reference that has none was not read (then it is in
    ``trusted``) or not found. ``pins``: the digests of remote references in the ledger, oldest first: a shot keeps the
    one that it was ordered with, whatever its URL serves later. ``sizes``: width and height in pixels of the pictures
    that were decoded, ``lengths`` the seconds of the clips that were. ``shelf``: the clips at the target. ``rows`` and
    ``row_keys``: the last manifest by shot_id.
    ``signs``: whether the target can sign URLs; ``lacks``: what else it cannot do, in words.
    """

    today: date
    digests: Mapping[str, str] = field(default_factory=dict)
    pins: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sizes: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    lengths: Mapping[str, Decimal] = field(default_factory=dict)
    shelf: Shelf = field(default_factory=Shelf)
    rows: Rows = field(default_factory=dict)
    row_keys: Mapping[str, str] = field(default_factory=dict)
    signs: bool = False
    lacks: tuple[str, ...] = ()
    trusted: tuple[str, ...] = ()


def sources_first(shots: Iterable[Shot]) -> list[Shot]:
    """The shots, with every remix after the row that it starts from. The board must have no cycles."""
    shots = list(shots)
    if not any(shot.source_shot for shot in shots):
        return shots
    by_id = {shot.shot_id: shot for shot in shots}
    done: dict[str, Shot] = {}
    for shot in shots:
        line = [shot]
        while line[-1].source_shot in by_id and line[-1].source_shot not in done:
            line.append(by_id[line[-1].source_shot])
        for one in reversed(line):
            done[one.shot_id] = one
    return list(done.values())
