"""HTTP: one request with a deadline, a guarded fetch, a guarded download. What a stranger names (an image of a board, a
result URL) goes through `Guard`.

httpx is loaded by the first request: that is a tenth of the time of a plan, which asks nobody.
"""

from collections.abc import Callable, Collection, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.domain.order import Reply, Request
from tasks.transport.failures import DownloadLimits, HttpStatus, Lost, NotSent, TooLarge
from tasks.transport.hosts import Forbidden, bare, host_of, is_named
from tasks.transport.network import Network

if TYPE_CHECKING:
    import httpx

# the door's names, wherever they are kept
__all__ = [
    "DownloadLimits",
    "Forbidden",
    "Http",
    "HttpStatus",
    "Lost",
    "NotSent",
    "TooLarge",
    "bare",
    "host_of",
    "is_named",
]

REPLY_BYTES = 1_000_000  # honest ones have a few thousand; 400 may come at a time
RECEIPT_BYTES = 64_000_000  # of the reply to an order, which may repeat it; no more than the above is kept


class Http:
    """The connections of one run. ``transport`` stands in for the network where a test wants it to; ``network`` says
    by which proxies it goes, and whose certificates count."""

    def __init__(self, transport: "httpx.AsyncBaseTransport | None" = None, network: Network = Network()) -> None:  # noqa: B008 - frozen
        self.transport, self.network = transport, network
        self.networks: dict[tuple[str, ...] | str, httpx.AsyncBaseTransport] = {}

    async def close(self) -> None:
        """Close every connection."""
        for network in self.networks.values():
            await network.aclose()

    def _network(self, way: tuple[str, ...] | str) -> "httpx.AsyncBaseTransport":
        """The way of a `method` to gateways, or the guarded one that may reach these hosts; a plan needs neither."""
        from tasks.transport import wire

        if way not in self.networks:
            self.networks[way] = self.transport or wire.open_way(way, self.network)
        return self.networks[way]

    def why_closed(self, url: str) -> str:
        """Why this machine's environment lets nothing reach ``url``, found without asking; empty where it may."""
        if not host_of(url)[0] or self.transport is not None:
            return ""
        from tasks.transport import wire

        return wire.why_closed(self.network, url)

    async def ask(self, request: Request, url: str, headers: Mapping[str, str], timeout: float) -> Reply:
        """Send one API call, follow no redirect, and give the reply that came within ``timeout`` seconds.

        Raises ``NotSent`` when the request cannot have left, ``Lost`` when no whole reply came in time (``TooLarge``
        when it is only larger than what is kept of one), ``LocalFault`` when this machine is what failed.
        """
        if not host_of(url)[0]:
            raise NotSent(f"{bare(url)} names no host")
        from tasks.transport import wire

        whole, order = request.most or REPLY_BYTES, request.method == "POST"
        way = partial(self._network, "GET" if request.method == "GET" else "POST")
        return await wire.ask(way, request, url, headers, timeout, (whole, RECEIPT_BYTES if order else whole))

    async def download(
        self,
        url: str,
        out: Path,
        limits: DownloadLimits,
        *,
        allowed: Collection[str],
        headers: Callable[[str], Mapping[str, str]] = lambda url: {},
    ) -> str:
        """Stream a file to ``out`` and give its media type as claimed.

        Redirects are followed by hand, each hop checked; ``headers`` says what a hop's host may be told. Behind a hop
        that may be told nothing, no other is told anything: a stranger sent us there. Raises ``Forbidden`` or
        ``HttpStatus`` when there is no such file for us, ``Lost`` when it is cut short, stalls or takes over
        ``limits.total`` seconds, ``MediaError`` when it is too large, ``LocalFault`` when ``out`` cannot hold it or
        this machine failed otherwise.
        """
        from tasks.transport import wire

        return await wire.download(self._network(tuple(sorted(allowed))), url, out, limits, headers)
