"""Any fsspec URL: read, write whole, create once, list, sign. The only importer of fsspec.

What a kind of store can do stands in `stores`, how an object gets there whole in `writing`.
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

SECONDS = 120.0  # for a file that a board points at
SHOWN = 300  # characters of what a client library says
#: What a line that broke is called: asked once more on a new one, for every request here may be repeated.
BROKEN = ("ConnectionLost", "SFTPConnectionLost", "SFTPNoConnection", "ChannelOpenError", "DisconnectError")

# gcsfs's own choice asks another service, over gRPC, of what type a bucket is: a minute's wait where none answers
for _name in ("gs", "gcs"):
    fsspec.register_implementation(_name, "gcsfs.core.GCSFileSystem", clobber=True)
for _name in ("azure", "gcsfs"):  # what they log before they raise it fills screens
    logging.getLogger(_name).setLevel(logging.CRITICAL)


class StoreError(StoryreelError):
    """A store did not do what it was asked; the message names the store and the object."""


def within(seconds: float, act: Callable[[], T]) -> T:
    """What ``act`` gives. `StoreError` when it takes longer: its thread is left behind and keeps no process alive."""
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
    """True for ``s3://...``, False for a local path."""
    return "://" in url


def is_http(url: str) -> bool:
    """True for http and https URLs, which are fetched and never mounted."""
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

    ``exclusive`` says whether `create` can be trusted against other processes, ``signs`` whether `sign` gives
    URLs; ``may_change`` is asked before a path is written or deleted, and raises where it must not be now. Every
    method raises `StoreError`; to a reader a missing object is `FileNotFoundError`. Methods block:
    async callers hand them to a thread.
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
        if self.kind.extra == "sftp" and not fs.async_impl:  # fsspec has another one, by paramiko
            raise StoreError(f"{self.url} needs another package: {cure}")
        self.fs, self.root = fs, str(root).rstrip("/")
        self.way = self.kind.way(fs)

    def _open_again(self, broken: Any) -> None:
        """A new connection in place of the ``broken`` one, once for all who waited on it."""
        with self.opening:
            if self.fs is broken:
                type(broken).clear_instance_cache()
                self._open()

    def full(self, path: str) -> str:
        """The path as the file system behind this store knows it."""
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
        """As `_guard`; to a writer a missing bucket is an error like any other, and no missing object."""
        self.may_change(path)
        try:
            self._guard(path, act)
        except FileNotFoundError as error:
            raise StoreError(f"{self.url}/{path}: {_reason(error)}") from error

    def read(self, path: str) -> bytes:
        """The whole object."""
        return self._guard(path, lambda: bytes(self.fs.cat_file(self.full(path))))

    def read_many(self, paths: Iterable[str]) -> dict[str, bytes]:
        """Whole objects by path, asked for side by side where the store can; vanished ones are left out."""
        wanted = list(paths)
        if self.local or not getattr(self.fs, "async_impl", False):
            found = {}
            for path in wanted:
                with contextlib.suppress(FileNotFoundError):
                    found[path] = self.read(path)
            return found
        full = [self.full(path) for path in wanted]  # not `cat`: it takes brackets in a name for a pattern
        got = self._guard("", lambda: self.fs.cat_ranges(full, None, None, on_error="return"))
        for path, data in zip(wanted, got, strict=True):
            if isinstance(data, Exception) and not isinstance(data, FileNotFoundError):
                raise StoreError(f"{self.url}/{path}: {_reason(data)}") from data
        return {path: data for path, data in zip(wanted, got, strict=True) if isinstance(data, bytes)}

    def write(self, path: str, data: bytes) -> None:
        """Write the whole object over whatever stands there; readers see the old or the new one."""
        self._change(path, lambda: self.way.write(self.full(path), data))

    def create(self, path: str, data: bytes) -> bool:
        """Write the object only if none is there. True when it holds these bytes afterwards.

        A store that answered into the void and then failed, or says "exists", may have kept our bytes, and not
        every store says "exists" in words that are known: what stands there is compared.
        """
        try:
            self._change(path, lambda: self._create(path, data))
        except StoreError as error:
            standing = self._standing(path)
            if standing is None or isinstance(error.__cause__, NotSynced):  # which a power cut may take back
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
        if self._standing(path) is not None:  # the best that such a store allows
            raise FileExistsError(path)
        return self.way.write(self.full(path), data)

    def put(self, path: str, local: Path) -> None:
        """Upload a local file whole, without holding it in memory."""
        self._change(path, lambda: self.way.put(self.full(path), local))

    def get(self, path: str, local: Path) -> None:
        """Download an object to a local file."""
        self._guard(path, lambda: self.way.get(self.full(path), local))

    def delete(self, path: str) -> None:
        """Remove an object; one that is not there is fine."""
        self.may_change(path)
        with contextlib.suppress(FileNotFoundError):
            self._guard(path, lambda: self.way.delete(self.full(path)))

    def clear_up(self, folder: str, *, deep: bool = True) -> None:
        """Remove the temporary files that killed writers left in a folder, and below it if ``deep``; never one that a
        living process of this machine writes."""
        self._guard(folder, lambda: self.way.clear_up(self.full(folder), deep=deep))

    def make_durable(self, folder: str, *, deep: bool = True) -> None:
        """See to it that all that can be read in a folder is there after a power cut: its last writer may have been
        killed before it had seen to that itself."""
        self._guard(folder, lambda: self.way.make_durable(self.full(folder), deep=deep))

    def names(self, prefix: str = "") -> list[str]:
        """Every object below ``prefix`` as a path relative to this store, sorted; none if it is not there."""
        with contextlib.suppress(FileNotFoundError):
            return self._guard(prefix, lambda: sorted(self.way.names(self.root, self.full(prefix))))
        return []

    def missing(self) -> bool:
        """Whether this very folder is not there, where the store has folders at all; objects need none."""
        with contextlib.suppress(FileNotFoundError):
            return self.kind.name in ("local", "sftp") and not self._guard("", lambda: self.fs.isdir(self.root or "/"))
        return True

    def sizes(self, prefix: str) -> dict[str, int]:
        """Bytes of every object below ``prefix`` by its path, from one listing; -1 where a store does not say.

        None are there if ``prefix`` is not. Raises ``StoreError`` when it cannot be listed.
        """
        with contextlib.suppress(FileNotFoundError):
            return self._guard(prefix, lambda: self.way.sizes(self.root, self.full(prefix)))
        return {}

    def exists(self, path: str) -> bool:
        """True when the object is there, asked at the store and not at a cached listing."""
        try:
            self.fs.invalidate_cache()
            return bool(self._guard(path, lambda: self.fs.exists(self.full(path))))
        except FileNotFoundError:
            return False

    def sign(self, path: str, seconds: int) -> str:
        """An https URL that reads the object for so many seconds; empty where the store cannot sign."""
        if not self.signs:
            return ""
        return str(self._guard(path, lambda: self.fs.sign(self.full(path), expiration=seconds)))


