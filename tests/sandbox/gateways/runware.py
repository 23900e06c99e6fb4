"""Runware: an array of one task, its id chosen by the client; orders and questions at one path; the cost in the reply.

Documents: the pages on task polling and errors, the types of its published client (fields of a task, of its result);
the pixels and prices of Seedance as users of the service quote them. A repeated id is refused for ten minutes here, and
an id that nobody ordered is answered as one that has not begun. Of failed tasks no page says what they cost: free here.
"""

import re
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
    text,
)

RATES: dict[str, dict[int, str]] = {  # US dollars a second by the short side
    "bytedance:seedance@2.0": {720: "0.2", 960: "0.2", 1080: "0.45"},
    "bytedance:seedance@2.0-fast": {720: "0.16", 960: "0.16"},
    "bytedance:seedance@2.0-mini": {720: "0.096", 960: "0.096"},
    "bytedance:seedance@2.5": {480: "0.1025", 720: "0.2304"},
}
EDIT = "bytedance:seedance@2.5"
EDITED: dict[int, str] = {480: "0.1313", 720: "0.2953"}
LARGE: tuple[Pixels, ...] = ((1920, 1080), (1080, 1920))
SMALL: tuple[Pixels, ...] = ((854, 480), (480, 854))
SIZES: tuple[Pixels, ...] = (LANDSCAPE, PORTRAIT, (960, 960), *LARGE, *SMALL)
ERRORS: dict[str, tuple[int, str, str]] = {
    "rate": (429, "rateLimit", "Too many requests"),
    "busy": (503, "serviceUnavailable", "Service Unavailable"),
    "server_error": (500, "internalError", "Internal error"),
    "auth": (401, "invalidApiKey", "Invalid API key. Get one at https://runware.example/signup"),
    "out_of_money": (400, "videoInferenceInsufficientCredits", "Requires a paid invoice or 5 USD of credit"),
    "spend_limit": (402, "insufficientCredits", "Your balance is too low"),
    "model_gone": (400, "invalidModel", "The model does not exist"),
    "bad_request": (400, "invalidParameter", "Invalid value"),
    "moderated": (400, "invalidProviderContent", POLICY),
}
NEEDED: dict[str, Rule] = {
    "taskType": one_of("videoInference"),
    "taskUUID": lambda v: "" if _is_uuid(v) else "must be a UUID v4",
    "deliveryMethod": one_of("async"),
    "model": text(),
    "positivePrompt": text(),
}
OPTIONAL: dict[str, Rule] = {
    "includeCost": flag,
    "outputType": one_of("URL"),
    "outputFormat": one_of("MP4", "WEBM"),
    "seed": lambda v: "" if type(v) is int else "must be an integer",
    "settings": lambda v: "" if isinstance(v, dict) and all(isinstance(v[k], bool) for k in v) else "must be flags",
}


