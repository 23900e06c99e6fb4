"""HTTP: one request with a deadline, a guarded fetch, a guarded download. The only importer of httpx.

httpx has no total deadline, so every step runs under ``asyncio.timeout``. Its client keeps cookies and prepares
redirects that nobody follows, so requests go to its transports. What a stranger names (an image of
a board, a result URL) goes through `Guard`, which resolves the name once, refuses every address that is not
public, and connects to the very address it checked.
"""

import asyncio
import re
import socket
import ssl
import zlib
from collections.abc import AsyncGenerator, Callable, Collection, Mapping
from contextlib import aclosing
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Any, cast
from urllib.parse import urljoin

import httpx

from tasks import machine
from tasks.addresses import public
from tasks.errors import LocalFault, MediaError, StoryreelError
from tasks.models import Reply, Request
from tasks.redact import USER
from tasks.shortened import Body

REPLY_BYTES = 1_000_000  # honest ones have a few thousand; 400 may come at a time
RECEIPT_BYTES = 64_000_000  # of the reply to an order, which may repeat it; no more than the above is kept
REDIRECTS = 5
# of a deadline, for TCP and for TLS each: what ends while it connects must not look as if it had left
CONNECT_SHARE = 0.45
PIECE = 65536  # bytes that are unpacked at a time
# replies are small and clips are packed already; some front doors turn away who does not say his name
PLAIN = {"accept": "*/*", "accept-encoding": "identity", "user-agent": "storyreel"}
CALM = httpx.Limits(max_connections=None, max_keepalive_connections=20)  # each is looked at for every request
# two names may share an address: a connection kept open would serve the second under the first one's certificate
ONCE = httpx.Limits(max_connections=None, max_keepalive_connections=0)
NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol, UnicodeError)


class NotSent(StoryreelError):
    """The connection was not made: the request cannot have arrived."""


class Lost(StoryreelError):
    """The request may have arrived and its reply is lost, late, or larger than any honest one."""


class Forbidden(StoryreelError):
    """A URL that must not be asked: a private address or none, another scheme, too many redirects."""


class HttpStatus(StoryreelError):
    """A fetch was answered with a status that holds no file."""

    def __init__(self, status: int, url: str) -> None:
        super().__init__(f"{bare(url)} answered {status}")
        self.status = status


def bare(url: str) -> str:
    """The URL without user, query and fragment: passwords and signatures stay out of messages and records."""
    if url[:5].lower() == "data:":
        return f"data:... ({len(url)} characters)"
    return USER.sub("", re.split("[?#]", url, maxsplit=1)[0])


@lru_cache(maxsize=10_000)
def host_of(url: str) -> tuple[str, str]:
    """``("host", "host:port")`` in lower case, the port filled in by scheme; both empty where there is no host.

    Read by the parser that will connect, so that no spelling means one host here and another one there. An IPv6
    host stands in brackets, a name in its ASCII form.
    """
    try:
        parts = httpx.URL(url)
    except (httpx.InvalidURL, ValueError):
        return "", ""
    host = parts.raw_host.decode("ascii")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    if not host or port > 65535:
        return "", ""
    host = f"[{host}]" if ":" in host else host
    return host, f"{host}:{port}"


def named(url: str, hosts: Collection[str]) -> bool:
    """Whether the URL's host stands in ``hosts``, by name or by name and port."""
    host, with_port = host_of(url)
    return bool(host) and (host in hosts or with_port in hosts)


class Guard(httpx.AsyncHTTPTransport):
    """Connects only to public addresses, or to the hosts allowed by name."""

    def __init__(self, allowed: Collection[str], **options: Any) -> None:
        super().__init__(limits=ONCE, **options)
        self.allowed = allowed

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Resolve once, check every address, connect to a checked one with the name kept for TLS."""
        url = str(request.url)
        if named(url, self.allowed):
            return await super().handle_async_request(request)
        if request.url.scheme != "https":
            raise Forbidden(f"{bare(url)} is not https")
        trouble: Exception | None = None
        for address in await _checked(request.url.raw_host.decode("ascii"), request.url.port or 443):
            try:
                return await super().handle_async_request(_pinned(request, address))
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                trouble = error
        raise trouble or httpx.ConnectError(f"{request.url.host} has no address")


def _pinned(request: httpx.Request, address: str) -> httpx.Request:
    """The same request to an address: a new one, for the old one's URL is what redirects are relative to."""
    return httpx.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=request.headers,
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": request.url.raw_host.decode("ascii")},
    )


async def _checked(host: str, port: int) -> list[str]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise httpx.ConnectError(f"{host} has no address") from error
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not all(public(address) for address in addresses):
        raise Forbidden(f"{host} is not a public address")
    return addresses


@cache
def _trust() -> ssl.SSLContext:
    """The certificates of certifi; to read them takes longer than to connect."""
    try:
        return httpx.create_ssl_context(trust_env=False)
    except OSError as error:
        raise LocalFault(f"this machine's certificates cannot be read: {_say(error)}") from error


