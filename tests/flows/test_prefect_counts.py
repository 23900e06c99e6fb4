"""What one more shot costs a Prefect server: task runs and log lines. A guard that needs no clock."""

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


def newest(server: str) -> str:
    asked = {"sort": "START_TIME_DESC", "limit": 1}
    [found] = httpx.post(f"{server}/flow_runs/filter", json=asked, trust_env=False).raise_for_status().json()
    return str(found["id"])


def test_a_shot_is_one_task_run_and_one_line(cli: Cli, prefect_server: str, box: Sandbox, tmp_path: Path) -> None:
    """One more shot is one more task run and one more log line at the server, not ten."""
    config = tmp_path / "config.toml"
    config.write_text(CONFIG)
    seen = []
    for count in (FEW, MORE):
        rows = [{"prompt": f"shot {n}", "duration": 4, "size": "1280x720"} for n in range(count)]
        board = write_board(tmp_path / f"{count}.csv", rows)
        ran = cli("render", board, "--to", tmp_path / f"to{count}", "--config", config, "--json", **box.env())
        assert ran.code == 0, ran
        flow_run = newest(prefect_server)
        seen.append([known(prefect_server, kind, flow_run) for kind in ("task runs", "logs")])
    grown = [(more - few) / (MORE - FEW) for few, more in zip(*seen, strict=True)]
    assert grown == [1, LINES]
