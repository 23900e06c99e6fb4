"""The scheduled inbox and the plan, as flows against a real Prefect server; and the commands that start none."""

import asyncio
import csv
import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId
from prefect.client.schemas.objects import State

from flows.plan_storyboard import plan_storyboard
from flows.render_inbox import render_inbox
from tasks.commands import inbox
from tasks.commands.write_back import write_into
from tasks.domain.identity import slug_of
from tasks.domain.request import RunRequest
from tasks.session import start_session
from tasks.storage.store import Store, StoreError
from tasks.storyboard import display_url
from tests.flows import Ran, draw, write_board
from tests.flows.test_render_storyboard import in_prefect  # noqa: F401 - the module's fixture
from tests.sandbox import Sandbox

pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
ROOT = Path(__file__).parents[2]
PAID = '[chain]\ntext_to_video = ["pixazo:sora-2-pro"]\nallow_retired = true\n'
GOOD = [{"prompt": "a sail", "duration": "0.5", "size": "320x180"}]


def turn(source: Path, target: Path) -> State[Any]:
    """One turn of the schedule."""
    return asyncio.run(render_inbox(str(source), str(target), return_state=True))


def test_an_inbox_renders_what_is_new_or_changed_and_reports_what_is_broken(tmp_path: Path) -> None:
    """Each good board has a target of its own and is done once; a broken one is told beside itself until mended."""
    source, target = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    write_board(source / "film.csv", GOOD)
    (source / "bad.csv").write_text("prompt,duration,scene\n,x,y\n")
    first = turn(source, target)
    assert first.name == "Incomplete"
    assert "2 of 2 boards were due; 1 went well" in str(first.message)
    assert "prompt: is empty; say what is to be seen" in (source / "bad.csv.errors.txt").read_text()
    film = target / "film"
    run = json.loads((film / "manifest.json").read_text())["run_id"]

    write_board(source / "bad.csv", GOOD)
    second = turn(source, target)
    assert second.is_completed()
    assert "1 of 2 boards were due" in str(second.message)
    assert not (source / "bad.csv.errors.txt").exists()
    assert json.loads((film / "manifest.json").read_text())["run_id"] == run

    write_board(source / "film.csv", [{**GOOD[0], "prompt": "another sail"}])
    assert "1 of 2 boards were due" in str(turn(source, target).message)
    assert json.loads((film / "manifest.json").read_text())["run_id"] != run


@pytest.mark.slow
def test_that_an_unchanged_broken_board_is_failed_once(tmp_path: Path) -> None:
    """The same faults of the same content are told once. A mended file that it names, other content or another fault
    make it due again, and so does whoever deletes the report."""
    source, target = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    rows = [{**GOOD[0], "image": "boat.png"}, {**GOOD[0], "image": "boat.png"}]
    write_board(source / "film.csv", rows)
    assert turn(source, target).name == "Incomplete"
    report = source / "film.csv.errors.txt"
    assert "told once for this content" in report.read_text()
    for _ in range(2):
        again = turn(source, target)
        assert again.is_completed(), again
        assert again.message == "0 of 1 boards were due; 0 went well; broken as told before: film.csv"
    report.unlink()
    assert turn(source, target).name == "Incomplete"
    write_board(source / "film.csv", rows[:1])
    assert turn(source, target).name == "Incomplete"
    draw(source / "boat.png", "navy")
    assert turn(source, target).is_completed()
    assert not report.exists()
    assert (target / "film" / "manifest.json").exists()


@pytest.mark.slow
def test_an_inbox_asks_for_takes_and_drafts(tmp_path: Path) -> None:
    """Its parameters hold for each board: two drafts a shot, which wait for a choice; a board whose drafts cannot be
    ordered is told so once."""
    source, target, config = tmp_path / "in", tmp_path / "out", tmp_path / "paid.toml"
    source.mkdir()
    write_board(source / "film.csv", [{"prompt": "a sail", "duration": "4"}])
    config.write_text(PAID)
    with Sandbox(job_seconds=0.0) as box, pytest.MonkeyPatch.context() as patch:
        for name, value in box.env().items():
            patch.setenv(name, value)
        wishes = {"config": str(config), "takes": 2, "draft": True, "return_state": True}
        refused = asyncio.run(render_inbox(str(source), str(target), **wishes))
        told = asyncio.run(render_inbox(str(source), str(target), **wishes))
        config.write_text(f'{PAID}[chain.draft]\ntext_to_video = ["aivideoapi:sora-2"]\n')
        drafted = asyncio.run(render_inbox(str(source), str(target), **wishes))
        orders = {name: facts["accepted"] for name, facts in box.bill().items() if facts["accepted"]}
    assert refused.name == "Incomplete" and "broken as told before: film.csv" in str(told.message)
    assert drafted.is_completed() and orders == {"aivideoapi": 2}
    assert str(drafted.message).endswith("film.csv: 1 of 1 clips, 1.00 USD, 0.00 at risk; 1 shot waits for a choice")
    [row] = json.loads((target / "film" / "manifest.json").read_text())["shots"]
    assert (row["grade"], row["takes"]) == ("draft", 2)


