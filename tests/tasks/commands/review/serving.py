"""A review that is really served on loopback, in a thread of its own."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from tasks.commands.review.app import Plan, build
from tasks.commands.review.server import access_at, addresses, listen, serve
from tasks.commands.review.showing import Showing
from tasks.storage.store import Store

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Served:
    """Where it is served. ``address`` has the token; ``said`` is what the command would print."""

    base: str
    address: str
    said: list[str]

    @contextlib.contextmanager
    def client(self) -> Iterator[httpx.Client]:
        """A browser that has opened the address."""
        with httpx.Client(base_url=self.base, trust_env=False, verify=False, timeout=20) as client:
            client.get(self.address).raise_for_status()
            yield client


@contextlib.contextmanager
def serving_review(store: Store, folder: Path, by: str = "Ana", plan: Plan | None = None) -> Iterator[Served]:
    """Serve the review of a target until the end of the body."""
    said: list[str] = []
    listening = listen(HOST, 0)
    access = access_at(HOST, listening.getsockname()[1])
    showing = Showing(store, folder, by, said.append)
    showing.page()
    loop = asyncio.new_event_loop()
    app = build(showing, access, said.append, plan)
    work = loop.create_task(serve(app, listening))

    def run() -> None:
        with contextlib.suppress(asyncio.CancelledError):
            loop.run_until_complete(work)
        loop.run_until_complete(loop.shutdown_default_executor())

    thread = threading.Thread(target=run)
    thread.start()
    (address, *_) = addresses(HOST, access)
    try:
        yield Served(f"http://127.0.0.1:{access.port}", address, said)
    finally:
        loop.call_soon_threadsafe(work.cancel)
        thread.join(20)
        loop.close()
        listening.close()
