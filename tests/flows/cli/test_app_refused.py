"""What a person gets who asks for something impossible: every fault in words, exit 2, nothing started."""

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler
from pathlib import Path

import pytest

from tests.conftest import SILENT, free_port, without_settings
from tests.flows import Cli, Ran, draw, ended, manifest, serving, write_board

Typed = Callable[..., Ran]
PLAN_SHOT = {"shot_id", "action", "changed", "route", "seconds", "size", "quoted_usd", "worst_usd", "warnings"}
GOOD = {"shot_id": "ok", "prompt": "a sail"}
CELLS = [
    ("prompt", {"prompt": ""}),
    ("prompt", {"prompt": "see {nobody}"}),
    ("duration", {"duration": "soon"}),
    ("size", {"size": "large"}),
    ("fit", {"fit": "stretch"}),
    ("seed", {"seed": "many"}),
    ("audio", {"audio": "maybe"}),
    ("mode", {"mode": "movie"}),
    ("shot_id", {"shot_id": "ok"}),
    ("image", {"mode": "i2v"}),
    ("source", {"mode": "remix"}),
    ("source", {"source": "f12"}),
]
FILES = [
    ("image", {"image": "nowhere.png"}),
    ("image", {"image": "board.csv"}),
    ("image", {"image": "."}),
    ("source", {"source": "nowhere.mp4"}),
    ("route", {"route": "nobody:nothing"}),
]


def _faulty(folder: Path, faults: list[tuple[str, dict[str, str]]]) -> Path:
    """A board whose first row is whole and whose others have one fault each."""
    rows = [{"shot_id": f"f{n}", "prompt": f"a sail {n}", **cells} for n, (_, cells) in enumerate(faults, 1)]
    return write_board(folder / "board.csv", [GOOD, *rows])


def _expected(faults: list[tuple[str, dict[str, str]]]) -> list[tuple[int, str]]:
    return [(n, name) for n, (name, _) in enumerate(faults, 3)]


def _told(ran: Ran) -> list[tuple[int, str]]:
    return [(fault["row"], fault["column"]) for fault in ran.told["errors"]]


def test_that_all_of_twelve_faults_are_told_at_once(cli: Cli, tmp_path: Path) -> None:
    """Twelve kinds of fault, each with its row, column and cell; exit 2, no traceback, no target folder."""
    board, target = _faulty(tmp_path, CELLS), tmp_path / "film"
    ran = cli("render", board, "--to", target, "--json")
    assert ran.code == ran.told["exit_code"] == 2
    assert _told(ran) == _expected(CELLS)
    assert all(set(fault) == {"row", "shot_id", "column", "value", "message"} for fault in ran.told["errors"])
    lines = ran.err.splitlines()
    assert [line.startswith("error: row ") for line in lines] == [True] * 12 + [False]
    assert "Traceback" not in ran.err
    assert not target.exists()


def test_that_faults_of_files_and_routes_are_told_at_once(typed: Typed, tmp_path: Path) -> None:
    """Files that are missing, no picture or a folder, and a route that is none."""
    ran = typed("render", _faulty(tmp_path, FILES), "--to", tmp_path / "film", "--json")
    assert ran.code == 2
    assert _told(ran) == _expected(FILES)
    assert not (tmp_path / "film").exists()


def test_that_faults_of_cells_and_of_files_are_told_together(typed: Typed, tmp_path: Path) -> None:
    """One round of corrections is enough: a bad cell does not hide another row's missing picture."""
    both = [CELLS[2], FILES[0]]
    ran = typed("render", _faulty(tmp_path, both), "--to", tmp_path / "film", "--json")
    assert ran.code == 2
    assert _told(ran) == _expected(both)


@pytest.fixture
def board(tmp_path: Path) -> Path:
    """A board of two whole rows."""
    return write_board(tmp_path / "board.csv", [GOOD, {"shot_id": "two", "prompt": "another"}])


