"""One board of fourteen shots through all fourteen gateways in bad weather: a cast of two, a chain of three that go on
from each other, first and last pictures, references and a remix."""

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.chain.conftest import GATEWAYS, Studio
from tests.tasks.clips import plain

CAST = {
    "cast.hero": {"text": "a tall woman in a yellow raincoat", "images": ["r0.png", "r1.png"]},
    "cast.friend": {"text": "a boy with a red cap", "images": ["r2.png"]},
}
ENDS = {"image": "a.png", "last_image": "b.png"}
PIXAZO, FAL_IMAGE = "pixazo:sora-2-pro", "fal:bytedance/seedance-2.0/image-to-video"
REMIX = "aigateway:openai/sora-2-video-to-video-remix"
SHOTS: list[tuple[dict[str, Any], list[str], list[str]]] = [  # cells, chain, what of it is passed over and why
    ({"prompt": "{hero} walks"}, ["openrouter:bytedance/seedance-2.0", PIXAZO], []),
    ({"prompt": "{hero} meets {friend}"}, ["runway:seedance2", PIXAZO], []),
    ({"prompt": "she looks up", "continues": "sh010"}, [FAL_IMAGE, PIXAZO], []),
    ({"prompt": "she turns", "continues": "sh030"}, ["runware:bytedance:seedance@2.0", PIXAZO], []),
    ({"prompt": "she leaves", "continues": "sh040"}, ["modelark:dreamina-seedance-2-0-260128", PIXAZO], []),
    (
        {"prompt": "the tide comes", **ENDS},
        [PIXAZO, "xai:grok-imagine-video-1.5", "minimax:MiniMax-H3"],
        [f"{PIXAZO}: takes no last image"],
    ),
    (
        {"prompt": "the lamp goes on", **ENDS},
        ["xai:grok-imagine-video", "minimax:MiniMax-H3"],
        ["xai:grok-imagine-video: takes no last image"],
    ),
    ({"prompt": "as a drawing", "source": "sh100"}, [REMIX], []),
    (
        {"prompt": "two in a boat", "references": "hero; r2.png"},
        ["fal:bytedance/seedance-2.0/text-to-video", "dashscope:wan3.0-video"],
        ["fal:bytedance/seedance-2.0/text-to-video: takes no reference pictures"],
    ),
    ({"prompt": "a harbour"}, ["aigateway:openai/sora-2-text-to-video-pro"], []),
    ({"prompt": "a gull"}, [PIXAZO, "openai_videos:sora-2"], []),
    ({"prompt": "a boat", "image": "a.png"}, ["aimlapi:openai/sora-2-pro-i2v", PIXAZO], []),
    (
        {"prompt": "a rope", "references": "r0.png"},
        [PIXAZO, "aivideoapi:doubao-seedance-2.0"],
        [f"{PIXAZO}: takes no reference pictures"],
    ),
    (
        {"prompt": "the end", **ENDS, "references": "r0.png;r1.png"},
        ["modelark:dreamina-seedance-2-5-260628", "gemini:gemini-omni-1.2-flash"],
        ["modelark:dreamina-seedance-2-5-260628: takes image or references, not both"],
    ),
]
WEATHER: list[dict[str, Any]] = [
    {"gateway": "openrouter", "kind": "rate", "times": 1},
    {"gateway": "runway", "phase": "poll", "do": "html", "status": 502, "times": 1},
    {"gateway": "fal", "phase": "media", "do": "truncated", "times": 1},
    {"gateway": "runware", "do": "lost_after", "times": 1},  # repeated by its id
    {"gateway": "modelark", "do": "lost_after", "times": 1},  # found in its list
    {"gateway": "xai", "do": "lost_after", "times": 1},  # at risk: the next route is paid as well
    {"gateway": "minimax", "kind": "rate", "times": 1},
    {"gateway": "aigateway", "phase": "poll", "do": "html", "status": 502, "times": 1},
    {"gateway": "dashscope", "phase": "poll", "do": "unknown_status", "times": 1},
    {"gateway": "pixazo", "do": "error"},  # fails for nothing
    {"gateway": "aimlapi", "kind": "rate", "times": 2},
    {"gateway": "aivideoapi", "do": "failed", "times": 1},  # documented as free: once more there
    {"gateway": "gemini", "phase": "poll", "do": "html", "status": 503, "times": 1},
]


def draw(folder: Path) -> None:
    for name, colour in (("a.png", (200, 30, 30)), ("b.png", (30, 30, 200))):
        (folder / name).write_bytes(plain(colour))
    for n in range(3):
        Image.new("RGB", (300, 400), (60 * n, 90, 160)).save(folder / f"r{n}.png")


def config_of(studio: Studio) -> Path:
    """A named chain a shot, whichever its mode is."""
    modes = ("text_to_video", "image_to_video", "remix")
    chains = {
        f"chain.c{n}": {"allow_retired": True, **dict.fromkeys(modes, routes)} for n, (_, routes, _) in enumerate(SHOTS)
    }
    return studio.config(
        **CAST, **chains, **{"provider.aivideoapi.options": {"allow_data_uri": True}}, render={"budget_usd": 40}
    )


def started_from(studio: Studio, key: str) -> dict[str, Any]:
    [path] = (studio.target / "ledger" / key).glob("*-settled.json")
    return dict(json.loads(path.read_bytes())["started_from"])


@pytest.mark.slow
async def test_fourteen_shots_at_fourteen_gateways(studio: Studio) -> None:
    """Every gateway is asked, each bill is in the books to the cent, what a gateway cannot take is passed over with its
    reason, followers start from the clip in use, and a second run buys nothing."""
    draw(studio.folder)
    studio.faults(*WEATHER, aivideoapi={"allow_data_uri": True})
    board = studio.board(*({**cells, "route": f"c{n}"} for n, (cells, _, _) in enumerate(SHOTS)))
    run = await studio.render(board, config_of(studio))
    assert (run.code, run.statuses()) == (0, {"rendered": 14}), (run.errors, run.told, run.lines[-5:])
    assert {call.gateway for call in run.orders()} == {*GATEWAYS} and len(GATEWAYS) == 14
    for gateway in GATEWAYS:
        at_risk = sum(one["at_risk_usd"] for one in run.attempts if one["provider"] == gateway)
        assert run.money(gateway) + at_risk == studio.box.billed(gateway), gateway
        assert bool(at_risk) == (gateway == "xai")
    assert [len(plan.offers[0].references) for plan in run.plan.shots] == [2, 3, *[0] * 6, 3, 0, 0, 0, 1, 2]
    for plan, (_, _, told) in zip(run.plan.shots, SHOTS, strict=True):
        assert list(plan.passed_over) == told, plan.shot.shot_id
    for follower, first in (("sh030", "sh010"), ("sh040", "sh030"), ("sh050", "sh040")):
        begun, row = started_from(studio, run.rows[follower]["key"]), run.rows[first]
        assert (begun["key"], begun["clip"]) == (row["key"], row["sha256"]) and begun["picture"]
    ordered = len(studio.box.jobs())
    again = await studio.render(board, config_of(studio))
    assert (again.code, again.statuses(), again.orders()) == (0, {"reused": 14}, [])
    assert len(studio.box.jobs()) == ordered
