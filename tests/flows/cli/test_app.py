"""The command as a person runs it: whole runs against a real Prefect server, and what they leave at the target."""

import csv
import hashlib
import json
import signal
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pytest

from tasks.domain.result import STATUSES
from tests.flows import Cli, Ran, column, draw, ended, manifest, until_clips, write_board
from tests.sandbox import Sandbox

pytestmark = pytest.mark.timeout(300)  # one sample is rendered whole, and the machine may have other work
DATA = Path(__file__).parents[3] / "data"
MANIFEST = [
    *("shot_id", "scene", "mode", "status", "provider", "model", "attempts", "clip", "sha256", "bytes", "width"),
    *("height", "fps", "duration_s", "requested_s", "mismatch", "frame", "poster", "quoted_usd", "charged_usd"),
    *("charge_basis", "wasted_usd", "at_risk_usd", "error_class", "error", "job_id", "submitted_at", "finished_at"),
    *("fingerprint", "prompt", "grade", "take", "takes", "verdict", "note", "stale", "qa", "has_sound", "container"),
    *("origin", "in_use_usd", "alternates_usd", "key"),
]
ATTEMPTS = [
    *("shot_id", "fingerprint", "n", "run_id", "provider", "model", "outcome", "error_class", "error", "job_id"),
    *("sent_s", "sent_size", "quoted_usd", "charged_usd", "charge_basis", "wasted_usd", "at_risk_usd"),
    *("submitted_at", "settled_at", "key", "order_id", "estimate_usd", "in_use_usd", "alternates_usd"),
    *("started_from", "qa"),
]
RENDER_KEYS = {"target", "exit_code", "run_id", "shots", "clips", "totals", "this_run", "manifest", "report"}
RENDER_KEYS |= {"seconds", "errors"}
STATUS_KEYS = {"shots", "totals", "by_provider", "uncollected", "lost", "reasons"}
BUCKET = {"shots", "clips", "seconds", "quoted_usd", "charged_usd", "wasted_usd", "at_risk_usd"}
BUCKET |= {"takes", "in_use_usd", "alternates_usd", "usd_per_clip"}
MONEY = ("quoted_usd", "charged_usd", "wasted_usd", "at_risk_usd")


class Story(NamedTuple):
    """One target through its life: rendered, rendered again, and rendered from an edited board."""

    folder: Path
    target: Path
    first: Ran
    rows: dict[str, dict[str, Any]]
    again: Ran
    edited: Ran
    later: dict[str, dict[str, Any]]


def _rows(folder: Path) -> list[dict[str, object]]:
    picture = draw(folder / "sea.png", "navy")
    return [
        {"shot_id": "open", "scene": "Sea", "prompt": "The sea, pan left", "image": picture, "clip": "A1", "note": "x"},
        {"shot_id": "card", "scene": "Sea", "prompt": "A bell rings, {{twice}}", "clip": "A2"},
        {"shot_id": "twin1", "scene": "Fog", "prompt": "Fog", "clip": "", "note": "first"},
        {"shot_id": "twin2", "scene": "Fog", "prompt": "Fog", "clip": "", "note": "second"},
        {"shot_id": "Übung 7!", "scene": "Fog", "prompt": "The same sea in fog", "source": "open"},
    ]


