"""The README's automation on a real Prefect server: what a run tells arrives at a webhook."""

import os
import re
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.deployed import Api
from tests.flows import Cli, write_board
from tests.sandbox import Sandbox

ROOT = Path(__file__).parents[2]
PATIENCE = 200.0  # seconds; the server's triggers look at events in their own time
PAID = """
[chain]
text_to_video = ["pixazo:sora-2-pro"]
allow_retired = true
"""


@pytest.fixture
def hook() -> Iterator[tuple[str, list[str]]]:
    """A webhook on loopback: its address, and what was posted there."""
    posted: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posted.append(self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode())
            self.send_response(204)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        serving = threading.Thread(target=server.serve_forever, daemon=True)
        serving.start()
        yield f"http://127.0.0.1:{server.server_port}/films", posted
        server.shutdown()


@pytest.mark.slow
@pytest.mark.timeout(500)
def test_what_a_run_tells_arrives_at_a_webhook(cli: Cli, api: Api, tmp_path: Path, hook: tuple[str, list[str]]) -> None:
    """The commands of the README, one run with a shot that fails, and one post with its id."""
    url, posted = hook
    [block] = [
        one for one in re.findall(r"```console\n(.*?)```", (ROOT / "README.md").read_text(), re.S) if "BLOCK" in one
    ]
    script = "".join(line[2:] + "\n" for line in block.splitlines())
    (tmp_path / "out").mkdir()
    for name in (".venv", "docs"):
        (tmp_path / name).symlink_to(ROOT / name)
    script = script.replace("https://hooks.example.com/films", url).replace(
        f"'{url}'", f"'{url}', allow_private_urls=True"
    )
    done = subprocess.run(
        ["bash", "-ec", script], cwd=tmp_path, env={**os.environ, **cli.environment}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (tmp_path / "paid.toml").write_text(PAID)
    rows = [{"shot_id": "sh010", "prompt": "a doomed sail", "duration": 4, "size": "1280x720"}]
    board = write_board(tmp_path / "board.csv", rows)
    with Sandbox([{"do": "failed", "prompt": "doomed"}]) as box:
        ran = cli("render", board, "--to", tmp_path / "film", "--config", tmp_path / "paid.toml", **box.env())
    assert ran.code == 1, ran
    until, told = time.monotonic() + PATIENCE, list[str]()
    name = "storyreel.run.incomplete"
    while not (name in told and any(name in one for one in posted)) and time.monotonic() < until:
        time.sleep(0.2)
        told = _told(api, tmp_path)
    assert told.count(name) == 1, told
    assert any(f"{name}: 1 shots" in one and "sh010" in one for one in posted), posted


def _told(api: Api, folder: Path) -> list[str]:
    """The events of the targets in a folder, as the server has them by now: other runs tell their own."""
    found = api.post("/events/filter", filter={"event": {"prefix": ["storyreel."]}})["events"]
    return [one["event"] for one in found if str(folder) in str(one["resource"])]
