"""AI/ML API: sizes as resolution and ratio, Base64 in two styles, ids that hold slashes."""

from typing import Any

import pytest

from tasks.domain.errors import Refused
from tasks.domain.job import Job, Pending
from tasks.domain.order import Reply
from tasks.domain.shot import Mode
from tasks.providers.aimlapi import accepted, progress, submit
from tests.providers import PNG, URL, order_of

BASE = {"model": "m/1", "prompt": "as sent", "resolution": "720p", "aspect_ratio": "16:9", "duration": 8}
PLAIN = {"image_b64_style": "plain"}


@pytest.mark.parametrize(
    ("mode", "change", "more"),
    [
        ("text_to_video", {}, {}),
        ("text_to_video", {"size": "720x1280"}, {"aspect_ratio": "9:16"}),
        ("text_to_video", {"size": "1792x1024", "sent_s": "4"}, {"resolution": "1080p", "duration": 4}),
        ("text_to_video", {"size": "1024x1792"}, {"resolution": "1080p", "aspect_ratio": "9:16"}),
        ("text_to_video", {"size": "1920x1080"}, {"resolution": "1080p"}),
        ("image_to_video", {}, {"image_url": URL}),
        ("image_to_video", {"image": PNG}, {"image_url": PNG}),
        ("image_to_video", {"image": PNG, "options": PLAIN}, {"image_url": "iVBORw0KGgo="}),
        ("image_to_video", {"options": PLAIN}, {"image_url": URL}),
    ],
)
def test_body(mode: Mode, change: dict[str, Any], more: dict[str, Any]) -> None:
    """Each mode sends exactly these fields; 1080p stands for 1792x1024."""
    request = submit(order_of("aimlapi", mode, **change))
    assert (request.method, request.url) == ("POST", "/v2/video/generations")
    assert request.json == BASE | more
    assert type(dict(request.json)["duration"]) is int


@pytest.mark.parametrize(
    ("mode", "change", "words"),
    [
        ("remix", {}, "has no remix"),
        ("image_to_video", {"image": ""}, "needs an image"),
        ("text_to_video", {"size": "640x360"}, "takes 720p or 1080p, not 640x360"),
        ("text_to_video", {"size": "720x720"}, "takes 16:9 or 9:16, not 720x720"),
    ],
)
def test_refused_before_sending(mode: Mode, change: dict[str, Any], words: str) -> None:
    """A size or mode that is not offered is refused in words."""
    with pytest.raises(Refused, match=words):
        submit(order_of("aimlapi", mode, **change))


def test_id_travels_as_parameter() -> None:
    """An id with ``:`` and ``/`` stands in no path."""
    job = accepted(Reply(200, b'{"id": "video_1:openai/sora-2-pro-i2v", "status": "queued"}'), order_of("aimlapi"))
    assert isinstance(job, Job)
    assert job.request.url == "/v2/video/generations"
    assert job.request.params == {"generation_id": "video_1:openai/sora-2-pro-i2v"}


def test_states_may_go_backwards() -> None:
    """The documented log goes from generating to queued: still working, nothing unknown."""
    words = ["generating", "queued", "queued", "generating"]
    told = [progress(Reply(200, b'{"id": "1", "status": "%s"}' % word.encode())) for word in words]
    assert told == [Pending(word) for word in words]
