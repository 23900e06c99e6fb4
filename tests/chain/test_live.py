"""The living chain: twelve shots in three modes through configs/live.toml, in fair weather and in foul."""

from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.chain.conftest import Outcome, Studio, shots
from tests.sandbox.media import clip as video

LIVE = "configs/live.toml"
ARK = "modelark:dreamina-seedance-2-0-260128"
ROUTE = {
    "openrouter": "openrouter:bytedance/seedance-2.0",
    "fal": "fal:bytedance/seedance-2.0/text-to-video",
    "runway": "runway:seedance2",
    "openai_videos": "openai_videos:seedance-2.0",
}
QUOTE = {"openrouter": "1.21", "fal": "1.21", "runway": "1.44", "openai_videos": "1.21"}  # of 4 s, told with two places
BILL = {"openrouter": "0.6048", "fal": "1.2136", "runway": "1.44", "openai_videos": "1.2136"}
DIALECT = {"openai_videos": {"options__seconds_field": "duration", "options__seconds_style": "number"}}
NEXT = ("aivideoapi", "clip", "", "0.50", "0.00")


def board_of(studio: Studio) -> Path:
    """Five text shots, four from an image, and an edit of each of the first three."""
    Image.new("RGB", (1600, 900), "teal").save(studio.folder / "harbour.jpg")
    texts: list[dict[str, Any]] = [{"prompt": prompt} for prompt in shots(5, "text")]
    texts[1]["size"] = "720x1280"
    images = [{"prompt": prompt, "image": "harbour.jpg"} for prompt in shots(4, "image")]
    edits: list[dict[str, Any]] = [
        {"prompt": prompt, "source": f"sh0{n}0"} for n, prompt in enumerate(shots(3, "edit"), 1)
    ]
    edits[1]["size"] = "720x1280"
    return studio.board(*texts, *images, *edits)


def made_by(outcome: Outcome) -> dict[str, str]:
    return {row["prompt"]: f"{row['provider']}:{row['model']}" for row in outcome.rows.values()}


async def test_twelve_shots_in_fair_weather_cost_what_the_gateways_bill(studio: Studio) -> None:
    """Each mode's first route makes its shots; what is booked is what ModelArk and Runway report, to the cent."""
    outcome = await studio.render(board_of(studio), LIVE, studio.env())
    assert (outcome.code, outcome.statuses()) == (0, {"rendered": 12}), outcome.told
    assert Counter(made_by(outcome).values()) == {ARK: 9, "runway:aleph2": 3}
    assert {row["charge_basis"] for row in outcome.rows.values()} == {"reported"}
    assert outcome.money() == studio.box.billed() == 9 * Decimal("0.6048") + 3 * Decimal("1.12")
    assert {f"{row['width']}x{row['height']}" for row in outcome.rows.values()} == {"1280x720", "720x1280"}
    assert not any(row["mismatch"] for row in outcome.rows.values())
    again = await studio.render(board_of(studio), LIVE, studio.env())
    assert (again.code, again.statuses(), again.calls) == (0, {"reused": 12}, [])


FOUL: list[dict[str, Any]] = [
    {"gateway": "modelark", "kind": "auth"},  # both out for the run: what is cheaper than the others cannot be had
    {"gateway": "runware", "kind": "out_of_money"},
    {"gateway": "runway", "kind": "model_gone", "nth": 1},  # 2.5, which makes clips from words alone there
    {"gateway": "openrouter", "kind": "rate", "retry_after": 1, "nth": 1},
    {"gateway": "openrouter", "do": "failed", "prompt": "text 2"},  # reports that it took nothing
    {"gateway": "fal", "do": "failed", "prompt": "text 2", "times": 1, "per": "all"},  # free: tried once more
    {"gateway": "openrouter", "kind": "bad_request", "prompt": "text 3"},
    {"gateway": "fal", "do": "shape", "shape": "error_in_result", "prompt": "text 3"},
    {"gateway": "fal", "do": "failed", "prompt": "text 3"},
    {"gateway": "openrouter", "do": "lost_before", "prompt": "text 4"},  # nobody knows: its quote is at risk
    {"gateway": "fal", "do": "shape", "shape": "foreign_urls", "prompt": "text 4"},
    {"gateway": "openrouter", "status": 413, "prompt": "text 5"},
    {"gateway": "fal", "status": 400, "prompt": "text 5"},
    {"gateway": "openai_videos", "status": 400, "prompt": "text 5"},
    {"gateway": "fal", "kind": "model_gone", "prompt": "image 2"},  # out for the run
    {"gateway": "openrouter", "kind": "model_gone", "prompt": "image 3"},
    {"gateway": "runway", "kind": "out_of_money", "prompt": "edit 2"},  # out for the run
    {"phase": "poll", "do": "html", "status": 502, "times": 1},
    {"phase": "poll", "do": "unknown_status", "gateway": "runway", "times": 1},
    {"phase": "media", "do": "expired", "times": 1},
    {"phase": "media", "do": "truncated", "gateway": "fal", "times": 1},
]
MAKERS = {
    "text 1": ROUTE["openrouter"],
    "text 2": ROUTE["fal"],
    "text 3": ROUTE["openai_videos"],
    "text 4": ROUTE["fal"],
    "text 5": ROUTE["runway"],
    "image 1": "fal:bytedance/seedance-2.0/image-to-video",
    "image 2": ROUTE["openrouter"],
    "image 3": ROUTE["runway"],
    "image 4": ROUTE["runway"],
    "edit 1": "runway:aleph2",
    "edit 2": "fal:fal-ai/kling-video/o3/standard/video-to-video/edit",
    "edit 3": "fal:fal-ai/kling-video/o3/standard/video-to-video/edit",
}


