"""What an order holds beside its words, at every gateway that takes it; where one does not, it is passed over."""

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tasks.config.catalogue import load_catalogue
from tests.chain.conftest import Studio
from tests.tasks.clips import plain

KNOWN = load_catalogue()
ENDS = [  # of each gateway
    "openrouter:bytedance/seedance-2.0",
    "fal:bytedance/seedance-2.0/image-to-video",
    "runway:seedance2",
    "aivideoapi:doubao-seedance-2.0",
    "runware:bytedance:seedance@2.0",
    "modelark:dreamina-seedance-2-0-260128",
    "modelark:dreamina-seedance-2-5-260628",
    "xai:grok-imagine-video-1.5",
    "gemini:gemini-omni-1.1-flash",
    "dashscope:wan3.0-video",
    "dashscope:wan2.7-i2v",
    "minimax:MiniMax-H3",
    "minimax:MiniMax-H3-Max",
]
SHOWS = [
    "openrouter:bytedance/seedance-2.0",
    "fal:bytedance/seedance-2.0/reference-to-video",
    "runway:seedance2",
    "aivideoapi:doubao-seedance-2.0",
    "runware:bytedance:seedance@2.0",
    "modelark:dreamina-seedance-2-0-260128",
    "modelark:dreamina-seedance-2-5-260628",
    "xai:grok-imagine-video",
    "gemini:gemini-omni-flash-preview",
    "gemini:gemini-omni-1.1-flash",
    "dashscope:wan3.0-video",
    "minimax:MiniMax-H3",
    "minimax:MiniMax-H3-Max",
]
INLINE = {"provider.aivideoapi.options": {"allow_data_uri": True}}  # the sandbox's pictures have no https address


def row_of(route: str, **cells: Any) -> dict[str, Any]:
    entry = KNOWN.model(route)
    short = max(entry.any_seconds[0], 4) if entry.any_seconds else entry.seconds[0]
    return {"prompt": f"at {route}", "route": route, "size": str(entry.sizes[0]), "duration": short, **cells}


def pictures(folder: Path) -> None:
    for name, colour in (("a.png", (200, 30, 30)), ("b.png", (30, 30, 200))):
        (folder / name).write_bytes(plain(colour))
    for n in range(5):
        Image.new("RGB", (300 + n, 400), (40 * n, 90, 160)).save(folder / f"r{n}.png")


@pytest.mark.parametrize(
    ("routes", "cells"),
    [
        (ENDS, {"image": "a.png", "last_image": "b.png"}),
        (SHOWS, {"references": "r0.png; r1.png; r2.png"}),
        (["gemini:gemini-omni-1.1-flash"], {"image": "a.png", "references": "r0.png; r1.png"}),
        (
            ["gemini:gemini-omni-1.2-flash"],
            {"image": "a.png", "last_image": "b.png", "references": "r0.png; r1.png; r2.png"},
        ),
    ],
    ids=["first and last", "references", "frame and references", "all"],
)
async def test_every_gateway_is_sent_what_it_takes(studio: Studio, routes: list[str], cells: dict[str, str]) -> None:
    """Each gateway checks what came, makes a clip of what was asked and bills what is booked, to the cent."""
    pictures(studio.folder)
    studio.faults(aivideoapi={"allow_data_uri": True})
    board = studio.board(*(row_of(route, **cells) for route in routes))
    run = await studio.render(board, studio.config(**INLINE))
    assert (run.code, len(run.orders())) == (0, len(routes)), (run.errors, run.told)
    assert {one["outcome"] for one in run.attempts} == {"clip"}
    for gateway in {route.partition(":")[0] for route in routes}:
        assert run.money(gateway) == studio.box.billed(gateway) > 0
    assert not any(row["mismatch"] for row in run.rows.values())


PICTURES = [  # route, pictures that are billed beside the clip, US dollars
    ("xai:grok-imagine-video", 3, "0.286"),  # 4 s of 0.07, three pictures of 0.002
    ("minimax:MiniMax-H3", 6, "0.36"),  # 4 s of 0.08, one picture of 0.04 beyond five
    ("minimax:MiniMax-H3-Max", 3, "0.474"),  # 5 s of 0.08, one of 0.074 beyond two
]


