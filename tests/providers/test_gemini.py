"""Gemini Omni: exactly what is sent in each mode, media inline only, and what the sandbox does not take."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from tasks.config.catalogue import load_catalogue
from tasks.domain.errors import Refused
from tasks.domain.order import SourceClip
from tasks.domain.pricing import Usage
from tasks.domain.shot import Mode
from tasks.providers.gemini import submit
from tests.providers import PNG, URL, order_of
from tests.sandbox.gateways.gemini import GATEWAY
from tests.sandbox.protocol import Call, Job, Options, Refusal

MP4 = "data:video/mp4;base64,AAAA"
MADE = SourceClip("", "gemini", "v1_before")
WANTED = {"type": "video", "delivery": "uri", "resolution": "720p"}
FRESH = WANTED | {"aspect_ratio": "16:9", "duration": "8s"}
TEXT = {"type": "text", "text": "as sent"}
IMAGE = {"type": "image", "mime_type": "image/png", "data": "iVBORw0KGgo="}
VIDEO = {"type": "video", "mime_type": "video/mp4", "data": "AAAA"}


def task(word: str) -> dict[str, Any]:
    return {"generation_config": {"video_config": {"task": word}}}


@pytest.mark.parametrize(
    ("mode", "change", "more"),
    [
        ("text_to_video", {}, {"input": "as sent", "response_format": FRESH}),
        ("text_to_video", {"size": "720x1280"}, {"response_format": FRESH | {"aspect_ratio": "9:16"}}),
        ("text_to_video", {"size": "640x360"}, {"response_format": FRESH | {"resolution": "360p"}}),
        ("text_to_video", {"size": "3840x2160"}, {"response_format": FRESH | {"resolution": "4k"}}),
        ("text_to_video", {"sent_s": "4"}, {"response_format": FRESH | {"duration": "4s"}}),
        ("text_to_video", {"options": {"duration_style": "8"}}, {"response_format": FRESH | {"duration": "8"}}),
        ("text_to_video", {"name": "m#edit"}, {"model": "m"}),
        ("text_to_video", {"fields": {"body": {"service_tier": "flex"}}}, {"service_tier": "flex"}),
        ("image_to_video", {"image": PNG}, task("image_to_video") | {"input": [IMAGE, TEXT]}),
        ("remix", {"source": MADE},
         task("edit") | {"previous_interaction_id": "v1_before", "input": "as sent", "response_format": WANTED}),
        ("remix", {"source": SourceClip(MP4, "fal", "1")},
         task("edit") | {"input": [VIDEO, TEXT], "response_format": WANTED}),
        ("remix", {"source": MADE, "fields": {"task": "extend"}},
         task("extend") | {"previous_interaction_id": "v1_before", "response_format": WANTED}),
    ],
)  # fmt: skip
def test_body(mode: Mode, change: dict[str, Any], more: dict[str, Any]) -> None:
    """In the background, with every figure that the price hangs on; an edit has those of its source."""
    request = submit(order_of("gemini", mode, **change))
    plain = {"model": "m/1", "background": True, "input": "as sent", "response_format": FRESH} | task("text_to_video")
    assert (request.method, request.url) == ("POST", "/v1beta/interactions")
    assert dict(request.json or {}) == plain | more


@pytest.mark.parametrize(
    ("mode", "change", "words"),
    [
        ("image_to_video", {"image": URL}, "takes an image inline only"),
        ("image_to_video", {"image": "data:image/png,x"}, "takes an image inline only"),
        ("remix", {"source": SourceClip(URL, "fal", "1")}, "takes a source that it did not make inline only"),
        ("remix", {"source": SourceClip("", "fal", "1")}, "takes a source that it did not make inline only"),
        ("remix", {}, "inline only"),
        ("text_to_video", {"size": "720x720"}, "takes 16:9 or 9:16"),
        ("text_to_video", {"size": "1792x1024"}, "takes 360p, 720p, 1080p, 4k, not 1792x1024"),
        ("text_to_video", {"sent_s": "5"}, "takes 4, 8 or 12 seconds"),
    ],
)
def test_refused_before_sending(mode: Mode, change: dict[str, Any], words: str) -> None:
    """What no document lets be sent is refused in words, and never left out."""
    with pytest.raises(Refused, match=words):
        submit(order_of("gemini", mode, **change))


ORDER = {
    "model": "gemini-omni-1.1-flash",
    "input": "a boat",
    "background": True,
    "response_format": FRESH,
    "generation_config": {"video_config": {"task": "text_to_video"}},
}
JOBS = {
    name: Job(name, "gemini", 1, "p", "m", 4, (720, 1280), GATEWAY.price("gemini-omni-1.1-flash", (1280, 720), 4),
              token="t", created=0, done_at=0, ending=ending)
    for name, ending in (("v1_good", "completed"), ("v1_bad", "failed"))
}  # fmt: skip


def called(body: Mapping[str, Any]) -> Call:
    return Call("/v1beta/interactions", "http://here", dict(body), Options(), JOBS.get, lambda job: True)


def edited(**more: Any) -> dict[str, Any]:
    return ORDER | task("edit") | {"response_format": WANTED} | more


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (ORDER | {"model": "veo-3.1"}, "model_gone"),
        (ORDER | {"seed": 7}, "bad_request"),
        (ORDER | {"background": "yes"}, "bad_request"),
        (ORDER | {"input": ""}, "bad_request"),
        (ORDER | {"input": [IMAGE, TEXT]}, "bad_request"),
        (ORDER | task("image_to_video"), "bad_request"),
        (ORDER | task("remix"), "bad_request"),
        (ORDER | {"response_format": FRESH | {"duration": 8}}, "bad_request"),
        (ORDER | {"response_format": FRESH | {"duration": "8"}}, "bad_request"),
        (ORDER | {"response_format": FRESH | {"duration": "11s"}}, "bad_request"),
        (ORDER | {"response_format": FRESH | {"aspect_ratio": "1:1"}}, "bad_request"),
        (ORDER | {"response_format": FRESH | {"resolution": "480p"}}, "bad_request"),
        (
            ORDER | {"model": "gemini-omni-flash-preview", "response_format": FRESH | {"resolution": "360p"}},
            "bad_request",
        ),
        (edited(previous_interaction_id="v1_gone"), "not_found"),
        (edited(previous_interaction_id="v1_bad"), "not_found"),
        (edited(previous_interaction_id="v1_good", response_format=FRESH), "bad_request"),
        (edited(), "bad_request"),
    ],
)
def test_the_sandbox_takes_no_order_that_the_documents_do_not_allow(body: dict[str, Any], kind: str) -> None:
    """Wrong models, fields, types, lengths and sources buy nothing there."""
    with pytest.raises(Refusal) as refusal:
        GATEWAY.wish(called(body))
    assert refusal.value.kind == kind


def test_an_edit_of_an_earlier_clip_is_as_long_as_it_and_in_its_shape() -> None:
    """At the resolution that was asked for, and billed for its seconds."""
    wish = GATEWAY.wish(called(edited(previous_interaction_id="v1_good")))
    assert (wish.size, wish.seconds) == ((720, 1280), 4)


def test_ten_seconds_of_the_preview_cost_the_tokens_that_were_seen_of_them() -> None:
    """57,920 tokens at 17.50 USD a million, as quoted and as the reply counts them."""
    price = load_catalogue().model("gemini:gemini-omni-flash-preview").price
    assert price.quote(Usage(Decimal(10), 1280, 720)) == Decimal("1.0136")
    assert price.measured(gpu_seconds=None, units=Decimal(57_920)) == Decimal("1.0136")
