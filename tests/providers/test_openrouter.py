"""OpenRouter: one body for every model, sizes in two spellings, the first frame as a tagged address."""

from typing import Any

import pytest

from tasks.domain.errors import Refused
from tasks.domain.order import SourceClip
from tasks.domain.shot import Mode
from tasks.providers.openrouter import submit
from tests.providers import PNG, URL, order_of

BASE = {"model": "m/1", "prompt": "as sent", "duration": 8, "size": "1280x720"}
RATIO = {"size_style": "resolution"}


def framed(uri: str) -> dict[str, Any]:
    return {"frame_images": [{"type": "image_url", "image_url": {"url": uri}, "frame_type": "first_frame"}]}


@pytest.mark.parametrize(
    ("mode", "change", "body"),
    [
        ("text_to_video", {}, BASE),
        ("text_to_video", {"size": "960x960"}, BASE | {"size": "960x960"}),
        ("image_to_video", {}, BASE | framed(URL)),
        ("image_to_video", {"image": PNG}, BASE | framed(PNG)),
        (
            "text_to_video",
            {"size": "720x1280", "options": RATIO},
            {"model": "m/1", "prompt": "as sent", "duration": 8, "resolution": "720p", "aspect_ratio": "9:16"},
        ),
        (
            "text_to_video",
            {"seed": True, "audio": True, "shot": {"seed": 0, "audio": False}},
            BASE | {"seed": 0, "generate_audio": False},
        ),
        ("text_to_video", {"shot": {"seed": 7, "audio": True}}, BASE),
    ],
)
def test_body(mode: Mode, change: dict[str, Any], body: dict[str, Any]) -> None:
    """Each mode sends exactly these fields; seed and sound only where the model's entry says so."""
    request = submit(order_of("openrouter", mode, **change))
    assert (request.method, request.url, request.json) == ("POST", "/api/v1/videos", body)


@pytest.mark.parametrize(
    ("mode", "change", "words"),
    [
        ("remix", {"source": SourceClip(URL)}, "has no remix"),
        ("image_to_video", {"image": ""}, "needs an image"),
        ("text_to_video", {"size": "1000x500", "options": RATIO}, "takes 16:9, 9:16 or 1:1, not 1000x500"),
    ],
)
def test_refused_before_sending(mode: Mode, change: dict[str, Any], words: str) -> None:
    """A mode or shape that is not offered is refused in words."""
    with pytest.raises(Refused, match=words):
        submit(order_of("openrouter", mode, **change))
