"""HTTP: one request with a deadline, a guarded fetch, a guarded download. The only importer of httpx.

httpx has no total deadline, so every step runs under ``asyncio.timeout``. What a stranger names (an image of
a board, a result URL) goes through `Guard`, which resolves the name once, refuses every address that is not
public, and connects to the very address it checked.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx

from tasks.errors import MediaError, StoryreelError
from tasks.models import Reply, Request

REPLY_BYTES = 4_000_000
REDIRECTS = 5


class NotSent(StoryreelError):
    """The connection was not made: the request cannot have arrived."""


class Lost(StoryreelError):
    """The request may have arrived and its reply is lost, late, or larger than any honest one."""


class Forbidden(StoryreelError):
    """A URL that must not be asked: a private address, another scheme, too many redirects."""


class HttpStatus(StoryreelError):
    """A fetch was answered with a status that holds no file."""

    def __init__(self, status: int, url: str) -> None:
        super().__init__(f"{bare(url)} answered {status}")
        self.status = status


def bare(url: str) -> str:
    """The URL without its query: signatures stay out of messages and records."""
    parts = urlsplit(url)
    return f"data:... ({len(url)} characters)" if parts.scheme == "data" else url.partition("?")[0]


def host_of(url: str) -> tuple[str, str]:
    """``("host", "host:port")`` in lower case, the port filled in by scheme."""
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return "", ""
    host = (parts.hostname or "").lower()
    return host, f"{host}:{port}"


def named(url: str, hosts: Collection[str]) -> bool:
    """Whether the URL's host stands in ``hosts``, by name or by name and port."""
    host, with_port = host_of(url)
    return bool(host) and (host in hosts or with_port in hosts)


def public(address: str) -> bool:
    """Whether an IP address is one of the open internet; mapped and translated v4 addresses are looked through."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if ip in ipaddress.ip_network("64:ff9b::/96"):
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return public(str(inner))
    return ip.is_global and not ip.is_multicast


class Guard(httpx.AsyncHTTPTransport):
    """Connects only to public addresses, or to the hosts allowed by name."""

    def __init__(self, allowed: Collection[str], **options: Any) -> None:
        super().__init__(**options)
        self.allowed = allowed

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Resolve once, check every address, connect to the checked one with the name kept for TLS."""
        url = str(request.url)
        if named(url, self.allowed):
            return await super().handle_async_request(request)
        if request.url.scheme != "https":
            raise Forbidden(f"{bare(url)} is not https")
        address = await _checked(request.url.host, request.url.port or 443)
        pinned = httpx.Request(
            request.method,
            request.url.copy_with(host=address),
            headers=request.headers,
            stream=request.stream,
            extensions={**request.extensions, "sni_hostname": request.url.host},
        )
        return await super().handle_async_request(pinned)


async def _checked(host: str, port: int) -> str:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise httpx.ConnectError(f"{host} has no address") from error
    addresses = [str(entry[4][0]) for entry in found]
    if not addresses or not all(public(address) for address in addresses):
        raise Forbidden(f"{host} is not a public address")
    return addresses[0]


class Http:
    """The connections of one run. ``transport`` stands in for the network where a test wants it to."""

    def __init__(self, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self.transport = transport
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=400)
        self.api = httpx.AsyncClient(transport=transport or httpx.AsyncHTTPTransport(limits=limits, trust_env=False))
        self.guarded: dict[tuple[str, ...], httpx.AsyncClient] = {}

    async def close(self) -> None:
        """Close every connection."""
        for client in [self.api, *self.guarded.values()]:
            await client.aclose()

    def _client(self, allowed: Collection[str]) -> httpx.AsyncClient:
        hosts = tuple(sorted(allowed))
        if hosts not in self.guarded:
            self.guarded[hosts] = httpx.AsyncClient(transport=self.transport or Guard(hosts, trust_env=False))
        return self.guarded[hosts]

    async def ask(self, request: Request, url: str, headers: Mapping[str, str], timeout: float) -> Reply:
        """One API call, never redirected. `NotSent` or `Lost` where no whole reply came within ``timeout``."""
        built = self.api.build_request(
            request.method,
            url,
            params=dict(request.params) or None,
            headers={**request.headers, **headers},
            json=request.json,
            data=dict(request.form) or None,
            files=dict(request.files) or None,
            timeout=httpx.Timeout(timeout, pool=None),
        )
        try:
            async with asyncio.timeout(timeout):
                response = await self.api.send(built, stream=True)
                try:
                    body = await _bounded(response, REPLY_BYTES)
                finally:
                    await response.aclose()
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol) as error:
            raise NotSent(f"no connection to {host_of(url)[1]}: {_say(error)}") from error
        except (httpx.HTTPError, TimeoutError) as error:
            raise Lost(f"no whole reply from {host_of(url)[1]}: {_say(error)}") from error
        return Reply(response.status_code, body, {k.lower(): v for k, v in response.headers.items()})

    async def download(
        self,
        url: str,
        out: Path,
        *,
        allowed: Collection[str],
        max_bytes: int,
        stall: float,
        total: float,
        headers: Callable[[str], Mapping[str, str]] = lambda url: {},
    ) -> str:
        """Stream a file to ``out`` and give its media type as claimed.

        Redirects are followed by hand, each hop checked; ``headers`` says what a hop's host may be told.
        `Forbidden`, `HttpStatus`, `Lost` (cut short, stalled, over ``total`` seconds), `MediaError` (too large).
        """
        try:
            async with asyncio.timeout(total):
                for _ in range(REDIRECTS + 1):
                    client = self._client(allowed)
                    timeout = httpx.Timeout(stall, pool=None)
                    async with client.stream("GET", url, headers=dict(headers(url)), timeout=timeout) as response:
                        if response.has_redirect_location:
                            url = urljoin(url, response.headers["location"])
                            continue
                        if response.status_code != 200:
                            raise HttpStatus(response.status_code, url)
                        await _stream(response, out, max_bytes)
                        return str(response.headers.get("content-type", ""))
                raise Forbidden(f"{bare(url)} redirects more than {REDIRECTS} times")
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, ValueError) as error:
            raise Lost(f"{bare(url)}: {_say(error)}") from error


async def _bounded(response: httpx.Response, most: int) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > most:
            raise httpx.ReadError(f"the reply is larger than {most} bytes")
    return bytes(body)


async def _stream(response: httpx.Response, out: Path, max_bytes: int) -> None:
    claimed = response.headers.get("content-length", "")
    if claimed.isdigit() and int(claimed) > max_bytes:
        raise MediaError(f"{bare(str(response.url))} has {claimed} bytes, at most {max_bytes} are taken")
    size = 0
    with out.open("wb") as handle:
        async for chunk in response.aiter_bytes(65536):
            size += len(chunk)
            if size > max_bytes:
                raise MediaError(f"{bare(str(response.url))} has more than {max_bytes} bytes")
            handle.write(chunk)
    if claimed.isdigit() and "content-encoding" not in response.headers and size != int(claimed):
        raise httpx.ReadError(f"{size} of {claimed} bytes came")


def _say(error: BaseException) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
