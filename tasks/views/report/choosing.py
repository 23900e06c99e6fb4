"""What the report says of a shot's takes and of who chose what. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tasks.domain.verdict import Verdict
from tasks.views.report.words import Cells, href, number, route, seconds, usd, when

WORDS = {"select": "chose take {}", "reject": "rejected take {}", "again": "asked for one more take"}


@dataclass(frozen=True, slots=True)
class Take:
    """One take of a shot; ``verdict`` is what counts of it: select, reject or nothing."""

    n: int
    sha256: str
    clip: str
    poster: str
    in_use: bool
    grade: str
    verdict: str
    quote: str
    told: str


@dataclass(frozen=True, slots=True)
class Said:
    """One verdict, and in words what it says."""

    verdict: Verdict
    words: str
    when: str


def takes(rows: Iterable[Cells], verdicts: Sequence[Verdict]) -> tuple[Take, ...]:
    """The takes of a shot by number. A verdict that is newer than the table counts."""
    listed = sorted(rows, key=lambda one: int(one["take"]))
    newer = {one.take: one for one in verdicts if one.kind != "again"}
    return tuple(_take(row, newer.get(int(row["take"]))) for row in listed)


def _take(row: Cells, said: Verdict | None) -> Take:
    counts = said is not None and said.sha256 == row["sha256"]
    told = [
        seconds(row["seconds"]),
        route(row),
        usd(row["charged_usd"]) if number(row["charged_usd"]) else "",
        str(row["qa"] or ""),
    ]
    return Take(
        n=int(row["take"]),
        sha256=str(row["sha256"]),
        clip=href(row["clip"]),
        poster=href(row["poster"]),
        in_use=bool(row["in_use"]),
        grade=str(row["grade"] or ""),
        verdict=said.kind if said is not None and counts else str(row["verdict"] or ""),
        quote=f"{number(row['quoted_usd']):f}",
        told=" · ".join(part for part in told if part),
    )


def waits(found: Sequence[Take]) -> bool:
    """Whether the shot waits for a choice: several takes, or drafts, and none of them chosen."""
    open_ones = [one for one in found if one.verdict != "reject"]
    chosen = any(one.verdict == "select" for one in found)
    return not chosen and (len(open_ones) > 1 or any(one.grade == "draft" for one in open_ones))


def said(verdicts: Iterable[Verdict]) -> tuple[Said, ...]:
    """Who chose what when, oldest first."""
    return tuple(
        Said(one, f"{one.by or 'Somebody'} {WORDS[one.kind].format(one.take)}", when(one.at)) for one in verdicts
    )


def by_key(rows: Iterable[Cells]) -> Mapping[str, list[Cells]]:
    """The rows of the table of takes by the ledger's key."""
    found: dict[str, list[Cells]] = {}
    for one in rows:
        found.setdefault(str(one["key"]), []).append(one)
    return found
