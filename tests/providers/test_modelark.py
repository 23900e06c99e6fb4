"""ModelArk: typed contents, tokens that are charged, drafts finished by their task, lost orders found in its list."""

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import httpx
import pytest
from PIL import Image

from tasks.config.catalogue import load_catalogue
from tasks.domain.errors import Refused
from tasks.domain.job import Job
from tasks.domain.order import Order, Reply, Request, SourceClip
from tasks.domain.pricing import Usage
from tasks.domain.shot import Mode
from tasks.providers.modelark import PATH, find, found, submit
from tests.chain.conftest import Studio
from tests.chain.test_drafts import judge
from tests.providers import PNG, URL, order_of

ID, OTHER = "6f1c1c1e-7d0b-4c53-9f0e-0a4b8f5e2a11", "0d9f9f5c-2f7e-4f1e-8e8e-1f2d3c4b5a69"
TEXT = {"type": "text", "text": "as sent"}
BASE = {"model": "m/1", "resolution": "720p", "safety_identifier": ID, "ratio": "16:9", "duration": 8}
CLIP = "https://media.example/clip.mp4"
VIDEO = {"type": "video_url", "video_url": {"url": CLIP}, "role": "reference_video"}
ROUTE = "modelark:dreamina-seedance-2-5-260628"
PRICE = Decimal("0.924480")  # 4 s at 720p: 86,400 tokens at 10.70 a million


def order(mode: Mode = "text_to_video", **change: Any) -> Order:
    draft = change.pop("draft_id", "")
    return replace(order_of("modelark", mode, **change), order_id=ID, draft_id=draft)


def first(uri: str) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": uri}, "role": "first_frame"}


@pytest.mark.parametrize(
    ("mode", "change", "body"),
    [
        ("text_to_video", {}, BASE | {"content": [TEXT]}),
        ("text_to_video", {"size": "864x496", "sent_s": "4"},
         BASE | {"content": [TEXT], "resolution": "480p", "duration": 4}),
        ("text_to_video", {"size": "960x960"}, BASE | {"content": [TEXT], "ratio": "1:1"}),
        ("text_to_video", {"size": "1080x1920"}, BASE | {"content": [TEXT], "ratio": "9:16", "resolution": "1080p"}),
        ("text_to_video", {"size": "3840x2160"}, BASE | {"content": [TEXT], "resolution": "4k"}),
        ("text_to_video", {"fields": {"ratio": "adaptive"}}, BASE | {"content": [TEXT]}),
        ("text_to_video", {"name": "a#draft", "fields": {"body": {"draft": True, "watermark": False}}},
         BASE | {"content": [TEXT], "model": "a", "draft": True, "watermark": False}),
        ("text_to_video", {"seed": True, "audio": True, "shot": {"seed": 7, "audio": False}},
         BASE | {"content": [TEXT], "seed": 7, "generate_audio": False}),
        ("text_to_video", {"options": {"send_order_id": False}},
         {name: value for name, value in BASE.items() if name != "safety_identifier"} | {"content": [TEXT]}),
        ("image_to_video", {}, BASE | {"content": [TEXT, first(URL)]}),
        ("image_to_video", {"image": PNG, "fields": {"ratio": "adaptive"}},
         BASE | {"content": [TEXT, first(PNG)], "ratio": "adaptive"}),
        ("remix", {"source": SourceClip(CLIP), "fields": {"ratio": "adaptive"}},
         BASE | {"content": [TEXT, VIDEO], "ratio": "adaptive"}),
        ("text_to_video", {"draft_id": "cgt-1", "final_of": ("modelark:a#draft",)},
         {"model": "m/1", "resolution": "720p", "safety_identifier": ID,
          "content": [{"type": "draft_task", "draft_task": {"id": "cgt-1"}}]}),
    ],
)  # fmt: skip
def test_body(mode: Mode, change: dict[str, Any], body: dict[str, Any]) -> None:
    """Exactly these fields: the tier by the pixels, the length always, a final by its draft alone."""
    request = submit(order(mode, **change))
    assert (request.method, request.url, request.json) == ("POST", PATH, body)


@pytest.mark.parametrize("uri", ["", "http://media.example/a.mp4", "data:video/mp4;base64,AAAA"])
def test_a_source_goes_by_its_address_alone(uri: str) -> None:
    """No document lets a video travel inline."""
    with pytest.raises(Refused, match="needs a source with an https address"):
        submit(order("remix", source=SourceClip(uri)))


@pytest.mark.parametrize(
    ("items", "job"),
    [
        ([{"id": "cgt-1", "safety_identifier": OTHER}, {"id": "cgt-2", "safety_identifier": ID}], "cgt-2"),
        ([{"id": "cgt-1"}, {"id": "cgt-2", "safety_identifier": OTHER}], ""),
        ([{"safety_identifier": ID}, 7, None, {"id": {}, "safety_identifier": ID}], ""),
        ([], ""),
        ({"id": "cgt-1", "safety_identifier": ID}, ""),
    ],
)
def test_a_lost_order_is_found_by_its_id_alone(items: Any, job: str) -> None:
    """In the newest tasks, whatever else stands in the list."""
    asked = Request("GET", f"{PATH}/{job}")
    told = Reply(200, json.dumps({"total": 1, "items": items}).encode())
    assert found(told, ID) == (Job(job, asked) if job else None)
    assert found(Reply(500, told.body), ID) is None and found(told, "") is None
    assert find(ID).params == {"page_num": "1", "page_size": "100"}


