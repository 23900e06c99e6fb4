"""Each gateway by itself renders a board of twelve shots in every mode it has, for exactly what it bills."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from PIL import Image

from tests.chain.conftest import T2V, Studio
from tests.sandbox.media import clip

LENGTHS = (4, 5, 8, 12)  # 5 is sent as 8
PER_SECOND = {"aigateway": "0.10", "aimlapi": "0.39", "aivideoapi": "0.125", "pixazo": "0.375"}  # at 720p
LARGE = {"aimlapi": "0.65", "pixazo": "0.625"}  # at 1792x1024
CHAIN = {
    "aigateway": {
        "image_to_video": ["aigateway:openai/sora-2-image-to-video-pro"],
        "remix": ["aigateway:openai/sora-2-video-to-video-remix"],
    },
    "aimlapi": {"image_to_video": ["aimlapi:openai/sora-2-pro-i2v"]},
    "aivideoapi": {"image_to_video": ["aivideoapi:sora-2"]},
    "pixazo": {"image_to_video": ["pixazo:sora-2-pro"]},
}


def board_of(studio: Studio, gateway: str) -> list[dict[str, Any]]:
    """Four text shots, four from images, and four remixes or, where there are none, large and upright ones."""
    Image.new("RGB", (1600, 1200), "teal").save(studio.folder / "harbour.jpg")
    sizes = ["1280x720", "720x1280"] * 2
    texts = [
        {"prompt": f"text {n}", "duration": s, "size": z} for n, (s, z) in enumerate(zip(LENGTHS, sizes, strict=True))
    ]
    images: list[dict[str, Any]] = [
        row | {"prompt": f"image {n}", "image": "harbour.jpg"} for n, row in enumerate(texts)
    ]
    if gateway == "aivideoapi":  # takes pictures by address only, and in the size of the clip
        images = [row | {"image": studio.box.image_url("harbour.jpg", str(row["size"]))} for row in images]
    if gateway == "aigateway":
        more = [row | {"prompt": f"remix {n}", "source": f"sh0{n + 1}0"} for n, row in enumerate(texts)]
    else:
        large = "1792x1024" if gateway in LARGE else "720x1280"
        more = [row | {"prompt": f"more {n}", "size": large} for n, row in enumerate(texts)]
    return texts + images + more


def price(gateway: str, row: Mapping[str, Any]) -> Decimal:
    rates = LARGE if row["size"] == "1792x1024" else PER_SECOND
    seconds: int = {5: 8}.get(row["duration"], row["duration"])
    return Decimal(rates[gateway]) * seconds


@pytest.mark.parametrize("gateway", list(CHAIN))
async def test_twelve_shots_on_one_gateway_cost_what_it_bills(studio: Studio, gateway: str) -> None:
    """Every mode of the gateway comes out, once bought, of the asked size and length, for the sum on its bill."""
    listed = board_of(studio, gateway)
    chain = {**CHAIN[gateway], "text_to_video": [T2V[gateway]]}
    config = studio.config(chain=chain, images={"allow_hosts": [f"127.0.0.1:{studio.box.port}"]})
    studio.faults(**{gateway: {"min_polls": 3}})
    outcome = await studio.render(studio.board(*listed), config)
    assert (outcome.code, outcome.statuses()) == (0, {"rendered": 12}), outcome.told
    assert len(outcome.orders()) == len(studio.box.jobs(gateway)) == 12
    expected = [price(gateway, row) for row in listed]
    assert [row["charged_usd"] for row in outcome.rows.values()] == expected
    assert outcome.money() == sum(expected) == studio.box.billed(gateway) == studio.box.billed()
    assert {row["charge_basis"] for row in outcome.rows.values()} == {
        "reported" if gateway == "aimlapi" else "price_list"
    }
    for asked, row in zip(listed, outcome.rows.values(), strict=True):
        assert f"{row['width']}x{row['height']}" == asked["size"] and row["mismatch"] == ""
        assert row["requested_s"] == asked["duration"] and row["duration_s"] == {5: 8}.get(
            asked["duration"], asked["duration"]
        )
        assert (studio.target / row["clip"]).stat().st_size == row["bytes"]


async def test_a_file_stays_away_from_a_gateway_that_takes_addresses_only(studio: Studio) -> None:
    """A local picture, at a target that cannot sign, is told before anything is spent."""
    Image.new("RGB", (1280, 720), "teal").save(studio.folder / "harbour.jpg")
    config = studio.config(chain={"image_to_video": ["aivideoapi:sora-2"]})
    outcome = await studio.render(studio.board({"prompt": "b", "image": "harbour.jpg"}), config)
    assert outcome.code == 2 and "takes images by URL only" in outcome.errors
    assert not outcome.calls and not studio.target.exists()


async def test_an_address_whose_picture_does_not_fit_goes_to_the_next_route(studio: Studio) -> None:
    """A picture of another size than the clip's cannot travel by its address: the next route gets it as data."""
    rows = [{"prompt": "a", "image": studio.box.image_url("a.jpg", "1600x900")}]
    images = {"allow_hosts": [f"127.0.0.1:{studio.box.port}"]}
    config = studio.config(chain={"image_to_video": ["aivideoapi:sora-2", "pixazo:sora-2-pro"]}, images=images)
    outcome = await studio.render(studio.board(*rows), config)
    assert outcome.told == [("pixazo", "clip", "", "1.50", "0.00")]