async def test_twelve_shots_in_foul_weather_agree_with_the_bills_to_the_cent(studio: Studio) -> None:
    """Every fault sends its shot the documented way; each gateway's charges are its bill, and only the one lost
    order is at risk."""
    studio.faults(*FOUL)
    outcome = await studio.render(board_of(studio), LIVE, studio.env(), concurrency=1)
    assert (outcome.code, outcome.statuses()) == (0, {"rendered": 12}), outcome.told
    assert made_by(outcome) == MAKERS
    for gateway in ROUTE:
        assert outcome.money(gateway) == studio.box.billed(gateway), gateway
    bill = 2 * Decimal("0.6048") + 2 * Decimal("1.2136") + Decimal("1.2096") + Decimal("1.2136")
    bill += 3 * Decimal("1.44") + Decimal("1.12") + 2 * Decimal("1.008")
    assert outcome.money() == studio.box.billed() == bill
    at_risk = [(a["shot_id"], a["provider"], a["at_risk_usd"]) for a in outcome.attempts if a["at_risk_usd"]]
    assert at_risk == [("sh040", "openrouter", Decimal("1.2096"))]
    gone = ("openrouter:bytedance/seedance-2.0", "fal:bytedance/seedance-2.0/image-to-video", "runway:seedance2_5")
    for name in (*gone, "modelark", "runware", "runway"):
        assert len([line for line in outcome.lines if line.startswith(f"{name} is out for this run")]) == 1, name
    assert "foreign.example" not in str(studio.box.log())


@pytest.mark.parametrize("script", ["weather", "lost_orders", "out_of_money"])
async def test_whatever_the_weather_nothing_is_paid_that_is_not_on_the_books(studio: Studio, script: str) -> None:
    """Many at a time, under each shipped script: a row for every shot, and every bill within what was booked."""
    studio.box.faults((Path(__file__).parents[1] / "faults" / f"{script}.toml").read_text(), {})
    outcome = await studio.render(board_of(studio), LIVE, studio.env())
    assert len(outcome.rows) == 12 and outcome.statuses().get("rendered", 0) >= 6, outcome.statuses()
    again = await studio.render(board_of(studio), LIVE, studio.env())
    assert {c.prompt for c in again.orders()}.isdisjoint(
        row["prompt"] for row in outcome.rows.values() if row["status"] == "rendered"
    )


async def test_a_retired_model_is_refused_before_any_call_and_its_successor_named(studio: Studio) -> None:
    """Exit 2, nothing asked and nothing written, and the message says what to use instead."""
    config = studio.config(chain={"allow_retired": False, "text_to_video": ["openai_videos:sora-2"]})
    outcome = await studio.render(studio.board("x"), config)
    assert (outcome.code, outcome.calls, studio.target.exists()) == (2, [], False)
    assert "openai_videos:sora-2: was retired on 2026-09-24, use openrouter:bytedance/seedance-2.0" in outcome.errors


# ------------------------------------------------------------------------------------------------ each by itself

REFUSED = {
    "rate": ({"kind": "rate"}, "busy"),
    "busy": ({"kind": "busy"}, "busy"),
    "bad request": ({"kind": "bad_request"}, "refused"),
    "model gone": ({"kind": "model_gone"}, "refused"),
    "bad key": ({"kind": "auth"}, "locked"),
    "no money": ({"kind": "out_of_money"}, "locked"),
    "spend limit": ({"kind": "spend_limit"}, "locked"),
    "policy": ({"kind": "moderated"}, "moderated"),
}


