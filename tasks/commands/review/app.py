"""The requests of a review, answered: its page, its verdicts, parts of its files. Every answer says what it may do."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from http.cookies import CookieError, SimpleCookie
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tasks.commands.review.access import Access
from tasks.commands.review.ranges import Part, part_of, type_of
from tasks.commands.review.showing import Showing
from tasks.domain.errors import StartError, StoryreelError
from tasks.storage import file_size, read_part
from tasks.views.report.page import policy

Plan = Callable[[], dict[str, Any]]
MOST_FAULTS = 5  # of a board, that a page is told of
PIECE = 1 << 20  # bytes of a file that are in memory
MOST_BODY = 65_536  # bytes of a verdict: its note as escapes, and room
CLIP_SECONDS = 300  # that a browser may keep a clip
SHUT = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
ALWAYS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-store",
    "content-security-policy": SHUT,
}
WELCOME = b'<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0;url=/"><title>Storyreel</title>'


def build(showing: Showing, access: Access, say: Callable[[str], None], plan: Plan | None = None) -> Starlette:
    """The app that serves a review to whoever ``access`` lets in; ``say`` is told of what fails. ``plan`` says what the
    next run would order, where that is known; it blocks."""
    desk = _Requests(showing, plan)
    routes = [
        Route("/", desk.page, methods=["GET"]),
        Route("/review/verdicts", desk.verdicts, methods=["GET"]),
        Route("/review/verdicts", desk.take, methods=["POST"]),
        Route("/review/plan", desk.plan, methods=["GET"]),
        Route("/{path:path}", desk.file, methods=["GET"]),
    ]
    failed = {StoryreelError: _failed, OSError: _failed}
    return Starlette(routes=routes, middleware=[Middleware(_Guard, access=access, say=say)], exception_handlers=failed)


class _Guard:
    """Lets nobody in without the token of this start, and puts what it may do on every answer."""

    def __init__(self, app: ASGIApp, access: Access, say: Callable[[str], None]) -> None:
        self.app, self.access, self.say = app, access, say

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = Request(scope)
        answer = self._answer(request) or self.app

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = _with_always(message["headers"])
            await send(message)

        try:
            await answer(scope, receive, sent)
        except Exception as error:
            self.say(f"review: {request.method} {request.url.path}: {type(error).__name__}: {error}")
            raise

    def _answer(self, request: Request) -> Response | None:
        """What is answered at the door; None for who may come in."""
        first = request.url.path == "/" and request.method == "GET"
        opens = first and self.access.opens(request.query_params.get("token", ""))
        if why := self.access.why_not(request.headers, opens=opens):
            return _words(403, f"refused: {why}")
        if opens:
            welcome = Response(WELCOME, media_type="text/html")
            kept = f"{self.access.cookie}={self.access.token}; HttpOnly; Path=/; SameSite=Strict"
            welcome.headers["set-cookie"] = kept
            return welcome
        if not self.access.opens(_cookie(request, self.access.cookie)):
            return _words(403, "refused: open the address that the command printed, with its token")
        return None


class _Requests:
    """What is answered to whoever was let in."""

    def __init__(self, showing: Showing, plan: Plan | None) -> None:
        self.showing, self.ask_plan = showing, plan
        self.turn = asyncio.Lock()  # a plan takes its time: one at once

    async def page(self, request: Request) -> Response:
        """The report with living controls."""
        data = await asyncio.to_thread(self.showing.page)
        return Response(data, media_type="text/html", headers={"content-security-policy": policy(served=True)})

    async def verdicts(self, request: Request) -> Response:
        """Every verdict; nothing where the asker has them already."""
        data = await asyncio.to_thread(self.showing.verdicts)
        tag = f'"{hashlib.sha256(data).hexdigest()[:32]}"'
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers={"etag": tag})
        return Response(data, media_type="application/json", headers={"etag": tag})

    async def take(self, request: Request) -> Response:
        """Write one verdict."""
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            return _words(415, "a verdict is JSON")
        data = b""
        async for piece in request.stream():
            data += piece
            if len(data) > MOST_BODY:
                return _words(413, f"a verdict has {MOST_BODY:,} bytes at the most")
        answer = await asyncio.to_thread(self.showing.take, data)
        return JSONResponse(answer.told, answer.status)

    async def plan(self, request: Request) -> Response:
        """What the next run would order, or why no plan can be made; nothing where no config was given."""
        if self.ask_plan is None:
            return Response(status_code=204)
        try:
            async with self.turn:
                return JSONResponse(await asyncio.to_thread(self.ask_plan))
        except StartError as error:
            return JSONResponse({"errors": [str(fault) for fault in error.faults[:MOST_FAULTS]]})

    async def file(self, request: Request) -> Response:
        """A file that the tables name, or a range of its bytes."""
        path = str(request.path_params["path"])
        if not self.showing.is_named(path):
            return _words(404, "no such file")
        part = part_of(request.headers.get("range", ""), size := await asyncio.to_thread(file_size, self._store, path))
        headers = {"accept-ranges": "bytes", "cache-control": f"private, max-age={CLIP_SECONDS}"}
        if part is None:
            return Response(status_code=416, headers={**headers, "content-range": f"bytes */{size}"})
        headers |= {"content-length": str(part.stop - part.start)}
        headers |= {} if part.whole else {"content-range": part.header}
        body = _nothing() if request.method == "HEAD" else self._pieces(path, part)
        return StreamingResponse(body, 200 if part.whole else 206, headers, type_of(path))

    @property
    def _store(self) -> Any:
        return self.showing.store

    async def _pieces(self, path: str, part: Part) -> AsyncIterator[bytes]:
        for start in range(part.start, part.stop, PIECE):
            yield await asyncio.to_thread(read_part, self._store, path, start, min(start + PIECE, part.stop))


async def _nothing() -> AsyncIterator[bytes]:
    yield b""


def _cookie(request: Request, name: str) -> str:
    try:
        found = SimpleCookie(request.headers.get("cookie", "")).get(name)
    except CookieError:
        return ""
    return found.value if found else ""


def _words(status: int, words: str) -> Response:
    return Response(f"{words}\n", status, media_type="text/plain")


async def _failed(request: Request, error: Exception) -> Response:
    if isinstance(error, FileNotFoundError):
        return _words(404, "no such file")
    return JSONResponse({"errors": [f"the target does not answer: {error}"]}, 503)


def _with_always(headers: Any) -> list[tuple[bytes, bytes]]:
    named = {name.lower() for name, _ in headers}
    more = ((name.encode(), value.encode()) for name, value in ALWAYS.items())
    return [*headers, *(one for one in more if one[0] not in named)]
