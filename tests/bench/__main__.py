"""``python -m tests.bench [PART...]``: prints a table as it measures, and writes ``bench.json``.

Parts: plan, first-order, no-op, ledger, media, overhead; scale and fan-out only by name. Nothing is asserted: a machine
has moods, and the ratios of one run are the measure.
"""

import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from tests.bench import alone, fanout, first, overhead
from tests.bench.rows import Row, report

USUAL = ("plan", "first-order", "no-op", "ledger", "media", "overhead")


def _media(folder: Path) -> Iterable[Row]:
    photos = alone.photographs(folder / "photos")
    yield from alone.frames(folder, photos)
    yield alone.animatic(folder, photos / "0.jpg")
    yield alone.reel(folder)
    yield alone.looking(folder)


def _no_op(folder: Path) -> Iterable[Row]:
    yield from alone.no_op(folder, 1_000, 5)
    yield from alone.no_op(folder, 10_000, 30)


PARTS: dict[str, Callable[[Path], Iterable[Row]]] = {
    "plan": alone.plan,
    "first-order": first.first_order,
    "no-op": _no_op,
    "ledger": alone.ledger,
    "media": _media,
    "overhead": overhead.overhead,
    "scale": overhead.scale,
    "fan-out": fanout.fan_out,
}


def main(*asked: str) -> None:
    """Measure the parts that were asked for, else the usual ones."""
    rows: list[Row] = []
    for part in asked or USUAL:
        with tempfile.TemporaryDirectory(prefix="storyreel-bench-") as folder:
            for row in PARTS[part](Path(folder)):
                print(row, flush=True)
                rows.append(row)
                report(rows, Path("bench.json"))


if __name__ == "__main__":
    main(*sys.argv[1:])
