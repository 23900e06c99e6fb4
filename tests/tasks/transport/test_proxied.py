"""Requests by a real proxy on loopback, with certificates of a CA of its own; what a proxy refuses has not left."""

import importlib.util
import ssl
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tasks.domain.order import Request
from tasks.transport.client import DownloadLimits, Forbidden, Http, Lost, NotSent
from tasks.transport.network import Network
from tests.conftest import free_port
from tests.tasks.loopback import Loopback, reply, then_cut
from tests.tasks.proxy import Proxy
from tests.tasks.transport.test_client import certificate

ORDER = Request("POST", "", json={"prompt": "a boat"})


def _authority(folder: Path) -> tuple[str, ssl.SSLContext]:
    """A CA of its own that has signed ``media.test`` and ``other.test``, and a server with its certificate."""
    pem = folder / "ca.pem"
    pem.write_bytes(certificate())
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(pem)
    return str(pem), serving


def _fetch(http: Http, url: str, out: Path, allowed: Any = ()) -> Any:
    return http.download(url, out, DownloadLimits(1000, 5, 10), allowed=allowed)


@pytest.mark.parametrize("kind", ["http", "socks5", "socks5h"])
async def test_an_order_by_a_proxy(tmp_path: Path, kind: str) -> None:
    """A gateway that only the proxy can find is asked through it, by TLS with the CA that the environment names."""
    pem, serving = _authority(tmp_path)
    async with Loopback({"/": reply(b"{}")}, tls=serving) as gateway, Proxy(gateway.port) as proxy:
        http = Http(network=Network({"https": proxy.url(kind)}, ca_file=pem))
        assert (await http.ask(ORDER, "https://media.test/", {"authorization": "Bearer k"}, 5)).status == 200
        await http.close()
    assert proxy.asked == ["media.test:443"]
    assert b"Bearer" not in b"".join(proxy.seen)
    assert gateway.seen[0].headers["host"] == "media.test"


async def test_a_plain_order_by_a_proxy() -> None:
    """An http gateway is asked by its whole address; loopback and what NO_PROXY names are asked directly."""
    async with Loopback({"/": reply(b"{}")}) as gateway, Proxy(gateway.port) as proxy:
        http = Http(network=Network({"http": proxy.url()}, ("127.0.0.0/8",)))
        for url in ("http://gw.test/", gateway.url(), f"http://localhost:{gateway.port}/"):
            assert (await http.ask(ORDER, url, {}, 5)).status == 200
        await http.close()
    assert (proxy.asked, len(gateway.seen)) == (["gw.test"], 3)
    assert b"Proxy-Authorization: Basic YW5uYTp3b3Jk" in proxy.seen[0]


@pytest.mark.parametrize("folder", [False, True])
async def test_an_own_authority(tmp_path: Path, folder: bool) -> None:
    """Without its file or folder a host with a certificate of that CA is not talked to; with it, it is."""
    pem, serving = _authority(tmp_path)
    network = Network(ca_folder=str(_hashed(tmp_path, pem))) if folder else Network(ca_file=pem)
    async with Loopback({"/": reply(b"{}")}, tls=serving) as gateway, Proxy(gateway.port) as proxy:
        proxies = {"https": proxy.url()}
        with pytest.raises(NotSent, match="CERTIFICATE_VERIFY_FAILED"):
            await Http(network=Network(proxies)).ask(ORDER, "https://media.test/", {}, 5)
        own = Http(network=Network(proxies, ca_file=network.ca_file, ca_folder=network.ca_folder))
        assert (await own.ask(ORDER, "https://media.test/", {}, 5)).status == 200
        await own.close()


def _hashed(folder: Path, pem: str) -> Path:
    """A folder as ``c_rehash`` makes it: OpenSSL finds a certificate by the hash of its subject."""
    import subprocess

    out = subprocess.run(["openssl", "x509", "-hash", "-noout", "-in", pem], capture_output=True, check=True, text=True)
    certs = folder / "certs"
    certs.mkdir()
    (certs / f"{out.stdout.strip()}.0").write_bytes(Path(pem).read_bytes())
    return certs


@pytest.mark.parametrize("status", [403, 407, 502])
@pytest.mark.parametrize("url", ["https://media.test/", "http://media.test/"])
async def test_what_a_proxy_refuses_has_not_left(status: int, url: str) -> None:
    """A CONNECT that was refused and a 407 are NotSent, and no password is told; another status of a plain request is
    a reply, which is read as anybody's in between."""
    async with Proxy(1, refuses=status) as proxy:
        http = Http(network=Network({"all": proxy.url()}))
        asked = partial(http.ask, ORDER, url, {}, 5)
        if url.startswith("https") or status == 407:
            with pytest.raises(NotSent) as caught:
                await asked()
            assert f"http://127.0.0.1:{proxy.own}" in str(caught.value)
            assert "anna" not in str(caught.value)
        else:
            assert (await asked()).status == status
        await http.close()


