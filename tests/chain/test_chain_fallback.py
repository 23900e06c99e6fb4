"""Twelve shots in three modes through the chain while its first gateway is down."""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

from tests.chain.conftest import PRICE, T2V, Outcome, Studio, shots
from tests.flows import Ran

DOWN = {"gateway": "pixazo", "kind": "busy"}
OWN = T2V["aigateway"]
REMIX = "aigateway:openai/sora-2-video-to-video-remix"
CHAIN: dict[str, Any] = {
    "text_to_video": [T2V["pixazo"], T2V["aivideoapi"], T2V["aimlapi"]],
    "image_to_video": [T2V["pixazo"], "aimlapi:openai/sora-2-pro-i2v"],
    "remix": [REMIX],
}


def board_of(studio: Studio, **source: str) -> list[dict[str, Any]]:
    """Four text shots, four from an image, two sources at one gateway and a remix of each."""
    Image.new("RGB", (1600, 900), "teal").save(studio.folder / "harbour.jpg")
    texts = [{"prompt": prompt} for prompt in shots(4, "text")]
    images = [{"prompt": prompt, "image": "harbour.jpg"} for prompt in shots(4, "image")]
    sources = [{"prompt": prompt, **source} for prompt in shots(2, "source")]
    remixes = [
        {"prompt": prompt, "source": f"sh{n}0"} for n, prompt in zip(("09", "10"), shots(2, "remix"), strict=True)
    ]
    return [dict(row) for row in [*texts, *images, *sources, *remixes]]


def makers(outcome: Outcome) -> dict[str, int]:
    return dict(Counter(row["provider"] for row in outcome.rows.values()))


@pytest.mark.parametrize("down", ["refused", "503", "503 with Retry-After", "429"])
async def test_all_modes_come_out_although_the_first_gateway_is_down(studio: Studio, nowhere: str, down: str) -> None:
    """The others take over, nothing is charged where nothing was accepted, and the books are the bill's."""
    env = studio.env(pixazo={"base_url": f"{nowhere}/pixazo"}) if down == "refused" else studio.env()
    after = {"retry_after": "2"} if "Retry" in down else {}
    studio.faults(*([] if down == "refused" else [DOWN | {"kind": "rate" if down == "429" else "busy"} | after]))
    config = studio.config(chain=CHAIN, **{"chain.own": {"text_to_video": [OWN]}})
    outcome = await studio.render(studio.board(*board_of(studio, route="own")), config, env)
    assert (outcome.code, outcome.statuses()) == (0, {"rendered": 12}), outcome.told
    assert makers(outcome) == {"aivideoapi": 4, "aimlapi": 4, "aigateway": 4}
    assert outcome.money() == studio.box.billed() and studio.box.billed("pixazo") == 0
    failed = [a for a in outcome.attempts if a["provider"] == "pixazo"]
    assert {(a["outcome"], a["charge_basis"]) for a in failed} == {("busy", "free")}
    assert max(Counter(a["shot_id"] for a in failed).values()) == 4
    assert not any(a["at_risk_usd"] for a in outcome.attempts)


async def test_a_gateway_that_only_remixes_is_enough_for_remixes_of_its_own_clips(studio: Studio) -> None:
    """sora.toml with its first gateway busy for all but sources and remixes: the other shots go down the chain."""
    studio.faults({"gateway": "aigateway", "kind": "busy", "prompt": "/^(?!source|remix)/"})
    outcome = await studio.render(studio.board(*board_of(studio, route=OWN)), "configs/sora.toml")
    assert (outcome.code, outcome.statuses()) == (0, {"rendered": 12}), outcome.told
    assert makers(outcome) == {"aigateway": 4, "aivideoapi": 4, "pixazo": 4}
    assert outcome.money() == studio.box.billed() == 4 * (PRICE["aigateway"] + PRICE["aivideoapi"] + PRICE["pixazo"])


async def test_remixes_start_when_their_sources_were_made_in_an_earlier_run(studio: Studio) -> None:
    """A gateway that is up for remixes alone remixes what it made before, by the job's id."""
    listed = board_of(studio, route=OWN)[8:10]
    first = await studio.render(studio.board(*listed), "configs/sora.toml")
    assert first.statuses() == {"rendered": 2}
    studio.faults({"gateway": "aigateway", "kind": "busy", "prompt": "/^(?!remix)/"})
    remixes = [{"prompt": "remix 1", "source": "sh010"}, {"prompt": "remix 2", "source": "sh020"}]
    second = await studio.render(studio.board(*listed, *remixes), "configs/sora.toml")
    assert (second.code, second.statuses()) == (0, {"reused": 2, "rendered": 2}), second.told
    assert sorted(call.prompt for call in second.orders()) == ["remix 1", "remix 2"]


async def test_a_remix_alone_starts_from_the_clip_of_an_unselected_row(studio: Studio) -> None:
    """``--only`` the remix: the row that it starts from was rendered before and is not looked at."""
    rows = [{"prompt": "source", "route": OWN}, {"prompt": "remix", "source": "sh010"}]
    board = studio.board(*rows)
    await studio.render(board, "configs/sora.toml", only=("sh010",))
    outcome = await studio.render(board, "configs/sora.toml", only=("sh020",))
    assert (outcome.code, outcome.statuses()) == (0, {"reused": 1, "rendered": 1})
    assert [call.prompt for call in outcome.orders()] == ["remix"]


