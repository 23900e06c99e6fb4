"""What one more shot costs a Prefect server: task runs and log lines. A guard that needs no clock."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.flows import Cli, write_board
from tests.sandbox import Sandbox

CONFIG = """
[chain]
text_to_video = ["pixazo:sora-2-pro"]
allow_retired = true
"""
FEW, MORE = 1, 5
# to load Prefect takes seconds, and is no part of what is counted: one process runs the command for each target
EACH = """
import sys
from flows.cli.app import main
codes, (config, *boards) = [], sys.argv[1:]
for board in boards:
    sys.argv = ["storyreel", "render", board, "--to", f"{board}-film", "--config", config, "--json"]
    try:
        main()
    except SystemExit as ended:
        codes.append(ended.code)
sys.exit(any(codes))
"""
LINES = 1  # that Prefect itself writes when a task run is over


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox(job_seconds=0.0) as sandbox:
        yield sandbox


def known(server: str, kind: str, flow_run: str) -> int:
    """How many task runs or log lines the server has of a flow run."""
    if kind == "logs":
        wanted = {"logs": {"flow_run_id": {"any_": [flow_run]}}, "limit": 200}
        return len(httpx.post(f"{server}/logs/filter", json=wanted, trust_env=False).raise_for_status().json())
    wanted = {"flow_runs": {"id": {"any_": [flow_run]}}}
    return int(httpx.post(f"{server}/task_runs/count", json=wanted, trust_env=False).raise_for_status().json())


def newest(server: str, count: int) -> list[str]:
    asked = {"sort": "START_TIME_DESC", "limit": count}
    found = httpx.post(f"{server}/flow_runs/filter", json=asked, trust_env=False).raise_for_status().json()
    return [str(run["id"]) for run in reversed(found)]


def test_a_shot_is_one_task_run_and_one_line(cli: Cli, prefect_server: str, box: Sandbox, tmp_path: Path) -> None:
    """One more shot is one more task run and one more log line at the server, not ten."""
    config = tmp_path / "config.toml"
    config.write_text(CONFIG)
    boards = []
    for count in (FEW, MORE):
        rows = [{"prompt": f"shot {n}", "duration": 4, "size": "1280x720"} for n in range(count)]
        boards.append(write_board(tmp_path / f"{count}.csv", rows))
    words = [sys.executable, "-c", EACH, str(config), *map(str, boards)]
    ran = subprocess.run(words, env={**cli.environment, **box.env()}, cwd=cli.folder, capture_output=True, timeout=100)
    assert ran.returncode == 0, ran
    runs = newest(prefect_server, len(boards))
    seen = [[known(prefect_server, kind, run) for kind in ("task runs", "logs")] for run in runs]
    grown = [(more - few) / (MORE - FEW) for few, more in zip(*seen, strict=True)]
    assert grown == [1, LINES]
