"""Requests that come back as a reply or as one of two errors, and downloads that no stranger can aim inwards."""

import asyncio
import gzip
import ipaddress
import socket
import ssl
import time
import tracemalloc
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import cache, partial

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.domain.errors import LocalFault, MediaError
from tasks.domain.order import Request
from tasks.transport import client as transport
from tasks.transport import guard
from tasks.transport.addresses import is_public
from tasks.transport.client import (
    DownloadLimits,
    Forbidden,
    Http,
    HttpStatus,
    Lost,
    NotSent,
    bare,
    host_of,
    is_named,
)
from tasks.transport.guard import Guard
from tests.sandbox.forms import read_form
from tests.tasks.loopback import Loopback, bomb, for_ever, goto, reply, then_cut, then_silence

POST = Request("POST", "", json={"prompt": "a boat"})
KEY = "sk-do-not-print"


@pytest.fixture
async def http():
    client = Http()
    yield client
    await client.close()


@pytest.fixture
def small(monkeypatch):
    """Replies above 10 kB are too large here."""
    monkeypatch.setattr(transport, "REPLY_BYTES", 10_000)


def ask(http, url, timeout=5.0, **headers):
    return http.ask(POST, url, headers, timeout)


def fetch(http, server, path, out, *, allowed=None, most=1_000_000, stall=5.0, total=5.0, **options):
    """Download from a loopback server that is allowed by name and port, as a config would."""
    hosts = {server.place} if allowed is None else allowed
    url = path if "://" in path else server.url(path)
    return http.download(url, out, DownloadLimits(most, stall, total), allowed=hosts, **options)


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


# --- one API call


async def test_a_form_with_a_file_arrives_once_and_whole(http):
    """Fields and file go out as one multipart body, and nothing of it in the question that follows."""
    async with Loopback({"/v1/videos": reply(b"{}"), "/v1/videos/1": reply(b"{}")}) as server:
        image = bytes(range(256)) * 20
        files = {"input_reference": ("frame.png", image, "image/png")}
        order = Request("POST", "", form={"prompt": "a boat – grün", "seconds": "8"}, files=files)
        await http.ask(order, server.url("/v1/videos"), {"authorization": KEY}, 5)
        await http.ask(Request("GET", ""), server.url("/v1/videos/1"), {}, 5)
        sent, asked = server.seen
    fields, received = read_form(sent.headers["content-type"], sent.body)
    assert fields == {"prompt": "a boat – grün", "seconds": "8"} and received == files
    assert sent.headers["authorization"] == KEY and int(sent.headers["content-length"]) == len(sent.body)
    assert (asked.body, "content-type" in asked.headers) == (b"", False)


async def test_ask(http):
    """A reply comes with its status, its bytes and its headers in lower case; what was asked arrived as told."""
    async with Loopback({"/v1/x?n=1": reply(b'{"id": 7}', 202, X_Job="7")}) as server:
        request = Request("POST", "", json={"prompt": "a boat"}, params={"n": "1"}, headers={"x-a": "b"})
        got = await http.ask(request, server.url("/v1/x"), {"authorization": KEY}, 5)
    assert (got.status, got.data, got.headers["x-job"]) == (202, {"id": 7}, "7")
    [seen] = server.seen
    assert (seen.body, seen.headers["x-a"], seen.headers["authorization"]) == (b'{"prompt":"a boat"}', "b", KEY)
    assert seen.headers["accept-encoding"] == "identity"


@pytest.mark.parametrize("where", ["/elsewhere", "https://[::1", "data:,x", "https://", "\xff", ""])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_ask_is_never_redirected(http, status, where):
    """A redirect is a reply like any other, wherever it leads: an order goes nowhere but where it was sent."""
    async with Loopback({"/": goto(where, status), "/elsewhere": reply(b"{}")}) as server:
        got = await ask(http, server.url())
    assert (got.status, server.paths) == (status, ["/"])


