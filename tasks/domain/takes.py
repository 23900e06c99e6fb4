"""Which clips of a shot are at the target, which of them is in use, and how many are still to be ordered. Pure.

Newer means a higher attempt number, or an answer to a later wish for another clip; no clocks are compared.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from tasks.domain.result import Attempt, Clip, Grade
from tasks.domain.verdict import Verdict

UNKNOWN = -1  # bytes of a file whose store does not tell its size
MOST_TAKES = 10  # that a row may ask for


@dataclass(frozen=True, slots=True)
class Asked:
    """What a run asks of a shot: so many takes. ``drafts``: drafts are asked for, and count as done.

    ``finals`` says which drafts get a final: none, the chosen one, or all where nobody has chosen. ``mends``: a take
    with a flaw is ordered again, once.
    """

    takes: int = 1
    drafts: bool = False
    finals: Literal["none", "chosen", "all"] = "chosen"
    mends: bool = False


@dataclass(frozen=True, slots=True)
class Need:
    """What is still to be ordered of a shot: so many takes of one grade. ``drafts`` are the attempts whose drafts they
    finish, in the order of the places; ``mends`` is the attempt whose flaw is the only reason."""

    missing: int = 0
    grade: Grade = "final"
    drafts: tuple[int, ...] = ()
    mends: int = 0

    def draft_of(self, place: int) -> int:
        """The attempt whose draft the order of this place (from 0) finishes; 0 for none."""
        return self.drafts[place] if place < len(self.drafts) else 0


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
    if len(there) < 2:
        return [a for a, _ in there]
    last = {path: attempt for attempt, path in sorted(there, key=lambda pair: pair[0].n)}
    return sorted(last.values(), key=lambda a: a.n)


def clip_in_use(
    attempts: Sequence[Attempt],
    shelf: Shelf,
    stand_ins: bool,
    wish: Mapping[str, Any] | None = None,
    verdicts: Sequence[Verdict] = (),
) -> Attempt | None:
    """The attempt whose clip stands for the shot: the one that was chosen last, else the newest of its own, else the
    newest stand-in, else None. A rejected one never does; a final stands for the chosen draft that it was made for.

    ``stand_ins``: whether the built-in renderer's clips are only stand-ins, because the chain has a usable gateway
    before it. ``wish`` is the shot's newest wish for another clip: a clip that answers it counts as newer.
    """
    return Takes(attempts, shelf, stand_ins, wish, verdicts=verdicts).in_use


def own_clip(
    attempts: Sequence[Attempt],
    shelf: Shelf,
    stand_ins: bool,
    wish: Mapping[str, Any] | None = None,
    verdicts: Sequence[Verdict] = (),
) -> Attempt | None:
    """As `clip_in_use`, but None where the clip in use is a stand-in."""
    return Takes(attempts, shelf, stand_ins, wish, verdicts=verdicts).own


def counting(attempts: Iterable[Attempt], stand_ins: bool, verdicts: Iterable[Verdict]) -> dict[int, Verdict]:
    """By take the choice or rejection that counts: the newest one about the very clip that the attempt brought."""
    own = [one for one in attempts if one.clip is not None and not is_stand_in(one, stand_ins)]
    digests = {one.n: one.clip.sha256 for one in own if one.clip is not None}
    ordered = sorted(verdicts, key=lambda one: one.n)
    return {one.take: one for one in ordered if one.kind != "again" and digests.get(one.take) == one.sha256}


def chosen_of(usable: Iterable[Attempt], said: Mapping[int, Verdict]) -> Attempt | None:
    """The usable take that was chosen last; None where none was. ``said`` are the verdicts that count."""
    chosen = [one for one in usable if one.n in said and said[one.n].kind == "select"]
    return max(chosen, key=lambda one: said[one.n].n, default=None)


def open_agains(attempts: Sequence[Attempt], stand_ins: bool, verdicts: Iterable[Verdict]) -> list[Verdict]:
    """The calls for one more take that no take has answered: one with a higher number than their author saw."""
    own = [one for one in attempts if one.clip is not None and not is_stand_in(one, stand_ins)]
    names = {(one.n, one.clip.sha256) for one in own if one.clip is not None} | {(0, "")}
    newest = max((one.n for one in own), default=0)
    calls = [one for one in verdicts if one.kind == "again" and (one.take, one.sha256) in names]
    return [one for one in calls if one.after >= newest]


def _rank(
    attempt: Attempt, stand_ins: bool, wish: Mapping[str, Any] | None
) -> tuple[bool, bool, bool, bool, bool, int]:
    """Sorts own clips above stand-ins and finals above drafts, then clips without a flaw, then answers to the last
    wish, then clips that were not late, then the higher number."""
    answers = wish is None or attempt.n not in wish["had"]
    kind = not is_stand_in(attempt, stand_ins), attempt.grade == "final"
    return *kind, not attempt.qa, answers, attempt.outcome != "late", attempt.n


def is_stand_in(attempt: Attempt | None, stand_ins: bool) -> bool:
    """Whether the attempt's clip only stands in for a gateway's. What a draft's chain draws first is a draft."""
    if attempt is None or attempt.provider != "animatic":
        return False
    return stand_ins if attempt.grade == "final" else attempt.stand_in


