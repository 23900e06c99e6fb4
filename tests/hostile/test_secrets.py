"""Keys, signatures and pictures-as-text over a whole run: searched for in every byte that it leaves anywhere."""

import base64
import json
import sys
import traceback
import urllib.parse
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tasks.config import settings
from tests.chain.conftest import T2V
from tests.flows import Cli, Ran, draw, serving, write_board
from tests.hostile import STORYREEL, Weighed, weighed
from tests.sandbox import Sandbox

FLOW = """
import asyncio
import sys
from flows.render_storyboard import render_storyboard
board, to, config = sys.argv[1:]
print(asyncio.run(render_storyboard(board, to, config=config, return_state=True)))
"""
ECHO = "key {key} in base64 {key64} as {key_url} Authorization: Bearer {key} "
SIGNED = "https://user:passw0rd@store.example/a.mp4?X-Amz-Signature=5ignature5ignature&sig=5igsig5ig&token=t0k3nt0k3n"
PICTURE = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAAB"
ALIEN = ("passw0rd", "5ignature5ignature", "5igsig5ig", "t0k3nt0k3n", "iVBORw0KGgoAAAANSUhEUg")
FAULTS = ("good", "bad_request", "failed", "moderated", "no_id", "auth")  # the last takes its gateway out


@dataclass
class Left:
    """Everything that a run left: what its commands said, and folders full of files."""

    keys: dict[str, str]
    target: Path
    folders: list[Path]
    said: list[Weighed] = field(default_factory=list)

    def all(self) -> Iterator[tuple[str, bytes]]:
        """Each file and each thing said by its name; tables unpacked as well as they lie."""
        for folder in self.folders:
            for path in sorted(p for p in folder.rglob("*") if p.is_file()):
                yield str(path), path.read_bytes()
                if path.suffix == ".parquet":
                    yield f"{path}, unpacked", json.dumps(pq.read_table(path).to_pylist(), default=str).encode()
        for n, one in enumerate(self.said):
            yield f"output {n}", f"{one.out}{one.err}".encode()

    def found(self, *words: str) -> list[tuple[str, str]]:
        """Where any of the words stands, and which."""
        wanted = {word: word.encode() for word in words}
        return [(name, word) for name, data in self.all() for word, raw in wanted.items() if raw in data]


def spellings(key: str) -> set[str]:
    """A key as it may stand somewhere: plain, in an address, in hex, and within base64 of something longer."""
    found = {
        key,
        urllib.parse.quote(key),
        urllib.parse.quote(key, safe=""),
        urllib.parse.quote_plus(key),
        key.encode().hex(),
    }
    for lead in ("", "k", "ke"):
        inner = base64.b64encode(f"{lead}{key}".encode()).decode()[4:-4]
        found |= {inner, inner.replace("+", "-").replace("/", "_")}
    return found


@pytest.fixture(scope="module")
def left(environment: dict[str, str], prefect_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Left]:
    """A run at every gateway with marked keys, each gateway echoing its own in every error, as a deployment runs it."""
    folder, keys = tmp_path_factory.mktemp("secrets"), {}
    (folder / "film").mkdir()
    prompts = [(f, g) for f in FAULTS for g in T2V if (f, g) != ("auth", "pixazo")]  # pixazo has a clip to give
    rows = [
        {"shot_id": f"{gateway}-{fault}", "prompt": f"{fault} of {gateway} VISIBLE", "route": T2V[gateway]}
        | {"duration": 4, "size": "1280x720"}
        for fault, gateway in prompts
    ]
    still = {"shot_id": "still", "prompt": "a still VISIBLE", "image": draw(folder / "sea.png", "navy"), "duration": 4}
    board = write_board(folder / "board.csv", [still | {"size": "1280x720", "route": "pixazo:sora-2-pro"}, *rows])
    config = folder / "config.toml"
    routes = ", ".join(f'"{T2V[gateway]}"' for gateway in T2V)
    config.write_text(
        f'[chain]\nallow_retired = true\ntext_to_video = [{routes}]\nimage_to_video = ["pixazo:sora-2-pro"]\n'
    )
    message = f"{ECHO}{SIGNED} {PICTURE}"
    faults = [
        {"prompt": kind, "message": message, **({"do": kind} if kind == "failed" else {"kind": kind})}
        for kind in FAULTS[1:]
    ]
    with Sandbox(faults) as box:
        env = {**environment, **box.env(poll_every_s=0.05), "PREFECT_LOGGING_LEVEL": "DEBUG"}
        for gateway in T2V:
            keys[gateway] = f"sk-live/{uuid.uuid4().hex}+MARK&{gateway}="
            env[f"{gateway.upper()}_API_KEY"] = keys[gateway]
        found = Left(keys, folder / "film", [folder / "film", prefect_home, Path(environment["TMPDIR"])])
        found.said.append(weighed(sys.executable, "-c", FLOW, board, found.target, config, **env))
        for command in (
            ("status", found.target),
            ("report", found.target),
            ("providers", "--check"),
            ("rescue", found.target),
        ):
            found.said.append(weighed(STORYREEL, *command, "--config", config, **env))
        yield found


