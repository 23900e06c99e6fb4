"""What the environment says of the way to other machines: proxies, and whose certificates count. Pure."""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

KINDS = ("http", "https", "socks5", "socks5h")


@dataclass(frozen=True, slots=True)
class Network:
    """``proxies`` by the scheme of what is asked (``all`` for any), ``direct`` the hosts that are asked without one.

    ``ca_file`` and ``ca_folder`` replace the certificates that come with Python's certifi, where they are given.
    """

    proxies: Mapping[str, str] = field(default_factory=dict, repr=False)  # may hold a password
    direct: tuple[str, ...] = ()
    ca_file: str = ""
    ca_folder: str = ""

    def proxy_for(self, scheme: str, host: str, port: int) -> str:
        """The proxy's URL for what is asked; empty where it is asked directly, as this machine itself always is."""
        host = host.strip("[]").rstrip(".").lower()
        if is_loopback(host) or any(_covers(entry, host, port) for entry in self.direct):
            return ""
        return self.proxies.get(scheme) or self.proxies.get("all", "")


def read_network(environ: Mapping[str, str]) -> Network:
    """What `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`, `SSL_CERT_FILE` and `SSL_CERT_DIR` say.

    As everywhere the small letters win, even where they are empty, and a proxy without a scheme is an http one.
    """

    def told(name: str) -> str:
        return environ.get(name, environ.get(name.upper(), "")).strip()

    proxies = {kind: told(f"{kind}_proxy") for kind in ("http", "https", "all")}
    if "REQUEST_METHOD" in environ:  # under CGI a stranger's header "Proxy:" is called HTTP_PROXY
        proxies["http"] = environ.get("http_proxy", "").strip()
    with_scheme = {kind: url if "://" in url else f"http://{url}" for kind, url in proxies.items() if url}
    direct = tuple(entry.lower() for entry in re.split(r"[\s,]+", told("no_proxy")) if entry)
    return Network(with_scheme, direct, environ.get("SSL_CERT_FILE", ""), environ.get("SSL_CERT_DIR", ""))


def with_loopback(environ: Mapping[str, str]) -> str:
    """A `NO_PROXY` that holds what the environment's does and this machine itself, for programs that read it."""
    there = environ.get("no_proxy", environ.get("NO_PROXY", "")).strip()
    return ",".join(part for part in (there, "localhost,127.0.0.1,::1") if part)


def is_loopback(host: str) -> bool:
    """Whether a host, without brackets and in small letters, is this machine by its very name."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    return address.is_loopback or address.is_unspecified


def _covers(entry: str, host: str, port: int) -> bool:
    if entry == "*":
        return True
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(entry.strip("[]"), strict=False)
    except ValueError:
        pass  # a name on one side or on both
    name, _, wanted = entry.strip("[]").partition(":")
    name = name.removeprefix("*").lstrip(".")
    return bool(name) and (not wanted or wanted == str(port)) and (host == name or host.endswith(f".{name}"))
