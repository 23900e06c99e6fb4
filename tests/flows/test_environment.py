"""Machines that are not plain: what would only fail later is told at once, in words."""

import asyncio
import json
import os
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import SILENT, free_port, without_settings
from tests.flows import STORYREEL, Cli, Ran, draw, write_board
from tests.sandbox import Sandbox
from tests.tasks.proxy import Proxy

Typed = Callable[..., Ran]
LETTERS = {"shot_id": "Ş1 雨", "prompt": "A heron in the “fog” — dawn 🌅"}
PAID = """
[chain]
text_to_video = ["pixazo:sora-2-pro", "animatic:card"]
allow_retired = true
"""
ASCII = {
    "ascii": {"PYTHONIOENCODING": "ascii"},
    "strict": {"PYTHONIOENCODING": "ascii:strict"},
    "latin": {"PYTHONIOENCODING": "latin-1"},
    "C locale": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "POSIX locale": {"LC_ALL": "POSIX"},
}


def _board(folder: Path) -> Path:
    return write_board(folder / "board.csv", [LETTERS, {"shot_id": "s2", "prompt": "two"}])


COMMANDS = ["plan", "plan --json", "providers", "providers --json", "--help"]
OFTEN = {*(("plan", name) for name in ASCII), *((words, "ascii") for words in COMMANDS)}  # the other pairs are slow
PAIRS = [
    pytest.param(words, name, marks=[] if (words, name) in OFTEN else pytest.mark.slow)
    for words in COMMANDS
    for name in ASCII
]


@pytest.mark.parametrize(("words", "name"), PAIRS)
def test_an_output_without_our_letters_gets_them_escaped(
    cli: Cli, typed: Typed, tmp_path: Path, name: str, words: str
) -> None:
    """Whatever the terminal's encoding, a command says all it has to say, and JSON stays the same JSON."""
    command, *more = words.split()
    board = [_board(tmp_path)] if command == "plan" else []
    odd = cli(command, *board, *more, **ASCII[name])
    assert (odd.code, "Traceback" in odd.err) == (0, False), odd.err
    if more:
        assert json.loads(odd.out) == typed(command, *board, *more).told
    elif command == "plan" and name != "POSIX locale":
        assert "\\u96e8" in odd.out


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ascii", "C locale"])
def test_a_whole_run_without_our_letters(cli: Cli, tmp_path: Path, name: str) -> None:
    """Render, status, report and rescue end with their own code, and faults are told, where no letter fits."""
    board, film = _board(tmp_path), tmp_path / "film"
    asked = [("render", board, "--to", film), ("status", film), ("report", film), ("rescue", film)]
    for words in asked:
        ran = cli(*words, **ASCII[name])
        assert (ran.code, "Traceback" in ran.err) == (0, False), (words, ran.err)
    wrong = cli("plan", write_board(tmp_path / "wrong.csv", [{**LETTERS, "duration": "später"}]), **ASCII[name])
    assert (wrong.code, "Traceback" in wrong.err, "duration" in wrong.err) == (2, False, True)