async def test_a_board_that_only_such_a_gateway_could_make_is_not_started(studio: Studio) -> None:
    """A picture of another size and no second route: exit 2, and nothing was written or asked."""
    rows = [{"prompt": "a", "image": studio.box.image_url("a.jpg", "1600x900")}]
    images = {"allow_hosts": [f"127.0.0.1:{studio.box.port}"]}
    config = studio.config(chain={"image_to_video": ["aivideoapi:sora-2"]}, images=images)
    outcome = await studio.render(studio.board(*rows), config)
    assert outcome.code == 2 and not outcome.calls and not studio.target.exists()


@pytest.mark.parametrize("gateway", list(CHAIN))
async def test_the_key_goes_to_its_own_gateway_and_to_no_media_host(studio: Studio, gateway: str) -> None:
    """API calls carry the gateway's own key; the clip's host, which is another one, is told none."""
    outcome = await studio.one(gateway)
    log = studio.box.log()
    media = [one for one in log if one["path"].startswith("/media/")]
    assert outcome.code == 0 and [one["key"] for one in media] == [""]
    assert {one["key"] for one in log if one not in media} == {f"sandbox-{gateway}"[-4:]}
    assert {one["gateway"] for one in log} == {gateway}


async def test_a_media_host_named_by_the_config_is_told_the_key(studio: Studio) -> None:
    """``key_hosts`` opens the way for a media host that wants the key."""
    env = studio.env(aigateway={"key_hosts": f"localhost:{studio.box.port}"})
    outcome = await studio.one("aigateway", env=env)
    media = [one for one in studio.box.log() if one["path"].startswith("/media/")]
    assert outcome.code == 0 and [one["key"] for one in media] == ["eway"]


@pytest.mark.parametrize("shape", ["foreign_polling_url", "no_polling_url", "string"])
async def test_a_polling_address_elsewhere_is_not_followed(studio: Studio, shape: str) -> None:
    """Pixazo's polling_url is ignored for the documented path, whatever it says."""
    studio.faults({"do": "shape", "shape": shape, "gateway": "pixazo"})
    outcome = await studio.one("pixazo")
    assert outcome.code == 0 and {one["gateway"] for one in studio.box.log()} == {"pixazo"}


@pytest.mark.parametrize("shape", ["file_url", "result_url", "video_id", "string_error"])
async def test_every_documented_place_of_a_result_is_found(studio: Studio, shape: str) -> None:
    """AIgateway's documents name several places for the result's address."""
    studio.faults({"do": "shape", "shape": shape, "gateway": "aigateway"})
    assert (await studio.one("aigateway")).row["status"] == "rendered"


async def test_a_charge_that_is_not_reported_is_the_price_lists(studio: Studio) -> None:
    """AI/ML API without its usage block is booked by the price list."""
    studio.faults({"do": "shape", "shape": "no_meta", "gateway": "aimlapi"})
    outcome = await studio.one("aimlapi")
    assert outcome.row["charge_basis"] == "price_list" and outcome.money() == studio.box.billed()


async def test_a_clip_that_is_not_what_was_sent_is_kept_and_marked(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A gateway that delivers half the seconds is told of in ``mismatch``; the clip stays in use."""

    def half(size: tuple[int, int], seconds: int, *more: Any) -> bytes:
        return clip(size, seconds // 2, *more)

    monkeypatch.setattr("tests.sandbox.downloads.clip", half)
    outcome = await studio.one("aigateway")
    assert outcome.code == 0 and outcome.row["mismatch"] == "is 2.0 s long, 4 s were sent"
