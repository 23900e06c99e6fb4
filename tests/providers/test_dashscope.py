"""DashScope: what is sent in each mode and where it stands, the header, and what the sandbox does not take."""

from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from tasks.domain.errors import Refused
from tasks.domain.order import SourceClip
from tasks.domain.shot import Mode
from tasks.providers.dashscope import PATH, submit
from tests.providers import PNG, URL, order_of
from tests.sandbox import Sandbox
from tests.sandbox.gateways.dashscope import GATEWAY
from tests.sandbox.protocol import Call, Options, Refusal

CLIP = "https://media.example/clip.mp4"
WANTED = {"resolution": "720P", "duration": 8}
TEXT = WANTED | {"ratio": "16:9"}


def media(kind: str, url: str) -> dict[str, Any]:
    return {"prompt": "as sent", "media": [{"type": kind, "url": url}]}


@pytest.mark.parametrize(
    ("mode", "change", "told", "wanted"),
    [
        ("text_to_video", {}, {"prompt": "as sent"}, TEXT),
        ("text_to_video", {"size": "720x1280"}, {"prompt": "as sent"}, TEXT | {"ratio": "9:16"}),
        ("text_to_video", {"size": "960x960"}, {"prompt": "as sent"}, TEXT | {"ratio": "1:1"}),
        ("text_to_video", {"size": "1920x1080", "sent_s": "4"}, {"prompt": "as sent"},
         {"resolution": "1080P", "ratio": "16:9", "duration": 4}),
        ("text_to_video", {"seed": True, "audio": True, "negative_prompt": True,
                           "shot": {"seed": 7, "audio": False, "negative_prompt": "rain"}},
         {"prompt": "as sent", "negative_prompt": "rain"}, TEXT | {"seed": 7, "audio": False}),
        ("text_to_video", {"fields": {"body": {"watermark": False}}}, {"prompt": "as sent"},
         TEXT | {"watermark": False}),
        ("image_to_video", {}, media("first_frame", URL), WANTED),
        ("image_to_video", {"image": PNG}, media("first_frame", PNG), WANTED),
        ("remix", {"source": SourceClip(CLIP, "fal", "1")}, media("video", CLIP), {"resolution": "720P"}),
        ("remix", {"source": SourceClip(CLIP), "fields": {"video": "reference_video"}}, media("reference_video", CLIP),
         {"resolution": "720P"}),
    ],
)  # fmt: skip
def test_body(mode: Mode, change: dict[str, Any], told: dict[str, Any], wanted: dict[str, Any]) -> None:
    """Words and media stand in the input, figures in the parameters; no shape or length where media have them."""
    request = submit(order_of("dashscope", mode, **change))
    assert (request.method, request.url, request.headers) == ("POST", PATH, {"X-DashScope-Async": "enable"})
    assert dict(request.json or {}) == {"model": "m/1", "input": told, "parameters": wanted}


@pytest.mark.parametrize(
    ("mode", "change", "words"),
    [
        ("image_to_video", {"image": PNG, "options": {"allow_data_uri": False}}, "only by its address"),
        ("image_to_video", {"image": ""}, "needs an image"),
        ("remix", {}, "needs a source with an https address"),
        ("remix", {"source": SourceClip("data:video/mp4;base64,AAAA")}, "needs a source with an https address"),
        ("remix", {"source": SourceClip("", "dashscope", "1")}, "needs a source with an https address"),
        ("text_to_video", {"size": "1792x1024"}, "takes 480P, 720P, 1080P, not 1792x1024"),
        ("text_to_video", {"size": "1112x720"}, "takes 16:9, 9:16 or 1:1"),
    ],
)
def test_refused_before_sending(mode: Mode, change: dict[str, Any], words: str) -> None:
    """What would fail, or be paid for and be something else, is refused in words."""
    with pytest.raises(Refused, match=words):
        submit(order_of("dashscope", mode, **change))


ORDER: dict[str, Any] = {"model": "wan3.0-video", "input": {"prompt": "a boat"}, "parameters": TEXT}


def called(body: Mapping[str, Any]) -> Call:
    return Call(PATH, "http://here", dict(body), Options(), lambda job: None, lambda job: True)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (ORDER | {"model": "wan1.0"}, "model_gone"),
        (ORDER | {"prompt": "a boat"}, "bad_request"),
        (ORDER | {"input": {"prompt": ""}}, "bad_request"),
        (ORDER | {"input": {"prompt": "p", "img_url": URL}}, "bad_request"),
        (ORDER | {"input": media("picture", URL)}, "bad_request"),
        (ORDER | {"input": media("last_frame", URL), "parameters": WANTED}, "bad_request"),
        (ORDER | {"input": media("first_frame", URL)}, "bad_request"),  # told a ratio as well
        (ORDER | {"parameters": TEXT | {"duration": "8"}}, "bad_request"),
        (ORDER | {"parameters": TEXT | {"duration": 31}}, "bad_request"),
        (ORDER | {"parameters": TEXT | {"resolution": "720p"}}, "bad_request"),
        (ORDER | {"parameters": TEXT | {"size": "1280*720"}}, "bad_request"),
        (ORDER | {"model": "wan2.7-t2v", "parameters": TEXT | {"resolution": "480P"}}, "bad_request"),
        (ORDER | {"model": "wan2.7-i2v"}, "bad_request"),
        (
            ORDER | {"model": "happyhorse-1.1-t2v", "input": media("first_frame", URL), "parameters": WANTED},
            "bad_request",
        ),
        (ORDER | {"model": "wan2.7-videoedit"}, "bad_request"),
        (ORDER | {"model": "wan2.7-videoedit", "input": media("video", CLIP), "parameters": WANTED}, "bad_request"),
    ],
)
def test_the_sandbox_takes_no_order_that_the_documents_do_not_allow(body: dict[str, Any], kind: str) -> None:
    """Wrong models, fields, types, tiers and media buy nothing there."""
    with pytest.raises(Refusal) as refusal:
        GATEWAY.wish(called(body))
    assert refusal.value.kind == kind


def test_an_edit_is_taken_and_costs_the_seconds_of_both() -> None:
    """A public video alone; source and clip are billed."""
    request = submit(order_of("dashscope", "remix", source=SourceClip(CLIP), name="wan2.7-videoedit"))
    wish = GATEWAY.wish(called(request.json or {}))
    assert wish.video == CLIP and f"{GATEWAY.price(wish.model, (1280, 720), 5)}" == "0.860"


def test_an_order_without_the_header_is_not_taken() -> None:
    """There is no synchronous call."""
    with Sandbox(job_seconds=0.0) as box:
        for head, status in (
            ({}, 400),
            ({"X-DashScope-Async": "disable"}, 400),
            ({"X-DashScope-Async": "enable"}, 200),
        ):
            sent = {"Authorization": "Bearer sandbox-dashscope", **head}
            reply = httpx.post(
                box.base_url("dashscope") + PATH, json=ORDER, headers=sent, trust_env=False, verify=False
            )
            assert (reply.status_code, len(box.jobs())) == (status, int(status == 200))