@pytest.mark.parametrize(("route", "count", "usd"), PICTURES)
async def test_each_picture_that_is_billed_is_quoted(studio: Studio, route: str, count: int, usd: str) -> None:
    """Quote, bill and books agree to the last place."""
    for n in range(count):
        Image.new("RGB", (320, 320), (20 * n, 90, 160)).save(studio.folder / f"r{n}.png")
    row = row_of(route, references=";".join(f"r{n}.png" for n in range(count)))
    run = await studio.render(studio.board(row), studio.config())
    [attempt] = run.attempts
    assert f"{attempt['quoted_usd']:.6f}".rstrip("0") == usd
    assert attempt["quoted_usd"] == attempt["charged_usd"] == studio.box.billed()


async def test_what_a_gateway_cannot_take_passes_it_over(studio: Studio) -> None:
    """Frames and references together, or references where there are none, go to the route that takes them, with each
    reason in the plan; one that no route takes is not started."""
    pictures(studio.folder)
    first = ["pixazo:sora-2-pro", "runway:seedance2", "fal:bytedance/seedance-2.0/image-to-video"]
    chain = {"image_to_video": [*first, "gemini:gemini-omni-1.1-flash"]}
    config = studio.config(chain=chain)
    run = await studio.render(studio.board({"prompt": "x", "image": "a.png", "references": "r0.png"}), config)
    assert [call.gateway for call in run.orders()] == ["gemini"], (run.errors, run.told)
    assert run.plan.shots[0].passed_over == (
        "pixazo:sora-2-pro: takes no reference pictures",
        "runway:seedance2: takes image or references, not both",
        "fal:bytedance/seedance-2.0/image-to-video: takes no reference pictures",
    )
    many = {"prompt": "y", "image": "a.png", "references": ";".join(f"r{n}.png" for n in range(5))}
    none = await studio.render(studio.board(many), config)
    assert none.code == 2 and "takes 4 reference pictures, not 5" in none.errors and not none.orders()


async def test_the_cast_goes_in_pictures_where_they_are_taken(studio: Studio) -> None:
    """`{hero}` sends the text and the pictures; where the model takes none the text alone, which the plan says."""
    pictures(studio.folder)
    cast = {"cast.hero": {"text": "a tall woman", "images": ["r0.png", "r1.png"]}}
    config = studio.config("runway:seedance2", "pixazo", **cast)
    run = await studio.render(studio.board("{hero} walks"), config)
    [call] = run.orders()
    assert (call.gateway, run.code) == ("runway", 0)
    assert len(list((studio.target / "frames").iterdir())) == 2
    alone = await studio.plan(studio.board("{hero} runs"), studio.config("pixazo", **cast))
    assert "pixazo:sora-2-pro takes no pictures of hero here: its text alone is sent" in alone.shots[0].warnings


async def test_a_reference_is_sent_as_it_is_shaped(studio: Studio) -> None:
    """It is no frame: whole, upright and in its own shape, as far as gateways take one, and kept below ``frames``."""
    Image.new("RGB", (600, 2400), "teal").save(studio.folder / "tall.png")
    row = row_of("dashscope:wan3.0-video", references="tall.png")
    run = await studio.render(studio.board(row), studio.config())
    [kept] = (studio.target / "frames").iterdir()
    assert run.code == 0 and "-538x1280-contain" in kept.name


TIERS = {
    "aivideoapi:doubao-seedance-2.0": ("0.40", "0.84", "2.04"),
    "xai:grok-imagine-video-1.5-lite": ("0.08", "0.12", "0.56"),
}


@pytest.mark.parametrize("route", list(TIERS))
async def test_each_resolution_is_ordered_and_billed_as_such(studio: Studio, route: str) -> None:
    """Four seconds at 480p, 720p and 1080p: the pixels are those of the tier, and so is the price."""
    sizes = ("854x480", "1280x720", "1920x1080")
    rows = [{"prompt": f"at {size}", "route": route, "size": size} for size in sizes]
    outcome = await studio.render(studio.board(*rows), studio.config(route))
    assert outcome.code == 0, outcome.errors or outcome.told
    assert [str(row["charged_usd"]) for row in outcome.rows.values()] == list(TIERS[route])
    assert [f"{row['width']}x{row['height']}" for row in outcome.rows.values()] == list(sizes)
    assert outcome.money() == studio.box.billed(route.partition(":")[0])
