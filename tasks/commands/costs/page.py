"""The costs as one HTML page in the report's design: three charts in SVG and the table. Pure; no script."""

import base64
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from html import escape
from pathlib import Path
from typing import Any

from tasks.commands.costs.reading import MONEY
from tasks.commands.costs.table import COLUMNS, total
from tasks.domain.money import ZERO, usd_shown
from tasks.manifest import Row
from tasks.views.report import page as report

HUES = ("--accent", "--good", "--warn", "--hold", "--bad", "--edge")
WIDTH, LEFT, LINE = 760, 250, 30  # pixels of a chart, of its names, of one line
MOST_LINES = 40  # of a chart; the table has all
OWN = """
main { max-width: 76rem; margin: 0 auto; padding: 2rem var(--gap); }
h2 { margin: 2.5rem 0 .75rem; font: 600 1.1rem/1.3 var(--sans); }
figure { margin: 0; overflow-x: auto; }
text { fill: var(--ink); font: 13px var(--sans); }
text.faint, .key { fill: var(--faint); color: var(--faint); }
table { border-collapse: collapse; font-size: .85rem; }
th, td { padding: .35rem .6rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
th.t, td.t { text-align: left; }
"""


def render_page(rows: Sequence[Row], models: Sequence[Row], months: Sequence[Row], heading: str) -> bytes:
    """The page as UTF-8. ``rows`` are those of the table, ``models`` the sums by gateway and model, ``months`` those by
    month and gateway."""
    style = "\n".join((Path(report.PAGE / "report.css").read_text("utf-8"), OWN, _hues(months)))
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        '<meta name="viewport" content="width=device-width"><title>Costs</title>',
        f"<style>{style}</style></head><body><main><h1>Costs</h1><p>{escape(heading)}</p>",
        _section("Spend by month and gateway", _spend(months)),
        _section("Dollars a clip in use, by model", _bars(models, "usd_per_clip_in_use", _dollars)),
        _section("Waiting time by model: median, and 95th percentile", _waits(models)),
        _section("All figures", _table(rows)),
        "</main></body></html>\n",
    ]
    return "".join(parts).encode("utf-8", "replace")


def _section(title: str, body: str) -> str:
    return f"<section><h2>{escape(title)}</h2><figure>{body}</figure></section>"


def _hues(months: Sequence[Row]) -> str:
    names = sorted({row["provider"] for row in months})
    return "".join(f".h{i} {{ fill: var({HUES[i % len(HUES)]}); }}\n" for i in range(len(names) + 1))


def _svg(lines: Sequence[str], what: str) -> str:
    if not lines:
        return "<p>Nothing to draw.</p>"
    high = len(lines) * LINE + 8
    placed = (f'<g transform="translate(0 {i * LINE})">{line}</g>' for i, line in enumerate(lines))
    wide = WIDTH + 120  # the figure at the end of the longest bar
    size = f'viewBox="0 0 {wide} {high}" width="{wide}" height="{high}"'
    return f'<svg role="img" aria-label="{escape(what)}" {size}>{"".join(placed)}</svg>'


def _name(text: str) -> str:
    shown = text if len(text) <= 36 else f"{text[:35]}\u2026"
    return f'<text x="0" y="19">{escape(shown)}<title>{escape(text)}</title></text>'


def _spend(months: Sequence[Row]) -> str:
    """A bar a month, in pieces by gateway: what was charged and what is at risk."""
    names = sorted({row["provider"] for row in months})
    sums: dict[str, dict[str, Decimal]] = {}
    for row in months:
        sums.setdefault(row["month"], {})[row["provider"]] = row["charged_usd"] + row["at_risk_usd"]
    most = max((sum(one.values(), ZERO) for one in sums.values()), default=ZERO)
    lines = []
    for month, of in sorted(sums.items())[-MOST_LINES:]:
        parts, start = [], float(LEFT)
        for i, name in enumerate(names):
            wide = float(of.get(name, ZERO) / most) * (WIDTH - LEFT) if most else 0.0
            said = f"<title>{escape(name)} {usd_shown(of.get(name, ZERO))} USD</title>"
            parts.append(f'<rect class="h{i}" x="{start:.1f}" y="5" width="{wide:.1f}" height="18">{said}</rect>')
            start += wide
        parts.append(f'<text class="faint" x="{start + 6:.1f}" y="19">{usd_shown(sum(of.values(), ZERO))} USD</text>')
        lines.append(_name(month or "no month") + "".join(parts))
    legend = " ".join(
        f'<svg width="12" height="12"><rect class="h{i}" width="12" height="12"/></svg> {escape(name)}'
        for i, name in enumerate(names)
    )
    return _svg(lines, "Spend by month and gateway") + f'<p class="key">{legend}</p>'


def _dollars(value: Any) -> str:
    return f"{usd_shown(value)} USD"


def _bars(rows: Iterable[Row], column: str, words: Callable[[Any], str]) -> str:
    drawn = sorted((row for row in rows if row[column] is not None), key=lambda row: -row[column])[:MOST_LINES]
    most = float(max((row[column] for row in drawn), default=0)) or 1.0
    lines = []
    for row in drawn:
        wide = float(row[column]) / most * (WIDTH - LEFT)
        bar = f'<rect class="h0" x="{LEFT}" y="5" width="{wide:.1f}" height="18"/>'
        said = f'<text class="faint" x="{LEFT + wide + 6:.1f}" y="19">{escape(words(row[column]))}</text>'
        lines.append(_name(f"{row['provider']}:{row['model']}") + bar + said)
    return _svg(lines, column)


def _waits(rows: Iterable[Row]) -> str:
    """A line from nothing to the 95th percentile with a dot at the median."""
    drawn = sorted((row for row in rows if row["wait_p95_s"] is not None), key=lambda row: -row["wait_p95_s"])
    most = max((row["wait_p95_s"] for row in drawn), default=0.0) or 1.0
    lines = []
    for row in drawn[:MOST_LINES]:
        middle, end = (LEFT + row[name] / most * (WIDTH - LEFT) for name in ("wait_median_s", "wait_p95_s"))
        line = f'<rect class="h0" opacity=".35" x="{LEFT}" y="11" width="{end - LEFT:.1f}" height="6"/>'
        dot = f'<circle class="h0" cx="{middle:.1f}" cy="14" r="6"/>'
        told = f"{row['wait_median_s']:.0f} s, {row['wait_p95_s']:.0f} s"
        said = f'<text class="faint" x="{end + 10:.1f}" y="19">{told}</text>'
        lines.append(_name(f"{row['provider']}:{row['model']}") + line + dot + said)
    return _svg(lines, "Waiting time by model")


def _table(rows: Sequence[Row]) -> str:
    kinds = {name: ' class="t"' if kind == "text" else "" for name, kind in COLUMNS.items()}
    head = "".join(f"<th{kinds[name]}>{escape(name.replace('_', ' '))}</th>" for name in COLUMNS)
    sums: Mapping[str, Any] = {"provider": "All", **total(rows)}
    body = "".join(_line(row, kinds) for row in (*rows, sums))
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _line(row: Mapping[str, Any], kinds: Mapping[str, str]) -> str:
    cells = (f"<td{kind}>{escape(_shown(name, row.get(name)))}</td>" for name, kind in kinds.items())
    return f"<tr>{''.join(cells)}</tr>"


def _shown(name: str, value: Any) -> str:
    if value is None:
        return ""
    if name in MONEY or isinstance(value, Decimal):
        return usd_shown(Decimal(value))
    return f"{value:.0%}" if name in ("refused_share", "keep_rate") else str(value)
