"""``storyreel init``: a board and a config to begin with."""

import shlex
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from flows.cli import display
from flows.cli import output as answer
from tasks.commands import starter
from tasks.commands.starter import CONFIG, Begun
from tasks.config import CONFIGS, settings_from_environment


def init(folder: Annotated[str, Parameter(help="Where the board and the config go.")] = ".") -> int:
    """Write a board of three shots and a config for gateways whose keys are found. Overwrites nothing."""

    async def act() -> int:
        living = settings_from_environment(CONFIGS / "live.toml")
        show(starter.begin(Path(folder), living, datetime.now(UTC).date()), folder)
        return 0

    return answer.caught(act, False, {})


def show(made: Begun, folder: str) -> None:
    """Print what `init` wrote, what was there and stays, for which gateways, and the commands that follow."""
    for word, names in (("wrote", made.written), ("was there and stays:", made.kept)):
        for name in names:
            display.out.print(display.text(f"{word} {Path(folder) / name}"))
    if CONFIG in made.written:
        with_keys = f"keys found for {', '.join(made.gateways)}"
        none = "no key found: the config draws every shot here, for nothing"
        display.out.print(display.text(with_keys if made.gateways else none))
    for name in made.idle:
        display.out.print(display.text(f"key found for {name}, but none of its models is alive", "yellow"))
    display.out.print("next:")
    for command in made.commands:
        display.out.print(display.text(f"  {_as_called(command)}"))


def _as_called(command: str) -> str:
    """The command as it can be typed here: by its path where the shell would not find it by its name."""
    called = Path(sys.argv[0])
    if called.name != "storyreel" or shutil.which("storyreel"):
        return command
    return command.replace("storyreel", shlex.quote(str(called)), 1)
