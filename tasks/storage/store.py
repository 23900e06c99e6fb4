"""A folder at any fsspec URL: read, write atomically, create once, list, sign. The only importer of fsspec.

What a kind of store can do is in `backends`, how it writes in `disk`, `objects` and `writers`.
"""

import contextlib
import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

import fsspec

from tasks.domain.errors import StoryreelError
from tasks.storage.backends import kind_of, options_for, scheme_of, without_password
from tasks.storage.files import NotExclusive, NotSynced

T = TypeVar("T")

SHOWN = 300  # characters of a client library's error
#: Errors of a broken connection: the request is sent once more on a new one, because every request may be repeated.
BROKEN = ("ConnectionLost", "SFTPConnectionLost", "SFTPNoConnection", "ChannelOpenError", "DisconnectError")

# gcsfs's default class asks another service for a bucket's type, over gRPC: a minute's wait where none answers
for _name in ("gs", "gcs"):
    fsspec.register_implementation(_name, "gcsfs.core.GCSFileSystem", clobber=True)
for _name in ("azure", "gcsfs"):  # they log screens full of what they raise anyway
    logging.getLogger(_name).setLevel(logging.CRITICAL)


class StoreError(StoryreelError):
    """A store failed at what it was asked to do; the message names the store and the object."""


def within(seconds: float, act: Callable[[], T]) -> T:
    """The result of ``act``, run in a thread of its own, which is abandoned when it takes longer.

    Raises ``StoreError`` when it takes longer than so many seconds, and what ``act`` raises.
    """
    result: Future[T] = Future()

    def work() -> None:
        try:
            result.set_result(act())
        except BaseException as error:
            result.set_exception(error)

    threading.Thread(target=work, daemon=True).start()
    try:
        return result.result(seconds)
    except TimeoutError as error:
        raise StoreError(f"no answer within {seconds:g} seconds") from error


def has_scheme(url: str) -> bool:
    """Whether it is an address such as ``s3://...``, and not a local path."""
    return "://" in url


def is_http(url: str) -> bool:
    """Whether it is an http or https URL, which is fetched and never opened as a store."""
    return url.lower().startswith(("http://", "https://"))


def split(url: str) -> tuple[str, str]:
    """A file's folder and its name: ``("s3://b/dir", "board.csv")``; local folders come back absolute."""
    if has_scheme(url):
        scheme, _, rest = url.partition("://")
        folder, _, name = (rest.split("?")[0] if is_http(url) else rest).rpartition("/")
        return f"{scheme}://{folder}", name
    path = Path(url).expanduser().absolute()
    return str(path.parent), path.name


