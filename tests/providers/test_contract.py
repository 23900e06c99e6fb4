"""What holds for every adapter in tasks/providers, found by itself: its shape, its samples, any reply at all."""

import ast
import inspect
import json
import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from functools import cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.domain.errors import Busy, Failed, GatewayError, Locked, Moderated, Refused, Unclear
from tasks.domain.job import Done, Follow, Job, Pending
from tasks.domain.order import Order, Reply, Request, SourceClip
from tasks.domain.shot import Mode, Size
from tasks.providers import _common as replies
from tasks.providers._common.refusals import refusal
from tests.providers import NAMES, SAMPLES, URL, Sample, adapter, order_of, samples_of
from tests.sandbox import fronts

LONGEST_ADAPTER = 100
MODULES = {
    "tasks.domain.errors",
    "tasks.domain.job",
    "tasks.domain.model",
    "tasks.domain.order",
    "tasks.providers._common.family",
    "tasks.providers._common.inputs",
    "tasks.providers._common.refusals",
    "tasks.providers._common",
}
MODULES |= {"json", "re", "decimal", "urllib.parse", "collections", "collections.abc", "dataclasses", "typing"}
REFUSALS = (Busy, Refused, Locked, Unclear, Moderated)
SIZES = (Size(1280, 720), Size(720, 1280))
LOST_POLLS = (301, 304, 400, 401, 403, 404, 408, 410, 429, 500, 502, 503, 504)
ALL = [sample for name in NAMES for sample in samples_of(name)]
each = pytest.mark.parametrize("name", NAMES)


def source_of(name: str) -> str:
    return Path(str(adapter(name).__file__)).read_text("utf-8")


def final_of(name: str) -> tuple[int, ...]:
    """The statuses of a second document that are the gateway's own word of a failed job, as its documents have it."""
    return tuple(getattr(adapter(name), "FINAL", ()))


# --- shape -----------------------------------------------------------------------------------------------------


def test_adapters_are_found() -> None:
    """The four gateways are there; a new file in tasks/providers is found without a list."""
    assert {"aigateway", "aimlapi", "aivideoapi", "pixazo"} <= set(NAMES)


@each
def test_final_statuses(name: str) -> None:
    """Where a result stands in a document of its own, only a status that no trouble on the way has may be final."""
    assert not set(final_of(name)) & {*LOST_POLLS, *range(500, 600)}


@each
def test_size(name: str) -> None:
    """An adapter stays small enough to be read at once."""
    lines = len(source_of(name).splitlines())
    assert lines <= LONGEST_ADAPTER, f"{name} has {lines} lines, {LONGEST_ADAPTER} are allowed"


@each
def test_docstring(name: str) -> None:
    """An adapter names its documents and the day on which they were read."""
    text = adapter(name).__doc__ or ""
    assert "https://" in text, f"{name}: no address of its documents"
    assert re.search(r"\b20\d\d-\d\d-\d\d\b", text), f"{name}: no date"


@each
def test_imports(name: str) -> None:
    """An adapter is pure: it imports the nouns, the errors, the helpers and pure standard library."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source_of(name))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add("." * node.level + (node.module or ""))
    assert found <= MODULES, f"{name} imports {sorted(found - MODULES)}"


@each
def test_auth(name: str) -> None:
    """AUTH is a header's name and a template with one place for the key."""
    header, template = adapter(name).AUTH
    assert re.fullmatch(r"[A-Za-z0-9-]+", header)
    assert template.count("{key}") == 1
    assert template.format(key="k").endswith("k")


@each
@pytest.mark.parametrize(
    ("function", "wanted", "given"),
    [
        ("submit", {Request}, [Order]),
        ("accepted", {Job, Done}, [Reply, Order]),
        ("progress", {Pending, Follow, Done}, [Reply]),
    ],
)
def test_signatures(name: str, function: str, wanted: set[type], given: list[type]) -> None:
    """The three functions take and give the shared nouns, and none is a coroutine."""
    call = getattr(adapter(name), function)
    signature = inspect.signature(call, eval_str=True)
    returned = signature.return_annotation
    assert set(getattr(returned, "__args__", (returned,))) == wanted
    assert [parameter.annotation for parameter in signature.parameters.values()] == given
    assert not inspect.iscoroutinefunction(call)


