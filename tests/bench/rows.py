"""What the bench reports: a line of a table for people, the figures behind it for machines."""

import json
import os
import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.bench.measure import Ran

ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Row:
    """One comparison. ``met`` is None where nothing is asked for; ``figures`` are what the medians were taken of."""

    name: str
    ours: str
    other: str
    bar: str
    met: bool | None
    figures: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        word = {True: "met", False: "MISSED", None: ""}[self.met]
        return f"{self.name:32} {self.ours:44} {self.other:34} {self.bar:38} {word}"


def in_turns(*acts: Callable[[int], Ran], rounds: int = ROUNDS) -> list[list[Ran]]:
    """Each act so many times, one after the other in turns, so that all meet the machine in the same moods."""
    taken: list[list[Ran]] = [[] for _ in acts]
    for turn in range(rounds):
        for place, act in zip(taken, acts, strict=True):
            ran = act(turn)
            if ran.code:
                raise RuntimeError(f"a measured process ended with {ran.code}: {ran.out[-500:]}\n{ran.errors[-2000:]}")
            place.append(ran)
    return taken


def median(values: Sequence[float]) -> float:
    return round(statistics.median(values), 3)


def figures(ran: Sequence[Ran], **more: Any) -> dict[str, Any]:
    """Medians of what processes took, and each wall."""
    return {
        "wall_s": median([one.wall for one in ran]),
        "cpu_s": median([one.cpu for one in ran]),
        "memory_mb": median([one.memory for one in ran]),
        "lag_ms": median([one.lag for one in ran]),
        "walls_s": [round(one.wall, 2) for one in ran],
        **more,
    }


def report(rows: Sequence[Row], path: Path) -> None:
    """Write the figures; the table was printed as it grew."""
    load = Path("/proc/loadavg").read_text().split()[:3] if Path("/proc/loadavg").exists() else []
    told = {"cores": os.cpu_count(), "load": load, "rows": [asdict(row) for row in rows]}
    path.write_text(json.dumps(told, indent=2) + "\n")
