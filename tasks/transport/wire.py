"""A request as it leaves, and what comes back, over one of httpx's transports. Uses httpx.

httpx has no total deadline, so every step runs under `awake_for`. Its client keeps cookies and prepares
redirects that nobody follows, so requests go to its transports.
"""

import ssl
import zlib
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from functools import cache, partial
from pathlib import Path
from typing import cast
from urllib.parse import urljoin

import httpx

from tasks.domain import machine
from tasks.domain.errors import LocalFault, MediaError
from tasks.domain.order import Reply, Request
from tasks.transport.awake import awake_for
from tasks.transport.body import Body
from tasks.transport.failures import DownloadLimits, HttpStatus, Lost, NotSent, TooLarge
from tasks.transport.guard import ONCE, Guard
from tasks.transport.hosts import Forbidden, bare, host_of, why_unusable
from tasks.transport.network import Network
from tasks.transport.proxied import Proxied, describe_failure, proxy_of, why_empty

REDIRECTS = 5
# of a deadline, for TCP and for TLS each: what ends while it connects must not look as if it had left
CONNECT_SHARE = 0.45
PIECE = 65536  # bytes that are unpacked at a time
# replies are small and clips are packed already; some front doors turn away who does not say his name
PLAIN = {"accept": "*/*", "accept-encoding": "identity", "user-agent": "storyreel"}
CALM = httpx.Limits(max_connections=None, max_keepalive_connections=10)  # each is looked at for every request
NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol, UnicodeError)


def open_way(way: tuple[str, ...] | str, network: Network) -> httpx.AsyncBaseTransport:
    """The way of a `method` to gateways, or the guarded one that may reach these hosts.

    An order goes on a connection of its own: on one that lay idle it may cross the gateway's close, and be at risk
    for nothing. A question that is lost so is asked again. Raises ``LocalFault`` when no certificates can be read.
    """
    plain = partial(httpx.AsyncHTTPTransport, limits=CALM if way == "GET" else ONCE)
    kind = plain if isinstance(way, str) else partial(Guard, way)
    return Proxied(network, kind, _trust(network.ca_file, network.ca_folder))


def why_closed(network: Network, url: str) -> str:
    """Why this machine's environment lets nothing reach ``url``, found without asking; empty where it may."""
    proxy = proxy_of(network, httpx.URL(url))
    if wrong := why_unusable(proxy) if proxy else "":
        return wrong
    try:
        _trust(network.ca_file, network.ca_folder)
    except LocalFault as error:
        return str(error)
    return ""


@cache
def _trust(file: str = "", folder: str = "") -> ssl.SSLContext:
    """The certificates of this file and folder, else those of certifi; to read them takes longer than to connect."""
    if lacks := "" if file else why_empty(folder):
        raise LocalFault(f"SSL_CERT_DIR={folder} {lacks}")
    try:
        if file or folder:
            return ssl.create_default_context(cafile=file or None, capath=folder or None)
        return httpx.create_ssl_context(trust_env=False)
    except OSError as error:
        given = (("SSL_CERT_FILE", file), ("SSL_CERT_DIR", folder))
        what = " and ".join(f"{name}={value}" for name, value in given if value) or "this machine's certificates"
        raise LocalFault(f"{what} cannot be read: {describe_failure(error)}") from error


async def ask(
    way: Callable[[], httpx.AsyncBaseTransport],
    request: Request,
    url: str,
    headers: Mapping[str, str],
    timeout: float,
    bounds: tuple[int, int],
) -> Reply:
    """What `Http.ask` gives; ``bounds`` are the most bytes that are kept of a reply, and that may come.

    Raises ``NotSent``, ``Lost``, ``TooLarge`` and ``LocalFault`` when it says so.
    """
    try:
        async with awake_for(timeout):
            response = await way().handle_async_request(_built(request, url, headers, timeout))
            try:
                body = await _bounded(response, *bounds)
            finally:
                await response.aclose()
    except httpx.LocalProtocolError as error:  # its text would show the header that holds the key
        raise NotSent(f"the request to {host_of(url)[1]} cannot be written as HTTP") from error
    except TooLarge as error:
        raise TooLarge(f"no whole reply from {host_of(url)[1]}: {error}") from error
    except NEVER_LEFT as error:
        machine.raise_lack(error)
        raise NotSent(f"no connection to {host_of(url)[1]}: {describe_failure(error)}") from error
    except (httpx.HTTPError, TimeoutError, OSError, MemoryError) as error:
        machine.raise_lack(error, sent=True)
        raise Lost(f"no whole reply from {host_of(url)[1]}: {describe_failure(error)}") from error
    return Reply(response.status_code, body, {k.lower(): v for k, v in response.headers.items()})


