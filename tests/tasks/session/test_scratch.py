"""A machine whose scratch folder takes nothing: told in words before a start, blamed on no picture."""

import asyncio
import tempfile
from pathlib import Path

import pytest

from tasks.domain.errors import BoardError, StartError
from tasks.domain.request import RunRequest
from tasks.session import start_session
from tests.descriptors import no_room
from tests.flows import draw, serving, write_board

FULL = "this machine cannot go on: .*storyreel-.*: no file may be so large here"


async def _check(board: Path, target: Path, config: Path | None = None) -> None:
    async with start_session(RunRequest(str(board), str(target), str(config) if config else None)) as running:
        with no_room(100):
            await running.check(fetch=True)


@pytest.mark.parametrize("remote", [False, True])
@pytest.mark.parametrize("shots", [1, 70])
def test_a_full_scratch_disk_while_pictures_are_prepared(tmp_path: Path, remote: bool, shots: int) -> None:
    """The pictures are sound, and the message names the folder and what it lacks; no fault of the board is claimed."""
    draw(tmp_path / "boat.png", "teal")
    (tmp_path / "own.toml").write_text('[images]\nallow_hosts = ["127.0.0.1"]\n')
    with serving(tmp_path) as host:
        picture = f"http://{host}/boat.png" if remote else "boat.png"
        rows = [{"shot_id": f"s{n}", "prompt": f"a boat {n}", "image": picture} for n in range(shots)]
        board = write_board(tmp_path / "board.csv", rows)
        with pytest.raises(StartError, match=FULL) as caught:
            asyncio.run(_check(board, tmp_path / "film", tmp_path / "own.toml"))
    assert not isinstance(caught.value, BoardError)
    assert not (tmp_path / "film").exists()


def test_a_machine_without_a_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no scratch folder can be made the message says which variable names another."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    board = write_board(tmp_path / "board.csv", [{"shot_id": "a", "prompt": "a boat"}])
    with pytest.raises(StartError, match=r"no scratch folder .*No such file.*: set TMPDIR to another folder"):
        asyncio.run(_check(board, tmp_path / "film"))
