"""What one more shot costs, in things that can be counted: a guard against slow growth that needs no clock."""

import json
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from tasks.domain.request import RunRequest
from tasks.session.session import Session
from tasks.storage.store import Store, StoreError
from tests.chain.conftest import Studio, opened, shots
from tests.chain.wire import Hours

FEW, MORE = 2, 7
#: A shot that is ordered, found done at its first poll, and delivered.
A_SHOT = {
    "create ledger": 1,  # its intent
    "write ledger": 2,  # receipt and settlement
    "put clips": 1,
    "write posters": 1,
    "POST": 1,
    "poll": 1,
    "download": 1,
}
#: A shot that has its clip: its one record that still matters is read, at the check and under the lock.
A_KEPT_SHOT = {"read ledger": 2}


class Counted(Store):
    """A store that counts what it is asked, by verb and folder, and of tables by name; lists and locks do not count."""

    seen: Counter[str]
    amount: Counter[str]

    def note(self, verb: str, path: str, size: int = 0) -> None:
        folder = path.partition("/")[0]
        if folder != "lock":
            self.seen[f"{verb} {folder}"] += 1
            self.amount[folder] += size

    def read(self, path: str) -> bytes:
        self.note("read", path)
        return super().read(path)

    def write(self, path: str, data: bytes) -> None:
        self.note("write", path, len(data))
        super().write(path, data)

    def create(self, path: str, data: bytes) -> bool:
        self.note("create", path, len(data))
        return super().create(path, data)

    def put(self, path: str, local: Path) -> None:
        self.note("put", path, local.stat().st_size)
        super().put(path, local)

    def get(self, path: str, local: Path) -> None:
        self.note("get", path)
        super().get(path, local)

    def delete(self, path: str) -> None:
        self.note("delete", path)
        super().delete(path)

    def exists(self, path: str) -> bool:
        self.note("exists", path)
        return super().exists(path)


def counted(seen: Counter[str], amount: Counter[str]) -> Callable[[Session], None]:
    """Counts what the session's store is asked, from the first look on."""

    def tamper(session: Session) -> None:
        session.store.__class__ = Counted
        session.store.seen, session.store.amount = seen, amount  # type: ignore[attr-defined]  # a Counted now

    return tamper


def asked(log: Iterable[dict[str, Any]]) -> Counter[str]:
    """The requests that a gateway and its file server saw."""
    kinds = Counter[str]()
    for one in log:
        media = one["path"].startswith("/media/")
        kinds["download" if media else "POST" if one["method"] == "POST" else "poll"] += 1
    return kinds


def another(studio: Studio, name: str) -> Studio:
    """The same sandbox, without a memory, before an empty target."""
    studio.box.reset()
    (studio.folder / name).mkdir()
    return Studio(studio.box, studio.folder / name)


async def one_run(studio: Studio, count: int) -> tuple[Counter[str], Counter[str]]:
    """What a run over so many shots did, and how many bytes it put into each folder."""
    seen, amount = Counter[str](), Counter[str]()
    before = len(studio.box.log())
    board, config = studio.board(*shots(count)), studio.config("pixazo")
    outcome = await studio.render(board, config, tamper=counted(seen, amount))
    assert outcome.code == 0, outcome
    return seen + asked(studio.box.log()[before:]), amount


def per_shot(few: Counter[str], more: Counter[str]) -> dict[str, float]:
    """What grew between two runs, a shot; what did not grow belongs to the run."""
    return {name: (more[name] - few[name]) / (MORE - FEW) for name in more if more[name] != few[name]}


async def test_what_a_shot_asks_of_gateway_and_target(studio: Studio) -> None:
    """One more shot is one order, one poll, one download, three records and its two files; nothing is read again."""
    few, _ = await one_run(another(studio, "few"), FEW)
    more, _ = await one_run(another(studio, "more"), MORE)
    assert per_shot(few, more) == A_SHOT


async def test_the_bytes_of_a_shot_are_copied_once(studio: Studio) -> None:
    """A clip goes to the target once and whole; the records beside it are small."""
    _, amount = await one_run(studio, MORE)
    clips = [path.stat().st_size for path in studio.target.glob("clips/*")]
    assert len(clips) == MORE
    assert amount["clips"] == sum(clips)
    assert amount["ledger"] < 6_000 * MORE


async def test_what_a_finished_shot_asks(studio: Studio) -> None:
    """A shot that has its clip is neither asked after nor written again; of its records the last one is read."""
    found = []
    for count in (FEW, MORE):
        desk = another(studio, str(count))
        await one_run(desk, count)
        found.append((await one_run(desk, count))[0])
    assert per_shot(*found) == A_KEPT_SHOT


async def test_tables_are_written_where_they_say_something_new(studio: Studio) -> None:
    """A run writes its tables at its start and at its end; one that had nothing to do, once."""
    assert [(await one_run(studio, FEW))[0]["write manifest.json"] for _ in range(2)] == [2, 1]


async def test_tables_of_which_some_were_refused_are_written_again(studio: Studio) -> None:
    """Half of them tell of another moment then, even where everything is as it was before."""
    asked = RunRequest(str(studio.board(*shots(FEW))), str(studio.target), str(studio.config("pixazo")))
    async with opened(asked, studio.env(), Hours(), []) as (running, _):
        await running.check(fetch=True)
        async with running.open():
            before, running.run_id = running.run_id, "another"
            (studio.target / "manifest.json").unlink()
            (studio.target / "manifest.json" / "in the way").mkdir(parents=True)
            with pytest.raises(StoreError):
                await running.tables.publish()
            (studio.target / "manifest.json" / "in the way").rmdir()
            (studio.target / "manifest.json").rmdir()
            running.run_id = before
            await running.tables.publish()
            assert json.loads((studio.target / "manifest.json").read_text())["run_id"] == before
