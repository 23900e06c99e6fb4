"""The first second of a command, in which it loads what it needs, and its last one."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

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
