"""Any fsspec URL: read, write whole, create once, list, sign. The only importer of fsspec.

Objects are written whole or not at all: a temporary name and a rename on a local disk, one upload on an
object store; never appended, never moved, and never inside an open handle that an exception could commit.
"""

import contextlib
import os
import threading
import uuid
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import fsspec
from fsspec.implementations.local import LocalFileSystem

from tasks.errors import StoryreelError

T = TypeVar("T")

#: Where an exclusive create was raced sixteen ways and had exactly one winner; elsewhere it overwrites silently.
CREATES_ONCE = {"file", "local", "memory", "s3", "s3a", "abfs", "abfss", "az", "sftp", "ssh"}
SIGNS = {"s3", "s3a", "abfs", "abfss", "az", "gs", "gcs"}
EXTRAS = {"s3": "s3", "s3a": "s3", "abfs": "azure", "abfss": "azure", "az": "azure", "gs": "gcs", "gcs": "gcs"}
EXTRAS |= {"sftp": "sftp", "ssh": "sftp"}

_memory_lock = threading.Lock()


class StoreError(StoryreelError):
    """A store did not do what it was asked; the message names the store and the object."""


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


def _options(url: str, options: Mapping[str, Any]) -> dict[str, Any]:
    scheme = url.partition("://")[0] if has_scheme(url) else "file"
    merged = dict(options) if scheme not in ("file", "local", "memory") else {}
    if scheme in SIGNS:
        merged.setdefault("use_listings_cache", False)  # listings go stale on object stores
    if scheme in ("s3", "s3a"):
        merged.setdefault("config_kwargs", {"signature_version": "s3v4"})  # what signed URLs need
        if region := merged.pop("region", ""):  # s3fs knows it by another name only
            merged["client_kwargs"] = {"region_name": region, **merged.get("client_kwargs", {})}
    return merged


