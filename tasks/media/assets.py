"""The files that a board points at: read or fetched once, checked, and made into what is sent with an order."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar, cast

from tasks.config import Settings
from tasks.domain.errors import LocalFault, MediaError, StoryreelError
from tasks.domain.identity import frame_stem
from tasks.domain.machine import own
from tasks.domain.pricing import hundredths
from tasks.domain.shot import Fit, Size
from tasks.media.local_files import FRAME_BYTES, checked_path, data_uri, hash_file, read_file
from tasks.storage import Store, StoreError, has_scheme, is_http, read_url
from tasks.transport import DownloadLimits, Forbidden, Http

T = TypeVar("T")

FETCH_SECONDS = 120.0
STALL_SECONDS = 30.0
FETCHES = 8  # concurrent downloads
CHANGED = "changed while it was read: run again once it is left alone"
ANOTHER = "is no longer what it was when it was first ordered: name the shot in --rerender to take what is there today"


class Media:
    """Pictures and source clips of one run, kept in ``folder`` while it lasts.

    ``at_target`` holds the names below ``frames/`` that the target has, by stem: these are not made again, nor are
    those that this run made. ``delivered`` are the frames that this run has written to the target. ``sizes`` are
    the upright width and height in pixels of the pictures that frames were made of, by reference. ``hashed`` is the
    sha256 of each file as it was last read: what is decoded or sent under a digest is compared with it.
    ``unpacked`` are the pictures that the board itself holds, as files, by reference.
    """

    def __init__(self, settings: Settings, store: Store, http: Http, folder: Path) -> None:
        self.settings, self.store, self.http, self.folder = settings, store, http, folder
        self.at_target: dict[str, str] = {}
        self.delivered: set[str] = set()
        self.hashed: dict[str, str] = {}
        self.unpacked: dict[str, Path] = {}
        self.sizes: dict[str, tuple[int, int]] = {}
        self.lengths: dict[str, Decimal] = {}  # seconds of the source clips that were looked at
        self.had: dict[str, Any] = {}
        self.turns: dict[str, asyncio.Lock] = {}
        self.places = asyncio.Semaphore(FETCHES)
        self.cores = asyncio.Semaphore(2)

    def unpack(self, pictures: Mapping[str, bytes]) -> None:
        """Keep the pictures that the board itself holds as files of this machine, by their reference."""
        for reference, data in pictures.items():
            self.unpacked[reference] = self.folder / f"board-{hashlib.sha256(reference.encode()).hexdigest()[:24]}"
            self.unpacked[reference].write_bytes(data)

    def know(self, names: Iterable[str]) -> None:
        """Remember which of the names at the target are frames."""
        self.at_target = {n.rpartition(".")[0]: n for n in names if n.startswith("frames/")}

    async def _once(self, name: str, make: Callable[[], Awaitable[T]]) -> T:
        """The result of ``make``, called once a name however many shots ask; a `MediaError` is remembered too."""
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
        """The referenced file on this machine, downloaded once.

        Raises ``MediaError`` when it cannot be read, ``LocalFault`` when this machine cannot keep it.
        """
        if reference in self.unpacked:
            return self.unpacked[reference]
        if not has_scheme(reference):
            return checked_path(Path(reference))
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
                    data = await asyncio.to_thread(read_url, reference, self.settings.target_options, most)
                    with own(out):
                        out.write_bytes(data)
        except (MediaError, LocalFault):
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
        """The sha256 of the file, read now. Raises ``MediaError`` when it cannot be read."""
        path = await self.file(reference)
        self.hashed[reference] = await asyncio.to_thread(hash_file, path)
        return self.hashed[reference]

    def _known(self, reference: str, path: Path, digest: str, most: int) -> bytes:
        """The file's bytes, read and hashed in one go: a file may be replaced between two reads.

        Raises ``MediaError`` when ``digest`` is not empty and not theirs.
        """
        data = read_file(path, most)
        self._compare(reference, digest, hashlib.sha256(data).hexdigest() if digest else "")
        return data

    def _compare(self, reference: str, digest: str, seen: str) -> None:
        if seen != digest:
            raise MediaError(ANOTHER if self.hashed.get(reference, seen) == seen else CHANGED)

    async def unchanged(self, reference: str, digest: str) -> Path:
        """The file on this machine, hashed again. Raises ``MediaError`` when it is no longer that of ``digest``."""
        path = await self.file(reference)
        self._compare(reference, digest, await asyncio.to_thread(hash_file, path))
        return path

    async def inline(self, reference: str, digest: str) -> str:
        """A source clip as a data URI; empty where it is larger than gateways accept in one.

        Raises ``MediaError`` when the file is no longer that of ``digest``.
        """
        path = await self.file(reference)
        return await asyncio.to_thread(data_uri, path, lambda: self._known(reference, path, digest, FRAME_BYTES))

    async def inline_clip(self, path: str) -> str:
        """A clip at the target as a data URI; empty where it is too large for one.

        Raises ``MediaError`` when it cannot be read.
        """
        here = await self.clip(path)
        return await asyncio.to_thread(data_uri, here, here.read_bytes)

    async def check(self, reference: str) -> tuple[int, int]:
        """Decode the whole picture, and give its upright width and height in pixels.

        Raises ``MediaError`` when the file is no usable picture.
        """
        digest = self.hashed.get(reference, "")
        return await self._once(f"size {reference} {digest}", lambda: self._measured(reference, digest))

    async def _measured(self, reference: str, digest: str) -> tuple[int, int]:
        from tasks.media import images  # a board without pictures does not load Pillow

        path, limits = await self.file(reference), self.settings.images
        most = {"max_bytes": limits.max_bytes, "max_pixels": limits.max_pixels}
        async with self.cores:
            return await asyncio.to_thread(
                lambda: images.check(self._known(reference, path, digest, limits.max_bytes), **most)
            )

    async def check_video(self, reference: str) -> None:
        """Decode the source clip's first and last picture. Raises ``MediaError`` when the file is no usable clip."""
        from tasks.media import probe as video  # loading av takes a third of a second, and few boards need it

        found = await asyncio.to_thread(video.probe, await self.file(reference))
        self.lengths[reference] = hundredths(found.seconds)
        if digest := self.hashed.get(reference):
            await self.unchanged(reference, digest)  # av opened the file by its name: was it still the same?

    async def make_frame(self, reference: str, digest: str, size: Size, fit: Fit) -> str:
        """Make the frame of a picture, unless the target or this run has it, and give its path below the target.

        The error counts for this reference alone: another copy of the picture may still make the frame. Raises
        ``MediaError`` when the file is no usable picture, or no longer that of ``digest``.
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
        """The frame's path at the target; empty if it is not there.

        A name without a ground may be that of a transparent picture which 0.1 laid on black, so the picture is read to
        find its ground; when it cannot be read any more, the frame that is there is used.
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
            with own(self._local(name)):
                self._local(name).write_bytes(made.data)
            self.sizes[reference] = made.source.width, made.source.height
            return name

        async with self.cores:
            return await asyncio.to_thread(work)

    def _local(self, name: str) -> Path:
        return self.folder / name.replace("/", "_")

    async def frame(self, reference: str, digest: str, size: Size, fit: Fit) -> tuple[str, bytes]:
        """The frame's path and bytes, after it was written to the target.

        Raises ``MediaError`` when `make_frame` does, ``StoreError`` when the target fails.
        """
        name = await self.make_frame(reference, digest, size, fit)
        if not self._local(name).is_file():
            try:
                return name, await asyncio.to_thread(self.store.read, name)
            except FileNotFoundError:  # deleted since the target was listed
                del self.at_target[name.rpartition(".")[0]]
                return await self.frame(reference, digest, size, fit)
        data = self._local(name).read_bytes()
        if name not in self.delivered:
            await asyncio.to_thread(self.store.write, name, data)
            self.delivered.add(name)
        return name, data

    async def clip(self, path: str) -> Path:
        """A clip of the target, downloaded once to this machine. Raises ``MediaError`` when it cannot be read."""
        out = self._local(path)

        async def bring() -> Path:
            await asyncio.to_thread(self.store.get, path, out)
            return out

        try:
            return await self._once(f"clip {path}", bring)
        except (StoreError, FileNotFoundError) as error:
            raise MediaError(f"the source clip cannot be read: {error}") from error

    async def last_picture(self, path: str, sha256: str) -> tuple[str, str, str]:
        """The last picture of a clip at the target: a reference under which it is had like any other, the sha256 of
        that file, and that of its pixels.

        Raises ``MediaError`` when the clip cannot be read, or is not the one of this sha256.
        """
        from tasks.media.last_picture import last_picture

        reference = f"last of {sha256}"

        async def take() -> tuple[str, str, str]:
            here = await self.clip(path)
            if await asyncio.to_thread(hash_file, here) != sha256:
                raise MediaError(f"{path} is not the clip that was delivered")
            async with self.cores:
                found = await asyncio.to_thread(last_picture, here)
            await asyncio.to_thread(self.unpack, {reference: found.png})
            return reference, hashlib.sha256(found.png).hexdigest(), found.digest

        return await self._once(reference, take)
