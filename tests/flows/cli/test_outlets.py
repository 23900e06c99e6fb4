"""Outputs that cannot be written: a reader that has had enough, a device that is full, one that is closed."""

import contextlib
import os
import subprocess
from pathlib import Path

import pytest

from tests.conftest import without_settings
from tests.flows import STORYREEL, Cli, manifest, until, write_board


def full_pipe() -> tuple[int, int]:
    """A pipe that takes no more byte until somebody reads."""
    reads, writes = os.pipe()
    os.set_blocking(writes, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(writes, b"-" * 4096)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(writes, b"-")
    os.set_blocking(writes, True)
    return reads, writes


def start(cli: Cli, *words: object, stdout: int, stderr: int = subprocess.PIPE) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [STORYREEL, *map(str, words)],
        env=dict(cli.environment),
        cwd=cli.folder,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=stderr,
        text=True,
    )


@pytest.mark.parametrize("more", [(), pytest.param(("--json",), marks=pytest.mark.slow)], ids=["words", "json"])
@pytest.mark.parametrize("errors_too", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["stdout", "both"])
def test_that_a_reader_who_has_had_enough_is_no_failure(
    cli: Cli, tmp_path: Path, more: tuple[str, ...], errors_too: bool
) -> None:
    """As before ``head -1``: all is rendered, the exit code is the job's, nothing is said of the pipe."""
    board = write_board(tmp_path / "board.csv", [{"shot_id": "a", "prompt": "a sail"}])
    reads, writes = os.pipe() if errors_too else full_pipe()
    process = start(
        cli, "render", board, "--to", tmp_path / "film", *more, stdout=writes, stderr=writes if errors_too else -1
    )
    os.close(writes)
    if errors_too:
        os.read(reads, 1)  # it has begun to speak
    else:
        until(lambda: (tmp_path / "film" / "report.html").exists(), process)
    os.close(reads)
    _, said = process.communicate(timeout=100)
    assert process.returncode == 0, said
    assert manifest(tmp_path / "film")["a"]["status"] == "rendered"
    assert errors_too or ("Traceback" not in said and "BrokenPipe" not in said and "output" not in said), said


@pytest.mark.parametrize("output", [">&-", "1</dev/null", ">/dev/full", ""])  # closed, not for writing, full, left
@pytest.mark.parametrize(
    "command", ["plan", *(pytest.param(one, marks=pytest.mark.slow) for one in ("render", "status"))]
)
def test_that_an_output_that_cannot_be_written_is_told_first(
    cli: Cli, finished: tuple[Path, Path], tmp_path: Path, output: str, command: str
) -> None:
    """Exit 2 with a word on standard error, and nothing was started."""
    board, film = finished
    words = {"render": [board, "--to", tmp_path / "film"], "plan": [board], "status": [film]}[command]
    reads, writes = os.pipe()
    os.close(reads)
    process = subprocess.Popen(
        ["sh", "-c", f'exec "$@" {output}', "sh", STORYREEL, command, *map(str, words)],
        env=dict(cli.environment),
        cwd=cli.folder,
        stdin=subprocess.DEVNULL,
        stdout=writes,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(writes)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 2, said
    assert said.startswith("error: standard output cannot be written: ")
    assert said.count("\n") == 1
    assert not (tmp_path / "film").exists()


@pytest.mark.parametrize("words", ["--help", "plan --help", "--version"])
def test_help_that_cannot_be_written(words: str) -> None:
    """A full disk behind the help is a word and exit code 1, its reader's end is no failure; never a traceback."""
    told = "error: standard output could not be written whole: No space left on device\n"
    with Path("/dev/full").open("w") as full:
        ran = subprocess.run([STORYREEL, *words.split()], env=without_settings(), stdout=full, stderr=subprocess.PIPE)
    assert (ran.returncode, ran.stderr.decode()) == (1, told)
    shell = f"{STORYREEL} {words} | true; exit ${{PIPESTATUS[0]}}"
    gone = subprocess.run(["bash", "-c", shell], env=without_settings(), capture_output=True)
    assert (gone.returncode, gone.stderr.decode()) == (0, "")
