"""Which way the environment sends a request: the table of proxies, and what the small letters and NO_PROXY say."""

import pytest

from tasks.transport.network import Network, is_loopback, read_network, with_loopback

ALL = {"HTTP_PROXY": "http://p:1", "HTTPS_PROXY": "s:2", "ALL_PROXY": "socks5://a:3"}


@pytest.mark.parametrize(
    ("environ", "scheme", "host", "way"),
    [
        ({}, "https", "gw.example", ""),
        (ALL, "http", "gw.example", "http://p:1"),
        (ALL, "https", "gw.example", "http://s:2"),
        ({"ALL_PROXY": "socks5://a:3"}, "https", "gw.example", "socks5://a:3"),
        ({**ALL, "https_proxy": "http://small:4"}, "https", "gw.example", "http://small:4"),
        ({"HTTPS_PROXY": "s:2", "https_proxy": ""}, "https", "gw.example", ""),
        ({**ALL, "REQUEST_METHOD": "GET", "ALL_PROXY": ""}, "http", "gw.example", ""),
        *(
            (ALL, "http", host, "")
            for host in ("localhost", "a.localhost", "127.0.0.1", "127.9.9.9", "[::1]", "0.0.0.0")
        ),
        *((ALL, "https", host, "") for host in ("LOCALHOST", "localhost.", "[::ffff:127.0.0.1]")),
        ({**ALL, "NO_PROXY": "*"}, "https", "gw.example", ""),
        ({**ALL, "NO_PROXY": "x.example, .corp.example"}, "https", "gw.corp.example", ""),
        ({**ALL, "NO_PROXY": "corp.example"}, "https", "gw.Corp.Example", ""),
        ({**ALL, "NO_PROXY": "corp.example"}, "https", "acorp.example", "http://s:2"),
        ({**ALL, "NO_PROXY": "*.corp.example"}, "https", "gw.corp.example", ""),
        ({**ALL, "NO_PROXY": "gw.example:443"}, "https", "gw.example", ""),
        ({**ALL, "NO_PROXY": "gw.example:444"}, "https", "gw.example", "http://s:2"),
        ({**ALL, "NO_PROXY": "10.0.0.0/8 fd00::/8"}, "https", "10.1.2.3", ""),
        ({**ALL, "NO_PROXY": "10.0.0.0/8"}, "https", "11.1.2.3", "http://s:2"),
        ({**ALL, "NO_PROXY": "fd00::/8"}, "https", "[fd00::7]", ""),
        ({**ALL, "NO_PROXY": "x", "no_proxy": "gw.example"}, "https", "gw.example", ""),
    ],
)
def test_the_way_of_a_request(environ: dict[str, str], scheme: str, host: str, way: str) -> None:
    """The proxy by scheme, then ALL_PROXY; never for this machine nor for what NO_PROXY names."""
    assert read_network(environ).proxy_for(scheme, host, 443) == way


def test_that_a_password_is_not_shown() -> None:
    """A proxy's name and password stand in no text of the settings."""
    assert "word" not in repr(read_network({"HTTPS_PROXY": "http://anna:word@p:1"}))


def test_certificates() -> None:
    """Both variables are kept as they stand."""
    told = read_network({"SSL_CERT_FILE": "/a.pem", "SSL_CERT_DIR": "/certs"})
    assert (told, told.ca_file, told.ca_folder) == (Network({}, (), "/a.pem", "/certs"), "/a.pem", "/certs")


def test_no_proxy_for_other_programs() -> None:
    """This machine is added to what stands there."""
    assert with_loopback({}) == "localhost,127.0.0.1,::1"
    assert with_loopback({"NO_PROXY": "a", "no_proxy": "b"}) == "b,localhost,127.0.0.1,::1"


@pytest.mark.parametrize("host", ["gw.example", "10.0.0.1", "localhost.example", "", "8.8.8.8"])
def test_other_machines(host: str) -> None:
    """Nothing else counts as this machine."""
    assert not is_loopback(host)
