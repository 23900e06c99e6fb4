"""The sandbox is what every other test of a gateway leans on: strict, exact, and as faulty as it is told."""

import base64
import io
import re
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from decimal import Decimal
from email.utils import parsedate_to_datetime
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import av
import httpx
import pytest
from PIL import Image

from tests.sandbox import Sandbox
from tests.sandbox.__main__ import what_will_happen
from tests.sandbox.faults import ScriptError
from tests.sandbox.gateways import all_gateways

ROOT = Path(__file__).parents[1]
GATEWAYS = ("aigateway", "aimlapi", "aivideoapi", "pixazo")
SUBMIT = {
    "aigateway": "/v1/videos/generations",
    "pixazo": "/sora-video/v1/video/generate",
    "aivideoapi": "/v1/videos/generations",
    "aimlapi": "/v2/video/generations",
}
MODEL = {"aigateway": "openai/sora-2-text-to-video-pro", "aimlapi": "openai/sora-2-pro-t2v"}
I2V = "/sora-video/v1/video/i2v/generate"
PRO_I2V = "openai/sora-2-pro-i2v"
IMAGE_TO_VIDEO = "openai/sora-2-image-to-video-pro"
REMIX = "openai/sora-2-video-to-video-remix"


def body(gateway: str, prompt: str = "a lighthouse", seconds: int = 4) -> dict[str, Any]:
    """A correct text-to-video order."""
    if gateway == "pixazo":
        return {"prompt": prompt, "seconds": seconds, "size": "1280x720"}
    if gateway == "aivideoapi":
        return {"model": "sora-2", "input": {"prompt": prompt, "duration": seconds, "aspect_ratio": "16:9"}}
    more = {"resolution": "720p"} if gateway == "aimlapi" else {}
    return {"model": MODEL[gateway], "prompt": prompt, "duration": seconds, "aspect_ratio": "16:9", **more}


@cache
def data_uri(width: int, height: int, kind: str = "jpeg") -> str:
    out = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(out, kind)
    return f"data:image/{kind};base64,{base64.b64encode(out.getvalue()).decode()}"


class Client:
    """A small honest client of all four gateways."""

    def __init__(self, box: Sandbox) -> None:
        self.box = box
        self.http = httpx.Client(timeout=10, trust_env=False, verify=False)

    def send(self, method: str, gateway: str, path: str, key: str = "", **more: Any) -> httpx.Response:
        key = key or f"sandbox-{gateway}"
        bearer = {"Authorization": f"Bearer {key}"}
        headers = {"Ocp-Apim-Subscription-Key": key} if gateway == "pixazo" else bearer
        return self.http.request(method, self.box.base_url(gateway) + path, headers=headers, **more)

    def order(self, gateway: str, json: dict[str, Any] | None = None, path: str = "") -> httpx.Response:
        return self.send("POST", gateway, path or SUBMIT[gateway], json=body(gateway) if json is None else json)

    def ask(self, gateway: str, job: str) -> httpx.Response:
        if gateway == "aimlapi":
            return self.send("GET", gateway, SUBMIT[gateway], params={"generation_id": job})
        path = {"aigateway": "/v1/jobs/", "pixazo": "/v2/requests/status/", "aivideoapi": "/v1/tasks/"}
        return self.send("GET", gateway, path[gateway] + job)

    def buy(self, gateway: str, json: dict[str, Any] | None = None, path: str = "") -> str:
        reply = self.order(gateway, json, path)
        assert reply.status_code in (200, 202), reply.text
        data = reply.json()
        return str(data.get("request_id") or data.get("id") or data["data"]["taskId"])

    def finish(self, gateway: str, job: str) -> tuple[dict[str, Any], list[str]]:
        """The last answer and every status word on the way to it."""
        words: list[str] = []
        for _ in range(2000):
            reply = self.ask(gateway, job)
            if reply.status_code == 304:
                continue
            assert reply.status_code == 200, reply.text
            words.append(reply.json()["status"])
            if words[-1].lower() in ("completed", "failed", "error"):
                return reply.json(), words
        raise AssertionError(words)

    def url(self, gateway: str, job: str) -> str:
        return url_in(gateway, self.finish(gateway, job)[0])


def url_in(gateway: str, data: dict[str, Any]) -> str:
    take: dict[str, Callable[[], Any]] = {
        "aigateway": lambda: data["result"]["url"],
        "pixazo": lambda: data["output"]["media_url"][0],
        "aivideoapi": lambda: data["output"]["urls"][0],
        "aimlapi": lambda: data["video"]["url"],
    }
    return str(take[gateway]())


def probe(data: bytes) -> tuple[int, int, float]:
    with av.open(io.BytesIO(data), "r") as file:
        stream = file.streams.video[0]
        frames = len(list(file.decode(stream)))
        assert stream.average_rate
        return stream.width, stream.height, float(frames / stream.average_rate)


def boxes(data: bytes) -> int:
    """Where the top-level boxes of an mp4 end."""
    at = 0
    while at < len(data):
        at += int.from_bytes(data[at : at + 4], "big")
    return at


@pytest.fixture(scope="module")
def shared() -> Iterator[Client]:
    with Sandbox(job_seconds=0.0) as box:
        client = Client(box)
        yield client
        client.http.close()


@pytest.fixture
def client(shared: Client) -> Client:
    """A running sandbox with no faults, no jobs and an empty log."""
    shared.box.faults([])
    shared.box.reset()
    return shared