@pytest.mark.parametrize("gateway", list(ROUTE))
@pytest.mark.parametrize("name", list(REFUSED))
async def test_an_order_that_was_turned_away_costs_nothing(studio: Studio, gateway: str, name: str) -> None:
    """Each gateway's own words for it come to the same outcome, at 0, and its bill is empty."""
    fault, outcome_word = REFUSED[name]
    studio.faults({"gateway": gateway, **fault})
    outcome = await studio.one(ROUTE[gateway], "aivideoapi", env=studio.env(**DIALECT))
    tries = 4 if outcome_word == "busy" else 1
    mine = [(gateway, outcome_word, outcome_word.capitalize(), "0.00", "0.00")] * tries
    assert outcome.told == [*mine, *([] if outcome_word == "moderated" else [NEXT])]
    assert studio.box.billed(gateway) == 0
    out = [line for line in outcome.lines if "is out for this run" in line]
    assert len(out) == (name in ("model gone", "bad key", "no money", "spend limit"))


@pytest.mark.parametrize("gateway", list(ROUTE))
@pytest.mark.parametrize(
    ("fault", "outcome_word", "charged", "risk"),
    [
        ({"do": "late", "seconds": 0}, "clip", BILL, {}),
        ({"do": "failed"}, "failed", {}, {"openai_videos": QUOTE["openai_videos"]}),
        ({"do": "moderated_async"}, "moderated", {"runway": "1.44"}, {"openai_videos": QUOTE["openai_videos"]}),
        ({"do": "lost_after"}, "unclear", {}, QUOTE),
        ({"do": "malformed"}, "unclear", {}, QUOTE),
        ({"kind": "no_id"}, "unclear", {}, QUOTE),
        ({"kind": "server_error"}, "unclear", {}, QUOTE),
    ],
    ids=lambda value: str(value.get("do") or value.get("kind")) if isinstance(value, dict) and value else "",
)
async def test_what_an_order_costs_that_may_have_been_taken(
    studio: Studio,
    gateway: str,
    fault: dict[str, Any],
    outcome_word: str,
    charged: dict[str, str],
    risk: dict[str, str],
) -> None:
    """Charged as reported or as documented, else at risk with its quote; a lost order is sent once."""
    studio.faults({"gateway": gateway, **fault})
    outcome = await studio.one(ROUTE[gateway], env=studio.env(**DIALECT))
    last = outcome.attempts[-1]
    assert last["outcome"] == outcome_word, outcome.told
    assert f"{last['charged_usd']:.2f}" == f"{Decimal(charged.get(gateway, '0')):.2f}"
    assert f"{last['at_risk_usd']:.2f}" == risk.get(gateway, "0.00")
    again = gateway == "fal" and outcome_word == "failed"  # documented as free, so tried once more
    assert len(outcome.orders()) == 1 + again


@pytest.mark.parametrize("gateway", list(ROUTE))
async def test_keys_go_to_their_own_gateway_and_to_no_media_host(studio: Studio, gateway: str) -> None:
    """The clip's host is told none, since its address is signed."""
    assert (await studio.one(ROUTE[gateway], env=studio.env(**DIALECT))).code == 0
    media = [one for one in studio.box.log() if one["path"].startswith("/media/")]
    rest = [one for one in studio.box.log() if one not in media]
    assert [one["key"] for one in media] == [""] and {one["key"] for one in rest} == {f"sandbox-{gateway}"[-4:]}
    assert {one["gateway"] for one in studio.box.log()} == {gateway}


# ------------------------------------------------------------------------------------------------ what is special


@pytest.mark.parametrize("shape", ["unsigned", "no_addresses", "foreign_polling"])
async def test_openrouter_without_a_signed_address_gives_its_clip_for_the_key(studio: Studio, shape: str) -> None:
    """The address that wants the key, or the documented path, is asked with it; a polling address elsewhere never."""
    studio.faults({"do": "shape", "shape": shape, "gateway": "openrouter"})
    outcome = await studio.one(ROUTE["openrouter"])
    contents = [one["key"] for one in studio.box.log() if one["path"].endswith("/content")]
    assert contents == (["uter"] if shape in ("unsigned", "no_addresses") else [])
    assert (outcome.code, outcome.row["charge_basis"]) == (0, "reported")


@pytest.mark.parametrize("shape", ["foreign_urls", "no_urls"])
async def test_fals_addresses_count_by_their_path_alone(studio: Studio, shape: str) -> None:
    """A queue address on another host is asked below our own base; without one the documented path is."""
    studio.faults({"do": "shape", "shape": shape, "gateway": "fal"})
    outcome = await studio.one(ROUTE["fal"], env=studio.env(fal={"deadline_s": 60 if shape == "foreign_urls" else 4}))
    assert {one["gateway"] for one in studio.box.log()} == {"fal"}
    assert outcome.code == (0 if shape == "foreign_urls" else 1)  # a finished job that names no result is overdue