async def test_a_proxy_that_dies(tmp_path: Path) -> None:
    """Before the way is open nothing has left; once the order went through it, its reply is lost."""
    async with Loopback({"/": then_cut(b"")}) as dead:
        http = Http(network=Network({"https": f"http://127.0.0.1:{dead.port}"}))
        dead.answers["media.test:443"] = then_cut(b"")
        with pytest.raises(NotSent, match="made no connection"):
            await http.ask(ORDER, "https://media.test/", {}, 5)
        await http.close()
    pem, serving = _authority(tmp_path)
    async with Loopback({"/": then_cut(b"")}, tls=serving) as gateway, Proxy(gateway.port) as proxy:
        http = Http(network=Network({"https": proxy.url()}, ca_file=pem))
        with pytest.raises(Lost):
            await http.ask(ORDER, "https://media.test/", {}, 5)
        await http.close()


async def test_pictures_by_a_proxy(tmp_path: Path) -> None:
    """A stranger's host goes through the proxy by its name, also one that only the proxy knows; one that this machine
    finds private is refused, and so are private addresses and plain http."""
    pem, serving = _authority(tmp_path)
    async with Loopback({"/": reply(b"picture")}, tls=serving) as media, Proxy(media.port) as proxy:
        http = Http(network=Network({"all": proxy.url()}, ca_file=pem))
        await _fetch(http, "https://media.test/", tmp_path / "a")
        assert (tmp_path / "a").read_bytes() == b"picture"
        await _fetch(http, "https://other.test/", tmp_path / "a", {"other.test"})
        asked = list(proxy.asked)
        for url in ("https://localhost/", "https://10.0.0.1/", "https://169.254.169.254/", "http://media.test/"):
            with pytest.raises(Forbidden):
                await _fetch(http, url, tmp_path / "a")
        await http.close()
    assert asked == proxy.asked == ["media.test:443", "other.test:443"]


@pytest.mark.parametrize(
    ("proxy", "words"),
    [
        ("socks4://anna:word@p:1", "the proxy socks4://p:1 is of no kind that is known"),
        ("ftp://p:1", "write http://, https:// or socks5://host:port"),
        ("http://p:port", "is no address: write http://host:port"),
        ("http://", "of no kind"),
    ],
)
async def test_a_proxy_that_is_none(proxy: str, words: str) -> None:
    """It is told without asking anybody, and an order through it has not left."""
    http = Http(network=Network({"https": proxy}))
    assert words in http.why_closed("https://gw.example/")
    assert "anna" not in http.why_closed("https://gw.example/")
    assert http.why_closed("http://127.0.0.1:1/") == ""
    with pytest.raises(NotSent):
        await http.ask(ORDER, "https://gw.example/", {}, 5)


def test_socks_without_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """What to install is told."""
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "socksio" else found(name))
    http = Http(network=Network({"all": "socks5://anna:word@p:1080"}))
    said = "the proxy socks5://p:1080 needs another package: pip install 'storyreel[socks]'"
    assert http.why_closed("https://gw.example/") == said


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"ca_file": "{tmp}/none.pem"}, "SSL_CERT_FILE={tmp}/none.pem cannot be read: "),
        ({"ca_file": "/nope"}, "SSL_CERT_FILE=/nope cannot be read: No such file or directory"),
        ({"ca_folder": "/nope"}, "SSL_CERT_DIR=/nope cannot be read: No such file or directory"),
        ({"ca_folder": "{tmp}/none.pem"}, "SSL_CERT_DIR={tmp}/none.pem cannot be read: No such file or directory"),
        ({"ca_folder": "{tmp}"}, "SSL_CERT_DIR={tmp} holds no certificate under its hash: openssl rehash {tmp} makes"),
        ({"ca_folder": "/nope:{tmp}"}, "SSL_CERT_DIR=/nope:{tmp} holds no certificate under its hash"),
        ({"ca_folder": "/nope:{tmp}/good"}, ""),
        ({"ca_file": "{tmp}/ca.pem", "ca_folder": "/nope"}, ""),
    ],
)
def test_certificates_that_cannot_be_read(tmp_path: Path, given: dict[str, str], told: str) -> None:
    """The variable is named before anything is asked, with what stands there; one usable place is enough."""
    (tmp_path / "none.pem").write_text("no certificate")
    _authority(tmp_path)
    (tmp_path / "good").mkdir()
    (tmp_path / "good/6b04e6f4.0").symlink_to(tmp_path / "ca.pem")
    network = Network(**{name: value.format(tmp=tmp_path) for name, value in given.items()})
    said = Http(network=network).why_closed("https://gw.example/")
    assert said.startswith(told.format(tmp=tmp_path)) if told else not said


@pytest.mark.parametrize("url", ["http://media.test/", "https://media.test/"])
@pytest.mark.parametrize("scheme", ["http", "socks5"])
async def test_a_proxy_that_is_not_there_is_what_is_told(url: str, scheme: str) -> None:
    """Nobody takes a proxy that refuses for a gateway that does: it is named, in the system's own words."""
    proxy = f"{scheme}://anna:secret@127.0.0.1:{free_port()}"
    http = Http(network=Network({"all": proxy}))
    with pytest.raises(NotSent) as caught:
        await http.ask(ORDER, url, {}, 5)
    await http.close()
    said = f"the proxy {proxy.replace('anna:secret@', '')} made no connection: Connection refused"
    assert said in str(caught.value)
