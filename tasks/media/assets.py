"""The files that a board points at: read or fetched once, checked, normalised, and handed to whoever orders."""

import asyncio
import base64
import hashlib
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar, cast

from tasks.config import Settings
from tasks.domain.errors import MediaError, StoryreelError
from tasks.domain.identity import frame_stem
from tasks.domain.shot import Fit, Size
from tasks.storage import Store, StoreError, has_scheme, is_http, read_url
from tasks.transport import DownloadLimits, Forbidden, Http

T = TypeVar("T")

FRAME_BYTES = 3_500_000  # as a data URI it stays below 5 MB, the smallest limit that a gateway documents
FILE_BYTES = 2_000_000_000  # of a local file, such as a long source clip
FETCH_SECONDS = 120.0
STALL_SECONDS = 30.0
FETCHES = 8  # at once
CHANGED = "changed while it was read: run again once it is left alone"
ANOTHER = "is no longer what it was when it was first ordered: name the shot in --rerender to take what is there today"


class Media:
    """Pictures and source clips of one run, kept in ``folder`` while it lasts.

    ``at_target`` holds the names below ``frames/`` that the target already has, by stem: what is there is not made
    again, nor is what this run made. ``delivered`` are the frames that this run has written to the target.
    ``sizes`` are the upright pixels of the pictures that frames were made of, by reference.
    ``hashed`` is the sha256 of each file as it was read last: what is decoded or sent under a digest has it.
    """

    def __init__(self, settings: Settings, store: Store, http: Http, folder: Path) -> None:
        self.settings, self.store, self.http, self.folder = settings, store, http, folder
        self.at_target: dict[str, str] = {}
        self.delivered: set[str] = set()
        self.hashed: dict[str, str] = {}
        self.sizes: dict[str, tuple[int, int]] = {}
        self.had: dict[str, Any] = {}
        self.turns: dict[str, asyncio.Lock] = {}
        self.places = asyncio.Semaphore(FETCHES)
        self.cores = asyncio.Semaphore(2)

    def know(self, names: Iterable[str]) -> None:
        """Remember the frames that the target has, by stem."""
        self.at_target = {n.rpartition(".")[0]: n for n in names if n.startswith("frames/")}

    async def _once(self, name: str, make: Callable[[], Awaitable[T]]) -> T:
        """What ``make`` gives, made once however many shots ask at a time; its `MediaError` counts as well."""
        async with self.turns.setdefault(name, asyncio.Lock()):
            if name not in self.had:
                try:
                    self.had[name] = await make()
                except MediaError as error:
                    self.had[name] = error
        if isinstance(self.had[name], MediaError):
            raise MediaError(str(self.had[name]))
        return cast(T, self.had[name])

    async def file(self, reference: str) -> Path:
        """The referenced file on this machine. `MediaError` says why it cannot be had."""
        if not has_scheme(reference):
            return _checked_path(Path(reference))
        return await self._once(f"file {reference}", lambda: self._bring(reference))

    async def _bring(self, reference: str) -> Path:
        out = self.folder / hashlib.sha256(reference.encode()).hexdigest()[:24]
        most = self.settings.images.max_bytes
        hosts = frozenset(self.settings.images.allow_hosts)
        try:
            async with self.places:
                if is_http(reference):
                    limits = DownloadLimits(most, STALL_SECONDS, FETCH_SECONDS)
                    await self.http.download(reference, out, limits, allowed=hosts)
                else:
                    out.write_bytes(await asyncio.to_thread(read_url, reference, self.settings.target_options, most))
        except MediaError:
            raise
        except FileNotFoundError as error:
            raise MediaError("is not there") from error
        except Forbidden as error:
            raise MediaError(f"may not be fetched: {error} ([images] allow_hosts names exceptions)") from error
        except StoryreelError as error:
            raise MediaError(f"cannot be fetched: {error}") from error
        except OSError as error:
            raise MediaError(f"cannot be kept here: {error.strerror}") from error
        return out

    async def digest(self, reference: str) -> str:
        """sha256 of the file as read."""
        path = await self.file(reference)
        self.hashed[reference] = await asyncio.to_thread(_hashed, path)
        return self.hashed[reference]

    def _known(self, reference: str, path: Path, digest: str, most: int) -> bytes:
        """The file's bytes if they are those of ``digest`` (any where it is empty), read once and hashed as read:
        between two looks at one name there may be another file."""
        data = _read(path, most)
        self._compare(reference, digest, hashlib.sha256(data).hexdigest() if digest else "")
        return data

    def _compare(self, reference: str, digest: str, seen: str) -> None:
        if seen != digest:
            raise MediaError(ANOTHER if self.hashed.get(reference, seen) == seen else CHANGED)

    async def unchanged(self, reference: str, digest: str) -> Path:
        """The file on this machine, hashed once more. `MediaError` if it is no longer that of ``digest``."""
        path = await self.file(reference)
        self._compare(reference, digest, await asyncio.to_thread(_hashed, path))
        return path

    async def inline(self, reference: str, digest: str) -> str:
        """A source clip as a data URI, empty where it is larger than gateways take that way. `MediaError` if it is no
        longer that of ``digest``."""
        path = await self.file(reference)
        return await asyncio.to_thread(_data_uri, path, lambda: self._known(reference, path, digest, FRAME_BYTES))

    async def inline_clip(self, path: str) -> str:
        """As `inline`, a clip of the target."""
        here = await self.clip(path)
        return await asyncio.to_thread(_data_uri, here, here.read_bytes)

    async def check(self, reference: str) -> tuple[int, int]:
        """Decode the whole picture: its width and height upright. `MediaError` says what is wrong with it."""
        digest = self.hashed.get(reference, "")
        return await self._once(f"size {reference} {digest}", lambda: self._measured(reference, digest))

    async def _measured(self, reference: str, digest: str) -> tuple[int, int]:
        from tasks.media import images  # Pillow is not there for a board without pictures

        path, limits = await self.file(reference), self.settings.images
        most = {"max_bytes": limits.max_bytes, "max_pixels": limits.max_pixels}
        async with self.cores:
            return await asyncio.to_thread(
                lambda: images.check(self._known(reference, path, digest, limits.max_bytes), **most)
            )

    async def check_video(self, reference: str) -> None:
        """Decode the source clip's first and last picture. `MediaError` says what is wrong with it."""
        from tasks.media import probe as video  # av takes a third of a second to load, and few boards have source files

        await asyncio.to_thread(video.probe, await self.file(reference))
        if digest := self.hashed.get(reference):
            await self.unchanged(reference, digest)  # looked at by its name, so what was looked at is hashed again

    async def make_frame(self, reference: str, digest: str, size: Size, fit: Fit) -> str:
        """Normalise the picture, unless the target or this run has it: the frame's path below the target.

        Raises `MediaError` where the file is no picture, or not that of ``digest``: a fault of this reference alone,
        a copy of the picture may still make the frame.
        """
        if there := await self._standing(reference, digest, size, fit):
            return there
        stem = frame_stem(digest, size, fit)
        async with self.turns.setdefault(f"frame {stem}", asyncio.Lock()):
            if stem not in self.had:
                asked = reference, digest, size, fit
                self.had[stem] = await self._once(f"{stem} {reference}", lambda: self._normalised(*asked))
            return cast(str, self.had[stem])

    async def _standing(self, reference: str, digest: str, size: Size, fit: Fit) -> str:
        """The frame's path at the target, empty if it is not there.

        A plain name may be that of a picture which an earlier edition laid on black, so that the picture is looked at;
        where it cannot be any more, what was made of it stands.
        """
        wanted = self.settings.images.background
        grounds = ["", "black", "white"] if wanted == "auto" else ["", wanted.lstrip("#")]
        names = {g: f"frames/{frame_stem(digest, size, fit, g)}" for g in grounds}
        there = {g: self.at_target[stem] for g, stem in names.items() if stem in self.at_target}
        if not there:
            return ""
        try:
            found = await self._once(f"ground {reference} {digest}", lambda: self._ground(reference, digest))
        except MediaError:
            return [*there.values()][-1]
        return there.get(found, "")

    async def _ground(self, reference: str, digest: str) -> str:
        from tasks.media import images

        source, limits = await self.file(reference), self.settings.images

        def work() -> str:
            data = self._known(reference, source, digest, limits.max_bytes)
            return images.ground(data, limits.background, max_pixels=limits.max_pixels)

        async with self.cores:
            return await asyncio.to_thread(work)

    async def _normalised(self, reference: str, digest: str, size: Size, fit: Fit) -> str:
        from tasks.media import images

        source, limits = await self.file(reference), self.settings.images
        options = {"max_pixels": limits.max_pixels, "max_bytes": FRAME_BYTES}

        def work() -> str:
            data = self._known(reference, source, digest, limits.max_bytes)
            made = images.normalise(data, size, fit, **options, background=limits.background)
            name = f"frames/{frame_stem(digest, size, fit, made.ground)}.{images.suffix(made.media_type)}"
            self._local(name).write_bytes(made.data)
            self.sizes[reference] = made.source.width, made.source.height
            return name

        async with self.cores:
            return await asyncio.to_thread(work)

    def _local(self, name: str) -> Path:
        return self.folder / name.replace("/", "_")

    async def frame(self, reference: str, digest: str, size: Size, fit: Fit) -> tuple[str, bytes]:
        """The frame's path and bytes; the target has it afterwards. `MediaError` or `StoreError`."""
        name = await self.make_frame(reference, digest, size, fit)
        if not self._local(name).is_file():
            try:
                return name, await asyncio.to_thread(self.store.read, name)
            except FileNotFoundError:  # deleted since the target was looked at
                del self.at_target[name.rpartition(".")[0]]
                return await self.frame(reference, digest, size, fit)
        data = self._local(name).read_bytes()
        if name not in self.delivered:
            await asyncio.to_thread(self.store.write, name, data)
            self.delivered.add(name)
        return name, data

    async def clip(self, path: str) -> Path:
        """A clip of the target on this machine. `MediaError` when it cannot be had."""
        out = self._local(path)

        async def bring() -> Path:
            await asyncio.to_thread(self.store.get, path, out)
            return out

        try:
            return await self._once(f"clip {path}", bring)
        except (StoreError, FileNotFoundError) as error:
            raise MediaError(f"the source clip cannot be read: {error}") from error