class Runware(Gateway):
    """The protocol of api.runware.ai over HTTP."""

    name = "runware"
    submits = ("/v1",)
    polls = ()
    words = ("processing",)
    remembers_s = 600.0
    shapes = ("no_cost", "error_in_data", "unknown_task")

    def read(self, value: object) -> dict[str, Any] | None:
        one = value[0] if isinstance(value, list) and len(value) == 1 else None
        return one if isinstance(one, dict) else None

    def asked_by(self, body: Mapping[str, Any]) -> str:
        right = set(body) == {"taskType", "taskUUID"} and body["taskType"] == "getResponse"
        return str(body["taskUUID"]) if right else ""

    def order_id(self, body: Mapping[str, Any]) -> str:
        return str(body.get("taskUUID", ""))

    def prompt(self, body: Mapping[str, Any]) -> str:
        return super().prompt({"prompt": body.get("positivePrompt", "")})

    def new_id(self, wish: Wish) -> str:
        return wish.id

    def wish(self, call: Call) -> Wish:
        body, model = call.body, str(call.body.get("model", ""))
        if model not in RATES:
            raise Refusal("model_gone")
        inputs = body.get("inputs", {})
        if isinstance(inputs, dict) and set(inputs) == {"referenceVideos"} and model == EDIT:
            check(body, NEEDED | {"inputs": _videos}, OPTIONAL)
            [video] = inputs["referenceVideos"]
            return Wish(
                body["positivePrompt"], f"{model}#edit", 5, None, video=video, measured=True, id=body["taskUUID"]
            )
        longest = 30 if model == EDIT else 15
        frames = _frames(inputs)
        frame = frames.get("first", "")
        sized: dict[str, Rule] = {"width": among(256, 4096), "height": among(256, 4096)}
        framed: dict[str, Rule] = {"resolution": one_of("480p", "720p", "1080p"), "inputs": lambda v: _framed(v)}
        shown: dict[str, Rule] = {"inputs": _shown} if isinstance(inputs, dict) and "referenceImages" in inputs else {}
        shape = sized | shown if shown or not inputs else framed
        check(body, NEEDED | {"duration": among(4, longest)} | shape, OPTIONAL)
        size = None if frame else (body["width"], body["height"])
        short = int(body["resolution"][:-1]) if frame else min(body["width"], body["height"])
        if short not in RATES[model] or (size and size not in SIZES):
            raise Refusal("bad_request", f"{model} has no such size")
        wish = Wish(body["positivePrompt"], model, body["duration"], size, id=body["taskUUID"], image=frame)
        wish.shapes = tuple(one for one in SIZES if min(one) == short)
        wish.last, wish.references = frames.get("last", ""), tuple(inputs["referenceImages"] if shown else ())
        return wish

    def price(self, model: str, size: Pixels, seconds: int) -> Decimal:
        name, _, edit = model.partition("#")
        return Decimal((EDITED if edit else RATES[name])[min(size)]) * seconds

    def accepted(self, job: Job, call: Call) -> Answer:
        return Answer(200, {"data": [{"taskType": "videoInference", "taskUUID": job.id}]})

    def repeated(self, job: Job, call: Call) -> Answer:
        told = f"Task {job.id} exists already"
        return Answer(400, {"data": [], "errors": [_error("conflictTaskUUID", told, job.id)]})

    def pending(self, job: Job, word: str) -> Answer:
        if job.shape == "unknown_task":
            return Answer(200, {"data": []})
        return Answer(200, {"data": [_head(job) | {"status": word}]})

    def finished(self, job: Job, url: str) -> Answer:
        if job.ending != "completed":
            code = "invalidProviderContent" if job.ending == "moderated" else "timeoutProvider"
            error = _error(code, job.message, job.id) | {"status": "error"}
            if job.charged:
                error["cost"] = float(job.billed)
            found = {"data": [error]} if job.shape == "error_in_data" else {"data": [], "errors": [error]}
            return Answer(200, found)
        result: dict[str, object] = _head(job) | {"status": "success", "videoUUID": str(uuid.uuid4()), "seed": 7}
        result |= {"videoURL": url} if url else {}
        return Answer(200, {"data": [result | ({} if job.shape == "no_cost" else {"cost": float(job.billed)})]})

    def error(self, kind: str, message: str, path: str) -> Answer:
        if kind == "no_id":
            return Answer(200, {"data": [{"taskType": "videoInference"}]})
        if kind == "not_found":
            known = path == "/v1"  # a task of this id has not begun
            return Answer(200, {"data": []}) if known else Answer(404, {"errors": [_error("notFound", "Not found")]})
        status, code, default = ERRORS[kind]
        return Answer(status, {"data": [], "errors": [_error(code, message or default)]})


def _is_uuid(value: object) -> bool:
    form = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
    return isinstance(value, str) and bool(re.fullmatch(form, value))


def _frames(inputs: object) -> dict[str, str]:
    """The addresses of the frames, the first one among them; none where the inputs are anything else."""
    listed = inputs.get("frameImages") if isinstance(inputs, dict) and set(inputs) == {"frameImages"} else None
    found: dict[str, str] = {}
    for one in listed if isinstance(listed, list) else []:
        right = isinstance(one, dict) and set(one) == {"image", "frame"} and isinstance(one["image"], str)
        if not right or one["frame"] not in ("first", "last") or one["frame"] in found:
            return {}
        found[one["frame"]] = one["image"]
    return found if "first" in found else {}


def _framed(inputs: object) -> str:
    return "" if _frames(inputs) else "must be one image as the first frame, and one as the last or none"


def _shown(inputs: object) -> str:
    alone = isinstance(inputs, dict) and set(inputs) == {"referenceImages"}
    return addresses(9)(inputs["referenceImages"]) if alone and isinstance(inputs, dict) else "are frames or references"


def _videos(inputs: object) -> str:
    videos = inputs["referenceVideos"] if isinstance(inputs, dict) else None
    right = isinstance(videos, list) and len(videos) == 1 and isinstance(videos[0], str)
    return "" if right else "must be one video"


def _head(job: Job) -> dict[str, object]:
    return {"taskType": "videoInference", "taskUUID": job.id}


def _error(code: str, message: str, job: str = "") -> dict[str, object]:
    return {"code": code, "message": message} | ({"taskType": "videoInference", "taskUUID": job} if job else {})


GATEWAY = Runware()
