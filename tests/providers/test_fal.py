"""fal: fields by model, the queue's addresses taken by their path alone, a result in a second document."""

from typing import Any

import pytest

from tasks.config import catalogue
from tasks.domain.errors import Refused
from tasks.domain.order import SourceClip
from tasks.domain.shot import Mode
from tasks.providers.fal import submit
from tests.providers import PNG, URL, order_of

SEEDANCE = {"image": "image_url", "duration": "text", "resolution": True, "ratio": True}
BASE = {"prompt": "as sent", "duration": "8", "resolution": "720p", "aspect_ratio": "16:9"}
CLIP = "https://media.example/clip.mp4"
INLINE = "data:video/mp4;base64,AAAA"


@pytest.mark.parametrize(
    ("mode", "fields", "change", "body"),
    [
        ("text_to_video", SEEDANCE, {}, BASE),
        ("text_to_video", SEEDANCE, {"size": "720x1280"}, BASE | {"aspect_ratio": "9:16"}),
        ("text_to_video", SEEDANCE, {"size": "1920x1080"}, BASE | {"resolution": "1080p"}),
        ("text_to_video", SEEDANCE, {"sent_s": "4"}, BASE | {"duration": "4"}),
        ("text_to_video", {}, {}, {"prompt": "as sent"}),
        ("text_to_video", {"duration": "number"}, {}, {"prompt": "as sent", "duration": 8}),
        ("image_to_video", SEEDANCE, {}, BASE | {"image_url": URL}),
        ("image_to_video", {"image": "start_image_url"}, {"image": PNG}, {"prompt": "as sent", "start_image_url": PNG}),
        ("image_to_video", {}, {}, {"prompt": "as sent", "image_url": URL}),
        ("remix", {}, {"source": SourceClip(CLIP, "pixazo", "1")}, {"prompt": "as sent", "video_url": CLIP}),
        ("remix", {"video": "clip"}, {"source": SourceClip(INLINE)}, {"prompt": "as sent", "clip": INLINE}),
        ("remix", {"body": {"keep_audio": True}}, {"source": SourceClip(CLIP)},
         {"prompt": "as sent", "video_url": CLIP, "keep_audio": True}),
        ("text_to_video", {}, {"audio": True, "shot": {"audio": True}}, {"prompt": "as sent", "generate_audio": True}),
    ],
)  # fmt: skip
def test_body(mode: Mode, fields: dict[str, Any], change: dict[str, Any], body: dict[str, Any]) -> None:
    """Each model's own fields in its own types, and none that its entry does not name."""
    request = submit(order_of("fal", mode, fields=fields, name="owner/app/some mode", **change))
    assert (request.method, request.url, request.json) == ("POST", "/owner/app/some%20mode", body)


@pytest.mark.parametrize(
    ("mode", "change", "words"),
    [
        ("remix", {}, "needs a source with an https address, or one small enough"),
        ("remix", {"source": SourceClip("", "openrouter", "1")}, "needs a source"),
        ("remix", {"source": SourceClip("http://10.0.0.1/a.mp4")}, "needs a source"),
        ("remix", {"source": SourceClip("/home/a.mp4")}, "needs a source"),
        ("image_to_video", {"image": ""}, "needs an image"),
        ("text_to_video", {"size": "1000x500", "fields": {"ratio": True}}, "takes 16:9, 9:16 or 1:1"),
    ],
)
def test_refused_before_sending(mode: Mode, change: dict[str, Any], words: str) -> None:
    """Without its source or picture an order would be paid for and be something else."""
    with pytest.raises(Refused, match=words):
        submit(order_of("fal", mode, **change))


@pytest.mark.parametrize(
    "entry",
    [one for one in catalogue.load_catalogue().models.values() if one.provider == "fal"],
    ids=lambda entry: entry.route,
)
def test_every_entry_says_how_its_model_takes_what_it_offers(entry: Any) -> None:
    """A mode's field is named; a model that is told no length or shape is an edit, whose source has both."""
    assert set(entry.fields) <= {"image", "video", "references", "duration", "resolution", "ratio", "body"}
    assert ("image" in entry.fields) == ("image_to_video" in entry.modes)
    assert ("video" in entry.fields) == ("remix" in entry.modes)
    assert "duration" in entry.fields or entry.modes == ("remix",)