def test_that_the_four_gateways_of_the_samples_are_served() -> None:
    """Protocols are found by themselves."""
    assert set(GATEWAYS) <= set(all_gateways())


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_an_order_becomes_a_real_clip_of_the_asked_size_and_length(client: Client, gateway: str) -> None:
    """Submit, poll, download: an mp4 as it was ordered, small, whole, and marked with its own job."""
    job = client.buy(gateway)
    reply = client.http.get(client.url(gateway, job))
    assert reply.headers["content-type"] == "video/mp4"
    assert probe(reply.content) == (1280, 720, 4.0)
    assert len(reply.content) < 100_000 and boxes(reply.content) == len(reply.content)
    assert job.encode() in reply.content and b"a lighthouse" in reply.content


RECEIPTS = {
    "aigateway": (202, {"id", "status", "model", "created"}),
    "pixazo": (202, {"request_id", "status", "polling_url"}),
    "aivideoapi": (200, {"code", "msg", "data"}),
    "aimlapi": (200, {"id", "status"}),
}


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_receipts_have_the_documented_shape(client: Client, gateway: str) -> None:
    """Status code and fields of a receipt are those of the documents, no more."""
    reply = client.order(gateway)
    assert (reply.status_code, set(reply.json())) == RECEIPTS[gateway]


WORDS = {
    "aigateway": ["queued", "processing", "running", "running", "completed"],
    "pixazo": ["QUEUED", "PROCESSING", "PROCESSING", "PROCESSING", "COMPLETED"],
    "aivideoapi": ["pending", "processing", "processing", "processing", "completed"],
    "aimlapi": ["generating", "queued", "queued", "queued", "completed"],
}


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_statuses_come_in_the_gateways_own_words_and_order(client: Client, gateway: str) -> None:
    """Upper case at Pixazo, backwards at AI/ML API."""
    client.box.faults([], {gateway: {"min_polls": 4}})
    assert client.finish(gateway, client.buy(gateway))[1] == WORDS[gateway]


def test_a_poll_below_the_floor_is_304_without_a_body(client: Client) -> None:
    """AIgateway answers 304 until its floor is past, and then goes on; such a poll does not move the floor."""
    client.box.faults([], {"aigateway": {"poll_floor_s": 0.2, "min_polls": 1}})
    job = client.buy("aigateway")
    codes = [client.ask("aigateway", job).status_code]
    start = time.monotonic()
    while 200 not in codes[1:] and time.monotonic() < start + 5:
        codes.append(client.ask("aigateway", job).status_code)
    assert codes[:2] == [200, 304] and 200 in codes[2:]
    assert client.ask("aigateway", job).content == b""


def test_the_polling_url_of_pixazo_lies_below_its_base_url(client: Client) -> None:
    """It can be asked as it stands, with the key."""
    reply = client.order("pixazo").json()
    assert reply["polling_url"] == f"{client.box.base_url('pixazo')}/v2/requests/status/{reply['request_id']}"


KEY_ERRORS: dict[str, Callable[[dict[str, Any]], bool]] = {
    "aigateway": lambda data: data["error"]["type"] == "authentication_error",
    "pixazo": lambda data: data["error"] == "Unauthorized" and set(data) == {"error", "message"},
    "aivideoapi": lambda data: data["error"]["code"] == "invalid_api_key",
    "aimlapi": lambda data: data["statusCode"] == "401" and data["path"] == "/v2/video/generations",
}


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_no_key_a_bad_key_and_another_gateways_key_are_401(client: Client, gateway: str) -> None:
    """In that gateway's error shape, with nothing accepted, and the foreign key in the log."""
    other = "pixazo" if gateway != "pixazo" else "aimlapi"
    url = client.box.base_url(gateway) + SUBMIT[gateway]
    replies = [client.http.post(url, json=body(gateway))]
    replies += [
        client.send("POST", gateway, SUBMIT[gateway], key=key, json=body(gateway))
        for key in ("bad", f"sandbox-{other}")
    ]
    assert [reply.status_code for reply in replies] == [401, 401, 401]
    assert all(KEY_ERRORS[gateway](reply.json()) for reply in replies)
    bill = client.box.bill()[gateway]
    assert (bill["orders"], bill["accepted"]) == (3, 0)
    assert [entry["foreign_key"] for entry in client.box.log()] == ["", "", other]


