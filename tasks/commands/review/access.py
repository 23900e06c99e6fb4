"""Who may ask the server of a review: by the token of its start, from its own pages, under its own names. Pure."""

import hmac
import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass

LOOPBACK = ("127.0.0.1", "localhost", "::1")
_HOST = re.compile(r"(?:\[([0-9a-fA-F:.]+)\]|([^\s:/?#@\[\]\\]+))(?::\d{1,5})?")


@dataclass(frozen=True, slots=True)
class Access:
    """What a request has to bring. ``token`` is that of this start, ``names`` are those of the machine that it goes by.

    ``anywhere``: it listens at more than loopback, so that any address may be this machine's own.
    """

    token: str
    port: int
    names: frozenset[str] = frozenset(LOOPBACK)
    anywhere: bool = False

    @property
    def cookie(self) -> str:
        """The cookie's name: cookies know no ports, and two reviews may run on one machine."""
        return f"storyreel-{self.port}"

    def why_not(self, headers: Mapping[str, str], *, opens: bool = False) -> str:
        """Why a request is refused whoever sends it, in words; empty where it is not. ``headers`` are in lower case.

        ``opens``: it is the first address with its token, which may stand as a link in a mail or a chat.
        """
        host = headers.get("host", "")
        if not self.is_own(host):
            return "another host's name: open the address that the command printed"
        if headers.get("origin") not in (None, f"http://{host}"):
            return "another origin"
        if not opens and headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            return "another site: open the address that the command printed"
        return ""

    def is_own(self, host: str) -> bool:
        """Whether a Host header names this machine. A page elsewhere can bend a name to any address, but no address."""
        found = _HOST.fullmatch(host)
        if found is None:
            return False
        name = (found[1] or found[2]).lower()
        return name in self.names or (self.anywhere and _is_address(name))

    def opens(self, token: str) -> bool:
        """Whether it is the token of this start."""
        return bool(token) and hmac.compare_digest(token.encode("utf-8", "replace"), self.token.encode())


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches what listens there."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def reach(host: str) -> str:
    """One line that says who can reach what listens at ``host``."""
    if is_loopback(host):
        return f"only this machine can reach it ({host})"
    if host in ("0.0.0.0", "::", ""):  # noqa: S104 - what a user asked for
        return "anyone who reaches any address of this machine and has the address with its token can look and choose"
    return f"anyone who reaches {host} and has the address with its token can look and choose"
