"""A command that is told to stop: by which signals, how soon, what it says, and what the money is afterwards."""

import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from flows.support import signals
from tests.conftest import SILENT, without_settings
from tests.flows import STORYREEL, Cli, column, ended, serving, until, write_board
from tests.flows.terminal import Terminal
from tests.sandbox import Sandbox

pytestmark = pytest.mark.timeout(300)
PAID = """
[chain]
text_to_video = ["pixazo:sora-2-pro"]
allow_retired = true
"""
ROWS = [{"shot_id": f"s{n}", "prompt": f"wave {n}", "duration": 4, "size": "1280x720"} for n in range(3)]
SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


def seldom(*values: object) -> Any:
    """A case of the slow suite: the other tests here hold the rule for each signal."""
    return pytest.param(*values, marks=pytest.mark.slow)


def test_who_looks_at_a_handler_does_not_see_the_whole_run() -> None:
    """Python tries each handler as a member of an enum, and shows it in the error: a few words, however large a run is
    told of signals."""
    board = ["a very long prompt"] * 10_000
    with signals.hear_signals(board.remove, lambda: float(len(board))):
        assert all(len(repr(signal.getsignal(number))) < 200 for number in SIGNALS)
    with signals.listening() as ear:
        ear.act = board.remove
        assert all(len(repr(signal.getsignal(number))) < 200 for number in SIGNALS)


