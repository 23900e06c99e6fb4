"""A folder of this machine. What was written, created, put or deleted there stays so through a power cut.

Bytes are synced before they get their name, then the folder that holds the name, and once in a process the folders
above it, whoever made them.
"""

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, ClassVar

from tasks.storage.files import NO_LINKS, Files, abandoned
from tasks.storage.objects import LEFT, TEMPORARY, TRIES, Objects, pieces_of, temporary


class Disk(Objects):
    """A folder of this machine. What was written, created, put or deleted stays so through a power cut."""

    files: ClassVar[Files] = Files()

    def __init__(self, fs: Any) -> None:
        super().__init__(fs)
        self.durable: set[Path] = set()  # folders whose own names are on the disk

    def write(self, path: str, data: bytes) -> None:
        self._whole(Path(path), lambda: [data], self.files.rename)

    def create(self, path: str, data: bytes) -> None:
        """Give a whole temporary file its name only if that is free: exclusive, and never half written after a kill."""
        self._whole(Path(path), lambda: [data], self._name_new)

    def put(self, path: str, local: Path) -> None:
        self._whole(Path(path), lambda: pieces_of(local), self.files.rename)

    def delete(self, path: str) -> None:
        self.files.unlink(Path(path))
        self.files.sync_folder(Path(path).parent)

    def _whole(self, final: Path, pieces: Callable[[], Iterable[bytes]], name: Callable[[Path, Path], None]) -> None:
        for left in reversed(range(TRIES)):
            try:
                self._make(final.parent)
                self._named(final, pieces(), name)
                self.files.sync_folder(final.parent)
                break
            except FileNotFoundError:
                if not left:
                    raise

    def _named(self, final: Path, pieces: Iterable[bytes], name: Callable[[Path, Path], None]) -> None:
        """The temporary file is held open until it has its name: so long it is nobody's leaving."""
        part = final.with_name(temporary())
        with self.files.open(part) as handle:
            try:
                for piece in pieces:
                    self.files.write(handle, piece)
                self.files.sync(handle)
                name(part, final)
            except BaseException:
                with contextlib.suppress(FileNotFoundError):
                    self.files.unlink(part)
                raise

    def _name_new(self, part: Path, final: Path) -> None:
        try:
            self.files.link(part, final)
        except OSError as error:
            if error.errno not in NO_LINKS:
                raise
            self.files.rename_new(part, final)
        else:
            with contextlib.suppress(FileNotFoundError):
                self.files.unlink(part)

    def _make(self, folder: Path) -> None:
        """The folder and all above it, each of them named on the disk: once in a process, whoever made them."""
        there = folder.is_dir()
        if there and (folder in self.durable or folder.is_mount()):
            return
        self._make(folder.parent)
        if not there:
            with contextlib.suppress(FileExistsError):  # by another writer; a file of that name fails at the next step
                self.files.mkdir(folder)
        self.files.sync_folder(folder.parent)
        self.durable.add(folder)

    def clear_up(self, path: str, *, deep: bool = True) -> None:
        """A temporary file that a living process holds is left to it."""
        for folder, names in _walked(path, deep=deep):
            for found in (folder / name for name in names if LEFT.fullmatch(name)):
                if abandoned(found):
                    with contextlib.suppress(OSError):
                        self.files.unlink(found)

    def make_durable(self, path: str, *, deep: bool = True) -> None:
        """A writer that was killed may have given a name and not lived to sync it."""
        for folder, _ in _walked(path, deep=deep):
            self.files.sync_folder(folder)

    def names(self, root: str, path: str) -> Iterable[str]:
        """A folder that cannot be listed is an error: an unread ledger would buy again."""
        for folder, names in _walked(path):
            below = folder.relative_to(root).as_posix()
            for name in names:
                if not name.endswith(TEMPORARY):
                    yield name if below == "." else f"{below}/{name}"

    def sizes(self, root: str, path: str) -> dict[str, int]:
        """One look at each file: a folder's listing has no sizes here."""
        found = {}
        for name in self.names(root, path):
            with contextlib.suppress(FileNotFoundError):  # it went since its folder was read
                found[name] = Path(root, name).stat().st_size
        return found


def _walked(path: str, *, deep: bool = True) -> Iterator[tuple[Path, list[str]]]:
    """A folder with the files in it, and if ``deep`` each below it; nothing where there is none."""
    for parent, folders, files in os.walk(path, onerror=_unless_missing):
        yield Path(parent), files
        if not deep:
            folders.clear()


def _unless_missing(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise error