WRONG_VALUES: list[tuple[str, str, dict[str, Any], int]] = [
    ("aigateway", "", {"duration": 5}, 400),
    ("aigateway", "", {"duration": "8"}, 400),
    ("aigateway", "", {"duration": 8.0}, 400),
    ("aigateway", "", {"duration": True}, 400),
    ("aigateway", "", {"aspect_ratio": "1:1"}, 400),
    ("aigateway", "", {"prompt": " "}, 400),
    ("aigateway", "", {"prompt": None}, 400),
    ("aigateway", "", {"size": "1280x720"}, 400),
    ("aigateway", "", {"model": "openai/sora-3"}, 404),
    ("aigateway", "", {"model": IMAGE_TO_VIDEO}, 400),
    ("aigateway", "", {"model": REMIX, "video_id": "job_nobody"}, 400),
    ("aigateway", "", {"model": REMIX}, 400),
    ("pixazo", "", {"seconds": 5}, 400),
    ("pixazo", "", {"seconds": "4"}, 400),
    ("pixazo", "", {"size": "1920x1080"}, 400),
    ("pixazo", "", {"negative_prompt": "rain"}, 400),
    ("pixazo", "", {"model": "sora-2"}, 400),
    ("pixazo", "", {"image": data_uri(1280, 720)}, 400),
    ("pixazo", I2V, {}, 400),
    ("pixazo", I2V, {"image": data_uri(1279, 720)}, 400),
    ("pixazo", I2V, {"image": data_uri(720, 1280)}, 400),
    ("pixazo", I2V, {"image": data_uri(1280, 720).replace("jpeg", "png")}, 400),
    ("pixazo", I2V, {"image": data_uri(1280, 720)[:900]}, 400),
    ("pixazo", I2V, {"image": data_uri(1280, 720).partition(",")[2]}, 400),
    ("pixazo", I2V, {"image": "data:image/jpeg;base64,!!"}, 400),
    ("pixazo", I2V, {"image": "http://192.0.2.1/a.jpg"}, 400),
    ("pixazo", I2V, {"image": "http://127.0.0.1:1/a.jpg"}, 400),
    ("aivideoapi", "", {"model": "sora-3"}, 404),
    ("aivideoapi", "", {"input": {"prompt": "p", "duration": 8}}, 400),
    ("aivideoapi", "", {"input": {"prompt": "p", "duration": 6, "aspect_ratio": "16:9"}}, 400),
    ("aivideoapi", "", {"input": "p"}, 400),
    ("aimlapi", "", {"duration": "4"}, 400),
    ("aimlapi", "", {"resolution": "1024p"}, 400),
    ("aimlapi", "", {"model": "openai/sora-2-t2v", "resolution": "1080p"}, 400),
    ("aimlapi", "", {"model": "openai/sora-3"}, 400),
    ("aimlapi", "", {"model": PRO_I2V}, 400),
    ("aimlapi", "", {"model": PRO_I2V, "image_url": data_uri(1792, 1024)}, 400),
    ("aimlapi", "", {"image_url": data_uri(1280, 720)}, 400),
]


@pytest.mark.parametrize(("gateway", "path", "change", "status"), WRONG_VALUES)
def test_an_order_that_the_documents_do_not_allow_is_refused(
    client: Client, gateway: str, path: str, change: dict[str, Any], status: int
) -> None:
    """Wrong values, types, sizes, images, models and undocumented fields buy nothing."""
    assert client.order(gateway, body(gateway) | change, path).status_code == status
    assert client.box.billed() == 0 and not client.box.jobs()


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_every_required_field_is_required(client: Client, gateway: str) -> None:
    """An order without its prompt, or of no JSON object, is a 400 that says so."""
    short = body(gateway)
    (short["input"] if gateway == "aivideoapi" else short).pop("prompt")
    reply = client.order(gateway, short)
    assert reply.status_code == 400 and "prompt is required" in reply.text
    for content, kind in ((b"[]", "application/json"), (b"{", "application/json"), (b"{}", "text/plain")):
        headers = {"Content-Type": kind, "Authorization": "Bearer k", "Ocp-Apim-Subscription-Key": "k"}
        url = client.box.base_url(gateway) + SUBMIT[gateway]
        assert client.http.post(url, content=content, headers=headers).status_code == 400


def test_unknown_jobs_and_paths_are_404_in_the_gateways_shape(client: Client) -> None:
    """A lost job is not an empty page."""
    for gateway in GATEWAYS:
        for reply in (client.ask(gateway, "nobody"), client.send("GET", gateway, "/v9/nothing")):
            assert reply.status_code == 404 and reply.headers["content-type"] == "application/json"


IMAGES: list[tuple[str, str, dict[str, Any], tuple[int, int]]] = [
    ("aigateway", "", {"model": IMAGE_TO_VIDEO, "image_url": data_uri(1280, 720)}, (1280, 720)),
    (
        "aigateway",
        "",
        {"model": IMAGE_TO_VIDEO, "aspect_ratio": "9:16", "image_url": data_uri(720, 1280, "png")},
        (720, 1280),
    ),
    ("pixazo", I2V, {"image": data_uri(1280, 720, "webp")}, (1280, 720)),
    ("pixazo", I2V, {"image": data_uri(1792, 1024), "size": "1792x1024"}, (1792, 1024)),
    ("pixazo", I2V, {"image": "https://images.example/a.jpg"}, (1280, 720)),
    ("aimlapi", "", {"model": PRO_I2V, "image_url": data_uri(1280, 720)}, (1280, 720)),
    ("aimlapi", "", {"model": PRO_I2V, "image_url": data_uri(1280, 720).partition(",")[2]}, (1280, 720)),
    (
        "aimlapi",
        "",
        {"model": PRO_I2V, "resolution": "1080p", "aspect_ratio": "9:16", "image_url": data_uri(1024, 1792)},
        (1024, 1792),
    ),
]


@pytest.mark.parametrize(("gateway", "path", "change", "size"), IMAGES)
def test_an_image_of_the_exact_size_is_taken(
    client: Client, gateway: str, path: str, change: dict[str, Any], size: tuple[int, int]
) -> None:
    """As a data URI, plain base64 where documented, or an https URL."""
    job = client.buy(gateway, body(gateway) | change, path)
    assert probe(client.http.get(client.url(gateway, job)).content) == (*size, 4.0)


def test_a_size_left_out_at_pixazo_is_the_images(client: Client) -> None:
    """And is billed as such."""
    client.buy("pixazo", {"prompt": "p", "image": data_uri(1024, 1792), "seconds": 8}, I2V)
    assert client.box.jobs()[0]["size"] == "1024x1792" and client.box.billed() == 5


