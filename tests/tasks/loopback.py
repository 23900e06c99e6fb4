"""A small HTTP server on loopback whose path picks the behaviour. It runs in the loop of the test that asks it."""

import asyncio
import contextlib
import gzip
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Seen:
    """One request as it arrived, with the client's port: two requests on one connection share it."""

    path: str
    headers: Mapping[str, str]
    body: bytes = b""
    port: int = 0


Act = Callable[[asyncio.StreamWriter], Awaitable[None]]


def reply(body: bytes = b"", status: int = 200, length: int | None = None, **headers: str) -> bytes:
    """A whole reply; ``length`` claims another one than the body has."""
    named = {"Content-Length": str(len(body) if length is None else length), **headers}
    lines = [f"HTTP/1.1 {status} Word", *(f"{name.replace('_', '-')}: {value}" for name, value in named.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


def goto(location: str, status: int = 302) -> bytes:
    """A redirect."""
    return reply(status=status, Location=location)


def bomb(size: int) -> bytes:
    """A reply whose packed body unpacks to so many bytes."""
    return reply(gzip.compress(bytes(size), 9), Content_Encoding="gzip")


def then_cut(data: bytes) -> Act:
    """These bytes, then the end of the connection."""

    async def act(writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await writer.drain()

    return act


def then_silence(data: bytes = b"") -> Act:
    """These bytes, then nothing more, with the connection open."""

    async def act(writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await asyncio.Event().wait()

    return act


def for_ever(head: bytes, piece: bytes, every: float = 0) -> Act:
    """A head, then the piece again and again."""

    async def act(writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while True:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(every)

    return act


@dataclass
class Loopback:
    """``async with Loopback({"/path": reply or act}) as server``; ``seen`` is what it was asked."""

    answers: dict[str, bytes | Act]
    host: str = "127.0.0.1"
    port: int = 0
    tls: ssl.SSLContext | None = None
    seen: list[Seen] = field(default_factory=list)
    tasks: set["asyncio.Task[Any] | None"] = field(default_factory=set)

    async def __aenter__(self) -> "Loopback":
        self.server = await asyncio.start_server(self._serve, self.host, self.port, ssl=self.tls)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *gone: object) -> None:
        self.server.close()
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await self.server.wait_closed()

    def url(self, path: str = "/") -> str:
        return f"{'https' if self.tls else 'http'}://{self.host}:{self.port}{path}"

    @property
    def place(self) -> str:
        """Host and port, as a config allows them."""
        return f"{self.host}:{self.port}"

    @property
    def paths(self) -> list[str]:
        return [one.path for one in self.seen]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.tasks.add(asyncio.current_task())
        cut = (asyncio.CancelledError, ConnectionError, asyncio.IncompleteReadError, ssl.SSLError)
        with contextlib.suppress(*cut):
            while await self._one(reader, writer):
                pass
        writer.transport.abort() if self.tls else writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().splitlines()
        path = head[0].split()[1]
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        self.seen.append(Seen(path, headers, body, writer.get_extra_info("peername")[1]))
        answer = self.answers[path]
        if isinstance(answer, bytes):
            writer.write(answer)
            await writer.drain()
            return True
        await answer(writer)
        return False