async def download(
    network: httpx.AsyncBaseTransport,
    url: str,
    out: Path,
    limits: DownloadLimits,
    headers: Callable[[str], Mapping[str, str]],
) -> str:
    """What `Http.download` gives.

    Raises ``Forbidden``, ``HttpStatus``, ``Lost``, ``MediaError`` and ``LocalFault`` when it says so.
    """
    told = headers(url)
    try:
        async with awake_for(limits.total):
            for _ in range(REDIRECTS + 1):
                async with awake_for(limits.stall):
                    response = await network.handle_async_request(_get(url, told, limits.stall))
                try:
                    if response.has_redirect_location:
                        url = urljoin(url, response.headers["location"])
                        told = told and headers(url)
                        continue
                    if response.status_code != 200:
                        raise HttpStatus(response.status_code, url)
                    await _stream(response, url, out, limits.max_bytes, limits.stall)
                    return str(response.headers.get("content-type", ""))
                finally:
                    await response.aclose()
            raise Forbidden(f"{bare(url)} redirects more than {REDIRECTS} times")
    except (httpx.HTTPError, OSError, ValueError, MemoryError) as error:
        machine.raise_lack(error)
        raise Lost(f"{bare(url)}: {describe_failure(error)}") from error


def _built(request: Request, url: str, headers: Mapping[str, str], timeout: float) -> httpx.Request:
    limits = httpx.Timeout(None, connect=CONNECT_SHARE * timeout)
    built = httpx.Request(
        request.method,
        url,
        params=dict(request.params) or None,
        headers={**PLAIN, **request.headers, **headers},
        json=request.json,
        files={**{name: (None, value) for name, value in request.form.items()}, **request.files} or None,
        extensions={"timeout": limits.as_dict()},
    )
    return _signed(built)


def _get(url: str, headers: Mapping[str, str], stall: float) -> httpx.Request:
    if not host_of(url)[0]:
        raise Forbidden(f"{bare(url)} names no host")
    limits = {"timeout": httpx.Timeout(None, connect=stall).as_dict()}
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
        raise httpx.DecodingError(f"the body is compressed as {coding[:40]!r}, which was not asked for")
    unpack = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        async for chunk in raw:
            while chunk and not unpack.eof:
                yield unpack.decompress(chunk, PIECE)
                chunk = unpack.unconsumed_tail
            if unpack.eof:
                return
    except zlib.error as error:
        raise httpx.DecodingError("the body is not compressed as its header says") from error
    raise httpx.ReadError("the compressed body is cut short")


async def _bounded(response: httpx.Response, whole: int, most: int) -> bytes:
    body = Body(whole, most)
    async with aclosing(_pieces(response)) as pieces:
        async for piece in pieces:
            if too_much := body.add(piece):
                raise TooLarge(too_much)
    return bytes(body.kept)


async def _stream(response: httpx.Response, url: str, out: Path, max_bytes: int, stall: float) -> None:
    claimed = response.headers.get("content-length", "")
    if claimed.isdigit() and int(claimed) > max_bytes:
        raise MediaError(f"{bare(url)} has {claimed} bytes, at most {max_bytes} are taken")
    size = 0
    with machine.filling(out) as keep:
        async with aclosing(_unstalled(_pieces(response), stall)) as pieces:
            async for piece in pieces:
                size += len(piece)
                if size > max_bytes:
                    raise MediaError(f"{bare(url)} has more than {max_bytes} bytes")
                keep(piece)


async def _unstalled(pieces: AsyncGenerator[bytes, None], stall: float) -> AsyncGenerator[bytes, None]:
    """The pieces, each within so many seconds."""
    async with aclosing(pieces):
        while True:
            async with awake_for(stall):
                piece = await anext(pieces, None)
            if piece is None:
                return
            yield piece
