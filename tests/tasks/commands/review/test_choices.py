"""What can be said of takes: verdicts where it fits, every fault where it does not."""

import uuid
from dataclasses import replace
from pathlib import Path

import pytest

from tasks.commands.review.choices import Choice, Words, clean, decide, read_options
from tasks.commands.review.desk import Desk, Seen, read_desk
from tasks.commands.review.writing import write_all
from tasks.domain.errors import StartError, TargetError
from tasks.domain.verdict import Verdict
from tasks.ledger import read_verdicts, write_verdict
from tasks.storage.store import Store
from tests.tasks.commands.review.films import film

KEY, GONE = "aaaaaaaaaaaaaaaa-1", "cccccccccccccccc-1"
ONE, TWO = "11" * 32, "22" * 32
WORDS = Words("why", "Ana", "2026-11-26T10:00:00.000Z")
DESK = Desk(
    (
        Seen("sh010", KEY, "rendered", {1: ONE, 3: TWO}, 3, 4),
        Seen("sh020", "bbbbbbbbbbbbbbbb-1", "stand_in"),
        Seen("sh030", "dddddddddddddddd-1", "failed", after=2),
        Seen("a=b", "eeeeeeeeeeeeeeee-1", "rendered", {1: ONE}, 1, 1),
    ),
    {},
)


def said(**options: list[str]) -> list[Choice]:
    return read_options(options.get("select", []), options.get("reject", []), options.get("again", []), WORDS)


@pytest.mark.parametrize(
    ("options", "key", "kind", "take", "digest"),
    [
        ({"select": ["sh010=1"]}, KEY, "select", 1, ONE),
        ({"reject": ["sh010=3"]}, KEY, "reject", 3, TWO),
        ({"again": ["sh010"]}, KEY, "again", 3, TWO),
        ({"select": [" sh010 = 1 "]}, KEY, "select", 1, ONE),
        ({"select": ["a=b=1"]}, "eeeeeeeeeeeeeeee-1", "select", 1, ONE),
        ({"again": ["a=b"]}, "eeeeeeeeeeeeeeee-1", "again", 1, ONE),
    ],
)
def test_what_fits_is_a_verdict(options: dict[str, list[str]], key: str, kind: str, take: int, digest: str) -> None:
    """A shot and a take of it, or a shot to be tried again, give the record that is written."""
    decided = decide(DESK, said(**options))
    after = {KEY: 4}.get(key, 1)
    assert decided.verdicts == ((key, Verdict(0, take, digest, kind, *WORDS, after)),)  # type: ignore[arg-type]  # a kind
    assert decided.told == ()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"select": ["sh10=1"]}, "nearest known: 'sh010'"),
        ({"select": ["nothing-like-it=1"]}, "no shot of that id is at the target"),
        ({"select": ["sh010=2"]}, "take 2 is none of sh010: its takes are 1, 3"),
        ({"reject": ["sh010=99"]}, "its takes are 1, 3"),
        ({"select": ["sh010"]}, "such as sh010=2"),
        ({"select": ["sh010=x"]}, "such as sh010=2"),
        ({"select": ["=1"]}, "such as sh010=2"),
        ({"select": ["sh010=-1"]}, "such as sh010=2"),
        ({"select": ["sh020=1"]}, "stands in"),
        ({"again": ["sh020"]}, "stands in"),
        ({"again": ["sh030"]}, "it has no take yet"),
        ({"select": ["sh010=1", "sh010=3"]}, "take 1 of it is selected as well"),
        ({"select": ["sh010=1"], "reject": ["sh010=1"]}, "the same take is selected as well"),
    ],
)
def test_what_does_not_fit_is_told(options: dict[str, list[str]], words: str) -> None:
    """A wrong shot, a wrong number, a stand-in and a contradiction are told, and name the option."""
    with pytest.raises(StartError) as told:
        decide(DESK, said(**options))
    (fault,) = told.value.faults
    assert words in fault.message
    assert fault.column == f"--{list(options)[-1]}"


def test_every_fault_at_once() -> None:
    """Two wrong shots are two faults, and a right one beside them is not written."""
    with pytest.raises(StartError) as told:
        decide(DESK, said(select=["x=1,sh010=1", "sh010=1"], again=["y"]))
    assert [fault.value for fault in told.value.faults] == ["x=1", "y"]


@pytest.mark.parametrize(("length", "fits"), [(2000, True), (2001, False)])
def test_the_longest_note(length: int, fits: bool) -> None:
    """A note has 2,000 characters at the most."""
    choices = [replace(one, note="x" * length) for one in said(select=["sh010=1"])]
    if fits:
        assert len(decide(DESK, choices).verdicts[0][1].note) == length
        return
    with pytest.raises(StartError, match="2,001 characters; 2,000 at the most"):
        decide(DESK, choices)


