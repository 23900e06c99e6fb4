"""The flow in this process against a real Prefect server: what its states and task runs say, and what it survives."""

import asyncio
import gc
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import fsspec
import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId
from prefect.client.schemas.objects import State, TaskRun
from prefect.events.worker import EventsWorker
from prefect.settings import PREFECT_API_URL, PREFECT_HOME, PREFECT_LOGGING_TO_API_ENABLED, temporary_settings

from flows.render_storyboard import _beside, render_storyboard
from flows.support.handover import HANDOVER
from tasks.animatic import renderer
from tasks.domain.order import Order
from tasks.domain.request import RunRequest
from tasks.session.session import start_session
from tests.conftest import SILENT, without_settings
from tests.flows import draw, manifest, serving, write_board
from tests.sandbox import Sandbox

# Prefect leaves connections to its server to the garbage collector when an event loop ends
pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
DATA = Path(__file__).parents[2] / "data"
TIMES = {"submitted_at", "finished_at"}
PAID = """
[chain]
text_to_video = ["pixazo:sora-2-pro"]
image_to_video = ["animatic:kenburns"]
remix = ["animatic:caption"]
allow_retired = true
"""


class Flown(NamedTuple):
    """How a flow run ended, its target, and its task runs by name."""

    state: State[Any]
    target: Path
    tasks: dict[str, TaskRun]


@pytest.fixture(scope="module", autouse=True)
def in_prefect(prefect_server: str, prefect_home: Path) -> Iterator[None]:
    """This process uses the session's server, and has neither keys nor settings in its environment."""
    with pytest.MonkeyPatch.context() as patch:
        for name in set(os.environ) - set(without_settings()) - {"PYTEST_CURRENT_TEST"}:
            patch.delenv(name)
        for name, value in SILENT.items():
            patch.setenv(name, value)
        updates = {PREFECT_API_URL: prefect_server, PREFECT_HOME: prefect_home, PREFECT_LOGGING_TO_API_ENABLED: False}
        with temporary_settings(updates):
            yield
            EventsWorker.drain_all(timeout=20)  # else it tries for minutes to reach a server that has ended
    gc.collect()  # here, where the filter above still holds


async def _task_runs(state: State[Any], count: int) -> dict[str, TaskRun]:
    """The run's task runs, once the server has heard how each ended: it is told of them by a queue."""
    assert state.state_details.flow_run_id is not None
    flow_run = FlowRunFilter(id=FlowRunFilterId(any_=[state.state_details.flow_run_id]))
    until = time.monotonic() + 30
    async with get_client() as client:
        while True:
            found = await client.read_task_runs(flow_run_filter=flow_run)
            if len(found) == count and all(run.state and run.state.is_final() for run in found):
                return {run.name: run for run in found}
            assert time.monotonic() < until, [(run.name, run.state_name) for run in found]
            await asyncio.sleep(0.1)


def fly(board: Path | str, target: Path | str, *, tasks: int = 0, **more: Any) -> Flown:
    """Run the flow as a deployment would; with its task runs where ``tasks`` are expected."""

    async def act() -> Flown:
        state = await render_storyboard(str(board), str(target), return_state=True, **more)
        return Flown(state, Path(str(target)), await _task_runs(state, tasks) if tasks else {})

    return asyncio.run(act())


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flown]:
    """A run with a good shot, a failed one, its remix, and a refused one."""
    folder = tmp_path_factory.mktemp("mixed")
    (folder / "paid.toml").write_text(PAID)
    paid = {"duration": 4, "size": "1280x720"}
    picture = draw(folder / "sea.png", "navy")
    board = write_board(
        folder / "board.csv",
        [
            {"shot_id": "good", "scene": "One", "prompt": "a sail", "image": picture},
            {"shot_id": "bad", "scene": "One", "prompt": "a doomed sail", **paid},
            {"shot_id": "child", "scene": "", "prompt": "again", "source": "bad"},
            {"shot_id": "policy", "scene": "Two", "prompt": "blood", **paid},
        ],
    )
    faults = [{"do": "failed", "prompt": "doomed"}, {"kind": "moderated", "prompt": "blood"}]
    with Sandbox(faults) as box, pytest.MonkeyPatch.context() as patch:
        for name, value in box.env().items():
            patch.setenv(name, value)
        yield fly(board, folder / "film", tasks=4, config=str(folder / "paid.toml"))


def test_that_a_run_without_every_clip_is_incomplete(mixed: Flown) -> None:
    """The flow ends Failed under the name Incomplete, and says what came of it."""
    assert (mixed.state.type.value, mixed.state.name) == ("FAILED", "Incomplete")
    assert mixed.state.message == "1 of 4 clips, 0.00 USD, 1.50 at risk"


def test_that_task_runs_are_named_and_tagged(mixed: Flown) -> None:
    """One task run a shot, by its id, tagged with scene and mode."""
    assert {name: {*run.tags} for name, run in mixed.tasks.items()} == {
        "good": {"scene:One", "mode:image_to_video"},
        "bad": {"scene:One", "mode:text_to_video"},
        "child": {"scene:none", "mode:remix"},
        "policy": {"scene:Two", "mode:text_to_video"},
    }


