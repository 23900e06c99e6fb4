"""The way of each request: by the proxy that the environment names for its host, or by none. Uses httpx."""

import errno
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from tasks.domain.redaction import USER
from tasks.transport.hosts import why_unusable
from tasks.transport.network import Network

ERRNO = re.compile(r"\[Errno -?\d+\] ")  # a number that says nothing beside its words
HASHED = re.compile(r"[0-9a-f]{8}\.\d+")
Made = Callable[..., httpx.AsyncBaseTransport]


def proxy_of(network: Network, url: httpx.URL) -> str:
    """The URL of the proxy for a request to ``url``; empty where it goes directly."""
    port = url.port or (443 if url.scheme == "https" else 80)
    return network.proxy_for(url.scheme, url.raw_host.decode("ascii"), port)


def why_empty(folders: str) -> str:
    """Why no certificate is found in these folders, divided as in ``PATH``; empty where one may be, or none is named.

    OpenSSL looks for each under its hash, and says nothing of a folder that is not there.
    """
    if not folders:
        return ""
    held = [[*Path(one).iterdir()] for one in folders.split(os.pathsep) if Path(one).is_dir()]
    if any(HASHED.fullmatch(file.name) for files in held for file in files):
        return ""
    if not held:
        return f"cannot be read: {os.strerror(errno.ENOENT)}"
    return f"holds no certificate under its hash: openssl rehash {folders.split(os.pathsep)[-1]} makes them"


class ProxyFailure(httpx.ConnectError):
    """A proxy made no connection; nothing was sent. Its text says which, and why."""


class Proxied(httpx.AsyncBaseTransport):
    """Sends each request by the proxy that ``network`` names for it, or directly. ``make`` builds a transport."""

    def __init__(self, network: Network, make: Made, verify: Any) -> None:
        self.network, self.make, self.verify = network, make, verify
        self.ways: dict[str, httpx.AsyncBaseTransport] = {}

    def _way(self, proxy: str) -> httpx.AsyncBaseTransport:
        if proxy not in self.ways:
            if wrong := why_unusable(proxy) if proxy else "":
                raise ProxyFailure(wrong)
            over = {"proxy": httpx.Proxy(proxy, ssl_context=_tls(proxy, self.verify))} if proxy else {}
            self.ways[proxy] = self.make(verify=self.verify, **over)
        return self.ways[proxy]

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request as any transport does.

        Raises ``ProxyFailure`` when it fails before the proxy was told of the request itself: then nothing was
        sent.
        """
        proxy = proxy_of(self.network, request.url)
        way = self._way(proxy)
        if not proxy:
            return await way.handle_async_request(request)
        left = _Departure()
        request.extensions = {**request.extensions, "trace": left.heard}
        try:
            response = await way.handle_async_request(request)
        except httpx.TransportError as error:
            if left.seen:
                raise
            raise ProxyFailure(
                f"the proxy {USER.sub('', proxy)} made no connection: {describe_failure(error)}"
            ) from error
        if response.status_code == 407:  # its own word, never the host's
            await response.aclose()
            raise ProxyFailure(f"the proxy {USER.sub('', proxy)} wants a name and a password (407)")
        return response

    async def aclose(self) -> None:
        """Close every way."""
        for way in self.ways.values():
            await way.aclose()


def _tls(proxy: str, verify: Any) -> Any:
    return verify if proxy.lower().startswith("https:") else None


class _Departure:
    """Whether the request has begun to leave; what opens the way through a proxy is none."""

    def __init__(self) -> None:
        self.seen = False

    async def heard(self, name: str, info: dict[str, Any]) -> None:
        if name.endswith("send_request_headers.started") and info["request"].method != b"CONNECT":
            self.seen = True


def describe_failure(error: BaseException) -> str:
    """The error in words: the system's own where a library says no more than that all attempts failed."""
    if isinstance(error, ProxyFailure):
        return str(error)
    cause = error.__cause__ or error.__context__
    while cause is not None and not isinstance(cause, ConnectionError):
        cause = cause.__cause__ or cause.__context__
    words = os.strerror(cause.errno) if isinstance(cause, ConnectionError) and cause.errno else str(error)
    return ERRNO.sub("", " ".join(words.split()))[:200] or type(error).__name__
