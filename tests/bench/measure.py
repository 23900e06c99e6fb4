"""Processes that are measured: wall and CPU seconds, peak memory, event-loop lag."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.places import ROOT, without_settings


@dataclass(frozen=True, slots=True)
class Ran:
    """What a process took: wall and CPU seconds, peak memory in MB, the worst lag of its event loop in ms."""

    wall: float
    cpu: float
    memory: float
    lag: float
    code: int
    out: str
    errors: str

    @property
    def seconds(self) -> float:
        """Of the work alone, as the process itself tells."""
        return float(self.told["seconds"])

    @property
    def told(self) -> dict[str, Any]:
        """Its standard output as JSON."""
        found: dict[str, Any] = json.loads(self.out)
        return found


def run(folder: Path, *command: object, env: Mapping[str, str] | None = None) -> Ran:
    """Run a measured process to its end."""
    note, out, problems = (folder / name for name in ("note.json", "out.txt", "err.txt"))
    note.unlink(missing_ok=True)
    words = [sys.executable, "-m", "tests.bench.child", str(note), *map(str, command)]
    with out.open("wb") as sink, problems.open("wb") as errors:
        since = time.perf_counter()
        process = subprocess.Popen(
            words, cwd=ROOT, env={**without_settings(), **(env or {})}, stdout=sink, stderr=errors
        )
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - since
    process.returncode = code = os.waitstatus_to_exitcode(status)
    told = json.loads(note.read_text()) if note.exists() else {"memory_mb": 0.0, "lag_ms": 0.0}
    cpu = used.ru_utime + used.ru_stime
    return Ran(wall, cpu, told["memory_mb"], told["lag_ms"], code, *map(_text, (out, problems)))


def _text(path: Path) -> str:
    return path.read_text(errors="replace")
