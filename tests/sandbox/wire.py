"""Replies that a well-behaved server never gives: connections cut at a chosen byte, silence, drips.

uvicorn hands an application no transport; its protocol class may be subclassed, and asyncio calls
``connection_made`` with it. So the open ones are kept by the peer's address, which every request names.
"""

import asyncio
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

Peer = tuple[str, int]


class Wires:
    """The open connections of one server."""

    def __init__(self) -> None:
        self.open: dict[Peer, asyncio.Transport] = {}

    def protocol(self) -> type[H11Protocol]:
        """A protocol class for uvicorn that keeps its transports here."""
        known = self.open

        class Known(H11Protocol):
            def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn
                super().connection_made(transport)
                if self.client:
                    known[self.client] = transport

            def connection_lost(self, exc: Exception | None) -> None:
                if self.client and known.get(self.client) is self.transport:
                    del known[self.client]
                super().connection_lost(exc)

        return Known

    def cut_all(self) -> None:
        """Close every connection at once."""
        for transport in list(self.open.values()):
            transport.abort()


class _Odd(Response):
    """A reply that needs its connection in its hands."""

    def __init__(self, wires: Wires, status: int = 0) -> None:
        super().__init__(status_code=status or 200)
        self.wires = wires
        self.status_code = status

    def transport(self, scope: Scope) -> asyncio.Transport | None:
        return self.wires.open.get(tuple(scope["client"]))


async def _gone(receive: Receive) -> None:
    """Until the server knows that the connection is closed; it would else answer 500 for us."""
    while (await receive())["type"] != "http.disconnect":
        pass


class Lost(_Odd):
    """The connection is closed without a byte, after ``seconds`` of silence."""

    def __init__(self, wires: Wires, seconds: float = 0.0) -> None:
        super().__init__(wires)
        self.seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.seconds:
            try:
                async with asyncio.timeout(self.seconds):
                    await _gone(receive)
            except TimeoutError:
                pass
        if transport := self.transport(scope):
            transport.abort()
        await _gone(receive)


class Truncated(_Odd):
    """Content-Length tells of all of ``data``; its first part comes, then the connection is closed."""

    def __init__(self, wires: Wires, data: bytes) -> None:
        super().__init__(wires, 200)
        self.data = data

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send(_start(len(self.data)))
        await send(_part(self.data[: len(self.data) // 2], more=True))
        if transport := self.transport(scope):
            transport.close()
        await _gone(receive)


class Slow(_Odd):
    """All of ``data``, in twenty parts over ``seconds``."""

    def __init__(self, wires: Wires, data: bytes, seconds: float) -> None:
        super().__init__(wires, 200)
        self.data = data
        self.seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send(_start(len(self.data)))
        step = len(self.data) // 20 + 1
        for at in range(0, len(self.data), step):
            await send(_part(self.data[at : at + step], more=True))
            await asyncio.sleep(self.seconds / 20)
            if self.transport(scope) is None:
                return
        await send(_part(b"", more=False))


class Endless(_Odd):
    """A head without a length, then the same piece until nobody listens any more."""

    def __init__(self, wires: Wires, head: bytes, piece: bytes) -> None:
        super().__init__(wires, 200)
        self.head, self.piece = head, piece

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
        await send(_part(self.head, more=True))
        while self.transport(scope) is not None:
            await send(_part(self.piece, more=True))
            await asyncio.sleep(0)


class Heads(_Odd):
    """A status line and headers, as many as wanted."""

    def __init__(self, wires: Wires, lines: bytes) -> None:
        super().__init__(wires)
        self.lines = lines

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if transport := self.transport(scope):
            transport.write(b"HTTP/1.1 200 OK\r\n" + self.lines + b"content-length: 2\r\n\r\n{}")
            transport.close()
        await _gone(receive)


class Claims(_Odd):
    """A Content-Length of any size, a byte, and then nothing."""

    def __init__(self, wires: Wires, length: int) -> None:
        super().__init__(wires, 200)
        self.length = length

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send(_start(self.length))
        await send(_part(b"x", more=True))
        await _gone(receive)


def _start(length: int) -> dict[str, Any]:
    headers = [(b"content-type", b"video/mp4"), (b"content-length", str(length).encode())]
    return {"type": "http.response.start", "status": 200, "headers": headers}


def _part(data: bytes, more: bool) -> dict[str, Any]:
    return {"type": "http.response.body", "body": data, "more_body": more}