FOLDERS: dict[str, tuple[dict[str, str], list[str], dict[str, str]]] = {
    # folder -> the board that it was made for; boards in the inbox; board -> its folder
    "a new board": ({}, ["film.csv"], {"film.csv": "film"}),
    "one that has a folder by its whole name": (
        {slug_of("film.csv"): "film.csv"}, ["film.csv"], {"film.csv": slug_of("film.csv")},
    ),
    "two new ones that would share": (
        {}, ["film.csv", "film.tsv"], {"film.csv": slug_of("film.csv"), "film.tsv": slug_of("film.tsv")},
    ),
    "one that has it, and a new one": (
        {"film": "film.csv"}, ["film.csv", "film.tsv"], {"film.csv": "film", "film.tsv": slug_of("film.tsv")},
    ),
    "a new one where another has gone": ({"film": "film.csv"}, ["film.tsv"], {"film.tsv": slug_of("film.tsv")}),
    "another board, another folder": ({"film": "film.csv"}, ["b.csv", "film.csv"], {"b.csv": "b", "film.csv": "film"}),
    "capitals": ({}, ["Film.csv", "film.csv"], {"Film.csv": slug_of("Film"), "film.csv": "film"}),
}  # fmt: skip


@pytest.mark.parametrize("name", FOLDERS)
def test_the_folder_of_a_board(name: str, tmp_path: Path) -> None:
    """Named after the board; who has one keeps it, so that nothing is bought again; no two boards share one."""
    there, boards, expected = FOLDERS[name]
    for folder, board in there.items():
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "manifest.json").write_text(json.dumps({"board": f"/elsewhere/{board}", "shots": []}))
    assert inbox.folders(Store(str(tmp_path / "in")), Store(str(tmp_path)), boards) == expected


@pytest.mark.parametrize("board", ["a b.csv", "ä#1.csv", "a?b.csv", "a%20b.csv", "a;b.csv"])
@pytest.mark.parametrize("at", ["memory://in", "/in"])
def test_that_a_board_of_any_name_finds_its_folder_again(board: str, at: str, tmp_path: Path) -> None:
    """The manifest holds its address as it may be written down: it is compared in the same spelling."""
    (tmp_path / slug_of(Path(board).stem)).mkdir()
    text = json.dumps({"board": display_url(f"{Store(at).url}/{board}"), "shots": []})
    (tmp_path / slug_of(Path(board).stem) / "manifest.json").write_text(text)
    assert inbox.folders(Store(at), Store(str(tmp_path)), [board]) == {board: slug_of(Path(board).stem)}


def test_a_board_written_back_is_not_due_again(tmp_path: Path) -> None:
    """Our columns in a board, or in a copy beside it, make no run of the schedule; another cell does."""
    source, target = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    write_board(source / "film.csv", GOOD)
    assert turn(source, target).is_completed()
    before = (source / "film.csv").read_text()

    async def written(in_place: bool) -> str:
        async with start_session(RunRequest("", f"{target}/film")) as running:
            return await write_into(running, str(source / "film.csv"), in_place=in_place)

    assert asyncio.run(written(False)) == str(source / "film.storyreel.csv")
    assert (source / "film.csv").read_text() == before
    assert asyncio.run(written(True)) == str(source / "film.csv")
    assert (source / "film.csv").read_text() == (source / "film.storyreel.csv").read_text()
    [row] = csv.DictReader((source / "film.csv").read_text().splitlines())
    assert (row["storyreel status"], row["storyreel usd"], row["storyreel take"]) == ("rendered", "0.00", "1")
    assert (target / "film" / row["storyreel clip"]).is_file()
    assert "0 of 1 boards were due" in str(turn(source, target).message)


@pytest.mark.parametrize(
    ("before", "now", "ready"),
    [({"a": 5}, {"a": 5}, ["a"]), ({"a": 5}, {"a": 6}, []), ({}, {"a": 5}, []), ({"a": 0}, {"a": 0}, [])],
)
def test_a_board_that_is_still_written_waits(before: dict[str, int], now: dict[str, int], ready: list[str]) -> None:
    """Only a board of the same size in both looks is taken, and never an empty one."""
    assert inbox.settled_boards(before, now) == ready


