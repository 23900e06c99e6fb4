"""What an order holds beside its words: pictures, and the clip or the last picture of another shot."""

import asyncio
import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tasks.domain import redaction
from tasks.domain.errors import MediaError
from tasks.domain.model import Model
from tasks.domain.order import Frame, Reference, SourceClip
from tasks.domain.plan import Offer, ShotPlan
from tasks.domain.result import ShotResult, StartedFrom
from tasks.domain.shot import Shot, Size
from tasks.engine.context import RunContext
from tasks.media.assets import Media
from tasks.storage import has_scheme

SIGNED_SECONDS = 3 * 3600  # longer than any queue that was seen
REFERENCE_SIDE = 1280  # pixels
LEAST_SIDE, NARROWEST = 300, 0.42  # pixels and shape: Seedance takes no less than 300, and a ratio from 0.4 to 2.5


class SourceError(MediaError):
    """The row that a shot goes on from has no last picture that can be had."""


@dataclass(frozen=True, slots=True)
class Held:
    """The inputs of one order. ``name`` is the path of its first picture at the target, ``started`` the take of another
    shot that it starts from, ``urls`` those of image and source, ``pictures`` those of the others with their digests.
    """

    frame: Frame | None = None
    name: str = ""
    last_frame: Frame | None = None
    last_name: str = ""
    references: tuple[Reference, ...] = ()
    source: SourceClip | None = None
    started: StartedFrom | None = None
    urls: tuple[str, str] = ("", "")
    pictures: Mapping[str, str] = field(default_factory=dict)

    @property
    def record(self) -> dict[str, Any]:
        """What the order's records say of the take that it starts from, and of the picture that it ends on."""
        told: dict[str, Any] = {"started_from": self.started._asdict()} if self.started else {}
        return told | ({"last_frame": self.last_name} if self.last_name else {})


@dataclass(frozen=True, slots=True)
class InputReader:
    """Reads the inputs of orders as they are sent. Raises ``MediaError`` when a picture or clip cannot be had."""

    run: RunContext
    media: Media

    async def read(self, plan: ShotPlan, offer: Offer, start: ShotResult | None) -> Held:
        """The inputs of an order at this offer; ``start`` is the row that the shot starts from, as it stands."""
        shot, started = plan.shot, started_from(start)
        frame, name = None, ""
        if shot.continues:
            frame, name, started = await self._last_of(offer, shot, start)
        elif shot.mode == "image_to_video":
            frame, name = await self._frame(offer, shot.image, str(plan.parts.get("image", "")), shot)
        last, last_name, references = await self._further(plan, offer)
        source = await self._source(plan, offer, start) if shot.mode == "remix" else None
        urls = _remote(shot.image), _remote(shot.source)
        return Held(frame, name, last, last_name, references, source, started, urls, _pictures(plan))

    async def _last_of(self, offer: Offer, shot: Shot, start: ShotResult | None) -> tuple[Frame, str, StartedFrom]:
        """The last picture of the clip in use of another row, and the take that it is of."""
        started = started_from(start)
        if start is None or start.clip is None or started is None:
            raise SourceError(f"{shot.source_shot} has no clip to continue from")
        try:
            reference, digest, pixels = await self.media.last_picture(start.clip.path, start.clip.sha256)
        except MediaError as error:
            raise SourceError(f"the last picture of {shot.source_shot} cannot be had: {error}") from error
        frame, name = await self._frame(offer, reference, digest, shot)
        return frame, name, started._replace(picture=pixels)

    async def _further(self, plan: ShotPlan, offer: Offer) -> tuple[Frame | None, str, tuple[Reference, ...]]:
        """The picture that the shot ends on with its path at the target, and those of what it shows."""
        shot, digests = plan.shot, dict(zip(plan.shot.references, plan.parts.get("references", ()), strict=True))
        last, name = None, ""
        if shot.last_image:
            last, name = await self._frame(offer, shot.last_image, str(plan.parts.get("last_image", "")), shot)
        shown = []
        for one in offer.references:
            size = shape_reference(*await self.media.check(one.image))
            frame, _ = await self._frame(offer, one.image, str(digests[one][1]), shot._replace(fit="contain"), size)
            shown.append(Reference(one.name, one.text, frame))
        return last, name, tuple(shown)

    async def _frame(
        self, offer: Offer, reference: str, digest: str, shot: Shot, size: Size | None = None
    ) -> tuple[Frame, str]:
        """A picture in the size that is sent, else in that of ``size``, and the path at which the target has it."""
        size = size or offer.size
        name, data = await self.media.frame(reference, digest, size, shot.fit)
        kind = "image/png" if name.endswith(".png") else "image/jpeg"
        uri = ""
        if offer.travels == "data":
            uri = f"data:{kind};base64,{base64.b64encode(data).decode()}"
        elif offer.travels == "signed":
            uri = await asyncio.to_thread(self.run.store.sign, name, SIGNED_SECONDS)
        elif offer.travels == "as is":
            uri = reference
        return Frame(digest, size, kind, uri, data), name

    async def _source(self, plan: ShotPlan, offer: Offer, start: ShotResult | None) -> SourceClip:
        shot, ways = plan.shot, offer.route.model.remix
        made = start.made_by if start else None
        if made is None or made.clip is None:
            inline = "data" in ways and not shot.source.startswith("https://")
            digest = str(plan.parts.get("source", ""))
            return SourceClip(await self.media.inline(shot.source, digest) if inline else shot.source)
        uri = await asyncio.to_thread(self.run.store.sign, made.clip.path, SIGNED_SECONDS) if offer.paid else ""
        if not uri and "data" in ways:
            uri = await self.media.inline_clip(made.clip.path)
        return SourceClip(uri, made.provider, made.job_id, made.remote_ids)

    async def local_source(self, plan: ShotPlan, start: ShotResult | None) -> Path:
        """The clip that a remix starts from, on this machine."""
        if start is not None and start.clip is not None:
            return await self.media.clip(start.clip.path)
        return await self.media.unchanged(plan.shot.source, str(plan.parts.get("source", "")))


def shape_reference(width: int, height: int) -> Size:
    """The size in which a picture of what is to be seen is sent: its own shape and pixels, as far as all gateways take
    them; what is narrower gets bars."""
    wide, tall = max(width, height * NARROWEST), max(height, width * NARROWEST)
    share = max(min(1.0, REFERENCE_SIDE / max(wide, tall)), LEAST_SIDE / min(wide, tall))
    return Size(round(wide * share), round(tall * share))


def sent_prompt(shot: Shot, model: Model) -> str:
    """The prompt as this model gets it: what it cannot take apart is folded in."""
    if shot.negative_prompt and not model.negative_prompt:
        return f"{shot.prompt} Avoid: {shot.negative_prompt}"
    return shot.prompt


def started_from(start: ShotResult | None) -> StartedFrom | None:
    """The take in use of the row that a shot starts from."""
    made = start.made_by if start else None
    return StartedFrom(made.key, made.n, made.clip.sha256) if made and made.clip else None


def _pictures(plan: ShotPlan) -> dict[str, str]:
    """The digests of the shot's remote pictures beside its first, by the name under which addresses are remembered."""
    shot, parts = plan.shot, plan.parts
    told = [(shot.last_image, parts.get("last_image", ""))]
    told += [(one.image, asked[1]) for one, asked in zip(shot.references, parts.get("references", ()), strict=True)]
    return {_remote(url): digest for url, digest in told if url and digest and _remote(url)}


def _remote(reference: str) -> str:
    return redaction.pin(reference) if has_scheme(reference) else ""
