"""What a part of a season leaves to its season, and what it tells it, at a target of its own."""

import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tasks.domain.request import RunRequest
from tasks.season.parts import SeasonPart
from tasks.season.worker import PartRole, part_session
from tasks.session.session import Session, start_session
from tasks.storage.lock import Lock
from tasks.storage.store import Store

BOARD = "shot_id,prompt,size,duration\nsh010,a boat,64x48,1\nsh020,a tower,64x48,1\n"


@pytest.fixture
async def part(tmp_path: Path) -> AsyncIterator[Session]:
    """A part over the first of two shots; its season holds the target's lock."""
    board = tmp_path / "board.csv"
    board.write_text(BOARD)
    async with start_session(RunRequest(str(board), str(tmp_path / "film"), only=("sh010",))) as plain:
        season = Lock(plain.store, "season")
        season.take()
        told = SeasonPart(name="part-1-001", attempt="me", run_id="season", token=season.token, lease=60, ways=1)
        yield part_session(plain, PartRole(told, ("sh010",), plain.store, plain.progress.line))


@contextlib.contextmanager
def creations(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The names of the objects that are created exclusively while it lasts."""
    made: list[str] = []
    create = Store.create

    def noted(store: Store, path: str, data: bytes) -> bool:
        made.append(path)
        return create(store, path, data)

    with monkeypatch.context() as patch:
        patch.setattr(Store, "create", noted)
        yield made


async def test_a_part_leaves_the_trial_of_the_target_to_its_season(
    part: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Parts that tried the target beside each other would clear away each other's proofs."""
    await part.check(fetch=True)
    with creations(monkeypatch) as made:
        async with part.open():
            pass
    assert [name for name in made if "proof" in name] == []
    assert made == ["lock/part-1-001/1.json"]


async def test_a_part_writes_clips_and_tells_its_season_how_it_ended(part: Session) -> None:
    """Neither tables nor views are a part's: it leaves its clip, the ledger, and a word for the season."""
    await part.check(fetch=True)
    async with part.open():
        await part.shot("sh010")
        await part.show()
        assert json.loads(part.store.read("lock/part-1-001/1.json"))["token"] == "me"
    there = {name.partition("/")[0] for name in part.store.names()}
    assert there == {"clips", "ledger", "lock", "posters"}
    told = json.loads(part.store.read("lock/part-1-001/told.json"))
    assert told == {"attempt": "me", "ended": {}, "refused": "", "lost_usd": "0"}
