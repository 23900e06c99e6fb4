"""Keys and storage options out of blocks of a real Prefect server, by the commands and by the flows."""

import asyncio
import json
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from prefect.filesystems import RemoteFileSystem
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.plan_storyboard import plan_storyboard
from flows.render_inbox import render_inbox
from flows.render_storyboard import render_storyboard
from flows.support import blocks
from tasks.domain.errors import ConfigError
from tests.conftest import free_port
from tests.deployed import SECRET, Api, paid_config
from tests.flows import Ran, write_board
from tests.flows.test_render_storyboard import in_prefect  # noqa: F401 - the module's fixture
from tests.sandbox import Sandbox
from tests.servers import S3, s3_server  # noqa: F401 - the session's fixture

pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
Typed = Callable[..., Ran]
SHOT = [{"shot_id": "a", "prompt": "a sail", "duration": 4, "size": "1280x720"}]


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with Sandbox() as found:
        yield found


@pytest.fixture
def board(tmp_path: Path) -> Path:
    return write_board(tmp_path / "board.csv", SHOT)


def providers(ran: Ran) -> tuple[bool, str, str]:
    """What ``providers --json`` says of one gateway's key."""
    [told] = [one for one in ran.told["providers"] if one["provider"] == "pixazo"]
    return told["key_found"], told["key_from"], told["key_lacks"]


@pytest.mark.parametrize(
    ("secret", "environ", "said"),
    [
        (SECRET, {}, (True, f"Secret block {SECRET}", "")),
        (SECRET, {"PIXAZO_API_KEY": "sandbox"}, (True, "PIXAZO_API_KEY", "")),
        ("gone", {"PIXAZO_API_KEY": "sandbox"}, (True, "PIXAZO_API_KEY", "")),
        ("gone", {}, (False, "", "PIXAZO_API_KEY is not set, and Secret block gone is not at {url}")),
        ("numbers", {}, (False, "", "PIXAZO_API_KEY is not set, and Secret block numbers holds no text")),
    ],
)
def test_that_providers_says_where_a_key_was_found(
    secret: str,
    environ: dict[str, str],
    said: tuple[bool, str, str],
    typed: Typed,
    api: Api,
    box: Sandbox,
    prefect_server: str,
    tmp_path: Path,
) -> None:
    """The environment beats the Secret block; a block that is not there, or holds no text, is named."""
    if secret == "numbers":
        api.put_secret("numbers", 7)  # type: ignore[arg-type]  # a Secret block takes any JSON
    config = paid_config(tmp_path / "paid.toml", box, secret)
    told = said[0], said[1], said[2].format(url=prefect_server)
    assert providers(typed("providers", "--config", config, "--json", **environ)) == told
    words = typed("providers", "--config", config, **environ).out
    assert f"  {told[1]} found" in words if told[0] else f"  {told[2]}" in words
    assert "sandbox-pixazo" not in words


def test_that_a_secret_buys_at_the_terminal_and_in_a_flow(typed: Typed, api: Api, box: Sandbox, board: Path) -> None:
    """``plan``, ``render`` and ``rescue`` at a terminal and a deployed flow use the same block for the same gateway."""
    config = paid_config(board.parent / "paid.toml", box)
    film = board.parent / "film"
    planned = typed("plan", board, "--config", config, "--json")
    assert (planned.code, planned.told["totals"]["quoted_usd"]) == (0, "1.50")
    ran = typed("render", board, "--to", film, "--config", config, "--json", "--no-reel", "--no-report")
    assert (ran.code, ran.counts, box.log()[0]["key"]) == (0, {"rendered": 1}, "xazo")
    assert typed("rescue", film, "--config", config, "--json").code == 0
    state = asyncio.run(render_storyboard(str(board), str(film), str(config), return_state=True))
    assert state.message == "1 of 1 clips, 1.50 USD, 0.00 at risk"


@pytest.mark.parametrize("command", ["plan", "render", "rescue"])
def test_that_a_secret_that_is_not_there_starts_nothing(
    command: str, typed: Typed, api: Api, box: Sandbox, board: Path
) -> None:
    """Exit 2 with the name of the block; nothing is asked of a gateway and nothing is written."""
    config, film = paid_config(board.parent / "paid.toml", box, "gone"), board.parent / "film"
    words = {"plan": ("plan", board), "render": ("render", board, "--to", film), "rescue": ("rescue", film)}
    ran = typed(*words[command], "--config", config, "--json")
    assert ran.code == 2
    [error] = ran.told["errors"]
    assert (error["column"], error["value"]) == ("provider.pixazo.api_key_secret", "gone")
    assert "Secret block gone is not at" in error["message"]
    assert (box.log(), film.exists()) == ([], False)


