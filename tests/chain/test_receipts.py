"""A target that refuses a receipt: the job is bought, and its id must be somewhere whatever happens next."""

import asyncio
import json
import stat
import time
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tasks.commands import answers as commands
from tasks.domain.request import RunRequest
from tasks.session.session import Session
from tasks.storage.disk import Disk
from tests.chain.conftest import Outcome, Studio, opened, rendered, shots
from tests.tasks.clips import good
from tests.tasks.loopback import Loopback, reply

Row = dict[str, Any]


class Full(Disk):
    """A real folder that takes no receipts while ``full`` says so, and counts how often it was tried."""

    def __init__(self, disk: Any, full: Callable[[], bool]) -> None:
        super().__init__(disk)
        self.full, self.refused = full, 0

    def write(self, path: str, data: bytes) -> None:
        if path.endswith("-accepted.json") and self.full():
            self.refused += 1
            raise OSError(28, "No space left on device", path)
        super().write(path, data)


def filling(full: Callable[[], bool]) -> Callable[[Session], None]:
    """What makes the session's target such a folder."""

    def tamper(session: Session) -> None:
        session.store.way = Full(session.store.fs, full)

    return tamper


def folder_of(studio: Studio) -> Path:
    return studio.folder / "state" / "storyreel" / "receipts"


async def refused(studio: Studio, count: int = 1, full: Callable[[], bool] = lambda: True, **more: Any) -> Outcome:
    """A run whose target takes no receipts."""
    config = studio.config("pixazo", "aivideoapi", render={"concurrency": 4})
    board = studio.board(*shots(count))
    return await studio.render(board, config, tamper=filling(full), **more)


async def again(studio: Studio, count: int = 1, **of: Mapping[str, Any]) -> Outcome:
    """The same command once more, at a target that is well."""
    return await studio.render(studio.board(*shots(count)), studio.folder / "config.toml", studio.env(**of))


async def test_a_refused_receipt_lies_on_this_machine_and_the_next_run_collects_its_job(studio: Studio) -> None:
    """Two jobs whose receipts the target refused: exit 1, told by their ids, kept; the next run buys nothing."""
    first = await refused(studio, 2)
    jobs = sorted(studio.box.world.book.accounts["pixazo"].jobs)
    assert (first.code, first.statuses()) == (1, {"failed": 2})
    assert {row["error_class"] for row in first.rows.values()} == {"Target"}
    assert all(any(job in line for line in first.lines) for job in jobs)
    second = await again(studio, 2)
    assert (second.code, second.statuses(), second.orders()) == (0, {"rendered": 2}, [])
    assert sorted(one["job_id"] for one in second.attempts) == jobs
    assert list(folder_of(studio).iterdir()) == []


async def test_a_receipt_is_for_nobody_else_to_read(studio: Studio) -> None:
    """Its folder has mode 0700, the file 0600; its name has the order id, and no key stands in it."""
    await refused(studio)
    [file] = folder_of(studio).iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600 and stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    record = json.loads(file.read_bytes())["record"]
    assert record["order_id"] in file.name and record["job"]["id"]
    assert b"sandbox-pixazo" not in file.read_bytes()


async def test_the_receipt_is_tried_again_while_the_run_lives(studio: Studio) -> None:
    """A target that refuses for 100 s gets the receipt afterwards: the clip comes, nothing is left on the machine."""
    until = studio.hours.now + 100
    outcome = await refused(studio, full=lambda: studio.hours.now < until)
    assert outcome.statuses() == {"rendered": 1} and len(outcome.orders()) == 1
    assert list(folder_of(studio).iterdir()) == []


async def test_no_order_leaves_once_a_receipt_was_refused(studio: Studio) -> None:
    """Of four shots, one after the other, only the first is ordered; the others are skipped for the target."""
    config = studio.config("pixazo", render={"concurrency": 1})
    board = studio.board(*shots(4))
    outcome = await studio.render(board, config, tamper=filling(lambda: True))
    assert len(outcome.orders()) == 1 and outcome.statuses() == {"failed": 1, "skipped": 3}
    assert {row["error_class"] for row in outcome.rows.values()} == {"Target"} and outcome.code == 1


async def test_where_nothing_can_be_written_the_receipt_stands_on_stderr(
    studio: Studio, capsys: pytest.CaptureFixture[str]
) -> None:
    """A state folder that is a file: one line of JSON on stderr holds the whole receipt, and no key."""
    (studio.folder / "state").write_text("in the way")
    await refused(studio)
    said = capsys.readouterr().err
    [line] = [line for line in said.splitlines() if line.startswith("{")]
    record = json.loads(line)["record"]
    assert [record["job"]["id"]] == list(studio.box.world.book.accounts["pixazo"].jobs)
    assert record["order_id"] and "sandbox-pixazo" not in said