@pytest.fixture
def hanging(tmp_path: Path) -> Iterator[tuple[str, threading.Event]]:
    """The URL of a file that never comes, and an event for when somebody asks for it."""
    asked, over = threading.Event(), threading.Event()

    class Handler(SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.set()
            over.wait(60)

        do_HEAD = do_GET

    with serving(tmp_path, Handler) as host:
        try:
            yield f"http://{host}", asked
        finally:
            over.set()


@pytest.mark.parametrize(
    ("command", "number"),
    [*(("render", number) for number in SIGNALS), ("plan", signal.SIGINT), *(seldom("plan", n) for n in SIGNALS[1:])],
)
def test_that_the_check_can_be_stopped(
    hanging: tuple[str, threading.Event], tmp_path: Path, command: str, number: signal.Signals
) -> None:
    """While the board is being read each of the signals gives the prompt back within 5 s: 130, one JSON object."""
    url, asked = hanging
    process = Cli({**without_settings(), **SILENT}, tmp_path).start(
        command, f"{url}/board.csv", "--to", tmp_path / "film", "--json"
    )
    assert asked.wait(30)
    since = time.monotonic()
    ran = ended(process, number)
    assert (ran.code, ran.told["exit_code"]) == (130, 130), ran
    assert time.monotonic() - since < 5
    assert "interrupted" in ran.err
    assert "Traceback" not in ran.err
    assert not (tmp_path / "film").exists()


@pytest.mark.parametrize("command", ["status", "rescue", "report"])
def test_that_a_target_that_hangs_can_be_left(
    hanging: tuple[str, threading.Event], tmp_path: Path, command: str
) -> None:
    """A store that never answers is asked in a thread that nobody can stop: the prompt comes all the same."""
    url, asked = hanging
    options = f'[target.options]\nclient_kwargs = {{ endpoint_url = "{url}" }}\nkey = "k"\nsecret = "s"\n'
    (tmp_path / "own.toml").write_text(options)
    process = Cli({**without_settings(), **SILENT}, tmp_path).start(
        command, "s3://bucket/film", "--config", tmp_path / "own.toml", "--json"
    )
    assert asked.wait(30)
    since = time.monotonic()
    ran = ended(process, signal.SIGINT)
    assert (ran.code, ran.told["exit_code"]) == (130, 130), ran
    assert time.monotonic() - since < 5.5
    assert "Traceback" not in ran.err


def ignoring(*numbers: signal.Signals) -> list[str]:
    """What goes before the words of a command that begins with these signals ignored, as ``nohup`` does it."""
    names = " ".join(number.name.removeprefix("SIG") for number in numbers)
    return ["sh", "-c", f"trap '' {names}; exec \"$@\"", "sh"] if numbers else []


@pytest.fixture(scope="module")
def slow() -> Iterator[Sandbox]:
    """A gateway whose POST takes 3 s."""
    with Sandbox(gateways={"pixazo": {"latency_s": 3}}, job_seconds=60) as box:
        yield box


def posts(box: Sandbox, since: int = 0) -> int:
    return sum(entry["method"] == "POST" for entry in box.log()) - since


def started(
    cli: Cli, folder: Path, box: Sandbox, *more: object, ignored: tuple[signal.Signals, ...] = (), **settings: object
) -> subprocess.Popen[str]:
    """A render of three paid shots."""
    board = write_board(folder / "board.csv", ROWS)
    (folder / "paid.toml").write_text(PAID)
    words = ("render", board, "--to", folder / "film", "--config", folder / "paid.toml", "--no-reel", *more)
    return subprocess.Popen(
        [*ignoring(*ignored), STORYREEL, *map(str, words)],
        env={**cli.environment, **box.env(**settings)},
        cwd=cli.folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def records(film: Path, kind: str) -> int:
    return len(list(film.glob(f"ledger/*/*-{kind}.json")))


@pytest.mark.parametrize("number", [signal.SIGINT, *map(seldom, SIGNALS[1:])], ids=lambda number: number.name)
def test_that_orders_on_their_way_come_to_their_receipts(
    cli: Cli, slow: Sandbox, tmp_path: Path, number: signal.Signals
) -> None:
    """The command waits for the POSTs, not for the jobs; it says for how many, and what is bought and not collected."""
    before = posts(slow)
    process = started(cli, tmp_path, slow, "--json", "--quiet")
    until(lambda: posts(slow, before) == 3, process)
    since = time.monotonic()
    ran = ended(process, number)
    assert time.monotonic() - since < 3 + 5
    assert (ran.code, ran.told["exit_code"]) == (130, 130), ran.err
    assert f"{number.name}: nothing more is ordered" in ran.err
    assert "waiting for 3 orders on their way" in ran.err
    assert "3 jobs bought, 4.50 USD at risk: the same command collects them" in ran.err
    assert "Traceback" not in ran.err
    assert records(tmp_path / "film", "accepted") == 3
    assert ran.told["totals"]["at_risk_usd"] == "4.50"
    assert set(column(tmp_path / "film", "error_class").values()) == {"Interrupted"}


@pytest.mark.slow
def test_that_a_second_signal_ends_at_once(cli: Cli, slow: Sandbox, tmp_path: Path) -> None:
    """Nobody is waited for; what had no receipt is unclear for the next run, which does not order it there again."""
    before = posts(slow)
    process = started(cli, tmp_path, slow, "--json")
    until(lambda: posts(slow, before) == 3, process)
    process.send_signal(signal.SIGINT)
    assert process.stderr is not None
    assert any("waiting for 3 orders" in line for line in iter(process.stderr.readline, ""))
    since = time.monotonic()
    ran = ended(process, signal.SIGTERM)
    assert time.monotonic() - since < 2
    assert (ran.code, ran.told["exit_code"]) == (130, 130)
    assert "Traceback" not in ran.err
    assert (records(tmp_path / "film", "intent"), records(tmp_path / "film", "accepted")) == (3, 0)
    again = ended(started(cli, tmp_path, slow, "--json"))
    assert (again.code, again.counts) == (1, {"failed": 3}), again.err
    assert again.told["totals"]["at_risk_usd"] == "4.50"
    assert posts(slow, before) == 3


@pytest.mark.slow
def test_that_a_signal_that_was_ignored_stays_ignored(cli: Cli, tmp_path: Path) -> None:
    """Under nohup, or in the background of a script, SIGHUP and Ctrl-C do nothing to a run; SIGTERM does."""
    with Sandbox(job_seconds=60) as box:
        process = started(cli, tmp_path, box, "--json", ignored=(signal.SIGHUP, signal.SIGINT))
        until(lambda: records(tmp_path / "film", "accepted") == 3, process)
        process.send_signal(signal.SIGHUP)
        process.send_signal(signal.SIGINT)
        polls = len(box.log())
        until(lambda: len(box.log()) > polls + 5, process)
        ran = ended(process, signal.SIGTERM)
    assert ran.code == 130
    assert "SIGTERM: nothing more is ordered" in ran.err


@pytest.mark.slow
def test_that_a_rescue_can_be_stopped(cli: Cli, tmp_path: Path) -> None:
    """It ends with 130 within 5 s, says what is still to be collected, and leaves no lock."""
    with Sandbox(job_seconds=60) as box:
        process = started(cli, tmp_path, box, "--json")
        until(lambda: records(tmp_path / "film", "accepted") == 3, process)
        assert ended(process, signal.SIGINT).code == 130
        asked = len(box.log())
        rescue = cli.start("rescue", tmp_path / "film", "--config", tmp_path / "paid.toml", "--json", **box.env())
        until(lambda: len(box.log()) > asked + 3, rescue)
        since = time.monotonic()
        ran = ended(rescue, signal.SIGTERM)
    assert (ran.code, ran.told["exit_code"]) == (130, 130)
    assert time.monotonic() - since < 5
    assert "3 jobs bought, 4.50 USD at risk: the same command collects them" in ran.err
    assert "Traceback" not in ran.err
    assert list((tmp_path / "film").glob("lock/*.json")) == []


@pytest.mark.slow
def test_that_the_flow_run_of_a_stopped_command_is_cancelled(cli: Cli, tmp_path: Path, api: object) -> None:
    """Not left Running and not Crashed, whichever signal it was."""
    with Sandbox(job_seconds=60) as box:
        for number in SIGNALS:
            folder = tmp_path / number.name
            folder.mkdir()
            process = started(cli, folder, box, "--json")
            until(lambda film=folder / "film": records(film, "accepted") == 3, process)  # type: ignore[misc]
            assert ended(process, number).code == 130
            runs = api.post("/flow_runs/filter", sort="START_TIME_DESC", limit=1)  # type: ignore[attr-defined]
            assert [(run["state_type"], run["state_name"]) for run in runs] == [("CANCELLED", "Cancelled")]


@pytest.mark.slow
def test_that_a_terminal_that_is_closed_loses_no_receipt(cli: Cli, slow: Sandbox, tmp_path: Path) -> None:
    """Its window is closed in the middle of the POSTs: nothing can be shown any more, and each receipt is kept."""
    board = write_board(tmp_path / "board.csv", ROWS)
    (tmp_path / "paid.toml").write_text(PAID)
    words = ("render", board, "--to", tmp_path / "film", "--config", tmp_path / "paid.toml", "--no-reel")
    before = posts(slow)
    with Terminal({**cli.environment, **slow.env()}, cli.folder, *words) as terminal:
        terminal.until(lambda: posts(slow, before) == 3)
        terminal.hang_up()
        code, took = terminal.ended(60)
    assert (code, took < 3 + 5) == (130, True), (code, took)
    assert records(tmp_path / "film", "accepted") == 3
    assert list((tmp_path / "film").glob("lock/*.json")) == []
