"""What one may ask a gateway to give money back for: takes that were charged and are flawed, or are less than what was
sent.

Pure.
"""

from collections.abc import Iterable

from tasks.domain.identity import number_text
from tasks.domain.money import usd_text
from tasks.domain.result import Attempt, Clip
from tasks.manifest.rows import Row, Table, shortfall

REFUNDS: Table = {
    "gateway": "text",
    "model": "text",
    "job_id": "text",
    "order_id": "text",
    "submitted_at": "time",
    "delivered_at": "time",
    "asked": "text",
    "delivered": "text",
    "wrong": "text",
    "charged_usd": "usd",
    "clip": "text",
    "sha256": "text",
    "shot_id": "text",
}


def refund_rows(history: Iterable[Attempt], target: str) -> list[Row]:
    """A row for each charged take that is flawed, or shorter or smaller than what was sent, by gateway and time.

    ``history`` is every attempt of the target over all runs, also under keys that no row has; ``target`` is its
    address, below which the clips lie.
    """
    found = [(one, one.clip, wrong) for one in history if one.clip and one.charged and (wrong := _wrong(one, one.clip))]
    ordered = sorted(found, key=lambda item: (item[0].provider, item[0].submitted_at, item[0].key, item[0].n))
    return [_row(one, clip, wrong, target) for one, clip, wrong in ordered]


def has_flaws(history: Iterable[Attempt]) -> bool:
    """Whether any clip is flawed or is less than what was sent, whatever it cost."""
    return any(one.clip is not None and bool(_wrong(one, one.clip)) for one in history)


def _wrong(one: Attempt, clip: Clip) -> str:
    return "; ".join(part for part in (one.qa, shortfall(clip, one)) if part)


def _row(one: Attempt, clip: Clip, wrong: str, target: str) -> Row:
    asked = [f"{number_text(one.seconds)} s", one.size, "with sound" if "silent" in one.qa else ""]
    came = [f"{clip.seconds:g} s", f"{clip.width}x{clip.height}", "without sound" if clip.audio is False else ""]
    cells: Row = {name: getattr(one, name) for name in ("model", "job_id", "order_id", "submitted_at", "shot_id")}
    cells |= {"gateway": one.provider, "delivered_at": one.settled_at, "wrong": wrong, "charged_usd": one.charged}
    cells |= {"asked": ", ".join(filter(None, asked)), "delivered": ", ".join(filter(None, came))}
    cells |= {"clip": f"{target.rstrip('/')}/{clip.path}", "sha256": clip.sha256}
    return {column: cells[column] for column in REFUNDS}


def refunds_line(history: Iterable[Attempt], target: str) -> str:
    """How much was charged for such takes, in a line; empty where nothing was."""
    rows = refund_rows(history, target)
    if not rows:
        return ""
    total = sum(row["charged_usd"] for row in rows)
    clips = "clip is" if len(rows) == 1 else "clips are"
    return f"{len(rows)} charged {clips} not as asked ({usd_text(total)} USD): refunds.csv"
