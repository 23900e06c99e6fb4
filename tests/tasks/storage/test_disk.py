"""What becomes of a write at a folder: durable in the right order, exclusive without hard links, tidy after a kill."""

import errno
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import pytest

from tasks.storage import files
from tasks.storage.disk import Disk
from tasks.storage.files import Files, NotExclusive
from tasks.storage.objects import temporary_name
from tasks.storage.probe import ALONE, FOLDERS, probe_writes, take_up
from tasks.storage.store import Store, StoreError
from tests.tasks.storage.test_files import raising


class Noted(Files):
    """The real steps by name, and the last part of the path that each is taken at."""

    def __init__(self, root: Path) -> None:
        self.root, self.steps = root, list[str]()

    def _note(self, act: str, path: Path) -> None:
        inside = path.is_relative_to(self.root)
        name = ("part" if path.suffix == ".tmp" else path.relative_to(self.root).as_posix()) if inside else "above"
        self.steps.append(f"{act} {name}")

    def open(self, path: Path) -> BinaryIO:
        self._note("open", path)
        return super().open(path)

    def sync(self, handle: BinaryIO) -> None:
        self._note("sync", Path(handle.name))
        super().sync(handle)

    def sync_folder(self, path: Path) -> None:
        self._note("sync", path)
        super().sync_folder(path)

    def rename(self, old: Path, new: Path) -> None:
        self._note("name", new)
        super().rename(old, new)

    def link(self, old: Path, new: Path) -> None:
        self._note("name", new)
        super().link(old, new)

    def mkdir(self, path: Path) -> None:
        self._note("mkdir", path)
        super().mkdir(path)

    def unlink(self, path: Path) -> None:
        self._note("unlink", path)
        super().unlink(path)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    found = Store(str(tmp_path / "target"))
    found.way.files = Noted(tmp_path)  # type: ignore[attr-defined]  # a local folder's way is a Disk
    return found


def steps(store: Store) -> list[str]:
    """What was done since the last time."""
    assert isinstance(store.way, Disk)
    assert isinstance(store.way.files, Noted)
    found, store.way.files.steps = store.way.files.steps, []
    return [step for step in found if step != "sync above"]


def test_the_order_of_a_first_write(store: Store) -> None:
    """New folders are named on the disk from the top down before anything in them counts, bytes before their name,
    the name at last."""
    assert store.create("ledger/k/1.json", b"x")
    made = [
        "mkdir target",
        "sync .",
        "mkdir target/ledger",
        "sync target",
        "mkdir target/ledger/k",
        "sync target/ledger",
    ]
    named = ["open part", "sync part", "name target/ledger/k/1.json", "unlink part", "sync target/ledger/k"]
    assert steps(store) == made + named


WRITES: dict[str, Callable[[Store, str], object]] = {
    "write": lambda store, name: store.write(name, b"x"),
    "create": lambda store, name: store.create(name, b"x"),
    "put": lambda store, name: store.put(name, Path(__file__)),
}


@pytest.mark.parametrize("how", WRITES)
def test_the_order_of_a_later_write(how: str, store: Store) -> None:
    """Each kind of write syncs its bytes, then names them, then syncs the folder; the folders above were seen to."""
    store.write("clips/first", b"x")
    steps(store)
    WRITES[how](store, "clips/a")
    taken = [step for step in steps(store) if step != "unlink part"]
    assert taken == ["open part", "sync part", "name target/clips/a", "sync target/clips"]


def test_folders_that_others_made(store: Store) -> None:
    """Folders that stand there already may have been made by a process that was killed at once: their names are synced
    too, once."""
    Path(store.root, "clips").mkdir(parents=True)
    store.write("clips/a", b"x")
    assert steps(store)[:2] == ["sync .", "sync target"]
    store.write("clips/b", b"x")
    assert steps(store)[0] == "open part"


def test_a_delete_lasts(store: Store) -> None:
    """What was taken back stays so: an intent that came back would be an order that may have been sent."""
    store.write("ledger/a", b"x")
    steps(store)
    store.delete("ledger/a")
    store.delete("ledger/a")
    assert steps(store)[:2] == ["unlink target/ledger/a", "sync target/ledger"]
    assert store.names() == []


def test_a_folder_that_was_cleared_away(store: Store, tmp_path: Path) -> None:
    """A folder that somebody removed is made again, and its name is synced again."""
    store.write("clips/a", b"x")
    Path(store.root, "clips", "a").unlink()
    Path(store.root, "clips").rmdir()
    steps(store)
    store.write("clips/a", b"y")
    assert steps(store)[:2] == ["mkdir target/clips", "sync target"]
    assert store.read("clips/a") == b"y"


class Failing(Files):
    """A disk whose folders cannot be synced any more."""

    def sync_folder(self, path: Path) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(files.os, "fsync", raising(errno.EIO))
            super().sync_folder(path)


@pytest.mark.parametrize("how", WRITES)
def test_a_name_that_did_not_reach_the_disk(how: str, store: Store) -> None:
    """A write whose name could not be synced failed, though it can be read: no order may leave on it."""
    store.write("ledger/a", b"x")
    store.way.files = Failing()  # type: ignore[attr-defined]  # as above
    with pytest.raises(StoreError, match=r"ledger/b: .*as told"):
        WRITES[how](store, "ledger/b")


class Hasty(Files):
    """Somebody clears the target up between a link and what comes after it."""

    def link(self, old: Path, new: Path) -> None:
        super().link(old, new)
        old.unlink()


