"""Runware: one task in an array, its id the order's; a repeat is refused and so the receipt; the cost in the reply."""

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from PIL import Image

from tasks.domain.errors import Refused
from tasks.domain.job import Done, Job
from tasks.domain.order import Order, Reply, Request, SourceClip
from tasks.domain.shot import Mode
from tasks.engine.heard import answering
from tasks.providers import runware
from tasks.providers.runware import accepted, find, found, job_ids, progress, submit
from tasks.transport import Lost
from tests.chain.conftest import Studio
from tests.providers import PNG, URL, order_of

ID, OTHER = "6f1c1c1e-7d0b-4c53-9f0e-0a4b8f5e2a11", "0d9f9f5c-2f7e-4f1e-8e8e-1f2d3c4b5a69"
FIXED = {"taskType": "videoInference", "taskUUID": ID, "deliveryMethod": "async", "includeCost": True}
BASE = FIXED | {"outputType": "URL", "outputFormat": "MP4", "model": "m/1", "positivePrompt": "as sent"}
SIZED = BASE | {"duration": 8, "width": 1280, "height": 720}
CLIP = "https://media.example/clip.mp4"
ROUTE, EDIT = "runware:bytedance:seedance@2.5", "runware:bytedance:seedance@2.5#edit"


def order(mode: Mode = "text_to_video", **change: Any) -> Order:
    return replace(order_of("runware", mode, **change), order_id=ID)


def first(uri: str) -> dict[str, Any]:
    return {"inputs": {"frameImages": [{"image": uri, "frame": "first"}]}}


@pytest.mark.parametrize(
    ("mode", "change", "task"),
    [
        ("text_to_video", {}, SIZED),
        ("text_to_video", {"size": "720x1280", "sent_s": "4"}, SIZED | {"width": 720, "height": 1280, "duration": 4}),
        ("text_to_video", {"fields": {"plain": "resolution"}}, BASE | {"duration": 8, "resolution": "720p"}),
        ("text_to_video", {"name": "a:b@1#draft"}, SIZED | {"model": "a:b@1"}),
        ("text_to_video", {"seed": True, "audio": True, "shot": {"seed": 7, "audio": False}},
         SIZED | {"seed": 7, "settings": {"audio": False}}),
        ("text_to_video", {"negative_prompt": True, "shot": {"negative_prompt": "rain"}},
         SIZED | {"negativePrompt": "rain"}),
        ("text_to_video", {"audio": True, "shot": {"audio": True}, "fields": {"body": {"settings": {"draft": True}}}},
         SIZED | {"settings": {"draft": True, "audio": True}}),
        ("image_to_video", {}, SIZED | first(URL)),
        ("image_to_video", {"image": PNG, "fields": {"framed": "resolution"}},
         BASE | {"duration": 8, "resolution": "720p"} | first(PNG)),
        ("remix", {"source": SourceClip(CLIP, "fal", "1")}, BASE | {"inputs": {"video": CLIP}}),
        ("remix", {"source": SourceClip(CLIP), "fields": {"video": "referenceVideos"}},
         BASE | {"inputs": {"referenceVideos": [CLIP]}}),
    ],
)  # fmt: skip
def test_task(mode: Mode, change: dict[str, Any], task: dict[str, Any]) -> None:
    """An array of one task with exactly these fields; an edit is told neither length nor shape."""
    request = submit(order(mode, **change))
    assert (request.method, request.url, request.json) == ("POST", "/v1", [task])


@pytest.mark.parametrize("uri", ["", "http://media.example/a.mp4", "/home/a.mp4"])
def test_a_source_that_cannot_travel_is_refused(uri: str) -> None:
    """Only an https address, or the file itself inline."""
    with pytest.raises(Refused, match="needs a source with an https address"):
        submit(order("remix", source=SourceClip(uri)))


def reply(status: int, **body: Any) -> Reply:
    return Reply(status, json.dumps(body).encode())


