import json
from decimal import Decimal
from typing import Any

import pytest

from tasks.commands.model_lists import differences, rate
from tasks.domain.model import Model
from tasks.domain.order import Reply
from tasks.domain.pricing import Price
from tasks.domain.shot import Size

HD, TALL = Size(1280, 720), Size(720, 1280)
ENTRY: dict[str, Any] = {
    "id": "m/1",
    "supported_durations": [4, 5, 6],
    "supported_sizes": ["1280x720", "720x1280", "1920x1080"],
    "supported_frame_images": ["first_frame"],
    "generate_audio": True,
    "seed": True,
    "pricing_skus": {"video_tokens": "0.000007"},
}


def model(**change: Any) -> Model:
    entry: dict[str, Any] = {"provider": "p", "name": "m/1", "modes": ("text_to_video", "image_to_video")}
    entry |= {"source": "", "checked": "", "any_seconds": (4, 6), "sizes": (HD, TALL), "audio": True, "seed": True}
    return Model(**entry | {"price": Price({"*": Decimal("0.1512")})} | change)


def listed(*entries: Any, status: int = 200) -> Reply:
    return Reply(status, json.dumps({"data": list(entries)}).encode())


@pytest.mark.parametrize(
    ("change", "theirs", "told"),
    [
        ({}, {}, []),
        ({"any_seconds": (4, 8)}, {}, ["seconds: no 7, 8 there"]),
        ({"any_seconds": None, "seconds": (4, 12)}, {}, ["seconds: no 12 there"]),
        ({}, {"supported_durations": None}, []),
        ({}, {"supported_sizes": ["1280x720"]}, ["sizes: no 720x1280 there"]),
        ({}, {"supported_frame_images": ["last_frame"]}, ["first frame: no there, yes here"]),
        ({"modes": ("text_to_video",)}, {}, ["first frame: yes there, no here"]),
        ({"audio": False}, {"seed": False}, ["sound: yes there, no here", "seed: no there, yes here"]),
        ({}, {"generate_audio": None, "seed": None}, []),
        (
            {"price": Price({"*": Decimal("0.3024")})},
            {},
            ["0.1512 USD/s there, 0.3024 here (1280x720, 720x1280)"],
        ),
        ({}, {"pricing_skus": {"per_moon": "3"}}, ["its prices are not understood: per_moon = 3"]),
        ({}, {"pricing_skus": None}, []),
        ({}, {"pricing_skus": []}, []),
    ],
)
def test_what_differs_is_told_in_words(change: dict[str, Any], theirs: dict[str, Any], told: list[str]) -> None:
    """A line for each thing that the catalogue offers and the list does not, and for another price; no more."""
    assert differences([model(**change)], listed(ENTRY | theirs)) == [f"p:m/1: {line}" for line in told]


def test_a_model_that_is_not_listed_is_told() -> None:
    """Its route will be refused, and the plan does not know it yet."""
    assert differences([model(), model(name="m/2")], listed(ENTRY, "odd", None)) == [
        "p:m/2: is not on the gateway's list"
    ]


@pytest.mark.parametrize(
    "reply", [listed(ENTRY, status=401), Reply(200, b"<html>"), Reply(200, b'{"data": {}}'), Reply(503, b"")]
)
def test_a_list_that_cannot_be_read_is_told_once(reply: Reply) -> None:
    """No list is not an empty list: it would call every model gone."""
    assert differences([model()], reply) == [f"its list of models cannot be read (answered {reply.status})"]


@pytest.mark.parametrize(
    ("skus", "size", "usd"),
    [
        ({"video_tokens": "0.000007"}, HD, "0.1512"),
        ({"duration_seconds": "0.05"}, HD, "0.05"),
        ({"per-video-second": "0.50", "per-video-second-1080p": "0.75"}, HD, "0.50"),
        ({"per-video-second": "0.50", "per-video-second-1080p": "0.75"}, Size(1920, 1080), "0.75"),
        ({"duration_seconds_with_audio_720p": "0.05", "duration_seconds_without_audio_720p": "0.03"}, TALL, "0.05"),
        ({"cents_per_second_output": "12"}, HD, "0.12"),
        ({"duration_seconds_1080p": "0.1"}, HD, None),
        ({"duration_seconds": "free"}, HD, None),
        ({"images": "0.1"}, HD, None),
    ],
)
def test_the_price_of_a_second(skus: dict[str, str], size: Size, usd: str | None) -> None:
    """The highest of the prices meant for the size, whatever they are counted in; None where none is."""
    assert rate(skus, size) == (None if usd is None else Decimal(usd))
