"""What people chose: ``review/<key>/<v>.json``, one small object a verdict, never changed and never removed.

v is counted by exclusive create, so two who review at once lose nothing; no lock is held for it.
"""

import json
import re
import uuid
from collections.abc import Callable, Collection
from dataclasses import asdict, replace
from typing import Any

from tasks.domain.verdict import KINDS, LONGEST_NAME, LONGEST_NOTE, Verdict
from tasks.ledger.records import SCHEMA
from tasks.storage import Store

NAME = re.compile(r"review/([0-9a-f]{16}-\d+)/([1-9]\d{0,8})\.json")
Verdicts = dict[str, tuple[Verdict, ...]]
Say = Callable[[str], None]


def _nobody(line: str) -> None:
    """Where nobody listens."""


class VerdictReader:
    """Reads the verdicts of a target again and again: a record that is known is not read twice.

    ``say`` is told once of each record that is passed over.
    """

    def __init__(self, store: Store, say: Say = _nobody) -> None:
        self.store, self.say = store, say
        self.known: dict[str, Verdict | None] = {}

    def read(self) -> Verdicts:
        """The verdicts by key, oldest first. Raises ``StoreError`` when the target cannot be read."""
        listed = {name: found for name in self.store.names("review") if (found := NAME.fullmatch(name))}
        new = [name for name in listed if name not in self.known]
        for name, data in (self.store.read_many(new) if new else {}).items():
            self.known[name] = self._verdict(name, int(listed[name][2]), data)
        by_key: dict[str, list[Verdict]] = {}
        for name, found in listed.items():
            if verdict := self.known.get(name):
                by_key.setdefault(found[1], []).append(verdict)
        return {key: tuple(sorted(one, key=lambda verdict: verdict.n)) for key, one in by_key.items()}

    def _verdict(self, name: str, n: int, data: bytes) -> Verdict | None:
        try:
            return _verdict_of(n, json.loads(data))
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            self.say(f"{name} is no verdict of this program ({error}): it is passed over")
            return None


def read_verdicts(store: Store, say: Say = _nobody) -> Verdicts:
    """Every verdict at a target by key, oldest first. ``say`` is told of each record that is passed over.

    Raises ``StoreError`` when the target cannot be read.
    """
    return VerdictReader(store, say).read()


def write_verdict(store: Store, key: str, verdict: Verdict) -> Verdict:
    """Write a verdict under the next free number of its key: what was written, with that number.

    Raises ``StoreError`` when the target cannot be written.
    """
    listed = (NAME.fullmatch(name) for name in store.names(f"review/{key}"))
    n = max((int(found[2]) for found in listed if found and found[1] == key), default=0) + 1
    token = uuid.uuid4().hex  # else two who say the same at the same instant would have one record
    while not store.create(f"review/{key}/{n}.json", _pack(key, replace(verdict, n=n), token)):
        n += 1
    return replace(verdict, n=n)


def describe_idle(verdicts: Verdicts, keys: Collection[str], takes: Collection[tuple[str, int, str]]) -> str:
    """In words how many verdicts are on what is, or is no longer, no take of a current row; empty where none is.

    ``keys`` are those of the rows, ``takes`` their clips at the target: key, number and sha256.
    """
    every = [(key, one) for key, said in verdicts.items() for one in said]
    idle = [
        (key, one)
        for key, one in every
        if key not in keys or (one.kind != "again" and (key, one.take, one.sha256) not in takes)
    ]
    if not idle:
        return ""
    who = "1 verdict is on a take" if len(idle) == 1 else f"{len(idle)} verdicts are on takes"
    return f"{who} that no row has, or has no longer: kept, and without effect"


def _pack(key: str, verdict: Verdict, token: str) -> bytes:
    record = {"schema": SCHEMA, "key": key, "token": token, **asdict(verdict)}
    return json.dumps(record, sort_keys=True).encode()


def _verdict_of(n: int, record: Any) -> Verdict:
    """The verdict that a record holds. Raises ``ValueError``, ``KeyError`` or ``TypeError`` when it is none."""
    if int(record["schema"]) > SCHEMA:
        raise ValueError(f"schema {record['schema']}, and up to {SCHEMA} is read")
    if record["kind"] not in KINDS:
        raise ValueError(f"kind {record['kind']!r:.40}")
    return Verdict(
        n,
        _count(record["take"]),
        _text(record["sha256"], 64),
        record["kind"],
        _text(record.get("note", ""), LONGEST_NOTE),
        _text(record.get("by", ""), LONGEST_NAME),
        _text(record.get("at", ""), 40),
        _count(record.get("after", 0)),
    )


def _count(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise ValueError(f"{value!r:.40} is no number")
    return value


def _text(value: Any, most: int) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r:.40} is no text")
    return value[:most].encode("utf-8", "replace").decode()
