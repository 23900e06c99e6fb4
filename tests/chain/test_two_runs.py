"""One run a target, and a run that finds everything done."""

import asyncio
import tempfile
import time
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tasks.commands import answers
from tasks.config import catalogue, settings
from tasks.domain.errors import TargetError
from tasks.domain.job import Job as Receipt
from tasks.domain.model import Route
from tasks.domain.order import Order, Request
from tasks.domain.request import RunRequest
from tasks.domain.result import Clip, Settlement
from tasks.domain.shot import Size
from tasks.ledger.ledger import Ledger
from tasks.ledger.records import LedgerKey
from tasks.session.session import Session
from tasks.storage.store import Store
from tasks.transport.client import Http
from tests.chain.conftest import Studio, opened, rendered
from tests.chain.wire import Hours
from tests.sandbox import Sandbox
from tests.servers import s3_server  # noqa: F401 - a fixture, taken by its name
from tests.servers_stores import azure_server, sftp_server  # noqa: F401 - as above
from tests.tasks.clips import good

CHAIN = '[chain]\ntext_to_video = ["aigateway:openai/sora-2-text-to-video-pro"]\nallow_retired = true\n'


async def one_run(board: Path, target: str, config: Path, env: Mapping[str, str], options: dict[str, Any]) -> str:
    """A whole run without Prefect: ``done``, or why it was not let in."""
    with tempfile.TemporaryDirectory() as folder:
        http = Http()
        loaded = replace(settings.load_settings(config, env), target_options=options)
        store = Store(target, options)
        wanted = RunRequest(str(board), target, str(config))
        running = Session(wanted, loaded, catalogue.load_catalogue(), store, http, Path(folder), fleeting=True)
        try:
            await running.check(fetch=True)
            async with running.open():
                await asyncio.gather(*(running.shot(p.shot.shot_id) for p in running.plan.shots if p.renders))
            return "done"
        except TargetError as error:
            return str(error)
        finally:
            await http.close()


