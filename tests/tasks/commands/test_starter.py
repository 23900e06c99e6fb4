import shlex
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from flows.cli import begin
from tasks.commands import starter
from tasks.config import CONFIGS, Settings, load_settings
from tasks.domain.shot import MODES
from tests.flows import Ran

TODAY = date(2026, 11, 26)
LIVING = ("OPENROUTER_API_KEY", "FAL_API_KEY", "RUNWAY_API_KEY", "OPENAI_VIDEOS_API_KEY")
RETIRED = ("PIXAZO_API_KEY", "AIMLAPI_API_KEY")
Typed = Callable[..., Ran]


def living(*keys: str) -> Settings:
    return load_settings(CONFIGS / "live.toml", dict.fromkeys(keys, "a-secret-of-mine"))


@pytest.mark.parametrize("keys", [(), *((key,) for key in LIVING), LIVING, (*RETIRED, "FAL_API_KEY"), RETIRED])
def test_that_the_config_can_make_every_shot(keys: tuple[str, ...], tmp_path: Path) -> None:
    """Whatever keys there are: the config loads, holds none of them, has a usable route for each mode and no other
    gateway than those with a key, and a budget where one of them is paid."""
    begun = starter.begin(tmp_path, living(*keys), TODAY)
    text = (tmp_path / starter.CONFIG).read_text()
    assert "a-secret-of-mine" not in text
    again = load_settings(tmp_path / starter.CONFIG, dict.fromkeys(keys, "a-secret-of-mine"))
    chain = again.chains[""].routes
    assert set(chain) == set(MODES) and all(chain.values())
    gateways = {route.partition(":")[0] for routes in chain.values() for route in routes} - {"animatic"}
    assert gateways == set(begun.gateways)
    assert all(again.providers[name].ready for name in gateways)
    assert (again.render.budget_usd is not None) is bool(gateways)
    for name in gateways:
        assert again.providers[name].base_url == living().providers[name].base_url
        assert again.providers[name].options == living().providers[name].options


def test_that_a_key_whose_models_are_all_gone_is_told(tmp_path: Path) -> None:
    """Nobody wonders why a key that is there is not used."""
    begun = starter.begin(tmp_path, living("FAL_API_KEY", *RETIRED), TODAY)
    assert (begun.gateways, set(begun.idle)) == (("fal",), {"aimlapi", "pixazo"})


@pytest.mark.parametrize("there", [starter.BOARD, starter.CONFIG])
def test_that_nothing_is_overwritten(there: str, tmp_path: Path) -> None:
    """A file that is there stays byte for byte, and is told; the other is written."""
    (tmp_path / there).write_text("mine")
    begun = starter.begin(tmp_path, living(), TODAY)
    assert (begun.kept, len(begun.written)) == ((there,), 1)
    assert (tmp_path / there).read_text() == "mine"


def test_that_the_next_commands_do_what_they_say(typed: Typed, tmp_path: Path) -> None:
    """An empty folder, a name with a blank: the three commands are told, the first of them plans three shots."""
    folder = tmp_path / "my film"
    ran = typed("init", folder)
    assert ran.code == 0
    assert "no key found: the config draws every shot here, for nothing" in ran.out
    commands = [shlex.split(line) for line in ran.out.partition("next:\n")[2].splitlines()]
    assert [words[:2] for words in commands] == [
        ["storyreel", "plan"],
        ["storyreel", "render"],
        ["storyreel", "render"],
    ]
    assert commands[1][-2:] == ["--only", "sh010"]
    planned = typed(*commands[0][1:], "--json")
    assert (planned.code, planned.told["totals"]["new"], planned.told["totals"]["quoted_usd"]) == (0, 3, "0.00")
    again = typed("init", folder)
    assert again.out.count("was there and stays: ") == 2


@pytest.mark.parametrize(
    ("called", "on_path", "said"),
    [
        (".venv/bin/storyreel", False, ".venv/bin/storyreel"),
        ("/opt/my tools/storyreel", False, "'/opt/my tools/storyreel'"),
        (".venv/bin/storyreel", True, "storyreel"),
        ("/usr/lib/python3/flows/cli/__main__.py", False, "storyreel"),
    ],
)
def test_that_the_next_commands_can_be_typed(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    called: str,
    on_path: bool,
    said: str,
) -> None:
    """Where the shell would not find `storyreel` they name it as it was called just now."""
    shell = tmp_path / "bin" / "storyreel"
    shell.parent.mkdir()
    shell.touch(0o755)
    monkeypatch.setenv("PATH", str(shell.parent) if on_path else str(tmp_path))
    monkeypatch.setattr("sys.argv", [called, "init"])
    begin.show(starter.begin(tmp_path, living(), TODAY), str(tmp_path))
    commands = capsys.readouterr().out.partition("next:\n")[2].splitlines()
    assert [line.startswith(f"  {said} ") for line in commands] == [True] * 3, commands


def test_that_a_folder_that_cannot_be_made_is_exit_code_2(typed: Typed, tmp_path: Path) -> None:
    """A file stands where the folder would be: words, no traceback."""
    (tmp_path / "film").write_text("")
    ran = typed("init", tmp_path / "film")
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert "film cannot be written: " in ran.err


def test_that_keys_that_are_found_are_named(typed: Typed, tmp_path: Path) -> None:
    """Gateways with a living model are in the config; a key of another is told."""
    ran = typed("init", tmp_path / "film", FAL_API_KEY="k", PIXAZO_API_KEY="k")
    assert "keys found for fal\n" in ran.out
    assert "key found for pixazo, but none of its models is alive" in ran.out
