"""The server of a review, asked over real sockets: who gets in, what is given, what is taken."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tasks.commands.review.app import ALWAYS, MOST_BODY
from tasks.commands.review.server import access_at, addresses, listen
from tasks.domain.errors import Fault, StartError
from tasks.domain.verdict import Verdict
from tasks.ledger import read_verdicts, write_verdict
from tasks.storage.store import Store
from tests.servers import s3_server  # noqa: F401 - a fixture
from tests.servers_stores import azure_server, sftp_server  # noqa: F401 - fixtures
from tests.tasks.commands.review.films import Film, clip_bytes, film
from tests.tasks.commands.review.serving import Served, serving_review


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Film:
    folder = tmp_path_factory.mktemp("film")
    (folder.parent / "outside.txt").write_text("secret")
    return film(Store(str(folder / "target")), {"sh010": 3, "sh020": 2, "sh030": 1}, stand_in="sh030")


@pytest.fixture(scope="module")
def served(made: Film, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving_review(made.store, tmp_path_factory.mktemp("scratch")) as found:
        yield found


@pytest.fixture
def client(served: Served) -> Iterator[httpx.Client]:
    with served.client() as found:
        yield found


def test_the_first_address_lets_in(served: Served) -> None:
    """The token goes from the address into a cookie that no script reads, and leaves the address."""
    with httpx.Client(trust_env=False, verify=False) as client:
        welcome = client.get(served.address)
        (cookie,) = welcome.headers.get_list("set-cookie")
        assert "httponly" in cookie.lower()
        assert "SameSite=Strict" in cookie
        assert 'content="0;url=/"' in welcome.text
        page = client.get(f"{served.base}/")
        assert page.status_code == 200
        token = served.address.partition("token=")[2]
        assert token not in page.text


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/", {"sec-fetch-site": "cross-site"}, 200),
        ("/", {"sec-fetch-site": "cross-site", "host": "evil.example"}, 403),
        ("/", {"sec-fetch-site": "cross-site", "origin": "http://evil.example"}, 403),
        ("/manifest.json", {"sec-fetch-site": "cross-site"}, 403),
        ("/manifest.json", {}, 403),
    ],
)
def test_a_link_in_a_chat_lets_in(served: Served, path: str, headers: dict[str, str], status: int) -> None:
    """The first address may stand as a link on another site; with its token nothing but that address opens."""
    token = served.address.partition("?")[2]
    assert (
        httpx.get(f"{served.base}{path}?{token}", headers=headers, trust_env=False, verify=False).status_code == status
    )


def wrong(served: Served) -> list[dict[str, Any]]:
    name, token = f"storyreel-{served.base.rpartition(':')[2]}", served.address.partition("token=")[2]
    good = {"cookie": f"{name}={token}"}
    return [
        {},
        {"cookie": f"{name}=wrong"},
        {"cookie": f"{name}="},
        {"cookie": "\x01;;=,"},
        {"cookie": f"storyreel-1={token}"},
        good | {"host": "evil.example"},
        good | {"host": "192.168.1.7"},
        good | {"origin": "http://evil.example"},
        good | {"origin": "http://localhost:1"},
        good | {"origin": "null"},
        good | {"sec-fetch-site": "cross-site"},
        good | {"sec-fetch-site": "same-site"},
    ]


@pytest.mark.parametrize("number", range(12))
@pytest.mark.parametrize("path", ["/", "/review/verdicts", "/manifest.json", "/?token=wrong", "/nothing"])
def test_nobody_else_gets_in(served: Served, number: int, path: str) -> None:
    """Without the cookie, under another host's name, from another origin or site: nothing is given."""
    headers = wrong(served)[number]
    for method in ("GET", "HEAD", "POST"):
        answer = httpx.request(method, served.base + path, headers=headers, trust_env=False, verify=False)
        assert answer.status_code == 403, (method, headers)
        assert "sh010" not in answer.text
        assert "set-cookie" not in answer.headers


def test_every_answer_says_what_it_may(client: httpx.Client, made: Film, served: Served) -> None:
    """Page, JSON, file, refusal and what is not there: no sniffing, no referrer, no frame, a policy."""
    paths = ["/", "/review/verdicts", "/manifest.json", "/nothing", made.takes["sh010"][1].path]
    answers = [client.get(path) for path in paths] + [
        httpx.get(served.base, trust_env=False, verify=False),
        client.put("/"),
    ]
    for answer in answers:
        for name in ALWAYS.keys() - {"cache-control", "content-security-policy"}:
            assert answer.headers[name] == ALWAYS[name], answer.url
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert "server" not in answer.headers
    assert "connect-src 'self'" in answers[0].headers["content-security-policy"]
    assert "script-src" not in answers[2].headers["content-security-policy"]


