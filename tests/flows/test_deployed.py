"""The product as Prefect's users run it: deployments, a worker, triggers, a schedule, and the button that cancels."""

import json
import os
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.deployed import PREFECT, Api, paid_config
from tests.flows import manifest, write_board
from tests.sandbox import Sandbox

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400), pytest.mark.usefixtures("worker")]
PAID = {"duration": 4, "size": "1280x720"}


def shots(count: int, **more: object) -> list[dict[str, object]]:
    """So many shots of the first scene, 1.50 USD each."""
    return [{"shot_id": f"s{n:03}", "scene": "One", "prompt": f"wave {n}", **PAID, **more} for n in range(count)]


def orders(box: Sandbox) -> list[str]:
    """The prompts of all orders that were accepted, in turn."""
    return [job["prompt"] for job in box.jobs()]


WISHES, TIME = ("skip_unusable", "takes", "draft"), ("by", "measured")
FORM = {
    "render-storyboard": {
        *("board", "to", "config", "budget_usd", "only", "rerender", "concurrency"),
        *("approve_over_usd", "approve_within_hours", "views", "part"),
        *WISHES,
        *TIME,
    },
    "plan-storyboard": {"board", "to", "config", "budget_usd", "only", "rerender", *WISHES, *TIME},
    "render-inbox": {"inbox_url", "to", "config", "budget_usd", "takes", "draft"},
    "render-season": {"board", "to", "config", "budget_usd", "shots_a_part", "parts_in_flight", *WISHES},
}


@pytest.mark.parametrize("name", FORM)
def test_that_a_form_explains_each_parameter(name: str, api: Api) -> None:
    """Every parameter of a deployment has words beside its field, and the pool is the one of the README."""
    told = api.deployment(name)
    fields = told["parameter_openapi_schema"]["properties"]
    assert set(fields) == FORM[name]
    assert [field for field, schema in fields.items() if len(schema.get("description", "")) < 20] == []
    assert (told["work_pool_name"], told["enforce_parameter_schema"]) == ("storyreel", True)


@pytest.mark.parametrize(
    "wrong",
    [
        {"board": ""},
        {"budget_usd": -1},
        {"concurrency": 0},
        {"concurrency": 401},
        {"concurrency": 1.5},
        {"approve_over_usd": -0.01},
        {"approve_within_hours": 0},
        {"only": "sh010"},
        {"rerender": [""]},
        {"views": ["film"]},
        {"config": 3},
    ],
)
def test_that_a_form_takes_nothing_out_of_bounds(wrong: dict[str, object], api: Api) -> None:
    """The server itself refuses what no run could use, before a worker hears of it; each good value is taken."""
    good = {"board": "b.csv", "to": "out", "budget_usd": None, "concurrency": 400, "views": ["reel", "edl"]}
    there = f"/deployments/{api.deployment('render-storyboard')['id']}/create_flow_run"
    later = {"type": "SCHEDULED", "state_details": {"scheduled_time": "2100-01-01T00:00:00Z"}}
    refused = api.asked("POST", there, json={"parameters": {**good, **wrong}, "state": later})
    assert refused.status_code in (409, 422), refused.text
    assert next(iter(wrong)) in refused.text
    assert api.asked("POST", there, json={"parameters": good, "state": later}).status_code == 201


