"""The orders of many targets as one table: sums by gateway, model, month and board, added up target by target."""

import math
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy

from tasks.commands.costs.reading import CHUNK, MICRO, MONEY, NO_MONTH, Orders
from tasks.domain.money import ZERO, usd
from tasks.manifest import Row, Table

if TYPE_CHECKING:
    import pandas

BY = ("provider", "model", "month", "board")
COLUMNS: Table = {
    "provider": "text",
    "model": "text",
    "month": "text",
    "board": "text",
    "orders": "int",
    "clips": "int",
    "clips_in_use": "int",
    "seconds_in_use": "float",
    "charged_usd": "usd",
    "in_use_usd": "usd",
    "alternates_usd": "usd",
    "wasted_usd": "usd",
    "at_risk_usd": "usd",
    "usd_per_clip_in_use": "usd?",
    "usd_per_second_in_use": "usd?",
    "refused_share": "float",
    "keep_rate": "float",
    "wait_median_s": "float",
    "wait_p95_s": "float",
}
_COUNTS = ("orders", "clips", "clips_in_use", "refused")
_SUMMED = (*_COUNTS, "seconds", *MONEY)


class Costs:
    """The sums so far: of a hundred thousand orders only those, and the waiting times, are kept."""

    def __init__(self) -> None:
        self.texts: dict[str, dict[str, int]] = {name: {} for name in ("provider", "model", "board")}
        self.held: list[dict[str, Any]] = []  # columns of orders that are not added up yet
        self.count = 0  # of those
        self.parts: list[pandas.DataFrame] = []
        self.waits: list[pandas.DataFrame] = []

    def add(self, orders: Orders) -> None:
        """Add orders, as `read_orders` gives them."""
        ones = numpy.ones(len(orders), "int32")
        board = {"board": ones * self._code("board", orders.board)}
        words = {
            name: numpy.array([self._code(name, text) for text in texts], "int32")[places]
            for name, (places, texts) in orders.words.items()
        }
        self.held.append({**words, **board, **orders.columns, "orders": ones})
        self.count += len(orders)
        if self.count >= CHUNK:
            self._add_up()

    def _code(self, column: str, text: str) -> int:
        """The number that stands for a text."""
        known = self.texts[column]
        return known.setdefault(text, len(known))

    def _add_up(self) -> None:
        import pandas

        if not self.held:
            return
        names = (*BY, *_SUMMED, "wait_s")
        held = pandas.DataFrame({name: numpy.concatenate([one[name] for one in self.held]) for name in names})
        self.held, self.count = [], 0
        self.parts.append(held.groupby(list(BY), sort=False)[list(_SUMMED)].sum().reset_index())
        self.waits.append(held.loc[held["wait_s"].notna(), [*BY, "wait_s"]])

    def rows(self, by: Sequence[str] = BY) -> list[Row]:
        """A row for each group, the newest month last; groups that differ in what ``by`` leaves out are one."""
        import pandas

        self._add_up()
        if not self.parts:
            return []
        sums = pandas.concat(self.parts).groupby(list(by), sort=False)[list(_SUMMED)].sum()
        waited = pandas.concat(self.waits).groupby(list(by), sort=False)["wait_s"]
        sums = sums.join(pandas.DataFrame({"median": waited.quantile(0.5), "high": waited.quantile(0.95)}))
        listed = {name: list(known) for name, known in self.texts.items()}
        rows = []
        for codes, one in zip(sums.index, sums.to_dict("records"), strict=True):
            names = {name: _text(name, int(code), listed) for name, code in zip(by, codes, strict=True)}
            waits = None if math.isnan(one["median"]) else (one["median"], one["high"])
            rows.append(_row(names, one, waits or (None, None)))
        return sorted(rows, key=lambda row: [row[name] for name in by])


def _text(column: str, code: int, listed: dict[str, list[str]]) -> str:
    """The text that a number stands for; a month as 2026-11, empty where it is not known."""
    if column != "month":
        return listed[column][code]
    return "" if code == NO_MONTH else f"{1970 + code // 12}-{code % 12 + 1:02}"


def _row(names: dict[str, Any], one: dict[Any, Any], waits: Sequence[float | None]) -> Row:
    money = {name: Decimal(int(one[name])) / MICRO for name in MONEY}
    used, seconds = int(one["clips_in_use"]), float(one["seconds"])
    return {
        **dict.fromkeys(BY, ""),
        **names,
        **{name: int(one[name]) for name in ("orders", "clips", "clips_in_use")},
        "seconds_in_use": round(seconds, 3),
        **money,
        "usd_per_clip_in_use": usd(money["charged_usd"] / used) if used else None,
        "usd_per_second_in_use": usd(money["charged_usd"] / Decimal(str(round(seconds, 3)))) if seconds else None,
        "refused_share": round(int(one["refused"]) / int(one["orders"]), 4),
        "keep_rate": round(used / int(one["clips"]), 4) if one["clips"] else None,
        "wait_median_s": None if waits[0] is None else round(waits[0], 3),
        "wait_p95_s": None if waits[1] is None else round(waits[1], 3),
    }


def total(rows: Sequence[Row]) -> Row:
    """The sums of all rows: counts and money."""
    counts = {name: sum(row[name] for row in rows) for name in ("orders", "clips", "clips_in_use")}
    return counts | {name: sum((row[name] for row in rows), ZERO) for name in MONEY}
