"""When a board of an inbox is due again: by its content, and by what people have said of its takes since."""

import json
from pathlib import Path
from typing import Any

import pytest

from tasks.commands import inbox
from tasks.domain.verdict import Kind, Verdict
from tasks.ledger import write_verdict
from tasks.storage.store import Store

KEY = "aaaaaaaaaaaaaaaa-1"
PLACES = {"a.csv": "a"}


class Place:
    """An inbox with one board whose run has ended, and its target."""

    def __init__(self, folder: Path, *rows: dict[str, Any]) -> None:
        (folder / "in").mkdir()
        (folder / "in" / "a.csv").write_text("prompt\nx\n")
        self.source, self.target = Store(str(folder / "in")), Store(str(folder / "out"))
        self.own = Store(str(folder / "out" / "a"))
        shots = [{"shot_id": f"s{i}", "status": "reused", **row} for i, row in enumerate(rows or ({},))]
        self.own.write("manifest.json", json.dumps({"schema_version": 2, "shots": shots}).encode())
        [(_, self.digest)] = self.due()
        self.end()

    def due(self) -> list[tuple[str, str]]:
        return inbox.due(self.source, self.target, PLACES, ["a.csv"])

    def end(self) -> None:
        """A run that began just now ends well."""
        seen = inbox.look(self.target, "a", self.digest)
        inbox.done(self.source, self.target, "a.csv", "a", seen)

    def say(self, kind: Kind) -> None:
        write_verdict(self.own, KEY, Verdict(0, 1, "ab" * 32, kind))


@pytest.mark.parametrize(
    ("kind", "grade", "due"),
    [
        ("reject", "final", True),
        ("again", "final", True),
        ("select", "final", False),
        ("select", "draft", True),
        ("reject", "draft", True),
    ],
)
def test_a_verdict_that_asks_for_an_order_makes_it_due(tmp_path: Path, kind: Kind, grade: str, due: bool) -> None:
    """Once, until a run has seen it."""
    place = Place(tmp_path, {"grade": grade})
    assert place.due() == []
    place.say(kind)
    assert bool(place.due()) is due
    place.end()
    assert place.due() == []


def test_a_verdict_that_comes_during_a_run_is_not_forgotten(tmp_path: Path) -> None:
    """What the run has seen was counted at its beginning."""
    place = Place(tmp_path)
    seen = inbox.look(place.target, "a", place.digest)
    place.say("again")
    inbox.done(place.source, place.target, "a.csv", "a", seen)
    assert place.due()


def test_what_an_earlier_edition_remembered_is_read(tmp_path: Path) -> None:
    """It knew the content alone."""
    place = Place(tmp_path)
    place.own.write("inbox.json", json.dumps({"digest": place.digest}).encode())
    assert place.due() == []


def test_shots_that_wait_for_a_choice_are_not_skipped(tmp_path: Path) -> None:
    """Drafts, and a shot each of whose takes was rejected, wait for people; a budget that is gone does not."""
    waits = {"status": "skipped", "verdict": "reject", "error_class": ""}
    place = Place(tmp_path, {"status": "stand_in", "grade": "draft"}, waits, {**waits, "error_class": "Budget"})
    assert inbox.count_skipped(place.target, "a") == 1


def test_shots_that_continue_one_without_a_choice_wait(tmp_path: Path) -> None:
    """Several takes of which none is chosen: what continues them is no reason for a run, until somebody chooses."""
    place = Place(tmp_path, {"takes": 2}, {"status": "skipped", "error_class": "Source", "error": "none is chosen"})
    assert inbox.count_skipped(place.target, "a") == 0
    place.say("select")
    assert place.due()


def test_shots_that_wait_for_the_choice_of_a_take_are_due_with_it(tmp_path: Path) -> None:
    """Those that continue a shot whose takes nobody has chosen from wait for people, as it does; a choice goes on."""
    follows = {"status": "skipped", "verdict": "", "error_class": "Source"}
    place = Place(tmp_path, {"status": "rendered"}, follows, {**follows, "error_class": "Interrupted"})
    assert inbox.count_skipped(place.target, "a") == 1
    assert place.due() == []
    place.say("select")
    assert place.due()
    place.end()
    assert place.due() == []