def _broken(error: BaseException) -> bool:
    return isinstance(error, ConnectionError) or type(error).__name__ in BROKEN


def _reason(error: BaseException) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    text = text if len(text) <= SHOWN else f"{text[:SHOWN]}..."
    return text if isinstance(error, OSError) and error.strerror is None else f"{type(error).__name__}: {text}"


def read_url(url: str, options: Mapping[str, Any], max_bytes: int, seconds: float = SECONDS) -> bytes:
    """A file at any fsspec URL or local path. `StoreError` above ``max_bytes`` or after so many ``seconds``;
    FileNotFoundError if missing."""
    folder, name = split(url)

    def act() -> bytes:
        store = Store(folder, options)
        return store._guard(name, lambda: _read(store, name, max_bytes))

    return within(seconds, act)


def read_pipe(path: str, max_bytes: int, seconds: float = SECONDS) -> bytes:
    """All that comes out of a pipe. `StoreError` above ``max_bytes`` or after so many ``seconds``."""

    def act() -> bytes:
        with Path(path).expanduser().open("rb") as handle:
            return handle.read(max_bytes + 1)

    data = within(seconds, act)
    if len(data) > max_bytes:
        raise StoreError(f"it has more bytes than the {max_bytes} that are read")
    return data


def _read(store: Store, name: str, max_bytes: int) -> bytes:
    found = store.fs.info(store.full(name))
    if found.get("type", "file") != "file":  # a folder; a device or a pipe, which has no end
        raise FileNotFoundError(name)
    size = int(found.get("size") or 0)
    if size <= max_bytes:
        with store.fs.open(store.full(name), "rb") as handle:  # what it says of its size may be wrong
            data = bytes(handle.read(max_bytes + 1))
        if len(data) <= max_bytes:
            return data
        size = len(data)
    raise OSError(f"{size} bytes, at most {max_bytes} are read")