def test_images_by_url_are_fetched_from_loopback_and_measured(client: Client) -> None:
    """AI Video API takes URLs alone: of the right size 200, of another or as a data URI 400."""
    order = body("aivideoapi")
    answers = []
    for image in (
        client.box.image_url("a b.jpg"),
        client.box.image_url("a.png", "1280x721"),
        data_uri(1280, 720),
    ):
        answers.append(client.order("aivideoapi", {**order, "input": {**order["input"], "image_urls": [image]}}))
    assert [reply.status_code for reply in answers] == [200, 400, 400]
    assert "exactly 1280x720; it is 1280x721" in answers[1].text


def test_the_flat_body_of_the_landing_page_is_read_too(client: Client) -> None:
    """AI Video API documents two bodies."""
    client.buy("aivideoapi", {"model": "sora-2", "prompt": "p", "duration": 8, "size": "720x1280"})
    assert [(job["seconds"], job["size"]) for job in client.box.jobs()] == [(8, "720x1280")]


def test_a_remix_starts_from_a_finished_clip_of_the_same_gateway(client: Client) -> None:
    """By id with its size and length, by URL of an mp4; not of a deleted or of another gateway's clip."""
    source = client.buy("aigateway", body("aigateway", seconds=8) | {"aspect_ratio": "9:16"})
    deleted = client.buy("aigateway", body("aigateway") | {"delete_video": True})
    foreign = client.buy("pixazo")
    remix = {"model": REMIX, "prompt": "at night"}
    job = client.buy("aigateway", remix | {"video_id": source})
    assert probe(client.http.get(client.url("aigateway", job)).content) == (720, 1280, 8.0)
    client.buy("aigateway", remix | {"video_url": client.url("pixazo", foreign)})
    refused = [{"video_id": deleted}, {"video_id": foreign}, {"video_url": client.box.image_url("a.jpg")}]
    assert [client.order("aigateway", remix | source).status_code for source in refused] == [400, 400, 400]
    client.box.faults([], {"aigateway": {"job_seconds": 60.0}})
    running = client.buy("aigateway")
    assert client.order("aigateway", remix | {"video_id": running}).status_code == 400


PRICES: list[tuple[str, dict[str, Any], str]] = [
    ("aigateway", {"duration": 4}, "0.4"),
    ("aigateway", {"duration": 12}, "1.2"),
    ("pixazo", {"seconds": 4}, "1.5"),
    ("pixazo", {"seconds": 8, "size": "720x1280"}, "3"),
    ("pixazo", {"seconds": 12}, "4.5"),
    ("pixazo", {"seconds": 4, "size": "1792x1024"}, "2.5"),
    ("pixazo", {"seconds": 12, "size": "1024x1792"}, "7.5"),
    ("aivideoapi", {"input": {"prompt": "p", "duration": 8, "aspect_ratio": "9:16"}}, "1"),
    ("aivideoapi", {"input": {"prompt": "p", "duration": 12, "aspect_ratio": "16:9"}}, "1.5"),
    ("aimlapi", {"duration": 8}, "3.12"),
    ("aimlapi", {"duration": 12, "resolution": "1080p"}, "7.8"),
    ("aimlapi", {"duration": 4, "model": "openai/sora-2-t2v"}, "0.52"),
]


@pytest.mark.parametrize(("gateway", "change", "price"), PRICES)
def test_an_order_costs_what_the_price_list_says(
    client: Client, gateway: str, change: dict[str, Any], price: str
) -> None:
    """To the cent, when it is accepted."""
    client.buy(gateway, body(gateway) | change)
    assert client.box.billed(gateway) == client.box.jobs(gateway)[0]["billed_usd"] == Decimal(price)
    shown = client.http.get(f"{client.box.url}/sandbox/bill").json()
    assert Decimal(shown[gateway]["billed_usd"]) == Decimal(price)
    assert shown["pixazo" if gateway != "pixazo" else "aimlapi"]["billed_usd"] == "0.00"


def test_the_ai_ml_api_reports_its_credits(client: Client) -> None:
    """$1 is 2,000,000 credits; where the script wants no meta there is none."""
    assert client.finish("aimlapi", client.buy("aimlapi"))[0]["meta"] == {"usage": {"credits_used": 3_120_000}}
    client.box.faults([{"do": "shape", "shape": "no_meta"}])
    assert client.finish("aimlapi", client.buy("aimlapi"))[0]["meta"] is None


ENDINGS: list[tuple[str, str, dict[str, Any], str, str]] = [
    ("aigateway", "failed", {}, "failed", "0"),
    ("pixazo", "failed", {}, "FAILED", "1.5"),
    ("pixazo", "failed", {"charged": False}, "FAILED", "0"),
    ("pixazo", "error", {}, "ERROR", "0"),
    ("aivideoapi", "failed", {}, "failed", "0"),
    ("aimlapi", "error", {}, "error", "0"),
    ("aimlapi", "error", {"charged": True}, "error", "1.56"),
]


