"""Ctrl-C at a terminal in the middle of paid work, with the embedded Prefect server: money, screen, prompt, Prefect."""

import re
import signal
import sqlite3
from decimal import Decimal
from pathlib import Path

import pytest

from tests.conftest import SILENT, without_settings
from tests.flows import Cli, ended, until, write_board
from tests.flows.terminal import Terminal, nobody_left
from tests.sandbox import Sandbox

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]
PAID = """
[chain]
text_to_video = ["pixazo:sora-2-pro"]
allow_retired = true
"""
ROWS = [{"shot_id": f"s{n}", "prompt": f"wave {n}", "duration": 4, "size": "1280x720"} for n in range(6)]


def environment(home: Path, box: Sandbox) -> dict[str, str]:
    """A person without settings, whose Prefect has a folder of its own."""
    return {**without_settings(), **SILENT, **box.env(), "PREFECT_HOME": str(home), "TERM": "xterm-256color"}


def posts(box: Sandbox) -> int:
    return sum(entry["method"] == "POST" for entry in box.log())


def runs_in(home: Path) -> list[tuple[str, str]]:
    """The flow runs in Prefect's database: type and name of their state."""
    with sqlite3.connect(home / "prefect.db") as database:
        found = database.execute("select state_type, state_name from flow_run").fetchall()
    database.close()
    return found


def test_that_ctrl_c_loses_no_receipt_and_shows_nothing_of_prefects(tmp_path: Path) -> None:
    """Six POSTs of 8 s each: the prompt is back within 10 s, each job in the ledger, and the next run collects all."""
    board, film, home = write_board(tmp_path / "board.csv", ROWS), tmp_path / "film", tmp_path / "home"
    (tmp_path / "paid.toml").write_text(PAID)
    command = ("render", board, "--to", film, "--config", tmp_path / "paid.toml", "--no-reel")
    with Sandbox(gateways={"pixazo": {"latency_s": 8}}, job_seconds=60) as box:
        with Terminal(environment(home, box), tmp_path, *command) as terminal:
            terminal.until(lambda: posts(box) == 6, 200)
            terminal.press(b"\x03")
            code, took = terminal.ended(120)
        after = terminal.screen[terminal.screen.index("^C") :]
        assert (code, took < 10) == (130, True), (code, took, after)
        assert len(list(film.glob("ledger/*/*-accepted.json"))) == len(box.jobs()) == 6
        assert "waiting for 6 orders" in after
        assert "6 jobs bought, 9.00 USD at risk: the same command collects them" in re.sub(r"\s+", " ", after)
        for word in ("Traceback", "prefect", "httpx", "ERROR", "Crash", "Cancel"):
            assert word not in after.replace("Prefect: ", ""), after
        assert list(film.glob("lock/*.json")) == []
        assert nobody_left(home) == []
        assert runs_in(home) == [("CANCELLED", "Cancelled")]

        box.faults([{"do": "late", "seconds": 0.1}], gateways={})
        again = Cli(environment(home, box), tmp_path)(*command, "--json")
        assert (again.code, again.counts) == (0, {"rendered": 6}), again.err
        assert len(box.jobs()) == 6
        assert Decimal(again.told["totals"]["charged_usd"]) == box.billed() == Decimal("9.00")
        assert nobody_left(home) == []


def test_that_the_server_ends_with_a_run_that_is_killed(tmp_path: Path) -> None:
    """After SIGKILL, which nobody can answer, no process of Prefect's is left."""
    board, home = write_board(tmp_path / "board.csv", ROWS[:1]), tmp_path / "home"
    (tmp_path / "paid.toml").write_text(PAID)
    command = ("render", board, "--to", tmp_path / "film", "--config", tmp_path / "paid.toml")
    with Sandbox(job_seconds=60) as box:
        process = Cli(environment(home, box), tmp_path).start(*command)
        until(lambda: posts(box) == 1, process)
        ended(process, signal.SIGKILL)
        assert nobody_left(home) == []