async def test_the_v1_videos_shape_sends_a_form_once_and_fetches_its_clip_with_the_key(studio: Studio) -> None:
    """OpenAI's own dialect: a first frame as a file, a remix by id, and a clip behind the key that failed once."""
    Image.new("RGB", (1280, 720), "teal").save(studio.folder / "a.png")
    sora = {mode: ["openai_videos:sora-2"] for mode in ("text_to_video", "image_to_video", "remix")}
    rows = [{"prompt": "text"}, {"prompt": "image", "image": "a.png"}, {"prompt": "again", "source": "sh010"}]
    studio.faults({"phase": "media", "do": "truncated", "times": 1})
    outcome = await studio.render(studio.board(*rows), studio.config(chain={"allow_retired": True, **sora}))
    assert (outcome.code, outcome.statuses()) == (0, {"rendered": 3}), outcome.told
    assert outcome.money() == studio.box.billed("openai_videos") == Decimal("1.20")
    log = studio.box.log()
    assert [one["path"] for one in log if one["method"] == "POST"][:2] == ["/v1/videos"] * 2
    fetched = [one for one in log if one["path"].endswith("/content")]
    assert len(fetched) == 6 and {one["key"] for one in fetched} == {"deos"}
    assert not [path for path in studio.target.rglob("*.json") if b"multipart" in path.read_bytes()]


async def test_an_edit_starts_from_a_file_beside_the_board(studio: Studio) -> None:
    """A small file travels inline, at a target that signs nothing; one that is too large is refused, at no cost."""
    (studio.folder / "small.mp4").write_bytes(video((1280, 720), 4, "small"))
    (studio.folder / "large.mp4").write_bytes(video((1280, 720), 4, "x" * 4_000_000))
    studio.by_hand = 1  # the adapter refuses the order before it leaves
    rows = [{"prompt": f"edit {name}", "source": f"{name}.mp4"} for name in ("small", "large")]
    config = studio.config(chain={"remix": ["runway:aleph2"]})
    outcome = await studio.render(studio.board(*rows), config)
    small, large = outcome.rows.values()
    assert (small["status"], small["charged_usd"]) == ("rendered", Decimal("1.12")) and outcome.code == 1
    assert (large["status"], large["error_class"], large["charged_usd"]) == ("failed", "Refused", 0)
    assert "small enough to go inline" in large["error"] and len(outcome.orders()) == 1


LONGER = {"runway:aleph2": "2.24", "fal:fal-ai/kling-video/o3/standard/video-to-video/edit": "2.016"}


@pytest.mark.parametrize("route", list(LONGER))
async def test_an_edit_is_quoted_for_a_source_that_is_longer_than_the_row(studio: Studio, route: str) -> None:
    """What the gateway bills by the seconds of the source is quoted so, in the plan too: 8 of them, not the row's 4."""
    (studio.folder / "long.mp4").write_bytes(video((1280, 720), 8, "long"))
    board, config = studio.board({"prompt": "edit", "source": "long.mp4"}), studio.config(chain={"remix": [route]})
    usd = Decimal(LONGER[route])
    assert (await studio.plan(board, config)).quoted == usd
    outcome = await studio.render(board, config)
    assert (outcome.code, outcome.money(), outcome.row["quoted_usd"]) == (0, usd, usd), outcome.told
    assert studio.box.billed() == usd


async def test_an_edit_of_a_row_is_quoted_for_the_length_of_that_row(studio: Studio) -> None:
    """As it will be ordered, and later as its clip in use is."""
    rows = [{"prompt": "text", "duration": 8}, {"prompt": "edit", "source": "sh010", "duration": 4}]
    config = studio.config("runway:gen4.5", chain={"remix": ["runway:aleph2"]})
    plan = await studio.plan(studio.board(*rows), config)
    assert plan.shots[1].quoted == Decimal("2.24")
    outcome = await studio.render(studio.board(rows[0]), config)
    assert outcome.code == 0
    plan = await studio.plan(studio.board(*rows), config)
    assert (plan.shots[0].action, plan.shots[1].quoted) == ("keep", Decimal("2.24"))


async def test_a_task_that_does_not_tell_its_cost_is_booked_by_the_price_list(studio: Studio) -> None:
    """Runway without its cost: 36 credits a second."""
    studio.faults({"do": "shape", "shape": "no_cost", "gateway": "runway"})
    outcome = await studio.one(ROUTE["runway"])
    assert (outcome.row["charge_basis"], outcome.money()) == ("price_list", studio.box.billed("runway"))


async def test_the_estimate_of_a_task_is_kept_with_its_job(studio: Studio) -> None:
    """Runway's receipt names the most a task may cost: the ledger has it from the moment of acceptance."""
    studio.faults({"gateway": "runway", "do": "stuck"})
    await studio.one(ROUTE["runway"], env=studio.env(runway={"deadline_s": 2}))
    [accepted] = studio.target.glob("ledger/*/*-accepted.json")
    assert b'"estimated_credits": "144"' in accepted.read_bytes()
