"""AI Video API: JSON with a nested ``input``, an envelope around the receipt and none around the status.

Documents: its Sora 2 page (25 credits a second, 4/8/12 seconds, the flat body of the landing page) and
its API docs (nested body, ``data.taskId``, 1 credit = $0.005, failed tasks are refunded, error codes).
Images are URLs only; a data URI is not documented and is refused unless ``allow_data_uri`` says otherwise.
"""

import uuid
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tests.sandbox.protocol import (
    LANDSCAPE,
    POLICY,
    PORTRAIT,
    Answer,
    Call,
    Gateway,
    Job,
    Pixels,
    Refusal,
    Rule,
    Wish,
    addresses,
    among,
    check,
    flag,
    one_of,
    one_text,
    pixels,
    text,
    whole,
)

CREDITS_PER_SECOND = 25
SEEDANCE, SEEDANCE_CREDITS = "doubao-seedance-2.0", {480: 20, 720: 42, 1080: 102}  # a second, by the short side
USD_PER_CREDIT = Decimal("0.005")
SIZES = {"16:9": LANDSCAPE, "9:16": PORTRAIT}
TIERS: dict[str, dict[str, Pixels]] = {
    "480p": {"16:9": (854, 480), "9:16": (480, 854)},
    "720p": SIZES,
    "1080p": {"16:9": (1920, 1080), "9:16": (1080, 1920)},
}
ERRORS: dict[str, tuple[int, str, str]] = {
    "rate": (429, "rate_limit_exceeded", "Too many requests."),
    "busy": (503, "upstream_error", "The upstream service is overloaded."),
    "server_error": (500, "internal_error", "Internal error."),
    "auth": (401, "invalid_api_key", "The API key is missing or not valid."),
    "out_of_money": (402, "insufficient_credits", "Not enough credits."),
    "spend_limit": (429, "spend_limit_exceeded", "The key's daily spend limit is used up."),
    "not_found": (404, "task_not_found", "No such task."),
    "model_gone": (404, "model_not_found", "The model does not exist."),
    "bad_request": (400, "invalid_request", "The request is not valid."),
    "moderated": (503, "upstream_error", POLICY),
}
NESTED: dict[str, Rule] = {
    "prompt": text(5000),
    "duration": whole(4, 8, 12),
    "aspect_ratio": one_of(*SIZES),
}
FLAT: dict[str, Rule] = {
    "model": text(),
    "prompt": text(5000),
    "duration": whole(4, 8, 12),
    "size": one_of("1280x720", "720x1280"),
}


class AIVideoAPI(Gateway):
    """The protocol of api.aivideoapi.ai."""

    name = "aivideoapi"
    submits = ("/v1/videos/generations",)
    polls = ("/v1/tasks/{id}",)
    free_calls = ("/v1/credits",)
    words = ("pending", "processing")
    data_uri = False

    def prompt(self, body: Mapping[str, Any]) -> str:
        inner = body.get("input")
        return super().prompt(inner if isinstance(inner, dict) else body)

    def new_id(self, wish: Wish) -> str:
        return str(uuid.uuid4())

    def wish(self, call: Call) -> Wish:
        body = call.body
        if isinstance(body.get("model"), str) and body["model"] not in ("sora-2", SEEDANCE):
            raise Refusal("model_gone")
        if body.get("model") == SEEDANCE:
            return _seedance(body, {"callback_url": text()})
        extra: dict[str, Rule] = {"callback_url": text()}
        if "input" not in body:
            check(body, FLAT, {**extra, "image_urls": one_text})
            return _wish(body, pixels(body["size"]))
        check(body, {"model": text(), "input": _is_object}, extra)
        check(body["input"], NESTED, {"image_urls": one_text})
        return _wish(body["input"], SIZES[body["input"]["aspect_ratio"]])

    def price(self, model: str, size: Pixels, seconds: int) -> Decimal:
        credits = SEEDANCE_CREDITS[min(size)] if model == SEEDANCE else CREDITS_PER_SECOND
        return credits * seconds * USD_PER_CREDIT

    def accepted(self, job: Job, call: Call) -> Answer:
        return Answer(200, {"code": 200, "msg": "success", "data": {"taskId": job.id}})

    def pending(self, job: Job, word: str) -> Answer:
        return Answer(200, _head(job, word) | {"progress": None})

    def finished(self, job: Job, url: str) -> Answer:
        if job.ending != "completed":
            error = {"code": "upstream_error", "message": job.message}
            return Answer(200, _head(job, "failed") | {"progress": None, "error": error})
        ratio = "16:9" if job.size[0] > job.size[1] else "9:16"
        known = {"duration": job.seconds, "resolution": f"{min(job.size)}p", "ratio": ratio}
        output = {"urls": [url] if url else [], "metadata": known}
        return Answer(200, _head(job, "completed") | {"progress": 100, "output": output})

    def error(self, kind: str, message: str, path: str) -> Answer:
        if kind == "no_id":
            return Answer(200, {"code": 500, "msg": message or "internal error"})
        status, code, default = ERRORS[kind]
        body = {"error": {"code": code, "message": message or default, "type": "api_error"}}
        return Answer(status, body)

    def free(self, path: str, balance: Decimal) -> Answer:
        return Answer(200, {"code": 200, "msg": "success", "data": {"credits": int(balance / USD_PER_CREDIT)}})


def _is_object(value: object) -> str:
    return "" if isinstance(value, dict) else "must be an object"


def _seedance(body: Mapping[str, Any], extra: dict[str, Rule]) -> Wish:
    """An order of Seedance: frames, or references that it is told are such."""
    check(body, {"model": text(), "input": _is_object}, extra)
    needed: dict[str, Rule] = {"prompt": text(5000), "duration": among(4, 15), "aspect_ratio": one_of(*SIZES)}
    kinds = ("omni_reference", "first_and_last_frames")
    more: dict[str, Rule] = {
        "resolution": one_of(*TIERS),
        "generation_type": one_of(*kinds),
        "image_urls": addresses(9),
    }
    more |= {"generate_audio": flag, "seed": lambda v: "" if type(v) is int else "must be an integer"}
    given = body["input"]
    check(given, needed, more)
    images, size = given.get("image_urls", []), TIERS[given.get("resolution", "720p")][given["aspect_ratio"]]
    wish = Wish(given["prompt"], SEEDANCE, given["duration"], size)
    if given.get("generation_type") == "omni_reference":
        wish.references = tuple(images)
        return wish
    if len(images) > (2 if "generation_type" in given else 1):
        raise Refusal("bad_request", "image_urls are a first frame, and a last one or none")
    wish.image, wish.last, wish.sizes = (*images, "", "")[0], (*images, "", "")[1], (size,)
    return wish


def _wish(given: Mapping[str, Any], size: Pixels) -> Wish:
    images = given.get("image_urls", [])
    wish = Wish(given["prompt"], "sora-2", given["duration"], size)
    if images:
        wish.image, wish.sizes = images[0], (size,)
    return wish


def _head(job: Job, word: str) -> dict[str, object]:
    return {"id": job.id, "status": word, "model": job.model, "created_at": int(job.created)}


GATEWAY = AIVideoAPI()