@pytest.mark.parametrize(("gateway", "do", "more", "word", "billed"), ENDINGS)
def test_a_failed_job_is_charged_as_the_gateway_documents_it(
    client: Client, gateway: str, do: str, more: dict[str, Any], word: str, billed: str
) -> None:
    """Free at all but Pixazo's FAILED, unless the script says otherwise."""
    client.box.faults([{"do": do, "gateway": gateway, "message": "no luck", **more}])
    data, words = client.finish(gateway, client.buy(gateway))
    assert words[-1] == word and "no luck" in str(data["error"])
    assert client.box.billed(gateway) == Decimal(billed)
    assert client.box.jobs(gateway)[0]["status"] in ("failed", "error")


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_policy_is_said_at_once_or_at_the_end(client: Client, gateway: str) -> None:
    """By a word in the prompt; the second kind was accepted."""
    client.box.faults([{"kind": "moderated", "prompt": "blood"}, {"do": "moderated_async", "prompt": "/ce[a-z]+ty/"}])
    assert "content policy" in client.order(gateway, body(gateway, "blood on snow")).text
    data, words = client.finish(gateway, client.buy(gateway, body(gateway, "a celebrity")))
    assert words[-1].lower() in ("failed", "error") and "content policy" in str(data["error"])
    assert len(client.box.jobs(gateway)) == 1


KINDS: list[tuple[str, str, int, str]] = [
    ("aigateway", "rate", 429, "rate_limit_error"),
    ("aigateway", "busy", 503, "service_unavailable"),
    ("aigateway", "server_error", 500, "server_error"),
    ("aigateway", "auth", 401, "authentication_error"),
    ("aigateway", "out_of_money", 402, "insufficient_credits"),
    ("aigateway", "spend_limit", 402, "budget_exceeded"),
    ("aigateway", "model_gone", 404, "not_found"),
    ("pixazo", "rate", 429, "Too Many Requests"),
    ("pixazo", "out_of_money", 402, "Insufficient Balance"),
    ("pixazo", "model_gone", 400, "Model not found"),
    ("pixazo", "server_error", 500, "Internal Server Error"),
    ("aivideoapi", "rate", 429, "rate_limit_exceeded"),
    ("aivideoapi", "spend_limit", 429, "spend_limit_exceeded"),
    ("aivideoapi", "out_of_money", 402, "insufficient_credits"),
    ("aivideoapi", "busy", 503, "upstream_error"),
    ("aivideoapi", "no_id", 200, '"code":500'),
    ("aimlapi", "out_of_money", 403, "run out of credits"),
    ("aimlapi", "spend_limit", 429, "Free-tier limit"),
    ("aimlapi", "model_gone", 500, "under maintenance"),
    ("aimlapi", "bad_request", 400, "Body validation error!"),
    ("aimlapi", "not_found", 404, "Not Found"),
]


@pytest.mark.parametrize(("gateway", "kind", "status", "words"), KINDS)
def test_an_error_by_name_comes_in_the_gateways_own_words(
    client: Client, gateway: str, kind: str, status: int, words: str
) -> None:
    """And accepts nothing; the next order is taken."""
    client.box.faults([{"do": kind, "gateway": gateway, "times": 1}])
    reply = client.order(gateway)
    assert reply.status_code == status and words in reply.text
    assert client.box.billed() == 0
    client.buy(gateway)


def test_retry_after_comes_as_seconds_and_as_a_date(client: Client) -> None:
    """And AIgateway's own 429 has one, Pixazo's none."""
    client.box.faults([{"status": 429, "retry_after": 2, "times": 1}, {"status": 503, "retry_after": "date:+3"}])
    assert client.order("pixazo").headers["retry-after"] == "2"
    moment = parsedate_to_datetime(client.order("pixazo").headers["retry-after"]).timestamp()
    assert 0 < moment - time.time() < 4
    client.box.faults([{"kind": "rate"}])
    found = [client.order(gateway).headers.get("retry-after") for gateway in ("aigateway", "pixazo")]
    assert found == ["1", None]


SUBMIT_FAULTS: list[tuple[dict[str, Any], int, int]] = [
    ({"do": "lost_before"}, 0, 0),
    ({"do": "lost_after"}, 0, 1),
    ({"do": "hang", "seconds": 0.1}, 0, 0),
    ({"do": "hang", "seconds": 0.1, "accepted": True}, 0, 1),
    ({"do": "html"}, 200, 0),
    ({"do": "html", "status": 502, "accepted": True}, 502, 1),
    ({"do": "malformed"}, 202, 1),
    ({"do": "redirect"}, 302, 0),
    ({"status": 418, "body": {"a": 1}}, 418, 0),
    ({"status": 504, "accepted": True}, 504, 1),
]


@pytest.mark.parametrize(("fault", "status", "accepted"), SUBMIT_FAULTS)
def test_faults_at_a_submit(client: Client, fault: dict[str, Any], status: int, accepted: int) -> None:
    """The client sees one thing; whether the order was accepted is another, and stands on the bill."""
    client.box.faults([fault])
    try:
        reply = client.order("pixazo")
        seen = reply.status_code
    except httpx.RemoteProtocolError:
        seen = 0
    assert (seen, client.box.bill()["pixazo"]["accepted"]) == (status, accepted)
    entry = client.box.log()[-1]
    assert (entry["status"], entry["method"], entry["prompt"]) == (status, "POST", "a lighthouse")
    assert entry["fault"] and entry["key"] == "xazo"


