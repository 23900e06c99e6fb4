"""Pixazo: a path a model family, 202 with a polling URL, upper-case statuses, one status endpoint for all.

Document: Pixazo's Sora 2 Pro page (fields, exact image sizes, price table, ERROR is not charged).
Where it is silent: FAILED is charged here, seconds left out are 4, size left out at text-to-video is 1280x720.
"""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import ClassVar

from tests.sandbox.protocol import (
    LANDSCAPE,
    LANDSCAPE_LARGE,
    POLICY,
    PORTRAIT,
    PORTRAIT_LARGE,
    Answer,
    Call,
    Gateway,
    Job,
    Pixels,
    Refusal,
    Rule,
    Wish,
    check,
    one_of,
    pixels,
    text,
    whole,
)

TEXT_PATH, IMAGE_PATH = "/sora-video/v1/video/generate", "/sora-video/v1/video/i2v/generate"
SIZES = (LANDSCAPE, PORTRAIT, LANDSCAPE_LARGE, PORTRAIT_LARGE)
SMALL = {4: Decimal("1.5"), 8: Decimal("3"), 12: Decimal("4.5")}
LARGE = {4: Decimal("2.5"), 8: Decimal("5"), 12: Decimal("7.5")}
WORDS = {"completed": "COMPLETED", "failed": "FAILED", "moderated": "FAILED", "error": "ERROR"}
ERRORS: dict[str, tuple[int, str, str]] = {
    "rate": (429, "Too Many Requests", "Too many requests."),
    "busy": (503, "Service Unavailable", "The service is not available now."),
    "server_error": (500, "Internal Server Error", "Something went wrong."),
    "auth": (401, "Unauthorized", "Access denied due to missing or invalid subscription key."),
    "out_of_money": (402, "Insufficient Balance", "Your wallet does not have enough balance."),
    "spend_limit": (402, "Insufficient Balance", "Your wallet does not have enough balance."),
    "not_found": (404, "Not Found", "Resource not found."),
    "model_gone": (400, "Model not found", "Model 'sora-video' not found or is disabled"),
    "bad_request": (400, "Bad Request", "The request is not valid."),
    "moderated": (400, "Bad Request", POLICY),
}
OPTIONAL: dict[str, Rule] = {
    "model": text(),
    "size": one_of(*(f"{width}x{height}" for width, height in SIZES)),
    "seconds": whole(4, 8, 12),
    "callback_url": text(),
}


def _iso(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Pixazo(Gateway):
    """The protocol of gateway.pixazo.ai."""

    name = "pixazo"
    key_header = "ocp-apim-subscription-key"
    key_prefix = ""
    submits = (TEXT_PATH, IMAGE_PATH)
    polls = ("/v2/requests/status/{id}",)
    words = ("QUEUED", "PROCESSING")
    shapes = ("string", "foreign_polling_url", "no_polling_url")
    failed_is_charged: ClassVar[Mapping[str, bool]] = {"failed": True, "moderated": True}

    def new_id(self, wish: Wish) -> str:
        return f"sora-video_{uuid.uuid4()}"

    def wish(self, call: Call) -> Wish:
        body, with_image = call.body, call.path == IMAGE_PATH
        required: dict[str, Rule] = {"prompt": text()}
        if with_image:
            required["image"] = text(20_000_000)
        check(body, required, OPTIONAL)
        model = body.get("model", "sora-2-pro")
        if model != "sora-2-pro":
            raise Refusal("model_gone", f"Model '{model}' not found or is disabled")
        size = pixels(body["size"]) if "size" in body else None if with_image else LANDSCAPE
        wish = Wish(body["prompt"], model, body.get("seconds", 4), size)
        if with_image:
            wish.image, wish.sizes = body["image"], (size,) if size else SIZES
        return wish

    def price(self, model: str, size: Pixels, seconds: int) -> Decimal:
        return (SMALL if size in (LANDSCAPE, PORTRAIT) else LARGE)[seconds]

    def accepted(self, job: Job, call: Call) -> Answer:
        body = {"request_id": job.id, "status": "QUEUED"}
        root = "https://foreign.example" if job.shape == "foreign_polling_url" else call.root
        if job.shape != "no_polling_url":
            body["polling_url"] = f"{root}/v2/requests/status/{job.id}"
        return Answer(202, body)

    def pending(self, job: Job, word: str) -> Answer:
        return Answer(200, self._body(job, word))

    def finished(self, job: Job, url: str) -> Answer:
        body = self._body(job, WORDS[job.ending]) | {"completed_at": _iso(job.created)}
        if job.ending != "completed":
            return Answer(200, body | {"error": job.message})
        urls: object = url if job.shape == "string" else [url] if url else []
        return Answer(200, body | {"output": {"media_url": urls, "media_type": "application/octet-stream"}})

    def error(self, kind: str, message: str, path: str) -> Answer:
        if kind == "no_id":
            return Answer(202, {"status": "QUEUED"})
        status, title, default = ERRORS[kind]
        return Answer(status, {"error": title, "message": message or default})

    def _body(self, job: Job, word: str) -> dict[str, object]:
        times = {"created_at": _iso(job.created), "updated_at": _iso(job.created), "completed_at": None}
        head: dict[str, object] = {"request_id": job.id, "status": word, "model_id": "sora-video", "error": None}
        return head | {"output": None} | times


GATEWAY = Pixazo()