def test_that_a_flow_with_a_secret_that_is_not_there_fails(api: Api, box: Sandbox, board: Path) -> None:
    """A plan and a render end Failed with the name of the block, and an inbox does not blame its boards."""
    config, film = paid_config(board.parent / "paid.toml", box, "gone"), board.parent / "film"
    for flow in (plan_storyboard, render_storyboard):
        state = asyncio.run(flow(str(board), str(film), str(config), return_state=True))
        assert state.is_failed()
        assert "Secret block gone is not at" in str(state.message)
    assert not film.exists()
    state = asyncio.run(render_inbox(str(board.parent), str(film), str(config), return_state=True))
    assert "Secret block gone" in str(state.message)
    assert list(board.parent.glob("*.errors.txt")) == []


@contextmanager
def mute() -> Iterator[tuple[str, socket.socket]]:
    """A server that lets itself be connected to and says nothing: its URL, and its end of the line."""
    with socket.socket() as there:
        there.bind(("127.0.0.1", 0))
        there.listen()
        there.setblocking(False)
        yield f"http://127.0.0.1:{there.getsockname()[1]}/api", there


def test_that_a_look_up_has_an_end(box: Sandbox, tmp_path: Path) -> None:
    """No server named, one that is not there, and one that is silent: each is said, and none is waited for long."""
    config = paid_config(tmp_path / "paid.toml", box)

    def lacks(url: str | None) -> str:
        with temporary_settings({PREFECT_API_URL: url}):
            loaded = asyncio.run(blocks.look_up_blocks(str(config), patience=0.5))
        return loaded.providers["pixazo"].lacks.partition("Secret block storyreel-sandbox ")[2]

    assert lacks(None) == "cannot be looked up: PREFECT_API_URL is not set"
    with mute() as (url, _):
        assert lacks(url) == f"cannot be looked up: {url} is silent"
    closed = f"http://127.0.0.1:{free_port()}/api"
    assert lacks(closed).startswith(f"cannot be looked up: {closed} ")


def test_that_nobody_is_asked_without_need(typed: Typed, box: Sandbox, board: Path) -> None:
    """With the key in the environment, or for a command that needs none, nobody connects to the server at all."""
    config = paid_config(board.parent / "paid.toml", box)
    with mute() as (url, there), temporary_settings({PREFECT_API_URL: url}):
        for command in ("status", "report"):  # first, because the key stays in the environment of those that follow
            assert typed(command, board.parent / "nothing", "--config", config).code == 2
        assert typed("plan", board, "--config", config, PIXAZO_API_KEY="sandbox").code == 0
        assert typed("plan", board).code == 0
        with pytest.raises(BlockingIOError):
            there.accept()


async def save(name: str, settings: dict[str, object]) -> None:
    """A block of a remote file system, as the UI's form makes it."""
    block = RemoteFileSystem(basepath="s3://storyreel-films", settings=settings)
    await block.asave(name, overwrite=True)


def test_that_a_target_block_opens_a_bucket(typed: Typed, api: Api, s3: S3, board: Path) -> None:
    """``[target] block`` gives fsspec its options, under what the file says; a bucket that signs gets its links."""
    asyncio.run(save("films", {**s3.options, "secret": "wrong", "endpoint_url": "http://127.0.0.1:1"}))
    config = board.parent / "bucket.toml"
    own = json.dumps(s3.endpoint_url)
    config.write_text(
        '[chain]\ntext_to_video = ["animatic:card"]\n'
        f'[target]\nblock = "remote-file-system/films"\noptions = {{endpoint_url = {own}, secret = "loopback"}}\n'
    )
    film = s3.folder()
    state = asyncio.run(render_storyboard(str(board), film, str(config), return_state=True))
    assert state.is_completed(), state.message
    run = str(state.state_details.flow_run_id)
    links = {
        name: one["data"] for name, one in api.artifacts(run).items() if name in ("storyreel-report", "storyreel-reel")
    }
    assert [f"({s3.endpoint_url}/" in data for data in links.values()] == [True, True]
    told = typed("status", film, "--config", config, "--json")
    assert (told.code, told.counts) == (0, {"rendered": 1})


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("remote-file-system/nowhere", "is not at"),
        (f"secret/{SECRET}", "has no settings for a file system"),
    ],
)
def test_that_a_target_block_that_is_none_starts_nothing(
    address: str, said: str, typed: Typed, api: Api, board: Path
) -> None:
    """Exit 2 for every command over the target, with the name of the block and what is wrong with it."""
    config = board.parent / "bucket.toml"
    config.write_text(f'[target]\nblock = "{address}"\n')
    for words in (("plan", board), ("status", board.parent / "film"), ("report", board.parent / "film")):
        ran = typed(*words, "--config", config, "--json")
        assert ran.code == 2
        assert (ran.told["errors"][0]["value"], said in ran.told["errors"][0]["message"]) == (address, True)


def test_that_a_target_block_must_be_looked_up(tmp_path: Path) -> None:
    """Whoever loads such a config without its blocks is told, and works on no target without its options."""
    from tasks.config import settings

    (tmp_path / "bucket.toml").write_text('[target]\nblock = "remote-file-system/films"\n')
    with pytest.raises(ConfigError, match="was not looked up"):
        settings.settings_from_environment(tmp_path / "bucket.toml")
