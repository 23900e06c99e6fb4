"""Runs that are killed at their steps and started again, in children of one process: what their tests share."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tests.crash.test_crash import ROOT
from tests.sandbox.server import Sandbox


class Kill(NamedTuple):
    """A run that was killed at its step ``n`` and started again: the exit code of the last one, and its target."""

    n: int
    code: int
    target: Path


class Nursery:
    """Runs in children of one process that has loaded everything."""

    def __init__(self, folder: Path, env: dict[str, str]) -> None:
        self.folder = folder
        self.env = {**os.environ, **env}

    def __enter__(self) -> "Nursery":
        words = [sys.executable, "-m", "tests.crash.nursery"]
        self.process = subprocess.Popen(
            words, cwd=ROOT, env=self.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        return self

    def run(self, at: int, board: Path, target: str, config: Path, env: dict[str, str]) -> tuple[int, int]:
        """One run, killed at its step ``at`` (0: never): its exit code, and how many steps it took."""
        assert self.process.stdin and self.process.stdout
        asked = {"at": at, "count": str(self.folder / "count"), "board": str(board), "target": target}
        self.process.stdin.write(json.dumps({**asked, "config": str(config), "env": env}) + "\n")
        self.process.stdin.flush()
        told = json.loads(self.process.stdout.readline())
        return told["code"], told["steps"]

    def kills(self, box: Sandbox, every: int, faults: Sequence[dict[str, Any]] = ()) -> Iterator[Kill]:
        """For each n-th step: the run of the folder's board by its crash.toml, killed there and started again. When the
        test has looked at it, a third run orders nothing more."""
        steps, n, board, config = 10**6, 1, self.folder / "board.csv", self.folder / "crash.toml"
        while n <= steps:
            box.faults(list(faults))
            box.reset()
            target = self.folder / f"target-{n}"
            code, taken = self.run(n, board, str(target), config, box.env())
            if code != -9:
                steps = taken
            else:
                code, _ = self.run(0, board, str(target), config, box.env())
            yield Kill(n, code, target)
            orders = sum(facts["orders"] for facts in box.bill().values())
            assert self.run(0, board, str(target), config, box.env())[0] == code, n
            assert sum(facts["orders"] for facts in box.bill().values()) == orders, n
            shutil.rmtree(target)
            n += every

    def __exit__(self, *_: object) -> None:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.close()
        self.process.wait(20)
        self.process.stdout.close()