def test_faults_choose_by_prompt_gateway_and_count(client: Client) -> None:
    """The n-th order, each k-th, so many times in all or for each prompt."""
    codes: list[tuple[list[dict[str, Any]], list[int]]] = [
        ([{"status": 503, "nth": [1, 3]}], [503, 202, 503, 202]),
        ([{"status": 503, "every": 2}], [202, 503, 202, 503]),
        ([{"status": 503, "times": 1}], [503, 202, 202, 202]),
        ([{"status": 503, "times": 1, "per": "prompt"}], [503, 503, 202, 202]),
        ([{"status": 503, "prompt": "b"}], [202, 503, 202, 503]),
        ([{"status": 503, "gateway": "aimlapi"}], [202, 202, 202, 202]),
        ([{"status": 503, "nth": 1}, {"status": 504, "times": 1}], [503, 504, 202, 202]),
    ]
    for faults, wanted in codes:
        client.box.faults(faults)
        client.box.reset()
        got = [client.order("pixazo", body("pixazo", prompt)).status_code for prompt in "abab"]
        assert got == wanted, faults


def test_faults_at_a_poll_pass_and_the_job_is_still_there(client: Client) -> None:
    """Two 502, two 404, a web page, half a JSON object, a cut connection: counted for each job."""
    ills: list[dict[str, Any]] = [
        {"status": 502},
        {"do": "not_found"},
        {"do": "html"},
        {"do": "malformed"},
        {"do": "lost_before"},
    ]
    client.box.faults([{"phase": "poll", "times": 2, **ill} for ill in ills])
    for gateway in ("aivideoapi", "aimlapi"):
        job, seen = client.buy(gateway), []
        for _ in range(10):
            try:
                seen.append(client.ask(gateway, job).status_code)
            except httpx.RemoteProtocolError:
                seen.append(0)
        assert seen == [502, 502, 404, 404, 200, 200, 200, 200, 0, 0]
        assert client.http.get(client.url(gateway, job)).status_code == 200


def test_unknown_words_missing_urls_and_foreign_urls_are_served(client: Client) -> None:
    """So many times, then the truth."""
    client.box.faults(
        [
            {"do": "unknown_status", "times": 2, "word": "dreaming"},
            {"do": "no_url", "times": 1},
            {"do": "url", "url": "http://10.0.0.1/a.mp4", "times": 1},
        ]
    )
    job = client.buy("pixazo")
    first, second, bare, foreign, right = (client.ask("pixazo", job).json() for _ in range(5))
    assert first["status"] == second["status"] == "dreaming"
    assert bare["status"] == "COMPLETED" and bare["output"]["media_url"] == []
    assert url_in("pixazo", foreign) == "http://10.0.0.1/a.mp4"
    assert client.http.get(url_in("pixazo", right)).status_code == 200


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_completed_without_a_url_is_sayable_everywhere(client: Client, gateway: str) -> None:
    """Completed, and nothing to download."""
    client.box.faults([{"do": "no_url"}])
    assert "/media/" not in str(client.finish(gateway, client.buy(gateway))[0])


def test_stuck_and_late_jobs(client: Client) -> None:
    """A stuck one never ends and is on the bill; a late one ends in its own time."""
    client.box.faults([{"do": "stuck", "prompt": "a"}, {"do": "late", "seconds": 0.2, "prompt": "b"}])
    stuck, late = (client.buy("pixazo", body("pixazo", prompt)) for prompt in "ab")
    assert client.ask("pixazo", late).json()["status"] == "QUEUED"
    time_limit = time.monotonic() + 5
    while client.ask("pixazo", late).json()["status"] != "COMPLETED":
        assert time.monotonic() < time_limit
    assert client.ask("pixazo", stuck).json()["status"] in ("QUEUED", "PROCESSING")
    assert [job["status"] for job in client.box.jobs()] == ["running", "completed"]
    assert client.box.billed() == 3


SHAPES: list[tuple[str, str, Callable[[dict[str, Any]], Any]]] = [
    ("aigateway", "file_url", lambda data: data["result"]["file_url"]),
    ("aigateway", "result_url", lambda data: data["result_url"]),
    ("aigateway", "video_id", lambda data: data["result"]["video_id"] and data["result"]["url"]),
    ("pixazo", "string", lambda data: data["output"]["media_url"]),
]


@pytest.mark.parametrize(("gateway", "shape", "where"), SHAPES)
def test_documented_variants_of_a_result(
    client: Client, gateway: str, shape: str, where: Callable[[dict[str, Any]], Any]
) -> None:
    """The URL stands where another page of the same gateway says it does."""
    client.box.faults([{"do": "shape", "shape": shape}])
    assert where(client.finish(gateway, client.buy(gateway))[0]).startswith(client.box.url)


def test_an_expired_url_stays_expired_and_a_poll_gives_a_fresh_one(client: Client) -> None:
    """403 for ever for the old one; a URL changed by one character is 403 as well, a strange one 404."""
    client.box.faults([{"do": "expired", "times": 1}])
    job = client.buy("aimlapi")
    old = client.url("aimlapi", job)
    assert [client.http.get(old).status_code for _ in range(2)] == [403, 403]
    fresh = client.url("aimlapi", job)
    assert client.http.get(fresh).status_code == 200
    assert client.http.get(fresh.replace("expires=1", "expires=2")).status_code == 403
    assert client.http.get(re.sub("/media/.", "/media/x", fresh)).status_code == 404


def test_urls_expire_by_the_clock(client: Client) -> None:
    """``url_life_s`` is how long they live."""
    client.box.faults([], {"pixazo": {"url_life_s": -1.0}})
    assert client.http.get(client.url("pixazo", client.buy("pixazo"))).status_code == 403


