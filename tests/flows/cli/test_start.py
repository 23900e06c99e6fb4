"""The first second of a command, in which it loads what it needs, and its last one."""

import importlib
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from flows.cli.app import ELSEWHERE
from tests.conftest import SILENT, without_settings
from tests.flows import write_board

SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
LOADED_EARLY, LOADED_LATE = "asyncio.events", "tasks.session.session"


def _loading(folder: Path, *words: object) -> subprocess.Popen[str]:
    """The command, which says on standard error what it has loaded as it goes."""
    return subprocess.Popen(
        [sys.executable, "-X", "importtime", "-m", "flows.cli", *map(str, words)],
        env={**without_settings(), **SILENT},
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _stopped(process: subprocess.Popen[str], module: str, number: signal.Signals) -> tuple[int, str, str]:
    """Its code and its outputs, after a signal once it has loaded the module; what it has loaded is left out."""
    assert process.stderr is not None
    try:
        for line in process.stderr:
            if line.rstrip().endswith(f"| {module}") or line.rstrip().endswith(f" {module}"):
                break
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    told = [line for line in err.splitlines() if not line.startswith("import time:")]
    return process.returncode, out, "\n".join(told)


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
@pytest.mark.parametrize("module", [LOADED_EARLY, LOADED_LATE])
def test_a_signal_while_the_command_is_loaded(tmp_path: Path, module: str, number: signal.Signals) -> None:
    """It ends the command at once with 130 and a word, never with a traceback or the signal's own code."""
    process = _loading(tmp_path, "plan", write_board(tmp_path / "board.csv", [{"shot_id": "a", "prompt": "a boat"}]))
    assert _stopped(process, module, number) == (130, "", "interrupted")


def test_a_signal_while_the_command_is_loaded_leaves_one_json_object(tmp_path: Path) -> None:
    """With ``--json`` standard output holds one object then, too."""
    code, out, _ = _stopped(_loading(tmp_path, "plan", "board.csv", "--json"), LOADED_LATE, signal.SIGINT)
    assert (code, json.loads(out)) == (130, {"exit_code": 130, "errors": []})


def test_a_signal_that_was_ignored_stays_ignored(tmp_path: Path) -> None:
    """A command that was started with ``nohup`` survives its terminal from its first moment on."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        process = _loading(tmp_path, "plan", write_board(tmp_path / "board.csv", [{"prompt": "a boat"}]))
    finally:
        signal.signal(signal.SIGHUP, before)
    code, out, _ = _stopped(process, LOADED_EARLY, signal.SIGHUP)
    assert code == 0 and "1 new" in out


def test_the_module_is_the_command(tmp_path: Path) -> None:
    """``python -m flows.cli`` is ``storyreel``, with its exit codes."""
    command = [sys.executable, "-m", "flows.cli"]
    told = subprocess.run([*command, "--help"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "Usage: storyreel" in told.stdout
    wrong = subprocess.run([*command, "plan", "nowhere.csv"], cwd=tmp_path, capture_output=True, text=True)
    assert (wrong.returncode, wrong.stderr) == (2, "error: nowhere.csv is not there\n")


def test_that_signals_are_heard_before_anything_is_loaded() -> None:
    """From the import of the command to its handlers Python loads nothing that it has not loaded already."""
    look = (
        "import sys; before = set(sys.modules); from flows.cli import main, early; "
        "early.on_signal(lambda: None); print(*sorted(set(sys.modules) - before))"
    )
    told = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["flows", "flows.cli", "flows.cli.early", "flows.cli.start"]


NOT_OF_A_PLAN = {
    *("prefect", "httpx", "pydantic", "pandas", "pyarrow", "numpy", "av", "PIL", "starlette", "uvicorn"),
    *("flows.cli.begin", "flows.cli.review", "flows.cli.money", "tasks.commands.providers", "tasks.commands.starter"),
    *("tasks.commands.write_back", "tasks.engine.shot", "tasks.views.publish"),
}


@pytest.mark.parametrize("words", [["plan", "board.csv"], ["plan", "board.csv", "--json"], ["--version"]])
def test_that_a_small_plan_loads_little(tmp_path: Path, words: list[str]) -> None:
    """A board without pictures needs no library that takes its time to load, and no other command's modules."""
    write_board(tmp_path / "board.csv", [{"prompt": "a boat"}])
    look = f"""
import sys
from flows.cli.app import main
try:
    main()
finally:
    print(*sorted({NOT_OF_A_PLAN!r} & set(sys.modules)), file=sys.stderr)
"""
    command = [sys.executable, "-c", look, *words]
    told = subprocess.run(command, cwd=tmp_path, env=without_settings(), capture_output=True, text=True, check=True)
    assert told.stderr.strip() == ""


@pytest.mark.parametrize("place", ELSEWHERE)
def test_that_the_help_says_what_a_command_says(place: str) -> None:
    """A command that is loaded when it is asked for is listed with its own first words."""
    module, _, name = place.partition(":")
    command = getattr(importlib.import_module(f"flows.cli.{module}"), name)
    assert " ".join(command.__doc__.partition("\n\n")[0].split()) == ELSEWHERE[place]
