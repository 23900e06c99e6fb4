"""The HTTP side: routes of every gateway under its prefix, its files under /media, the desk at /sandbox."""

import asyncio
import base64
import contextlib
import time
import urllib.parse
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import replace

import httpx
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.sandbox.book import Entry
from tests.sandbox.desk import desk_routes
from tests.sandbox.downloads import Downloads
from tests.sandbox.faults import Fault
from tests.sandbox.forms import Files, read_form
from tests.sandbox.images import look
from tests.sandbox.protocol import Answer, Call, Gateway, Job, Refusal
from tests.sandbox.replies import plain_fault, retry_after
from tests.sandbox.wire import Wires
from tests.sandbox.world import World

Handler = Callable[[Request], Awaitable[Response]]
ORDER_ID = "x-order-id"  # what a client that wants its order known by an id sends along
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def build_app(world: World, wires: Wires) -> Starlette:
    """The whole server as an ASGI application."""
    client = httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(verify=False), timeout=10)

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with client:
            yield

    routes = [*desk_routes(world), Route("/media/{token}.mp4", Downloads(world, wires).answer)]
    for gateway in world.gateways.values():
        routes += Endpoints(world, wires, gateway, client).routes()
    return Starlette(routes=routes, lifespan=lifespan)


class Endpoints:
    """One gateway's routes."""

    def __init__(self, world: World, wires: Wires, gateway: Gateway, client: httpx.AsyncClient) -> None:
        self.world, self.wires, self.gateway, self.client = world, wires, gateway, client
        self.downloads = Downloads(world, wires)

    def routes(self) -> list[Route]:
        """Submits, polls, free calls, and this gateway's 404 for the rest."""
        prefix, gateway = f"/{self.gateway.name}", self.gateway
        table: list[tuple[str, str, Callable[[Request, Entry], Awaitable[Response]]]] = []
        table += [("POST", path, self.submit) for path in gateway.submits]
        table += [("GET", "/orders/{order_id}", self.listed)]
        table += [("GET", path, self.listing) for path in gateway.lists]
        table += [("GET", path, self.free) for path in gateway.free_calls]
        table += [("GET", path, self.content) for path in gateway.contents]
        table += [(verb, path, self.cancel) for verb, path in gateway.cancels]
        table += [("GET", path, self.result) for path in gateway.results]
        table += [("GET", path.replace("{id}", "{id:path}"), self.poll) for path in gateway.polls]
        routes = [Route(prefix + path, self.guarded(work), methods=[verb]) for verb, path, work in table]
        return [*routes, Route(prefix + "/{rest:path}", self.guarded(self.nothing), methods=METHODS)]

    def guarded(self, work: Callable[[Request, Entry], Awaitable[Response]]) -> Handler:
        """An endpoint that is logged, wants a key, and answers a Refusal in this gateway's shape."""

        async def answer(request: Request) -> Response:
            entry = self.entry(request)
            self.world.book.log.append(entry)
            todo = self.poll if work == self.submit and await self.asks(request) else work
            if todo == self.submit:
                entry.n = self.world.book.order(self.gateway.name)
            if pause := self.world.options(self.gateway.name).latency_s:
                await asyncio.sleep(pause)
            try:
                if entry.foreign_key or not self.key(request) or self.key(request) == "bad":
                    raise Refusal("auth")
                needed = {**self.gateway.headers, **(self.gateway.order_headers if work == self.submit else {})}
                if wrong := [n for n, v in needed.items() if request.headers.get(n) != v]:
                    raise Refusal("bad_request", f"header {wrong[0]} is required")
                response = await todo(request, entry)
            except Refusal as refusal:
                response = self.refused(refusal, request)
            entry.status = response.status_code
            return response

        return answer

    async def asks(self, request: Request) -> bool:
        """Whether a POST to an order's path is a question after a job, which is then the one of its path."""
        if type(self.gateway).asked_by is Gateway.asked_by:
            return False
        body, _ = await _read(request, self.gateway)
        request.path_params["id"] = self.gateway.asked_by(body or {})
        return bool(request.path_params["id"])

    def key(self, request: Request) -> str:
        return self.gateway.key(request.headers)

    def entry(self, request: Request) -> Entry:
        key, name = self.key(request), self.gateway.name
        other = key.removeprefix("sandbox-") if key.startswith("sandbox-") else name
        foreign = other if other != name and other in self.world.gateways else ""
        return Entry(time.time(), name, request.method, self.below(request), key=key[-4:], foreign_key=foreign)

    def below(self, request: Request) -> str:
        return request.url.path.removeprefix(f"/{self.gateway.name}")

    def refused(self, refusal: Refusal, request: Request) -> Response:
        return _response(self.gateway.error(refusal.kind, refusal.message, self.below(request)))

    async def submit(self, request: Request, entry: Entry) -> Response:
        """An order: the script has the first word, then the documents, then the limits."""
        body, files = await _read(request, self.gateway)
        entry.prompt = self.gateway.prompt(body or {})
        fault = self.world.script.pick("submit", self.gateway.name, entry.prompt, entry.n)
        entry.fault = fault.do if fault else ""
        accepts = fault is None or fault.accepted or fault.do in ("lost_after", "malformed")
        if fault and not accepts:
            return self.faulty(fault, request, None)
        call = self.call(request, body, files)
        order_id = request.headers.get(ORDER_ID) or self.gateway.order_id(call.body)
        known = self.known(order_id)
        job = known or await self.accept(call, entry.n)
        job.root, job.order_id = call.root, order_id
        entry.job = job.id
        receipt = self.gateway.repeated(job, call) if known else self.gateway.accepted(job, call)
        return self.faulty(fault, request, receipt) if fault else _response(receipt)

    def known(self, order_id: str) -> Job | None:
        """The job of a repeated order, as long as this gateway remembers its id."""
        young = time.time() - max(self.world.options(self.gateway.name).remembers_s, self.gateway.remembers_s)
        jobs = self.world.book.accounts[self.gateway.name].jobs.values()
        return next((job for job in jobs if order_id and job.order_id == order_id and job.created > young), None)

    async def listed(self, request: Request, entry: Entry) -> Response:
        """The receipt of the job that an order's id came with, where this gateway lists its jobs."""
        asked, account = request.path_params["order_id"], self.world.book.accounts[self.gateway.name]
        if not self.world.options(self.gateway.name).lists:
            raise Refusal("not_found")
        found = [job.id for job in account.jobs.values() if job.order_id == asked]
        return JSONResponse({"jobs": [{"id": job, "order_id": asked} for job in found]})

    async def listing(self, request: Request, entry: Entry) -> Response:
        """All jobs, where this gateway itself documents a list."""
        jobs = [job for job in self.world.book.accounts[self.gateway.name].jobs.values() if not job.deleted]
        query = dict(request.query_params)
        if self.world.options(self.gateway.name).repeats_pages:
            query = {name: value for name, value in query.items() if name not in ("page_num", "page_no", "cursor")}
        return _response(self.gateway.listing(jobs, query))

    def call(self, request: Request, body: dict[str, object] | None, files: Files) -> Call:
        only = self.world.options(self.gateway.name).forms_only
        kinds = ("application/json", "multipart/form-data")[int(only) : 1 + self.gateway.takes_forms]
        if not request.headers.get("content-type", "").startswith(kinds):
            raise Refusal("bad_request", f"Content-Type must be {' or '.join(kinds)}")
        if body is None:
            raise Refusal("bad_request", "the body must be a JSON object")
        root, name = f"{self.world.url}/{self.gateway.name}", self.gateway.name
        find = self.world.book.accounts[name].jobs.get
        return Call(self.below(request), root, body, self.world.options(name), find, self.world.is_done, files)

    async def accept(self, call: Call, n: int) -> Job:
        wish = self.gateway.wish(call)
        await look(wish, self.gateway, call.options, self.client)
        return self.world.accept(self.gateway, wish, n)

    async def poll(self, request: Request, entry: Entry) -> Response:
        """What has become of a job."""
        return self.told(request, entry, self.state)

    async def result(self, request: Request, entry: Entry) -> Response:
        """The second document, where a job's result stands in one of its own."""
        return self.told(request, entry, self.second)

    async def content(self, request: Request, entry: Entry) -> Response:
        """The clip itself, under a path that wants the key."""
        job = self.found(request, entry)
        if not self.world.is_done(job) or job.ending != "completed":
            raise Refusal("not_found", "no content yet")
        return await self.downloads.serve(request, job, entry)

    async def cancel(self, request: Request, entry: Entry) -> Response:
        """A job's owner gives it up."""
        job = self.found(request, entry)
        answer = self.gateway.cancelled(job, self.world.is_done(job))
        self.world.cancel(job)
        return Response(status_code=204) if answer.status == 204 else _response(answer)

    def found(self, request: Request, entry: Entry) -> Job:
        job = self.world.book.accounts[self.gateway.name].jobs.get(self.asked(request))
        if job is None or job.deleted:
            raise Refusal("not_found")
        entry.job, entry.prompt = job.id, job.prompt
        return job

    def told(self, request: Request, entry: Entry, say: Callable[[Job, bool, Fault | None], Answer]) -> Response:
        world, gateway, job = self.world, self.gateway, self.found(request, entry)
        done = world.is_done(job)
        fault = world.script.pick("poll", gateway.name, job.prompt, job.n, job, done)
        entry.fault = fault.do if fault else ""
        job.message = echoed(job.message, self.key(request))
        if fault and fault.do == "other_job":
            return _response(self.state(replace(job, id=f"other-{job.id}"), done, None))
        if fault and fault.do not in ("unknown_status", "no_url", "url"):
            return self.faulty(fault, request, say(job, done, None))
        if gateway.has_floor and world.too_fast(job):
            return Response(status_code=304)
        answer = say(job, done, fault)
        job.polls += 1
        return _response(answer)

    def asked(self, request: Request) -> str:
        return self.gateway.job_id(request.path_params, request.query_params)

    def state(self, job: Job, done: bool, fault: Fault | None) -> Answer:
        if fault and fault.do == "unknown_status":
            return self.gateway.pending(job, fault.word)
        if not done:
            return self.gateway.pending(job, self.gateway.words[min(job.polls, len(self.gateway.words) - 1)])
        if job.ending != "completed":
            return self.gateway.finished(job, "")
        return self.gateway.finished(job, fault.url if fault else self.world.fresh_url(job))

    def second(self, job: Job, done: bool, fault: Fault | None) -> Answer:
        if not done:
            raise Refusal("not_found", "the request is still in progress")
        if job.ending != "completed":
            return self.gateway.result(job, "")
        return self.gateway.result(job, fault.url if fault else self.world.fresh_url(job))

    async def free(self, request: Request, entry: Entry) -> Response:
        """A call that costs nothing."""
        return _response(self.gateway.free(self.below(request), self.world.balance(self.gateway.name)))

    async def nothing(self, request: Request, entry: Entry) -> Response:
        """No such endpoint at this gateway."""
        raise Refusal("not_found", "Unknown endpoint")

    def faulty(self, fault: Fault, request: Request, answer: Answer | None) -> Response:
        """The reply that the script wants, over the one there would have been."""
        if fault.do == "kind":
            message = echoed(fault.message, self.key(request))
            found = self.gateway.error(fault.kind, message, self.below(request))
            return _response(found, retry_after(fault))
        if fault.do == "malformed":
            return Response('{"id": "job_', answer.status if answer else 200, media_type="application/json")
        return plain_fault(fault, self.wires)


def echoed(message: str, key: str) -> str:
    """The message with the key in it, as it was sent, in base64 and as in an address."""
    spelled = {"{key}": key, "{key64}": base64.b64encode(f"key: {key}".encode()).decode()}
    spelled["{key_url}"] = urllib.parse.quote(key, safe="")
    for name, text in spelled.items():
        message = message.replace(name, text)
    return message


def _response(answer: Answer, more: Mapping[str, str] | None = None) -> Response:
    headers = {**answer.headers, **(more or {})}
    if answer.body is None:
        return Response(status_code=answer.status, headers=headers)
    return JSONResponse(answer.body, answer.status, headers)


async def _read(request: Request, gateway: Gateway) -> tuple[dict[str, object] | None, Files]:
    """The body's fields, and its files where it is a form; None where it is neither form nor JSON."""
    kind = request.headers.get("content-type", "")
    try:
        if gateway.takes_forms and kind.startswith("multipart/form-data"):
            return read_form(kind, await request.body()) or (None, {})
        value = await request.json()
    except (ValueError, ClientDisconnect):
        return None, {}
    return gateway.read(value), {}
