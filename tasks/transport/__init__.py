"""HTTP with deadlines, and the guard against private addresses."""

from tasks.transport.client import (
    DownloadLimits,
    Forbidden,
    Http,
    HttpStatus,
    Lost,
    NotSent,
    TooLarge,
    bare,
    host_of,
    is_named,
)
from tasks.transport.network import Network, read_network, with_loopback
from tasks.transport.proxied import why_unusable

__all__ = [
    "DownloadLimits",
    "Forbidden",
    "Http",
    "HttpStatus",
    "Lost",
    "Network",
    "NotSent",
    "TooLarge",
    "bare",
    "host_of",
    "is_named",
    "read_network",
    "why_unusable",
    "with_loopback",
]
