"""A folder of this machine whose every change survives a power cut.

The bytes of a file are synced before it gets its name, then the folder that holds the name, and once in a process the
folders above, even if another program made them.
"""

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, ClassVar

from tasks.storage.files import NO_LINKS, Files, is_abandoned
from tasks.storage.objects import LEFT, TEMPORARY, TRIES, Objects, pieces_of, temporary_name


class Disk(Objects):
    """A folder of this machine. Every write, create, put and delete survives a power cut once it has returned."""

    files: ClassVar[Files] = Files()

    def __init__(self, fs: Any) -> None:
        super().__init__(fs)
        self.durable: set[Path] = set()  # folders whose own names are synced

    def write(self, path: str, data: bytes) -> None:
        self._whole(Path(path), lambda: [data], self.files.rename)

    def create(self, path: str, data: bytes) -> None:
        """Write a temporary file and give it its name only if that is free: exclusive, and never half written."""
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
        """Write a temporary file and name it. It stays open, and so locked, until then: no cleanup takes it away."""
        part = final.with_name(temporary_name())
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
        """Make the folder and those above it, and sync their names, also of those that another program made."""
        there = folder.is_dir()
        if there and (folder in self.durable or folder.is_mount()):
            return
        self._make(folder.parent)
        if not there:
            with contextlib.suppress(FileExistsError):  # another writer made it; if it is a file, the next step fails
                self.files.mkdir(folder)
        self.files.sync_folder(folder.parent)
        self.durable.add(folder)

    def clear_up(self, path: str, *, deep: bool = True) -> None:
        """Remove the temporary files that no running process has open."""
        for folder, names in _walked(path, deep=deep):
            for found in (folder / name for name in names if LEFT.fullmatch(name)):
                if is_abandoned(found):
                    with contextlib.suppress(OSError):
                        self.files.unlink(found)

    def make_durable(self, path: str, *, deep: bool = True) -> None:
        """Sync the folders: a writer may have been killed between naming a file and syncing its folder."""
        for folder, _ in _walked(path, deep=deep):
            self.files.sync_folder(folder)

    def leads_out(self, root: str, path: str) -> bool:
        try:
            return not Path(path).resolve().is_relative_to(Path(root or "/").resolve())
        except (RuntimeError, OSError):  # it leads round in a circle
            return True

    def names(self, root: str, path: str) -> Iterable[str]:
        """Every file below ``path``, relative to ``root``.

        Raises ``OSError`` when a folder cannot be listed: what an unread ledger holds would be bought again.
        """
        for folder, names in _walked(path):
            below = folder.relative_to(root).as_posix()
            for name in names:
                if not name.endswith(TEMPORARY):
                    yield name if below == "." else f"{below}/{name}"

    def sizes(self, root: str, path: str) -> dict[str, int]:
        """Bytes of every file below ``path``, each asked for on its own: a listing has no sizes here."""
        found = {}
        for name in self.names(root, path):
            with contextlib.suppress(FileNotFoundError):  # deleted since its folder was listed
                found[name] = Path(root, name).stat().st_size
        return found


def _walked(path: str, *, deep: bool = True) -> Iterator[tuple[Path, list[str]]]:
    """The folder with the names of its files, and if ``deep`` every folder below it; nothing if there is none."""
    for parent, folders, files in os.walk(path, onerror=_unless_missing):
        yield Path(parent), files
        if not deep:
            folders.clear()


def _unless_missing(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise error