@pytest.mark.parametrize("kind", ["disk", "memory", "s3", "azure", "sftp"])
async def test_of_two_runs_at_once_one_works_and_one_says_who_holds_it(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Two runs on one target: one renders, the other names the holder, and each shot is bought once."""
    target, options = {"disk": str(tmp_path / "film"), "memory": f"memory://two-{tmp_path.name}"}.get(kind, ""), {}
    if not target:
        server = request.getfixturevalue(kind)
        target, options = server.folder(), server.options
    board, config = tmp_path / "board.csv", tmp_path / "chain.toml"
    board.write_text("prompt,duration\n" + "".join(f"wave {i},4\n" for i in range(4)))
    config.write_text(CHAIN)
    with Sandbox(job_seconds=0.5) as box:
        both = await asyncio.gather(*(one_run(board, target, config, box.env(), options) for _ in range(2)))
        assert sorted(word == "done" for word in both) == [False, True]
        refused = next(word for word in both if word != "done")
        assert "is in use by run" in refused or "taken by another run" in refused
        assert box.bill()["aigateway"]["accepted"] == 4
    assert Store(target, options).names("lock") == []


def finished(target: Path, prompts: list[str], config: Path, env: Mapping[str, str]) -> None:
    """A target whose shots are all bought and delivered, written by the ledger itself."""
    loaded, known = settings.load_settings(config, env), catalogue.load_catalogue()
    store = Store(str(target))
    ledger = Ledger(store, "earlier")
    model = known.model("aigateway:openai/sora-2-text-to-video-pro")
    board = target.parent / "board.csv"
    session = Session(RunRequest(str(board), str(target)), loaded, known, store, Http(), target.parent)
    plan = asyncio.run(session.check(fetch=False))
    from tasks.ledger.records import LedgerKey

    for shot in plan.shots:
        order = Order(shot.shot, Route(model), Decimal(4), Size(1280, 720), shot.shot.prompt)
        attempt = ledger.intent(LedgerKey(shot.key, shot.fingerprint, shot.parts), order, Decimal("0.40"))
        attempt = ledger.accepted(attempt, Receipt(f"job-{shot.shot.shot_id}", Request("GET", "/v1/jobs/x")))
        clip = Clip(f"clips/{shot.shot.shot_id}.mp4", "0" * 64, len(good()), 1280, 720, 24.0, 4.0)
        store.write(clip.path, good())
        ledger.settled(attempt, Settlement("clip", charged=Decimal("0.40"), basis="price_list", clip=clip))
    assert len(plan.shots) == len(prompts)


@pytest.mark.parametrize("many", [100, pytest.param(1_000, marks=pytest.mark.slow)])
def test_a_finished_board_makes_no_call(tmp_path: Path, many: int) -> None:
    """Finished shots again: nothing is planned, no gateway is asked, every row is reused."""
    board, config, target = tmp_path / "board.csv", tmp_path / "chain.toml", tmp_path / "film"
    prompts = [f"wave number {i}" for i in range(many)]
    board.write_text("prompt,duration\n" + "".join(f"{prompt},4\n" for prompt in prompts))
    config.write_text(CHAIN)
    with Sandbox() as box:
        finished(target, prompts, config, box.env())
        since = time.process_time()
        outcome = asyncio.run(rendered(board, target, box.env(), config=config))
        print(f"{many} finished shots again: {time.process_time() - since:.1f} s of CPU")
        assert outcome.calls == []
        assert box.log() == []
    assert outcome.code == 0
    assert outcome.statuses() == {"reused": many}
    assert outcome.costs["totals"]["charged_usd"] == f"{many * 0.4:.2f}"


async def test_rescue_collects_and_buys_nothing(tmp_path: Path) -> None:
    """A run dies with jobs in the air: rescue brings them home, `status` says so before and after."""
    board, config, target = tmp_path / "board.csv", tmp_path / "chain.toml", tmp_path / "film"
    board.write_text("prompt,duration,take\nwave,4,one\nfoam,4,two\n")
    config.write_text(CHAIN)
    with Sandbox(faults=[{"do": "late", "seconds": 1.0}]) as box:
        first = await rendered(board, target, box.env(deadline_s=0.3), config=config)
        assert first.code == 1
        assert first.statuses() == {"failed": 2}
        for job in box.world.book.accounts["aigateway"].jobs.values():
            job.done_at = 0.0  # the hours of the first run were not real ones
        before = box.bill()["aigateway"]["orders"]
        with tempfile.TemporaryDirectory() as folder:
            http = Http()
            loaded = settings.load_settings(config, box.env())
            running = Session(
                RunRequest("", str(target)), loaded, catalogue.load_catalogue(), Store(str(target)), http, Path(folder)
            )
            told = await answers.status(running)
            assert [job["quoted_usd"] for job in told["uncollected"]] == ["0.40", "0.40"]
            answer = await answers.rescue(running)
            await http.close()
        assert box.bill()["aigateway"]["orders"] == before
        assert answer["exit_code"] == 0, answer
        assert answer["collected"] == 2
        assert answer["shots"]["rendered"] == 2
        assert answer["totals"]["charged_usd"] == "0.80"


async def test_a_plan_made_again_knows_what_was_ordered_meanwhile(studio: Studio) -> None:
    """As after a wait for approval: another run has ordered since, and has written no table yet."""
    asked = RunRequest(str(studio.board("x")), str(studio.target), str(studio.config("pixazo")))
    async with opened(asked, studio.env(), Hours(), []) as (running, _):
        (first,) = (await running.check(fetch=True)).shots
        other, offer = Ledger(running.store, "other").load(), first.offers[0]
        order = Order(first.shot, offer.route, offer.seconds, offer.size, first.shot.prompt)
        attempt = other.intent(LedgerKey(first.key, first.fingerprint, first.parts), order, offer.quote)
        other.accepted(attempt, Receipt("job-1", Request("GET", "/job-1")))
        (again,) = (await running.check(fetch=True)).shots
    assert first.quoted == offer.quote and not first.collects
    assert again.quoted == 0 and again.collects