PACKED = gzip.compress(b'{"id": 7}')
HEAD = b"HTTP/1.1 200 OK\r\n"
LOST = {
    "cut after the request": then_cut(b""),
    "cut in the head": then_cut(HEAD + b"Content-Le"),
    "cut in the body": then_cut(reply(b'{"id": ', length=100)),
    "cut in a chunk": then_cut(HEAD + b"Transfer-Encoding: chunked\r\n\r\n40\r\n{"),
    "silent": then_silence(),
    "silent after the head": then_silence(reply(length=100)),
    "dripping body": for_ever(reply(length=9000), b" ", 0.02),
    "dripping head": for_ever(HEAD, b"X: y\r\n", 0.02),
    "endless 100 Continue": for_ever(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.01),
    "huge head": then_silence(HEAD + b"X: " + b"y" * 200_000),
    "endless head": for_ever(HEAD, b"X: " + b"y" * 4000 + b"\r\n"),
    "too large by a byte": reply(b" " * 10_001),
    "endless JSON": for_ever(HEAD + b"\r\n[", b"[1,2,3],"),
    "endless JSON in chunks": for_ever(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"8\r\n[1,2,3],\r\n"),
    "bomb": bomb(1_000_000),
    "packed twice": reply(gzip.compress(PACKED), Content_Encoding="gzip, gzip"),
    "packed as nobody asked": reply(b"{}", Content_Encoding="br"),
    "not packed as it says": reply(b'{"id": 7}', Content_Encoding="gzip"),
    "packed and cut": reply(PACKED[:-9], Content_Encoding="gzip"),
    "no HTTP": then_cut(b"SSH-2.0-OpenSSH_9.2\r\n"),
}


@pytest.mark.parametrize("name", LOST)
async def test_lost(http, small, name):
    """Whatever stands in place of a whole reply, it is Lost, and within the deadline: the order may exist."""
    async with Loopback({"/": LOST[name]}) as server:
        start = time.monotonic()
        with pytest.raises(Lost, match=rf"^no whole reply from 127\.0\.0\.1:{server.port}: \S"):
            await ask(http, server.url(), 0.8)  # of which the connection has less than half, also on a busy machine
    assert time.monotonic() - start < 8
    assert server.paths == ["/"]


async def test_a_list_of_tasks_goes_out_as_a_list(http):
    """Some gateways take an array, of one task as of many."""
    listed = Request("POST", "", json=[{"taskType": "videoInference"}])
    async with Loopback({"/": reply(b"{}")}) as server:
        await http.ask(listed, server.url(), {}, 5.0)
        [seen] = server.seen
        assert seen.body == b'[{"taskType":"videoInference"}]'


@pytest.mark.parametrize("body", [b" " * 10_000, b""])
async def test_at_the_cap(http, small, body):
    """A reply of just the cap is whole, and so is an empty one."""
    async with Loopback({"/": reply(body)}) as server:
        assert (await ask(http, server.url())).body == body


@pytest.mark.parametrize("coding", ["gzip", "x-gzip", "GZIP"])
async def test_packed(http, coding):
    """A server that packs though nobody asked for it is understood."""
    text = b"[" + b'"abc",' * 100_000 + b"0]"
    async with Loopback({"/": reply(gzip.compress(text), Content_Encoding=coding)}) as server:
        assert (await ask(http, server.url())).body == text


async def test_bomb_is_bounded(http, tmp_path):
    """64 MB out of 64 kB are never in memory at once, neither of a reply nor of a download."""
    async with Loopback({"/": bomb(64_000_000)}) as server:
        tracemalloc.start()
        try:
            with pytest.raises(Lost, match="larger than"):
                await ask(http, server.url())
            with pytest.raises(MediaError, match="more than"):
                await fetch(http, server, "/", tmp_path / "x")
            assert tracemalloc.get_traced_memory()[1] < 16_000_000
        finally:
            tracemalloc.stop()
    assert (tmp_path / "x").stat().st_size <= 1_000_000


async def test_refused(http):
    """A connection that is refused sent nothing, and the system's own reason is told."""
    with pytest.raises(NotSent, match=r"^no connection to 127\.0\.0\.1:\d+: Connection refused$"):
        await ask(http, f"http://127.0.0.1:{free_port()}/")


@asynccontextmanager
async def hasty():
    """A server that closes a connection, unread, at the first byte of a second request on it; the ports it saw."""
    ports, serving = [], set()

    async def serve(reader, writer):
        serving.add(asyncio.current_task())
        with suppress(asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            await reader.readexactly(int(head.lower().partition("content-length: ")[2].partition("\r")[0] or 0))
            ports.append((head[:4].strip(), writer.get_extra_info("peername")[1]))
            writer.write(reply(b"{}"))
            await reader.read(1)
        writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", ports
    finally:
        server.close()
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)
        await server.wait_closed()


