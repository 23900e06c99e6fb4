"""What somebody wants to say of takes, held against what there is: verdicts to write, or every fault. Pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from tasks.commands.review.desk import Desk, Seen
from tasks.domain.errors import Fault, StartError
from tasks.domain.identity import nearest_name, split_ids
from tasks.domain.verdict import KINDS, LONGEST_NAME, LONGEST_NOTE, Kind, Verdict

KEY = re.compile(r"[0-9a-f]{16}-[1-9]\d{0,8}")
STANDS_IN = "its clip only stands in for a gateway's and takes no verdict: the next run orders the shot by itself"
DIGEST = re.compile(r"[0-9a-f]{64}")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


class Words(NamedTuple):
    """What is said beside a choice: the note, who says it, and when (ISO 8601 UTC)."""

    note: str = ""
    by: str = ""
    at: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing that somebody says. ``where`` is the option or the column that says it, ``row`` the line of a list.

    ``key`` and ``sha256`` are known where a page wrote it; else the shot is meant by its id, the take by its number.
    """

    where: str
    said: str
    kind: Kind
    shot_id: str
    take: int = 0
    key: str = ""
    sha256: str = ""
    note: str = ""
    by: str = ""
    at: str = ""
    after: int | None = None
    row: int = 0

    def fault(self, message: str) -> Fault:
        """A fault that stands where the choice does."""
        return Fault(self.row, self.shot_id if self.row else "", self.where, self.said, message)


@dataclass(frozen=True, slots=True)
class Decided:
    """What is to be written by key, and in words what of it does nothing or was said before."""

    verdicts: tuple[tuple[str, Verdict], ...] = ()
    told: tuple[str, ...] = field(default=())


def clean(text: str) -> str:
    """Words as they are kept: line ends as newlines, nothing that moves a cursor or turns text around, and no half of
    a letter, which no file can hold."""
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def read_options(select: Iterable[str], reject: Iterable[str], again: Iterable[str], words: Words) -> list[Choice]:
    """The choices of the command line: ``sh010=2`` to select or to reject, ``sh030`` to ask again.

    ``words`` are the same for all. Raises ``StartError`` when some are written otherwise or contradict each other, with
    all of these.
    """
    found, faults = [], list[Fault]()
    for kind, given in zip(KINDS, (select, reject, again), strict=True):
        for said in (part for text in given for part in split_ids(text)):
            one = _named(kind, said, words)
            found += [one] if isinstance(one, Choice) else []
            faults += [one] if isinstance(one, Fault) else []
    if faults := faults + _contradictions(found):
        raise StartError(faults)
    return found


def _named(kind: Kind, said: str, words: Words) -> Choice | Fault:
    where = f"--{kind}"
    if kind == "again":
        return Choice(where, said, kind, said, note=words.note, by=words.by, at=words.at)
    shot_id, _, number = said.rpartition("=")
    if not shot_id.strip() or not number.strip().isdecimal() or len(number) > 9:
        return Fault(0, "", where, said, "write the shot and the number of its take, such as sh010=2")
    return Choice(where, said, kind, shot_id.strip(), int(number), note=words.note, by=words.by, at=words.at)


def _contradictions(choices: Sequence[Choice]) -> list[Fault]:
    chosen: dict[str, Choice] = {}
    faults = []
    for one in choices:
        if one.kind == "select" and chosen.setdefault(one.shot_id, one).take != one.take:
            faults.append(one.fault(f"take {chosen[one.shot_id].take} of it is selected as well: one is in use"))
        if one.kind == "reject" and one.shot_id in chosen and chosen[one.shot_id].take == one.take:
            faults.append(one.fault("the same take is selected as well"))
    return faults


def decide(desk: Desk, choices: Iterable[Choice]) -> Decided:
    """The verdicts to write. What was said word for word before is left out and told; a verdict that does nothing now,
    because its take belongs to no current row, is kept and told.

    Raises ``StartError`` when a shot or a take is unknown, a take is a stand-in or words are too long, with every
    fault.
    """
    verdicts, told, faults = [], list[str](), list[Fault]()
    before = {key: {replace(one, n=0) for one in said} for key, said in desk.verdicts.items()}
    for one in choices:
        if fault := _wrong(desk, one):
            faults.append(fault)
            continue
        key, verdict = _verdict(desk, one)
        if verdict in before.get(key, set()):
            told.append(f"{one.shot_id}: {said_of(verdict)} was said before, on {verdict.at}")
            continue
        before.setdefault(key, set()).add(verdict)
        verdicts.append((key, verdict))
        told += [f"{one.shot_id}: {why}" for why in idle(desk, key, verdict)]
    if faults:
        raise StartError(faults)
    return Decided(tuple(verdicts), tuple(told))


def said_of(verdict: Verdict) -> str:
    """A verdict in few words."""
    return verdict.kind if verdict.kind == "again" else f"{verdict.kind} take {verdict.take}"


def idle(desk: Desk, key: str, verdict: Verdict) -> list[str]:
    """In words why a verdict does nothing as the target is; empty where it does."""
    shot = desk.by_key().get(key)
    if shot is None:
        return ["the board has no such row any more: kept, and without effect until it has"]
    if verdict.kind != "again" and shot.takes.get(verdict.take) != verdict.sha256:
        return [f"take {verdict.take} is no take of it any more: kept, and without effect"]
    return []


def _wrong(desk: Desk, one: Choice) -> Fault | None:
    if len(one.note) > LONGEST_NOTE:
        return one.fault(f"a note of {len(one.note):,} characters; {LONGEST_NOTE:,} at the most")
    if len(one.by) > LONGEST_NAME:
        return one.fault(f"a name of {len(one.by):,} characters; {LONGEST_NAME} at the most")
    if one.key:
        return _misnamed(desk, one)
    shot = desk.by_id().get(one.shot_id)
    if shot is None:
        near = nearest_name(one.shot_id, desk.by_id())
        return one.fault(f"no shot of that id is at the target{f'; nearest known: {near!r}' if near else ''}")
    if why := without_takes(shot):
        return one.fault(why)
    if one.kind != "again" and one.take not in shot.takes:
        return one.fault(f"take {one.take} is none of {one.shot_id}: its takes are {', '.join(map(str, shot.takes))}")
    return None


def _misnamed(desk: Desk, one: Choice) -> Fault | None:
    """What is wrong with a choice that a page wrote: its shot or its take may be gone, but not look otherwise."""
    if not KEY.fullmatch(one.key):
        return one.fault(f"{one.key!r:.40} is no key of a shot: save the list from the page again")
    if one.kind != "again" and not (one.take and DIGEST.fullmatch(one.sha256)):
        return one.fault("the number of the take or its sha256 is missing: save the list from the page again")
    shot = desk.by_key().get(one.key)
    return one.fault(STANDS_IN) if shot and not shot.takes and shot.status == "stand_in" else None


def without_takes(shot: Seen) -> str:
    """Why a shot takes no verdict, in words; empty where it has takes."""
    if shot.takes:
        return ""
    if shot.status == "stand_in":
        return STANDS_IN
    return "it has no take yet"


def _verdict(desk: Desk, one: Choice) -> tuple[str, Verdict]:
    shot = desk.by_key().get(one.key) if one.key else desk.by_id()[one.shot_id]
    take, digest, after = one.take, one.sha256, one.after
    if shot is not None:
        take = take or shot.in_use or max(shot.takes, default=0)
        digest = digest or shot.takes.get(take, "")
        after = shot.after if after is None else after
    return one.key or (shot.key if shot else ""), Verdict(
        0, take, digest, one.kind, one.note, one.by, one.at, after or 0
    )
