"""AI Video API: the nested and the flat body, and how an image may travel."""

from typing import Any

import pytest

from tasks.domain.errors import Refused
from tasks.domain.shot import Mode
from tasks.providers.aivideoapi import submit
from tests.providers import PNG, URL, order_of

INPUT = {"prompt": "as sent", "duration": 8, "aspect_ratio": "16:9"}
FLAT = {"model": "m/1", "prompt": "as sent", "duration": 8, "size": "1280x720"}
DATA_OK = {"allow_data_uri": True}
CONSTANTS = {"fields": {"body": {"resolution": "720p"}}}


@pytest.mark.parametrize(
    ("mode", "change", "more"),
    [
        ("text_to_video", {}, {}),
        ("text_to_video", {"sent_s": "12", "size": "720x1280"}, {"duration": 12, "aspect_ratio": "9:16"}),
        ("image_to_video", {}, {"image_urls": [URL]}),
        ("image_to_video", {"image": PNG, "options": DATA_OK}, {"image_urls": [PNG]}),
        ("text_to_video", CONSTANTS, {"resolution": "720p"}),
        ("text_to_video", {"fields": {"resolution": True}}, {"resolution": "720p"}),
        ("text_to_video", {"audio": True, "shot": {"audio": False}}, {"generate_audio": False}),
    ],
)
def test_nested_body(mode: Mode, change: dict[str, Any], more: dict[str, Any]) -> None:
    """By default everything but the model stands in ``input``."""
    request = submit(order_of("aivideoapi", mode, **change))
    assert (request.method, request.url) == ("POST", "/v1/videos/generations")
    assert request.json == {"model": "m/1", "input": INPUT | more}


def test_flat_body() -> None:
    """The flat style sends what the product page shows: the size in pixels, no nesting."""
    assert submit(order_of("aivideoapi", options={"body_style": "flat"})).json == FLAT


@pytest.mark.parametrize(
    ("mode", "change", "words"),
    [
        ("remix", {}, "has no remix"),
        ("image_to_video", {"image": ""}, "needs an image"),
        ("image_to_video", {"image": PNG}, "not as a data URI"),
        ("image_to_video", {"image": "DATA:image/png;base64,AA"}, "not as a data URI"),
        ("image_to_video", {"options": {"body_style": "flat"}}, "flat body has no field for an image"),
    ],
)
def test_refused_before_sending(mode: Mode, change: dict[str, Any], words: str) -> None:
    """An image that cannot travel is said; no order goes out without it."""
    with pytest.raises(Refused, match=words):
        submit(order_of("aivideoapi", mode, **change))