def test_a_create_whose_other_name_went(store: Store, tmp_path: Path) -> None:
    """What was linked is synced whatever became of its temporary name."""
    noted = Noted(tmp_path)
    noted.link = Hasty().link  # type: ignore[method-assign]  # the rest is noted
    store.way.files = noted  # type: ignore[attr-defined]  # as above
    assert store.create("a", b"x")
    assert steps(store)[-1] == "sync target"


# --- without hard links


class Linkless(Files):
    """A file system that has no hard links, and says so in one of the ways that are known."""

    def __init__(self, number: int, *, renames: bool = True) -> None:
        self.number, self.renames = number, renames

    def link(self, old: Path, new: Path) -> None:
        raise OSError(self.number, "no links here")

    def rename_new(self, old: Path, new: Path) -> None:
        if not self.renames:
            raise NotExclusive(errno.EINVAL, "no such rename here")
        super().rename_new(old, new)


def linkless(folder: Path, number: int, *, renames: bool = True) -> Store:
    store = Store(str(folder))
    store.way.files = Linkless(number, renames=renames)  # type: ignore[attr-defined]  # as above
    return store


@pytest.mark.parametrize("number", [errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL])
def test_created_once_without_hard_links(number: int, tmp_path: Path) -> None:
    """Where there are no hard links an exclusive rename creates: whole, once, and nothing is left beside it."""
    store = linkless(tmp_path, number)
    assert [store.create("lock/1.json", data) for data in (b"mine", b"theirs")] == [True, False]
    assert probe_writes(store, "me") == ""
    assert (store.exclusive, store.read("lock/1.json")) == (True, b"mine")
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["1.json"]


def test_neither_links_nor_exclusive_renames(tmp_path: Path) -> None:
    """Where nothing creates exclusively the trial of the target says so in words, and one run at a time works."""
    store = linkless(tmp_path, errno.EPERM, renames=False)
    assert [store.create("lock/1.json", data) for data in (b"mine", b"theirs")] == [True, False]
    assert probe_writes(store, "me") == ALONE
    assert not store.exclusive
    assert store.names() == ["lock/1.json"]


def test_a_link_that_failed(tmp_path: Path) -> None:
    """A link that failed for another reason than that there are none is an error, and leaves nothing."""
    store = linkless(tmp_path, errno.EIO)
    with pytest.raises(Exception, match="no links here"):
        store.create("lock/1.json", b"mine")
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


# --- what a killed writer left


def test_what_a_killed_run_left_is_cleared(tmp_path: Path) -> None:
    """Temporary files that nobody holds go from every folder of a target; anything else stays, also of such a name."""
    store = Store(str(tmp_path))
    store.write("clips/a.mp4", b"1")
    for folder in ("", *FOLDERS, "ledger/k"):
        Path(store.full(folder)).mkdir(exist_ok=True)
        Path(store.full(folder), temporary_name()).write_bytes(b"half")
    others = [".editor.tmp", "notes.tmp", "mine/.0123456789ab.tmp"]
    (tmp_path / "mine").mkdir()
    for name in others:
        (tmp_path / name).write_bytes(b"of somebody else")
    take_up(store, killed=False)
    left = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file())
    assert left == sorted(["clips/a.mp4", *others])


class Met(Files):
    """In the middle of the first write somebody else takes up the target."""

    def __init__(self, meet: Callable[[], object]) -> None:
        self.meet = meet

    def sync(self, handle: BinaryIO) -> None:
        super().sync(handle)
        meet, self.meet = self.meet, lambda: None
        meet()


def test_a_live_writer_keeps_its_file(tmp_path: Path) -> None:
    """A temporary file that a living process writes is not cleared, and what it writes arrives."""
    other = Store(str(tmp_path))
    store, before = Store(str(tmp_path)), list[int]()

    def meet() -> None:
        take_up(other, killed=True)
        before.append(len(list(tmp_path.rglob("*.tmp"))))

    store.way.files = Met(meet)  # type: ignore[attr-defined]  # as above
    store.put("clips/a.mp4", Path(__file__))
    assert before == [1]
    assert store.read("clips/a.mp4") == Path(__file__).read_bytes()


@pytest.mark.parametrize("how", WRITES)
def test_a_writer_whose_file_was_cleared_all_the_same(how: str, tmp_path: Path) -> None:
    """Where locks do not hold a temporary file may go under its writer's hands: it is written again."""
    store = Store(str(tmp_path))

    def meet() -> None:
        for found in tmp_path.rglob("*.tmp"):
            found.unlink()

    store.way.files = Met(meet)  # type: ignore[attr-defined]  # as above
    WRITES[how](store, "clips/a")
    assert (store.names(), list(tmp_path.rglob("*.tmp"))) == (["clips/a"], [])


def test_what_a_killed_writer_named_is_made_to_last(store: Store) -> None:
    """After a run that was killed every folder of the target is synced before anything builds on what is there."""
    for name in ("ledger/k/1.json", "clips/a.mp4", "manifest.json"):
        store.write(name, b"x")
    steps(store)
    take_up(store, killed=False)
    assert steps(store) == []
    take_up(store, killed=True)
    assert steps(store) == [f"sync target{below}" for below in ("", "/ledger", "/ledger/k", "/clips")]


def test_what_a_target_lacks_is_no_trouble(tmp_path: Path) -> None:
    """A target of which hardly anything stands yet is taken up all the same, any kind of store is."""
    take_up(Store(str(tmp_path / "new")), killed=True)
    take_up(Store("memory://taken-up"), killed=True)
    assert not (tmp_path / "new").exists()