@pytest.mark.parametrize(
    "path",
    [
        "/../outside.txt",
        "/%2e%2e/outside.txt",
        "/..%2foutside.txt",
        "/clips/../../outside.txt",
        "/clips/..%2f..%2foutside.txt",
        "/clips",
        "/clips/",
        "//etc/passwd",
        "/ledger",
        "/lock/1.json",
        "/review",
        "/report.html",
        "/clips/%00.mp4",
        "/%5c..%5coutside.txt",
    ],
)
def test_no_listing_and_no_file_outside(client: httpx.Client, path: str) -> None:
    """Only what the tables name is given: no folder, no record, nothing outside the target."""
    assert raw(client, path).startswith(b"HTTP/1.1 404")


def raw(client: httpx.Client, path: str) -> bytes:
    """The answer to a path that no client would send as it stands."""
    cookie = "; ".join(f"{one.name}={one.value}" for one in client.cookies.jar)
    with socket.create_connection(("127.0.0.1", client.base_url.port or 0), 10) as line:
        asked = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{client.base_url.port}\r\nCookie: {cookie}\r\n"
        line.sendall(f"{asked}Connection: close\r\n\r\n".encode())
        return b"".join(iter(lambda: line.recv(65536), b""))


def test_no_record_is_given(client: httpx.Client, made: Film) -> None:
    """The ledger's records are at the target, and nobody's business here."""
    names = list(made.store.names("ledger"))
    assert names
    assert {client.get(f"/{name}").status_code for name in names} == {404}


@pytest.mark.parametrize("clip", ["../outside.txt", "/etc/passwd", "clips/../../outside.txt", "ledger", "clips\\..\\x"])
def test_a_table_that_was_bent_names_nothing_outside(tmp_path: Path, clip: str) -> None:
    """A manifest whose clip lies elsewhere opens no door there."""
    (tmp_path / "outside.txt").write_text("secret")
    bent = film(Store(str(tmp_path / "target")), {"sh010": 1})
    told = json.loads(bent.store.read("manifest.json"))
    told["shots"][0]["clip"] = clip
    bent.store.write("manifest.json", json.dumps(told).encode())
    with serving_review(bent.store, tmp_path / "scratch") as served, served.client() as client:
        for path in ("/../outside.txt", "//etc/passwd", "/ledger", "/clips/../../outside.txt", f"/{clip}"):
            assert raw(client, path).startswith(b"HTTP/1.1 404"), path


def test_no_link_leads_out(tmp_path: Path) -> None:
    """A clip that is a link to a file elsewhere is not given."""
    (tmp_path / "outside.mp4").write_bytes(b"secret")
    linked = film(Store(str(tmp_path / "target")), {"sh010": 1})
    path = tmp_path / "target" / linked.takes["sh010"][1].path
    path.unlink()
    path.symlink_to(tmp_path / "outside.mp4")
    with serving_review(linked.store, tmp_path / "scratch") as served, served.client() as client:
        assert client.get(f"/{linked.takes['sh010'][1].path}").status_code == 404


@pytest.mark.parametrize("kind", ["local", "s3", "azure", "sftp"])
def test_ranges_from_every_store(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """A clip comes whole and in ranges, as a player asks, from a folder, a bucket and another machine."""
    place = request.getfixturevalue(kind) if kind != "local" else None
    store = Store(place.folder(), place.options) if place else Store(str(tmp_path / "target"))
    clip = film(store, {"sh010": 1}).takes["sh010"][1]
    data = clip_bytes((176, 58, 46))
    with serving_review(store, tmp_path / "scratch") as served, served.client() as client:
        whole = client.get(f"/{clip.path}")
        assert (whole.status_code, whole.content, whole.headers["content-type"]) == (200, data, "video/mp4")
        assert whole.headers["accept-ranges"] == "bytes"
        part = client.get(f"/{clip.path}", headers={"range": "bytes=10-99"})
        assert (part.status_code, part.content) == (206, data[10:100])
        assert part.headers["content-range"] == f"bytes 10-99/{len(data)}"
        last = client.get(f"/{clip.path}", headers={"range": "bytes=-5"})
        assert last.content == data[-5:]
        past = client.get(f"/{clip.path}", headers={"range": f"bytes={len(data)}-"})
        assert (past.status_code, past.headers["content-range"]) == (416, f"bytes */{len(data)}")
        head = client.head(f"/{clip.path}")
        assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(data)))


