"""What the gateways' own clients need of the sandbox and found missing; they themselves are no part of the check."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.sandbox.gateways import all_gateways
from tests.sandbox.gateways.openrouter import RATIOS
from tests.sandbox.gateways.runway import _first
from tests.sandbox.protocol import Call, Job, Options, Refusal


def job_of(gateway: str, model: str) -> Job:
    price = all_gateways()[gateway].price(model, (1280, 720), 5)
    return Job("1", gateway, 1, "p", model, 5, (1280, 720), price, token="t", created=0, done_at=0)


@pytest.mark.parametrize(
    ("gateway", "model", "word", "field"),
    [
        ("fal", "bytedance/seedance-2.0/text-to-video", "IN_QUEUE", "queue_position"),
        ("runway", "gen4.5", "RUNNING", "progress"),
    ],
)
def test_what_a_client_reads_while_it_waits(gateway: str, model: str, word: str, field: str) -> None:
    """fal-client takes a place in the queue for given, runwayml a progress."""
    body: Any = all_gateways()[gateway].pending(job_of(gateway, model), word).body
    assert body["status"] == word and field in body


def test_an_image_by_its_address_alone() -> None:
    """runwayml documents a text in place of the list of images."""
    assert _first("https://m.example/a.png") == "https://m.example/a.png"


def test_a_size_by_resolution_and_ratio() -> None:
    """openrouter sends either; both at once are refused."""
    body: dict[str, Any] = {
        "model": "bytedance/seedance-2.0",
        "prompt": "p",
        "resolution": "720p",
        "aspect_ratio": "9:16",
    }
    wish: Callable[[Mapping[str, Any]], Any] = lambda sent: all_gateways()["openrouter"].wish(called(sent))  # noqa: E731
    assert wish(body).size == RATIOS["9:16"]
    with pytest.raises(Refusal, match="size stands for"):
        wish(body | {"size": "1280x720"})


def called(body: Mapping[str, Any]) -> Call:
    return Call("/api/v1/videos", "http://here", dict(body), Options(), lambda job: None, lambda job: True)