@pytest.mark.parametrize("status", [400, 409, 200])
def test_the_refusal_of_a_repeat_is_the_receipt(status: int) -> None:
    """Under whatever status: the first order was taken, and is asked after by the same id."""
    error = {"code": "conflictTaskUUID", "message": "exists", "taskUUID": ID}
    assert accepted(reply(status, data=[], errors=[error]), order()) == Job(ID, find(ID))
    with pytest.raises(Refused):
        accepted(reply(400, data=[], errors=[error | {"taskUUID": OTHER}]), order())


def test_a_receipt_of_another_order_is_none() -> None:
    """An id that we did not send is nothing to ask after."""
    with pytest.raises(Exception, match="without a job id"):
        accepted(reply(200, data=[{"taskType": "videoInference", "taskUUID": OTHER}]), order())


@pytest.mark.parametrize(
    ("told", "is_there"),
    [
        (reply(200, data=[{"taskUUID": ID, "status": "processing"}]), True),
        (reply(200, data=[{"taskUUID": ID, "status": "success"}]), True),
        (reply(200, errors=[{"code": "x", "taskUUID": ID, "status": "error"}]), True),
        (reply(200, data=[{"taskUUID": OTHER, "status": "processing"}]), False),
        (reply(200, data=[]), False),
        (reply(404, errors=[{"code": "x", "taskType": "getResponse", "taskUUID": ID}]), False),
        (reply(200, errors=[{"code": "x", "taskType": "getResponse", "taskUUID": ID}]), False),
    ],
)
def test_a_lost_order_is_found_by_its_id_alone(told: Reply, is_there: bool) -> None:
    """A task of this id that is at work or over; one that nobody knows of is none."""
    assert find(ID) == Request("POST", "/v1", json=[{"taskType": "getResponse", "taskUUID": ID}])
    assert found(told, ID) == (Job(ID, find(ID)) if is_there else None)


def test_an_error_of_the_question_is_none_of_the_task() -> None:
    """A refused question names the task as well: only its own final word counts under an HTTP error."""
    asked = {"code": "rateLimit", "message": "slow down", "taskUUID": ID}
    assert job_ids(reply(429, errors=[asked])) == ()
    ended = answering(reply(500, errors=[asked | {"status": "error"}]), ID, runware)
    with pytest.raises(Exception, match="rateLimit"):
        progress(ended)
    with pytest.raises(Lost, match="for job"):
        answering(reply(200, data=[{"taskUUID": OTHER, "status": "success"}]), ID, runware)
    assert progress(reply(200, data=[{"taskUUID": ID, "status": "success", "cost": "0.10"}])) == Done(
        "", Decimal("0.10")
    )


# --- through the sandbox ---------------------------------------------------------------------------------------


async def test_every_mode_is_billed_exactly(studio: Studio) -> None:
    """Text, image and an edit of the text's clip, for what the tasks report, to the cent."""
    Image.new("RGB", (1600, 900), "teal").save(studio.folder / "a.png")
    rows = [{"prompt": "text"}, {"prompt": "image", "image": "a.png"}, {"prompt": "edit", "source": "sh010"}]
    chain = {"text_to_video": [ROUTE], "image_to_video": [ROUTE], "remix": [EDIT]}
    outcome = await studio.render(studio.board(*rows), studio.config(chain=chain))
    assert (outcome.code, outcome.statuses()) == (0, {"rendered": 3}), outcome.told
    assert [row["charge_basis"] for row in outcome.rows.values()] == ["reported"] * 3
    assert outcome.money() == studio.box.billed("runware") == 8 * Decimal("0.2304") + 4 * Decimal("0.2953")
    assert not any(row["mismatch"] for row in outcome.rows.values())


