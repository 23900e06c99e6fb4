"""The steps at real files, and what is made of a file system that lacks one of them."""

import errno
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tasks.storage import files
from tasks.storage.files import Files, NotExclusive, is_abandoned

ROOT = Path(__file__).parents[3]


def test_a_name_only_if_it_is_free(tmp_path: Path) -> None:
    """The exclusive rename takes a free name and leaves a taken one, and the file that wanted it, as they are."""
    old, new = tmp_path / "old", tmp_path / "new é"
    old.write_bytes(b"mine")
    Files().rename_new(old, new)
    assert (new.read_bytes(), old.exists()) == (b"mine", False)
    old.write_bytes(b"theirs")
    with pytest.raises(FileExistsError):
        Files().rename_new(old, new)
    assert (new.read_bytes(), old.read_bytes()) == (b"mine", b"theirs")


def test_an_exclusive_rename_that_cannot_be(tmp_path: Path) -> None:
    """A rename that fails for a reason of its own says so; one that the system does not have is `NotExclusive`."""
    with pytest.raises(FileNotFoundError):
        Files().rename_new(tmp_path / "gone", tmp_path / "new")
    (tmp_path / "folder" / "in").mkdir(parents=True)
    with pytest.raises(NotExclusive):  # what a system without the operation says of every file
        Files().rename_new(tmp_path / "folder", tmp_path / "folder" / "in" / "itself")


def raising(number: int) -> Callable[..., None]:
    def act(*_: Any) -> None:
        raise OSError(number, "as told")

    return act


@pytest.mark.parametrize("number", sorted(files.UNABLE))
def test_a_sync_that_is_not_there(number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system without a sync of files or folders is used without it."""
    monkeypatch.setattr(files.os, "fsync", raising(number))
    Files().sync_folder(tmp_path)
    with Files().open(tmp_path / "a") as handle:
        handle.write(b"kept")
        Files().sync(handle)
    assert (tmp_path / "a").read_bytes() == b"kept"


@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC, errno.EDQUOT])
def test_a_sync_that_failed(number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sync that failed is an error: nothing may be built on what it did not bring to the disk."""
    monkeypatch.setattr(files.os, "fsync", raising(number))
    with pytest.raises(OSError, match="as told"):
        Files().sync_folder(tmp_path)
    with Files().open(tmp_path / "a") as handle, pytest.raises(OSError, match="as told"):
        Files().sync(handle)


def test_a_folder_that_is_gone(tmp_path: Path) -> None:
    """A folder that went before its sync took the names with it: that is no success."""
    with pytest.raises(FileNotFoundError):
        Files().sync_folder(tmp_path / "gone")


HOLDER = """
import sys
from pathlib import Path
from tasks.storage.files import Files
handle = Files().open(Path(sys.argv[1]))
print("open", flush=True)
sys.stdin.read()
"""


def test_abandoned(tmp_path: Path) -> None:
    """A file is abandoned once the process that had it open is gone, however it went, and not before."""
    path = tmp_path / "part"
    command = [sys.executable, "-c", HOLDER, str(path)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"open\n"
        assert not is_abandoned(path)
        process.kill()
        process.wait()
        assert is_abandoned(path)
    assert not is_abandoned(tmp_path / "gone")


def test_where_there_are_no_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a file system without locks files are written all the same, and none is taken for abandoned."""
    monkeypatch.setattr(files.fcntl, "flock", raising(errno.ENOLCK))
    with Files().open(tmp_path / "a"):
        pass
    assert not is_abandoned(tmp_path / "a")
