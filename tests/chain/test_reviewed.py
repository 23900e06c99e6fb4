"""People choose while a run works at the same target: neither keeps the other waiting, and neither loses anything."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

from flows.cli import review
from tasks.domain.errors import StartError
from tasks.domain.money import usd_text
from tasks.ledger import read_verdicts
from tasks.storage.store import Store
from tests.chain.conftest import Studio, shots
from tests.tasks.commands.review.serving import Served, serving_review

ROUNDS = 8


async def person(served: Served, name: str, choices: list[dict[str, Any]], over: asyncio.Event) -> int:
    """Somebody who chooses again and again, at least so many rounds and until the run is over: how often."""
    said = 0
    async with httpx.AsyncClient(base_url=served.base, trust_env=False, timeout=30) as client:
        (await client.get(served.address)).raise_for_status()
        while said < ROUNDS * len(choices) or not over.is_set():
            for one in choices:
                answer = await client.post("/review/verdicts", json={**one, "by": name, "note": f"{name} {said}"})
                assert answer.status_code == 201, answer.text
                said += 1
    return said


async def test_two_people_and_a_run(studio: Studio, tmp_path: Path) -> None:
    """While a run buys another clip of each shot two people choose: no verdict is lost, no order is made twice."""
    board, config = studio.board(*shots(4)), studio.config("pixazo")
    first = await studio.render(board, config)
    rows = list(first.rows.values())
    choices = [{"key": row["key"], "take": 1, "sha256": row["sha256"], "verdict": "select", "after": 1} for row in rows]
    over = asyncio.Event()
    with serving_review(Store(str(studio.target)), tmp_path / "scratch") as served:
        people = [asyncio.ensure_future(person(served, name, choices, over)) for name in ("Ana", "Ben")]
        second = await studio.render(board, config, rerender=("all",))
        over.set()
        said = await asyncio.gather(*people)
    found = [one for key in read_verdicts(Store(str(studio.target))).values() for one in key]
    for name, count in zip(("Ana", "Ben"), said, strict=True):
        assert sorted(one.note for one in found if one.by == name) == sorted(f"{name} {n}" for n in range(count))
    assert len(second.orders()) == 4
    assert {row["takes"] for row in second.rows.values()} == {2}
    third = await studio.render(board, config)
    assert len(third.orders()) == 0


async def test_the_report_of_a_run_shows_its_takes(studio: Studio, tmp_path: Path) -> None:
    """After a rerender the page offers both takes of the shot, from the records of the run alone."""
    board, config = studio.board("x"), studio.config("pixazo")
    await studio.render(board, config)
    await studio.render(board, config, rerender=("sh010",))
    with serving_review(Store(str(studio.target)), tmp_path / "scratch") as served, served.client() as client:
        page = client.get("/").text
        assert page.count(" data-sha=") == 2
        clips = sorted((studio.target / "clips").glob("*.mp4"))
        for path in clips:
            assert client.get(f"/clips/{path.name}").content == path.read_bytes()


async def test_the_page_asks_the_plan(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the page says the next run would order is what its plan says: how many shots, and for how much."""
    for name, value in studio.env().items():
        monkeypatch.setenv(name, value)
    config = studio.config("pixazo")
    board = studio.board("one", "two")
    await studio.render(board, config)
    asked = review.Asked(str(studio.target), str(config), "127.0.0.1", "Ana")
    assert (await review._planned(str(board), asked))["shots"] == 0
    board = studio.board("one", "two", "three")
    plan = await studio.plan(board, config)
    told = await review._planned(str(board), asked)
    assert (told["shots"], told["quoted_usd"]) == (1, usd_text(plan.quoted))
    assert plan.quoted > 0
    with pytest.raises(StartError):
        await review._planned(str(studio.folder / "nowhere.csv"), asked)
