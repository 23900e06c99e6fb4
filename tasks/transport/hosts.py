"""The host of a URL, and whether an address can be used at all: parsed by httpx, which is loaded with the first one."""

import importlib.util
import re
from collections.abc import Collection
from functools import lru_cache

from tasks.domain.errors import StoryreelError
from tasks.domain.redaction import USER
from tasks.transport.network import KINDS


class Forbidden(StoryreelError):
    """A URL that must not be requested: it has a private address, another scheme or too many redirects."""


def bare(url: str) -> str:
    """The URL without user, query and fragment: passwords and signatures stay out of messages and records."""
    if url[:5].lower() == "data:":
        return f"data:... ({len(url)} characters)"
    return USER.sub("", re.split("[?#]", url, maxsplit=1)[0])


@lru_cache(maxsize=10_000)
def host_of(url: str) -> tuple[str, str]:
    """``("host", "host:port")`` in lower case, the port filled in by scheme; both empty where there is no host.

    It is parsed by httpx, which also connects, so that no spelling means one host here and another there. An IPv6 host
    is in brackets, a name in its ASCII form.
    """
    import httpx  # takes its time to load, and most plans name no host

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


def is_named(url: str, hosts: Collection[str]) -> bool:
    """Whether the URL's host is among ``hosts``, by name or by name and port."""
    host, with_port = host_of(url)
    return bool(host) and (host in hosts or with_port in hosts)


def why_unusable(proxy: str) -> str:
    """Why a proxy cannot be used on this machine, in words; empty where it can."""
    import httpx  # as above

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