def test_that_a_shot_without_a_clip_is_a_failed_task_run(mixed: Flown) -> None:
    """Its state holds the reason; a shot with a clip is Completed and names route and price."""
    states = {name: run.state for name, run in mixed.tasks.items() if run.state}
    assert {name: state.type.value for name, state in states.items()} == {
        "good": "COMPLETED",
        "bad": "FAILED",
        "child": "FAILED",
        "policy": "FAILED",
    }
    said = {name: state.message or "" for name, state in states.items()}
    assert said["good"] == "rendered by animatic:kenburns, 0.5 s, 0.00 USD"
    assert said["bad"].startswith("failed: Failed: ")
    assert said["child"] == "failed: Source: bad has no clip of its own (failed)"
    assert said["policy"].startswith("refused: Moderated: ")


def test_that_our_own_failures_are_not_tried_again(mixed: Flown) -> None:
    """An ending that a shot has by itself is an answer: one run each, and one attempt each in the ledger."""
    assert {name: run.run_count for name, run in mixed.tasks.items()} == dict.fromkeys(mixed.tasks, 1)
    attempts = {name: row["attempts"] for name, row in manifest(mixed.target).items()}
    assert attempts == {"good": 1, "bad": 1, "child": 0, "policy": 1}


def test_that_a_broken_board_fails_with_every_fault(tmp_path: Path) -> None:
    """The state's message has a line for each fault, and nothing is written."""
    faulty = [{"shot_id": "a", "prompt": ""}, {"shot_id": "b", "prompt": "b", "fit": "stretch"}]
    flown = fly(write_board(tmp_path / "board.csv", faulty), tmp_path / "film")
    assert flown.state.is_failed()
    lines = (flown.state.message or "").splitlines()
    assert [line[:9] for line in lines] == ["row 2, a,", "row 3, b,"]
    assert not (tmp_path / "film").exists()


@pytest.fixture
def slips(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, int], dict[str, int]]:
    """Make the renderer crash so often at one shot; the calls by shot are counted."""
    real, calls = renderer.render, dict[str, int]()

    def arrange(shot_id: str, times: int) -> dict[str, int]:
        def render(order: Order, out: Path, **more: Any) -> None:
            name = order.shot.shot_id
            calls[name] = calls.get(name, 0) + 1
            if name == shot_id and calls[name] <= times:
                raise RuntimeError("a slip of ours")
            if name == shot_id:
                threading.Event().wait(1.0)  # whoever does not wait for this shot is there first
            real(order, out, **more)

        monkeypatch.setattr(renderer, "render", render)
        return calls

    return arrange


FAMILY = [
    {"shot_id": "parent", "prompt": "a sail"},
    {"shot_id": "child", "prompt": "again", "source": "parent"},
]


def test_that_a_crash_of_ours_is_tried_again(slips: Callable[[str, int], dict[str, int]], tmp_path: Path) -> None:
    """One crash inside a shot costs nothing: the second try renders it, and a remix of it waits for that."""
    calls = slips("parent", 1)
    flown = fly(write_board(tmp_path / "board.csv", FAMILY), tmp_path / "film", tasks=2)
    assert flown.state.is_completed(), flown.state.message
    assert flown.state.message == "2 of 2 clips, 0.00 USD, 0.00 at risk"
    assert calls == {"parent": 2, "child": 1}
    assert {name: run.run_count for name, run in flown.tasks.items()} == {"parent": 2, "child": 1}


def test_that_a_shot_that_always_crashes_is_failed(slips: Callable[[str, int], dict[str, int]], tmp_path: Path) -> None:
    """After the second crash the row says failed with the reason, and its remix that the source has no clip."""
    slips("parent", 9)
    flown = fly(write_board(tmp_path / "board.csv", FAMILY), tmp_path / "film")
    assert flown.state.name == "Incomplete"
    rows = manifest(flown.target)
    assert {name: row["status"] for name, row in rows.items()} == {"parent": "failed", "child": "failed"}
    assert "a slip of ours" in rows["parent"]["error"]
    assert rows["child"]["error_class"] == "Source"


def test_that_a_target_in_use_fails_the_run(tmp_path: Path) -> None:
    """A live lock is told with its holder; the run ends Failed and leaves no object behind."""
    from tasks.storage.lock import Lock
    from tasks.storage.store import Store

    lock = Lock(Store(str(tmp_path / "film")), "first-run")
    lock.take()
    renewed = threading.Thread(target=_renew, args=(lock, over := threading.Event()))
    renewed.start()
    try:
        flown = fly(write_board(tmp_path / "board.csv", FAMILY[:1]), tmp_path / "film")
    finally:
        over.set()
        renewed.join()
        lock.release()
    assert flown.state.is_failed()
    assert "first-run" in (flown.state.message or "")
    assert [path for path in (tmp_path / "film").rglob("*") if path.is_file()] == []