@pytest.mark.parametrize("before", ["GET", "POST"])
async def test_an_order_goes_on_no_connection_that_the_gateway_may_have_closed(http, before):
    """However the connection was used before, each order has a fresh one: none is lost to a close that crossed it."""
    async with hasty() as (url, ports):
        for _ in range(5):
            assert (await http.ask(Request(before, ""), url, {}, 5)).status == 200
            assert (await http.ask(POST, url, {}, 5)).status == 200
            await http.close()
            http.networks.clear()
        first = await http.ask(Request("GET", ""), url, {}, 5)
        for _ in range(5):
            assert (await http.ask(POST, url, {}, 5)).status == 200
    assert first.status == 200 and len({port for _, port in ports}) == len(ports) == 16


async def test_handshake_without_end(http):
    """A deadline that ends before the request left is NotSent: no money is at risk for it."""
    async with Loopback({}) as server:
        start = time.monotonic()
        with pytest.raises(NotSent, match="no connection"):
            await ask(http, f"https://{server.place}/", 0.2)
    assert time.monotonic() - start < 2


async def test_second_request_on_a_connection(http):
    """A connection that is kept open and falls silent loses the question: it left, without a connect of its own."""
    async with Loopback({"/": reply(b"{}"), "/silent": then_silence()}) as server:
        await http.ask(Request("GET", ""), server.url(), {}, 5)
        with pytest.raises(Lost):
            await http.ask(Request("GET", ""), server.url("/silent"), {}, 0.2)
    assert len({seen.port for seen in server.seen}) == 1


@pytest.mark.parametrize(
    "url",
    [
        *("ftp://127.0.0.1/", "127.0.0.1/x", "", "https://[::1", "http://a..b/", "http://127.0.0.1:99999/"),
        *("http://h:x/", "http://a\x00b/", "https://" + "a" * 70 + ".example/", "data:application/json,{}"),
    ],
)
async def test_no_such_url(http, url):
    """A URL that leads nowhere is NotSent, never another exception."""
    with pytest.raises(NotSent):
        await ask(http, url)


async def test_name_without_address(http, monkeypatch):
    """A name that no resolver knows is NotSent."""
    resolve(monkeypatch, {})
    with pytest.raises(NotSent, match=r"gateway\.test:443"):
        await ask(http, "https://gateway.test/")


async def test_header_that_cannot_be_sent(http):
    """A key with a line break in it sends nothing and is not quoted."""
    async with Loopback({"/": reply(b"{}")}) as server:
        with pytest.raises(NotSent) as caught:
            await ask(http, server.url(), authorization=f"Bearer {KEY}\nx")
    assert KEY not in str(caught.value)
    assert not server.seen


async def test_password_in_the_url(http, tmp_path):
    """A name and password in a URL are sent to its host as Basic auth, and stay out of messages."""
    async with Loopback({"/": reply(status=401), "/to": goto("http://127.0.0.1:1/")}) as server:
        url = server.url().replace("//", "//anna:word@")
        with pytest.raises(HttpStatus) as caught:
            await fetch(http, server, url, tmp_path / "a")
        await ask(http, url)
        with pytest.raises(Lost):
            await fetch(http, server, f"{url}to", tmp_path / "a", allowed={server.place, "127.0.0.1:1"})
    assert [seen.headers["authorization"] for seen in server.seen] == ["Basic YW5uYTp3b3Jk"] * 3
    assert "word" not in str(caught.value)


async def test_password_stays_with_its_host(http, tmp_path):
    """A name and password in a URL go along a redirect within their host, and to no other one."""
    async with Loopback({"/": reply(b"x")}) as other, Loopback({"/a": goto("b"), "/b": goto(other.url())}) as server:
        url = server.url("/a").replace("//", "//anna:word@")
        await fetch(http, server, url, tmp_path / "a", allowed={server.place, other.place})
    assert [seen.headers["authorization"] for seen in server.seen] == ["Basic YW5uYTp3b3Jk"] * 2
    assert "authorization" not in other.seen[0].headers


async def test_no_cookies(http, tmp_path):
    """What one server wants to be remembered is told to nobody."""
    async with Loopback({"/": reply(b"{}", Set_Cookie="a=b; Path=/")}) as server:
        for _ in range(2):
            await ask(http, server.url())
            await fetch(http, server, "/", tmp_path / "a")
    assert all("cookie" not in seen.headers for seen in server.seen)


# --- downloads