def _data_uri(path: Path, read: Callable[[], bytes]) -> str:
    if path.stat().st_size > FRAME_BYTES:
        return ""
    return f"data:video/mp4;base64,{base64.b64encode(read()).decode()}"


def _hashed(path: Path) -> str:
    """sha256 of the file. What is longer than any source may be is no file to wait for."""
    digest, left = hashlib.sha256(), FILE_BYTES
    try:
        with path.open("rb") as handle:
            while piece := handle.read(1 << 20):
                digest.update(piece)
                left -= len(piece)
                if left < 0:
                    raise MediaError(f"is more than {FILE_BYTES:,} bytes long: more than any file may be")
    except OSError as error:
        raise MediaError(f"cannot be read: {error.strerror}") from error
    return digest.hexdigest()


def _read(path: Path, max_bytes: int) -> bytes:
    """The file's bytes, after a look at how many they are: files of the kernel's say 0, and some never end."""
    try:
        size = path.stat().st_size
        if size > max_bytes:
            raise MediaError(f"is {size} bytes long; at most {max_bytes} are read")
        with path.open("rb") as handle:
            data = handle.read(max_bytes + 1)
    except OSError as error:
        raise MediaError(f"cannot be read: {error.strerror}") from error
    if len(data) > max_bytes:
        raise MediaError(f"is more than the {max_bytes} bytes that are read")
    return data


def _checked_path(path: Path) -> Path:
    try:
        folder, file = path.is_dir(), path.is_file()
    except OSError as error:  # a name that is too long, a folder that may not be entered
        raise MediaError(f"cannot be read: {error.strerror}") from error
    if folder:
        raise MediaError("is a folder, not a file")
    if not file:
        raise MediaError("is a device or a pipe, not a file" if path.exists() else "is not there")
    return path
