"""How an object is created once: each kind tells its store so, and where the store only looks first it is locked."""

from pathlib import Path
from typing import Any

import pytest

from tasks.storage import writers as writing
from tasks.storage.backends import KINDS, OTHER
from tasks.storage.objects import temporary_name
from tasks.storage.probe import take_up
from tasks.storage.store import Store
from tests.servers_stores import Place, sftp_server  # noqa: F401 - a fixture


class Heard:
    """A file system that notes what it is told, and whether somebody else may write meanwhile."""

    def __init__(self) -> None:
        self.told: list[tuple[str, bytes, dict[str, Any], bool]] = []

    def pipe_file(self, path: str, data: bytes, **more: Any) -> None:
        self.told.append((path, data, more, writing._memory_lock.locked()))


@pytest.mark.parametrize("kind", ["memory", "s3", "azure", "gcs", "other"])
def test_that_a_store_is_told_to_create(kind: str) -> None:
    """Wherever the store itself refuses what exists it is asked to; in memory nobody else creates meanwhile."""
    fs = Heard()
    ways = {one.name: one.way for one in (*KINDS, OTHER)}
    ways[kind](fs).create("b/a.json", b"x")
    assert fs.told == [("b/a.json", b"x", {"mode": "create"}, kind == "memory")]
    assert not writing._memory_lock.locked()


def test_that_memory_creates_once() -> None:
    """What stands in this process's dictionary is not written over by a create, and is by a write."""
    store = Store("memory://created-once")
    assert [store.create("a.json", data) for data in (b"mine", b"theirs")] == [True, False]
    store.write("a.json", b"theirs")
    assert store.read("a.json") == b"theirs"


# --- over sftp


def test_what_a_killed_run_left_at_a_server(sftp: Place) -> None:
    """Over sftp the next run clears temporary files of a run that was killed, and nothing else."""
    store = Store(sftp.folder(), sftp.options)
    for name in ("ledger/k/1.json", "clips/a.mp4"):
        store.write(name, b"1")
    left = {f"{folder}{temporary_name()}" for folder in ("", "ledger/k/", "clips/")}
    for name in (*left, "notes.tmp"):
        with store.fs.open(store.full(name), "wb") as out:
            out.write(b"half")
    take_up(store, killed=True)
    found = {str(name)[len(store.root) + 1 :] for name in store.fs.find(store.root)}
    assert found == {"ledger/k/1.json", "clips/a.mp4", "notes.tmp"}
    assert store.names() == ["clips/a.mp4", "ledger/k/1.json"]


class Clearing:
    """A local file whose reading is the moment at which somebody clears the target up."""

    def __init__(self, source: Path, store: Store) -> None:
        self.source, self.store, self.times, self.cleared = source, store, 0, list[Path]()

    def open(self, mode: str) -> Any:
        if self.times:
            return self.source.open(mode)
        self.times += 1
        return _Cleared(self.source.open(mode), self)


class _Cleared:
    def __init__(self, handle: Any, source: Clearing) -> None:
        self.handle, self.clearing = handle, source

    def __enter__(self) -> "_Cleared":
        return self

    def __exit__(self, *_: object) -> None:
        self.handle.close()

    def read(self, size: int) -> bytes:
        data = bytes(self.handle.read(size))
        if not data:  # all of it is on its way, under its temporary name
            for found in Path(self.clearing.store.root).rglob(".*.tmp"):
                found.unlink()
                self.clearing.cleared.append(found)
        return data


def test_a_writer_whose_file_was_cleared(sftp: Place) -> None:
    """Over sftp nobody can say whose a temporary file is: a writer whose file was cleared away sends it again."""
    store = Store(sftp.folder(), sftp.options)
    store.write("clips/before", b"1")
    source = Clearing(Path(__file__), store)
    store.put("clips/a.mp4", source)  # type: ignore[arg-type]  # all of a path that is used
    assert len(source.cleared) == 1
    assert store.read("clips/a.mp4") == Path(__file__).read_bytes()
