"""The report of a target: one page with the contact sheet, the money, and what to do about the rest. Pure."""

import base64
import hashlib
import io
import re
import shlex
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import groupby
from pathlib import Path, PurePosixPath
from typing import Any

from tasks.domain.request import VIEWS
from tasks.domain.result import has_own_clip
from tasks.domain.verdict import Verdict
from tasks.manifest import row_keys
from tasks.views.report.cards import Card, by_shot, card
from tasks.views.report.choosing import by_key
from tasks.views.report.needs import needs
from tasks.views.report.spending import money
from tasks.views.report.words import MARKS, Cells, count, film, usd, when

PAGE = Path(__file__).parent
FILES = ("manifest.csv", "manifest.parquet", "manifest.json", "attempts.csv", "attempts.parquet", "costs.json")
STYLES, SCRIPTS = ("report.css", "review.css"), ("report.js", "review.js")
CONNECT = "connect-src 'self'; "
KEYS = (
    ("←  →", "previous shot, next shot"),
    ("1 … 9", "turn to a take"),
    ("space or p", "play, pause"),
    ("c", "choose the take"),
    ("x", "reject it"),
    ("a", "ask for one more take"),
    ("n", "write a note"),
    ("r", "lay the reference picture over it"),
    ("esc", "close"),
    ("?", "these keys"),
)
LONG = 200  # shots; past it what is out of sight is not laid out, and its height is only guessed until seen
OPEN = 24  # shots; of so many that the page is long the others are packed: a browser makes them when it has time
MAYBE = (
    "captions.srt",
    "captions.vtt",
    "takes.csv",
    "takes.parquet",
    "refunds.csv",
    *(view.file for view in VIEWS.values()),
)
SIDE = 3  # shots; scenes of fewer stand side by side in a row
COLUMNS = 3  # of a sheet on a screen of 1280 pixels, and on paper
CONTINUED = "continued"  # instead of sums, where a scene comes back
PARTS = {"wide": 12, "square": 60, "tall": 60}  # shots laid out together: whole rows at any number of columns


@dataclass(frozen=True, slots=True)
class Heading:
    """What a page says of its run. ``made_at`` is ISO 8601; ``has_reel``: a rough cut lies beside it; ``beside`` are
    those of `MAYBE` that do."""

    board: str
    run_id: str
    made_at: str
    has_reel: bool = False
    target: str = ""
    beside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Review:
    """What people can choose from, and what they chose so far. ``verdicts`` are by the ledger's key, oldest first.

    ``served`` is the name of who chooses, where a server takes the choices; None for a page that lies as a file.
    """

    takes: Sequence[Cells] = ()
    verdicts: Mapping[str, Sequence[Verdict]] = field(default_factory=dict)
    served: str | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """Shots that the browser lays out together. ``packed``: their markup lies in a ``noscript`` until they are near."""

    cards: Sequence[Card]
    packed: bool = False


@dataclass(frozen=True, slots=True)
class Scene:
    """Shots of one scene that follow each other in the board, in parts that the browser lays out when they come into
    sight. ``sums`` are those of the whole scene, at its first shots. ``few`` is its number of shots where these are so
    few that its neighbours stand beside it, ``lone``: it is one shot without such a neighbour."""

    name: str
    sums: str
    parts: tuple[Part, ...]
    few: int = 0
    lone: bool = False

    @property
    def shots(self) -> int:
        """How many they are."""
        return sum(len(part.cards) for part in self.parts)


NOTHING_TO_CHOOSE = Review()


