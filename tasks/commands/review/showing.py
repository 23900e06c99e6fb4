"""What the server of a review shows and takes: the report, the verdicts, and the files that the tables name. Blocks."""

import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from tasks.commands.review.choices import Choice, clean, decide
from tasks.commands.review.desk import Desk, Rows, shots_seen
from tasks.commands.review.writing import verdict_json, write_all
from tasks.domain.errors import Fault, StartError
from tasks.domain.progress import Progress
from tasks.domain.verdict import KINDS
from tasks.ledger import Ledger, VerdictReader, Verdicts, now
from tasks.storage import Store
from tasks.views.publish import Tables, ViewPublisher
from tasks.views.report.page import FILES, MAYBE
from tasks.views.takes import read_takes

BESIDE = (*FILES, *MAYBE)
FIELDS = {"key": str, "take": int, "sha256": str, "verdict": str, "note": str, "by": str, "after": int}


class Answer(NamedTuple):
    """An HTTP status, and what is said with it as JSON."""

    status: int
    told: dict[str, Any]


class Showing:
    """One target while it is reviewed; it is read again whenever its page is asked for. ``by`` is who chooses, until
    the page says otherwise; ``say`` is told of what cannot be read."""

    def __init__(self, store: Store, folder: Path, by: str, say: Callable[[str], None]) -> None:
        self.store, self.folder, self.by = store, folder, by
        self.reader = VerdictReader(store, say)
        self.turn = threading.Lock()
        self.stamp, self.made = b"", ((b"", 0), b"")
        self.publisher = ViewPublisher(store, folder, Progress())
        self.desk = Desk((), {})
        self.names: frozenset[str] = frozenset()

    def page(self) -> bytes:
        """The report with living controls, from tables and verdicts as they are now; made anew where they changed.

        Raises ``TargetError`` when the target has no manifest, ``StoreError`` when it cannot be read.
        """
        with self.turn:
            tables = self._tables()
            verdicts = self.reader.read()
            state = (self.stamp, sum(map(len, verdicts.values())))
            if self.made[0] != state:
                self.made = (state, self._page(tables, verdicts))
            return self.made[1]

    def _page(self, tables: Tables, verdicts: Verdicts) -> bytes:
        known = self.publisher.known()
        takes = read_takes(self.store, tables.rows, known)
        highest = {key: max(page.entries, default=0) for key, page in known.pages.items()}
        self.desk = Desk(shots_seen(tables.rows, takes, highest), verdicts)
        self.names = frozenset((*BESIDE, *_named_by(tables.rows), *_named_by(takes)))
        return self.publisher.page(tables, takes, verdicts, served=self.by)

    def _tables(self) -> Tables:
        """The tables; the ledger is read again where a run has written other ones."""
        tables = self.publisher.tables()
        stamp = hashlib.sha256(json.dumps([tables.head, tables.rows]).encode()).digest()
        if stamp != self.stamp:
            self.publisher.ledger = Ledger(self.store, "").load()
            self.stamp = stamp
        return tables

    def board(self) -> str:
        """The shot list of the last run, as its manifest names it; empty where it names none."""
        return str(self.publisher.tables().head.get("board") or "")

    def is_named(self, path: str) -> bool:
        """Whether the tables name this file, or it is one of them."""
        return path in self.names

    def verdicts(self) -> bytes:
        """Every verdict as JSON, by the ledger's key. Raises ``StoreError`` when the target cannot be read."""
        with self.turn:
            found = self.reader.read()
        ids = {one.key: one.shot_id for one in self.desk.shots}
        return json.dumps(
            {key: [verdict_json(one, key, ids.get(key, "")) for one in said] for key, said in found.items()}
        ).encode()

    def take(self, data: bytes) -> Answer:
        """Write the verdict that a page sent. Raises ``StoreError`` or ``TargetError`` when the target fails."""
        try:
            choice = self._choice(json.loads(data))
            desk = Desk(self.desk.shots, {})
            decided = decide(desk, [choice])
        except StartError as error:
            return Answer(422, {"errors": [fault.message for fault in error.faults]})
        except (ValueError, RecursionError):
            return Answer(400, {"errors": ["the body is no JSON"]})
        (written,) = write_all(self.store, desk, decided)
        return Answer(201, {"verdict": written, "told": list(decided.told)})

    def _choice(self, said: Any) -> Choice:
        if not isinstance(said, dict) or set(said) - set(FIELDS):
            raise StartError(f"a verdict is an object of {', '.join(FIELDS)}")
        cells: dict[str, Any] = {name: said.get(name, kind()) for name, kind in FIELDS.items()}
        if wrong := [name for name, kind in FIELDS.items() if type(cells[name]) is not kind]:
            raise StartError([Fault(0, "", name, str(said[name]), "is of another kind") for name in wrong])
        kind = next((one for one in KINDS if one == cells["verdict"]), None)
        shot = self.desk.by_key().get(cells["key"])
        if kind is None or shot is None or not 0 <= cells["take"] < 10**9 or not 0 <= cells["after"] < 10**9:
            raise StartError("the target has no such shot, or this is no verdict: load the page again")
        return Choice(
            "verdict",
            "",
            kind,
            shot.shot_id,
            cells["take"],
            cells["key"],
            cells["sha256"],
            clean(cells["note"]),
            clean(cells["by"]),
            now(),
            cells["after"],
        )


def _named_by(rows: Rows) -> Iterator[str]:
    """The files that a table names: a table that somebody bent names nothing outside the target."""
    for row in rows:
        for column in ("clip", "poster", "frame"):
            if (path := str(row.get(column) or "")) and is_inside(path):
                yield path


def is_inside(path: str) -> bool:
    """Whether a path of a table is one of its target, written as this program writes it."""
    parts = PurePosixPath(path).parts
    return str(PurePosixPath(path)) == path and "\\" not in path and not {"..", "/", "."} & set(parts)
