"""The review's server: it listens, says where, and ends as soon as it is told to."""

import asyncio
import contextlib
import secrets
import socket
from collections.abc import Iterator
from typing import Any

import uvicorn
from starlette.applications import Starlette

from tasks.commands.review.access import LOOPBACK, Access, is_loopback
from tasks.domain.errors import StartError

FAREWELL = 1.0  # seconds until a stopped server is left to itself


class _Server(uvicorn.Server):
    """uvicorn that leaves the signals to the command, which ends at once."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there. Raises ``StartError`` when it cannot."""
    if not 0 <= port <= 65_535:
        raise StartError(f"nothing can listen at {host} port {port}: a port is a number from 0 to 65535")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=128)
    except OSError as error:
        raise StartError(f"nothing can listen at {host} port {port}: {error.strerror or error}") from error


def access_at(host: str, port: int) -> Access:
    """Who may ask what listens there; a new token."""
    name = socket.gethostname().lower()
    names = {*LOOPBACK, host.lower()} if is_loopback(host) else {*LOOPBACK, host.lower(), name, f"{name}.local"}
    return Access(secrets.token_urlsafe(32), port, frozenset(names), anywhere=not is_loopback(host))


def addresses(host: str, access: Access) -> list[str]:
    """Where a browser finds it, with the token: from this machine first."""
    every = host in ("0.0.0.0", "::", "")  # noqa: S104 - what a user asked for
    shown = ["127.0.0.1" if host != "::" else "::1", socket.gethostname()] if every else [host]
    places = (f"[{one}]" if ":" in one else one for one in shown)
    return [f"http://{place}:{access.port}/?token={access.token}" for place in places]


async def serve(app: Starlette, listening: socket.socket) -> None:
    """Serve until cancelled; it then ends at once, whatever is on its way."""
    settings: dict[str, Any] = {"lifespan": "off", "http": "h11", "ws": "none", "proxy_headers": False}
    settings |= {"log_config": None, "log_level": "critical", "access_log": False, "server_header": False}
    server = _Server(uvicorn.Config(app, **settings))
    work = asyncio.ensure_future(server.serve(sockets=[listening]))
    try:
        await asyncio.shield(work)
    finally:
        server.should_exit = server.force_exit = True
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(work, FAREWELL)