@pytest.mark.parametrize(
    ("key", "take", "digest", "told"),
    [
        (KEY, 1, ONE, []),
        (KEY, 1, TWO, ["sh010: take 1 is no take of it any more: kept, and without effect"]),
        (GONE, 1, ONE, ["sh010: the board has no such row any more: kept, and without effect until it has"]),
    ],
)
def test_a_stale_choice_is_kept_and_told(key: str, take: int, digest: str, told: list[str]) -> None:
    """What a page says of a take that has gone since is written all the same, and said."""
    choice = Choice("verdict", "select", "select", "sh010", take, key, digest, *WORDS, after=2, row=2)
    decided = decide(DESK, [choice])
    assert decided.verdicts == ((key, Verdict(0, take, digest, "select", *WORDS, 2)),)
    assert list(decided.told) == told


@pytest.mark.parametrize(
    ("key", "take", "digest"), [("../../etc", 1, ONE), ("x", 1, ONE), (KEY, 0, ONE), (KEY, 1, ""), (KEY, 1, "no")]
)
def test_what_no_page_wrote_is_refused(key: str, take: int, digest: str) -> None:
    """A key that is none, which could be a path, and a take without its digest are faults."""
    with pytest.raises(StartError, match="save the list from the page again"):
        decide(DESK, [Choice("verdict", "select", "select", "sh010", take, key, digest, row=2)])


def test_the_same_is_not_said_twice() -> None:
    """A list that is taken in once more writes nothing, and says so."""
    known = Verdict(7, 1, ONE, "select", *WORDS, 4)
    decided = decide(replace(DESK, verdicts={KEY: (known,)}), said(select=["sh010=1"]))
    assert decided.verdicts == ()
    assert "was said before" in decided.told[0]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("a\r\nb\rc", "a\nb\nc"),
        ("\x1b[31mred\x07", "[31mred"),
        ("a\u202eb", "ab"),
        (" a\tb ", "a\tb"),
        ("a\ud83d b\udcff", "a b"),
    ],
)
def test_words_are_cleaned(text: str, kept: str) -> None:
    """Nothing that moves a cursor, rings or turns text around is kept, nor half a letter; lines and tabs are."""
    assert clean(text) == kept


@pytest.mark.parametrize("tables", [True, False])
def test_a_whole_target(tmp_path: Path, tables: bool) -> None:
    """From the records of a real target, with its table of takes and without one: what is said comes to lie there."""
    made = film(Store(str(tmp_path / "film")), {"sh010": 2, "sh020": 1, "sh030": 0}, stand_in="sh020", tables=tables)
    desk = read_desk(made.store)
    assert [(one.shot_id, list(one.takes), one.in_use) for one in desk.shots] == [
        ("sh010", [1, 2], 2),
        ("sh020", [], 0),
        ("sh030", [], 0),
    ]
    written = write_all(made.store, desk, decide(desk, said(select=["sh010=1"], again=["sh010"])))
    assert [(one["shot_id"], one["n"], one["verdict"]) for one in written] == [
        ("sh010", 1, "select"),
        ("sh010", 2, "again"),
    ]
    kept = read_verdicts(made.store)[made.keys["sh010"]]
    assert [(one.take, one.sha256, one.after) for one in kept] == [
        (1, made.digest("sh010", 1), 2),
        (2, made.digest("sh010", 2), 2),
    ]


def test_a_take_whose_file_is_gone(tmp_path: Path) -> None:
    """A take that the table has and the target has not is none."""
    made = film(Store(str(tmp_path / "film")), {"sh010": 2})
    made.store.delete(made.takes["sh010"][1].path)
    with pytest.raises(StartError, match="its takes are 2"):
        decide(read_desk(made.store), said(select=["sh010=1"]))


def test_a_broken_verdict_is_told(tmp_path: Path) -> None:
    """A record that nobody can read keeps nobody from choosing."""
    made = film(Store(str(tmp_path / "film")), {"sh010": 2})
    made.store.write(f"review/{made.keys['sh010']}/1.json", b"{")
    heard: list[str] = []
    desk = read_desk(made.store, heard.append)
    assert len(heard) == 1
    write_verdict(made.store, *decide(desk, said(select=["sh010=1"])).verdicts[0])
    assert read_verdicts(made.store)[made.keys["sh010"]][0].n == 2


def test_a_target_without_a_manifest() -> None:
    """Where nothing was made nothing can be chosen."""
    with pytest.raises(TargetError, match="nothing to choose from"):
        read_desk(Store(f"memory://{uuid.uuid4().hex}"))


def test_an_id_with_a_comma_stands_in_quotes() -> None:
    """So a shot of any id can be chosen by words."""
    found = read_options(['"a,b"=2, c=1'], [], ['"d, e",f'], Words(*WORDS))
    assert [(one.shot_id, one.take) for one in found] == [("a,b", 2), ("c", 1), ("d, e", 0), ("f", 0)]
