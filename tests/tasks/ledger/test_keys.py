import itertools
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.domain.identity import key_of
from tasks.domain.shot import Shot
from tasks.ledger.keys import Claim, keys_of, worth
from tasks.ledger.shot_state import result_of
from tasks.manifest.costs import total_costs
from tests.tasks.desk import OPENED, Desk, config
from tests.tasks.purchases import attempt, clip, shelf_of, shot

CAT = "c" * 64
ONE, TWO, THREE = (key_of(CAT, k) for k in (1, 2, 3))


def given_to(rows: Mapping[str, str], has: Mapping[str, int], held: tuple[str, ...] = ()) -> dict[str, str]:
    """The keys of selected rows that ask alike; ``rows`` has what each had last, ``has`` what the ledger knows."""
    claims = [Claim(name, CAT, last) for name, last in rows.items()]
    return keys_of(claims, (), held, lambda key: has.get(key, 0), has)


TABLE: dict[str, tuple[dict[str, str], dict[str, int], tuple[str, ...], dict[str, str]]] = {
    "new rows count": ({"a": "", "b": ""}, {}, (), {"a": ONE, "b": TWO}),
    "rows keep theirs": ({"b": TWO, "a": ONE}, {ONE: 3, TWO: 3}, (), {"b": TWO, "a": ONE}),
    "what is empty is kept too": ({"b": TWO, "a": ONE}, {}, (), {"b": TWO, "a": ONE}),
    "a newcomer takes a free clip": ({"new": "", "a": ONE}, {ONE: 3, TWO: 3}, (), {"new": TWO, "a": ONE}),
    "a clip before a job": ({"new": ""}, {ONE: 2, TWO: 3}, (), {"new": TWO}),
    "a job before nothing": ({"new": ""}, {ONE: 0, TWO: 2}, (), {"new": TWO}),
    "the lowest of equals": ({"new": ""}, {THREE: 3, TWO: 3}, (), {"new": TWO}),
    "one more row counts on": ({"new": "", "a": ONE}, {ONE: 3}, (), {"new": TWO, "a": ONE}),
    "an empty key goes for a free clip": ({"a": TWO}, {ONE: 3, TWO: 0}, (), {"a": ONE}),
    "and is free then": ({"a": ONE, "b": ""}, {ONE: 0, THREE: 3}, (), {"a": THREE, "b": ONE}),
    "a job is kept": ({"a": TWO}, {ONE: 3, TWO: 2}, (), {"a": TWO}),
    "what others hold is not free": ({"a": ""}, {ONE: 3, TWO: 0}, (ONE,), {"a": TWO}),
    "a key that two rows had": ({"a": ONE, "b": ONE}, {ONE: 3}, (), {"a": ONE, "b": TWO}),
}


@pytest.mark.parametrize("name", TABLE)
def test_keys_of(name: str) -> None:
    """A row keeps its key unless that is empty and a free one is not; the others take the best that is free."""
    rows, has, held, expected = TABLE[name]
    assert given_to(rows, has, held) == expected


def test_rows_that_are_not_looked_at_choose_last() -> None:
    """A row that never ran and is not selected leaves what was bought to those that are."""
    has = {ONE: 3}
    chosen = keys_of([Claim("b", CAT)], [Claim("a", CAT)], (), lambda key: has.get(key, 0), has)
    assert chosen == {"b": ONE, "a": TWO}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"clip": clip()}, 3),
        ({"clip": clip(path="gone"), "job_id": "j"}, 1),
        ({"clip": clip(path="gone")}, 0),
        ({"outcome": "pending"}, 2),
        ({"outcome": "overdue"}, 2),
        ({"outcome": "failed"}, 0),
        ({"clip": clip(), "stand_in": True}, 0),
    ],
)
def test_worth(values: dict[str, Any], expected: int, tmp_path: Path) -> None:
    """A clip that lies there, a job, a lost clip with a job, nothing: in this order."""
    from tasks.ledger.records import AttemptRecord, KeyHistory

    one = attempt(**{"outcome": "clip", **values})
    page = KeyHistory({1: AttemptRecord({}, "settled", told=one)})
    assert worth(page, shelf_of([attempt(clip=clip())])) == expected
    assert worth(None, shelf_of([])) == 0