@each
def test_has_tests_and_samples(name: str) -> None:
    """Every adapter has a test file, and samples of an order accepted and refused, of work, end and failure."""
    assert (Path(__file__).parent / f"test_{name}.py").is_file()
    expected = {(sample.phase, sample.expect) for sample in samples_of(name)}
    wanted = {("submit", kind) for kind in ("Job", "Busy", "Refused", "Locked", "Unclear")}
    wanted |= {("poll", kind) for kind in ("Pending", "Done", "Failed")}
    assert wanted <= expected, f"{name} lacks samples of {sorted(wanted - expected)}"


def test_every_sample_folder_has_an_adapter() -> None:
    """No samples are left of a gateway that is gone."""
    assert {path.name for path in SAMPLES.iterdir()} <= set(NAMES)


# --- samples ---------------------------------------------------------------------------------------------------


def outcome_of(call: Callable[[], Any]) -> Any:
    """What an adapter's function gives or raises; anything but a GatewayError goes through."""
    try:
        return call()
    except GatewayError as error:
        return error


def answer(sample: Sample, reply: Reply) -> Any:
    if sample.phase == "poll":
        return outcome_of(lambda: adapter(sample.provider).progress(reply))
    order = order_of(sample.provider, options=sample.options)
    return outcome_of(lambda: adapter(sample.provider).accepted(reply, order))


def told_by(value: Any, key: str) -> Any:
    """A field of an outcome in the spelling of the sample files."""
    if key == "message":
        return str(value)
    if key == "request":
        asked = value.request
        return {"method": asked.method, "path": asked.url, "params": dict(asked.params), "json": asked.json}
    told = getattr(value, key)
    return str(told) if isinstance(told, Decimal) else dict(told) if key == "remote_ids" else told


