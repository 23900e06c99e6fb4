"""xAI: size and length always sent, edits and extensions by address or inline, 202 at work, ticks as money."""

import json
from decimal import Decimal
from typing import Any

import pytest
from PIL import Image

from tasks.config.catalogue import load_catalogue
from tasks.domain.errors import Locked, Refused
from tasks.domain.order import Reply, SourceClip
from tasks.domain.pricing import Usage
from tasks.domain.shot import Mode
from tasks.providers.xai import accepted, submit
from tests.chain.conftest import Studio
from tests.providers import PNG, URL, order_of

TEXT = {"model": "m/1", "prompt": "as sent"}
BASE = TEXT | {"duration": 8, "aspect_ratio": "16:9", "resolution": "720p"}
CLIP, INLINE = "https://media.example/clip.mp4", "data:video/mp4;base64,AAAA"
BASIC, ROUTE = "xai:grok-imagine-video", "xai:grok-imagine-video-1.5"


@pytest.mark.parametrize(
    ("mode", "change", "path", "body"),
    [
        ("text_to_video", {}, "generations", BASE),
        ("text_to_video", {"size": "480x854", "sent_s": "4"}, "generations",
         BASE | {"duration": 4, "aspect_ratio": "9:16", "resolution": "480p"}),
        ("text_to_video", {"size": "1920x1080"}, "generations", BASE | {"resolution": "1080p"}),
        ("text_to_video", {"name": "a#b"}, "generations", BASE | {"model": "a"}),
        ("image_to_video", {}, "generations", BASE | {"image": {"url": URL}}),
        ("image_to_video", {"image": PNG}, "generations", BASE | {"image": {"url": PNG}}),
        ("remix", {"source": SourceClip(CLIP, "fal", "1")}, "edits", TEXT | {"video": {"url": CLIP}}),
        ("remix", {"source": SourceClip(INLINE)}, "edits", TEXT | {"video": {"url": INLINE}}),
        ("remix", {"source": SourceClip(CLIP), "fields": {"extend": True}}, "extensions",
         TEXT | {"video": {"url": CLIP}, "duration": 8}),
    ],
)  # fmt: skip
def test_body(mode: Mode, change: dict[str, Any], path: str, body: dict[str, Any]) -> None:
    """Each mode has its path and exactly these fields; an edit is told no length, and neither it nor an extension a
    shape."""
    request = submit(order_of("xai", mode, **change))
    assert (request.method, request.url, request.json) == ("POST", f"/v1/videos/{path}", body)


@pytest.mark.parametrize("uri", ["", "http://media.example/a.mp4", "/home/a.mp4"])
def test_a_source_that_cannot_travel_is_refused(uri: str) -> None:
    """Only an https address, or the file itself inline."""
    with pytest.raises(Refused, match="needs a source with an https address"):
        submit(order_of("xai", "remix", source=SourceClip(uri)))


@pytest.mark.parametrize(
    "words", ["Incorrect API key provided: a***b.", "Invalid API key", "Incorrect%20API%20key%20provided:%20a***b"]
)
def test_a_wrong_key_under_400_locks(words: str) -> None:
    """It is the key all the same: no other model of it is tried."""
    body = {"code": "Client specified an invalid argument", "error": words}
    with pytest.raises(Locked, match="API"):
        accepted(Reply(400, json.dumps(body).encode()), order_of("xai"))


@pytest.mark.parametrize(
    ("route", "usage", "usd"),
    [
        (BASIC, Usage(Decimal(1), 854, 480, pictures=1), "0.052"),  # as on a bill
        (ROUTE, Usage(Decimal(5), 1280, 720, pictures=1), "0.71"),
        (ROUTE, Usage(Decimal(10), 1920, 1080), "2.50"),
        (f"{ROUTE}-lite", Usage(Decimal(8), 1280, 720), "0.24"),
    ],
)
def test_documented_examples_to_the_cent(route: str, usage: Usage, usd: str) -> None:
    """By seconds and resolution, and by the picture."""
    assert load_catalogue().model(route).price.quote(usage) == Decimal(usd)


# --- through the sandbox ---------------------------------------------------------------------------------------


async def test_every_mode_is_billed_exactly(studio: Studio) -> None:
    """Text, image, and an edit and an extension of the text's clip, for what the jobs report, to the cent."""
    Image.new("RGB", (1600, 900), "teal").save(studio.folder / "a.png")
    rows = [
        {"prompt": "text"},
        {"prompt": "image", "image": "a.png"},
        {"prompt": "edit", "source": "sh010"},
        {"prompt": "longer", "source": "sh010", "route": "longer"},
    ]
    chain = {"text_to_video": [ROUTE], "image_to_video": [ROUTE], "remix": [f"{BASIC}#edit"]}
    longer = {"chain.longer": {"remix": [f"{BASIC}#extend"]}}
    outcome = await studio.render(studio.board(*rows), studio.config(chain=chain, **longer))
    assert (outcome.code, outcome.statuses()) == (0, {"rendered": 4}), outcome.told
    charged = [row["charged_usd"] for row in outcome.rows.values()]
    assert charged == [Decimal(usd) for usd in ("0.56", "0.57", "0.32", "0.32")]
    assert outcome.money() == studio.box.billed("xai") == sum(charged)
    assert {row["charge_basis"] for row in outcome.rows.values()} == {"reported"}
    assert [row["duration_s"] for row in outcome.rows.values()] == [4, 4, 4, 8]
    assert not any(row["mismatch"] for row in outcome.rows.values())


@pytest.mark.parametrize("shape", ["empty_pending", "no_status"])
async def test_a_job_is_waited_for_whatever_its_replies_hold(studio: Studio, shape: str) -> None:
    """202 without a body is work, and a clip without a word is done."""
    studio.faults({"gateway": "xai", "do": "shape", "shape": shape}, xai={"min_polls": 3})
    outcome = await studio.one(ROUTE)
    assert outcome.told == [("xai", "clip", "", "0.56", "0.00")]


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ({"kind": "moderated"}, ("moderated", "0.00", "0.00")),
        ({"kind": "out_of_money"}, ("locked", "0.00", "0.00")),
        ({"kind": "spend_limit"}, ("locked", "0.00", "0.00")),
        ({"kind": "auth"}, ("locked", "0.00", "0.00")),
        ({"kind": "model_gone"}, ("refused", "0.00", "0.00")),
        ({"do": "failed"}, ("failed", "0.00", "0.56")),
        ({"do": "moderated_async"}, ("moderated", "0.56", "0.00")),
        ({"do": "lost_after"}, ("unclear", "0.00", "0.56")),
        ({"do": "shape", "shape": "no_cost"}, ("clip", "0.56", "0.00")),
    ],
    ids=str,
)
async def test_what_goes_wrong_costs_what_is_told(
    studio: Studio, fault: dict[str, Any], told: tuple[str, str, str]
) -> None:
    """What moderation stopped is charged; what no document speaks of, and a lost order, is at risk."""
    studio.faults({"gateway": "xai", **fault})
    outcome = await studio.one(ROUTE)
    last = outcome.told[-1]
    assert (last[1], *last[3:]) == told and len(outcome.orders()) == 1
