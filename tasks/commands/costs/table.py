"""The orders of many targets as one table: sums by gateway, model, month and board, added up target by target."""

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

from tasks.commands.costs.reading import MICRO, MONEY
from tasks.domain.money import ZERO, usd
from tasks.manifest import Row, Table

if TYPE_CHECKING:
    import pandas

BY = ("provider", "model", "month", "board")
REFUSED = ("refused", "moderated")
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


class Costs:
    """The sums so far: of each target only those, and the waiting times, are kept."""

    def __init__(self) -> None:
        self.parts: list[pandas.DataFrame] = []
        self.waits: dict[tuple[str, ...], list[Any]] = {}

    def add(self, orders: "pandas.DataFrame") -> None:
        """Add orders, as `read_orders` gives them."""
        counted = orders.assign(
            orders=1,
            clips=orders["outcome"].isin(("clip", "late")).astype("int64"),
            clips_in_use=orders["used"].astype("int64"),
            refused=orders["outcome"].isin(REFUSED).astype("int64"),
        )
        columns = [*_COUNTS, "seconds", *MONEY]
        self.parts.append(counted.groupby(list(BY), sort=False)[columns].sum().reset_index())
        waited = orders.loc[orders["wait_s"].notna(), [*BY, "wait_s"]]
        for name, seconds in waited.groupby(list(BY), sort=False)["wait_s"]:
            self.waits.setdefault(cast(tuple[str, ...], name), []).append(seconds.to_numpy("float32"))

    def rows(self, by: Sequence[str] = BY) -> list[Row]:
        """A row for each group, the newest month last; groups that differ in what ``by`` leaves out are one."""
        if not self.parts:
            return []
        import pandas

        sums = pandas.concat(self.parts).groupby(list(by), sort=True)[[*_COUNTS, "seconds", *MONEY]].sum()
        waits = self._waits(by)
        rows = []
        for name, one in zip(sums.index, sums.to_dict("records"), strict=True):
            names = name if isinstance(name, tuple) else (name,)
            rows.append(_row(dict(zip(by, names, strict=True)), one, waits.get(names, (None, None))))
        return rows

    def _waits(self, by: Sequence[str]) -> dict[tuple[str, ...], tuple[float, float]]:
        """Median and 95th percentile of the seconds from order to clip, by group."""
        import numpy

        places = [BY.index(name) for name in by]
        parts: dict[tuple[str, ...], list[Any]] = {}
        for name, arrays in self.waits.items():
            parts.setdefault(tuple(name[i] for i in places), []).extend(arrays)
        found = ((name, numpy.quantile(numpy.concatenate(arrays), (0.5, 0.95))) for name, arrays in parts.items())
        return {name: (float(median), float(high)) for name, (median, high) in found}


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
