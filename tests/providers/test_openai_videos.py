"""The /v1/videos shape: JSON and a form with a file, the departures of clones, a file that wants the key."""

import json
from dataclasses import replace
from typing import Any

import pytest

from tasks.domain.errors import Refused
from tasks.domain.order import Frame, Order, Reply, SourceClip
from tasks.domain.shot import Mode, Size
from tasks.providers.openai_videos import job_ids, submit
from tests.providers import PNG, URL, order_of

BASE = {"model": "m/1", "prompt": "as sent", "seconds": "8", "size": "1280x720"}
OBJECT, TEXT = {"image_style": "object"}, {"image_style": "text"}
OWN = SourceClip(provider="openai_videos", job_id="video_1/2")


def pictured(**change: Any) -> Order:
    """An order whose picture is at hand, as every order of the engine has it."""
    order = order_of("openai_videos", "image_to_video", image=PNG, **change)
    return replace(order, frame=Frame("d", Size(1280, 720), "image/png", PNG, b"\x89PNG"))


@pytest.mark.parametrize(
    ("change", "body"),
    [
        ({}, BASE),
        ({"sent_s": "12", "size": "720x1280"}, BASE | {"seconds": "12", "size": "720x1280"}),
        ({"options": {"seconds_style": "number"}}, BASE | {"seconds": 8}),
        (
            {"options": {"seconds_field": "duration", "seconds_style": "number"}},
            {"model": "m/1", "prompt": "as sent", "size": "1280x720", "duration": 8},
        ),
        ({"seed": True, "shot": {"seed": 7}}, BASE | {"seed": 7}),
    ],
)
def test_text_goes_as_json(change: dict[str, Any], body: dict[str, Any]) -> None:
    """Seconds are text, as OpenAI has them; field and type are what the config says of a clone."""
    request = submit(order_of("openai_videos", **change))
    assert (request.method, request.url, request.json) == ("POST", "/v1/videos", body)
    assert not request.form and not request.files


def test_an_image_goes_as_a_file_of_a_form() -> None:
    """The bytes travel, not their address; what is no text is written as JSON has it."""
    request = submit(pictured(audio=True, shot={"audio": True}))
    assert (request.method, request.url, request.json) == ("POST", "/v1/videos", None)
    assert request.form == BASE | {"generate_audio": "true"}
    assert request.files == {"input_reference": ("frame.png", b"\x89PNG", "image/png")}


@pytest.mark.parametrize(
    ("options", "more"),
    [
        (OBJECT, {"input_reference": {"image_url": PNG}}),
        (TEXT, {"input_reference": PNG}),
        (TEXT | {"image_field": "image"}, {"image": PNG}),
    ],
)
def test_an_image_goes_in_json_where_the_config_says_so(options: dict[str, Any], more: dict[str, Any]) -> None:
    """As OpenAI's reference object, or as a clone's plain text."""
    request = submit(pictured(options=options))
    assert request.json == BASE | more and not request.files


@pytest.mark.parametrize("change", [{"options": {"body_style": "form"}}, {"fields": {"body_style": "form"}}])
def test_a_server_that_takes_forms_only_gets_one(change: dict[str, Any]) -> None:
    """By the provider's option or the model's entry, text alone and a remix go as a form too."""
    request = submit(order_of("openai_videos", audio=True, shot={"audio": True}, **change))
    assert request.json is None and request.form == BASE | {"generate_audio": "true"}
    remix = submit(order_of("openai_videos", "remix", source=OWN, **change))
    assert remix.json is None and remix.form == {"prompt": "as sent"}


def test_a_form_names_an_image_as_its_config_says() -> None:
    """A server that takes no file in its form gets the reference object as JSON in a field."""
    request = submit(pictured(options=OBJECT | {"body_style": "form", "image_field": "image_reference"}))
    assert not request.files and json.loads(request.form["image_reference"]) == {"image_url": PNG}


@pytest.mark.parametrize(
    ("body", "ids"),
    [
        ('{"id": 1234567890123456789}', ("1234567890123456789",)),
        ('{"id": 12345678901234567890123}', ("12345678901234567890123",)),
        ('{"id": 7, "task_id": "t"}', ("t", "7")),
        ('{"data": {"id": 7, "task_id": "t"}}', ("t", "7")),
        ('{"code": "success", "data": "task_12345"}', ("task_12345",)),
        ('{"code": "error", "data": "task_12345"}', ()),
        ('{"code": "success", "data": "no such thing"}', ()),
        ('\ufeff{"id": "a"}', ("a",)),
        ('data: {"id": "a"}\n\ndata: [DONE]\n', ("a",)),
        ('[{"id": "a"}]', ("a",)),
        ('[{"id": "a"}, {"id": "b"}]', ()),
        ('{"request_id": "r"}', ()),
        ("<html>", ()),
    ],
)
def test_every_id_that_a_body_names(body: str, ids: tuple[str, ...]) -> None:
    """Under any of the family's names, whole numbers with each digit, a text before the number of a row."""
    assert job_ids(Reply(200, body.encode())) == ids


def test_a_remix_names_the_video_it_starts_from() -> None:
    """Only the prompt goes along: length and size are the source's."""
    request = submit(order_of("openai_videos", "remix", source=OWN))
    assert (request.url, request.json) == ("/v1/videos/video_1%2F2/remix", {"prompt": "as sent"})


@pytest.mark.parametrize(
    ("mode", "change", "words"),
    [
        ("image_to_video", {"image": URL}, "as a file, not by its address"),
        ("image_to_video", {"image": ""}, "needs an image"),
        ("remix", {"source": SourceClip(URL, "fal", "1")}, "remixes only what openai_videos made"),
        ("remix", {"source": SourceClip(provider="openai_videos")}, "remixes only what openai_videos made"),
        ("text_to_video", {"sent_s": "5"}, "takes 4, 8 or 12 seconds"),
    ],
)
def test_refused_before_sending(mode: Mode, change: dict[str, Any], words: str) -> None:
    """What would be paid for and not be what was asked is refused in words."""
    with pytest.raises(Refused, match=words):
        submit(order_of("openai_videos", mode, **change))
