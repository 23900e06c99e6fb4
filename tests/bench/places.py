"""What the rows run against: the sandbox and a Prefect server, each a process of its own on loopback."""

import contextlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.conftest import SILENT, free_port, without_settings
from tests.processes import end

PATIENCE = 120.0
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Gateways:
    """The sandbox: its root, and the environment that leads a chain there."""

    url: str
    env: Mapping[str, str]

    def reset(self) -> None:
        """Forget every job, so that each run meets the same server."""
        httpx.post(f"{self.url}/sandbox/reset", trust_env=False, timeout=30).raise_for_status()


@dataclass(frozen=True, slots=True)
class Prefect:
    """A Prefect server: its API, its home and what it has logged."""

    url: str
    home: Path

    @property
    def env(self) -> dict[str, str]:
        return {"PREFECT_API_URL": self.url, "PREFECT_HOME": str(self.home), **SILENT}

    def log(self) -> str:
        return (self.home / "server.log").read_text(errors="replace")

    def task_runs(self, *states: str) -> int:
        """How many task runs the server knows, in these states or in any."""
        asked: dict[str, Any] = {"task_runs": {"state": {"type": {"any_": list(states)}}}} if states else {}
        reply = httpx.post(f"{self.url}/task_runs/count", json=asked, trust_env=False, timeout=60)
        return int(reply.raise_for_status().json())

    def settled(self, before: int, count: int, within: float = 10.0) -> int:
        """How many task runs more than ``before`` are Completed, once there are ``count`` or the time is over."""
        until = time.monotonic() + within
        while (found := self.task_runs("COMPLETED") - before) < count and time.monotonic() < until:
            time.sleep(0.25)
        return found


@contextlib.contextmanager
def sandbox(job_seconds: float) -> Iterator[Gateways]:
    """``python -m tests.sandbox`` on a free port."""
    command = [sys.executable, "-u", "-m", "tests.sandbox", "--port", "0", "--job-seconds", str(job_seconds)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            env, url = {}, ""
            assert process.stdout is not None
            for line in process.stdout:
                url = url or (found[1] if (found := re.search(r"at (http://\S+?) ", line)) else "")
                if name := re.match(r"\s+export (\w+)=(.*)", line):
                    env[name[1]] = name[2]
                elif env and not line.strip():
                    break
            yield Gateways(url, env)
        finally:
            process.terminate()


@contextlib.contextmanager
def prefect(home: Path) -> Iterator[Prefect]:
    """``prefect server start`` on a free port, with a database of its own."""
    home.mkdir(parents=True)
    port, place = free_port(), Path(sys.executable).with_name("prefect")
    server = Prefect(f"http://127.0.0.1:{port}/api", home)
    options = ["--host", "127.0.0.1", "--port", str(port), "--no-ui", "--no-scheduler", "--no-late-runs"]
    env = {**without_settings(), **SILENT, "PREFECT_HOME": str(home), "PREFECT_SERVER_LOGGING_LEVEL": "WARNING"}
    with (home / "server.log").open("wb") as log:
        process = subprocess.Popen([place, "server", "start", *options], env=env, stdout=log, stderr=log)
        try:
            _wait(server, process)
            yield server
        finally:
            end(process)


def _wait(server: Prefect, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(f"{server.url}/health", trust_env=False, timeout=2).status_code == 200:
                return
        time.sleep(0.1)
    raise RuntimeError(f"no Prefect server:\n{server.log()[-2000:]}")


def cpu_of(pid: int) -> float:
    """CPU seconds of a running process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
