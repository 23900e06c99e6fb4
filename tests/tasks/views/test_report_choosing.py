"""What the report says of takes: which waits for a choice, what counts, and how large a thousand shots are."""

from typing import Any

import pytest

from tasks.domain.verdict import Verdict
from tasks.manifest.takes import TAKES
from tasks.views.report.choosing import said, takes, waits
from tasks.views.report.page import Heading, Review, render_page
from tests.browser.targets import WORDS, many

ONE, TWO = "11" * 32, "22" * 32


def row(n: int, **cells: Any) -> dict[str, Any]:
    empty = dict.fromkeys(TAKES, "")
    plain = {"take": n, "sha256": {1: ONE, 2: TWO}.get(n, f"{n:064}"), "in_use": n == 2, "grade": "final"}
    money = {"seconds": 8.0, "quoted_usd": "0.80", "charged_usd": "0.80", "clip": f"clips/a-{n}.mp4"}
    return {**empty, **plain, **money, **cells}


def verdict(kind: Any, take: int, digest: str, n: int = 1) -> Verdict:
    return Verdict(n, take, digest, kind, "", "Ana", "2026-11-26T10:00:00.000Z")


@pytest.mark.parametrize(
    ("rows", "verdicts", "waiting"),
    [
        ([], [], False),
        ([row(1)], [], False),
        ([row(1), row(2)], [], True),
        ([row(1), row(2)], [verdict("select", 1, ONE)], False),
        ([row(1), row(2)], [verdict("select", 1, TWO)], True),
        ([row(1), row(2)], [verdict("reject", 1, ONE)], False),
        ([row(1), row(2)], [verdict("select", 1, ONE), verdict("reject", 1, ONE, 2)], False),
        ([row(1), row(2), row(3)], [verdict("select", 1, ONE), verdict("reject", 1, ONE, 2)], True),
        ([row(1), row(2)], [verdict("again", 1, ONE)], True),
        ([row(1), row(2, verdict="select")], [], False),
        ([row(1), row(2, verdict="select")], [verdict("reject", 2, TWO)], False),
        ([row(1, grade="draft")], [], True),
        ([row(1, grade="draft")], [verdict("select", 1, ONE)], False),
        ([row(1, grade="draft")], [verdict("reject", 1, ONE)], False),
    ],
)
def test_what_waits_for_a_choice(rows: list[dict[str, Any]], verdicts: list[Verdict], waiting: bool) -> None:
    """Several takes, or a draft, wait until one is chosen; the newest word on a take counts, on that take alone."""
    assert waits(takes(rows, verdicts)) is waiting


def test_who_said_what() -> None:
    """Each verdict is a sentence with its author; nobody's name is somebody."""
    words = [
        one.words for one in said([verdict("select", 2, TWO), verdict("reject", 1, ONE), verdict("again", 2, TWO)])
    ]
    assert words == ["Ana chose take 2", "Ana rejected take 1", "Ana asked for one more take"]
    assert said([Verdict(1, 1, ONE, "select")])[0].words == "Somebody chose take 1"


def thousand() -> tuple[list[dict[str, Any]], Review, Any]:
    material = many(1000)
    rows = [
        {**one, "key": f"{i:016x}-1", "fingerprint": f"{i:016x}".ljust(64, "0")} for i, one in enumerate(material.rows)
    ]
    listed = [{**row(n), "key": one["key"], "poster": one["poster"]} for one in rows for n in (1, 2, 3)]
    spoken = {one["key"]: [verdict("select", 1, ONE), verdict("reject", 2, TWO, 2)] for one in rows}
    return rows, Review(listed, spoken, "Ana"), material


def test_a_thousand_shots_with_three_takes_each() -> None:
    """The page of 1,000 shots with 3 takes and 2 verdicts each stays under 12 MB."""
    rows, review, material = thousand()
    page = render_page(rows, material.attempts, material.costs, Heading(**WORDS), review)
    assert page.count(b" data-sha=") == 3000
    assert len(page) < 12_000_000