REFUSED: dict[str, tuple[tuple[str, ...], str]] = {
    "unknown id": (("--only", "ok,tow"), "did you mean two"),
    "unknown id to rerender": (("--rerender", "nobody"), "nobody"),
    "budget in words": (("--budget", "much"), "--budget"),
    "negative budget": (("--budget", "-1"), "--budget"),
    "endless budget": (("--budget", "inf"), "--budget"),
    "budget that is no number": (("--budget", "nan"), "write US dollars such as 20"),
    "budget beyond reason": (("--budget", "1e400"), "1,000,000,000 at the most"),
    "budget above the most": (("--budget", "1000000000.01"), "1,000,000,000 at the most"),
    "budget below a millionth": (("--budget", "1e-400"), "write US dollars such as 20"),
    "budget of a huge exponent": (("--budget", "1e999999999"), "1,000,000,000 at the most"),
    "no shots in flight": (("--concurrency", "0"), "1 to 400"),
    "too many in flight": (("--concurrency", "401"), "1 to 400"),
    "flight in words": (("--concurrency", "few"), "few"),
    "missing config": (("--config", "nowhere.toml"), "nowhere.toml"),
    "unknown option": (("--onyl", "ok"), "--onyl"),
    "unknown store": (("--to", "nostore://x"), "nostore"),
}


@pytest.mark.parametrize("command", ["render", "plan"])
@pytest.mark.parametrize(("more", "said"), REFUSED.values(), ids=REFUSED)
def test_that_a_bad_option_is_exit_code_2(
    typed: Typed, board: Path, tmp_path: Path, command: str, more: tuple[str, ...], said: str
) -> None:
    """One line or a few that name the option or what stands there; nothing on standard output, no target."""
    target = () if "--to" in more else ("--to", tmp_path / "film")
    ran = typed(command, board, *target, *more)
    assert ran.code == 2
    assert said in ran.err
    assert ran.out == ""
    assert not (tmp_path / "film").exists()


def test_that_every_unknown_key_of_a_config_is_named(typed: Typed, board: Path, tmp_path: Path) -> None:
    """Two slips in a config are two faults, each with the nearest known key."""
    (tmp_path / "own.toml").write_text("[render]\nconcurency = 3\n[default]\nfps = 24\n")
    ran = typed("plan", board, "--config", tmp_path / "own.toml", "--json")
    assert ran.code == 2
    messages = " ".join(fault["message"] for fault in ran.told["errors"])
    assert len(ran.told["errors"]) == 2
    assert "'concurrency'" in messages
    assert "'defaults'" in messages


@pytest.mark.parametrize("as_json", [False, True])
def test_that_a_missing_board_is_exit_code_2(typed: Typed, tmp_path: Path, as_json: bool) -> None:
    """One line; as JSON one object with the fault."""
    ran = typed("render", tmp_path / "no.csv", "--to", tmp_path / "film", *(["--json"] if as_json else []))
    assert ran.code == 2
    assert "no.csv is not there" in ran.err
    assert ran.err.count("\n") == 1
    assert len(ran.told["errors"]) == 1 if as_json else ran.out == ""


def test_that_an_empty_folder_has_no_status(typed: Typed, tmp_path: Path) -> None:
    """Exit 2 and one line that names the folder."""
    ran = typed("status", tmp_path)
    assert (ran.code, ran.out) == (2, "")
    assert str(tmp_path) in ran.err
    assert ran.err.count("\n") == 1


def test_that_a_target_that_is_a_file_is_exit_code_2(typed: Typed, board: Path) -> None:
    """A file where the target should be a folder is told, and stays as it is."""
    was = board.read_bytes()
    ran = typed("render", board, "--to", board)
    assert ran.code == 2
    assert str(board) in ran.err
    assert board.read_bytes() == was


@pytest.mark.parametrize("there", [False, True], ids=["nobody", "another web server"])
def test_that_a_prefect_server_that_is_none_is_exit_code_2(
    typed: Typed, board: Path, tmp_path: Path, there: bool
) -> None:
    """A configured server that is not there, or is something else, is named in words before anything is written."""
    with serving(tmp_path) as host:
        url = f"http://{host if there else f'127.0.0.1:{free_port()}'}/api"
        ran = typed("render", board, "--to", tmp_path / "film", "--json", PREFECT_API_URL=url)
    assert ran.code == 2, ran.err
    assert url in ran.told["errors"][0]["message"]
    assert "Traceback" not in ran.err
    assert not (tmp_path / "film").exists()