async def test_download(http, tmp_path):
    """The file lies where it was wanted, and the media type is told as claimed."""
    data = bytes(range(256)) * 1000
    async with Loopback({"/a.png": reply(data, Content_Type="image/png")}) as server:
        assert await fetch(http, server, "/a.png", tmp_path / "a") == "image/png"
    assert (tmp_path / "a").read_bytes() == data


CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
BROKEN = {
    "fewer bytes than claimed": then_cut(reply(b"x" * 50, length=100)),
    "no last chunk": then_cut(CHUNKED + b"4\r\nabcd\r\n"),
    "stall": then_silence(reply(b"x", length=100)),
    "no byte at all": then_silence(),
    "packed and cut": reply(PACKED[:-9], Content_Encoding="gzip"),
    "redirect to no URL": goto("https://[::1"),
    "huge head": then_silence(HEAD + b"X: " + b"y" * 200_000),
    "endless head": for_ever(HEAD, b"X: " + b"y" * 4000 + b"\r\n"),
    "no HTTP": then_cut(b"SSH-2.0-OpenSSH_9.2\r\n"),
}


@pytest.mark.parametrize("name", BROKEN)
async def test_download_lost(http, tmp_path, name):
    """A file that comes broken, or no longer comes, is Lost when it stalls: long before its whole time is over."""
    async with Loopback({"/a?sign=secret": BROKEN[name]}) as server:
        start = time.monotonic()
        with pytest.raises(Lost) as caught:
            await fetch(http, server, "/a?sign=secret", tmp_path / "a", stall=0.15)
    assert time.monotonic() - start < 2
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "answer",
    [
        for_ever(reply(length=9000), b" ", 0.02),
        for_ever(HEAD, b"X: y\r\n", 0.02),
        for_ever(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.01),
    ],
    ids=["body", "head", "100 Continue"],
)
async def test_download_drips(http, tmp_path, answer):
    """A file that drips without ever stalling is Lost when the whole time is over."""
    async with Loopback({"/": answer}) as server:
        start = time.monotonic()
        with pytest.raises(Lost):
            await fetch(http, server, "/", tmp_path / "a", stall=5, total=0.2)
    assert time.monotonic() - start < 2


async def test_download_refused(http, tmp_path):
    """A download that cannot connect is Lost."""
    place = f"127.0.0.1:{free_port()}"
    with pytest.raises(Lost):
        await http.download(f"http://{place}/", tmp_path / "a", DownloadLimits(9, 1, 1), allowed={place})


async def test_download_has_no_place(http, tmp_path):
    """A disk that does not take the file is this machine's fault, with its reason, no traceback."""
    async with Loopback({"/": reply(b"x")}) as server:
        with pytest.raises(LocalFault, match=r"(?i)directory"):
            await fetch(http, server, "/", tmp_path)


@pytest.mark.parametrize(
    ("answer", "started"),
    [
        (then_silence(reply(length=101)), False),
        (for_ever(HEAD + b"\r\n", b"x" * 50), True),
        (for_ever(CHUNKED, b"4\r\nabcd\r\n"), True),
        (bomb(1000), True),
    ],
    ids=["by header", "until closed", "chunked", "packed"],
)
async def test_too_many_bytes(http, tmp_path, answer, started):
    """A file above the cap is refused by its header before a byte is taken, else while it streams."""
    async with Loopback({"/": answer}) as server:
        with pytest.raises(MediaError, match="101 bytes, at most 100" if not started else "more than 100 bytes"):
            await fetch(http, server, "/", tmp_path / "a", most=100)
    assert (tmp_path / "a").exists() == started
    assert not started or (tmp_path / "a").stat().st_size <= 100


async def test_as_many_bytes(http, tmp_path):
    """A file of just the cap is taken."""
    async with Loopback({"/": reply(b"x" * 100)}) as server:
        await fetch(http, server, "/", tmp_path / "a", most=100)
    assert (tmp_path / "a").read_bytes() == b"x" * 100


@pytest.mark.parametrize("status", [201, 204, 206, 300, 304, 401, 403, 404, 410, 429, 500, 503])
async def test_status(http, tmp_path, status):
    """A status that holds no file is told, without the URL's signature, and leaves no file."""
    async with Loopback({"/a?sign=secret": reply(status=status)}) as server:
        with pytest.raises(HttpStatus, match=rf"^http://127\.0\.0\.1:{server.port}/a answered {status}$") as caught:
            await fetch(http, server, "/a?sign=secret", tmp_path / "a")
    assert caught.value.status == status
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects(http, tmp_path, status):
    """Five redirects are followed, relative ones too."""
    answers = {f"/{n}": goto(f"/{n + 1}" if n % 2 else f"{n + 1}", status) for n in range(5)}
    async with Loopback({**answers, "/5": reply(b"x")}) as server:
        await fetch(http, server, "/0", tmp_path / "a")
    assert server.paths == [f"/{n}" for n in range(6)]


