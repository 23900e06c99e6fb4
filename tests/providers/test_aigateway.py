"""AIgateway: what is sent in each mode, and what a remix starts from."""

from typing import Any

import pytest

from tasks.domain.errors import Refused
from tasks.domain.order import SourceClip
from tasks.domain.shot import Mode
from tasks.providers.aigateway import submit
from tests.providers import PNG, URL, order_of

CLIP = "https://media.example/clip.mp4"
OWN = SourceClip(uri=CLIP, provider="aigateway", job_id="job_1", remote_ids={"video_id": "video_1"})
OWN_JOB = SourceClip(provider="aigateway", job_id="job_1")
OWN_URL = SourceClip(uri=CLIP, provider="aigateway")
OTHER = SourceClip(uri=CLIP, provider="pixazo", job_id="r_1", remote_ids={"video_id": "video_2"})
FILE = SourceClip(uri=CLIP)
BASE = {"model": "m/1", "prompt": "as sent", "duration": 8, "aspect_ratio": "16:9"}
KEPT = {"delete_video": False}


@pytest.mark.parametrize(
    ("mode", "change", "more"),
    [
        ("text_to_video", {}, {}),
        ("text_to_video", {"sent_s": "4", "size": "720x1280"}, {"duration": 4, "aspect_ratio": "9:16"}),
        ("text_to_video", {"size": "720x720"}, {"aspect_ratio": "1:1"}),
        ("image_to_video", {}, {"image_url": URL}),
        ("image_to_video", {"image": PNG}, {"image_url": PNG}),
        ("image_to_video", {"options": {"image_field": "input_reference"}}, {"input_reference": URL}),
        ("image_to_video", {"options": {"image_field": "image_urls[]"}}, {"image_urls": [URL]}),
        ("image_to_video", {"options": {"image_field": "image_urls"}}, {"image_urls": [URL]}),
        ("remix", {"source": OWN}, KEPT | {"video_id": "video_1"}),
        ("remix", {"source": OWN_JOB}, KEPT | {"video_id": "job_1"}),
        ("remix", {"source": OWN_URL}, KEPT | {"video_url": CLIP}),
        ("remix", {"source": OTHER}, KEPT | {"video_url": CLIP}),
        ("remix", {"source": FILE, "remix": ("job", "url")}, KEPT | {"video_url": CLIP}),
        ("remix", {"source": OWN, "options": {"remix_source_field": "source"}}, KEPT | {"source": "video_1"}),
        ("remix", {"source": OWN, "options": {"remix_source_field": "video_url"}}, KEPT | {"video_url": CLIP}),
        ("text_to_video", {"seed": True, "shot": {"seed": 0}}, {"seed": 0}),
        ("text_to_video", {"shot": {"seed": 7, "audio": True, "negative_prompt": "rain"}}, {}),
    ],
)
def test_body(mode: Mode, change: dict[str, Any], more: dict[str, Any]) -> None:
    """Each mode sends exactly these fields, and seconds as a whole number."""
    request = submit(order_of("aigateway", mode, **change))
    assert (request.method, request.url) == ("POST", "/v1/videos/generations")
    assert request.json == BASE | more
    assert type(dict(request.json)["duration"]) is int
    assert not request.headers and not request.params


def test_remix_without_duration() -> None:
    """A remix endpoint that takes neither length nor ratio gets neither."""
    request = submit(order_of("aigateway", "remix", source=OWN, options={"send_duration_on_remix": False}))
    assert request.json == {"model": "m/1", "prompt": "as sent", "video_id": "video_1", "delete_video": False}


@pytest.mark.parametrize(
    ("mode", "change", "words"),
    [
        ("remix", {"source": None}, "needs a source"),
        ("remix", {"source": SourceClip(provider="aigateway")}, "needs a source"),
        ("remix", {"source": SourceClip(uri="/home/clip.mp4")}, "needs a source with an http address"),
        ("remix", {"source": OTHER, "remix": ("job",)}, "remixes only what aigateway made"),
        ("image_to_video", {"image": ""}, "needs an image"),
        ("text_to_video", {"size": "1024x768"}, "takes 16:9, 9:16 or 1:1, not 1024x768"),
        ("text_to_video", {"sent_s": "5"}, "takes 4, 8 or 12 seconds"),
    ],
)
def test_refused_before_sending(mode: Mode, change: dict[str, Any], words: str) -> None:
    """What cannot be sent whole is refused in words, never sent without the missing part."""
    with pytest.raises(Refused, match=words):
        submit(order_of("aigateway", mode, **change))