def test_the_plan_of_a_board_as_json(typed: Typed, tmp_path: Path) -> None:
    """The contract's keys; a never seen shot is new, with route, length, size and price as text."""
    picture = draw(tmp_path / "sea.png", "teal")
    board = write_board(tmp_path / "board.csv", [GOOD, {"shot_id": "still", "prompt": "b", "image": picture}])
    ran = typed("plan", board, "--json")
    told = ran.told
    assert (ran.code, told["exit_code"], told["errors"]) == (0, 0, [])
    assert set(told) >= {"exit_code", "shots", "totals", "errors"}
    assert [set(shot) for shot in told["shots"]] == [PLAN_SHOT] * 2
    assert [(shot["action"], shot["route"]) for shot in told["shots"]] == [
        ("new", "animatic:card"),
        ("new", "animatic:kenburns"),
    ]
    assert (told["shots"][0]["seconds"], told["shots"][0]["size"]) == (0.5, "320x180")
    assert told["totals"] == {"new": 2, "keep": 0, "rerender": 0, "quoted_usd": "0.00", "worst_usd": "0.00"}


SORA = """
[chain]
text_to_video = ["aivideoapi:sora-2", "pixazo:sora-2-pro"]
allow_retired = true
"""
KEYS = {"AIVIDEOAPI_API_KEY": "k", "PIXAZO_API_KEY": "k"}


@pytest.mark.parametrize(("budget", "code"), [("2.00", 0), ("1.99", 3)])
def test_that_a_plan_over_the_budget_is_exit_code_3(typed: Typed, tmp_path: Path, budget: str, code: int) -> None:
    """The quotes of the first routes are held against the budget; the worst case is that of the whole chain."""
    (tmp_path / "sora.toml").write_text(SORA)
    rows = [{"shot_id": name, "prompt": name, "duration": 8, "size": "1280x720"} for name in "ab"]
    board = write_board(tmp_path / "board.csv", rows)
    ran = typed("plan", board, "--config", tmp_path / "sora.toml", "--budget", budget, "--json", **KEYS)
    assert (ran.code, ran.told["exit_code"]) == (code, code)
    assert (ran.told["totals"]["quoted_usd"], ran.told["totals"]["worst_usd"]) == ("2.00", "8.00")


def test_that_a_route_without_its_key_names_the_variable(typed: Typed, tmp_path: Path) -> None:
    """A selected shot that no route can take is exit 2, and the message names what is missing for each."""
    (tmp_path / "sora.toml").write_text(SORA)
    board = write_board(tmp_path / "board.csv", [GOOD])
    ran = typed("render", board, "--to", tmp_path / "film", "--config", tmp_path / "sora.toml")
    assert ran.code == 2
    assert all(name in ran.err for name in KEYS)


def test_that_shots_without_a_route_can_be_left_out(cli: Cli, typed: Typed, tmp_path: Path) -> None:
    """The rest goes on: the reason is told before and after, in plan, render and status; exit 1."""
    board = write_board(tmp_path / "board.csv", [GOOD, {"shot_id": "b", "prompt": "b", "route": "fal:nothing"}])
    refused = typed("plan", board)
    assert refused.code == 2
    assert refused.err.endswith("the other shots can go on without these: --skip-unusable leaves them out\n")
    planned = typed("plan", board, "--skip-unusable")
    assert (planned.code, "b: left out: " in planned.out) == (0, True)
    ran = cli("render", board, "--to", tmp_path / "film", "--skip-unusable", "--no-reel", "--no-report")
    assert (ran.code, manifest(tmp_path / "film")["ok"]["status"]) == (1, "rendered")
    assert ran.err.startswith("left out: no usable route: 'fal:nothing' is neither a route nor a named chain")
    assert "skipped: NoRoute: no usable route: 'fal:nothing' is neither" in ran.out
    status = typed("status", tmp_path / "film", "--json").told["reasons"]
    assert [(one["shot_id"], one["status"], one["error_class"]) for one in status] == [("b", "skipped", "NoRoute")]
    again = typed("render", board, "--to", tmp_path / "film", "--skip-unusable", "--no-reel", "--no-report", "--json")
    assert (again.code, again.counts) == (1, {"reused": 1, "skipped": 1})


