"""The files that a board points at: read or fetched once, checked, normalised, and handed to whoever orders."""

import asyncio
import hashlib
from collections.abc import Iterable
from pathlib import Path

from tasks import images
from tasks.errors import MediaError, StoryreelError
from tasks.models import Fit, Size
from tasks.names import frame_stem
from tasks.settings import Settings
from tasks.storage import Store, StoreError, has_scheme, is_http, read_url
from tasks.transport import Http

FRAME_BYTES = 3_500_000  # as a data URI it stays below 5 MB, the smallest limit that a gateway documents
FETCH_SECONDS = 120.0
FETCHES = 8  # at once


class Media:
    """Pictures and source clips of one run, kept in ``folder`` while it lasts.

    ``at_target`` holds the names below ``frames/`` that the target already has: what is there is not made again.
    """

    def __init__(self, settings: Settings, store: Store, http: Http, folder: Path) -> None:
        self.settings, self.store, self.http, self.folder = settings, store, http, folder
        self.files: dict[str, Path] = {}
        self.at_target: dict[str, str] = {}
        self.made: dict[str, Path] = {}
        self.places = asyncio.Semaphore(FETCHES)
        self.cores = asyncio.Semaphore(2)

    def know(self, names: Iterable[str]) -> None:
        """Remember the frames that the target has, by stem."""
        self.at_target = {n.rpartition(".")[0]: n for n in names if n.startswith("frames/")}

    async def file(self, reference: str) -> Path:
        """The referenced file on this machine. `MediaError` says why it cannot be had."""
        if not has_scheme(reference):
            return _checked_path(Path(reference))
        if reference not in self.files:
            async with self.places:
                self.files[reference] = await self._bring(reference)
        return self.files[reference]

    async def _bring(self, reference: str) -> Path:
        out = self.folder / hashlib.sha256(reference.encode()).hexdigest()[:24]
        most = self.settings.images.max_bytes
        try:
            if is_http(reference):
                await self.http.download(
                    reference,
                    out,
                    allowed=frozenset(self.settings.images.allow_hosts),
                    max_bytes=most,
                    stall=30.0,
                    total=FETCH_SECONDS,
                )
            else:
                out.write_bytes(await asyncio.to_thread(read_url, reference, self.settings.target_options, most))
        except MediaError:
            raise
        except FileNotFoundError as error:
            raise MediaError("is not there") from error
        except StoryreelError as error:
            raise MediaError(f"cannot be fetched: {error}") from error
        return out

    async def digest(self, reference: str) -> str:
        """sha256 of the file as read."""
        path = await self.file(reference)

        def work() -> str:
            try:
                with path.open("rb") as handle:
                    return hashlib.file_digest(handle, "sha256").hexdigest()
            except OSError as error:
                raise MediaError(f"cannot be read: {error.strerror}") from error

        return await asyncio.to_thread(work)

    async def check(self, reference: str) -> tuple[int, int]:
        """Decode the whole picture: its width and height upright. `MediaError` says what is wrong with it."""
        limits = self.settings.images
        path = await self.file(reference)
        async with self.cores:
            return await asyncio.to_thread(
                lambda: images.check(path.read_bytes(), max_bytes=limits.max_bytes, max_pixels=limits.max_pixels)
            )

    async def check_video(self, reference: str) -> None:
        """Decode the source clip's first and last picture. `MediaError` says what is wrong with it."""
        from tasks import video  # av takes a third of a second to load, and few boards have source files

        path = await self.file(reference)
        await asyncio.to_thread(video.probe, path)

    async def make_frame(self, reference: str, digest: str, size: Size, fit: Fit) -> str:
        """Normalise the picture, unless the target or this run has it: the frame's path below the target."""
        stem = f"frames/{frame_stem(digest, size, fit)}"
        if stem in self.at_target:
            return self.at_target[stem]
        source = await self.file(reference)
        pixels = self.settings.images.max_pixels

        def work() -> str:
            data = source.read_bytes()
            frame, kind = images.normalise(data, size, fit, max_pixels=pixels, max_bytes=FRAME_BYTES)
            name = f"{stem}.{images.suffix(kind)}"
            local = self.folder / name.replace("/", "_")
            local.write_bytes(frame)
            self.made[name] = local
            return name

        async with self.cores:
            if stem not in self.at_target:
                self.at_target[stem] = await asyncio.to_thread(work)
        return self.at_target[stem]

    async def frame(self, reference: str, digest: str, size: Size, fit: Fit) -> tuple[str, bytes]:
        """The frame's path and bytes; the target has it afterwards. `MediaError` or `StoreError`."""
        name = await self.make_frame(reference, digest, size, fit)
        if name not in self.made:
            return name, await asyncio.to_thread(self.store.read, name)
        data = self.made[name].read_bytes()
        await asyncio.to_thread(self.store.write, name, data)
        return name, data

    async def clip(self, path: str) -> Path:
        """A clip of the target on this machine. `MediaError` when it cannot be had."""
        out = self.folder / path.replace("/", "_")
        try:
            await asyncio.to_thread(self.store.get, path, out)
        except (StoreError, FileNotFoundError) as error:
            raise MediaError(f"the source clip cannot be read: {error}") from error
        return out


def _checked_path(path: Path) -> Path:
    if path.is_dir():
        raise MediaError("is a folder, not a file")
    if not path.is_file():
        raise MediaError("is not there")
    return path
