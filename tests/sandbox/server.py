"""The server in a thread of its own: ``with Sandbox(faults=[...]) as box``."""

import asyncio
import os
import socket
import threading
import urllib.parse
from collections.abc import Mapping, Sequence
from decimal import Decimal
from types import TracebackType
from typing import Any

import uvicorn

from tests.sandbox.app import build_app
from tests.sandbox.book import Bill, JobLine
from tests.sandbox.wire import Wires
from tests.sandbox.world import World

Faults = Sequence[Mapping[str, Any]] | Mapping[str, Any] | str
FAST = {"poll_every_s": 0.01, "poll_max_s": 0.05, "submits_per_minute": 100_000}


class Server(uvicorn.Server):
    """uvicorn that says when it listens, and at its end cuts the connections that are open."""

    def __init__(self, config: uvicorn.Config, wires: Wires) -> None:
        super().__init__(config)
        self.wires = wires
        self.ready = threading.Event()
        self.over = asyncio.Event()
        self.loop: asyncio.AbstractEventLoop | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then say so."""
        await super().startup(sockets=sockets)
        self.loop = asyncio.get_running_loop()
        self.ready.set()

    async def main_loop(self) -> None:
        """Wait for the end."""
        await self.over.wait()
        self.wires.cut_all()

    def end(self) -> None:
        """From any thread: stop."""
        if self.loop is not None and not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self.over.set)


def bound(port: int) -> socket.socket:
    """A listening loopback socket; OSError where the port is taken."""
    # asyncio sends small packets at once only where the protocol is named; else each reply takes 40 ms more
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(("127.0.0.1", port))
        sock.listen(2048)
    except OSError:
        sock.close()
        raise
    return sock


class Sandbox:
    """A running sandbox; a context manager.

    ``faults`` is a list of faults, a whole script as a mapping, or its TOML; ``gateways`` options by
    gateway (``protocol.Options``): ``{"pixazo": {"in_flight": 2, "credit_usd": 9}}``. ``job_seconds`` is
    how long a job takes. Clips are served from ``media_host``. ScriptError if the script is wrong.
    """

    def __init__(
        self,
        faults: Faults = (),
        *,
        job_seconds: float = 0.05,
        gateways: Mapping[str, Mapping[str, Any]] | None = None,
        port: int = 0,
        media_host: str = "127.0.0.1",
    ) -> None:
        self._sock = bound(port)
        try:
            self.port = int(self._sock.getsockname()[1])
            self.url = f"http://127.0.0.1:{self.port}"
            self.world = World(self.url, f"http://{media_host}:{self.port}", job_seconds)
            self._extra = gateways
            self.world.play(faults, gateways)
        except BaseException:
            self._sock.close()
            raise
        self._media = f"{media_host}:{self.port}"
        self._wires = Wires()
        self._server = self._make_server()
        self._thread = threading.Thread(target=self._run, name="sandbox", daemon=True)

    def _make_server(self) -> Server:
        config = uvicorn.Config(
            build_app(self.world, self._wires),
            http=self._wires.protocol(),
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            timeout_keep_alive=3600,  # a server that closes idle connections loses orders of its own making
            timeout_graceful_shutdown=2,
        )
        return Server(config, self._wires)

    def _run(self) -> None:
        asyncio.run(self._server.serve(sockets=[self._sock]))

    def __enter__(self) -> "Sandbox":
        self._thread.start()
        if not self._server.ready.wait(20):
            raise RuntimeError("the sandbox did not start")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Close every connection and end. A second call does nothing."""
        self._server.end()
        if self._thread.is_alive():
            self._thread.join(20)
        self._sock.close()

    def base_url(self, gateway: str) -> str:
        """What ``base_url`` in a config must be to reach this gateway here."""
        if gateway not in self.world.gateways:
            raise KeyError(gateway)
        return f"{self.url}/{gateway}"

    def image_url(self, name: str, size: str = "1280x720") -> str:
        """The URL of a picture of this size."""
        return f"{self.url}/sandbox/images/{urllib.parse.quote(name)}?size={size}"

    def faults(self, faults: Faults, gateways: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        """Replace the script; the options given at the start stay unless ``gateways`` says otherwise."""
        self.world.play(faults, self._extra if gateways is None else gateways)

    def reset(self) -> None:
        """Forget jobs, bills, log and fault counts; the script stays."""
        self.world.reset()

    def bill(self) -> Bill:
        """What each gateway accepted and took, money as Decimal."""
        return self.world.book.bill()

    def billed(self, gateway: str = "") -> Decimal:
        """US dollars taken by one gateway, or by all."""
        accounts = self.world.book.accounts
        return sum((accounts[name].billed for name in accounts if gateway in ("", name)), Decimal(0))

    def jobs(self, gateway: str = "") -> list[JobLine]:
        """Every accepted order of one gateway, or of all."""
        bill = self.bill()
        return [job for name in bill if gateway in ("", name) for job in bill[name]["jobs"]]

    def log(self) -> list[dict[str, Any]]:
        """Every request: time, gateway, method, path, status (0: closed without a reply), prompt, key
        (its last four characters), foreign_key (whose it was, if another gateway's), fault, job."""
        return self.world.book.entries()

    def env(self, **settings: object) -> dict[str, str]:
        """The environment that points a config with these gateways here, with quick polls and keys.

        ``settings`` are further provider settings for every gateway: ``box.env(deadline_s=2)``.
        """
        hosts = ",".join(dict.fromkeys((f"127.0.0.1:{self.port}", self._media)))
        found: dict[str, str] = {}
        for name, gateway in self.world.gateways.items():
            values = {"base_url": self.base_url(name), "allow_hosts": hosts, **FAST, **settings}
            found |= {f"STORYREEL_{name.upper()}__{key.upper()}": str(value) for key, value in values.items()}
            found[gateway.variable] = f"sandbox-{name}"
        return found