class Http:
    """The connections of one run. ``transport`` stands in for the network where a test wants it to."""

    def __init__(self, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self.transport = transport
        self.networks: dict[tuple[str, ...] | None, httpx.AsyncBaseTransport] = {}

    async def close(self) -> None:
        """Close every connection."""
        for network in self.networks.values():
            await network.aclose()

    def _network(self, hosts: tuple[str, ...] | None) -> httpx.AsyncBaseTransport:
        """The way to gateways, or the guarded one that may reach ``hosts``; a plan needs neither."""
        if hosts not in self.networks:
            kind = partial(httpx.AsyncHTTPTransport, limits=CALM) if hosts is None else partial(Guard, hosts)
            self.networks[hosts] = self.transport or kind(verify=_trust())
        return self.networks[hosts]

    async def ask(self, request: Request, url: str, headers: Mapping[str, str], timeout: float) -> Reply:
        """One API call, never redirected.

        `NotSent` where the request cannot have left, `Lost` where no whole reply came within ``timeout`` seconds,
        `LocalFault` where this machine is what failed.
        """
        if not host_of(url)[0]:
            raise NotSent(f"{bare(url)} names no host")
        try:
            async with asyncio.timeout(timeout):
                response = await self._network(None).handle_async_request(_built(request, url, headers, timeout))
                try:
                    body = await _bounded(response, RECEIPT_BYTES if request.method == "POST" else REPLY_BYTES)
                finally:
                    await response.aclose()
        except httpx.LocalProtocolError as error:  # its text would show the header that holds the key
            raise NotSent(f"the request to {host_of(url)[1]} cannot be written as HTTP") from error
        except NEVER_LEFT as error:
            machine.heed(error)
            raise NotSent(f"no connection to {host_of(url)[1]}: {_say(error)}") from error
        except (httpx.HTTPError, TimeoutError, OSError, MemoryError) as error:
            machine.heed(error, sent=True)
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
        `Forbidden`, `HttpStatus`, `Lost` (cut short, stalled, over ``total`` seconds), `MediaError` (too large),
        `LocalFault` (``out`` cannot hold it, or this machine is what failed otherwise).
        """
        network = self._network(tuple(sorted(allowed)))
        try:
            async with asyncio.timeout(total):
                for _ in range(REDIRECTS + 1):
                    response = await network.handle_async_request(_get(url, headers(url), stall))
                    try:
                        if response.has_redirect_location:
                            url = urljoin(url, response.headers["location"])
                            continue
                        if response.status_code != 200:
                            raise HttpStatus(response.status_code, url)
                        await _stream(response, url, out, max_bytes)
                        return str(response.headers.get("content-type", ""))
                    finally:
                        await response.aclose()
                raise Forbidden(f"{bare(url)} redirects more than {REDIRECTS} times")
        except (httpx.HTTPError, OSError, ValueError, MemoryError) as error:
            machine.heed(error)
            raise Lost(f"{bare(url)}: {_say(error)}") from error


def _built(request: Request, url: str, headers: Mapping[str, str], timeout: float) -> httpx.Request:
    limits = httpx.Timeout(timeout, connect=CONNECT_SHARE * timeout, pool=None)
    built = httpx.Request(
        request.method,
        url,
        params=dict(request.params) or None,
        headers={**PLAIN, **request.headers, **headers},
        json=request.json,
        data=dict(request.form) or None,
        files=dict(request.files) or None,
        extensions={"timeout": limits.as_dict()},
    )
    return _signed(built)


def _get(url: str, headers: Mapping[str, str], stall: float) -> httpx.Request:
    if not host_of(url)[0]:
        raise Forbidden(f"{bare(url)} names no host")
    limits = {"timeout": httpx.Timeout(stall, pool=None).as_dict()}
    return _signed(httpx.Request("GET", url, headers={**PLAIN, **headers}, extensions=limits))


def _signed(request: httpx.Request) -> httpx.Request:
    """With the name and password that stand in the URL itself, if any."""
    url = request.url
    if url.userinfo and "authorization" not in request.headers:
        next(httpx.BasicAuth(url.username, url.password).auth_flow(request))
    return request


async def _pieces(response: httpx.Response) -> AsyncGenerator[bytes, None]:
    """The body in pieces of bounded size. httpx unpacks each chunk whole: 64 kB of a bomb become 64 MB or more."""
    raw = cast(httpx.AsyncByteStream, response.stream)
    coding = response.headers.get("content-encoding", "").strip().lower()
    if coding in ("", "identity"):
        async for chunk in raw:
            yield chunk
        return
    if coding not in ("gzip", "x-gzip"):
        raise httpx.DecodingError(f"the body is packed as {coding[:40]!r}, which nobody asked for")
    unpack = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        async for chunk in raw:
            while chunk and not unpack.eof:
                yield unpack.decompress(chunk, PIECE)
                chunk = unpack.unconsumed_tail
            if unpack.eof:
                return
    except zlib.error as error:
        raise httpx.DecodingError("the body is not packed as it says") from error
    raise httpx.ReadError("the packed body is cut short")


async def _bounded(response: httpx.Response, most: int) -> bytes:
    body = Body(REPLY_BYTES, most)
    async with aclosing(_pieces(response)) as pieces:
        async for piece in pieces:
            if too_much := body.add(piece):
                raise httpx.ReadError(too_much)
    return bytes(body.kept)


async def _stream(response: httpx.Response, url: str, out: Path, max_bytes: int) -> None:
    claimed = response.headers.get("content-length", "")
    if claimed.isdigit() and int(claimed) > max_bytes:
        raise MediaError(f"{bare(url)} has {claimed} bytes, at most {max_bytes} are taken")
    size = 0
    with machine.filling(out) as keep:
        async with aclosing(_pieces(response)) as pieces:
            async for piece in pieces:
                size += len(piece)
                if size > max_bytes:
                    raise MediaError(f"{bare(url)} has more than {max_bytes} bytes")
                keep(piece)


def _say(error: BaseException) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
