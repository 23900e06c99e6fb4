"""The money by gateway: its figures as the rollup spells them, and the bars. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tasks.domain.money import ZERO, usd_text
from tasks.views.report.words import Cells, number, usd

KINDS = (("clip", "Bought clips"), ("wasted", "Wasted"), ("risk", "At risk"))


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a bar, in percent of its width."""

    kind: str
    start: Decimal
    width: Decimal


@dataclass(frozen=True, slots=True)
class Line:
    """The money of one gateway: as text with its columns, and as the pieces of its bar."""

    name: str
    clips: str
    cells: tuple[tuple[str, str], ...]
    parts: tuple[Part, ...] = ()


def money(costs: Mapping[str, Any]) -> dict[str, Any]:
    """The lines by gateway, the line of the total, the legend, and the remarks beside them, by name for the page."""
    buckets = costs["by_provider"]
    most = max((sum(_shares(one), ZERO) for one in buckets.values()), default=ZERO)
    asides = []
    if number(costs["superseded_usd"]):
        asides.append(f"{usd(costs['superseded_usd'])} of it went to shots that the board no longer has.")
    if not most:
        asides.append("Nothing was charged and nothing is at risk.")
    lines = [_line(name, bucket, most) for name, bucket in buckets.items()]
    return {
        "kinds": KINDS,
        "drawn": bool(most),
        "lines": lines,
        "total": _line("All", costs["totals"], ZERO),
        "asides": asides,
    }


def _shares(bucket: Cells) -> tuple[Decimal, Decimal, Decimal]:
    wasted = number(bucket["wasted_usd"])
    return number(bucket["charged_usd"]) - wasted, wasted, number(bucket["at_risk_usd"])


def _line(name: str, bucket: Cells, most: Decimal) -> Line:
    shares = _shares(bucket)
    texts = (bucket["charged_usd"], usd_text(shares[0]), bucket["wasted_usd"], bucket["at_risk_usd"])
    labels = ("Charged", *(word for _, word in KINDS))
    parts, start = [], ZERO
    for (kind, _), share in zip(KINDS, shares, strict=True):
        width = round(100 * share / most, 2) if most else ZERO
        parts += [Part(kind, start, width)] if width else []
        start += width
    cells = [*zip(labels, map(usd, texts), strict=True), *_of_clips(bucket)]
    return Line(name, str(bucket["clips"]), tuple(cells), tuple(parts))


def _of_clips(bucket: Cells) -> list[tuple[str, str]]:
    """What of the bought clips is not in use, and what a clip in use came to; nothing of costs that do not say so."""
    if "alternates_usd" not in bucket:
        return []
    each = bucket.get("usd_per_clip")
    return [("Other takes", usd(bucket["alternates_usd"])), ("A clip in use", usd(each) if each else "")]