@pytest.mark.parametrize(
    ("name", "usage", "usd"),
    [
        ("", Usage(Decimal(5), 1280, 720), "1.1556"),  # documented: 1.156
        ("", Usage(Decimal(5), 854, 480), "0.51400125"),  # 0.514
        ("#edit", Usage(Decimal(5), 1280, 720, source_seconds=Decimal(30)), "4.8384"),  # 4.838
    ],
)
def test_documented_examples_to_the_cent(name: str, usage: Usage, usd: str) -> None:
    """The examples that BytePlus works out."""
    quote = load_catalogue().model(ROUTE + name).price.quote(usage)
    assert abs(quote - Decimal(usd)) < Decimal("0.000001")


# --- through the sandbox ---------------------------------------------------------------------------------------


async def test_text_and_image_are_charged_by_their_tokens(studio: Studio) -> None:
    """What the tasks counted, at the price of a million, is what the gateway bills."""
    Image.new("RGB", (1600, 900), "teal").save(studio.folder / "a.png")
    rows = [{"prompt": "text"}, {"prompt": "image", "image": "a.png"}]
    outcome = await studio.render(
        studio.board(*rows), studio.config(chain={"text_to_video": [ROUTE], "image_to_video": [ROUTE]})
    )
    assert (outcome.code, outcome.statuses()) == (0, {"rendered": 2}), outcome.told
    assert outcome.money() == studio.box.billed("modelark") == 2 * PRICE
    assert {row["charge_basis"] for row in outcome.rows.values()} == {"reported"}
    assert not any(row["mismatch"] for row in outcome.rows.values())


async def test_a_draft_is_finished_by_its_task(studio: Studio) -> None:
    """480p first, and once it is chosen 720p by its id: two tasks, each billed by its tokens."""
    drafts = {"chain.draft": {"text_to_video": [f"{ROUTE}#draft"]}}
    config = studio.config(ROUTE, **drafts)
    first = await studio.render(studio.board("a boat"), config, draft=True)
    assert (first.code, first.row["grade"]) == (0, "draft"), first.told
    judge(studio, "select", "sh010")
    second = await studio.render(studio.board("a boat"), config)
    assert (second.code, second.row["grade"], second.row["model"]) == (0, "final", f"{ROUTE[9:]}#final"), second.told
    assert second.money() == studio.box.billed("modelark") and len(studio.box.jobs("modelark")) == 2


@pytest.mark.parametrize("lost", [{"do": "lost_after"}, {"status": 502, "accepted": True}, {"do": "malformed"}])
async def test_a_lost_reply_is_found_in_the_list(studio: Studio, lost: dict[str, Any]) -> None:
    """By the id that went along: one attempt, one POST, nothing at risk."""
    studio.faults({"gateway": "modelark", **lost})
    outcome = await studio.one(ROUTE)
    assert outcome.told == [("modelark", "clip", "", "0.92", "0.00")] and len(outcome.orders()) == 1
    assert outcome.money() == studio.box.billed("modelark") == PRICE


async def test_without_an_id_of_ours_a_lost_order_stays_at_risk(studio: Studio) -> None:
    """Then nothing is found, and nothing is sent again."""
    studio.faults({"gateway": "modelark", "do": "lost_after"})
    outcome = await studio.one(ROUTE, env=studio.env(modelark={"options__send_order_id": False}))
    assert outcome.told == [("modelark", "unclear", "Unclear", "0.00", "0.92")] and len(outcome.orders()) == 1


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ({"kind": "moderated"}, ("moderated", "0.00", "0.00")),
        ({"kind": "out_of_money"}, ("locked", "0.00", "0.00")),
        ({"kind": "spend_limit"}, ("locked", "0.00", "0.00")),
        ({"kind": "auth"}, ("locked", "0.00", "0.00")),
        ({"kind": "model_gone"}, ("refused", "0.00", "0.00")),
        ({"do": "failed"}, ("failed", "0.00", "0.00")),
        ({"do": "moderated_async"}, ("moderated", "0.00", "0.00")),
        ({"do": "shape", "shape": "no_usage"}, ("clip", "0.92", "0.00")),
    ],
    ids=str,
)
async def test_what_goes_wrong_costs_nothing(studio: Studio, fault: dict[str, Any], told: tuple[str, str, str]) -> None:
    """Only what succeeds is billed."""
    studio.faults({"gateway": "modelark", **fault})
    outcome = await studio.one(ROUTE)
    last = outcome.told[-1]
    assert (last[1], *last[3:]) == told and outcome.money() == studio.box.billed("modelark")


def test_a_task_is_deleted_while_it_waits_or_when_it_is_over(studio: Studio) -> None:
    """One that runs is not; one that waits costs nothing then; of one that is over the record goes."""
    body = {"model": ROUTE[9:], "content": [TEXT], "resolution": "720p", "ratio": "16:9", "duration": 4}
    headers = {"Authorization": "Bearer sandbox-modelark"}
    with httpx.Client(
        base_url=studio.box.base_url("modelark"), headers=headers, trust_env=False, verify=False
    ) as client:
        studio.faults({"do": "stuck", "gateway": "modelark"})
        waits, runs = (f"{PATH}/{client.post(PATH, json=body).json()['id']}" for _ in range(2))
        assert client.delete(waits).status_code == 200 and client.get(waits).json()["status"] == "cancelled"
        assert client.get(runs).json()["status"] == "queued" and client.delete(runs).status_code == 400
        studio.faults()
        over = f"{PATH}/{client.post(PATH, json=body).json()['id']}"
        assert client.delete(over).status_code == 200 and client.get(over).status_code == 404
    assert studio.box.billed("modelark") == 2 * PRICE
