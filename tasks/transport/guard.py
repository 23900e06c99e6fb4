"""The guard by which an untrusted URL reaches only public hosts. Uses httpx.

It resolves a name once, refuses every address that is not public, and connects to the very address it checked.
"""

import asyncio
import contextlib
import socket
from collections.abc import Collection
from typing import Any

import httpx

from tasks.transport.addresses import is_public
from tasks.transport.hosts import Forbidden, bare, is_named

# no connection is kept open: two names may share an address, and the second would be served under the certificate of
# the first
ONCE = httpx.Limits(max_connections=None, max_keepalive_connections=0)


class Guard(httpx.AsyncHTTPTransport):
    """Connects only to public addresses, or to the hosts allowed by name."""

    def __init__(self, allowed: Collection[str], **options: Any) -> None:
        super().__init__(limits=ONCE, **options)
        self.allowed, self.proxied = allowed, options.get("proxy") is not None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Resolve the name once, check every address, and connect to one of these with the name kept for TLS.

        Raises ``Forbidden`` when the URL is not https or an address is not public, and the errors of httpx.
        """
        url = str(request.url)
        if is_named(url, self.allowed):
            return await super().handle_async_request(request)
        if request.url.scheme != "https":
            raise Forbidden(f"{bare(url)} is not https")
        if self.proxied:
            return await self._by_proxy(request)
        trouble: Exception | None = None
        for address in await _checked(request.url.raw_host.decode("ascii"), request.url.port or 443):
            try:
                return await super().handle_async_request(_pinned(request, address))
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                trouble = error
        raise trouble or httpx.ConnectError(f"{request.url.host} has no address")

    async def _by_proxy(self, request: httpx.Request) -> httpx.Response:
        """Send by name, which the proxy resolves. A name that is private here is refused; one that this machine cannot
        resolve may be known to the proxy."""
        with contextlib.suppress(httpx.ConnectError):
            await _checked(request.url.raw_host.decode("ascii"), request.url.port or 443)
        return await super().handle_async_request(request)


def _pinned(request: httpx.Request, address: str) -> httpx.Request:
    """A copy of the request to an address: redirects stay relative to the URL of the original."""
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
    if not all(is_public(address) for address in addresses):
        raise Forbidden(f"{host} is not a public address")
    return addresses