def _renew(lock: Any, over: threading.Event) -> None:
    while not over.wait(0.2):
        lock.renew()


def _without_times(rows: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {name: {k: v for k, v in row.items() if k not in TIMES} for name, row in rows.items()}


def test_that_parquet_to_memory_gives_the_same_manifest(tmp_path: Path) -> None:
    """The two forms of one sample, on two kinds of target, have the same rows but for the times."""
    asked: dict[str, Any] = {"only": ["sh030"], "views": []}  # a card of four seconds: the others take far longer
    memory = f"memory://films/{tmp_path.name}"
    first = fly(DATA / "lighthouse.csv", tmp_path / "film", **asked)
    second = fly(DATA / "lighthouse.parquet", memory, **asked)
    assert first.state.is_completed(), first.state.message
    assert second.state.is_completed(), second.state.message
    text = fsspec.filesystem("memory").cat_file(f"{memory}/manifest.json")
    there = {row["shot_id"]: row for row in json.loads(text)["shots"]}
    here = manifest(tmp_path / "film")
    assert [row["status"] for row in here.values()].count("rendered") == 1
    assert list(there) == list(here)
    assert _without_times(there) == _without_times(here)


def test_that_a_board_and_its_images_may_come_from_a_server(tmp_path: Path) -> None:
    """A board over http: its relative image is fetched from beside it, from a host that the config allows."""
    web = tmp_path / "web"
    web.mkdir()
    picture = draw(web / "sea.png", "teal")
    write_board(web / "board.csv", [{"shot_id": "still", "prompt": "a sail", "image": picture}])
    with serving(web) as host:
        config = tmp_path / "web.toml"
        chain = '[chain]\nimage_to_video = ["animatic:kenburns"]\n'
        config.write_text(chain)
        shut = fly(f"http://{host}/board.csv", tmp_path / "shut", config=str(config))
        config.write_text(f'{chain}[images]\nallow_hosts = ["{host}"]\n')
        flown = fly(f"http://{host}/board.csv", tmp_path / "film", config=str(config))
        (web / "sea.png").unlink()
        again = fly(f"http://{host}/board.csv", tmp_path / "film", config=str(config))
    assert shut.state.is_failed()
    assert "is not https" in (shut.state.message or "")
    assert flown.state.is_completed(), flown.state.message
    assert (tmp_path / "film" / manifest(flown.target)["still"]["clip"]).is_file()
    assert again.state.is_completed(), again.state.message
    assert manifest(again.target)["still"]["status"] == "reused"


def test_that_each_further_take_is_a_task_run(tmp_path: Path) -> None:
    """They are named in the order in which the run asks for them, and tagged as their shot; one that failed says so."""
    (tmp_path / "paid.toml").write_text(PAID)
    rows = [{"shot_id": "sea", "scene": "One", "prompt": "a sail", "duration": 4, "size": "1280x720"}]
    board = write_board(tmp_path / "board.csv", rows)
    with Sandbox([{"status": 400, "nth": [3]}]) as box, pytest.MonkeyPatch.context() as patch:
        for name, value in box.env().items():
            patch.setenv(name, value)
        flown = fly(board, tmp_path / "film", tasks=3, config=str(tmp_path / "paid.toml"), takes=3)
    assert sorted(flown.tasks) == ["sea", "sea (2)", "sea (3)"]
    assert all({*run.tags} == {"scene:One", "mode:text_to_video"} for run in flown.tasks.values())
    assert sorted(run.state_name or "" for run in flown.tasks.values())[-1] == "Without clip"
    assert flown.state.name == "Incomplete" and manifest(flown.target)["sea"]["takes"] == 2


def test_that_a_time_that_has_passed_meanwhile_ends_no_run(tmp_path: Path) -> None:
    """A command has read its board, and the time to be done by is over when its flow begins: it goes on. A deployment
    that is started with such a time is refused."""
    board, over = write_board(tmp_path / "board.csv", [{"shot_id": "a", "prompt": "a sail"}]), "2020-01-01T07:00"

    async def act() -> State[Any]:
        async with start_session(RunRequest(str(board), str(tmp_path / "film"))) as running:
            await running.check(fetch=True)
            before = HANDOVER.set(running)
            try:
                return await render_storyboard(str(board), str(tmp_path / "film"), by=over, return_state=True)
            finally:
                HANDOVER.reset(before)

    assert asyncio.run(act()).is_completed()
    late = fly(board, tmp_path / "late", by=over).state
    assert not late.is_completed() and "2020-01-01 07:00 is over" in str(late.message)


async def test_that_a_run_that_stops_waits_for_nothing_beside_it() -> None:
    """A server that never answers keeps no run that was stopped from its end."""
    begun = asyncio.Event()

    async def never() -> None:
        begun.set()
        await asyncio.Event().wait()

    with pytest.raises(InterruptedError):
        async with asyncio.timeout(5), _beside(never()):
            await begun.wait()
            raise InterruptedError
