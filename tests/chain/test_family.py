"""The /v1/videos family from order to file: each spelling of a receipt, a final word, a result, against the sandbox."""

import json
from decimal import Decimal

import pytest
from PIL import Image

from tests.chain.conftest import Outcome, Studio
from tests.sandbox import family

ROUTE = "openai_videos:sora-2"


async def ordered(studio: Studio, shape: str) -> Outcome:
    """One shot at a server of this shape."""
    studio.faults({"do": "shape", "shape": shape})
    return await studio.one(ROUTE, env=studio.env(openai_videos={"deadline_s": 120}))


DELIVERED = (0, [("openai_videos", "clip", "", "0.40", "0.00")])  # one order, its clip, its price, nothing at risk


def ending(outcome: Outcome) -> tuple[int, list[tuple[str, ...]]]:
    """The run's code, and each order with its outcome and its money."""
    return outcome.code, outcome.told


@pytest.mark.parametrize("word", family.COMPLETED)
async def test_each_word_for_done_brings_the_clip(studio: Studio, word: str) -> None:
    """Whatever a server of the family calls a finished job, in any case, its clip is collected."""
    assert ending(await ordered(studio, f"word={word}")) == DELIVERED


@pytest.mark.parametrize("word", family.ENDED)
async def test_each_word_for_an_end_without_a_clip_ends_the_job(studio: Studio, word: str) -> None:
    """It is not polled to its deadline, and is told with the word."""
    outcome = await ordered(studio, f"end={word}")
    [attempt] = outcome.attempts
    assert (outcome.code, attempt["outcome"], attempt["error_class"]) == (1, "failed", "Failed")
    assert studio.hours.now < 1060, "it was polled on"


@pytest.mark.parametrize("shape", [*(f"end={w}" for w in family.BLOCKED), *(f"code={c}" for c in family.POLICY_CODES)])
async def test_each_word_of_moderation_stops_the_shot(studio: Studio, shape: str) -> None:
    """As the status or as the code of a failed job, in camel case too."""
    outcome = await ordered(studio, shape)
    assert (outcome.row["status"], outcome.attempts[0]["outcome"]) == ("refused", "moderated")


@pytest.mark.parametrize("status", family.UNDER)
async def test_a_final_word_of_our_job_counts_under_any_status(studio: Studio, status: int) -> None:
    """A failed job that answers its question with its error's HTTP status is over, and told in its words."""
    outcome = await ordered(studio, f"under={status}")
    [attempt] = outcome.attempts
    assert (attempt["outcome"], "out of memory" in attempt["error"]) == ("failed", True)
    assert studio.hours.now < 1060, "it was polled on"


@pytest.mark.parametrize("place", family.RECEIPTS)
async def test_each_receipt_is_taken(studio: Studio, place: str) -> None:
    """An id under any of the family's names is the job's, with each of its digits."""
    outcome = await ordered(studio, f"receipt={place}")
    assert ending(outcome) == DELIVERED
    [job] = studio.box.world.book.accounts["openai_videos"].jobs
    assert outcome.attempts[0]["job_id"] == job


@pytest.mark.parametrize("place", [*family.PLACES, *family.INLINE])
async def test_each_place_of_a_result_is_found(studio: Studio, place: str) -> None:
    """Named by an address, sent along as text, or left at the documented path."""
    assert ending(await ordered(studio, f"place={place}")) == DELIVERED


async def test_an_envelope_is_opened(studio: Studio) -> None:
    """A relay's envelope that says success is not the job's word; the job within is, by its text id."""
    assert ending(await ordered(studio, "wrapped=yes")) == DELIVERED


@pytest.mark.parametrize(
    ("body", "outcome", "risk"),
    [
        ({"code": 402, "message": "x"}, "locked", "0"),
        ({"code": "quota", "message": "Insufficient balance"}, "locked", "0"),
        ({"code": 500, "message": "Insufficient balance"}, "locked", "0"),
        ({"success": False, "message": "size not offered"}, "refused", "0"),
        ({"code": 422, "data": None, "msg": "size not offered"}, "refused", "0"),
        ({"code": 500, "message": "engine failed"}, "unclear", "0.40"),
        ({"code": 10001, "message": "engine failed"}, "unclear", "0.40"),
        ({"status": "ok", "note": "no receipt"}, "unclear", "0.40"),
    ],
    ids=json.dumps,
)
async def test_a_2xx_that_accepts_nothing(studio: Studio, body: dict[str, object], outcome: str, risk: str) -> None:
    """Its words come first, then the status that it stands for; what was answered is not at risk, and is kept."""
    studio.faults({"status": 200, "body": body})
    [attempt] = (await studio.one(ROUTE)).attempts
    assert (attempt["outcome"], attempt["at_risk_usd"]) == (outcome, Decimal(risk))
    [record] = [json.loads(path.read_bytes()) for path in studio.target.glob("ledger/*/*-settled.json")]
    assert json.loads(record["reply"]) == body


async def test_a_reply_without_a_receipt_is_kept_redacted_and_short(studio: Studio) -> None:
    """Two thousand bytes at the most, no key, no picture, no signature."""
    body = {
        "a": "data:image/png;base64,AAAABBBBCCCC",
        "b": "https://m.example/a?X-Amz-Signature=abcdef",
        "c": "é" * 3000,
    }
    studio.faults({"status": 200, "body": body})
    await studio.one(ROUTE)
    [record] = [json.loads(path.read_bytes()) for path in studio.target.glob("ledger/*/*-settled.json")]
    assert 1000 < len(record["reply"].encode()) <= 2000
    assert not {"AAAABBBB", "abcdef"} & {word for word in ("AAAABBBB", "abcdef") if word in record["reply"]}


async def test_a_server_that_takes_forms_only(studio: Studio) -> None:
    """``body_style = "form"`` sends a text shot as a form too."""
    studio.faults(openai_videos={"forms_only": True})
    assert ending(await studio.one(ROUTE, env=studio.env(openai_videos={"options__body_style": "form"}))) == DELIVERED


async def test_text_and_image_at_a_server_that_takes_forms_only(studio: Studio) -> None:
    """A board of both renders: every order is a form, the picture is a file in one."""
    Image.linear_gradient("L").resize((1280, 720)).convert("RGB").save(studio.folder / "heron.png")
    board = studio.board("a heron", {"prompt": "it lands", "mode": "i2v", "image": "heron.png"})
    studio.faults(openai_videos={"forms_only": True})
    config = studio.config(ROUTE, chain={"image_to_video": [ROUTE]})
    outcome = await studio.render(board, config, studio.env(openai_videos={"options__body_style": "form"}))
    assert (outcome.code, outcome.statuses()) == (0, {"rendered": 2})
    assert studio.box.billed("openai_videos") == outcome.money() == Decimal("0.80")


@pytest.mark.parametrize("front", ["litellm", "litellm-quoting", "new-api"])
async def test_a_503_of_a_proxy_in_openais_shape_is_not_ordered_again(studio: Studio, front: str) -> None:
    """Behind it the order may have been taken: one order leaves, and its quote is at risk."""
    studio.faults({"do": "front", "front": front, "accepted": True})
    outcome = await studio.one(ROUTE)
    assert outcome.told == [("openai_videos", "unclear", "Unclear", "0.00", "0.40")]
    assert len(outcome.orders()) == 1


async def test_a_file_of_megabytes_in_the_reply_is_taken(studio: Studio) -> None:
    """Larger than any reply that only tells: it is asked for again, with room for it."""
    studio.faults({"do": "shape", "shape": "place=large"})
    assert ending(await studio.one(ROUTE)) == DELIVERED
