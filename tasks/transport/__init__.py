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
from tasks.transport.hosts import why_unusable
from tasks.transport.network import Network, read_network, with_loopback

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