@pytest.mark.parametrize(
    ("target", "meant"),
    [
        ("s3:/bucket/film", "s3://bucket/film"),
        ("S3:/bucket", "s3://bucket"),
        ("gs:bucket/film", "gs://bucket/film"),
        ("file:/films/one", "file:///films/one"),
        ("abfs:/box/film", "abfs://box/film"),
        ("https:/films.example/one", "https://films.example/one"),
    ],
)
def test_a_target_with_one_slash(typed: Typed, tmp_path: Path, target: str, meant: str) -> None:
    """It is refused with the address that was meant; no folder of that name is made in the working directory."""
    for words in (("render", _board(tmp_path), "--to"), ("plan", _board(tmp_path), "--to"), ("status",), ("rescue",)):
        ran = typed(*words, target)
        assert ran.code == 2
        assert f"write {meant}, or ./{target} for a folder of that name" in ran.err
    assert not Path(target).exists()


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("s3//bucket/film", "lacks the colon of an address: write s3://bucket/film, or ./s3//bucket/film for"),
        ("gs//bucket", "lacks the colon of an address: write gs://bucket"),
        ("file//films", "lacks the colon of an address: write file:///films"),
        ("s3:\\bucket\\film", "write s3://bucket/film, or ./s3:\\bucket\\film for a folder of that name"),
        (
            "C:\\films\\one",
            "is a folder of Windows, and this machine is none: write where it is here, or ./C:\\films\\one",
        ),
        ("", "no target is named: give --to a folder or an address"),
    ],
)
def test_a_target_that_would_land_in_a_folder_of_an_odd_name(
    typed: Typed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str, told: str
) -> None:
    """An address or a path of another machine is refused with what was meant; no folder is made of it."""
    board = _board(tmp_path)
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    ran = typed("render", board, "--to", target)
    assert (ran.code, told in ran.err) == (2, True), ran.err
    assert not list(Path().iterdir())


def test_a_board_with_one_slash(typed: Typed) -> None:
    """A board's address is told in the same words."""
    ran = typed("plan", "s3:/bucket/board.csv")
    assert (ran.code, "has one slash where an address has two: write s3://bucket/board.csv" in ran.err) == (2, True)