async def test_a_receipt_that_stood_on_stderr_can_be_put_back_by_hand(
    studio: Studio, capsys: pytest.CaptureFixture[str]
) -> None:
    """The line as a file of the receipts' folder is taken up like any other."""
    state = studio.folder / "state"
    state.write_text("in the way")
    await refused(studio)
    line = next(line for line in capsys.readouterr().err.splitlines() if line.startswith("{"))
    state.unlink()
    folder_of(studio).mkdir(parents=True)
    (folder_of(studio) / "by-hand.json").write_text(line)
    second = await again(studio)
    assert (second.code, second.orders()) == (0, [])


async def test_rescue_takes_it_up(studio: Studio) -> None:
    """`rescue` collects the job of a receipt that lies on this machine, and `status` lists it."""
    await refused(studio)
    asked = RunRequest("", str(studio.target), str(studio.folder / "config.toml"))
    async with opened(asked, studio.env(), studio.hours, []) as (session, wire):
        told = await commands.status(session)
        assert [one["job_id"] for one in told["uncollected"]] == list(studio.box.world.book.accounts["pixazo"].jobs)
        answer = await commands.rescue(session)
    assert (answer["exit_code"], answer["collected"]) == (0, 1) and not [call for call in wire.calls if call.order]
    assert list(folder_of(studio).iterdir()) == []


async def test_a_job_is_asked_after_only_where_the_key_may_go(studio: Studio) -> None:
    """A receipt whose gateway is no longer the config's: nothing is started, nothing asked, and it stays."""
    await refused(studio)
    second = await again(studio, pixazo={"base_url": "http://127.0.0.1:9/pixazo"})
    assert second.code == 2 and "key_hosts" in second.errors and second.calls == []


async def test_what_is_no_receipt_of_this_target_is_left_alone(studio: Studio) -> None:
    """A receipt of another order, one of a copy of this target, and one that is cut stay where they are."""
    await refused(studio)
    folder = folder_of(studio)
    [file] = folder.iterdir()
    told = json.loads(file.read_bytes())
    other, elsewhere, cut = (folder / f"{name}.json" for name in ("other", "elsewhere", "cut"))
    other.write_text(json.dumps(told | {"record": told["record"] | {"order_id": str(uuid.uuid4())}}))
    elsewhere.write_text(json.dumps(told | {"target": told["target"] + "-copy"}))
    cut.write_text('{"record": {"n": 1')
    second = await again(studio)
    assert (second.code, second.orders()) == (0, [])
    assert sorted(folder.iterdir()) == sorted([other, elsewhere, cut])


async def test_a_receipt_sends_nobody_to_a_host_of_its_own(studio: Studio) -> None:
    """A local file that names a foreign host for its job is not asked there: the key stays, the job stays bought."""
    await refused(studio)
    [file] = folder_of(studio).iterdir()
    told = json.loads(file.read_bytes())
    told["record"]["base_url"] = told["record"]["job"]["request"]["url"] = "http://localhost:1/steal"
    file.write_text(json.dumps(told))
    second = await again(studio, pixazo={"deadline_s": 60})
    assert second.orders("pixazo") == [] and not any(call.gateway == "steal" for call in second.calls)


async def test_what_the_target_has_goes_from_the_machine(studio: Studio) -> None:
    """A run that was killed after the target took the receipt: the file goes with the next one."""
    until = studio.hours.now + 3
    kept: list[tuple[Path, bytes]] = []

    def full() -> bool:
        for file in folder_of(studio).glob("*.json"):
            kept.append((file, file.read_bytes()))
        return studio.hours.now < until

    await refused(studio, full=full)
    assert kept
    kept[0][0].write_bytes(kept[0][1])
    second = await again(studio)
    assert (second.code, second.calls) == (0, [])
    assert list(folder_of(studio).iterdir()) == []


async def test_the_receipt_is_on_this_machine_before_anything_waits(studio: Studio) -> None:
    """At every later try of the target its copy lies here: never in memory alone while the run sleeps."""
    seen: list[int] = []

    def full() -> bool:
        seen.append(len(list(folder_of(studio).glob("*.json"))))
        return len(seen) < 5

    await refused(studio, full=full)
    assert seen == [0, 1, 1, 1, 1]


