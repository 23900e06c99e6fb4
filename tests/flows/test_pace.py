"""How fast shots are started: no faster than a Prefect server records them, however many runs share it."""

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from flows import render_storyboard
from flows.render_storyboard import pause
from tasks.domain.request import RunRequest
from tasks.season.parts import SeasonPart
from tasks.season.worker import PartRole, part_session
from tasks.session.session import start_session


@pytest.mark.parametrize(
    ("started", "places", "ways", "seconds"),
    [
        (1, 256, 1, 0.01),
        (255, 256, 1, 0.01),
        (256, 256, 1, 0.04),
        (1000, 256, 1, 0.04),
        (1, 100, 4, 0.04),
        (100, 100, 4, 0.16),
        (2, 4, 100, 1.0),
    ],
)
def test_the_parts_of_a_season_share_one_pace(started: int, places: int, ways: int, seconds: float) -> None:
    """100 a second until the places are full, then 25; of so many parts each takes its share."""
    assert pause(started, places, ways) == pytest.approx(seconds)


async def test_a_part_knows_how_many_share(tmp_path: Path) -> None:
    """A run of its own has the server for itself; a part of four has a quarter of it."""
    part = SeasonPart(name="part-1-001", attempt="a", run_id="r", token="t", lease=60, ways=4)
    async with start_session(RunRequest("board.csv", str(tmp_path))) as plain:
        role = PartRole(part, (), plain.store, plain.progress.line)
        assert (plain.ways, part_session(plain, role).ways) == (1, 4)


async def test_shots_are_started_at_that_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two places, four ways: the second start after 0.04 s, then one every 0.16 s, and no wait once it is stopped."""
    waits: list[float] = []

    async def noted(seconds: float) -> None:
        waits.append(seconds)
        running.stopped = "enough" if len(waits) == 3 else None

    async def nothing(*_: Any) -> None:
        return None

    shots = [SimpleNamespace(renders=True) for _ in range(5)]
    running: Any = SimpleNamespace(
        renderer=SimpleNamespace(), concurrency=2, ways=4, stopped=None, plan=SimpleNamespace(shots=shots)
    )
    monkeypatch.setattr(render_storyboard, "_one", nothing)
    monkeypatch.setattr(asyncio, "sleep", noted)
    await render_storyboard._all(running)
    assert waits == [0.04, 0.16, 0.16]
