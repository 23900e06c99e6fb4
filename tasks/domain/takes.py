"""Which clips of a shot came and lie at the target, and which of them is in use. Pure.

What is newer is counted, by the numbers of the attempts and by the wishes between them: no clock has a say.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tasks.domain.result import Attempt, Clip

UNKNOWN = -1  # bytes of a file whose store does not say


@dataclass(frozen=True, slots=True)
class Shelf:
    """The clips that lie at a target: their bytes by path, as a listing told.

    ``digests`` has the sha256 of the files that several records could mean (see `doubtful`), and of no others.
    """

    sizes: dict[str, int] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)

    def holds(self, clip: Clip) -> bool:
        """Whether the file is there and is the clip: of its size, and of its digest where that was looked at."""
        if self.sizes.get(clip.path) not in (UNKNOWN, clip.bytes):
            return False
        return self.digests.get(clip.path, clip.sha256) == clip.sha256

    def add(self, clip: Clip) -> None:
        """Remember a clip that was just delivered."""
        self.sizes[clip.path] = clip.bytes
        self.digests.pop(clip.path, None)


def came(attempts: Iterable[Attempt], shelf: Shelf) -> list[Attempt]:
    """The attempts whose clip lies there, oldest first. A file is one attempt's, though 0.1 wrote several to a path."""
    there = [(a, a.clip.path) for a in attempts if a.clip is not None and shelf.holds(a.clip)]
    last = {path: attempt for attempt, path in sorted(there, key=lambda pair: pair[0].n)}
    return sorted(last.values(), key=lambda a: a.n)


def clip_in_use(
    attempts: Sequence[Attempt], shelf: Shelf, stand_ins: bool, wish: Mapping[str, Any] | None = None
) -> Attempt | None:
    """The attempt whose clip stands for the shot: the newest of its own, else the newest stand-in, else None.

    ``stand_ins`` says that the built-in renderer's clips are only that, because the chain has a usable gateway
    before it. ``wish`` is the shot's newest wish for another clip: what came after it is newer than what was there.
    """
    there = came(attempts, shelf) if attempts else ()
    return max(there, key=lambda one: _rank(one, stand_ins, wish), default=None)


def own_clip(
    attempts: Sequence[Attempt], shelf: Shelf, stand_ins: bool, wish: Mapping[str, Any] | None = None
) -> Attempt | None:
    """The attempt whose clip stands for the shot where that is one of its own, else None. As `clip_in_use`."""
    made = clip_in_use(attempts, shelf, stand_ins, wish)
    return None if is_stand_in(made, stand_ins) else made


def _rank(attempt: Attempt, stand_ins: bool, wish: Mapping[str, Any] | None) -> tuple[bool, bool, bool, int]:
    """Own clips before stand-ins, then what came after the last wish, then what the shot had before a late one came,
    then the higher number."""
    answers = wish is None or attempt.n not in wish["had"]
    return not is_stand_in(attempt, stand_ins), answers, attempt.outcome != "late", attempt.n


def is_stand_in(attempt: Attempt | None, stand_ins: bool) -> bool:
    """Whether a clip in use is only a stand-in."""
    return attempt is not None and stand_ins and attempt.provider == "animatic"


def lost_clips(attempts: Sequence[Attempt], shelf: Shelf) -> list[Attempt]:
    """Bought clips that the target has no more although a job can still be asked for them, newest first.

    So is one that 0.1 did not even fetch, because the shot had another.
    """
    there = {a.n for a in came(attempts, shelf)}
    paid = [a for a in attempts if a.job_id and (a.clip is not None or a.outcome == "late")]
    return [a for a in reversed(paid) if a.n not in there]


def gone_clips(attempts: Sequence[Attempt], shelf: Shelf) -> list[Attempt]:
    """Clips that came and are gone or cut, oldest first; not those that 0.1 wrote another clip over."""
    there = came(attempts, shelf)
    taken = {a.clip.path for a in there if a.clip}
    listed = [(a, a.clip.path) for a in attempts if a.clip is not None and a not in there]
    newest = {path: a for a, path in listed if path not in taken and a.provider != "animatic"}
    return list(newest.values())


def missed_clips(
    attempts: Sequence[Attempt], shelf: Shelf, stand_ins: bool, wish: Mapping[str, Any] | None
) -> list[Attempt]:
    """The lost clips that would stand for the shot if they were there, best first: their jobs are asked once more."""
    made = own_clip(attempts, shelf, stand_ins, wish)
    if made is None:
        return lost_clips(attempts, shelf)
    least = _rank(made, stand_ins, wish)
    gone = [one for one in gone_clips(attempts, shelf) if one.job_id and _rank(one, stand_ins, wish) > least]
    return sorted(gone, key=lambda one: _rank(one, stand_ins, wish), reverse=True)


def doubtful(attempts: Iterable[Attempt], sizes: Mapping[str, int]) -> set[str]:
    """Paths to which several clips of one size were written, one over the other: only digests tell them apart."""
    seen: dict[str, str] = {}
    found = set()
    for clip in (a.clip for a in attempts if a.clip is not None):
        if sizes.get(clip.path) in (UNKNOWN, clip.bytes) and seen.setdefault(clip.path, clip.sha256) != clip.sha256:
            found.add(clip.path)
    return found