def render_page(
    rows: Sequence[Cells],
    attempts: Sequence[Cells],
    costs: Mapping[str, Any],
    heading: Heading,
    review: Review = NOTHING_TO_CHOOSE,
) -> bytes:
    """``report.html`` as UTF-8: one page that needs no other host, no script and no server.

    ``rows`` are the shots of ``manifest.json`` in board order and ``attempts`` the rows of the attempts table,
    ``costs`` is the content of ``costs.json``; amounts are shown as it spells them. Paths are relative to the
    target, where the page belongs. The same values give the same bytes.
    """
    known = by_shot(attempts)
    keys, takes = row_keys(rows), by_key(review.takes)
    cards = []
    for row in rows:
        key = keys.get(str(row["shot_id"]), "")
        made = known.get((str(row["shot_id"]), str(row["fingerprint"])), ())
        cards.append(card(row, made, takes.get(key, ()), review.verdicts.get(key, ()), key))
    facts = _frame(heading) | _head(cards, costs, heading.has_reel) | money(costs)
    facts |= {"beside": _beside(heading), "again": _again(heading, rows)}
    facts |= {"served": review.served, "keys": KEYS, "policy": policy(served=review.served is not None)}
    page = io.BytesIO()  # as one text it would be in memory three times
    for piece in _template().generate(**facts, **_sheet(cards, rows, costs), **_filters(cards)):
        page.write(piece.encode("utf-8", "replace"))
    return page.getvalue()


def _frame(heading: Heading) -> dict[str, Any]:
    shown = re.sub(r"(?<=//)[^/@]*@", "", heading.board.split("?")[0])  # a signature or a password is for no page
    words = re.sub(r"[_\-\s]+", " ", PurePosixPath(shown.replace("\\", "/")).stem).strip()
    title = f"{words[:1].upper()}{words[1:]}" or "Storyboard"
    made_at = heading.made_at
    return {"board": shown, "title": title, "run_id": heading.run_id, "made_at": made_at, "made_words": when(made_at)}


def _beside(heading: Heading) -> list[str]:
    """The cut, its captions and the workbook, where they are there: what people take along, not the tables."""
    found = [name for name in heading.beside if name.rpartition(".")[2] not in ("csv", "parquet", "html")]
    return found if VIEWS["reel"].file in found or not heading.has_reel else [*found, VIEWS["reel"].file]


def _again(heading: Heading, rows: Sequence[Cells]) -> str:
    """The command that renders a shot again, but for its id. The tables do not name the config of a run: one that can
    spend is left for a person to fill in."""
    config = " --config CONFIG" if any(row["provider"] not in ("", "animatic") for row in rows) else ""
    board, target = (shlex.quote(text or word) for text, word in ((heading.board, "BOARD"), (heading.target, "TARGET")))
    return f"storyreel render {board} --to {target}{config} --rerender"


def _head(cards: Sequence[Card], costs: Mapping[str, Any], has_reel: bool) -> dict[str, Any]:
    asked = needs(cards)
    missing = sum(not has_own_clip(one.status) for one in cards)
    seen = [one for one in cards if one.clip and one.poster]
    return {
        "dek": _dek(len(cards), missing),
        "figures": _figures(costs),
        "needs": asked,
        "needs_title": f"{count(missing, 'shot')} without a clip" if missing else "Worth a look",
        "has_reel": has_reel,
        "hero": seen[0] if seen else None,
        "files": FILES,
    }


def _dek(shots: int, missing: int) -> str:
    if not shots:
        return "No shot has been asked for yet."
    if not missing:
        return f"Every one of its {count(shots, 'shot')} has a clip." if shots > 1 else "Its one shot has a clip."
    has = "have a clip of their own" if shots - missing != 1 else "has a clip of its own"
    return f"{shots - missing} of {count(shots, 'shot')} {has}. The rest comes first, with what to do next."


