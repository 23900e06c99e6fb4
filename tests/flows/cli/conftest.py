"""What several tests of the command begin with."""

import asyncio
from pathlib import Path

import pytest

from tests.chain.conftest import rendered
from tests.flows import write_board


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A board, and a target at which nothing is left to do; made without Prefect, which would take seconds."""
    folder = tmp_path_factory.mktemp("finished")
    board, film = write_board(folder / "board.csv", [{"shot_id": "ok", "prompt": "a sail"}]), folder / "film"
    assert asyncio.run(rendered(board, film, {}, config="configs/animatic.toml")).code == 0
    return board, film
