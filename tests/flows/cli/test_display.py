"""What a person sees: the live display, its height, plain lines, tables and the last words."""

import fcntl
import io
import os
import pty
import re
import struct
import subprocess
import termios
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import pytest
from prefect.states import Completed, Crashed, Failed, State
from rich.console import Console

from flows.cli import display
from tasks.domain.errors import BoardError, Fault, StartError
from tasks.domain.progress import Progress
from tests.conftest import without_settings
from tests.flows import STORYREEL, Ran, write_board

Typed = Callable[..., Ran]
CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
TOTALS = re.compile(
    r"\d+:\d\d  (\d+)/(\d+)  (\d+) done  (\d+) running  (\d+) waiting  (\d+) failed"
    r"  ([\d.]+) USD spent, ([\d.]+) reserved"
)


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, "0:00"), (59.9, "0:59"), (61, "1:01"), (3599, "59:59"), (3723, "1:02:03")]
)
def test_a_clock(seconds: float, said: str) -> None:
    """Minutes and seconds, hours where there are any; never rounded up."""
    assert display.clock(seconds) == said


def _progress(flights: int, total: int) -> Progress:
    progress = Progress(total=total)
    for n in range(flights):
        progress.say(f"[bold]sh{n}", f"pixazo:sora-2-pro [{n} %]")
    return progress


def _drawn(progress: Progress, height: int, width: int = 100) -> list[str]:
    console = Console(file=io.StringIO(), width=width, height=height, force_terminal=False)
    console.print(display.Board(progress, console))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


@pytest.mark.parametrize(("flights", "height", "shown"), [(3, 24, 3), (100, 24, 20), (100, 8, 4), (5, 2, 3)])
def test_that_the_display_fits_its_terminal(flights: int, height: int, shown: int) -> None:
    """As many shots as the height allows, then how many more, and the totals last."""
    lines = _drawn(_progress(flights, flights), height)
    assert sum("[bold]sh" in line for line in lines) == shown
    more = [line.strip() for line in lines if line.strip().startswith("+")]
    assert more == ([f"+{flights - shown} more"] if flights > shown else [])
    assert TOTALS.search(lines[-1])
    assert len(lines) <= max(height, 5)


def test_that_the_totals_add_up() -> None:
    """Done, running, waiting and failed make the total; money spent and reserved stand beside them."""
    progress = _progress(5, 9)
    progress.end("[bold]sh0", "rendered")
    progress.end("[bold]sh1", "stand_in")
    progress.end("kept", "reused")
    progress.spent, progress.reserved = Decimal("1.5"), Decimal("0.125")
    found = TOTALS.search(_drawn(progress, 24)[-1])
    assert found is not None
    assert found.groups() == ("3", "9", "2", "3", "3", "1", "1.50", "0.125")


def test_that_a_run_which_has_not_begun_counts_nothing() -> None:
    """While Prefect starts there is no total yet: the clock runs, and the line says what is waited for."""
    assert [line.strip() for line in _drawn(Progress(), 24)] == ["0:00  getting ready"]


@pytest.mark.parametrize("width", [40, 60, 80])
def test_that_totals_wider_than_the_terminal_break_before_the_money(width: int) -> None:
    """A narrow terminal has the money on a line of its own, never half of it, and the display still fits."""
    progress = _progress(30, 30)
    progress.spent, progress.reserved = Decimal("12.5"), Decimal("3.4")
    lines = [line.rstrip() for line in _drawn(progress, 15, width)]
    assert lines[-1] == "12.50 USD spent, 3.40 reserved"
    assert len(lines) <= 15 and max(map(len, lines)) <= width


def test_that_the_totals_tell_what_waits_in_jobs_taken_up() -> None:
    """Money that an earlier run has ordered stands apart as long as its jobs are asked after."""
    progress = _progress(1, 2)
    progress.take_up("sh1", "job 1 at fal:x", Decimal("1.21"))
    progress.take_up("sh1", "job 2 at fal:x", Decimal("0.4"))
    assert _drawn(progress, 24)[-2].strip() == "2 jobs of earlier runs taken up, 1.61 USD wait there"
    progress.end("sh1", "rendered")
    assert "taken up" not in "".join(_drawn(progress, 24))


