"""``storyreel init``: a board and a config to begin with."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from flows.cli import display
from flows.cli import output as answer
from tasks.commands import starter
from tasks.config import CONFIGS, settings_from_environment


def init(folder: Annotated[str, Parameter(help="Where the board and the config go.")] = ".") -> int:
    """Write a board of three shots and a config for the gateways whose keys are found. Overwrites nothing."""

    async def act() -> int:
        living = settings_from_environment(CONFIGS / "live.toml")
        display.begun(starter.begin(Path(folder), living, datetime.now(UTC).date()), folder)
        return 0

    return answer.caught(act, False, {})
