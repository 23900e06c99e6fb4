"""What people chose: written under the next number, read back whole, whatever lies beside it."""

import json
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.domain.verdict import KINDS, LONGEST_NOTE, Verdict
from tasks.ledger.verdicts import VerdictReader, read_verdicts, write_verdict
from tasks.storage.store import Store
from tests.servers import S3, losing_answers, s3_server  # noqa: F401 - a fixture
from tests.servers_stores import Place, azure_server, sftp_server  # noqa: F401 - fixtures

KEY, OTHER = "aaaaaaaaaaaaaaaa-1", "bbbbbbbbbbbbbbbb-2"
CHOSEN = Verdict(0, 2, "ab" * 32, "select", "the better light", "Ana", "2026-11-26T10:00:00.000Z", 3)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path / "target"))


def test_numbers_count_up_by_key(store: Store) -> None:
    """Each key counts its own verdicts from 1, and all come back oldest first."""
    written = [write_verdict(store, key, CHOSEN) for key in (KEY, KEY, OTHER, KEY)]
    assert [one.n for one in written] == [1, 2, 1, 3]
    found = read_verdicts(store)
    assert {key: [one.n for one in verdicts] for key, verdicts in found.items()} == {KEY: [1, 2, 3], OTHER: [1]}
    assert found[OTHER] == (replace(CHOSEN, n=1),)


def test_a_target_without_any(store: Store) -> None:
    """A target at which nobody chose has no verdicts."""
    assert read_verdicts(store) == {}


@settings(max_examples=30, deadline=None)
@given(kind=st.sampled_from(KINDS), note=st.text(max_size=50), by=st.text(max_size=20), take=st.integers(0, 99))
def test_what_was_written_is_read(kind: Any, note: str, by: str, take: int) -> None:
    """Any note and any name come back as they were written, but for halves of letters."""
    store = Store(f"memory://{uuid.uuid4().hex}")
    written = write_verdict(store, KEY, Verdict(0, take, "cd" * 32, kind, note, by))
    whole = [text.encode("utf-8", "replace").decode() for text in (note, by)]
    assert read_verdicts(store)[KEY] == (replace(written, note=whole[0], by=whole[1]),)


def crowd(store: Store, people: int, each: int) -> list[Verdict]:
    """So many people who say the very same at the same time."""
    begin = threading.Barrier(people)

    def say(_: int) -> list[Verdict]:
        begin.wait()
        return [write_verdict(store, KEY, CHOSEN) for _ in range(each)]

    with ThreadPoolExecutor(people) as pool:
        return [one for said in pool.map(say, range(people)) for one in said]


def test_two_at_once_lose_nothing(store: Store) -> None:
    """Eight who write the same words at once have records of their own each."""
    written = crowd(store, 8, 5)
    assert sorted(one.n for one in written) == list(range(1, 41))
    assert len(read_verdicts(store)[KEY]) == 40


@pytest.mark.parametrize("kind", ["s3", "azure", "sftp"])
def test_at_every_store(kind: str, request: pytest.FixtureRequest) -> None:
    """In a bucket and on another machine it is as on a disk: nothing is lost between two at once."""
    place = request.getfixturevalue(kind)
    store = Store(place.folder(), place.options)
    written = crowd(store, 4, 2)
    assert sorted(one.n for one in written) == list(range(1, 9))
    assert [one.n for one in read_verdicts(store)[KEY]] == list(range(1, 9))


def test_a_lost_answer_doubles_nothing(s3: S3) -> None:
    """A bucket whose answer to the write was lost holds the verdict once."""
    folder = s3.folder()
    with losing_answers(s3, drops=1) as line:
        write_verdict(Store(folder, line.options), KEY, CHOSEN)
    assert read_verdicts(Store(folder, s3.options))[KEY] == (replace(CHOSEN, n=1),)


GOOD = {"schema": 2, "take": 1, "sha256": "ab" * 32, "kind": "reject"}
BROKEN = [
    b"",
    b"{",
    b"[]",
    b"null",
    b'"text"',
    b"[" * 5000,
    *(json.dumps(GOOD | change).encode() for change in ({"kind": "like"}, {"take": "1"}, {"take": -1}, {"take": True})),
    *(json.dumps(GOOD | change).encode() for change in ({"note": 7}, {"schema": 3}, {"after": None}, {"sha256": 5})),
    *(json.dumps({k: v for k, v in GOOD.items() if k != name}).encode() for name in GOOD),
]


@pytest.mark.parametrize("data", BROKEN)
def test_a_broken_record_is_passed_over_and_told(store: Store, data: bytes) -> None:
    """A record that is none hides no other; it is told once, and its number is not given out again."""
    write_verdict(store, KEY, CHOSEN)
    store.write(f"review/{KEY}/2.json", data)
    said: list[str] = []
    reader = VerdictReader(store, said.append)
    assert [one.n for one in reader.read()[KEY]] == [1]
    assert write_verdict(store, KEY, CHOSEN).n == 3
    assert [one.n for one in reader.read()[KEY]] == [1, 3]
    assert len(said) == 1
    assert f"review/{KEY}/2.json" in said[0]


@pytest.mark.parametrize("name", [f"review/{KEY}/x.json", f"review/{KEY}/0.json", "review/1.json", "review/k/1.json"])
def test_other_files_there_are_no_verdicts(store: Store, name: str) -> None:
    """What somebody else put into the folder is left alone."""
    store.write(name, json.dumps(GOOD).encode())
    assert read_verdicts(store) == {}


def test_an_endless_note_is_cut(store: Store) -> None:
    """A note that somebody wrote past the limit by hand is read up to it."""
    store.write(f"review/{KEY}/1.json", json.dumps(GOOD | {"note": "x" * 3000}).encode())
    assert len(read_verdicts(store)[KEY][0].note) == LONGEST_NOTE


def test_a_known_record_is_not_read_twice(store: Store) -> None:
    """Who looks again and again reads only what is new."""
    reader, read = VerdictReader(store), []
    many = store.read_many
    store.read_many = lambda paths: many(read.append(list(paths)) or read[-1])  # type: ignore[func-returns-value,method-assign]  # counts
    write_verdict(store, KEY, CHOSEN)
    reader.read()
    write_verdict(store, KEY, CHOSEN)
    reader.read()
    reader.read()
    assert read == [[f"review/{KEY}/1.json"], [f"review/{KEY}/2.json"]]