def test_that_plain_lines_are_printed_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a terminal each line goes to standard error whole, whatever brackets it holds and however long it is."""
    progress = Progress()
    line = "sh010: [red]provider[/] says [1/2] " + "x" * 300
    with display.show_progress(progress, quiet=False):
        progress.line(line)
    said = capsys.readouterr()
    assert said.err == f"{line}\n"
    assert said.out == ""


def test_that_what_is_amiss_at_a_target_is_a_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    """Jobs that wait, clips that are lost, and why shots have no clip; of many reasons the first, and how many more."""
    told = {
        "uncollected": [{"shot_id": "a", "provider": "pixazo", "job_id": "j-1"}],
        "lost": [{"shot_id": "b", "clip": "clips/b.mp4", "charged_usd": "0.80"}],
        "reasons": [
            {"shot_id": "c", "status": "failed", "error_class": "Locked", "error": f"no key {number}"}
            for number in range(22)
        ],
    }
    display.standing(told)
    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == [
        "uncollected: a at pixazo, j-1",
        "lost: b, clips/b.mp4 is gone or cut (0.80 USD)",
        "failed: Locked: no key 0; 1 shot: c",
    ]
    assert lines[-1] == "... 2 more reasons; --json lists them all" and len(lines) == 23


def test_that_quiet_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """No line of progress under --quiet."""
    progress = Progress()
    with display.show_progress(progress, quiet=True):
        progress.line("sh010: something")
    assert capsys.readouterr() == ("", "")


def test_that_every_fault_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Each fault on one line with its place, then their number."""
    display.faults(BoardError([Fault(2, "a", "size", "[big]", "write 1280x720"), Fault(0, "", "", "", "no shots")]))
    assert capsys.readouterr().err.splitlines() == [
        "error: row 2, a, size '[big]': write 1280x720",
        "error: no shots",
        "2 faults; nothing was started, nothing was written",
    ]


@pytest.mark.parametrize(
    ("counts", "said"),
    [({"rendered": 8, "reused": 0, "failed": 2}, "8 rendered, 2 failed"), ({"rendered": 0}, "no shots")],
)
def test_the_line_of_statuses(counts: dict[str, int], said: str) -> None:
    """Only the statuses that occur."""
    assert display.shots_line(counts) == said


def test_that_a_plan_is_a_line_a_shot(typed: Typed, tmp_path: Path) -> None:
    """Shot, action, route, what is sent and its price; the totals last; brackets in ids are no markup."""
    board = write_board(tmp_path / "board.csv", [{"shot_id": "[b]1", "prompt": "a"}, {"shot_id": "two", "prompt": "b"}])
    ran = typed("plan", board)
    assert ran.code == 0
    rows = [line.split() for line in ran.out.splitlines()]
    assert ["[b]1", "new", "animatic:card", "0.5", "s", "320x180", "0.00", "0.00"] in rows
    assert ran.out.splitlines()[-1] == "2 new, 0 rerender, 0 keep: 0.00 USD, 0.00 USD at worst"


class Screen(NamedTuple):
    """What a terminal got, its control codes apart."""

    code: int
    raw: str
    text: str


def on_a_terminal(*args: object, environment: dict[str, str], rows: int = 12, columns: int = 100) -> Screen:
    """Run the command with a terminal of that size for all three of its streams."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    process = subprocess.Popen(
        [STORYREEL, *map(str, args)], env=environment, stdin=theirs, stdout=theirs, stderr=theirs, close_fds=True
    )
    os.close(theirs)
    said = b""
    try:
        while part := os.read(ours, 65536):
            said += part
    except OSError:  # how Linux says that the other side has closed
        pass
    finally:
        os.close(ours)
    raw = said.decode()
    return Screen(process.wait(60), raw, CODES.sub("", raw))


@pytest.mark.slow
def test_that_a_terminal_gets_a_live_display(environment: dict[str, str], tmp_path: Path) -> None:
    """The totals are drawn again and again in place, with `+N more` where the height ends; the summary comes last."""
    rows = [{"shot_id": f"s{n}", "prompt": f"wave {n}", "duration": 2} for n in range(14)]
    board = write_board(tmp_path / "board.csv", rows)
    seen = on_a_terminal("render", board, "--to", tmp_path / "film", environment=environment)
    assert seen.code == 0, seen.text
    totals = TOTALS.findall(seen.text)
    assert len(totals) > 2
    assert totals[-1] == ("14", "14", "14", "0", "0", "0", "0.00", "0.00")
    assert "\x1b[1A" in seen.raw
    assert re.search(r"\+\d+ more", seen.text)
    assert seen.text.index("14 rendered in") > seen.text.rindex("running")


def test_that_a_terminal_shows_faults_as_lines(tmp_path: Path) -> None:
    """A refused run on a terminal draws no display: the fault, and nothing else."""
    environment = {**without_settings(), "TERM": "xterm-256color"}
    seen = on_a_terminal("render", tmp_path / "no.csv", "--to", tmp_path / "film", environment=environment)
    assert seen.code == 2
    assert seen.text.replace("\r", "").splitlines() == [f"error: {tmp_path / 'no.csv'} is not there"]


ENDS = [
    (Completed(message="2 rendered"), ""),
    (Failed(name="Incomplete", message="1 failed"), ""),
    (Failed(message="Flow run encountered an exception: KeyError: 'x'"), "the run broke off before its end: Flow run"),
    (
        Crashed(message="the server went away"),
        "the run broke off before its end: the server went away;",
    ),
]


@pytest.mark.parametrize(("state", "told"), ENDS, ids=["whole", "incomplete", "an exception", "crashed"])
def test_a_run_that_broke_off_is_told(state: State, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A flow that ended in an exception, after its shots were made, does not look like one that came to its end."""
    display.check_end(state, began=True)
    said = capsys.readouterr().err
    assert said.startswith(told) if told else said == ""


def test_a_run_that_did_not_begin_says_why() -> None:
    """Its reason is the flow's own."""
    with pytest.raises(StartError, match="no lock"):
        display.check_end(Failed(message="no lock"), began=False)