async def test_a_target_that_hangs_over_a_receipt_finds_it_on_this_machine(studio: Studio) -> None:
    """A store that answers late: while it is waited for the copy lies here, and goes when the store has taken it."""
    seen: list[bool] = []

    def hangs() -> bool:
        until = time.monotonic() + 10
        while time.monotonic() < until and not list(folder_of(studio).glob("*.json")):
            time.sleep(0.01)  # the store's own thread hangs, not the test
        seen.append(time.monotonic() < until)
        return False

    def tamper(session: Session) -> None:
        filling(hangs)(session)
        session.haste = 0.01

    config, board = studio.config("pixazo"), studio.board("x")
    outcome = await studio.render(board, config, tamper=tamper)
    assert seen == [True] and outcome.code == 0
    assert list(folder_of(studio).iterdir()) == []


async def test_shots_in_flight_are_collected_while_a_receipt_is_refused(studio: Studio) -> None:
    """One receipt of two is refused: the other shot gets its clip, and the refused one is tried as long."""
    studio.faults({"do": "late", "seconds": 0.01})
    first: list[str] = []

    class One(Full):
        def write(self, path: str, data: bytes) -> None:
            if path.endswith("-accepted.json"):
                first.append(path)
                if path == first[0]:
                    raise OSError(28, "No space left on device")
            super().write(path, data)

    def tamper(session: Session) -> None:
        session.store.way = One(session.store.fs, lambda: False)

    config, board = studio.config("pixazo", render={"concurrency": 2}), studio.board(*shots(2))
    outcome = await studio.render(board, config, tamper=tamper)
    assert outcome.statuses() == {"failed": 1, "rendered": 1} and outcome.code == 1
    assert len(list(folder_of(studio).iterdir())) == 1


async def test_ctrl_c_does_not_wait_for_a_target_that_refuses(studio: Studio) -> None:
    """The receipt lies here: an interrupted run tries once more and is over."""
    started = studio.hours.now

    def full() -> bool:
        if list(folder_of(studio).glob("*.json")):
            loop.call_soon_threadsafe(held[0].interrupt, "Ctrl-C")
        return True

    loop, held = asyncio.get_running_loop(), list[Session]()

    def tamper(session: Session) -> None:
        held.append(session)
        filling(full)(session)

    config, board = studio.config("pixazo"), studio.board("x")
    outcome = await studio.render(board, config, tamper=tamper)
    assert outcome.code in (1, 130) and studio.hours.now - started < 10
    assert len(list(folder_of(studio).iterdir())) == 1
    second = await studio.render(board, config)
    assert (second.code, second.orders()) == (0, [])


async def test_a_copy_that_could_not_be_written_is_tried_again_too(studio: Studio) -> None:
    """A state folder that comes back while the target still refuses has the receipt in the end."""
    state, started = studio.folder / "state", studio.hours.now
    state.write_text("in the way")

    def full() -> bool:
        if studio.hours.now > started + 10 and state.is_file():
            state.unlink()
        return True

    await refused(studio, full=full)
    assert len(list(folder_of(studio).iterdir())) == 1


@pytest.mark.parametrize("first", ["picture", "id"])
async def test_a_receipt_that_repeats_the_order_is_read(studio: Studio, first: str) -> None:
    """A reply of 5 MB with the order's picture in it, before or after the id: the job is known and collected."""
    told = {"request_id": "job-1", "status": "QUEUED"}
    picture = {"input": {"image": "data:image/png;base64," + "iVBORw0K" * 640_000}}
    receipt = json.dumps(picture | told if first == "picture" else told | picture).encode()
    answers: dict[str, Any] = {"/sora-video/v1/video/generate": reply(receipt, 202), "/clip.mp4": reply(good())}
    async with Loopback(answers) as gateway:
        done = {"request_id": "job-1", "status": "COMPLETED", "output": {"media_url": gateway.url("/clip.mp4")}}
        answers["/v2/requests/status/job-1"] = reply(json.dumps(done).encode())
        env = studio.env(pixazo={"base_url": gateway.url("")})
        config, board = studio.config("pixazo"), studio.board("x")
        outcome = await rendered(board, studio.target, env, config=config, hours=studio.hours)
    assert (outcome.code, outcome.told) == (0, [("pixazo", "clip", "", "1.50", "0.00")])
    records = [path.read_bytes() for path in studio.target.glob("ledger/*/*.json")]
    assert len(records) == 3 and not any(b"iVBORw0K" in record for record in records)