@pytest.mark.parametrize("name", ["take:one", "C:/film", "./s3:/bucket"])
def test_a_folder_with_a_colon(typed: Typed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A folder whose name holds a colon, and one that is spelled as a folder, is a target like any other."""
    monkeypatch.chdir(tmp_path)
    assert typed("plan", _board(tmp_path), "--to", name).code == 0


def test_paid_clips_in_memory(typed: Typed, tmp_path: Path) -> None:
    """Clips that are paid for do not go where they would be gone at once; drawn ones may, and a plan alone may."""
    (tmp_path / "paid.toml").write_text(PAID)
    board = write_board(
        tmp_path / "board.csv", [{"shot_id": "a", "prompt": "a sail", "duration": 4, "size": "1280x720"}]
    )
    paid = {"PIXAZO_API_KEY": "nobody-asks"}
    for command in ("render", "plan"):
        ran = typed(command, board, "--to", "memory://film", "--config", tmp_path / "paid.toml", "--json", **paid)
        assert (ran.code, ran.told["exit_code"]) == (2, 2)
        assert "memory://film is gone when the command ends, and so would be the clips that it pays for" in ran.err
    assert typed("plan", board, "--config", tmp_path / "paid.toml", **paid).code == 0
    assert typed("plan", board, "--to", "memory://film").code == 0


HOMES = {("/proc/none", False), ("{tmp}/file", True)}  # each home and each way to a server; the other pairs are slow


@pytest.mark.parametrize(
    ("home", "server"),
    [
        pytest.param(home, server, marks=[] if (home, server) in HOMES else pytest.mark.slow)
        for home in ("/proc/none", "{tmp}/file", "/dev/null/home")
        for server in (True, False)
    ],
)
def test_a_prefect_home_that_cannot_be_written(tmp_path: Path, home: str, server: bool) -> None:
    """It is told within seconds, before a lock is taken or a server started; what needs no Prefect does not care."""
    (tmp_path / "file").write_text("")
    given = {"PREFECT_HOME": home.format(tmp=tmp_path)}
    given |= {"PREFECT_API_URL": f"http://127.0.0.1:{free_port()}/api"} if server else {}
    cli = Cli({**without_settings(), **SILENT, **given}, tmp_path)
    since = time.monotonic()
    ran = cli("render", _board(tmp_path), "--to", tmp_path / "film", "--json")
    assert (ran.code, ran.told["exit_code"], time.monotonic() - since < 60) == (2, 2, True), ran.err
    assert "set PREFECT_HOME to a folder that can be written" in ran.err
    assert "Traceback" not in ran.err and "Warning" not in ran.err
    assert not (tmp_path / "film").exists()
    assert server or cli("plan", _board(tmp_path)).code == 0


@pytest.mark.parametrize("words", ["plan", pytest.param("providers", marks=pytest.mark.slow)])
def test_a_prefect_home_is_no_matter_of_its_own_where_blocks_are_named(tmp_path: Path, words: str) -> None:
    """Prefect is loaded to look for a block: of a home that it cannot make it says nothing of its own."""
    (tmp_path / "blocks.toml").write_text(PAID + '[provider.pixazo]\napi_key_secret = "pixazo-key"\n')
    cli = Cli({**without_settings(), **SILENT, "PREFECT_HOME": "/proc/none"}, tmp_path)
    ran = cli(words, *([_board(tmp_path)] if words == "plan" else []), "--config", tmp_path / "blocks.toml")
    assert "Warning" not in ran.err and "Traceback" not in ran.err, ran.err


def _piped(cli: Cli, board: bytes, *words: object) -> Ran:
    done = subprocess.run(
        [STORYREEL, *map(str, words)], input=board, env=dict(cli.environment), cwd=cli.folder, capture_output=True
    )
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())


@pytest.mark.slow
def test_a_board_out_of_a_pipe(cli: Cli, tmp_path: Path) -> None:
    """What another program writes is a board like any other; its pictures lie beside where one stands."""
    picture = draw(tmp_path / "boat.png", "teal")
    board = write_board(tmp_path / "board.csv", [{"shot_id": "a", "prompt": "a boat", "image": picture}])
    here = Cli(cli.environment, tmp_path)
    planned = _piped(here, board.read_bytes(), "plan", "/dev/stdin", "--json")
    assert (planned.code, [shot["route"] for shot in planned.told["shots"]]) == (0, ["animatic:kenburns"])
    made = _piped(here, board.read_bytes(), "render", "/dev/stdin", "--to", tmp_path / "film", "--json")
    assert (made.code, made.counts) == (0, {"rendered": 1}), made.err


def test_a_board_out_of_a_named_pipe(typed: Typed, tmp_path: Path) -> None:
    """A named pipe, as a shell makes it of ``<(...)``, is read to its end; an endless one only so far."""
    pipe, board = tmp_path / "pipe", _board(tmp_path).read_bytes()
    os.mkfifo(pipe)
    for data, code in ((board, 0), (b"shot,prompt\n" + b"a,b\n" * 9_000_000, 2)):
        writer = threading.Thread(target=_write, args=(pipe, data))
        writer.start()
        ran = typed("plan", pipe)
        writer.join()
        assert (ran.code, "more bytes than the 32000000 that are read" in ran.err) == (code, code == 2), ran.err


def _write(pipe: Path, data: bytes) -> None:
    try:
        pipe.write_bytes(data)
    except BrokenPipeError:
        return  # the reader has had enough


def test_a_run_that_can_order_nothing_starts_no_prefect(typed: Typed, tmp_path: Path) -> None:
    """With the budget gone every shot is skipped in seconds: the Prefect server, which is silent here, is not asked."""
    (tmp_path / "paid.toml").write_text(PAID.replace(', "animatic:card"', ""))
    rows = [{"shot_id": name, "prompt": "a sail", "duration": 4, "size": "1280x720"} for name in "ab"]
    board = write_board(tmp_path / "board.csv", rows)
    with Sandbox() as box:
        asked = ("--to", tmp_path / "film", "--config", tmp_path / "paid.toml", "--json", "--budget", "1")
        ran = typed("render", board, *asked, **box.env())
        assert (ran.code, ran.counts) == (3, {"skipped": 2}), ran.err
        assert box.jobs() == []


CORPORATE = """
[chain]
text_to_video = ["pixazo:sora-2-pro"]
allow_retired = true
[provider.pixazo]
base_url = "http://gw.corp.example/pixazo"
allow_hosts = ["gw.corp.example", "127.0.0.1"]
poll_every_s = 0.1
poll_max_s = 0.2
"""


class _Thread(threading.Thread):
    """A counting proxy in a loop of its own."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self.proxy, self.loop, self.ready = Proxy(port), asyncio.new_event_loop(), threading.Event()
        self.over = asyncio.Event()

    def run(self) -> None:
        self.loop.run_until_complete(self._serve())
        self.loop.close()

    async def _serve(self) -> None:
        async with self.proxy:
            self.ready.set()
            await self.over.wait()

    def __enter__(self) -> Proxy:
        self.start()
        self.ready.wait()
        return self.proxy

    def __exit__(self, *gone: object) -> None:
        self.loop.call_soon_threadsafe(self.over.set)
        self.join()


@pytest.mark.slow
def test_a_whole_run_behind_a_proxy(own_home: Path, tmp_path: Path) -> None:
    """A gateway that only the proxy knows makes the clip; the embedded Prefect is never asked through it."""
    (tmp_path / "paid.toml").write_text(CORPORATE)
    board = write_board(
        tmp_path / "board.csv", [{"shot_id": "a", "prompt": "a sail", "duration": 4, "size": "1280x720"}]
    )
    with Sandbox() as box, _Thread(box.port) as proxy:
        told = {"HTTP_PROXY": proxy.url(), "HTTPS_PROXY": proxy.url(), "PREFECT_HOME": str(own_home)}
        told |= {"PIXAZO_API_KEY": box.env()["PIXAZO_API_KEY"]}
        cli = Cli({**without_settings(), **SILENT, **told}, tmp_path)
        ran = cli("render", board, "--to", tmp_path / "film", "--config", tmp_path / "paid.toml", "--json", "--no-reel")
    assert (ran.code, ran.counts) == (0, {"rendered": 1}), ran.err
    assert set(proxy.asked) == {"gw.corp.example"}


UNUSABLE = {
    "socks4": {"ALL_PROXY": "socks4://127.0.0.1:9"},
    "certificates": {"SSL_CERT_FILE": "/nope/ca.pem"},
}


def one_shot(folder: Path) -> Path:
    row = {"shot_id": "a", "prompt": "a sail", "duration": 4, "size": "1280x720"}
    return write_board(folder / "board.csv", [row])


@pytest.fixture
def unusable(own_home: Path, tmp_path: Path, name: str) -> Cli:
    own = {"PREFECT_HOME": str(own_home), "PIXAZO_API_KEY": "nobody-asks"}
    return Cli({**without_settings(), **SILENT, **own, **UNUSABLE[name]}, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("name", UNUSABLE)
def test_an_environment_that_only_gateways_would_need(unusable: Cli, tmp_path: Path, name: str) -> None:
    """The built-in renderer, with its embedded Prefect, does not care."""
    drawn = unusable("render", one_shot(tmp_path), "--to", tmp_path / "drawn", "--no-reel", "--json")
    assert (drawn.code, drawn.counts) == (0, {"rendered": 1}), drawn.err


@pytest.mark.parametrize("name", UNUSABLE)
def test_an_environment_that_gateways_need_and_cannot_use(unusable: Cli, tmp_path: Path, name: str) -> None:
    """A paid chain is told at once, exit 2."""
    (tmp_path / "paid.toml").write_text(PAID)
    asked = ("--to", tmp_path / "film", "--config", tmp_path / "paid.toml", "--json")
    paid = unusable("render", one_shot(tmp_path), *asked)
    assert paid.code == 2
    assert [fault["column"] for fault in paid.told["errors"]] == ["provider.pixazo"]
    assert "socks4://127.0.0.1:9" in paid.err or "SSL_CERT_FILE=/nope/ca.pem cannot be read" in paid.err
