"""A fault of this machine is never taken for a gateway's: no order leaves after it, what was bought is collected."""

import asyncio
import contextlib
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from tasks.domain.order import Request
from tasks.domain.request import RunRequest
from tasks.session.session import Session
from tests.chain.conftest import Outcome, Studio, opened, read_back, shots
from tests.descriptors import none_left

SOME = 10_000_000_000  # bytes


async def limited(studio: Studio, board: Path, config: Path, scratch: Path, **limits: int) -> tuple[int, list[str]]:
    """A run in a process of its own, with less than others have."""
    told = {"board": str(board), "to": str(studio.target), "config": str(config), "scratch": str(scratch)}
    told_all = json.dumps(told | {"env": studio.env(), "limits": limits})
    command = (sys.executable, "-m", "tests.chain.limited_run", told_all)
    process = await asyncio.create_subprocess_exec(*command, stdout=-1, stderr=-1)
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    code, lines = json.loads(out)
    return code, lines


async def test_a_disk_that_takes_no_clip_is_no_gateways_fault(studio: Studio, tmp_path: Path) -> None:
    """Three jobs, no clip: exit 1, nothing settled against a gateway, nobody else asked; the next run collects."""
    board = studio.board(*shots(3))
    config = studio.config("pixazo", "aivideoapi", "aigateway", render={"concurrency": 3})
    code, lines = await limited(studio, board, config, tmp_path, RLIMIT_FSIZE=2600)
    rows, attempts, _ = read_back(studio.target)
    assert code == 1 and {row["error_class"] for row in rows.values()} == {"Target"}, lines
    assert [(one["provider"], one["outcome"]) for one in attempts] == [("pixazo", "pending")] * 3
    assert any("this machine cannot go on" in line and "no file may be so large" in line for line in lines), lines
    studio.by_hand = studio.box.bill()["pixazo"]["orders"]
    again = await studio.render(board, config)
    assert (again.code, again.statuses(), again.orders()) == (0, {"rendered": 3}, [])


@pytest.mark.parametrize(("moment", "left"), [("POST", []), ("GET", ["pending"]), ("clip", ["pending"])])
async def test_a_process_without_descriptors_blames_no_gateway(studio: Studio, moment: str, left: list[str]) -> None:
    """At the order nothing left and no attempt was made; later the job stays bought. Nobody else is asked."""

    def tamper(session: Session) -> None:
        ask, download = session.http.ask, session.http.download

        async def starved(request: Request, *told: Any) -> Any:
            await session.http.close()  # a connection that is kept open needs no new descriptor
            session.http.networks.clear()
            with none_left() if request.method == moment else contextlib.nullcontext():
                return await ask(request, *told)

        async def bring(*told: Any, **options: Any) -> Any:
            with none_left() if moment == "clip" else contextlib.nullcontext():
                return await download(*told, **options)

        session.http.ask, session.http.download = starved, bring  # type: ignore[method-assign]  # a process at its limit

    config, board = studio.config("pixazo", "aivideoapi"), studio.board("x")
    studio.by_hand = -1 if moment == "POST" else 0  # the order that the client was told to send did not leave
    first = await studio.render(board, config, tamper=tamper)
    assert (first.code, first.row["error_class"], [one["outcome"] for one in first.attempts]) == (1, "Target", left)
    assert any("no file descriptor left" in line for line in first.lines)
    second = await studio.render(board, config)
    assert (second.code, len(second.orders()), second.row["provider"]) == (0, 1 - len(left), "pixazo")


async def on_disk(studio: Studio, free: Any, count: int = 3, **render: Any) -> Outcome:
    def tamper(session: Session) -> None:
        session.free = free

    config = studio.config("pixazo", "aivideoapi", render=render)
    return await studio.render(studio.board(*shots(count)), config, tamper=tamper)


async def test_no_order_leaves_without_room_for_its_clip(studio: Studio) -> None:
    """2 MB left: nothing is ordered anywhere, exit 1, and one sentence names the folder and the cure."""
    outcome = await on_disk(studio, lambda folder: 2_000_000)
    assert (outcome.code, outcome.orders(), outcome.attempts) == (1, [], [])
    assert {row["error_class"] for row in outcome.rows.values()} == {"Target"}
    assert sum("the scratch folder" in line and "set TMPDIR" in line for line in outcome.lines) == 1


async def test_a_full_local_target_is_seen_before_the_order(studio: Studio) -> None:
    """The scratch disk has room, the target's has none: no order leaves."""
    outcome = await on_disk(studio, lambda folder: 0 if folder == studio.target else SOME)
    assert (outcome.code, outcome.orders()) == (1, []) and "the target" in outcome.rows["sh010"]["error"]


async def test_room_for_one_clip_at_a_time_makes_the_shots_wait(studio: Studio) -> None:
    """What is in flight gives its room back: three shots one after the other, all rendered."""
    outcome = await on_disk(studio, lambda folder: 20_000_000, concurrency=3)
    assert (outcome.code, outcome.statuses()) == (0, {"rendered": 3})
    orders = [call.turn for call in outcome.calls if call.order]
    polls = [call.turn for call in outcome.calls if not call.order]
    assert len(orders) == 3 and min(polls) < orders[1] < orders[2]


async def test_a_clip_whose_bytes_do_not_stay_is_no_gateways_fault(studio: Studio) -> None:
    """The downloaded file is changed under our hands: the job stays bought, and nothing is charged for a bad clip."""
    config = studio.config("pixazo")
    asked = RunRequest(str(studio.board("x")), str(studio.target), str(config))
    async with opened(asked, studio.env(), studio.hours, []) as (session, _):
        await session.check(fetch=True)
        async with session.open() as renderer:
            lookers = renderer.run.lookers

            class Cutting:
                def submit(self, act: Any, part: Path, *more: Any) -> Any:
                    os.truncate(part, 100)
                    return lookers.submit(act, part, *more)

            renderer.run.lookers = Cutting()  # type: ignore[assignment]  # a disk that loses what it was given
            row = await session.shot("sh010")
    assert (row.status, row.error_class, [a.outcome for a in row.attempts]) == ("failed", "Target", ["pending"])