def verdict(made: Film, shot_id: str = "sh010", take: int = 2, **cells: Any) -> dict[str, Any]:
    base = {"key": made.keys[shot_id], "take": take, "sha256": made.digest(shot_id, take), "verdict": "select"}
    return {**base, "note": "", "by": "Ben", "after": 3, **cells}


def test_a_verdict_is_written(client: httpx.Client, made: Film) -> None:
    """What a page sends lies at the target with the server's own time, and comes back to whoever asks."""
    tag = client.get("/review/verdicts").headers["etag"]
    answer = client.post("/review/verdicts", json=verdict(made, note="warm\r\nlight"))
    assert answer.status_code == 201
    written = answer.json()["verdict"]
    assert (written["shot_id"], written["take"], written["by"], written["note"]) == ("sh010", 2, "Ben", "warm\nlight")
    (kept, *_) = [one for one in read_verdicts(made.store)[made.keys["sh010"]] if one.n == written["n"]]
    assert (kept.at, kept.after) == (written["at"], 3)
    news = client.get("/review/verdicts", headers={"if-none-match": tag})
    assert news.status_code == 200
    assert written in news.json()[made.keys["sh010"]]
    assert client.get("/review/verdicts", headers={"if-none-match": news.headers["etag"]}).status_code == 304


def test_half_a_letter_is_left_out(client: httpx.Client, made: Film) -> None:
    """A page that cuts a note in the middle of a letter is answered, and what is written can be written anywhere."""
    body = json.dumps(verdict(made, note="warm\ud83d", by="Be\udcffn")).encode()
    answer = client.post("/review/verdicts", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 201
    assert (answer.json()["verdict"]["note"], answer.json()["verdict"]["by"]) == ("warm", "Ben")


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"key": "aaaaaaaaaaaaaaaa-1"}, 422),
        ({"key": "../../lock"}, 422),
        ({"verdict": "like"}, 422),
        ({"take": "2"}, 422),
        ({"take": True}, 422),
        ({"take": -1}, 422),
        ({"take": 10**12}, 422),
        ({"after": -1}, 422),
        ({"sha256": "no"}, 422),
        ({"note": "x" * 2001}, 422),
        ({"by": "x" * 101}, 422),
        ({"note": None}, 422),
        ({"more": 1}, 422),
        ({"at": "2020-01-01T00:00:00Z"}, 422),
        ({"note": "x" * MOST_BODY}, 413),
    ],
)
def test_nothing_else_is_taken(client: httpx.Client, made: Film, change: dict[str, Any], status: int) -> None:
    """A foreign shot, another kind of cell, words that are too long: told, and nothing is written."""
    before = read_verdicts(made.store)
    assert client.post("/review/verdicts", json={**verdict(made), **change}).status_code == status
    assert read_verdicts(made.store) == before


def test_a_stand_in_takes_none(client: httpx.Client, made: Film) -> None:
    """A drawing that stands in cannot be chosen."""
    answer = client.post("/review/verdicts", json=verdict(made, "sh030", 1))
    assert answer.status_code == 422
    assert "stands in" in answer.json()["errors"][0]


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"[" * 5000, "application/json", 400),
        (b"\xff", "application/json", 400),
        (b"[]", "application/json", 422),
        (b"{}", "text/plain", 415),
        (b"key=1", "application/x-www-form-urlencoded", 415),
        (b"{}", "multipart/form-data", 415),
    ],
)
def test_what_is_no_json(client: httpx.Client, body: bytes, kind: str, status: int) -> None:
    """A form, a text and broken JSON are turned down."""
    answer = client.post("/review/verdicts", content=body, headers={"content-type": kind})
    assert answer.status_code == status


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
@pytest.mark.parametrize("path", ["/", "/manifest.json", "/review/verdicts"])
def test_nothing_can_be_put_there(client: httpx.Client, made: Film, method: str, path: str) -> None:
    """Verdicts are the only thing that is written."""
    assert client.request(method, path).status_code == 405
    assert client.post("/manifest.json", json=verdict(made)).status_code == 405


def test_two_people_at_once(served: Served, made: Film) -> None:
    """Two who choose at the same time lose nothing."""
    before = len(read_verdicts(made.store).get(made.keys["sh020"], ()))

    def person(name: str) -> None:
        with served.client() as client:
            for take in (1, 2, 1, 2, 1):
                client.post("/review/verdicts", json=verdict(made, "sh020", take, by=name)).raise_for_status()

    crowd = [threading.Thread(target=person, args=(name,)) for name in ("Ana", "Ben")]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join(30)
    found = read_verdicts(made.store)[made.keys["sh020"]][before:]
    assert sorted(one.by for one in found) == ["Ana"] * 5 + ["Ben"] * 5