@pytest.mark.parametrize("sample", ALL, ids=lambda sample: f"{sample.provider}-{sample.name}")
def test_sample(sample: Sample) -> None:
    """Each recorded reply means what its file says, in class and in every detail it names."""
    value = answer(sample, sample.reply)
    assert type(value).__name__ == sample.expect, value
    for key, wanted in sample.told.items():
        told = told_by(value, key)
        if key == "request":
            told = {part: told[part] for part in wanted}
        assert told == wanted, key


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*/*.json")), ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_sample_file(path: Path) -> None:
    """A sample says what it is about, is named by its phase, and has at most one body."""
    raw = json.loads(path.read_text("utf-8"))
    assert raw["about"] and raw["phase"] in ("submit", "poll") and path.stem.startswith(raw["phase"])
    assert isinstance(raw["headers"], dict) and not {"body", "text"} <= set(raw)


@pytest.mark.parametrize("sample", ALL, ids=lambda sample: f"{sample.provider}-{sample.name}")
def test_no_success_by_accident(sample: Sample) -> None:
    """A body that is a success or a final word is neither under an HTTP status that is no 2xx."""
    for status in LOST_POLLS:
        value = answer(sample, Reply(status, sample.reply.body, sample.reply.headers))
        assert isinstance(value, Pending if sample.phase == "poll" else REFUSALS), (status, value)
        if sample.phase == "poll":
            assert value == Pending(f"HTTP {status}")


@each
@pytest.mark.parametrize(
    ("statuses", "kind"),
    [
        ((429,), Busy),
        ((400, 404, 405, 409, 410, 413, 415, 422, 418, 425, 451, 307, 308), Refused),
        ((401, 402, 403), Locked),
        ((408, 460, 499, 500, 501, 502, 503, 504, 520, 524, 599, 200, 201, 202, 204, 300, 301, 302, 303, 304), Unclear),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
@pytest.mark.parametrize("body", [b"", b"{}", b"<html>", b"null", b"[1]", b"\xff\xfe\x00"])
def test_default_table(name: str, statuses: tuple[int, ...], kind: type[GatewayError], body: bytes) -> None:
    """Where a body says nothing, the HTTP status of an order decides; only 404 and 410 say the model is gone."""
    for status in statuses:
        value = outcome_of(partial(adapter(name).accepted, Reply(status, body), order_of(name)))
        assert type(value) is kind, status
        assert getattr(value, "gone", status in (404, 410)) == (status in (404, 410))
        assert str(value)


# --- somebody in between ---------------------------------------------------------------------------------------


def in_between(name: str, front: fronts.Front, **headers: str) -> Any:
    reply = Reply(front.status, front.body.encode(), {"server": front.server, "content-type": front.kind, **headers})
    return outcome_of(lambda: adapter(name).accepted(reply, order_of(name)))


@each
@pytest.mark.parametrize("headers", [{}, {"retry-after": "30"}], ids=["plain", "retry-after"])
@pytest.mark.parametrize("front", fronts.UNCLEAR)
def test_somebody_in_between_says_nothing_of_the_order(name: str, front: str, headers: dict[str, str]) -> None:
    """What a proxy, a load balancer or a content network says by itself leaves open whether a job exists."""
    assert type(in_between(name, fronts.UNCLEAR[front], **headers)) is Unclear


@each
@pytest.mark.parametrize(
    ("front", "kind"), [*((f, Busy) for f in fronts.BUSY), *((f, Refused) for f in fronts.REFUSED)]
)
def test_somebody_in_between_turns_an_order_away(name: str, front: str, kind: type[GatewayError]) -> None:
    """Too many requests, and what cannot be passed on, reached no gateway whoever says so."""
    assert type(in_between(name, fronts.FRONTS[front])) is kind


@each
def test_a_503_in_the_gateways_own_words_accepted_nothing(name: str) -> None:
    """Its documented JSON shape is believed, with words that nobody ever saw; not with a proxy's page inside it."""
    [sample] = [s for s in samples_of(name) if s.phase == "submit" and s.reply.status == 503 and s.expect == "Busy"]
    assert type(answer(sample, sample.reply)) is Busy
    for words in ("<html><title>502 Bad Gateway</title>", fronts.CUT, "error code: 522", "no healthy upstream"):
        told = sample.reply.body
        for text in ("try later", "later", "Upstream saturated", "Upstream unavailable", "Service Unavailable"):
            told = told.replace(json.dumps(text).encode(), json.dumps(words).encode())
        assert told != sample.reply.body
        assert type(answer(sample, replace(sample.reply, body=told))) is Unclear, words


@each
@pytest.mark.parametrize("status", [500, 502, 504])
def test_the_gateways_own_words_under_another_5xx_leave_it_open(name: str, status: int) -> None:
    """The words of a 503 under another status are unclear, for no document says that no job exists then."""
    [sample] = [s for s in samples_of(name) if s.phase == "submit" and s.reply.status == 503 and s.expect == "Busy"]
    assert type(answer(sample, replace(sample.reply, status=status))) is Unclear


# --- any reply at all ------------------------------------------------------------------------------------------

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
scalars |= st.sampled_from(["completed", "COMPLETED", "failed", "error", "queued", URL, "http://[", "\ud800", "1e999"])
NAMED = """id request_id status result url output urls media_url video error code data taskId meta usage
credits_used usd_spent message type name video_id result_url"""
names = st.sampled_from(NAMED.split())
trees = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names | st.text(max_size=3), inner, max_size=5),
    max_leaves=12,
)
statuses = st.sampled_from([200, 200, 200, 201, 202, 304, *LOST_POLLS]) | st.integers(0, 999)
limited = settings(max_examples=100, deadline=None)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, child in inner for place in places(child, (*path, key)))]


def replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """The same JSON value with another one at a place."""
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = replaced(value[path[0]], path[1:], new)
    return copy


@cache
def sampled_places(name: str) -> list[tuple[Any, list[tuple[Any, ...]]]]:
    """The bodies of a gateway's samples, each with its places: read once, drawn from thousands of times."""
    return [(value, places(value)) for sample in samples_of(name) if (value := sample.reply.data)]


@st.composite
def bodies(draw: st.DrawFn, name: str) -> bytes:
    """Arbitrary JSON, a sample with something of another type in one place, or arbitrary bytes."""
    kind = draw(st.sampled_from(["tree", "sample", "sample", "bytes"]))
    if kind == "bytes":
        return draw(st.binary(max_size=40))
    if kind == "tree":
        return json.dumps(draw(trees)).encode()
    value, inside = draw(st.sampled_from(sampled_places(name)))
    return json.dumps(replaced(value, draw(st.sampled_from(inside)), draw(trees))).encode()


def check_request(request: Request) -> None:
    """A request that can be sent: a path below the base URL or an address, and printable JSON."""
    assert request.method in ("GET", "POST", "PUT", "PATCH", "DELETE")
    assert request.url.startswith("/") or urlsplit(request.url).scheme == "https"
    assert request.url.isascii() and not re.search(r"\s", request.url)
    json.dumps(request.json, allow_nan=False).encode()
    assert all(isinstance(text, str) and text.encode() for text in request.params.values())


def check_error(error: GatewayError) -> None:
    """A short line that can be printed and stored, and money that is money."""
    assert 0 < len(str(error)) <= 300
    assert not {unicodedata.category(letter) for letter in str(error)} & {"Cc", "Cs", "Zl", "Zp"}, repr(str(error))
    str(error).encode()
    assert error.charge is None or error.charge.is_finite() or error.charge.is_qnan()


@each
@limited
@given(data=st.data())
def test_any_reply_to_an_order(name: str, data: st.DataObject) -> None:
    """Whatever answers an order ends as a receipt, only under a 2xx, or as one of the errors; never as a crash."""
    reply = Reply(data.draw(statuses), data.draw(bodies(name)))
    value = outcome_of(lambda: adapter(name).accepted(reply, order_of(name)))
    if isinstance(value, Job | Done):
        assert 200 <= reply.status < 300
        assert isinstance(value, Done) or (value.id and isinstance(value.id, str))
        check_request(value.request if isinstance(value, Job) else Request("GET", value.url))
    else:
        assert type(value) in REFUSALS
        check_error(value)


@each
@limited
@given(data=st.data())
def test_any_reply_to_a_poll(name: str, data: st.DataObject) -> None:
    """Whatever answers a poll is work, an end under a 2xx, or the gateway's own failure; never a crash."""
    reply = Reply(data.draw(statuses), data.draw(bodies(name)))
    value = outcome_of(lambda: adapter(name).progress(reply))
    if not 200 <= reply.status < 300 and reply.status not in final_of(name):
        assert value == Pending(f"HTTP {reply.status}")
    elif isinstance(value, Done):
        assert value.url[:1] in ("", "/") or value.url[:5] == "data:" or urlsplit(value.url).hostname
        sums = [one for one in (value.charge, value.units, value.gpu_seconds) if one is not None]
        assert all(one.is_finite() or one.is_qnan() for one in sums)
        assert all(isinstance(text, str) and text.encode() for text in value.remote_ids.values())
    elif isinstance(value, Pending):
        assert value.word and len(value.word) <= 60
    elif isinstance(value, Follow):
        check_request(value.request)
    else:
        assert type(value) in (Failed, Moderated)
        check_error(value)


sources = st.none() | st.builds(
    SourceClip,
    uri=st.sampled_from(["", URL, "/home/a.mp4", "http://["]),
    provider=st.sampled_from(["", "animatic", *NAMES]),
    job_id=st.sampled_from(["", "job_1"]),
    remote_ids=st.sampled_from([{}, {"video_id": "video_1"}]),
)


@each
@limited
@given(data=st.data())
def test_any_order(name: str, data: st.DataObject) -> None:
    """An order gives one sendable POST without a key, the same each time, or Refused; never a crash."""
    order = order_of(
        name,
        data.draw(st.sampled_from(["text_to_video", "image_to_video", "remix"])),
        sent_s=str(data.draw(st.sampled_from(["4", "8", "5", "8.5", "0", "-4", "1e3"]))),
        size=str(data.draw(st.sampled_from(["1280x720", "720x1280", "720x720", "1792x1024", "1x9999"]))),
        image=data.draw(st.sampled_from(["", URL, "data:image/png;base64,AAAA", "DATA:,x"])),
        source=data.draw(sources),
        shot={"seed": data.draw(st.none() | st.integers()), "audio": data.draw(st.none() | st.booleans())},
        seed=data.draw(st.booleans()),
        sizes=data.draw(st.sampled_from([(), (Size(1280, 720),)])),
        remix=data.draw(st.sampled_from([(), ("job",), ("job", "url")])),
    )
    value = outcome_of(lambda: adapter(name).submit(order))
    if isinstance(value, Request):
        assert value.method == "POST" and value == adapter(name).submit(order)
        assert adapter(name).AUTH[0].lower() not in {header.lower() for header in value.headers}
        assert order.prompt in json.dumps(value.json or dict(value.form))
        check_request(value)
    else:
        assert type(value) is Refused
        check_error(value)


# --- the shared readers ----------------------------------------------------------------------------------------


def failed(message: str, code: str = "") -> Reply:
    return Reply(200, json.dumps({"status": "failed", "error": {"code": code, "message": message}}).encode())


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("Blocked by our content policy", ""),
        ("violates our usage policies", ""),
        ("input may contain SENSITIVE information", ""),
        ("NSFW content detected", ""),
        ("flagged as unsafe (E005)", ""),
        ("rejected", "moderation_blocked"),
        ("rejected", "content_policy_violation"),
        ("rejected", "contentPolicyViolation"),
        ("rejected", "SAFETY.INPUT.TEXT"),
        ("raiMediaFilteredCount: 1", ""),
        ("prohibited content", ""),
        ("rejected", "OutputVideoSensitiveContentDetected"),
        ("rejected", "InputImageSensitiveContentDetected.PrivacyInformation"),
        ("rejected", "DataInspectionFailed"),
        ("rejected", "content_filter"),
    ],
)
def test_policy_is_recognised(message: str, code: str) -> None:
    """The words that gateways use of content policy are recognised in code and message."""
    assert replies.speaks_of_policy(failed(message, code))


@pytest.mark.parametrize(
    "message",
    [
        *("model names are case-sensitive", "insensitive", "retry policy exhausted", "CORS policy", "policyholder"),
        *("rate limit policy", "moderate motion", "unflagged", "thread-safety check", "E0051", "no frames", ""),
    ],
)
def test_policy_is_not_imagined(message: str) -> None:
    """A policy word inside another word, or of another policy, is none of content."""
    assert not replies.speaks_of_policy(failed(message))


@pytest.mark.parametrize(
    ("status", "code", "message", "kind"),
    [
        (400, "", "violates our policies", Moderated),
        (422, "", "flagged", Moderated),
        (403, "", "address prohibited by network policy", Locked),
        (403, "", "violates our content policy", Moderated),
        (500, "", "safety switch open", Unclear),
        (500, "", "content policy violation", Unclear),
        (500, "content_policy_violation", "", Moderated),
        (200, "moderation_blocked", "", Moderated),
        (200, "", "moderation is running", Unclear),
        (401, "", "key flagged: content policy", Locked),
        (429, "content_policy_quota", "", Busy),
        (429, "insufficient_quota", "", Locked),
        (429, "429", "litellm.RateLimitError: OpenAIException - insufficient_quota", Locked),
        (429, "429", "litellm.RateLimitError: You exceeded your current quota, please check your plan", Locked),
        (400, "400", "litellm.BadRequestError: OpenAIException - moderation_blocked", Moderated),
        (200, "DataInspectionFailed", "", Moderated),
        (200, "402", "", Locked),
        (200, "429", "slow down", Busy),
        (200, "invalid_api_key", "", Locked),
        (200, "500", "engine failed", Unclear),
        (200, "0", "well", Unclear),
        (429, "", "Insufficient balance", Locked),
        (429, "", "spending limit reached for this month", Locked),
        (429, "", "rate limit: 5 of 5 credits a minute are in use", Busy),
        (404, "", "no moderation endpoint", Refused),
    ],
)
def test_policy_against_status(status: int, code: str, message: str, kind: type[GatewayError]) -> None:
    """Where a status has a meaning of its own, only words that can mean nothing else turn it into policy."""
    body = {"error": {"code": code, "message": message}}
    assert type(refusal(Reply(status, json.dumps(body).encode()))) is kind


@pytest.mark.parametrize(
    ("status", "message", "gone"),
    [
        (400, "Model not found", True),
        (400, "The model `sora-2` does not exist or you do not have access to it", True),
        (422, "model veo-3.1 is no longer available", True),
        (400, "This model has been retired.", True),
        (400, "Model variant gen3a_turbo is no longer available", True),
        (400, "prompt: not found", False),
        (400, "the model's input image was not found", False),
        (400, "The model input image was not found", False),
        (400, "model takes 4, 8 or 12 seconds", False),
        (400, "remodel not found", False),
        (404, "", True),
        (429, "model not found", None),
    ],
)
def test_a_model_that_is_gone_is_told_by_words(status: int, message: str, gone: bool | None) -> None:
    """A 400 or 422 that says so takes the route out as a 404 does; other words, and other statuses, do not."""
    error = refusal(Reply(status, json.dumps({"error": {"message": message}}).encode()))
    assert getattr(error, "gone", None) is gone


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"error": {"code": "c", "type": "t", "message": "m"}}, "c: m"),
        ({"error": {"type": "t", "message": "m"}}, "t: m"),
        ({"error": {"name": "n", "message": "m"}}, "n: m"),
        ({"error": "e", "message": "m"}, "e: m"),
        ({"error": "same", "message": "same"}, "same"),
        ({"message": ["a", 1, {"b": 2}, "c"]}, "a; 1; c"),
        ({"code": 500, "msg": "m"}, "500: m"),
        (
            {"detail": [{"type": "missing", "loc": ["body", "prompt"], "msg": "Field required"}]},
            "body.prompt: Field required",
        ),
        ({"detail": [{"loc": ["a", 0], "msg": "x"}, {"msg": "y"}, {}, "z"]}, "a.0: x; y; z"),
        ({"detail": "d\n\x1b[31mred"}, "d [31mred"),
        ({"message": "bad image data:image/png;base64,AAAA== here"}, "bad image data:... here"),
        ({"message": "no https://u:p@h/a.png?X-Amz-Signature=abc"}, "no https://h/a.png?..."),
        ({"message": "\ud800"}, "?"),
        ({"message": "x" * 400}, "x" * 297 + "..."),
        ({"error": [], "message": {}}, "HTTP 418"),
    ],
)
def test_said(body: dict[str, Any], words: str) -> None:
    """An error speaks in the gateway's own words: code first, one printable line, cut, no echoed image."""
    assert replies.said(Reply(418, json.dumps(body).encode())) == words


@pytest.mark.parametrize(
    ("value", "usd"),
    [
        *((1.25, "1.25"), (3, "3"), ("0.10", "0.10"), (0, "0"), (0.1, "0.1")),
        *((144.5, "144.5"), (-1, "-1"), ("1e6", "1000000"), (None, None), ("", None)),
        *((True, "NaN"), ("x", "NaN"), ([1], "NaN"), ({}, "NaN"), (1e300, "NaN"), ("1e999999", "NaN")),
        *((float("nan"), "NaN"), (float("inf"), "NaN"), ("NaN", "NaN"), ("sNaN", "NaN"), ("-Infinity", "NaN")),
    ],
)
def test_usd_of(value: Any, usd: str | None) -> None:
    """Reported money is exact as written, NaN where what stands there is no number, and None where nothing does."""
    told = replies.usd_of(value)
    assert (None if told is None else f"{told:f}") == usd


@pytest.mark.parametrize(
    ("places", "url"),
    [
        ((None, 5, "", " ", "ftp://a/b", URL), URL),
        (([None, "", URL, "https://second.example/"],), URL),
        (([URL], "https://second.example/"), URL),
        ((f" {URL}\n",), URL),
        (("HTTPS://media.example/a",), "HTTPS://media.example/a"),
        (("https://", "http:///path", "http://[", "https://a b", {"url": URL}, [[URL]]), ""),
        ((), ""),
    ],
)
def test_first_url(places: tuple[Any, ...], url: str) -> None:
    """The first place that holds a real http address counts, whatever stands in the others."""
    assert replies.first_url(*places) == url


@pytest.mark.parametrize(
    ("size", "offered", "aspect"),
    [
        ("1280x720", (), "16:9"),
        ("720x1280", (), "9:16"),
        ("720x720", (), "1:1"),
        ("1792x1024", (), "16:9"),
        ("1024x1792", (), "9:16"),
        ("1024x768", (), None),
        ("720x720", ("16:9", "9:16"), None),
    ],
)
def test_aspect_of(size: str, offered: tuple[str, ...], aspect: str | None) -> None:
    """A size is sent as the ratio it has within 3 %, or refused with the ratios that there are."""
    value = outcome_of(lambda: replies.aspect_of(Size.parse(size), *offered))
    assert value == aspect if aspect else isinstance(value, Refused) and str(value).endswith(f"not {size}")


@pytest.mark.parametrize(
    ("mode", "change", "words"),
    [
        ("text_to_video", {"sent_s": "5"}, "takes 4, 8 or 12 seconds"),
        ("text_to_video", {"sent_s": "5", "seconds": (4,)}, "takes 4 seconds"),
        ("text_to_video", {"sent_s": "8.5", "seconds": (), "any_seconds": (4, 15)}, "takes 4 to 15 seconds"),
        ("text_to_video", {"sent_s": "16", "seconds": (), "any_seconds": (4, 15)}, "takes 4 to 15 seconds"),
        ("text_to_video", {"sent_s": "0", "seconds": ()}, "takes whole seconds"),
        ("text_to_video", {"size": "720x720", "sizes": SIZES}, "takes 1280x720 or 720x1280"),
        ("remix", {}, "p:m/1 has no remix"),
        ("image_to_video", {"modes": ("text_to_video",)}, "p:m/1 has no image to video"),
        ("image_to_video", {"image": ""}, "image to video needs an image"),
        ("image_to_video", {"image": "", "sent_s": "5"}, "image to video needs an image; takes 4, 8 or 12 seconds"),
        ("image_to_video", {}, ""),
        ("text_to_video", {"size": "720x1280", "sizes": SIZES}, ""),
        ("text_to_video", {"sent_s": "9", "seconds": (), "any_seconds": (4, 15)}, ""),
        ("text_to_video", {"sent_s": "8.0"}, ""),
    ],
)
def test_check(mode: Mode, change: dict[str, Any], words: str) -> None:
    """What gateway or model do not take is said, all of it at once; what they take passes."""
    order = order_of("p", mode, **change)
    value = outcome_of(lambda: replies.check(order, "text_to_video", "image_to_video"))
    assert str(value or "") == words
    assert isinstance(value, Refused) == bool(words)
