"""A proxy on loopback that counts what it is asked: plain requests, CONNECT, and SOCKS5. All names lead to one port."""

import asyncio
import contextlib
from dataclasses import dataclass, field


@dataclass
class Proxy:
    """``async with Proxy(port) as proxy``: whatever is asked for is fetched from ``port`` of this machine.

    ``refuses`` is a status that a CONNECT is answered with instead; ``asked`` are the hosts with their ports.
    """

    port: int
    refuses: int = 0
    asked: list[str] = field(default_factory=list)
    seen: list[bytes] = field(default_factory=list)
    tasks: set["asyncio.Task[None] | None"] = field(default_factory=set)

    async def __aenter__(self) -> "Proxy":
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.own = int(self.server.sockets[0].getsockname()[1])
        return self

    async def __aexit__(self, *gone: object) -> None:
        self.server.close()
        for task in self.tasks:
            if task is not None:
                task.cancel()
        await asyncio.gather(*(task for task in self.tasks if task), return_exceptions=True)

    def url(self, scheme: str = "http") -> str:
        return f"{scheme}://anna:word@127.0.0.1:{self.own}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.tasks.add(asyncio.current_task())
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            first = await reader.readexactly(1)
            head = await (self._socks(reader, writer) if first == b"\x05" else self._http(first, reader, writer))
            if head is not None:
                await self._joined(head, reader, writer)
        writer.close()

    async def _http(self, first: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes | None:
        head = first + await reader.readuntil(b"\r\n\r\n")
        self.seen.append(head)
        method, url, _ = head.split(b"\r\n")[0].decode().split(" ")
        self.asked.append(url.partition("://")[2].partition("/")[0] or url)
        if self.refuses:
            writer.write(f"HTTP/1.1 {self.refuses} No\r\nContent-Length: 0\r\n\r\n".encode())
            await writer.drain()
            return None
        if method != "CONNECT":
            path = "/" + url.partition("://")[2].partition("/")[2]
            return head.replace(url.encode(), path.encode(), 1)
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        return b""

    async def _socks(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        await reader.readexactly((await reader.readexactly(1))[0])
        writer.write(b"\x05\x02")
        _, length = await reader.readexactly(2)
        await reader.readexactly(length)
        await reader.readexactly((await reader.readexactly(1))[0])
        writer.write(b"\x01\x00")
        await reader.readexactly(4)
        name = await reader.readexactly((await reader.readexactly(1))[0])
        port = int.from_bytes(await reader.readexactly(2), "big")
        self.asked.append(f"{name.decode()}:{port}")
        writer.write(b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")
        return b""

    async def _joined(self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, out = await asyncio.open_connection("127.0.0.1", self.port)
        out.write(head)
        copies = [asyncio.create_task(_copied(reader, out)), asyncio.create_task(_copied(there, writer))]
        try:
            await asyncio.wait(copies, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for copy in copies:
                copy.cancel()
            out.transport.abort()
            writer.transport.abort()


async def _copied(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError, asyncio.CancelledError):
        while data := await source.read(65536):
            sink.write(data)
            await sink.drain()