@pytest.mark.parametrize("lost", [{"do": "lost_after"}, {"status": 502, "accepted": True}, {"do": "malformed"}])
async def test_a_lost_reply_ends_with_one_bill(studio: Studio, lost: dict[str, Any]) -> None:
    """The task is asked after by the order's id: one attempt, one POST, nothing at risk."""
    studio.faults({"gateway": "runware", "times": 1, **lost})
    outcome = await studio.one(ROUTE)
    assert outcome.told == [("runware", "clip", "", "0.92", "0.00")] and len(outcome.orders()) == 1
    assert studio.box.billed("runware") == Decimal("0.9216")


async def test_the_refusal_of_a_repeat_is_believed(studio: Studio) -> None:
    """The task is told as one that has not begun, so the order leaves again: its refusal is the first one's receipt."""
    studio.faults(
        {"gateway": "runware", "do": "lost_after", "times": 1},
        {"gateway": "runware", "do": "shape", "shape": "unknown_task"},
        runware={"min_polls": 2},
    )
    studio.by_hand = -1  # a POST that is the same attempt
    outcome = await studio.one(ROUTE)
    assert outcome.told == [("runware", "clip", "", "0.92", "0.00")]
    assert [call.status for call in outcome.orders()] == [0, 400] and len(studio.box.jobs("runware")) == 1


async def test_a_later_run_finds_what_an_earlier_one_lost(studio: Studio) -> None:
    """While its gateway is silent the order is unclear and its quote at risk; the next run only asks, and collects."""
    silent = {"gateway": "runware", "phase": "poll", "do": "lost_before"}
    studio.faults({"gateway": "runware", "do": "lost_after"}, silent)
    posts: list[str] = []

    def count(session: Any) -> None:
        ask = session.http.ask

        async def asked(request: Request, *rest: Any) -> Reply:
            posts.extend(["order"] * ("positivePrompt" in json.dumps(request.json)))
            studio.by_hand = 1 - len(posts)
            return await ask(request, *rest)

        session.http.ask = asked

    board, config = studio.board("x"), studio.config(ROUTE)
    first = await studio.render(board, config, tamper=count)
    assert first.told == [("runware", "unclear", "Unclear", "0.00", "0.92")] and len(posts) > 1
    studio.faults()
    second = await studio.render(board, config)
    assert (second.code, second.orders()) == (0, [])
    assert second.told == [("runware", "clip", "", "0.92", "0.00")]
    assert studio.box.billed("runware") == Decimal("0.9216") and len(studio.box.jobs("runware")) == 1


async def test_an_order_that_never_came_is_sent_again_under_its_id(studio: Studio) -> None:
    """Nobody knows it: the same order leaves once more, and is the same attempt."""
    studio.faults({"gateway": "runware", "do": "lost_before", "times": 1})
    studio.by_hand = -1  # a POST that is the same attempt
    outcome = await studio.one(ROUTE)
    assert outcome.told == [("runware", "clip", "", "0.92", "0.00")] and len(outcome.orders()) == 2
    assert len(studio.box.jobs("runware")) == 1


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ({"kind": "moderated"}, ("moderated", "0.00", "0.00")),
        ({"kind": "out_of_money"}, ("locked", "0.00", "0.00")),
        ({"kind": "auth"}, ("locked", "0.00", "0.00")),
        ({"kind": "model_gone"}, ("refused", "0.00", "0.00")),
        ({"do": "failed"}, ("failed", "0.00", "0.92")),
        ({"do": "failed", "charged": True}, ("failed", "0.92", "0.00")),
        ({"do": "moderated_async"}, ("moderated", "0.00", "0.92")),
        ({"do": "moderated_async", "charged": True}, ("moderated", "0.92", "0.00")),
        ({"do": "shape", "shape": "no_cost"}, ("clip", "0.92", "0.00")),
    ],
    ids=str,
)
async def test_what_goes_wrong_costs_what_is_told(
    studio: Studio, fault: dict[str, Any], told: tuple[str, str, str]
) -> None:
    """Turned away: nothing; failed: what its task reports, else its quote is at risk, for no page says."""
    studio.faults({"gateway": "runware", **fault})
    outcome = await studio.one(ROUTE)
    last = outcome.told[-1]
    assert (last[1], *last[3:]) == told