@pytest.mark.slow
def test_that_the_search_would_find_something(left: Left) -> None:
    """Control: clips were bought, every gateway did echo, prompts are found in the target, ids in the database."""
    assert (left.target / "manifest.json").is_file(), left.said[0].out[-1500:] + left.said[0].err[-1500:]
    rows = {row["shot_id"]: row for row in json.loads((left.target / "manifest.json").read_bytes())["shots"]}
    assert rows["still"]["status"] == "reused", rows["still"]
    assert rows["pixazo-good"]["clip"]
    for gateway in T2V:
        assert "[cut]" in rows[f"{gateway}-bad_request"]["error"], rows[f"{gateway}-bad_request"]["error"]
    places = {name for name, _ in left.found("VISIBLE", "aigateway-failed")}
    assert {str(left.target / "manifest.parquet, unpacked"), str(left.target / "report.html")} <= places
    assert any(name.startswith(str(left.folders[1])) and ".db" in name for name in places), places


@pytest.mark.slow
def test_that_no_secret_is_left_anywhere(left: Left) -> None:
    """0 keys in any spelling, 0 signatures, passwords, pictures: target, outputs, logs, database, artifacts, report."""
    wanted = {word for key in left.keys.values() for word in spellings(key)}
    assert left.found(*wanted, *ALIEN) == []


def test_that_what_opens_a_board_is_left_nowhere(
    cli: Cli, typed: Callable[..., Ran], prefect_home: Path, tmp_path: Path
) -> None:
    """A board's signature and password stand in no byte of target, outputs, logs and database; its place does."""
    signature, password = uuid.uuid4().hex, uuid.uuid4().hex
    write_board(tmp_path / "board.csv", [{"prompt": "a sail"}])
    film = tmp_path / "film"
    left = Left({}, film, [film, prefect_home, Path(cli.environment["TMPDIR"])])
    with serving(tmp_path) as host:
        board = f"http://somebody:{password}@{host}/board.csv?sig={signature}"
        ways = (
            (typed, "plan", board),
            (cli, "render", board, "--to", film),
            (typed, "status", film),
            (typed, "report", film),
        )
        for way, *command in ways:
            for form in ((), ("--json",)):
                ran = way(*command, *form, PREFECT_LOGGING_LEVEL="DEBUG")
                assert ran.code == 0, ran
                left.said.append(Weighed(ran.code, ran.out, ran.err, 0))
    assert left.found(signature, password) == []
    assert json.loads((film / "manifest.json").read_bytes())["board"] == f"http://{host}/board.csv"
    places = {name for name, _ in left.found(f"http://{host}/board.csv")}
    assert str(film / "report.html") in places and any(name.startswith(str(prefect_home)) for name in places), places


def test_that_settings_do_not_show_their_keys() -> None:
    """Neither printing them, nor a traceback that shows every variable of its frames."""
    loaded = settings.load_settings("configs/sora.toml", {"PIXAZO_API_KEY": "sk-MARKED-77777"})
    try:
        raise ValueError(loaded.providers["pixazo"])
    except ValueError as error:
        told = traceback.TracebackException.from_exception(error, capture_locals=True)
    shown = "".join(told.format()) + repr(loaded) + str(loaded.providers) + f"{loaded.providers['pixazo'].key}"
    assert "SecretStr('**********')" in shown and "MARKED" not in shown