def _edited(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    """The first row renamed, the second one's prompt changed, a row inserted, the twins swapped and moved up."""
    opening, card, twin1, twin2, remix = rows
    return [
        twin2,
        twin1,
        {"shot_id": "new", "scene": "Sea", "prompt": "A gull"},
        {**opening, "shot_id": "beginning"},
        {**card, "prompt": "A bell rings once"},
        {**remix, "source": "beginning"},
    ]


@pytest.fixture(scope="module")
def story(cli: Cli, tmp_path_factory: pytest.TempPathFactory) -> Story:
    folder = tmp_path_factory.mktemp("story")
    target, rows = folder / "film", _rows(folder)
    board = write_board(folder / "board.csv", rows)
    first = cli("render", board, "--to", target, "--json")
    was = manifest(target)
    again = cli("render", board, "--to", target, "--json")
    board = write_board(folder / "edited.csv", _edited(rows))
    edited = cli("render", board, "--to", target, "--json", "--quiet")
    return Story(folder, target, first, was, again, edited, manifest(target))


def test_that_a_whole_run_is_told_in_one_json_object(story: Story) -> None:
    """Exactly the contract's keys, and nothing else on standard output."""
    told = story.first.told
    assert story.first.code == told["exit_code"] == 0, story.first.err
    assert set(told) == RENDER_KEYS
    assert tuple(told["shots"]) == STATUSES
    assert story.first.counts == {"rendered": 5}
    assert (told["clips"], told["errors"]) == (5, [])
    assert told["target"] == str(story.target)
    assert Path(told["manifest"]) == story.target / "manifest.json"
    assert set(told["totals"]) == set(told["this_run"]) == BUCKET
    assert 0 < told["seconds"] < 60


def test_that_a_second_run_makes_nothing(story: Story) -> None:
    """Every clip is reused, and the rows keep everything but their status."""
    assert story.again.counts == {"reused": 5}
    assert story.again.told["this_run"]["clips"] == 0
    assert "Prefect" not in story.again.err


def test_that_an_edited_board_renders_only_what_is_new_or_changed(story: Story) -> None:
    """Renamed, moved and swapped rows buy nothing; an inserted one and one with another prompt do."""
    assert {name: row["status"] for name, row in story.later.items()} == {
        "twin2": "reused",
        "twin1": "reused",
        "new": "rendered",
        "beginning": "reused",
        "card": "rendered",
        "Übung 7!": "reused",
    }


def test_that_a_clip_stays_where_it_is_when_its_shot_is_renamed(story: Story) -> None:
    """The renamed row names the clip under its old name, with the same digest."""
    old, new = story.rows["open"], story.later["beginning"]
    same = ("clip", "sha256", "poster", "frame", "fingerprint", "submitted_at")
    assert [new[name] for name in same] == [old[name] for name in same]


def test_that_rows_with_one_prompt_have_a_clip_each(story: Story) -> None:
    """Two rows of one fingerprint have a file each, and each keeps its own when they are swapped."""
    twins = [story.rows[name] for name in ("twin1", "twin2")]
    assert twins[0]["fingerprint"] == twins[1]["fingerprint"]
    assert twins[0]["clip"] != twins[1]["clip"]
    assert [story.later[name]["clip"] for name in ("twin1", "twin2")] == [row["clip"] for row in twins]
    keys = {path.parent.name for path in story.target.glob("ledger/*/*.json")}
    assert {f"{twins[0]['fingerprint'][:16]}-{k}" for k in (1, 2)} <= keys


def test_that_quiet_is_silent(story: Story) -> None:
    """A run with work under --quiet leaves standard error empty."""
    assert story.edited.code == 0
    assert story.edited.err == ""


def test_the_files_at_the_target(story: Story) -> None:
    """Tables, costs, clips, posters, frames and the ledger by their promised names, and no lock."""
    top = {path.name for path in story.target.iterdir()}
    tables = {f"{name}.{kind}" for name in ("manifest", "attempts", "takes") for kind in ("parquet", "csv")}
    assert tables | {"manifest.json", "costs.json", "clips", "posters", "frames", "ledger"} <= top
    assert list(story.target.glob("lock/*")) == []
    for shot_id, row in story.rows.items():
        key8 = Path(row["clip"]).stem.rpartition("-")[0].rpartition("-")[2]
        slug = "ubung-7-" + hashlib.sha256(shot_id.encode()).hexdigest()[:6] if shot_id[0] == "Ü" else shot_id
        assert (row["clip"], row["poster"]) == (f"clips/{slug}-{key8}-1.mp4", f"posters/{slug}-{key8}-1.jpg")
        assert key8 == row["fingerprint"][:8] or shot_id == "twin2"
    digest = hashlib.sha256((story.folder / "sea.png").read_bytes()).hexdigest()
    assert Path(story.rows["open"]["frame"]).stem == f"frames/{digest[:12]}-320x180-cover".removeprefix("frames/")


def test_that_each_row_tells_the_truth_about_its_files(story: Story) -> None:
    """Digest and length of every clip are those of the file; posters and frames are there."""
    for row in story.later.values():
        clip = (story.target / row["clip"]).read_bytes()
        assert (row["sha256"], row["bytes"]) == (hashlib.sha256(clip).hexdigest(), len(clip))
        assert (row["width"], row["height"], row["fps"], row["duration_s"]) == (320, 180, 24.0, 0.5)
        assert (story.target / row["poster"]).read_bytes().startswith(b"\xff\xd8")
        assert not row["frame"] or (story.target / row["frame"]).stat().st_size > 0
    assert [bool(row["frame"]) for row in story.rows.values()] == [True, False, False, False, False]


def test_the_columns_of_the_tables(story: Story) -> None:
    """Contract order in every format; a board's own `clip` and `note` become `board_clip` and `board_note`."""
    names = [*MANIFEST, "board_clip", "board_note"]
    with (story.target / "manifest.csv").open(encoding="utf-8-sig", newline="") as file:
        assert next(csv.reader(file)) == names
    assert list(pd.read_parquet(story.target / "manifest.parquet").columns) == names
    assert list(next(iter(story.later.values()))) == names
    assert list(pd.read_parquet(story.target / "attempts.parquet").columns) == ATTEMPTS
    assert [row["board_clip"] for row in story.rows.values()] == ["A1", "A2", "", "", ""]
    assert story.later["twin1"]["board_note"] == "first"
    assert story.rows["card"]["prompt"] == "A bell rings, {twice}"


def test_the_head_of_the_manifest(story: Story) -> None:
    """The JSON names its schema, the run, the board and the target."""
    head = json.loads((story.target / "manifest.json").read_text())
    assert list(head) == ["schema_version", "run_id", "board", "target", "shots"]
    assert head["run_id"] == story.edited.told["run_id"]
    assert head["target"] == str(story.target)


def test_the_status_of_a_target(story: Story, cli: Cli) -> None:
    """Counts by status, money by gateway, and the jobs that wait, as JSON and in words."""
    told = cli("status", story.target, "--json").told
    assert set(told) >= STATUS_KEYS
    assert tuple(told["shots"]) == STATUSES
    assert told["shots"]["rendered"] + told["shots"]["reused"] == sum(told["shots"].values()) == 6
    assert told["totals"]["clips"] == 6
    assert set(told["by_provider"]["animatic"]) == BUCKET
    assert told["uncollected"] == told["lost"] == told["reasons"] == []
    words = cli("status", story.target)
    assert words.code == 0
    assert words.err == ""
    assert any(line.split()[:2] == ["animatic", "6"] for line in words.out.splitlines()), words.out


@pytest.mark.slow
def test_that_lighthouse_is_rendered_once(cli: Cli, tmp_path: Path) -> None:
    """The sample renders ten shots, and the same command again reuses ten."""
    command = ("render", DATA / "lighthouse.csv", "--to", tmp_path / "film", "--json")
    assert cli(*command).counts == {"rendered": 10}
    assert cli(*command).counts == {"reused": 10}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox([{"do": "failed", "prompt": "doomed"}, {"kind": "moderated", "prompt": "blood"}]) as box:
        yield box


PAID = """
[chain]
text_to_video = ["pixazo:sora-2-pro"]
remix = ["animatic:caption"]
allow_retired = true
[render]
budget_usd = 20.0
"""
MIXED: list[dict[str, object]] = [
    {"shot_id": "good", "scene": "One", "prompt": "a sail", "duration": 4, "size": "1280x720"},
    {"shot_id": "bad", "scene": "One", "prompt": "a doomed sail", "duration": 4, "size": "1280x720"},
    {"shot_id": "child", "scene": "Two", "prompt": "again", "source": "bad"},
    {"shot_id": "policy", "scene": "Two", "prompt": "blood", "duration": 4, "size": "1280x720"},
    {"shot_id": "drawn", "scene": "Two", "prompt": "a card", "route": "animatic:card"},
]


class Mixed(NamedTuple):
    """A run in which some shots have no clip, in words."""

    target: Path
    ran: Ran


@pytest.fixture(scope="module")
def mixed(cli: Cli, sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Mixed:
    folder = tmp_path_factory.mktemp("mixed")
    (folder / "paid.toml").write_text(PAID)
    board, target = write_board(folder / "board.csv", MIXED), folder / "film"
    ran = cli("render", board, "--to", target, "--config", folder / "paid.toml", **sandbox.env())
    return Mixed(target, ran)


@pytest.mark.slow
def test_that_a_shot_without_a_clip_makes_exit_code_1(mixed: Mixed) -> None:
    """Each row ends by itself: the failed, its remix, the refused; the others have their clips."""
    assert mixed.ran.code == 1, mixed.ran
    rows = manifest(mixed.target)
    assert {name: (row["status"], row["error_class"]) for name, row in rows.items()} == {
        "good": ("rendered", ""),
        "bad": ("failed", "Failed"),
        "child": ("failed", "Source"),
        "policy": ("refused", "Moderated"),
        "drawn": ("rendered", ""),
    }


@pytest.mark.slow
def test_that_no_terminal_gets_plain_lines(mixed: Mixed) -> None:
    """What happens stands on standard error a line each, the summary on standard output, without a control code."""
    ran = mixed.ran
    assert "\x1b" not in ran.out + ran.err
    assert any("bad: pixazo:sora-2-pro: Failed" in line for line in ran.err.splitlines())
    assert ran.out.startswith("2 rendered, 1 refused, 2 failed")
    assert str(mixed.target) in ran.out


@pytest.mark.slow
def test_that_a_failed_shot_is_told_once_and_in_our_words(mixed: Mixed) -> None:
    """Prefect's own log of the same failure stays out of a person's way."""
    assert "Task run" not in mixed.ran.err
    assert "Flow run" not in mixed.ran.err


@pytest.mark.slow
def test_that_all_sums_of_money_agree(mixed: Mixed, sandbox: Sandbox) -> None:
    """Attempts = totals = by gateway = by model; manifest = by scene = by mode; and the bill is what was booked."""

    def total(rows: Any) -> dict[str, Decimal]:
        return {name: sum((Decimal(str(row[name])) for row in rows), Decimal(0)) for name in MONEY}

    costs = json.loads((mixed.target / "costs.json").read_text())
    attempts = pd.read_parquet(mixed.target / "attempts.parquet").to_dict("records")
    shots = manifest(mixed.target).values()
    all_of_it = total([costs["totals"]])
    assert all_of_it["charged_usd"] + all_of_it["at_risk_usd"] == Decimal("3.00")
    assert sandbox.billed() <= Decimal("3.00")
    for rows in (attempts, costs["by_provider"].values(), costs["by_model"].values()):
        assert total(rows) == all_of_it
    for rows in (costs["by_scene"].values(), costs["by_mode"].values()):
        assert total(rows) == total(shots)
    assert costs["superseded_usd"] == "0.00"


class Stopped(NamedTuple):
    """An interrupted run, its rows, and the run that finishes it."""

    ran: Ran
    rows: dict[str, dict[str, Any]]
    next: Ran


@pytest.fixture(scope="module", params=[signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def stopped(request: pytest.FixtureRequest, cli: Cli, tmp_path_factory: pytest.TempPathFactory) -> Stopped:
    folder = tmp_path_factory.mktemp("stopped")
    rows: list[dict[str, object]] = [{"shot_id": f"s{n}", "prompt": f"wave {n}", "duration": 6} for n in range(6)]
    board, target = write_board(folder / "board.csv", rows), folder / "film"
    command = ("render", board, "--to", target, "--json", "--concurrency", 1)
    process = cli.start(*command)
    until_clips(target, 2, process)  # with one shot in flight the first is then over, ledger and all
    ran = ended(process, request.param)
    was = manifest(target)
    return Stopped(ran, was, cli(*command))


@pytest.mark.slow
def test_that_an_interrupted_run_leaves_a_whole_manifest(stopped: Stopped) -> None:
    """Exit 130; every row is there, rendered or skipped as Interrupted; the lock is gone."""
    assert (stopped.ran.code, stopped.ran.told["exit_code"]) == (130, 130)
    ends = [(row["status"], row["error_class"]) for row in stopped.rows.values()]
    assert len(ends) == 6
    assert set(ends) == {("rendered", ""), ("skipped", "Interrupted")}
    assert stopped.ran.told["shots"]["skipped"] == ends.count(("skipped", "Interrupted"))


@pytest.mark.slow
def test_that_the_next_run_finishes_an_interrupted_one(stopped: Stopped) -> None:
    """What was rendered is reused (with what was being written when the signal came), and the rest rendered."""
    done = stopped.ran.counts["rendered"]
    assert stopped.next.code == 0
    assert set(stopped.next.counts) == {"rendered", "reused"}
    assert done <= stopped.next.counts["reused"] <= done + 1
    assert stopped.next.told["clips"] == 6


@pytest.mark.slow
def test_that_only_looks_at_the_named_rows(cli: Cli, tmp_path: Path) -> None:
    """The other rows keep their last row: never run is skipped without a class, rendered becomes reused."""
    rows = [{"shot_id": name, "prompt": f"shot {name}"} for name in "abc"]
    board, target = write_board(tmp_path / "board.csv", rows), tmp_path / "film"
    first = cli("render", board, "--to", target, "--json", "--only", "b")
    assert first.code == 0
    assert first.counts == {"rendered": 1, "skipped": 2}
    assert {name: (row["status"], row["error_class"], row["error"]) for name, row in manifest(target).items()} == {
        "a": ("skipped", "", ""),
        "b": ("rendered", "", ""),
        "c": ("skipped", "", ""),
    }
    second = cli("render", board, "--to", target, "--json", "--only", "a")
    assert second.code == 0
    assert column(target, "status") == {"a": "rendered", "b": "reused", "c": "skipped"}