def _figures(costs: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    total, run = costs["totals"], costs["this_run"]
    figures = [
        ("Clips", f"{total['clips']} of {total['shots']}", f"{run['clips']} in this run"),
        ("Film", film(total["seconds"]), f"{film(run['seconds'])} in this run"),
        ("Charged", usd(total["charged_usd"]), f"{usd(run['charged_usd'])} in this run"),
        ("Wasted", usd(total["wasted_usd"]), "charged, no clip"),
        ("At risk", usd(total["at_risk_usd"]), "perhaps charged"),
    ]
    return figures + ([("Budget", usd(costs["budget_usd"]), "")] if costs["budget_usd"] else [])


def _sheet(cards: Sequence[Card], rows: Sequence[Cells], costs: Mapping[str, Any]) -> dict[str, Any]:
    shapes = Counter(_shape(row) for row in rows if row["width"] and row["height"])
    shape = shapes.most_common(1)[0][0] if shapes else "wide"
    long = len(cards) > LONG
    size = PARTS[shape] if long else max(1, len(cards))
    return {"scenes": list(_side_by_side(_scenes(cards, costs["by_scene"], size))), "shape": shape, "long": long}


def _scenes(cards: Sequence[Card], buckets: Mapping[str, Cells], size: int) -> Iterable[Scene]:
    told, shown = set(), 0
    for name, run in groupby(cards, key=lambda one: one.scene):
        found = list(run)
        cut = [(i + shown, found[i : i + size]) for i in range(0, len(found), size)]
        parts = tuple(Part(some, packed=len(cards) > LONG and before >= OPEN) for before, some in cut)
        shown += len(found)
        yield Scene(name or "No scene", CONTINUED if name in told else _sums(buckets.get(name)), parts)
        told.add(name)


def _side_by_side(scenes: Iterable[Scene]) -> Iterable[Scene]:
    """The scenes with what each needs to know of its neighbours, at the columns of most screens; the page's script goes
    by those that it finds, and by what a filter leaves."""
    for row in _rows((scene, scene.shots) for scene in scenes):
        lone = [shots for _, shots in row] == [1]
        yield from (replace(scene, few=shots if shots < SIDE else 0, lone=lone) for scene, shots in row)


def _rows(counted: Iterable[tuple[Scene, int]]) -> Iterable[list[tuple[Scene, int]]]:
    """Scenes that stand in a row, each with its number of shots; one of many shots has its rows for itself."""
    row: list[tuple[Scene, int]] = []
    for scene, shots in counted:
        if row and sum(one for _, one in row) + shots > COLUMNS:
            yield row
            row = []
        row.append((scene, shots))
    if row:
        yield row


def _sums(bucket: Cells | None) -> str:
    if bucket is None:
        return ""
    clips = f"{bucket['clips']} of {count(bucket['shots'], 'clip')}"
    return f"{clips} · {film(bucket['seconds'])} · {usd(bucket['charged_usd'])}"


def _shape(row: Cells) -> str:
    ratio = row["width"] / row["height"]
    return "wide" if ratio > 1.15 else "tall" if ratio < 0.87 else "square"


def _filters(cards: Sequence[Card]) -> dict[str, Any]:
    counts = Counter(one.status for one in cards)
    counts["at_risk"] = sum(one.at_risk for one in cards)
    counts["waits"] = sum(one.waits for one in cards)
    counts["marked"] = sum(one.marked for one in cards)
    several = any(len(one.takes) > 1 or one.waits for one in cards)  # then the chip may come to count something
    return {
        "found": count(len(cards), "shot"),
        "chips": [
            (name, word, counts[name]) for name, word in MARKS.items() if counts[name] or (name == "waits" and several)
        ],
        "scene_choices": [(f"={name}", name or "No scene") for name in dict.fromkeys(one.scene for one in cards)],
        "gateway_choices": [(f"={name}", name or "None yet") for name in sorted({one.provider for one in cards})],
    }


@cache
def _template() -> Any:
    """Page, style and script as one template; the policy names the last two by their digests."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    place = Environment(
        loader=FileSystemLoader(PAGE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    place.globals.update(css=Markup(_text(STYLES)), js=Markup(_text(SCRIPTS)))  # noqa: S704 - our own files
    return place.get_template("report.html.j2")


def policy(*, served: bool) -> str:
    """What the page may do: its own style and script by their digests, and asking its server where there is one."""
    css, js = (_text(names) for names in (STYLES, SCRIPTS))
    style, script = (base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (css, js))
    return (
        f"default-src 'none'; script-src 'sha256-{script}'; style-src 'sha256-{style}'; img-src 'self'; "
        f"media-src 'self'; {CONNECT if served else ''}base-uri 'none'; form-action 'none'"
    )


@cache
def _text(names: tuple[str, ...]) -> str:
    text = "".join((PAGE / name).read_text("utf-8") for name in names)
    return f'"use strict";\n(() => {{\n{text}}})();\n' if names == SCRIPTS else text
