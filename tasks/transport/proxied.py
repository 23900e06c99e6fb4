"""The way of each request: by the proxy that the environment names for its host, or by none. Uses httpx."""

import importlib.util
from collections.abc import Callable
from typing import Any

import httpx

from tasks.domain.redaction import USER
from tasks.transport.network import KINDS, Network

Made = Callable[..., httpx.AsyncBaseTransport]


def proxy_of(network: Network, url: httpx.URL) -> str:
    """The URL of the proxy for a request to ``url``; empty where it goes directly."""
    port = url.port or (443 if url.scheme == "https" else 80)
    return network.proxy_for(url.scheme, url.raw_host.decode("ascii"), port)


def why_unusable(proxy: str) -> str:
    """Why a proxy cannot be used on this machine, in words; empty where it can."""
    shown = USER.sub("", proxy)
    try:
        parts = httpx.URL(proxy)
    except httpx.InvalidURL:
        return f"the proxy {shown} is no address: write http://host:port"
    if parts.scheme not in KINDS or not parts.host:
        return f"the proxy {shown} is of no kind that is known: write http://, https:// or socks5://host:port"
    if parts.scheme.startswith("socks") and importlib.util.find_spec("socksio") is None:
        return f"the proxy {shown} needs another package: pip install 'storyreel[socks]'"
    return ""


class Proxied(httpx.AsyncBaseTransport):
    """Sends each request by the proxy that ``network`` names for it, or directly. ``make`` builds a transport."""

    def __init__(self, network: Network, make: Made, verify: Any) -> None:
        self.network, self.make, self.verify = network, make, verify
        self.ways: dict[str, httpx.AsyncBaseTransport] = {}

    def _way(self, proxy: str) -> httpx.AsyncBaseTransport:
        if proxy not in self.ways:
            if wrong := why_unusable(proxy) if proxy else "":
                raise httpx.ConnectError(wrong)
            over = {"proxy": httpx.Proxy(proxy, ssl_context=_tls(proxy, self.verify))} if proxy else {}
            self.ways[proxy] = self.make(verify=self.verify, **over)
        return self.ways[proxy]

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request as any transport does.

        Raises ``httpx.ConnectError`` when it fails before the proxy was told of the request itself: then nothing was
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
            raise httpx.ConnectError(f"the proxy {USER.sub('', proxy)} made no connection: {error}") from error
        if response.status_code == 407:  # its own word, never the host's
            await response.aclose()
            raise httpx.ConnectError(f"the proxy {USER.sub('', proxy)} wants a name and a password (407)")
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