async def test_too_many_redirects(http, tmp_path):
    """A sixth redirect is one too many."""
    async with Loopback({"/": goto("/")}) as server:
        with pytest.raises(Forbidden, match="more than 5 times"):
            await fetch(http, server, "/", tmp_path / "a")
    assert len(server.seen) == 6


INWARDS = [
    *("https://127.0.0.1/", "https://localhost/", "https://10.0.0.1/", "https://169.254.169.254/latest/meta-data"),
    *("https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://[64:ff9b::7f00:1]/", "https://127.1/"),
    *("https://2130706433/", "https://0x7f000001/", "https://0.0.0.0/", "https://user:word@127.0.0.1/"),
    *("http://8.8.8.8/", "http://localhost/", "file:///etc/passwd", "data:,x", "ftp://8.8.8.8/", "//localhost/"),
    *("https://", "http://127.0.0.1:99999/", "https://10.0.0.1:99999/"),
]


@pytest.mark.parametrize("location", INWARDS)
async def test_redirect_inwards(http, tmp_path, location):
    """An allowed host cannot send a download on to a private address, to plain http or to another scheme."""
    async with Loopback({"/": goto(location)}) as server:
        with pytest.raises(Forbidden):
            await fetch(http, server, "/", tmp_path / "a", stall=5)
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize("url", [url for url in INWARDS if "//" in url[:8] and url[0] != "/"])
async def test_aimed_inwards(http, tmp_path, url):
    """Nor does a download go there when it is told so in the first place."""
    with pytest.raises(Forbidden):
        await http.download(url, tmp_path / "a", DownloadLimits(9, 0.3, 1), allowed={"media.test"})


async def test_redirect_to_another_port(http, tmp_path):
    """A host that is allowed by name and port is not allowed at another port."""
    async with Loopback({"/": reply(b"inside")}) as inner, Loopback({"/": goto(inner.url())}) as server:
        with pytest.raises(Forbidden):
            await fetch(http, server, "/", tmp_path / "a")
        assert not inner.seen
        await fetch(http, server, "/", tmp_path / "a", allowed={server.place, inner.place})
    assert (tmp_path / "a").read_bytes() == b"inside"


async def test_key_goes_to_its_hosts_only(http, tmp_path):
    """A hop is told what the callback says for it: the key stays with the host that it belongs to."""
    async with Loopback({"/": reply(b"x")}) as media, Loopback({"/": goto("/b"), "/b": goto(media.url())}) as gateway:
        both = {media.place, gateway.place}
        tell = lambda url: {"authorization": KEY} if is_named(url, {gateway.place}) else {}  # noqa: E731 - as jobs has it
        await fetch(http, gateway, "/", tmp_path / "a", allowed=both, headers=tell)
    assert [seen.headers.get("authorization") for seen in gateway.seen] == [KEY, KEY]
    assert "authorization" not in media.seen[0].headers


async def test_a_foreign_host_gives_no_key_on(http, tmp_path):
    """Whom a foreign host sends to the gateway comes without the key, from the first hop on or after one in between."""
    media, gateway = Loopback({}), Loopback({"/x": reply(b"x")})
    async with media, gateway:
        tell = lambda url: {"authorization": KEY} if is_named(url, {gateway.place}) else {}  # noqa: E731 - as jobs has it
        media.answers |= {"/": goto(gateway.url("/x"))}
        gateway.answers |= {"/out": goto(media.url())}
        allowed = {media.place, gateway.place}
        await fetch(http, media, "/", tmp_path / "a", allowed=allowed, headers=tell)
        await fetch(http, gateway, "/out", tmp_path / "b", allowed=allowed, headers=tell)
    told = [(seen.path, seen.headers.get("authorization")) for seen in gateway.seen]
    assert told == [("/x", None), ("/out", KEY), ("/x", None)]
    assert all("authorization" not in seen.headers for seen in media.seen)


# --- the guard