LISTING = """
import sys
from flows.cli.app import main
try:
    main()
finally:
    print(sorted({name.partition(".")[0] for name in sys.modules}), file=sys.stderr)
"""


@pytest.mark.parametrize("command", ["plan", "status", "render", "refused"])
def test_that_no_prefect_is_loaded_for_nothing(cli: Cli, finished: tuple[Path, Path], command: str) -> None:
    """Plan, status, a render without work and one that is refused never import Prefect."""
    board, target = map(str, finished)
    words = {
        "plan": ["plan", board, "--to", target],
        "status": ["status", target],
        "render": ["render", board, "--to", target],
        "refused": ["render", board, "--to", target, "--only", "nobody"],
    }[command]
    process = _python(cli, words)
    ran = ended(process)
    assert ran.code == (2 if command == "refused" else 0)
    assert command != "render" or ran.out.startswith("1 reused"), ran.out
    loaded = ran.err.splitlines()[-1]
    assert "'tasks'" in loaded
    assert "'prefect'" not in loaded


def _python(cli: Cli, words: list[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", LISTING, *words],
        env=dict(cli.environment),
        cwd=cli.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_that_a_manifest_that_cannot_be_written_is_told(typed: Typed, finished: tuple[Path, Path]) -> None:
    """A target that takes the lock and not the tables ends in words, with another code than 0."""
    board, target = finished
    whole = (target / "manifest.csv").read_bytes()
    (target / "manifest.csv").unlink()
    (target / "manifest.csv").mkdir()
    try:
        ran = typed("render", board, "--to", target)
    finally:
        (target / "manifest.csv").rmdir()
        (target / "manifest.csv").write_bytes(whole)
    assert ran.code == 2
    assert "manifest.csv" in ran.err
    assert list(target.glob("lock/*")) == []


@pytest.fixture
def hanging(tmp_path: Path) -> Iterator[tuple[str, threading.Event]]:
    """The URL of a board that never comes, and an event for when somebody asks for it."""
    asked, over = threading.Event(), threading.Event()

    class Handler(SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.set()
            over.wait(60)

    with serving(tmp_path, Handler) as host:
        try:
            yield f"http://{host}/board.csv", asked
        finally:
            over.set()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_that_a_run_can_be_stopped_before_it_starts(
    hanging: tuple[str, threading.Event], tmp_path: Path, number: signal.Signals
) -> None:
    """While the board is still being read a signal ends in exit 130, one JSON object, and an empty scratch folder."""
    url, asked = hanging
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    cli = Cli({**without_settings(), **SILENT, "TMPDIR": str(scratch)}, tmp_path)
    process = cli.start("render", url, "--to", tmp_path / "film", "--json")
    assert asked.wait(30)
    ran = ended(process, number)
    assert ran.code == 130
    assert "Traceback" not in ran.err
    assert list(scratch.iterdir()) == []
    assert not (tmp_path / "film").exists()
    assert json.loads(ran.out)["exit_code"] == 130


def test_that_a_board_from_the_web_cannot_read_this_machine(typed: Typed, tmp_path: Path) -> None:
    """A board at a URL that names local files outside its own folder is refused, by path and by file URL."""
    picture = tmp_path / draw(tmp_path / "secret.png", "red")
    (tmp_path / "web").mkdir()
    images = [str(picture), picture.as_uri()]
    write_board(tmp_path / "web" / "board.csv", [{"prompt": "x", "image": image} for image in images])
    with serving(tmp_path / "web") as host:
        ran = typed("plan", f"http://{host}/board.csv", "--json")
    assert ran.code == 2
    assert _told(ran) == [(2, "image"), (3, "image")]
