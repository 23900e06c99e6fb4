"""Every gateway whose side of the sandbox names its models, found by itself: each model in each of its modes, and what
a gateway says when it takes nothing, loses a reply or fails."""

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tasks.config.catalogue import load_catalogue
from tasks.domain.model import Model
from tests.chain.conftest import Studio
from tests.chain.test_live import REFUSED
from tests.sandbox.gateways import all_gateways
from tests.sandbox.media import clip

ENTRIES = [
    entry
    for entry in load_catalogue().models.values()
    if entry.provider in all_gateways() and entry.path in all_gateways()[entry.provider].models
]
CASES = [
    (entry, mode) for entry in ENTRIES for mode in entry.modes if mode != "remix" or {"data", "job"} & {*entry.remix}
]
TEXT = {entry.provider: entry for entry in reversed(ENTRIES) if "text_to_video" in entry.modes}  # the first of each
each = pytest.mark.parametrize("gateway", list(TEXT))
OWN_WORDS = [("failed", "failed"), ("moderated_async", "moderated")]
LOST: list[dict[str, Any]] = [{"do": "lost_after"}, {"do": "malformed"}, {"kind": "no_id"}, {"kind": "server_error"}]


def length_of(entry: Model) -> int:
    return entry.any_seconds[0] if entry.any_seconds else entry.seconds[0]


def rows_of(entry: Model, mode: str, folder: Path) -> list[dict[str, Any]]:
    """One row of this mode, and the row before it where it remixes what its gateway made."""
    size = entry.sizes[0]
    row: dict[str, Any] = {"prompt": f"a {mode}", "size": str(size), "route": entry.route}
    if mode == "image_to_video":
        Image.new("RGB", (size.width, size.height), "teal").save(folder / "a.png")
        return [row | {"image": "a.png"}]
    if mode == "remix" and "job" in entry.remix:
        return [row | {"prompt": "first", "route": TEXT[entry.provider].route}, row | {"source": "sh010"}]
    if mode == "remix":
        (folder / "a.mp4").write_bytes(clip((size.width, size.height), length_of(entry), "source"))
        return [row | {"source": "a.mp4"}]
    return [row]


@pytest.mark.parametrize(("entry", "mode"), CASES, ids=lambda value: getattr(value, "route", value))
async def test_each_model_is_booked_as_it_was_billed(studio: Studio, entry: Model, mode: str) -> None:
    """One order a row, clips of what was asked, and the gateway's bill to the last place."""
    rows = rows_of(entry, mode, studio.folder)
    outcome = await studio.render(studio.board(*rows, duration=length_of(entry)), studio.config(entry.route))
    assert (outcome.code, outcome.statuses()) == (0, {"rendered": len(rows)}), outcome.errors or outcome.told
    assert outcome.money() == studio.box.billed(entry.provider) == studio.box.billed() > 0
    assert len(outcome.orders()) == len(rows) == len(studio.box.jobs())
    assert not any(row["mismatch"] for row in outcome.rows.values())


@each
@pytest.mark.parametrize("name", list(REFUSED))
async def test_an_order_that_was_turned_away_costs_nothing(studio: Studio, gateway: str, name: str) -> None:
    """Each gateway's own words for it come to the same outcome, at 0, and its bill is empty."""
    fault, word = REFUSED[name]
    studio.faults({"gateway": gateway, **fault})
    entry = TEXT[gateway]
    outcome = await studio.one(entry.route, render={})
    assert [told[:2] for told in outcome.told] == [(gateway, word)] * (4 if word == "busy" else 1)
    assert outcome.money() == studio.box.billed(gateway) == sum(one["at_risk_usd"] for one in outcome.attempts) == 0


@each
@pytest.mark.parametrize("fault", LOST, ids=str)
async def test_an_order_whose_reply_was_lost_is_sent_once(studio: Studio, gateway: str, fault: dict[str, Any]) -> None:
    """Its quote is at risk, and nothing more goes there for this shot."""
    studio.faults({"gateway": gateway, **fault})
    outcome = await studio.one(TEXT[gateway].route)
    [attempt] = outcome.attempts
    assert (attempt["outcome"], attempt["charged_usd"]) == ("unclear", 0)
    assert attempt["at_risk_usd"] == attempt["quoted_usd"] > 0 and len(outcome.orders()) == 1


@each
@pytest.mark.parametrize(("do", "word"), OWN_WORDS)
async def test_a_job_that_ends_badly_is_booked_as_documented(studio: Studio, gateway: str, do: str, word: str) -> None:
    """By the gateway's own word; what it does not say of the charge is at risk."""
    studio.faults({"gateway": gateway, "do": do})
    outcome = await studio.one(TEXT[gateway].route)
    assert {told[:2] for told in outcome.told} == {(gateway, word)}


@each
async def test_bad_weather_on_the_way_to_a_clip_buys_nothing_twice(studio: Studio, gateway: str) -> None:
    """A web page, a word that no document names, half a file: asked again until the clip is whole."""
    studio.faults(
        {"phase": "poll", "do": "html", "status": 502, "times": 1},
        {"phase": "poll", "do": "unknown_status", "times": 1},
        {"phase": "media", "do": "truncated", "times": 1},
    )
    outcome = await studio.one(TEXT[gateway].route)
    assert (outcome.code, len(outcome.orders())) == (0, 1), outcome.told
    assert outcome.money() == studio.box.billed(gateway)
