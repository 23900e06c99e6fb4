"""``storyreel review`` without a browser: what is said comes to lie at the target, or nothing does."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tasks.commands.review.sheet import COLUMNS
from tasks.ledger import read_verdicts
from tasks.manifest import csv_file
from tasks.storage.store import Store
from tests.conftest import without_settings
from tests.flows import Cli, Ran, ended
from tests.servers import S3, s3_server  # noqa: F401 - a fixture
from tests.tasks.commands.review.films import Film, film

Typed = Callable[..., Ran]


@pytest.fixture
def made(tmp_path: Path) -> Film:
    return film(Store(str(tmp_path / "film")), {"sh010": 3, "sh020": 2, "sh030": 1, "sh040": 1}, stand_in="sh040")


def test_choose_reject_and_again(typed: Typed, made: Film) -> None:
    """One line says all three, with a note and a name; each lies at the target as a record of its own."""
    words = ("--select", "sh010=2", "--reject", "sh020=1", "--again", "sh030", "--note", "too dark", "--by", "Ana")
    ran = typed("review", made.store.url, *words, "--json")
    assert (ran.code, ran.told["errors"], ran.told["told"]) == (0, [], [])
    assert [(one["shot_id"], one["verdict"], one["take"], one["n"]) for one in ran.told["verdicts"]] == [
        ("sh010", "select", 2, 1),
        ("sh020", "reject", 1, 1),
        ("sh030", "again", 1, 1),
    ]
    kept = read_verdicts(made.store)
    for shot_id, take in (("sh010", 2), ("sh020", 1), ("sh030", 1)):
        (one,) = kept[made.keys[shot_id]]
        assert (one.sha256, one.note, one.by) == (made.digest(shot_id, take), "too dark", "Ana")
    assert kept[made.keys["sh010"]][0].after == 3


def test_undone_by_choosing_anew(typed: Typed, made: Film) -> None:
    """A second choice is a second record, and leaves the first where it is."""
    for take in (1, 3):
        assert typed("review", made.store.url, "--select", f"sh010={take}").code == 0
    assert [(one.n, one.take) for one in read_verdicts(made.store)[made.keys["sh010"]]] == [(1, 1), (2, 3)]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--select", "sh1=1", "--again", "sh010"), "nearest known: 'sh010'"),
        (("--select", "sh010=9"), "its takes are 1, 2, 3"),
        (("--reject", "sh040=1"), "stands in"),
        (("--select", "sh010=1", "--note", "x" * 2001), "2,000 at the most"),
        (("--select", "sh010=1", "--by", "x" * 101), "100 at the most"),
        (("--note", "only a note"), "--select, --reject, --again or --apply"),
        (("--apply", "nowhere.csv"), "there is no such file"),
    ],
)
def test_nothing_is_written_where_something_is_wrong(
    typed: Typed, made: Film, words: tuple[str, ...], told: str
) -> None:
    """What does not fit ends with exit 2, in words for people and in JSON, and leaves no record."""
    ran = typed("review", made.store.url, *words, "--json")
    assert ran.code == 2
    assert told in ran.told["errors"][0]["message"]
    assert told in ran.err
    assert read_verdicts(made.store) == {}


def choices(made: Film, *rows: dict[str, object]) -> bytes:
    base = {"by": "Ana", "at": "2026-11-26T10:00:00.000Z", "note": "", "after": 3, "verdict": "select"}
    full = [{**base, "key": made.keys[str(row["shot_id"])], **row} for row in rows]
    return csv_file.write(dict.fromkeys(COLUMNS, "text"), full)


def test_a_list_is_taken_in_once(typed: Typed, made: Film, tmp_path: Path) -> None:
    """choices.csv brings its choices with their authors; taken in again it says that they were said before."""
    rows = [
        {"shot_id": "sh010", "take": 1, "sha256": made.digest("sh010", 1), "note": "=1+1, 'this'"},
        {"shot_id": "sh020", "take": 2, "sha256": made.digest("sh020", 2), "verdict": "reject"},
    ]
    (tmp_path / "choices.csv").write_bytes(choices(made, *rows))
    first = typed("review", made.store.url, "--apply", tmp_path / "choices.csv", "--by", "Ben", "--json")
    assert len(first.told["verdicts"]) == 2
    assert [one.by for said in read_verdicts(made.store).values() for one in said] == ["Ana", "Ana"]
    assert read_verdicts(made.store)[made.keys["sh010"]][0].note == "=1+1, 'this'"
    again = typed("review", made.store.url, "--apply", tmp_path / "choices.csv", "--json")
    assert again.told["verdicts"] == []
    assert len(again.told["told"]) == 2


def test_a_list_goes_with_a_target_that_was_moved(typed: Typed, made: Film, tmp_path: Path) -> None:
    """A list of a target that lies elsewhere by now fits there."""
    row = {"shot_id": "sh010", "take": 2, "sha256": made.digest("sh010", 2)}
    (tmp_path / "choices.csv").write_bytes(choices(made, row))
    (tmp_path / "film").rename(tmp_path / "moved")
    assert typed("review", tmp_path / "moved", "--apply", tmp_path / "choices.csv").code == 0
    assert len(read_verdicts(Store(str(tmp_path / "moved")))[made.keys["sh010"]]) == 1


def test_in_a_bucket(typed: Typed, s3: S3, tmp_path: Path) -> None:
    """A bucket takes verdicts like a folder."""
    made = film(Store(s3.folder(), s3.options), {"sh010": 2})
    config = tmp_path / "bucket.toml"
    lines = "\n".join(f'{name} = "{value}"' for name, value in s3.options.items())
    config.write_text(f"[target.options]\n{lines}\n")
    ran = typed("review", made.store.url, "--select", "sh010=1", "--config", config)
    assert ran.code == 0, ran
    assert read_verdicts(made.store)[made.keys["sh010"]][0].take == 1


def test_where_nothing_was_made(typed: Typed, tmp_path: Path) -> None:
    """A folder without a manifest is told as that."""
    ran = typed("review", tmp_path, "--select", "sh010=1")
    assert (ran.code, "nothing to choose from" in ran.err) == (2, True)


@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_served_until_it_is_stopped(made: Film, tmp_path: Path, as_json: bool, number: signal.Signals) -> None:
    """It prints its address and who can reach it, serves, starts no Prefect, and ends at once when it is stopped."""
    cli = Cli({**without_settings(), "PREFECT_HOME": str(tmp_path / "prefect-home")}, tmp_path)
    process = cli.start("review", made.store.url, *(["--json"] if as_json else []))
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        address = json.loads(line)["addresses"][0] if as_json else line.strip()
        with httpx.Client(trust_env=False, base_url=address.partition("?")[0]) as client:
            assert client.get(address).status_code == 200
            assert "sh010" in client.get("/").text
            since = time.monotonic()
            ran = ended(process, number)
        assert time.monotonic() - since < 3
    finally:
        process.kill()
    assert ran.code == 130
    assert "only this machine can reach it (127.0.0.1); Ctrl-C ends it" in ran.err
    assert "Traceback" not in ran.err
    assert not (tmp_path / "prefect-home").exists() or not list((tmp_path / "prefect-home").glob("*.db"))


@pytest.mark.parametrize("port", ["-1", "99999"])
def test_a_port_that_is_none(typed: Typed, made: Film, port: str) -> None:
    """A port that cannot be is told, and nothing is served."""
    ran = typed("review", made.store.url, "--port", port, "--json")
    assert (ran.code, "a number from 0 to 65535" in ran.told["errors"][0]["message"]) == (2, True)


def test_nothing_is_served_where_nothing_was_made(typed: Typed, tmp_path: Path) -> None:
    """Without a manifest there is nothing to show."""
    ran = typed("review", tmp_path)
    assert (ran.code, "has no manifest.json" in ran.err) == (2, True)


def test_a_plan_loads_no_server() -> None:
    """What the review alone needs is loaded by it alone."""
    unwanted = "{'starlette', 'uvicorn', 'tasks.commands.review.choices'}"
    code = f"import sys, flows.cli.app; print(*{unwanted} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_the_report_is_made_again_after_a_choice(typed: Typed, made: Film) -> None:
    """It takes the lock for the tables, and its views are written once that is released."""
    assert typed("review", made.store.url, "--select", "sh010=2").code == 0
    ran = typed("report", made.store.url, "--no-reel", "--json")
    assert (ran.code, ran.told["problems"]) == (0, [])
    assert made.store.exists("report.html") and made.store.exists("timeline.otio")
    assert json.loads(made.store.read("manifest.json"))["shots"][0]["take"] == 2