@dataclass(slots=True)
class Takes:
    """The clips of one shot as they stand: attempts, what is at the target, wishes and verdicts. Never changed: one is
    made anew where a clip or a verdict may have come since.

    ``said`` is the choice or rejection that counts, by take.
    """

    attempts: Sequence[Attempt]
    shelf: Shelf
    stand_ins: bool
    wish: Mapping[str, Any] | None = None
    wished: bool = False  # the wish is open
    verdicts: Sequence[Verdict] = ()
    said: dict[int, Verdict] = field(init=False, repr=False)
    kept: list[Attempt] = field(init=False, repr=False)  # clips there that nobody rejected, oldest first; stand-ins too

    def __post_init__(self) -> None:
        """Find once what all else follows from: a large board asks it of every shot, and more than once."""
        self.said = counting(self.attempts, self.stand_ins, self.verdicts) if self.verdicts else {}
        there = attempts_with_clip(self.attempts, self.shelf) if self.attempts else []
        said = self.said
        self.kept = [one for one in there if one.n not in said or said[one.n].kind != "reject"] if said else there

    @property
    def in_use(self) -> Attempt | None:
        """As `clip_in_use`."""
        usable = self.kept
        if self.said and (chosen := chosen_of(usable, self.said)):
            finals = [one for one in usable if one.draft_of == chosen.n]
            return max(finals, key=lambda one: one.n, default=chosen)
        if len(usable) < 2:
            return usable[0] if usable else None
        return max(usable, key=lambda one: _rank(one, self.stand_ins, self.wish))

    @property
    def own(self) -> Attempt | None:
        """As `own_clip`."""
        made = self.in_use
        return None if is_stand_in(made, self.stand_ins) else made

    @property
    def usable(self) -> list[Attempt]:
        """The takes that are at the target and not rejected, oldest first; a stand-in is none."""
        return [one for one in self.kept if not is_stand_in(one, self.stand_ins)]

    @property
    def chosen(self) -> Attempt | None:
        """The usable take that was chosen last; None where none was."""
        return chosen_of(self.usable, self.said)

    @property
    def agains(self) -> list[Verdict]:
        """The calls for one more take that none has answered."""
        return open_agains(self.attempts, self.stand_ins, self.verdicts) if self.verdicts else []

    def last_word(self, made: Attempt | None) -> Verdict | None:
        """What was said last of the take ``made``, or of the shot where it has none, or that one more is wanted."""
        said = self.said
        of_clip = [one for n, one in said.items() if made is None or n == made.n]
        return max((*of_clip, *self.agains), key=lambda one: one.n, default=None)

    def done(self, asked: Asked) -> bool:
        """Whether the clip in use is one of the shot's own: where no drafts are asked for, a draft is none."""
        made = self.own
        return made is not None and (made.grade == "final" or asked.drafts)

    def need(self, asked: Asked) -> Need:
        """What is still to be ordered so that the shot has what is asked of it, wishes and verdicts included."""
        if not self.attempts:
            return Need(asked.takes, "draft" if asked.drafts else "final")
        usable, more = self.usable, int(self.wished or bool(self.agains))
        chosen = chosen_of(usable, self.said)
        if chosen and chosen.grade == "draft" and asked.finals != "none":
            finished = any(one.draft_of == chosen.n for one in usable)
            return Need(more) if finished else Need(1, drafts=(chosen.n,))
        if asked.drafts:
            done = any(one.draft_of for one in usable)  # with the final of a draft, whatever was said of the others
            return Need(more if done else max(asked.takes - len(usable), more), "draft")
        return self._finals(asked, usable, more)

    def _finals(self, asked: Asked, usable: Sequence[Attempt], more: int) -> Need:
        """As `need`, where finals are asked for: a shot with drafts only waits for a choice."""
        finals = [one for one in usable if one.grade == "final"]
        drafts = [one for one in self.attempts if one.grade == "draft" and one.brought_own_clip]
        if drafts and asked.finals == "all":
            finished = {one.draft_of for one in finals}
            waiting = tuple(one.n for one in reversed(usable) if one.grade == "draft" and one.n not in finished)
            missing = max(asked.takes - len(finals), more)
            return Need(missing, drafts=waiting[:missing])
        if (drafts and not finals) or any(one.draft_of for one in finals):
            return Need(int(self.wished) if not finals else more)
        return Need(max(asked.takes - len(finals), more))

    def waits(self, asked: Asked) -> bool:
        """Whether the shot has drafts of which somebody has to choose one before a final is ordered."""
        made = self.own
        return made is not None and made.grade == "draft" and self.chosen is None and not self.need(asked).missing

    def missed(self, asked: Asked) -> list[Attempt]:
        """The lost clips whose jobs are asked for them once more, best first: those that would be in use if they were
        there, and all that are not rejected where the shot has fewer than it asks for."""
        said = self.said
        kept = [one for one in self.attempts if one.n not in said or said[one.n].kind != "reject"]
        if self.own is not None and asked.takes > len(self.usable):
            return [one for one in lost_clips(kept, self.shelf) if one.clip is not None]
        return missed_clips(kept, self.shelf, self.stand_ins, self.wish)


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