def test_what_an_inbox_takes_for_a_board(tmp_path: Path) -> None:
    """Shot lists at its top; no pictures, reports, hidden files or folders."""
    for name in ("a.csv", "b.PARQUET", "c.xlsx", "a.storyreel.csv", "c.png", "a.csv.errors.txt", ".d.csv", "sub/e.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    assert sorted(inbox.boards(Store(str(tmp_path)))) == ["a.csv", "b.PARQUET", "c.xlsx"]


def test_an_inbox_that_is_not_there(tmp_path: Path) -> None:
    """A folder that was moved or misspelled is told, and not taken for an empty one; an empty one is fine."""
    with pytest.raises(StoreError, match=f"the inbox {tmp_path}/typo is not there"):
        inbox.boards(Store(str(tmp_path / "typo")))
    assert inbox.boards(Store(str(tmp_path))) == {}
    assert inbox.boards(Store(f"memory://{tmp_path.name}")) == {}


def test_a_read_only_inbox_is_reported_at_the_target(tmp_path: Path) -> None:
    """Where nothing can be written beside the board, the report stands at the target."""
    (tmp_path / "file").write_text("no folder")
    source, target = Store(str(tmp_path / "file" / "in")), Store(str(tmp_path / "out"))
    place = inbox.broken(source, target, "film.csv", [])
    assert Path(place) == tmp_path / "out" / "film.csv.errors.txt"
    assert Path(place).exists()


def test_a_deployed_board_stays_in_its_folder(tmp_path: Path) -> None:
    """A board of a deployment that names a file elsewhere on the machine is a broken board."""
    (tmp_path / "in").mkdir()
    (tmp_path / "secret.png").write_bytes(b"x")
    board = write_board(tmp_path / "in" / "b.csv", [{"prompt": "a sail", "image": "../secret.png"}])
    state = asyncio.run(plan_storyboard(str(board), str(tmp_path / "out"), return_state=True))
    assert state.is_failed()
    assert "outside the board's own folder" in str(state.message)


def test_a_plan_is_a_flow_that_spends_nothing(tmp_path: Path) -> None:
    """The plan ends Completed with its price, or Failed when it passes the budget; the target stays empty."""
    board = write_board(tmp_path / "b.csv", [{"prompt": "a sail", "duration": "4"}])
    config = tmp_path / "paid.toml"
    config.write_text(PAID)
    with Sandbox() as box, pytest.MonkeyPatch.context() as patch:
        for name, value in box.env().items():
            patch.setenv(name, value)
        asked = {"config": str(config), "return_state": True}
        state = asyncio.run(plan_storyboard(str(board), str(tmp_path / "out"), **asked))
        assert state.is_completed()
        assert state.message == "1.50 USD, 1.50 at worst"
        over = asyncio.run(plan_storyboard(str(board), str(tmp_path / "out"), budget_usd=1.0, **asked))
        assert (over.is_failed(), over.name) == (True, "Over budget")
        assert box.log() == []
    assert not (tmp_path / "out").exists()


async def _planned(board: Path, target: Path, **asked: Any) -> tuple[State[Any], str]:
    """How the plan's flow ended, and its artifact."""
    state = await plan_storyboard(str(board), str(target), return_state=True, **asked)
    async with get_client() as client:
        flow_run = FlowRunFilter(id=FlowRunFilterId(any_=[state.state_details.flow_run_id]))
        (artifact,) = await client.read_artifacts(flow_run_filter=flow_run)
    return state, str(artifact.data)


def test_a_deployed_plan_leaves_out_what_no_route_can_make(tmp_path: Path) -> None:
    """With `skip_unusable` the shot is told with its reason beside the plan; without it the flow fails."""
    board = write_board(tmp_path / "b.csv", [GOOD[0], {**GOOD[0], "shot_id": "odd", "route": "fal:nothing"}])
    state, told = asyncio.run(_planned(board, tmp_path / "out"))
    assert state.is_failed() and "neither a route nor a named chain" in str(state.message)
    state, told = asyncio.run(_planned(board, tmp_path / "out", skip_unusable=True))
    assert state.is_completed() and "1 of them left out" in told
    assert "left out" in told.splitlines()[-1] and told.endswith("; odd"), told


def test_the_schedule_is_there_and_switched_off() -> None:
    """prefect.yaml deploys the inbox every quarter of an hour, one at a time, and asleep; every entrypoint exists."""
    told = {one["name"]: one for one in yaml.safe_load((ROOT / "prefect.yaml").read_text())["deployments"]}
    [schedule] = told["render-inbox"]["schedules"]
    assert schedule == {"cron": "*/15 * * * *", "active": False}
    assert told["render-inbox"]["concurrency_limit"] == {"limit": 1, "collision_strategy": "CANCEL_NEW"}
    for one in told.values():
        file, _, name = one["entrypoint"].partition(":")
        assert f"def {name}(" in (ROOT / file).read_text()
        assert one["work_pool"]["name"] == "storyreel"


def test_providers_says_which_key_is_found(typed: Callable[..., Ran]) -> None:
    """Each gateway with its variable; `--check` asks those at no cost, and says what they answered."""
    with Sandbox() as box:
        env = {k: v for k, v in box.env().items() if "PIXAZO" in k or not k.endswith("_API_KEY")}
        ran = typed("providers", "--json", "--check", **env)
    told = {one["provider"]: one for one in json.loads(ran.out)["providers"]}
    assert (told["pixazo"]["key_found"], told["aimlapi"]["key_found"]) == (True, False)
    assert told["pixazo"]["check"].startswith("reached")
    assert told["animatic"]["check"] == "built in"
    assert told["pixazo"]["models"][0]["price"] == "1.50 to 7.50 USD"
    assert "PIXAZO_API_KEY found" in typed("providers").out


def test_providers_tells_what_a_gateways_own_list_says_otherwise(typed: Callable[..., Ran]) -> None:
    """`--check` proves the key and compares the published list, in words and as JSON, and buys nothing."""
    with Sandbox() as box:
        ran = typed("providers", "--json", "--check", **box.env())
        told = {one["provider"]: one for one in json.loads(ran.out)["providers"]}["openrouter"]
        words = typed("providers", "--check", **box.env()).out
        assert box.jobs() == [] and {one["method"] for one in box.log()} == {"GET"}
    assert told["check"] == "key accepted"
    price = "openrouter:bytedance/seedance-2.0: 0.1512 USD/s there, 0.3024 here (1280x720, 720x1280, 960x960)"
    assert price in told["differences"] and len(told["differences"]) == 2
    assert "differs: openrouter:bytedance/seedance-2.0: 0.1512 USD/s there" in words


def test_report_makes_the_views_again(typed: Callable[..., Ran], tmp_path: Path) -> None:
    """`storyreel report` writes report, timelines and rough cut from a manifest, and says so of an empty folder."""
    board = write_board(tmp_path / "b.csv", [{**GOOD[0], "negative_prompt": "no gulls"}])
    state = asyncio.run(render_inbox_board(board, tmp_path / "film"))
    assert state.is_completed()
    views = ("report.html", "timeline.otio", "reel.mp4")
    for name in views:
        (tmp_path / "film" / name).unlink()
    ran = typed("report", tmp_path / "film", "--edl", "--fcpxml", "--xml", "--xlsx", "--json")
    assert json.loads(ran.out)["problems"] == []
    for name in (*views, "timeline.edl", "timeline.fcpxml", "timeline.xml", "manifest.xlsx"):
        assert (tmp_path / "film" / name).stat().st_size > 100
    assert "Avoid: no gulls" in (tmp_path / "film" / "report.html").read_text()
    assert typed("report", tmp_path / "nothing").code == 2


async def render_inbox_board(board: Path, target: Path) -> State[Any]:
    """One board as the inbox would render it."""
    from flows.render_storyboard import render_storyboard

    state: State[Any] = await render_storyboard(str(board), str(target), return_state=True)
    return state


def test_providers_prints_full_names_and_ranges_as_ranges(typed: Callable[..., Ran]) -> None:
    """On a narrow terminal too: what a config has to repeat is never cut, and any length of 4 to 15 s reads so."""
    words = typed("providers", COLUMNS="60").out
    lines = words.splitlines()
    told = {one["provider"]: one for one in json.loads(typed("providers", "--json").out)["providers"]}
    for entry in told.values():
        for model in entry["models"]:
            facts = (model["route"].partition(":")[2], ", ".join(model["modes"]), model["lengths"], model["price"])
            assert any(line.split("  ")[0].strip() == facts[0] and all(f in line for f in facts) for line in lines)
    assert "…" not in words
    assert told["runway"]["models"][0]["lengths"] == "4-15 s"
    assert told["pixazo"]["models"][0]["lengths"] == "4/8/12 s"


def test_the_version_is_the_packages(typed: Callable[..., Ran]) -> None:
    """What ``--version`` prints is what pyproject.toml says."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert typed("--version").out.strip() == project["version"]


async def _named(board: Path, target: Path) -> str:
    state = await plan_storyboard(str(board), str(target), return_state=True)
    async with get_client() as client:
        return (await client.read_flow_run(state.state_details.flow_run_id)).name


def test_a_run_is_named_by_what_it_does(tmp_path: Path) -> None:
    """Prefect's list of runs says which board goes where, not two random words."""
    board = write_board(tmp_path / "board.csv", [{"prompt": "a sail"}])
    assert asyncio.run(_named(board, tmp_path / "film")) == f"{board} → {tmp_path / 'film'}"