class Store:
    """A folder at any fsspec URL. Paths are relative to it, with ``/``.

    ``exclusive``: whether `create` can be relied on against other processes; ``signs``: whether `sign` gives URLs.
    ``may_change`` is called before a path is written or deleted, and raises where that is not allowed now. Methods
    block: async callers run them in a thread. Every method raises ``StoreError`` when the store fails; one that reads
    raises ``FileNotFoundError`` when there is no such object.
    """

    def __init__(self, url: str, options: Mapping[str, Any] | None = None) -> None:
        url = str(url) if has_scheme(str(url)) else str(Path(url).expanduser().absolute())
        self.url = url.rstrip("/") or "/"
        self.scheme, self.kind = scheme_of(url), kind_of(url)
        if (bare := without_password(self.url)) != self.url:
            raise StoreError(f"{bare} holds a password, and addresses are shown: put it into [target] options")
        self.options = options_for(url, options or {})
        self.opening = threading.Lock()
        self._open()
        self.local = self.kind.name == "local"
        self.exclusive, self.signs = self.kind.creates, self.kind.signs
        self.may_change: Callable[[str], None] = lambda path: None

    def _open(self) -> None:
        cure = f"pip install 'storyreel[{self.kind.extra}]'" if self.kind.extra else ""
        try:
            fs, root = fsspec.core.url_to_fs(self.url, **self.options)
        except ImportError as error:
            raise StoreError(f"{self.url} needs another package: {cure or _reason(error)}") from error
        except Exception as error:
            raise StoreError(f"{self.url} cannot be opened: {_reason(error)}") from error
        if self.kind.extra == "sftp" and not fs.async_impl:  # fsspec's own one uses paramiko
            raise StoreError(f"{self.url} needs another package: {cure}")
        self.fs, self.root = fs, str(root).rstrip("/")
        self.way = self.kind.way(fs)

    def _open_again(self, broken: Any) -> None:
        """Replace the ``broken`` connection, once for all threads that used it."""
        with self.opening:
            if self.fs is broken:
                type(broken).clear_instance_cache()
                self._open()

    def full(self, path: str) -> str:
        """The path as the fsspec file system of this store takes it."""
        return f"{self.root}/{path}" if path else self.root

    def _guard(self, path: str, act: Callable[[], T]) -> T:
        used = self.fs
        try:
            try:
                return act()
            except Exception as error:
                if self.kind.name != "sftp" or not _broken(error):
                    raise
                self._open_again(used)
                return act()
        except (FileNotFoundError, StoreError):
            raise
        except Exception as error:
            raise StoreError(f"{self.url}/{path}: {_reason(error)}") from error

    def _change(self, path: str, act: Callable[[], object]) -> None:
        """As `_guard`, for a write. Raises ``StoreError`` also when the bucket is missing."""
        self.may_change(path)
        try:
            self._guard(path, act)
        except FileNotFoundError as error:
            raise StoreError(f"{self.url}/{path}: {_reason(error)}") from error

    def read(self, path: str) -> bytes:
        """The bytes of an object."""
        return self._guard(path, lambda: bytes(self.fs.cat_file(self.full(path))))

    def read_at_most(self, path: str, max_bytes: int) -> bytes:
        """The bytes of a file. Raises ``FileNotFoundError`` when it is none, ``StoreError`` when it has more bytes."""
        return self._guard(path, lambda: _read(self, path, max_bytes))

    def read_many(self, paths: Iterable[str]) -> dict[str, bytes]:
        """The bytes of objects by path, read concurrently where the store can; missing ones are left out.

        Raises ``StoreError`` when one of the others cannot be read.
        """
        wanted = list(paths)
        if self.local or not getattr(self.fs, "async_impl", False):
            found = {}
            for path in wanted:
                with contextlib.suppress(FileNotFoundError):
                    found[path] = self.read(path)
            return found
        full = [self.full(path) for path in wanted]  # `cat` would take brackets in a name for a pattern
        got = self._guard("", lambda: self.fs.cat_ranges(full, None, None, on_error="return"))
        for path, data in zip(wanted, got, strict=True):
            if isinstance(data, Exception) and not isinstance(data, FileNotFoundError):
                raise StoreError(f"{self.url}/{path}: {_reason(data)}") from data
        return {path: data for path, data in zip(wanted, got, strict=True) if isinstance(data, bytes)}

    def write(self, path: str, data: bytes) -> None:
        """Write an object atomically, replacing what is there: readers see the old or the new one."""
        self._change(path, lambda: self.way.write(self.full(path), data))

    def create(self, path: str, data: bytes) -> bool:
        """Write an object only if none is there. True when it holds these bytes afterwards.

        A store whose answer was lost, or that says "exists" to a repeated request, may have kept our bytes, and the
        errors for "exists" differ from store to store: so the object that is there is compared.
        """
        try:
            self._change(path, lambda: self._create(path, data))
        except StoreError as error:
            standing = self._standing(path)
            if standing is None or isinstance(error.__cause__, NotSynced):  # a power cut could undo it
                raise
            return standing == data
        return True

    def _standing(self, path: str) -> bytes | None:
        with contextlib.suppress(FileNotFoundError, StoreError):
            return self.read(path)
        return None

    def _create(self, path: str, data: bytes) -> None:
        if self.exclusive:
            try:
                return self.way.create(self.full(path), data)
            except NotExclusive:
                self.exclusive = False
        if self._standing(path) is not None:  # not exclusive, but the best that such a store allows
            raise FileExistsError(path)
        return self.way.write(self.full(path), data)

    def put(self, path: str, local: Path) -> None:
        """Upload a local file atomically, without holding it in memory."""
        self._change(path, lambda: self.way.put(self.full(path), local))

    def get(self, path: str, local: Path) -> None:
        """Download an object to a local file."""
        self._guard(path, lambda: self.way.get(self.full(path), local))

    def delete(self, path: str) -> None:
        """Remove an object, if it is there."""
        self.may_change(path)
        with contextlib.suppress(FileNotFoundError):
            self._guard(path, lambda: self.way.delete(self.full(path)))

    def clear_up(self, folder: str, *, deep: bool = True) -> None:
        """Remove the temporary files that killed writers left in a folder, and below it if ``deep``; never one that a
        running process of this machine has open."""
        self._guard(folder, lambda: self.way.clear_up(self.full(folder), deep=deep))

    def make_durable(self, folder: str, *, deep: bool = True) -> None:
        """Make what can be read in a folder, and below it if ``deep``, survive a power cut: its last writer may have
        been killed before it had synced that."""
        self._guard(folder, lambda: self.way.make_durable(self.full(folder), deep=deep))

    def names(self, prefix: str = "") -> list[str]:
        """Every object below ``prefix`` as a path relative to this store, sorted; empty if there is none."""
        with contextlib.suppress(FileNotFoundError):
            return self._guard(prefix, lambda: sorted(self.way.names(self.root, self.full(prefix))))
        return []

    def missing(self) -> bool:
        """Whether the folder itself does not exist; False for stores that have no folders."""
        with contextlib.suppress(FileNotFoundError):
            return self.kind.name in ("local", "sftp") and not self._guard("", lambda: self.fs.isdir(self.root or "/"))
        return True

    def sizes(self, prefix: str) -> dict[str, int]:
        """Bytes of every object below ``prefix`` by its path, from one listing; -1 where the store gives no size.

        Empty if there is none. Raises ``StoreError`` when the store cannot be listed.
        """
        with contextlib.suppress(FileNotFoundError):
            return self._guard(prefix, lambda: self.way.sizes(self.root, self.full(prefix)))
        return {}

    def exists(self, path: str) -> bool:
        """Whether the object is there, by a request to the store and not from a cached listing."""
        try:
            self.fs.invalidate_cache()
            return bool(self._guard(path, lambda: self.fs.exists(self.full(path))))
        except FileNotFoundError:
            return False

    def sign(self, path: str, seconds: int) -> str:
        """An https URL that gives the object for so many seconds; empty where the store cannot sign."""
        if not self.signs:
            return ""
        return str(self._guard(path, lambda: self.fs.sign(self.full(path), expiration=seconds)))


def _broken(error: BaseException) -> bool:
    return isinstance(error, ConnectionError) or type(error).__name__ in BROKEN


def _reason(error: BaseException) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    text = text if len(text) <= SHOWN else f"{text[:SHOWN]}..."
    return text if isinstance(error, OSError) and error.strerror is None else f"{type(error).__name__}: {text}"


def _read(store: Store, name: str, max_bytes: int) -> bytes:
    found = store.fs.info(store.full(name))
    if found.get("type", "file") != "file":  # a folder, or a device or a pipe, which has no end
        raise FileNotFoundError(name)
    size = int(found.get("size") or 0)
    if size <= max_bytes:
        with store.fs.open(store.full(name), "rb") as handle:  # the size may be wrong
            data = bytes(handle.read(max_bytes + 1))
        if len(data) <= max_bytes:
            return data
        size = len(data)
    raise OSError(f"{size} bytes, at most {max_bytes} are read")