PUBLIC = ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "2001:4860:4860::8888", "::ffff:8.8.8.8", "64:ff9b::808:808"]
PRIVATE = [
    *("127.0.0.1", "127.255.255.254", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1"),
    *("0.0.0.0", "0.1.2.3", "192.0.0.1", "192.0.0.8", "192.0.0.170", "192.0.2.1", "198.18.0.1", "198.19.255.255"),
    *("198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255"),
    *("::", "::1", "fe80::1", "fe80::1%eth0", "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1", "ff0e::1"),
    *("::ffff:10.0.0.1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "::ffff:0:7f00:1"),
    *("64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::7f00:1", "2002:7f00:1::", "2002:a00:1::1"),
    *("2001:db8::1", "2001::1", "3fff::1", "100::1", "5f00::1"),
]


@pytest.mark.parametrize("address", PUBLIC + PRIVATE)
def test_public(address):
    """The open internet is told from every kind of address that is not part of it, wrapped ones too."""
    assert is_public(address) == (address in PUBLIC)


@given(st.ip_addresses(v=4))
@settings(max_examples=200, deadline=None)
def test_wrapped(address):
    """A v4 address is as public within v6 as it is alone, whichever way it is wrapped."""
    inner = int(address)
    wrapped = [0xFFFF << 32 | inner, 0x64FF9B << 96 | inner, 0x2002 << 112 | inner << 80]
    assert {is_public(str(ipaddress.IPv6Address(number))) for number in wrapped} == {is_public(str(address))}


def resolve(monkeypatch, *tables):
    """Names get addresses by the first table, when asked again by the next; the last one stays. Counts."""
    asked = []
    loop = asyncio.get_running_loop()
    real = loop.getaddrinfo

    async def answer(host, port, **options):
        name = host.decode() if isinstance(host, bytes) else host
        if name.replace(".", "").isdigit():
            return await real(host, port, **options)
        asked.append(name)
        table = tables[min(len(asked), len(tables)) - 1]
        if name not in table:
            raise socket.gaierror("Name or service not known")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in table[name]]

    monkeypatch.setattr(loop, "getaddrinfo", answer)
    return asked


@cache
def certificate():
    """A self-signed one for the test names, and its key, as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "media.test")])
    names = x509.SubjectAlternativeName([x509.DNSName("media.test"), x509.DNSName("other.test")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(7).not_valid_before(now - timedelta(1)).not_valid_after(now + timedelta(1))
    made = made.add_extension(names, False).add_extension(x509.BasicConstraints(True, None), True)
    form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return made.sign(key, hashes.SHA256()).public_bytes(form[0]) + key.private_bytes(*form)


@pytest.fixture
async def web(tmp_path, monkeypatch):
    """``media.test`` and ``other.test`` by TLS on 127.0.0.1, which counts as public here. ``names`` are the SNI."""
    pem = tmp_path / "server.pem"
    pem.write_bytes(certificate())
    serving, trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context(cafile=pem)
    serving.load_cert_chain(pem)
    names = []
    serving.sni_callback = lambda link, name, context: names.append(name)
    monkeypatch.setattr(guard, "is_public", lambda address: address.startswith("127.0.0."))

    @asynccontextmanager
    async def served(answers, **options):
        guarded = Http(transport=Guard((), verify=trusting))
        async with Loopback(answers, tls=serving, **options) as server:
            server.get = partial(fetch, guarded, server, allowed=())
            server.names = names
            yield server
            await guarded.close()

    return served


async def test_localhost(http, tmp_path):
    """A name that leads to a private address is refused unless it is allowed, by name or by name and port."""
    async with Loopback({"/": reply(b"x")}) as server:
        url, port = f"http://localhost:{server.port}/", server.port
        for hosts in (set(), {"localhost:1"}, {"127.0.0.1"}, {f"127.0.0.1:{port}"}, {"localhos"}, {"ocalhost"}):
            with pytest.raises(Forbidden):
                await fetch(http, server, url, tmp_path / "a", allowed=hosts)
            with pytest.raises(Forbidden, match="localhost is not a public address"):
                await fetch(http, server, url.replace("http", "https"), tmp_path / "a", allowed=hosts)
        assert not server.seen
        for hosts in ({"localhost"}, {f"localhost:{port}"}):
            await fetch(http, server, url, tmp_path / "a", allowed=hosts)
        assert len(server.seen) == 2


async def test_one_private_address_of_several(http, tmp_path, monkeypatch):
    """A name with a private address among public ones is refused before any of them is asked."""
    resolve(monkeypatch, {"media.test": ["8.8.8.8", "10.0.0.1"]})
    with pytest.raises(Forbidden, match=r"media\.test"):
        await fetch(http, None, "https://media.test/", tmp_path / "a", allowed=(), stall=0.3)


async def test_name_that_leads_nowhere(http, tmp_path, monkeypatch):
    """A media host without an address is Lost."""
    resolve(monkeypatch, {"media.test": []})
    for name in ("media.test", "unknown.test"):
        with pytest.raises(Lost, match=f"{name} has no address"):
            await fetch(http, None, f"https://{name}/", tmp_path / "a", allowed=())


async def test_name_is_kept(web, tmp_path, monkeypatch):
    """The connection goes to the checked address with the name in Host and in TLS, relative redirects too."""
    asked = resolve(monkeypatch, {"media.test": ["127.0.0.1"]})
    async with web({"/a": goto("b"), "/b": reply(b"x")}) as server:
        await server.get(f"https://media.test:{server.port}/a", tmp_path / "a")
    assert [seen.headers["host"] for seen in server.seen] == [f"media.test:{server.port}"] * 2
    assert server.names == ["media.test"] * 2
    assert asked == ["media.test"] * 2  # once a hop


async def test_certificate_is_for_the_name(web, tmp_path, monkeypatch):
    """A server whose certificate is for another name is not asked, although its address was checked."""
    resolve(monkeypatch, {"wrong.test": ["127.0.0.1"]})
    async with web({"/": reply(b"x")}) as server:
        with pytest.raises(Lost, match=r"(?i)certificate"):
            await server.get(f"https://wrong.test:{server.port}/", tmp_path / "a")
    assert not server.seen


async def test_rebinding(web, tmp_path, monkeypatch):
    """A name that turns to another address after the check is still asked at the one that was checked."""
    async with web({"/": reply(b"outside")}) as server, web({"/": reply(b"inside")}, host="127.0.0.2") as inner:
        asked = resolve(monkeypatch, {"media.test": ["127.0.0.1"]}, {"media.test": ["127.0.0.2"]})
        inner.server.close()
        async with web({"/": reply(b"inside")}, host="127.0.0.2", port=server.port) as inner:
            await server.get(f"https://media.test:{server.port}/", tmp_path / "a")
    assert ((tmp_path / "a").read_bytes(), asked, inner.seen) == (b"outside", ["media.test"], [])


async def test_next_address(web, tmp_path, monkeypatch):
    """When the first address of a name refuses, the next one is asked."""
    resolve(monkeypatch, {"media.test": ["127.0.0.9", "127.0.0.1"]})
    async with web({"/": reply(b"x")}) as server:
        await server.get(f"https://media.test:{server.port}/", tmp_path / "a")
    assert len(server.seen) == 1


async def test_two_names_at_one_address(web, tmp_path, monkeypatch):
    """Two names at one address have a connection each: one's certificate does not vouch for the other."""
    resolve(monkeypatch, {"media.test": ["127.0.0.1"], "other.test": ["127.0.0.1"]})
    async with web({"/": reply(b"x")}) as server:
        for name in ("media.test", "other.test"):
            await server.get(f"https://{name}:{server.port}/", tmp_path / "a")
    assert server.names == ["media.test", "other.test"]


async def test_downgrade(web, tmp_path, monkeypatch):
    """A public hop by TLS cannot go on in plain http, not even to its own host."""
    resolve(monkeypatch, {"media.test": ["127.0.0.1"]})
    async with Loopback({"/": reply(b"x")}) as plain, web({"/": goto(f"http://media.test:{plain.port}/")}) as server:
        with pytest.raises(Forbidden, match="is not https"):
            await server.get(f"https://media.test:{server.port}/", tmp_path / "a")
    assert not plain.seen


async def test_many_at_once(http, tmp_path):
    """More downloads than httpx has places by default do not wait for each other."""
    together = asyncio.Barrier(120)

    async def act(writer):
        await together.wait()
        writer.write(reply(b"x"))
        await writer.drain()

    async with Loopback({"/": act}) as server:
        await asyncio.gather(*(fetch(http, server, "/", tmp_path / str(n)) for n in range(120)))
    assert together.broken is False
    assert len(list(tmp_path.iterdir())) == 120


# --- names

HOSTS = {
    "https://a.example/x": ("a.example", "a.example:443"),
    "http://a.example/x": ("a.example", "a.example:80"),
    "HTTPS://A.Example:8443/X?y#z": ("a.example", "a.example:8443"),
    "https://user:word@a.example/": ("a.example", "a.example:443"),
    "https://good.example@evil.example/": ("evil.example", "evil.example:443"),
    "https://good.example\\@evil.example/": ("evil.example", "evil.example:443"),
    "https://evil.example#@good.example/": ("evil.example", "evil.example:443"),
    "https://evil.example?@good.example/": ("evil.example", "evil.example:443"),
    "https://a@b@evil.example/": ("evil.example", "evil.example:443"),
    "https://[::1]:8765/": ("[::1]", "[::1]:8765"),
    "https://[2606:4700::1111]/": ("[2606:4700::1111]", "[2606:4700::1111]:443"),
    "https://münchen.example/": ("xn--mnchen-3ya.example", "xn--mnchen-3ya.example:443"),
    "https://a.example:/": ("a.example", "a.example:443"),
    "https://a.example./": ("a.example.", "a.example.:443"),
    **dict.fromkeys(
        [
            *("", "a.example", "/x", "https://", "https:///x", "data:,x", "https://[::1", "https://a.example:port/"),
            *("https://a.example:99999/", "https://good.example\n.evil.example/", "http://a\tb/", "https://a\x00b/"),
            *("https://a:1:2/", "mailto:a@a.example", "https://ｈ.example/"),
        ],
        ("", ""),
    ),
}


@pytest.mark.parametrize("url", HOSTS)
def test_host_of(url):
    """A URL's host and port are those that would be connected to; what has none has none."""
    assert host_of(url) == HOSTS[url]


@given(st.text(max_size=40) | st.text("a.:/@[]#?\\%1é\n", max_size=20).map("https://".__add__))
@settings(max_examples=300, deadline=None)
def test_host_of_anything(text):
    """No text breaks the reading of names, and a host is only ever the one that httpx would ask."""
    host, place = host_of(text)
    bare(text)
    assert bool(host) == bool(place)
    assert not host or host.strip("[]") == httpx.URL(text).raw_host.decode()


@pytest.mark.parametrize(
    ("url", "hosts", "wanted"),
    [
        ("https://a.example/x", {"a.example"}, True),
        ("https://A.EXAMPLE/x", {"a.example"}, True),
        ("https://a.example/x", {"a.example:443"}, True),
        ("http://a.example/x", {"a.example:443"}, False),
        ("http://127.0.0.1:8765/x", {"127.0.0.1:8765"}, True),
        ("http://127.0.0.1:8766/x", {"127.0.0.1:8765"}, False),
        ("http://[::1]:8765/x", {"[::1]:8765"}, True),
        ("http://[::1]:8765/x", {"[::1]"}, True),
        ("https://b.a.example/", {"a.example"}, False),
        ("https://a.example.evil.example/", {"a.example"}, False),
        ("https://a.example@evil.example/", {"a.example"}, False),
        ("https://evil.example/a.example", {"a.example"}, False),
        ("https://a.example:99999/", {"a.example"}, False),
        ("https://", {"", ":443", ":80"}, False),
        ("garbage", {"", "garbage", ":80"}, False),
        ("https://a.example/", set(), False),
    ],
)
def test_named(url, hosts, wanted):
    """A host stands in a list by its name or by its name and port, whole and in any case."""
    assert is_named(url, hosts) == wanted


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("https://a.example/b.mp4?X-Amz-Signature=secret", "https://a.example/b.mp4"),
        ("https://a.example/b.mp4#token=secret", "https://a.example/b.mp4"),
        ("https://user:secret@a.example/b@c.mp4", "https://a.example/b@c.mp4"),
        ("s3://key:secret@bucket/b.png?versionId=secret", "s3://bucket/b.png"),
        ("//user:secret@a.example/b", "//a.example/b"),
        ("zip://b.csv::https://secret@a.example/b.zip", "zip://b.csv::https://a.example/b.zip"),
        ("https://user:sec@secret@a.example/b", "https://a.example/b"),
        ("https://user:a secret@a.example/b", "https://a.example/b"),
        ("https://[::1/b?secret", "https://[::1/b"),
        ("data:image/png;base64,secret", "data:... (28 characters)"),
        ("DATA:,secret", "data:... (12 characters)"),
        ("a/b@c.png", "a/b@c.png"),
        ("", ""),
    ],
)
def test_bare(url, wanted):
    """What is shown of a URL holds no signature, no password and no data."""
    assert bare(url) == wanted
