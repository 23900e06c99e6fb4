"""MiniMax: content with roles, tiers and ratios, and what the sandbox does not take."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from tasks.config.catalogue import load_catalogue
from tasks.domain.errors import Refused
from tasks.domain.order import SourceClip
from tasks.domain.pricing import Usage
from tasks.domain.shot import Mode
from tasks.providers.minimax import submit
from tests.providers import PNG, URL, order_of
from tests.sandbox.gateways.minimax import GATEWAY
from tests.sandbox.protocol import Call, Options, Refusal

CLIP, INLINE = "https://media.example/clip.mp4", "data:video/mp4;base64,AAAA"
TEXT = {"type": "text", "text": "as sent"}
BASE = {"model": "m/1", "resolution": "768P", "duration": 8}


def item(kind: str, role: str, url: str) -> dict[str, Any]:
    return {"type": kind, kind: {"url": url}, "role": role}


@pytest.mark.parametrize(
    ("mode", "change", "more"),
    [
        ("text_to_video", {}, {"ratio": "16:9", "content": [TEXT]}),
        ("text_to_video", {"size": "768x1366", "sent_s": "4"}, {"ratio": "9:16", "duration": 4}),
        ("text_to_video", {"size": "1440x1440"}, {"ratio": "1:1", "resolution": "2K"}),
        ("text_to_video", {"size": "854x480"}, {"ratio": "16:9", "resolution": "480P"}),
        ("text_to_video", {"name": "MiniMax-H3#edit"}, {"ratio": "16:9", "model": "MiniMax-H3"}),
        ("text_to_video", {"fields": {"body": {"aigc_watermark": False}}}, {"ratio": "16:9", "aigc_watermark": False}),
        ("image_to_video", {}, {"content": [TEXT, item("image_url", "first_frame", URL)]}),
        ("image_to_video", {"image": PNG}, {"content": [TEXT, item("image_url", "first_frame", PNG)]}),
        ("remix", {"source": SourceClip(CLIP, "fal", "1")},
         {"ratio": "16:9", "content": [TEXT, item("video_url", "reference_video", CLIP)]}),
        ("remix", {"source": SourceClip(INLINE), "fields": {"role": "base_video"}},
         {"ratio": "16:9", "content": [TEXT, item("video_url", "base_video", INLINE)]}),
    ],
)  # fmt: skip
def test_body(mode: Mode, change: dict[str, Any], more: dict[str, Any]) -> None:
    """One text and each picture or video under its role; a first frame has the ratio itself."""
    request = submit(order_of("minimax", mode, **{"size": "1366x768"} | change))
    assert (request.method, request.url, request.headers) == ("POST", "/v2/video_generation", {})
    assert dict(request.json or {}) == BASE | {"content": [TEXT]} | more


@pytest.mark.parametrize(
    ("mode", "change", "words"),
    [
        ("image_to_video", {"image": ""}, "needs an image"),
        ("remix", {}, "needs a source with an https address, or one small enough"),
        ("remix", {"source": SourceClip("", "minimax", "1")}, "needs a source"),
        ("remix", {"source": SourceClip("http://media.example/a.mp4")}, "needs a source"),
        ("text_to_video", {"size": "1280x720"}, "takes 480P, 768P, 2K, not 1280x720"),
        ("text_to_video", {"size": "1024x768"}, "takes 16:9, 9:16 or 1:1"),
        ("text_to_video", {"sent_s": "5"}, "takes 4, 8 or 12 seconds"),
    ],
)
def test_refused_before_sending(mode: Mode, change: dict[str, Any], words: str) -> None:
    """What would fail, or be paid for and be something else, is refused in words."""
    with pytest.raises(Refused, match=words):
        submit(order_of("minimax", mode, **{"size": "1366x768"} | change))


FIRST, LAST = item("image_url", "first_frame", URL), item("image_url", "last_frame", URL)
FACE = item("image_url", "reference_image", URL)
ORDER: dict[str, Any] = {
    "model": "MiniMax-H3",
    "content": [TEXT],
    "resolution": "768P",
    "duration": 4,
    "ratio": "16:9",
}


def called(body: Mapping[str, Any]) -> Call:
    return Call("/v2/video_generation", "http://here", dict(body), Options(), lambda job: None, lambda job: True)


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"model": "MiniMax-H9"}, "model_gone"),
        ({"prompt": "a boat"}, "bad_request"),
        ({"seed": 7}, "bad_request"),
        ({"content": []}, "bad_request"),
        ({"content": [TEXT, TEXT]}, "bad_request"),
        ({"content": [{"type": "text", "text": " "}]}, "bad_request"),
        ({"content": [TEXT, item("image_url", "reference_video", URL)]}, "bad_request"),
        ({"content": [TEXT, {"type": "image_url", "image_url": {"url": URL}}]}, "bad_request"),
        ({"content": [TEXT, LAST]}, "bad_request"),
        ({"content": [TEXT, FIRST, FACE]}, "bad_request"),
        ({"duration": 3}, "bad_request"),
        ({"duration": "4"}, "bad_request"),
        ({"resolution": "768p"}, "bad_request"),
        ({"resolution": "480P"}, "bad_request"),
        ({"ratio": "2:1"}, "bad_request"),
        ({"ratio": "adaptive"}, "bad_request"),
        ({"model": "MiniMax-H3-Max"}, "bad_request"),  # of 4 s
        ({"model": "MiniMax-H3-Max", "duration": 5, "resolution": "2K"}, "bad_request"),
    ],
)
def test_the_sandbox_takes_no_order_that_the_documents_do_not_allow(change: dict[str, Any], kind: str) -> None:
    """Wrong models, fields, types, tiers and roles buy nothing there."""
    with pytest.raises(Refusal) as refusal:
        GATEWAY.wish(called(ORDER | change))
    assert refusal.value.kind == kind


def test_frames_go_together_and_a_source_is_billed_on_top() -> None:
    """First and last frame are one order; a job with a source costs the seconds of both."""
    assert GATEWAY.wish(called(ORDER | {"content": [TEXT, FIRST, LAST]})).last == URL
    edit = GATEWAY.wish(called(ORDER | {"content": [TEXT, item("video_url", "reference_video", CLIP)]}))
    assert f"{GATEWAY.price(edit.model, (1366, 768), 4)}" == "0.64"


@pytest.mark.parametrize(
    ("name", "size", "seconds", "pictures", "usd"),
    [
        ("MiniMax-H3", (1366, 768), 5, 0, "0.40"),
        ("MiniMax-H3", (2560, 1440), 5, 1, "0.65"),
        ("MiniMax-H3", (1366, 768), 5, 7, "0.48"),  # the sixth and the seventh
        ("MiniMax-H3-Max", (854, 480), 5, 3, "0.324"),
        ("MiniMax-H3#edit", (1366, 768), 4, 0, "0.64"),
    ],
)
def test_quotes_are_those_that_the_price_list_works_out(
    name: str, size: tuple[int, int], seconds: int, pictures: int, usd: str
) -> None:
    """By tier and second, the pictures beyond the free ones, and a source's seconds on top."""
    price = load_catalogue().model(f"minimax:{name}").price
    assert price.quote(Usage(Decimal(seconds), *size, pictures=pictures)) == Decimal(usd)
