"""Which IP addresses belong to the open internet. Pure."""

import ipaddress

NOT_PUBLIC = (ipaddress.IPv4Network("192.0.0.0/24"), ipaddress.IPv6Network("3fff::/20"))  # Python calls them global
UNICAST = ipaddress.IPv6Network("2000::/3")  # all of v6 that was ever given out
TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")


def public(address: str) -> bool:
    """Whether an IP address is one of the open internet; mapped and translated v4 addresses are looked through."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if ip in TRANSLATED:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return public(str(inner))
        if ip not in UNICAST:
            return False
    return ip.is_global and not ip.is_multicast and not any(ip in network for network in NOT_PUBLIC)