class Store:
    """A folder at any fsspec URL. Paths are relative to it, with ``/``.

    ``exclusive`` says whether `create` can be trusted against other processes, ``signs`` whether `sign` gives
    URLs. Every method raises `StoreError`; to a reader a missing object is `FileNotFoundError`. Methods block:
    async callers hand them to a thread.
    """

    def __init__(self, url: str, options: Mapping[str, Any] | None = None) -> None:
        url = str(url) if has_scheme(str(url)) else str(Path(url).expanduser().absolute())
        self.url = url.rstrip("/") or "/"
        self.scheme = url.partition("://")[0] if has_scheme(url) else "file"
        try:
            self.fs, root = fsspec.core.url_to_fs(self.url, **_options(url, options or {}))
        except ImportError as error:
            extra = EXTRAS.get(self.scheme)
            cure = f"pip install 'storyreel[{extra}]'" if extra else _reason(error)
            raise StoreError(f"{self.url} needs another package: {cure}") from error
        except Exception as error:
            raise StoreError(f"{self.url} cannot be opened: {_reason(error)}") from error
        self.root = str(root).rstrip("/")
        self.local = isinstance(self.fs, LocalFileSystem)
        self.exclusive = self.scheme in CREATES_ONCE
        self.signs = self.scheme in SIGNS

    def full(self, path: str) -> str:
        """The path as the file system behind this store knows it."""
        return f"{self.root}/{path}" if path else self.root

    def _guard(self, path: str, act: Callable[[], T]) -> T:
        try:
            return act()
        except FileNotFoundError:
            raise
        except Exception as error:
            raise StoreError(f"{self.url}/{path}: {_reason(error)}") from error

    def _change(self, path: str, act: Callable[[], object]) -> None:
        """As `_guard`; to a writer a missing bucket is an error like any other, and no missing object."""
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
        if self.local:
            self._change(path, lambda: self._write_local(path, data))
        else:
            self._change(path, lambda: self.fs.pipe_file(self.full(path), data))

    def create(self, path: str, data: bytes) -> bool:
        """Write the object only if none is there. True when it holds these bytes afterwards.

        A store that answered into the void and then failed, or says "exists", may have kept our bytes, and not
        every store says "exists" in words that are known: what stands there is compared.
        """
        try:
            self._change(path, lambda: self._create(path, data))
        except StoreError:
            standing = self._standing(path)
            if standing is None:
                raise
            return standing == data
        return True

    def _standing(self, path: str) -> bytes | None:
        with contextlib.suppress(FileNotFoundError, StoreError):
            return self.read(path)
        return None

    def put(self, path: str, local: Path) -> None:
        """Upload a local file whole, without holding it in memory."""
        if self.local:
            self._change(path, lambda: self._put_local(path, local))
        else:
            self._change(path, lambda: self.fs.put_file(str(local), self.full(path)))

    def get(self, path: str, local: Path) -> None:
        """Download an object to a local file."""
        self._guard(path, lambda: self.fs.get_file(self.full(path), str(local)))

    def delete(self, path: str) -> None:
        """Remove an object; one that is not there is fine."""
        with contextlib.suppress(FileNotFoundError):
            self._guard(path, lambda: self.fs.rm_file(self.full(path)))

    def names(self, prefix: str = "") -> list[str]:
        """Every object below ``prefix`` as a path relative to this store, sorted; none if it is not there."""
        if self.local:
            return self._guard(prefix, lambda: sorted(_walk(Path(self.root), Path(self.full(prefix)))))
        with contextlib.suppress(FileNotFoundError):
            found = self._guard(prefix, lambda: self.fs.find(self.full(prefix), refresh=True))
            skip = len(self.fs._strip_protocol(self.root)) + 1
            return sorted(str(name)[skip:] for name in found)
        return []

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

    def _temporary(self, path: str) -> tuple[Path, Path]:
        final = Path(self.full(path))
        final.parent.mkdir(parents=True, exist_ok=True)
        return final, final.with_name(f".{uuid.uuid4().hex[:12]}.tmp")

    def _write_local(self, path: str, data: bytes) -> None:
        final, temporary = self._temporary(path)
        try:
            _flush(temporary, data)
            temporary.replace(final)
        finally:
            temporary.unlink(missing_ok=True)

    def _put_local(self, path: str, local: Path) -> None:
        final, temporary = self._temporary(path)
        try:
            self.fs.cp_file(str(local), str(temporary))
            temporary.replace(final)
        finally:
            temporary.unlink(missing_ok=True)

    def _create(self, path: str, data: bytes) -> None:
        if self.local:
            self._create_local(path, data)
        elif self.scheme in ("sftp", "ssh"):
            self.fs.makedirs(self.full(path).rpartition("/")[0], exist_ok=True)
            with self.fs.open(self.full(path), "xb") as handle:
                handle.write(data)
        elif self.scheme == "memory":
            with _memory_lock:
                self.fs.pipe_file(self.full(path), data, mode="create")
        elif self.exclusive:
            self.fs.pipe_file(self.full(path), data, mode="create")
        elif self.fs.exists(self.full(path)):
            raise FileExistsError(path)
        else:
            self.fs.pipe_file(self.full(path), data)

    def _create_local(self, path: str, data: bytes) -> None:
        """Link a whole temporary file to its name: exclusive, and never half written after a kill."""
        final, temporary = self._temporary(path)
        try:
            _flush(temporary, data)
            os.link(temporary, final)
        finally:
            temporary.unlink(missing_ok=True)


def _flush(path: Path, data: bytes) -> None:
    """Write through to the disk: a record must outlive a power cut before the step that it makes safe."""
    with path.open("wb") as handle:
        handle.write(data)
        handle.flush()
        os.fsync(handle.fileno())


def _unless_missing(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise error


def _walk(root: Path, folder: Path) -> Iterable[str]:
    """Paths below ``root``. A folder that cannot be listed is an error: an unread ledger would buy again."""
    for parent, _, files in os.walk(folder, onerror=_unless_missing):
        below = Path(parent).relative_to(root).as_posix()
        for name in files:
            if not name.endswith(".tmp"):
                yield name if below == "." else f"{below}/{name}"


def _reason(error: BaseException) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text if isinstance(error, OSError) and error.strerror is None else f"{type(error).__name__}: {text}"


def read_url(url: str, options: Mapping[str, Any], max_bytes: int) -> bytes:
    """A file at any fsspec URL or local path. `StoreError` above ``max_bytes``; FileNotFoundError if missing."""
    folder, name = split(url)
    store = Store(folder, options)

    def act() -> bytes:
        found = store.fs.info(store.full(name))
        if found.get("type", "file") != "file":  # a folder; a device or a pipe, which has no end
            raise FileNotFoundError(url)
        size = int(found.get("size") or 0)
        if size > max_bytes:
            raise OSError(f"{size} bytes, at most {max_bytes} are read")
        return bytes(store.fs.cat_file(store.full(name)))

    return store._guard(name, act)
