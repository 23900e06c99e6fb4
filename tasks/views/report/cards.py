"""What the contact sheet says of a shot. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from tasks.domain.identity import slug_of
from tasks.domain.money import usd_text
from tasks.domain.verdict import Verdict
from tasks.manifest import MANIFEST
from tasks.views.report import choosing
from tasks.views.report.choosing import Said, Take
from tasks.views.report.words import MARKS, Cells, count, href, number, plain, route, seconds, usd, word

SOUND = {"True": "yes", "False": "none"}  # of a clip; nothing where the table does not say
TOLD = {*MANIFEST, "size", "negative_prompt"}  # what has its own words; all else is a column of the board


@dataclass(frozen=True, slots=True)
class Try:
    """One attempt, as the details of its shot tell it."""

    route: str
    word: str
    told: str
    error: str
    in_use: bool


@dataclass(frozen=True, slots=True)
class Detail:
    """A fact under a shot's details; ``href`` is a file of the target that it names."""

    name: str
    text: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """One shot on the contact sheet."""

    shot_id: str
    anchor: str
    scene: str
    status: str
    word: str
    provider: str
    at_risk: bool
    cost: str
    clip: str
    poster: str
    width: int
    height: int
    length: str
    has_sound: bool
    label: str
    prompt: str
    reason: str
    error_class: str
    facts: tuple[str, ...]
    notes: tuple[tuple[str, str], ...]
    more: str
    tries: tuple[Try, ...]
    details: tuple[Detail, ...]
    frame: str
    key: str
    after: int
    takes: tuple[Take, ...]
    said: tuple[Said, ...]
    waits: bool
    marked: bool


def by_shot(attempts: Iterable[Cells]) -> dict[tuple[str, str], list[Cells]]:
    """The attempts by shot id and fingerprint: those at an earlier text of a row have its id, but another
    fingerprint."""
    known: dict[tuple[str, str], list[Cells]] = {}
    for one in attempts:
        known.setdefault((str(one["shot_id"]), str(one["fingerprint"])), []).append(one)
    return {name: sorted(found, key=lambda one: int(one["n"])) for name, found in known.items()}


def card(
    row: Cells,
    attempts: Sequence[Cells] = (),
    takes: Sequence[Cells] = (),
    verdicts: Sequence[Verdict] = (),
    key: str = "",
) -> Card:
    """What the contact sheet says of a shot.

    ``attempts`` and ``takes`` are those of the shot, ``verdicts`` what was said under its ``key``, oldest first.
    """
    used = next((one for one in reversed(attempts) if _made(one, row)), None)
    status, charged, at_risk = str(row["status"]), number(row["charged_usd"]), number(row["at_risk_usd"])
    clip, length = href(row["clip"]), seconds(row["duration_s"])
    texts: dict[str, Any] = {name: str(row[name]) for name in ("shot_id", "scene", "provider", "prompt", "error_class")}
    return Card(
        **texts,
        anchor=f"shot-{slug_of(str(row['shot_id']))}",
        status=status,
        word=MARKS[status],
        at_risk=at_risk > 0,
        cost=usd_text(charged + at_risk),
        clip=clip,
        poster=href(row["poster"] if clip else row["frame"]),
        width=int(row["width"] or 1280),
        height=int(row["height"] or 720),
        length=length,
        has_sound=bool(clip and row.get("has_sound")),
        label=_label(row, length),
        reason=str(row["error"]),
        facts=_facts(row, clip, length),
        notes=tuple(_notes(row, attempts, used)),
        more=f"{count(len(attempts), 'attempt')} and details" if attempts else "Details",
        tries=tuple(_try(one, one is used) for one in attempts),
        details=tuple(_details(row, used)),
        frame=href(row["frame"]),
        key=key,
        marked=bool(row.get("qa")),
        **_choice(attempts, choosing.takes(takes, verdicts), verdicts),
    )


