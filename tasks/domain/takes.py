"""Which clips of a shot are at the target, and which of them is in use. Pure.

Newer means a higher attempt number, or an answer to a later wish for another clip; no clocks are compared.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tasks.domain.result import Attempt, Clip

UNKNOWN = -1  # bytes of a file whose store does not tell its size


@dataclass(frozen=True, slots=True)
class Shelf:
    """The clips at a target: their sizes in bytes by path, from a listing.

    ``digests`` has the sha256 of only those files that several records could mean (see `doubtful`).
    """

    sizes: dict[str, int] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)

    def holds(self, clip: Clip) -> bool:
        """Whether the clip's file is there: with the same size, and the same digest where that is known."""
        if self.sizes.get(clip.path) not in (UNKNOWN, clip.bytes):
            return False
        return self.digests.get(clip.path, clip.sha256) == clip.sha256

    def add(self, clip: Clip) -> None:
        """Remember a clip that was just delivered."""
        self.sizes[clip.path] = clip.bytes
        self.digests.pop(clip.path, None)


def attempts_with_clip(attempts: Iterable[Attempt], shelf: Shelf) -> list[Attempt]:
    """The attempts whose clip is at the target, oldest first.

    A file counts for one attempt, the last that wrote it: 0.1 could write several clips to one path.
    """
    there = [(a, a.clip.path) for a in attempts if a.clip is not None and shelf.holds(a.clip)]
    last = {path: attempt for attempt, path in sorted(there, key=lambda pair: pair[0].n)}
    return sorted(last.values(), key=lambda a: a.n)


def clip_in_use(
    attempts: Sequence[Attempt], shelf: Shelf, stand_ins: bool, wish: Mapping[str, Any] | None = None
) -> Attempt | None:
    """The attempt whose clip stands for the shot: the newest of its own, else the newest stand-in, else None.

    ``stand_ins``: whether the built-in renderer's clips are only stand-ins, because the chain has a usable gateway
    before it. ``wish`` is the shot's newest wish for another clip: a clip that answers it counts as newer.
    """
    there = attempts_with_clip(attempts, shelf) if attempts else ()
    return max(there, key=lambda one: _rank(one, stand_ins, wish), default=None)


def own_clip(
    attempts: Sequence[Attempt], shelf: Shelf, stand_ins: bool, wish: Mapping[str, Any] | None = None
) -> Attempt | None:
    """As `clip_in_use`, but None where the clip in use is a stand-in."""
    made = clip_in_use(attempts, shelf, stand_ins, wish)
    return None if is_stand_in(made, stand_ins) else made


def _rank(attempt: Attempt, stand_ins: bool, wish: Mapping[str, Any] | None) -> tuple[bool, bool, bool, int]:
    """Sorts own clips above stand-ins, then answers to the last wish, then clips that were not late, then the higher
    number."""
    answers = wish is None or attempt.n not in wish["had"]
    return not is_stand_in(attempt, stand_ins), answers, attempt.outcome != "late", attempt.n


def is_stand_in(attempt: Attempt | None, stand_ins: bool) -> bool:
    """Whether the attempt's clip only stands in for a gateway's."""
    return attempt is not None and stand_ins and attempt.provider == "animatic"


def lost_clips(attempts: Sequence[Attempt], shelf: Shelf) -> list[Attempt]:
    """Bought clips that are not at the target and whose job can be asked for them again, newest first.

    Among them are clips that 0.1 never fetched because the shot had another.
    """
    there = {a.n for a in attempts_with_clip(attempts, shelf)}
    paid = [a for a in attempts if a.job_id and (a.clip is not None or a.outcome == "late")]
    return [a for a in reversed(paid) if a.n not in there]


def gone_clips(attempts: Sequence[Attempt], shelf: Shelf) -> list[Attempt]:
    """Delivered clips that are now missing or truncated, oldest first, except those that 0.1 overwrote with another."""
    there = attempts_with_clip(attempts, shelf)
    taken = {a.clip.path for a in there if a.clip}
    listed = [(a, a.clip.path) for a in attempts if a.clip is not None and a not in there]
    newest = {path: a for a, path in listed if path not in taken and a.provider != "animatic"}
    return list(newest.values())


def missed_clips(
    attempts: Sequence[Attempt], shelf: Shelf, stand_ins: bool, wish: Mapping[str, Any] | None
) -> list[Attempt]:
    """The lost clips that would be in use if they were there, best first: their jobs are asked for them once more."""
    made = own_clip(attempts, shelf, stand_ins, wish)
    if made is None:
        return lost_clips(attempts, shelf)
    least = _rank(made, stand_ins, wish)
    gone = [one for one in gone_clips(attempts, shelf) if one.job_id and _rank(one, stand_ins, wish) > least]
    return sorted(gone, key=lambda one: _rank(one, stand_ins, wish), reverse=True)


def doubtful(attempts: Iterable[Attempt], sizes: Mapping[str, int]) -> set[str]:
    """Paths to which several clips of one size were written: only a digest tells which of them is there."""
    seen: dict[str, str] = {}
    found = set()
    for clip in (a.clip for a in attempts if a.clip is not None):
        if sizes.get(clip.path) in (UNKNOWN, clip.bytes) and seen.setdefault(clip.path, clip.sha256) != clip.sha256:
            found.add(clip.path)
    return found
