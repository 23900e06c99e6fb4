"""Which Prefect server a run at a terminal uses, and what becomes of a run whose server is lost."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import SILENT, serving_prefect, without_settings
from tests.flows import Cli, column, ended, manifest, until, until_clips, write_board
from tests.sandbox import Sandbox

pytestmark = pytest.mark.timeout(300)


def test_that_a_run_needs_no_server(own_home: Path, tmp_path: Path) -> None:
    """Without PREFECT_API_URL the run brings a server of its own, which writes nothing on standard output."""
    board = write_board(tmp_path / "board.csv", [{"shot_id": "a", "prompt": "a sail"}])
    cli = Cli({**without_settings(), **SILENT, "PREFECT_HOME": str(own_home)}, tmp_path)
    ran = cli("render", board, "--to", tmp_path / "film", "--json", "--no-reel")
    assert (ran.code, ran.counts) == (0, {"rendered": 1}), ran.err
    assert "Prefect: starting a server for this run\n" in ran.err
    assert "Prefect: embedded server" in ran.err


@pytest.mark.slow
def test_that_a_lost_server_costs_no_shot(own_home: Path, tmp_path: Path) -> None:
    """A server that is killed in the middle of a run is told once; every shot is rendered and the command ends soon."""
    rows = [{"shot_id": f"s{n:03}", "prompt": f"wave {n}", "duration": 1} for n in range(120)]
    board = write_board(tmp_path / "board.csv", rows)
    film = tmp_path / "film"
    with serving_prefect(own_home) as (url, server):
        own = {"PREFECT_API_URL": url, "PREFECT_HOME": str(own_home), "PREFECT_CLIENT_MAX_RETRIES": "0"}
        process = Cli({**without_settings(), **SILENT, **own}, tmp_path).start(
            "render", board, "--to", film, "--json", "--no-reel", "--no-report"
        )
        until_clips(film, 5, process)
        server.kill()
        server.wait()
        ran = ended(process)
    assert (ran.code, ran.counts) == (0, {"rendered": 120}), ran.err[-2000:]
    assert ran.err.count("Prefect was lost on the way") == 1
    assert "Traceback" not in ran.err
    assert {row["status"] for row in manifest(film).values()} == {"rendered"}


BROKEN = """
from flows.cli.app import main
from tasks.session.session import Session
async def show(self):
    raise KeyError("a slip of ours")
Session.show = show
main()
"""


@pytest.mark.slow
def test_that_a_run_that_broke_off_says_so(cli: Cli, prefect_server: str, tmp_path: Path) -> None:
    """An exception that nobody expected, after the shots were made, is told in a line, and the tables are there."""
    board = write_board(tmp_path / "board.csv", [{"shot_id": "a", "prompt": "a sail", "duration": 1}])
    words = [sys.executable, "-c", BROKEN, "render", str(board), "--to", str(tmp_path / "film")]
    done = subprocess.run(words, env=cli.environment, cwd=cli.folder, capture_output=True, text=True, timeout=200)
    assert "the run broke off before its end: " in done.stderr
    assert "KeyError" in done.stderr
    assert "Traceback" not in done.stderr
    assert {row["status"] for row in manifest(tmp_path / "film").values()} == {"rendered"}


PAID = """
[chain]
text_to_video = ["pixazo:sora-2-pro"]
allow_retired = true
"""


@pytest.mark.slow
def test_that_a_lost_server_does_not_hold_the_prompt(own_home: Path, tmp_path: Path) -> None:
    """A run that is stopped tells its server so only as long as a person would wait, and what it bought is kept."""
    rows = [{"shot_id": f"s{n}", "prompt": f"wave {n}", "duration": 4, "size": "1280x720"} for n in range(3)]
    board = write_board(tmp_path / "board.csv", rows)
    (tmp_path / "paid.toml").write_text(PAID)
    film = tmp_path / "film"
    with Sandbox(job_seconds=60) as box, serving_prefect(own_home) as (url, server):
        cli = Cli({**without_settings(), **SILENT, "PREFECT_API_URL": url, "PREFECT_HOME": str(own_home)}, tmp_path)
        process = cli.start("render", board, "--to", film, "--config", tmp_path / "paid.toml", "--json", **box.env())
        until(lambda: len(list(film.glob("ledger/*/*-accepted.json"))) == 3, process)
        server.kill()
        server.wait()
        since = time.monotonic()
        ran = ended(process, signal.SIGINT)
        took = time.monotonic() - since
    assert (ran.code, ran.told["exit_code"], took < 5.5) == (130, 130, True), (took, ran.err)
    assert "3 jobs bought, 4.50 USD at risk: the same command collects them" in ran.err
    assert "Traceback" not in ran.err
    assert set(column(film, "error_class").values()) == {"Interrupted"}
    assert list(film.glob("lock/*.json")) == []