async def test_the_built_in_renderer_captions_a_clip_of_an_earlier_run(studio: Studio) -> None:
    """A remix row that is added to a finished board starts from the clip that is there."""
    chain = {"text_to_video": ["animatic:card"], "remix": ["animatic:caption"]}
    config, rows = studio.config(chain=chain), [{"prompt": "a", "duration": "0.5", "size": "160x90"}]
    await studio.render(studio.board(*rows), config)
    rows.append({"prompt": "b", "duration": "0.5", "size": "160x90", "source": "sh010"})
    outcome = await studio.render(studio.board(*rows), config)
    assert (outcome.code, outcome.statuses()) == (0, {"reused": 1, "rendered": 1}), outcome.rows["sh020"]["error"]


async def test_a_source_made_elsewhere_cannot_be_remixed(studio: Studio) -> None:
    """A source that fell to another gateway leaves its remix failed in plain words, at no cost."""
    studio.faults({"gateway": "aigateway", "kind": "busy", "prompt": "source"})
    studio.by_hand = 1  # the adapter refuses the order before it leaves
    rows = [{"prompt": "source"}, {"prompt": "remix", "source": "sh010"}]
    outcome = await studio.render(studio.board(*rows), "configs/sora.toml")
    row = outcome.rows["sh020"]
    assert (outcome.code, row["status"], row["error_class"]) == (1, "failed", "Refused")
    assert "made by aigateway" in row["error"]
    assert row["charged_usd"] == row["at_risk_usd"] == 0 and [c for c in outcome.orders() if c.prompt == "remix"] == []


async def test_a_remix_of_a_failed_source_is_not_bought(studio: Studio) -> None:
    """Without its source a remix is failed as ``Source``; nothing leaves for it."""
    studio.faults({"gateway": "aigateway", "do": "failed", "prompt": "source"})
    rows = [{"prompt": "source", "route": OWN}, {"prompt": "remix", "source": "sh010"}]
    outcome = await studio.render(studio.board(*rows), "configs/sora.toml")
    assert [(row["status"], row["error_class"]) for row in outcome.rows.values()] == [
        ("failed", "Failed"),
        ("failed", "Source"),
    ]
    assert outcome.code == 1 and len(outcome.orders()) == 2


async def test_every_gateway_down_is_a_row_that_says_so(studio: Studio) -> None:
    """A shot that nobody took is ``failed`` with the last reason, after four submits a route, at no cost."""
    studio.faults({"kind": "busy"})
    outcome = await studio.one("pixazo", "aivideoapi")
    assert outcome.told == 4 * [("pixazo", "busy", "Busy", "0.00", "0.00")] + 4 * [
        ("aivideoapi", "busy", "Busy", "0.00", "0.00")
    ]
    assert (outcome.code, outcome.row["status"], outcome.row["error_class"]) == (1, "failed", "Busy")


async def test_a_stand_in_is_drawn_when_every_gateway_is_down_and_replaced_later(studio: Studio) -> None:
    """The built-in renderer at the chain's end stands in: exit 1; the next run buys the shot's own clip."""
    studio.faults({"kind": "busy"})
    config = studio.config("pixazo", "animatic:card")
    board = studio.board("x")
    first = await studio.render(board, config)
    assert (first.code, first.row["status"], first.row["provider"]) == (1, "stand_in", "animatic")
    studio.faults()
    second = await studio.render(board, config)
    assert (second.code, second.row["status"], second.row["provider"]) == (0, "rendered", "pixazo")
    assert second.row["clip"] and second.money() == studio.box.billed()


async def test_that_a_fallback_is_told_as_a_story(studio: Studio) -> None:
    """Who had no time, and where the shot went, in one line; the next route of the same gateway by its whole name."""
    studio.faults({"gateway": "pixazo", "kind": "busy"}, {"gateway": "aivideoapi", "do": "failed"})
    outcome = await studio.render(studio.board("x"), studio.config("pixazo", "aivideoapi", "aimlapi"))
    assert outcome.code == 0
    told = [line for line in outcome.lines if "went to" in line]
    assert told == ["sh010: pixazo busy, went to aivideoapi", "sh010: aivideoapi failed, went to aimlapi"]


async def test_that_jobs_taken_up_are_told(studio: Studio) -> None:
    """What an earlier run had bought is named with its money before anything else happens to its shot."""
    studio.faults({"gateway": "pixazo", "do": "stuck"})
    board, config = studio.board("x"), studio.config("pixazo", render={"on_unclear": "fail"})
    first = await studio.render(board, config, studio.env(pixazo={"deadline_s": 5}))
    assert first.code == 1
    again = await studio.render(board, config, studio.env(pixazo={"deadline_s": 5}))
    [line] = [line for line in again.lines if "takes up" in line]
    assert line.startswith("sh010: takes up job ") and line.endswith(" USD wait there")


def test_that_a_rescue_without_its_config_says_what_it_needs(studio: Studio, typed: Callable[..., Ran]) -> None:
    """Jobs at an address that only that config knows stay open, exit 1, and the way out is told; not where the
    config was given."""
    studio.faults({"gateway": "pixazo", "do": "stuck"})
    config, env = studio.config("pixazo", render={"on_unclear": "fail"}), studio.env(pixazo={"deadline_s": 1})
    first = asyncio.run(studio.render(studio.board("x"), config, env))
    assert (first.code, len(first.orders())) == (1, 1)
    plain = typed("rescue", studio.target)
    assert plain.code == 1
    assert plain.err.count("give the config you rendered with: --config FILE") == 1
    given = typed("rescue", studio.target, "--config", config, **env)
    assert (given.code, "give the config" in given.err) == (1, False)