def test_no_lock_is_held(client: httpx.Client, made: Film) -> None:
    """A run may begin at any time: the review holds nothing."""
    client.get("/").raise_for_status()
    assert made.store.names("lock") == []


def test_a_run_beside_it_is_seen(tmp_path: Path) -> None:
    """A take that came since is on the page once it is loaded again, and its file is given."""
    store = Store(str(tmp_path / "target"))
    film(store, {"sh010": 1})
    with serving_review(store, tmp_path / "scratch") as served, served.client() as client:
        later = film(store, {"sh010": 1, "sh020": 2})
        assert client.get(f"/{later.takes['sh020'][2].path}").status_code == 404
        assert "sh020" in client.get("/").text
        assert client.get(f"/{later.takes['sh020'][2].path}").status_code == 200
        assert client.post("/review/verdicts", json=verdict(later, "sh020", 1)).status_code == 201


def test_a_page_is_made_when_something_changed(tmp_path: Path) -> None:
    """Loaded again the page is there at once; what was said meanwhile, here or elsewhere, is on it."""
    made = film(Store(str(tmp_path / "target")), {"sh010": 2})
    with serving_review(made.store, tmp_path / "scratch") as served, served.client() as client:
        first = client.get("/").text
        assert client.get("/").text == first
        said = Verdict(0, 1, made.digest("sh010", 1), "reject", "too dark", "Cleo", "2026-11-26T10:00:00.000Z", 2)
        write_verdict(made.store, made.keys["sh010"], said)
        assert "Cleo rejected take 1" in client.get("/").text


def planned() -> dict[str, Any]:
    return {"shots": 3, "quoted_usd": "3.60", "shown": "3.60"}


def no_plan() -> dict[str, Any]:
    raise StartError([Fault(0, "", "", f"board {n}", "is not there") for n in range(9)])


@pytest.mark.parametrize(
    ("plan", "status", "told"),
    [(None, 204, None), (planned, 200, planned()), (no_plan, 200, {"errors": ["'board 0': is not there"] * 5})],
)
def test_the_plan_of_the_next_run(made: Film, tmp_path: Path, plan: Any, status: int, told: Any) -> None:
    """Where the review was given the config of its runs the plan says what they would order, or why it cannot."""
    with serving_review(made.store, tmp_path, plan=plan) as served, served.client() as client:
        answer = client.get("/review/plan")
        assert answer.status_code == status
        if told and "errors" in told:
            assert [one[-12:] for one in answer.json()["errors"]] == ["is not there"] * 5
        elif told:
            assert answer.json() == told
        assert httpx.get(f"{served.base}/review/plan", trust_env=False, verify=False).status_code == 403


def test_a_target_that_fails_is_told(tmp_path: Path) -> None:
    """A target that went away is a sentence for who asks, never a traceback."""
    store = Store(str(tmp_path / "target"))
    made = film(store, {"sh010": 1})
    with serving_review(store, tmp_path / "scratch") as served, served.client() as client:
        (tmp_path / "target/review").write_text("in the way")
        answer = client.post("/review/verdicts", json=verdict(made, take=1))
        assert answer.status_code == 503
        assert "target" in answer.json()["errors"][0]
        (tmp_path / "target").rename(tmp_path / "gone")
        assert client.get("/").status_code == 503
        assert client.get(f"/{made.takes['sh010'][1].path}").status_code == 404


def test_it_ends_at_once(made: Film, tmp_path: Path) -> None:
    """Somebody in the middle of a clip keeps nobody waiting."""
    with serving_review(made.store, tmp_path) as served:
        line = socket.create_connection(("127.0.0.1", int(served.base.rpartition(":")[2])), 10)
        line.sendall(b"GET / HTTP/1.1\r\nHost: 127")
        since = time.monotonic()
    assert time.monotonic() - since < 2
    line.close()


def test_a_port_that_is_taken() -> None:
    """A port that another has, and a host that is not ours, are told."""
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        for host, number in (
            ("127.0.0.1", port),
            ("203.0.113.7", 0),
            ("no.such.host.invalid", 0),
            ("127.0.0.1", 99999),
        ):
            with pytest.raises(StartError, match="nothing can listen at"):
                listen(host, number)


@pytest.mark.parametrize(
    ("host", "first"),
    [("127.0.0.1", "http://127.0.0.1:8000/"), ("0.0.0.0", "http://127.0.0.1:8000/"), ("::1", "http://[::1]:8000/")],
)
def test_the_addresses(host: str, first: str) -> None:
    """The first address is one that opens here; each start has a token of its own."""
    one, two = access_at(host, 8000), access_at(host, 8000)
    assert addresses(host, one)[0] == f"{first}?token={one.token}"
    assert one.token != two.token
    assert len(one.token) >= 40