@pytest.fixture(scope="module")
def mixed(api: Api, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """A run of the deployment in which one shot of three is refused: its id and its target."""
    folder = tmp_path_factory.mktemp("mixed")
    rows = [*shots(2), {"shot_id": "worse", "scene": "Two", "prompt": "a forbidden wave", **PAID}]
    board = write_board(folder / "board.csv", rows)
    faults = [
        {"do": "kind", "kind": "moderated", "prompt": "forbidden"},
        {"do": "kind", "kind": "rate", "prompt": "wave 1", "times": 2},
    ]
    with Sandbox(faults) as box:
        config = paid_config(folder / "paid.toml", box)
        asked = {"board": str(board), "to": str(folder / "film"), "config": str(config), "views": ["report"]}
        run = api.trigger("render-storyboard", **asked)
        api.until(run, "Incomplete", "Completed", "Failed", "Crashed")
    return run, folder / "film"


def test_that_a_triggered_run_ends_incomplete_with_its_money(mixed: tuple[str, Path], api: Api) -> None:
    """With a key out of a Secret block a worker buys what it can; the last state says clips, charge and risk."""
    run, film = mixed
    state = api.state(run)
    assert (state["type"], state["name"], state["message"]) == (
        "FAILED",
        "Incomplete",
        "2 of 3 clips, 3.00 USD, 0.00 at risk",
    )
    assert [row["status"] for row in manifest(film).values()] == ["rendered", "rendered", "refused"]
    assert sorted(path.name for path in film.iterdir() if path.suffix in (".html", ".otio", ".mp4")) == ["report.html"]


def test_that_its_task_runs_are_its_shots(mixed: tuple[str, Path], api: Api) -> None:
    """One task run a shot, by its id, tagged by scene and mode, in the state of its row."""
    found = {one["name"]: (one["state"]["name"], set(one["tags"])) for one in api.tasks(mixed[0])}
    kind = "mode:text_to_video"
    assert found == {
        "s000": ("Completed", {"scene:One", kind}),
        "s001": ("Completed", {"scene:One", kind}),
        "worse": ("Without clip", {"scene:Two", kind}),
    }


def test_that_its_artifacts_show_plan_progress_money_and_manifest(mixed: tuple[str, Path], api: Api) -> None:
    """The plan's price, the last progress, the money by gateway and scene, and the rows without a clip first."""
    found = api.artifacts(mixed[0])
    names = ("plan", "progress", "costs", "manifest", "sheet")
    assert set(found) == {f"storyreel-{name}" for name in names}
    assert found["storyreel-plan"]["data"].startswith("**3 new, 0 rerender, 0 keep: 4.50 USD")
    assert found["storyreel-progress"]["data"] == 100.0
    costs = found["storyreel-costs"]["data"]
    assert costs.startswith("**2 of 3 clips, 3.00 USD charged, 0.00 of it wasted, 0.00 at risk**")
    assert "| pixazo | 2 | 3.00 | 0.00 | 0.00 |" in costs
    assert "| Two | 0 | 0.00 | 0.00 | 0.00 |" in costs
    rows = json.loads(found["storyreel-manifest"]["data"])
    assert [row["shot_id"] for row in rows] == ["worse", "s000", "s001"]
    assert rows[0]["error_class"] == "Moderated"
    assert rows[0]["clip"] == "" and rows[1]["clip"].startswith("clips/s000")


def test_that_a_shot_logs_three_lines_at_most(mixed: tuple[str, Path], api: Api) -> None:
    """What happened, and for a shot without a clip what a person can do; three lines a shot, Prefect's own included."""
    names = {one["id"]: one["name"] for one in api.tasks(mixed[0])}
    lines: dict[str, list[str]] = {name: [] for name in names.values()}
    for line in api.lines(mixed[0]):
        if line["task_run_id"]:
            lines[names[line["task_run_id"]]].append(line["message"])
    assert all(1 <= len(said) <= 3 for said in lines.values()), lines
    assert any("Change the prompt" in line for line in lines["worse"])
    assert any("rendered by pixazo:sora-2-pro" in line for line in lines["s000"])


def test_that_no_key_is_shown(mixed: tuple[str, Path], api: Api) -> None:
    """The key of the Secret block is in no log line, artifact, state or file at the target."""
    run, film = mixed
    told = json.dumps([api.lines(run), api.artifacts(run), api.tasks(run), api.get(f"/flow_runs/{run}")])
    files = b"".join(path.read_bytes() for path in film.rglob("*") if path.is_file())
    assert "sandbox-pixazo" not in told
    assert b"sandbox-pixazo" not in files


def test_that_a_cancelled_run_orders_nothing_more_and_the_next_goes_on(
    api: Api, tmp_path: Path, environment: Mapping[str, str]
) -> None:
    """Cancel stops new orders at once and leaves the bought jobs in the ledger; the next run collects them."""
    board = write_board(tmp_path / "board.csv", shots(12))
    film = tmp_path / "film"
    with Sandbox(job_seconds=12) as box:
        config = paid_config(tmp_path / "paid.toml", box)
        asked = {"board": str(board), "to": str(film), "config": str(config), "concurrency": 3, "views": []}
        run = api.trigger("render-storyboard", **asked)
        api.wait(lambda: orders(box), lambda made: len(made) == 3)
        api.cancel(run)
        state = api.until(run, "Cancelled", "Crashed", "Failed", "Completed", "Incomplete")
        assert state["name"] == "Cancelled", state
        bought = orders(box)
        assert len(bought) == 3, "an order left after the cancel"
        api.wait(lambda: list(film.glob("lock/*.json")), lambda held: held == [])
        rows = manifest(film)
        assert {row["error_class"] for row in rows.values()} == {"Interrupted"}
        assert list(film.rglob("ledger/*/*settled*")) == []
        assert len(list(film.rglob("ledger/*/*accepted*"))) == 3

        box.faults([{"do": "late", "seconds": 0.1}])
        again = api.trigger("render-storyboard", **{**asked, "concurrency": 12})
        state = api.until(again, "Completed", "Incomplete", "Failed", "Crashed")
        assert state["message"] == "12 of 12 clips, 18.00 USD, 0.00 at risk"
        assert sorted(orders(box)) == sorted({f"wave {n}" for n in range(12)})
        assert orders(box)[:3] == bought


def test_that_an_approved_run_is_bought_and_a_refused_one_is_not(api: Api, tmp_path: Path) -> None:
    """Over the limit a run waits with its plan, without a lock or an order, until a person has filled in the form."""
    board = write_board(tmp_path / "board.csv", shots(2))
    film = tmp_path / "film"
    with Sandbox() as box:
        config = paid_config(tmp_path / "paid.toml", box)
        asked = {"board": str(board), "to": str(film), "config": str(config), "approve_over_usd": 2, "views": []}
        no = api.trigger("render-storyboard", **asked)
        api.until(no, "Paused", "Failed", "Completed", "Crashed")
        assert "3.00 USD" in api.artifacts(no)["storyreel-plan"]["data"]
        assert not film.exists()
        api.resume(no, approve=False)
        state = api.until(no, "Cancelled", "Failed", "Completed", "Crashed")
        assert state["name"] == "Cancelled", state
        assert state["message"] == "3.00 USD were refused: nothing was ordered, nothing spent"
        assert (box.log(), film.exists()) == ([], False)

        yes = api.trigger("render-storyboard", **asked)
        api.until(yes, "Paused", "Failed", "Completed", "Crashed")
        api.resume(yes, approve=True, budget_usd=1.5)
        state = api.until(yes, "Incomplete", "Failed", "Completed", "Crashed")
        assert state["message"] == "1 of 2 clips, 1.50 USD, 0.00 at risk"
        assert len(orders(box)) == 1


def test_that_the_schedule_sleeps_until_it_is_switched_on(api: Api, environment: Mapping[str, str]) -> None:
    """The inbox's schedule is every quarter of an hour and plans no run; switched on it does, switched off they go."""
    told = api.deployment("render-inbox")
    [schedule] = told["schedules"]
    assert (schedule["schedule"]["cron"], schedule["active"]) == ("*/15 * * * *", False)
    assert told["global_concurrency_limit"]["limit"] == 1
    assert told["concurrency_options"]["collision_strategy"] == "CANCEL_NEW"

    def planned() -> list[str]:
        mine = {
            "deployments": {"id": {"any_": [told["id"]]}},
            "flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}},
        }
        return [str(run["expected_start_time"]) for run in api.post("/flow_runs/filter", **mine)]

    def switch(word: str) -> None:
        command = [PREFECT, "deployment", "schedule", word, "render-inbox/render-inbox", schedule["id"]]
        subprocess.run(command, env=environment, check=True, capture_output=True, timeout=60)

    assert planned() == []
    switch("resume")
    starts = api.wait(planned, lambda found: len(found) >= 3)
    assert {start[14:19] for start in starts} <= {"00:00", "15:00", "30:00", "45:00"}
    switch("pause")
    api.wait(planned, lambda found: found == [])


def test_that_one_turn_of_the_inbox_runs_at_a_time(api: Api, tmp_path: Path) -> None:
    """While a turn is at work the next is cancelled; the first renders the board of the inbox."""
    (tmp_path / "in").mkdir()
    write_board(tmp_path / "in" / "film.csv", [{"prompt": "a sail", "duration": 2}])
    asked = {"inbox_url": str(tmp_path / "in"), "to": str(tmp_path / "out")}
    first = api.trigger("render-inbox", **asked)
    api.wait(lambda: api.state(first)["type"], lambda kind: kind in ("PENDING", "RUNNING"))
    second = api.trigger("render-inbox", **asked)
    assert api.until(second, "Cancelled", "Completed", "Failed", "Crashed")["name"] == "Cancelled"
    assert api.until(first, "Completed", "Failed", "Crashed")["message"] == "1 of 1 boards were due; 1 went well"


MANY = int(os.environ.get("STORYREEL_MANY", "60"))


def test_that_the_server_knows_of_every_shot(api: Api, tmp_path: Path) -> None:
    """Within ten seconds of the end the task runs recorded Completed are the shots rendered, STORYREEL_MANY of them."""
    rows = [{"shot_id": f"s{n:04}", "prompt": f"wave {n}", "duration": 0.2, "size": "160x90"} for n in range(MANY)]
    board = write_board(tmp_path / "board.csv", rows)
    run = api.trigger("render-storyboard", board=str(board), to=str(tmp_path / "film"), views=[])
    state = api.until(run, "Completed", "Incomplete", "Failed", "Crashed", patience=1500)
    ended = time.monotonic()
    assert state["message"] == f"{MANY} of {MANY} clips, 0.00 USD, 0.00 at risk"

    def completed() -> int:
        return sum((one["state"] or {}).get("type") == "COMPLETED" for one in api.tasks(run))

    assert api.wait(completed, lambda found: found == MANY, patience=10) == MANY
    print(f"{MANY} task runs Completed {time.monotonic() - ended:.1f} s after the end")
    assert [row["status"] for row in manifest(tmp_path / "film").values()] == ["rendered"] * MANY