def test_faults_at_a_download(client: Client) -> None:
    """Each as it is named, once for each job; then the whole file."""
    ills = ["short", "wrong", "empty", "slow", "redirect"]
    client.box.faults([{"do": ill, "phase": "media", "times": 1, "seconds": 0.2} for ill in ills])
    url = client.url("pixazo", client.buy("pixazo"))
    short, wrong, empty, slow, moved, whole = (client.http.get(url) for _ in range(6))
    assert short.content == whole.content[: len(whole.content) // 2] and boxes(short.content) > len(short.content)
    assert wrong.headers["content-type"].startswith("video/mp4") and b"<!doctype html" in wrong.content
    assert (empty.status_code, empty.content) == (200, b"")
    assert slow.content == whole.content and slow.elapsed.total_seconds() > 0.1
    assert moved.status_code == 302
    assert client.http.get(moved.headers["location"]).content == whole.content
    assert probe(whole.content) == (1280, 720, 4.0)


def test_a_truncated_download_promises_more_than_it_gives(client: Client) -> None:
    """Content-Length tells of the whole file and the connection closes before; so does a cut one at once."""
    client.box.faults([{"do": "truncated", "times": 1}, {"do": "lost_before", "phase": "media", "times": 1}])
    url = client.url("pixazo", client.buy("pixazo"))
    got = b""
    with pytest.raises(httpx.RemoteProtocolError, match="peer closed"), client.http.stream("GET", url) as reply:
        for chunk in reply.iter_raw():
            got += chunk
    assert 0 < len(got) < int(reply.headers["content-length"])
    with pytest.raises(httpx.RemoteProtocolError):
        client.http.get(url)
    assert client.http.get(url).status_code == 200


def test_limits_turn_away_what_is_too_much(client: Client) -> None:
    """Jobs in flight and orders a minute with 429, the wallet in the gateway's own way; nothing is accepted."""
    many = {"in_flight": 2, "job_seconds": 60.0}
    client.box.faults([], {"pixazo": many, "aigateway": {"per_minute": 3}, "aimlapi": {"credit_usd": 4}})
    assert [client.order("pixazo").status_code for _ in range(4)] == [202, 202, 429, 429]
    assert [client.order("aigateway").status_code for _ in range(4)] == [202, 202, 202, 429]
    replies = [client.order("aimlapi") for _ in range(4)]
    assert [reply.status_code for reply in replies] == [200, 200, 403, 403]
    assert client.box.billed("aimlapi") == Decimal("3.12")


def test_a_place_is_free_when_a_job_ends(client: Client) -> None:
    """In flight counts what still runs."""
    client.box.faults([], {"pixazo": {"in_flight": 1}})
    assert [client.order("pixazo").status_code for _ in range(3)] == [202, 202, 202]


def test_the_calls_that_cost_nothing(client: Client) -> None:
    """Models at AIgateway, balances at two others."""
    client.box.faults([], {"aivideoapi": {"credit_usd": 2}, "aimlapi": {"credit_usd": 0.5}})
    models = client.send("GET", "aigateway", "/v1/models", params={"modality": "video"}).json()
    assert IMAGE_TO_VIDEO in [model["id"] for model in models["data"]]
    assert client.send("GET", "aivideoapi", "/v1/credits").json()["data"] == {"credits": 400}
    balance = client.send("GET", "aimlapi", "/v1/billing/balance").json()
    assert balance == {"balance": 1_000_000, "lowBalance": True}
    assert not client.box.jobs()


def test_the_script_can_be_changed_over_http(client: Client) -> None:
    """TOML or JSON in, reset, bill and log; a wrong script changes nothing and is told every mistake."""
    desk = f"{client.box.url}/sandbox"
    assert client.http.post(f"{desk}/faults", content="[[fault]]\nstatus = 503\n").json() == {"faults": 1}
    wrong = '[[fault]]\ndo = "explode"\n[[fault]]\nstatus = 503\ncolour = 1\n[gateway.mars]\n'
    reply = client.http.post(f"{desk}/faults", content=wrong)
    assert reply.status_code == 400
    assert all(word in reply.text for word in ("explode", "colour", "mars"))
    assert client.order("pixazo").status_code == 503
    assert client.http.post(f"{desk}/faults", json={"fault": []}).json() == {"faults": 0}
    assert client.order("pixazo").status_code == 202
    assert [entry["status"] for entry in client.http.get(f"{desk}/log").json()] == [503, 202]
    assert client.http.post(f"{desk}/reset").status_code == 204
    assert client.http.get(f"{desk}/bill").json()["pixazo"]["orders"] == 0
    assert "pixazo" in client.http.get(client.box.url).text


BAD_SCRIPTS: list[tuple[Any, str]] = [
    ("[[fault", "not TOML"),
    ([{}], "do '' is none of"),
    ([{"status": 99}], "from 200 to 599"),
    ([{"status": "503"}], "status cannot be '503'"),
    ([{"kind": "tired"}], "kind 'tired'"),
    ([{"status": 500, "phase": "dinner"}], "phase 'dinner'"),
    ([{"do": "truncated", "phase": "poll"}], "has no phase 'poll'"),
    ([{"status": 500, "prompt": "/(/"}], "no regular expression"),
    ([{"do": "shape", "shape": "round"}], "shape 'round'"),
    ([{"status": 500, "per": "day"}], "per 'day'"),
    ({"fault": {"status": 500}}, "stand in [[fault]]"),
    ({"gateway": {"pixazo": {"in_flight": "two"}}}, "in_flight cannot be 'two'"),
    ({"weather": "bad"}, "unknown key 'weather'"),
]


@pytest.mark.parametrize(("script", "message"), BAD_SCRIPTS)
def test_a_wrong_script_is_named_and_nothing_is_started(script: Any, message: str) -> None:
    """ScriptError before a thread or an order."""
    with pytest.raises(ScriptError, match=re.escape(message)):
        Sandbox(script)


def test_the_sample_scripts_are_read(client: Client) -> None:
    """Every file of tests/faults is a script, and one of them empties a wallet."""
    scripts = sorted((Path(__file__).parent / "faults").glob("*.toml"))
    assert len(scripts) >= 5
    for path in scripts:
        client.box.faults(path.read_text())
    client.box.faults((Path(__file__).parent / "faults/out_of_money.toml").read_text(), {})
    assert [client.order("pixazo").status_code for _ in range(5)] == [202, 202, 202, 202, 402]


def test_the_environment_names_every_gateway(client: Client) -> None:
    """Base URL, media hosts, quick polls, a key of its own; more settings on demand."""
    env = client.box.env(deadline_s=2)
    for gateway in GATEWAYS:
        name = gateway.upper()
        assert env[f"STORYREEL_{name}__BASE_URL"] == client.box.base_url(gateway)
        assert env[f"STORYREEL_{name}__ALLOW_HOSTS"] == f"127.0.0.1:{client.box.port}"
        assert env[f"STORYREEL_{name}__POLL_EVERY_S"] == "0.01"
        assert env[f"STORYREEL_{name}__DEADLINE_S"] == "2"
        assert env[f"{name}_API_KEY"] == f"sandbox-{gateway}"


def test_pictures_for_boards_are_real(client: Client) -> None:
    """Of the asked size and kind; a wrong size is said to be wrong."""
    for name, kind in (("lamp.jpg", "JPEG"), ("lamp.png", "PNG"), ("lamp.webp", "WEBP")):
        reply = client.http.get(client.box.image_url(name, "640x360"))
        with Image.open(io.BytesIO(reply.content)) as image:
            assert (image.size, image.format) == ((640, 360), kind)
    assert client.http.get(client.box.image_url("a.jpg", "big")).status_code == 400


def test_stopping_cuts_what_is_open_and_frees_the_port() -> None:
    """A hanging request does not hold up the end, and the next sandbox may listen there at once."""
    with Sandbox([{"do": "stuck"}], job_seconds=0.0) as box:
        port = box.port
        client = Client(box)
        client.buy("pixazo")
    with Sandbox(port=port) as again:
        assert again.port == port
    with pytest.raises(httpx.TransportError):
        client.order("pixazo")
    client.http.close()


def test_the_command_serves_until_it_is_interrupted() -> None:
    """It says where, answers, and ends with code 0 and no traceback; a bad script is exit 2."""
    command = [sys.executable, "-m", "tests.sandbox", "--port", "0"]
    root = Path(__file__).parent.parent
    pipe = subprocess.PIPE
    with subprocess.Popen([*command, "--job-seconds", "0"], cwd=root, stdout=pipe, stderr=pipe, text=True) as run:
        assert run.stdout is not None and run.stderr is not None
        found = re.search(r"http://127\.0\.0\.1:\d+", run.stdout.readline())
        assert found and httpx.get(f"{found.group()}/sandbox/bill", trust_env=False, verify=False).status_code == 200
        run.send_signal(2)
        out, err = run.stdout.read(), run.stderr.read()
        assert run.wait(timeout=20) == 0
    assert (run.returncode, err) == (0, "") and "STORYREEL_PIXAZO__BASE_URL=" in out
    bad = subprocess.run([*command, "--faults", "pyproject.toml"], cwd=root, capture_output=True, text=True, timeout=60)
    assert bad.returncode == 2 and "unknown key" in bad.stderr and "Traceback" not in bad.stderr


def test_that_the_sandbox_says_what_will_happen() -> None:
    """The head of its script in words, each fault in a line; without a script that nothing goes wrong."""
    script = (Path(__file__).parent / "faults" / "one_falls.toml").read_text()
    told = what_will_happen(script)
    assert told[0].startswith("AIgateway, the first gateway of every chain")
    assert told[-1].startswith("- aigateway: busy at submit (prompt ")
    assert what_will_happen("") == ["Nothing goes wrong: every order is taken and made."]
    for path in (Path(__file__).parent / "faults").glob("*.toml"):
        assert any(line.startswith("- ") for line in what_will_happen(path.read_text())), path.name


WITHOUT_TOOLS = """
import sys
class Gone:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {gone!r}:
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Gone())
import tests.sandbox.__main__
"""


def test_that_the_sandbox_needs_no_tools_of_developers(tmp_path: Path) -> None:
    """`make sandbox` starts with what a user has installed, at once and not after minutes of installing."""
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]["dev"]
    tools = {re.split(r"[\\[>=]", tool)[0] for tool in tools} - {"starlette", "cryptography", "pyyaml"}  # Prefect's too
    gone = {module for module, owners in metadata.packages_distributions().items() if tools & {*owners}}
    subprocess.run([sys.executable, "-c", WITHOUT_TOOLS.format(gone=gone)], cwd=ROOT, check=True)
    made = subprocess.run(
        ["make", "-n", "sandbox", f"VENV={tmp_path}/none"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "developers" not in made.stdout
