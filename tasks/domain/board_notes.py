"""What a reader of a shot list says of its columns, beside the shots. Values only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

_SHOWN = 20  # headers that a line names


class Unread(NamedTuple):
    """A header that nothing reads, and the canonical column that it looks like, or nothing."""

    header: str
    like: str


class Held(NamedTuple):
    """A header that stays a further column at a target where it was one, and the column it would be read as."""

    header: str
    name: str


@dataclass(frozen=True, slots=True)
class Told:
    """What is to be said of a board: which headers nothing reads, and which columns were read as what.

    ``held`` are headers that an earlier run of the target carried and that would be read today; ``meant`` are the
    shots as they would be then.
    """

    unread: tuple[Unread, ...] = ()
    notes: tuple[str, ...] = ()
    held: tuple[Held, ...] = ()
    meant: tuple[Any, ...] = ()

    @property
    def lines(self) -> tuple[str, ...]:
        """The same in sentences: one for all unread headers, and the notes."""
        if not self.unread:
            return self.notes
        shown = [f"{header!r}{f' (like {like})' if like else ''}" for header, like in self.unread[:_SHOWN]]
        more = f" and {len(self.unread) - _SHOWN} more" if len(self.unread) > _SHOWN else ""
        return (*self.notes, f"nothing reads {', '.join(shown)}{more}: carried to the manifest as further columns")


@dataclass(frozen=True, slots=True)
class Before:
    """What the last manifest of a target says of its board: its further columns, and the seconds asked by shot_id."""

    extras: frozenset[str] = frozenset()
    seconds: Mapping[str, float] = field(default_factory=dict)
