"""Runway: ratios in pixels, the version header on every call, edits by address or inline, credits as money."""

from dataclasses import replace
from typing import Any

import pytest

from tasks.domain.errors import Refused
from tasks.domain.job import Job
from tasks.domain.order import Reply, SourceClip
from tasks.domain.shot import Mode
from tasks.providers.runway import accepted, submit
from tests.providers import PNG, URL, order_of

VERSION = {"X-Runway-Version": "2024-11-06"}
TEXT = {"model": "m/1", "promptText": "as sent"}
BASE = TEXT | {"ratio": "1280:720", "duration": 8}
CLIP, INLINE = "https://media.example/clip.mp4", "data:video/mp4;base64,AAAA"


def first(uri: str) -> dict[str, Any]:
    return {"promptImage": [{"uri": uri, "position": "first"}]}


@pytest.mark.parametrize(
    ("mode", "change", "path", "body"),
    [
        ("text_to_video", {}, "text_to_video", BASE),
        ("text_to_video", {"size": "720x1280"}, "text_to_video", BASE | {"ratio": "720:1280"}),
        ("text_to_video", {"sent_s": "4"}, "text_to_video", BASE | {"duration": 4}),
        ("text_to_video", {"seed": True, "audio": True, "shot": {"seed": 7, "audio": False}}, "text_to_video",
         BASE | {"seed": 7, "audio": False}),
        ("image_to_video", {}, "image_to_video", BASE | first(URL)),
        ("image_to_video", {"image": PNG}, "image_to_video", BASE | first(PNG)),
        ("remix", {"source": SourceClip(CLIP, "fal", "1")}, "video_to_video", TEXT | {"videoUri": CLIP}),
        ("remix", {"source": SourceClip(INLINE), "fields": {"video": "promptVideo"}}, "video_to_video",
         TEXT | {"promptVideo": INLINE}),
    ],
)  # fmt: skip
def test_body(mode: Mode, change: dict[str, Any], path: str, body: dict[str, Any]) -> None:
    """Each mode has its path and exactly these fields; an edit is told no length and no shape."""
    request = submit(order_of("runway", mode, **change))
    assert (request.method, request.url, request.json) == ("POST", f"/v1/{path}", body)
    assert request.headers == VERSION


@pytest.mark.parametrize(
    ("mode", "change", "words"),
    [
        ("remix", {}, "needs a source with an https address, or one small enough"),
        ("remix", {"source": SourceClip("", "openrouter", "1")}, "needs a source"),
        ("remix", {"source": SourceClip("http://media.example/a.mp4")}, "needs a source"),
        ("image_to_video", {"image": ""}, "needs an image"),
        ("text_to_video", {"sent_s": "5"}, "takes 4, 8 or 12 seconds"),
    ],
)
def test_refused_before_sending(mode: Mode, change: dict[str, Any], words: str) -> None:
    """What would fail, or be paid for and be something else, is refused in words."""
    with pytest.raises(Refused, match=words):
        submit(order_of("runway", mode, **change))


@pytest.mark.parametrize(
    ("prompt", "fields", "taken"),
    [
        ("a" * 1000, {}, True),
        ("a" * 1001, {}, False),
        ("🦭" * 500, {}, True),  # two units each
        ("🦭" * 501, {}, False),
        ("a" * 3500, {"longest_prompt": 3500}, True),
        ("a" * 3501, {"longest_prompt": 3500}, False),
    ],
)
def test_a_prompt_is_measured_in_utf_16_units(prompt: str, fields: dict[str, Any], taken: bool) -> None:
    """As Runway counts; a longer one is refused here and never cut."""
    order = replace(order_of("runway", fields=fields), prompt=prompt)
    if taken:
        assert dict(submit(order).json or {})["promptText"] == prompt
    else:
        with pytest.raises(Refused, match="takes a prompt of"):
            submit(order)


def test_the_version_goes_with_the_question_too() -> None:
    """A task cannot be asked after without the header."""
    job = accepted(Reply(200, b'{"id": "a/b"}'), order_of("runway"))
    assert isinstance(job, Job)
    assert (job.request.url, job.request.headers) == ("/v1/tasks/a%2Fb", VERSION)
