"""How an object is created once: each kind tells its store so, and where the store only looks first it is locked."""

from typing import Any

import pytest

from tasks import writing
from tasks.storage import Store
from tasks.writing import WAYS


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
    WAYS[kind](fs).create("b/a.json", b"x")
    assert fs.told == [("b/a.json", b"x", {"mode": "create"}, kind == "memory")]
    assert not writing._memory_lock.locked()


def test_that_memory_creates_once() -> None:
    """What stands in this process's dictionary is not written over by a create, and is by a write."""
    store = Store("memory://created-once")
    assert [store.create("a.json", data) for data in (b"mine", b"theirs")] == [True, False]
    store.write("a.json", b"theirs")
    assert store.read("a.json") == b"theirs"
