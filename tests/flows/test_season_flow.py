"""`render_season` as a flow on a real Prefect server that no worker serves."""

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State
from prefect.states import Failed, Pending, Running, Scheduled

from flows import render_season as flow_file
from flows.render_season import render_season
from flows.render_storyboard import render_storyboard
from tasks.domain.errors import StoryreelError
from tests.flows import manifest, write_board
from tests.flows.test_render_storyboard import in_prefect  # noqa: F401 - the module's fixture

pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
ROWS = [{"scene": f"s{n}", "prompt": f"a sail {n}", "duration": "0.5", "size": "320x180"} for n in range(2)]


def season(board: Path, target: Path) -> State[Any]:
    return asyncio.run(render_season(str(board), str(target), shots_a_part=1, return_state=True))


def test_a_season_without_its_deployment_starts_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Prefect knows no deployment for the parts each shot is skipped with the reason, and the target is free."""
    monkeypatch.setattr(flow_file, "PARTS", "render-storyboard/nowhere")
    state = season(write_board(tmp_path / "b.csv", ROWS), tmp_path / "film")
    assert (state.name, state.message) == ("Incomplete", "0 of 2 clips, 0.00 USD, 0.00 at risk")
    rows = manifest(tmp_path / "film").values()
    assert [(row["status"], row["error_class"]) for row in rows] == [("skipped", "Interrupted")] * 2
    assert "nothing is bought twice" in next(iter(rows))["error"]
    assert not list((tmp_path / "film" / "lock").iterdir())


def test_a_board_edited_meanwhile_is_told_in_the_last_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A season whose board was edited while it ran says so where its money stands."""
    board = write_board(tmp_path / "b.csv", ROWS)

    def edits(running: Any) -> Any:
        async def start(task: Any) -> Any:
            write_board(tmp_path / "b.csv", ROWS[:1])
            raise StoryreelError("nobody is there")

        return start

    monkeypatch.setattr(flow_file, "starter", edits)
    said = "was edited while its season runs: the season ends as it was read"
    assert str(season(board, tmp_path / "film").message).endswith(f"0.00 at risk; {board} {said}")


def test_a_finished_season_is_left_as_it_is(tmp_path: Path) -> None:
    """A board that is rendered already needs no part: Completed with its money, its report made again."""
    board = write_board(tmp_path / "b.csv", ROWS)
    assert asyncio.run(render_storyboard(str(board), str(tmp_path / "film"), return_state=True)).is_completed()
    (tmp_path / "film" / "report.html").unlink()
    state = season(board, tmp_path / "film")
    assert (state.is_completed(), state.message) == (True, "2 of 2 clips, 0.00 USD, 0.00 at risk")
    assert [row["status"] for row in manifest(tmp_path / "film").values()] == ["reused", "reused"]
    assert (tmp_path / "film" / "report.html").exists()


def test_a_season_of_a_broken_board_tells_every_fault(tmp_path: Path) -> None:
    """A board with faults ends Failed with all of them, and leaves no file at the target."""
    state = season(write_board(tmp_path / "b.csv", [{"prompt": "", "duration": "x"}]), tmp_path / "film")
    assert state.is_failed()
    assert "is empty" in str(state.message) and "is no length" in str(state.message)
    assert not (tmp_path / "film").exists()


@pytest.mark.parametrize(
    ("state", "since", "comes", "after"),
    [
        (Scheduled(), 0.0, True, "Scheduled"),
        (Scheduled(), 1000.0, True, "Scheduled"),
        (Pending(), 0.0, True, "Pending"),
        (Pending(), 1000.0, False, "Cancelled"),
        (Running(), 1000.0, False, "Cancelled"),
        (Failed(), 0.0, False, "Cancelled"),
    ],
)
async def test_whether_a_silent_part_can_come(state: State[Any], since: float, comes: bool, after: str) -> None:
    """A run that no worker has may wait; one that was taken long ago, or is over, is kept from starting late."""
    async with get_client() as client:
        run = (await client.create_flow_run(render_storyboard, parameters={"board": "b", "to": "t"}, state=state)).id
        assert await flow_file.can_come(run, {run: time.monotonic() - since} if since else {}) is comes
        now = (await client.read_flow_run(run)).state
        assert now is not None and now.name == after
