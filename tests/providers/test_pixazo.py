"""Pixazo: what is sent in each mode, and which address is asked after a job."""

from typing import Any

import pytest

from tasks.domain.errors import Refused
from tasks.domain.job import Job
from tasks.domain.order import Reply
from tasks.domain.shot import Mode
from tasks.providers.pixazo import accepted, submit
from tests.providers import PNG, URL, order_of

BASE = {"model": "m/1", "prompt": "as sent", "size": "1280x720", "seconds": 8}
TEXT = "/sora-video/v1/video/generate"
IMAGE = "/sora-video/v1/video/i2v/generate"


@pytest.mark.parametrize(
    ("mode", "change", "path", "more"),
    [
        ("text_to_video", {}, TEXT, {}),
        ("text_to_video", {"sent_s": "12", "size": "1024x1792"}, TEXT, {"seconds": 12, "size": "1024x1792"}),
        ("image_to_video", {}, IMAGE, {"image": URL}),
        ("image_to_video", {"image": PNG, "size": "1792x1024"}, IMAGE, {"image": PNG, "size": "1792x1024"}),
    ],
)
def test_body(mode: Mode, change: dict[str, Any], path: str, more: dict[str, Any]) -> None:
    """Each mode has its path; size and seconds are always sent, for the price hangs on them."""
    request = submit(order_of("pixazo", mode, **change))
    assert (request.method, request.url, request.headers) == ("POST", path, {"Cache-Control": "no-cache"})
    assert request.json == BASE | more
    assert type(dict(request.json)["seconds"]) is int


@pytest.mark.parametrize(
    ("mode", "change", "words"),
    [
        ("remix", {}, "has no remix"),
        ("image_to_video", {"image": ""}, "needs an image"),
        ("text_to_video", {"sent_s": "6"}, "takes 4, 8 or 12 seconds"),
    ],
)
def test_refused_before_sending(mode: Mode, change: dict[str, Any], words: str) -> None:
    """What this gateway does not offer is refused in words."""
    with pytest.raises(Refused, match=words):
        submit(order_of("pixazo", mode, **change))


@pytest.mark.parametrize(
    "polling_url", [None, "https://evil.example/v2/requests/status/x", "//evil.example/x", 5, "../../x"]
)
def test_polling_url_is_never_followed(polling_url: Any) -> None:
    """The documented path with the quoted id is asked, whatever address the reply names."""
    body = b'{"request_id": "a/b?c=d", "polling_url": %s}'
    text = b"null" if polling_url is None else b"5" if polling_url == 5 else f'"{polling_url}"'.encode()
    job = accepted(Reply(202, body % text), order_of("pixazo"))
    assert isinstance(job, Job)
    assert (job.request.method, job.request.url) == ("GET", "/v2/requests/status/a%2Fb%3Fc%3Dd")
    assert job.request.headers == {"Cache-Control": "no-cache"}