STEPS = st.sampled_from(["rename", "move", "insert", "remove", "reword", "only", "all", "all"])


class Room:
    """A board of rows that ask alike or not, edited and rendered in turn over one target."""

    def __init__(self, folder: Path) -> None:
        self.desk = Desk(config(folder, OPENED))
        self.names = (f"n{i}" for i in itertools.count())
        self.board: list[tuple[str, str]] = []
        self.bought = 0
        self.most: dict[str, int] = {}

    def shots(self) -> list[Shot]:
        return [shot(name, prompt=prompt) for name, prompt in self.board]

    def render(self, only: tuple[str, ...] = ()) -> None:
        """A run that buys what its plan orders; a shot is bought only if all clips of its question are others'."""
        self.desk.run(f"run-{self.bought}")
        plan = self.desk.plan(*self.shots(), only=only)
        keys = [one.key for one in plan.shots if one.key]
        assert len(set(keys)) == len(keys)
        for one in plan.shots:
            if one.selected and one.action != "keep":
                self.desk.clip(one)
                self.bought += 1
        self.close(plan)
        again = self.desk.plan(*self.shots(), only=only)
        assert [one.action for one in again.shots if one.selected] == ["keep"] * sum(s.selected for s in again.shots)

    def close(self, plan: Any) -> None:
        ledger, shelf = self.desk.ledger, self.desk.shelf
        results = [result_of(p, ledger.page(p.key), ledger.run_id, shelf=shelf) for p in plan.shots]
        kept = [plan_.kept for plan_ in plan.shots]
        rows = [
            old or {"shot_id": r.shot.shot_id, "status": r.status, "fingerprint": r.fingerprint, "key": r.key}
            for old, r in zip(kept, results, strict=True)
        ]
        self.desk.rows = rows
        history = list(ledger.history())
        totals = total_costs(results, history, shelf, run_id="", budget=None)["totals"]
        assert Decimal(totals["charged_usd"]) == self.bought * Decimal("0.80")

    def need(self) -> None:
        """The most rows that ever asked for each question, at once or held by rows left alone."""
        for prompt in {prompt for _, prompt in self.board}:
            count = sum(p == prompt for _, p in self.board)
            self.most[prompt] = max(self.most.get(prompt, 0), count)

    def step(self, word: str, data: st.DataObject) -> None:
        place = data.draw(st.integers(0, max(len(self.board) - 1, 0)))
        if word == "insert" or not self.board:
            self.board.insert(place, (next(self.names), data.draw(st.sampled_from("xy"))))
        elif word == "rename":
            self.board[place] = (next(self.names), self.board[place][1])
        elif word == "move":
            self.board.insert(data.draw(st.integers(0, len(self.board) - 1)), self.board.pop(place))
        elif word == "remove":
            self.board.pop(place)
        elif word == "reword":
            self.board[place] = (self.board[place][0], data.draw(st.sampled_from("xy")))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_rows_that_move_buy_nothing(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """Over any renames, moves, inserts and removals of rows alike, with whole runs between, as many clips are bought
    as there ever were rows of a question at one time, and no more."""
    room = Room(tmp_path_factory.mktemp("room"))
    for word in data.draw(st.lists(STEPS, max_size=12)):
        room.step(word, data)
        room.need()
        room.render()
        assert room.bought <= sum(room.most.values())


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_rows_looked_at_alone_buy_nothing_twice(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """With ``--only`` among the steps a row that has its clip and stays as it is is never bought again."""
    room = Room(tmp_path_factory.mktemp("room"))
    for word in data.draw(st.lists(STEPS, max_size=12)):
        room.step(word, data)
        names = [name for name, _ in room.board]
        only = tuple(data.draw(st.sets(st.sampled_from(names)))) if word == "only" and names else ()
        done = {row["shot_id"]: row["fingerprint"] for row in room.desk.rows if row["status"] in ("rendered", "reused")}
        plan = room.desk.plan(*room.shots(), only=only)
        for one in plan.shots:
            if one.selected and done.get(one.shot.shot_id) == one.fingerprint:
                assert one.action == "keep"
        room.render(only)