def _choice(attempts: Sequence[Cells], takes: tuple[choosing.Take, ...], verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """What is there to choose from, what was said of it, and the highest attempt that who chooses sees."""
    seen = [int(one["n"]) for one in attempts] + [one.n for one in takes]
    said, waits = choosing.said(verdicts), choosing.waits(takes)
    return {"takes": takes, "said": said, "waits": waits, "after": max(seen, default=0)}


def _label(row: Cells, length: str) -> str:
    """What the picture of a clip is called for those who do not see it; it has the words that stand on it."""
    return ", ".join(
        part for part in (f"Play {row['shot_id']}", length, "with sound" if row.get("has_sound") else "") if part
    )


def _made(one: Cells, row: Cells) -> bool:
    same = all(one[name] == row[name] for name in ("provider", "model", "job_id"))
    at_once = _moment(one["submitted_at"]) == _moment(row["submitted_at"])  # a table of attempts may spell it otherwise
    return bool(row["clip"]) and one["outcome"] in ("clip", "late") and same and at_once


def _moment(text: Any) -> Any:
    """The time that a text names; the text where it names none."""
    try:
        return datetime.fromisoformat(str(text))
    except ValueError:
        return text


def _facts(row: Cells, clip: str, length: str) -> tuple[str, ...]:
    asked = seconds(row["requested_s"])
    got = f"{asked} asked" if asked else ""
    if clip:
        got = f"{length} as asked" if length == asked else f"{asked} asked, {length} delivered"
    money = usd(row["charged_usd"]) if clip or number(row["charged_usd"]) else ""
    return tuple(fact for fact in (got, route(row), money) if fact)


def _notes(row: Cells, attempts: Sequence[Cells], used: Cells | None) -> Iterable[tuple[str, str]]:
    """The lines under a shot: the kind, which is its icon, and the words."""
    if row["error"] or row["error_class"]:
        yield "reason", ": ".join(str(row[name]) for name in ("error_class", "error") if row[name])
    if row.get("stale"):
        again = f"; to do it again costs about {usd(used['quoted_usd'])}" if used and number(used["quoted_usd"]) else ""
        yield "mismatch", f"It is stale: {row['stale']}{again}"
    if row.get("qa"):
        yield "marked", f"Looks wrong: {row['qa']}"
    if row["mismatch"]:
        yield "mismatch", f"The clip {row['mismatch']}"
    yield from (("changed", text) for text in _changes(row, used or (attempts[-1] if attempts else None)))
    if failed := [one for one in attempts if one is not used and not _kept(one)]:
        yield "after", f"{'After' if used else 'Tried'} {_tried(failed)}"
    if number(row.get("alternates_usd") or 0):
        yield "reused", f"{usd(row['alternates_usd'])} for takes kept beside it"
    if number(row["wasted_usd"]):
        yield "wasted", f"{usd(row['wasted_usd'])} wasted"
    if number(row["at_risk_usd"]):
        yield "at_risk", f"{usd(row['at_risk_usd'])} at risk"


def _kept(one: Cells) -> bool:
    """Whether the attempt brought a clip. One that 0.1 did not fetch because it came late was waste."""
    return one["outcome"] == "clip" or (one["outcome"] == "late" and not number(one["wasted_usd"]))


def _changes(row: Cells, sent: Cells | None) -> Iterable[str]:
    """Where the order was not the row: a model offers only some lengths and sizes, or has no such field."""
    if sent is not None and sent["sent_s"] and number(sent["sent_s"]) != number(row["requested_s"]):
        yield f"Sent as {seconds(sent['sent_s'])}"
    if sent is not None and row.get("size") and sent["sent_size"] and row["size"] != sent["sent_size"]:
        yield f"Sent as {sent['sent_size']}, {row['size']} was asked"
    if row.get("negative_prompt"):
        yield f"Avoid: {row['negative_prompt']}"


def _tried(failed: Sequence[Cells]) -> str:
    counts = Counter((route(one), word(one)) for one in failed)
    return ", ".join(f"{route} ({word}{f' {n} times' if n > 1 else ''})" for (route, word), n in counts.items())


def _try(one: Cells, in_use: bool) -> Try:
    sent = " at ".join(part for part in (seconds(one["sent_s"]), str(one["sent_size"])) if part)
    said = ": ".join(str(one[name]) for name in ("error_class", "error") if one[name])
    job = f"job {one['job_id']}" if one["job_id"] else ""
    told = " · ".join(part for part in (sent, _price(one), job) if part)
    return Try(route(one), word(one), told, said, in_use)


def _price(one: Cells) -> str:
    if number(one["at_risk_usd"]):
        return f"{usd(one['at_risk_usd'])} at risk"
    charged = f"{usd(one['charged_usd'])}, {_basis(one)}"
    return f"{charged}, wasted" if number(one["wasted_usd"]) else charged


def _basis(one: Cells) -> str:
    words = {"price_list": "by the price list", "reported": "as reported", "free": "free"}
    return words.get(str(one["charge_basis"]), "basis unknown")


def _details(row: Cells, used: Cells | None) -> Iterable[Detail]:
    yield Detail("Mode", str(row["mode"]).replace("_", " "))
    yield Detail("Seconds", _seconds(row, used))
    yield Detail("Size", _size(row))
    yield Detail("Sound", SOUND.get(str(row.get("has_sound")), "") if row["clip"] else "")
    yield Detail("Quoted", usd(row["quoted_usd"]))
    yield Detail("Charged", f"{usd(row['charged_usd'])}, {_basis(row)}" if row["charge_basis"] else "")
    yield Detail("Job", str(row["job_id"]) if used is None else "")  # else its attempt names it
    yield Detail("Finished", str(row["finished_at"]))
    yield Detail("File", str(row["clip"] or ""), href(row["clip"]))
    for name, column in (("Poster", "poster"), ("Reference", "frame")):
        yield Detail(name, PurePosixPath(str(row[column] or "")).suffix[1:].upper() or name, href(row[column]))
    yield from (Detail(name, str(value)) for name, value in row.items() if name not in TOLD and value)


def _seconds(row: Cells, used: Cells | None) -> str:
    asked, sent, made = (seconds(one) for one in (row["requested_s"], used and used["sent_s"], row["duration_s"]))
    return ", ".join(f"{s} {word}" for s, word in ((asked, "asked"), (sent, "sent"), (made, "delivered")) if s)


def _size(row: Cells) -> str:
    """What was asked and what came, once where they are the same."""
    asked, made = str(row.get("size") or ""), f"{row['width']}x{row['height']}" if row["clip"] else ""
    got = f"{made}, {plain(row['fps'])} fps" if made else ""
    if asked in ("", made):
        return got
    return f"{asked} asked, {got} delivered" if got else f"{asked} asked"
