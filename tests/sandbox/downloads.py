"""The files: every finished clip under a signed URL that expires, and what can go wrong with a download."""

import asyncio
import struct
import time
import uuid

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from tests.sandbox import containers
from tests.sandbox.book import Entry
from tests.sandbox.faults import Fault
from tests.sandbox.media import clip, film_of
from tests.sandbox.protocol import Job
from tests.sandbox.replies import PAGE, plain_fault
from tests.sandbox.wire import Claims, Slow, Truncated, Wires
from tests.sandbox.world import World

GONE = "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>"


class Downloads:
    """The endpoint /media/TOKEN.mp4."""

    def __init__(self, world: World, wires: Wires) -> None:
        self.world, self.wires = world, wires

    async def answer(self, request: Request) -> Response:
        """A clip as video/mp4, 404 for no such clip, 403 for a URL that is not valid any more."""
        job = self.world.book.tokens.get(request.path_params["token"])
        entry = _entry(request, job)
        self.world.book.log.append(entry)
        response = await self.reply(request, job, entry)
        entry.status = response.status_code
        return response

    async def reply(self, request: Request, job: Job | None, entry: Entry) -> Response:
        if job is None:
            return Response("<Error><Code>NoSuchKey</Code></Error>", 404, media_type="application/xml")
        if self.world.refuses_url(job, request.query_params):
            return Response(GONE, 403, media_type="application/xml")
        return await self.serve(request, job, entry)

    async def serve(self, request: Request, job: Job, entry: Entry) -> Response:
        """The file of a finished job, or what the script makes of it."""
        hop = request.query_params.get("hop", "")
        if part := request.query_params.get("part", ""):
            return Response(containers.parts()[int(part)], media_type="video/mp2t")
        fault = None if hop else self.world.script.pick("media", job.gateway, job.prompt, job.n, job)
        entry.fault = fault.do if fault else ""
        if fault and fault.do == "expired":
            job.oldest_url = job.urls
            return Response(GONE, 403, media_type="application/xml")
        mark = f"{job.gateway} {job.id}\n{job.prompt}"
        data = await asyncio.to_thread(clip, job.size, job.seconds, mark, film_of(job), job.pictures)
        if fault is None:
            return Response(data, media_type="video/mp4")
        return self.faulty(fault, data, request)

    def faulty(self, fault: Fault, data: bytes, request: Request) -> Response:
        if fault.do == "container" and fault.shape == "hls":
            names = [f"{request.url.path}?{request.url.query}&part={n}" for n in range(len(containers.parts()))]
            return Response(containers.playlist(names), media_type="application/vnd.apple.mpegurl")
        if fault.do == "container":
            return Response(containers.made(fault.shape), media_type="application/octet-stream")
        if fault.do == "truncated":
            return Truncated(self.wires, data)
        if fault.do == "slow":
            return Slow(self.wires, data, fault.seconds)
        if fault.do == "redirect" and not fault.url:
            return Response(status_code=302, headers={"Location": f"{request.url}&hop=1"})
        if fault.do == "wrong":
            return HTMLResponse(PAGE, media_type="video/mp4")
        if fault.do == "turning":
            return HTMLResponse(f"{PAGE}<p>Ray {uuid.uuid4().hex}</p>")
        if fault.do == "claims":
            return Claims(self.wires, 100_000_000_000)
        if fault.do == "lying":
            return Response(lying(data), media_type="video/mp4")
        if fault.do in ("short", "empty"):
            return Response(data[: len(data) // 2 if fault.do == "short" else 0], media_type="video/mp4")
        return plain_fault(fault, self.wires)


def lying(data: bytes) -> bytes:
    """The clip, its table of sample sizes saying fifty million."""
    at = data.index(b"stsz") + 12
    return data[:at] + struct.pack(">I", 50_000_000) + data[at + 4 :]


def _entry(request: Request, job: Job | None) -> Entry:
    key = request.headers.get("authorization", "") or request.headers.get("ocp-apim-subscription-key", "")
    entry = Entry(time.time(), job.gateway if job else "", request.method, request.url.path, key=key[-4:])
    if job:
        entry.job, entry.prompt = job.id, job.prompt
    return entry
