"""Pixazo: text to video and image to video by sora-2-pro.

Documents, checked 2026-11-21: the Sora 2 Pro pages of https://gateway.pixazo.ai/sora-video/v1 (requests, status
endpoint, errors, "ERROR: not charged"; of FAILED they say nothing).
The reply to an order names a request_id and a polling_url. The address is not followed: the documented path with
the same id is asked, so that the key goes nowhere else. ``result_mode = "legacy"`` asks the older result endpoint.
"""

from typing import Any
from urllib.parse import quote

from tasks.domain.job import Done, Follow, Job, Pending
from tasks.domain.order import Order, Reply, Request
from tasks.providers._common import (
    check,
    dig,
    extras,
    failure,
    first_url,
    is_ok,
    text_of,
    waiting,
    word_of,
)
from tasks.providers._common.refusals import refusal

AUTH = ("Ocp-Apim-Subscription-Key", "{key}")
JOB_ID = ("request_id",)  # where a reply to a poll repeats it
HEADERS = {"Cache-Control": "no-cache"}
PATHS = {
    "text_to_video": "/sora-video/v1/video/generate",
    "image_to_video": "/sora-video/v1/video/i2v/generate",
}


def submit(order: Order) -> Request:
    """The paid request. Raises ``Refused`` when the model does not take the order."""
    check(order, *PATHS)
    body: dict[str, Any] = {
        "model": order.route.model.name,
        "prompt": order.prompt,
        "size": str(order.size),
        "seconds": int(order.seconds),
    }
    if order.shot.mode == "image_to_video" and order.frame:
        body["image"] = order.frame.uri
    return Request("POST", PATHS[order.shot.mode], json=extras(order) | body, headers=HEADERS)


def accepted(reply: Reply, order: Order) -> Job | Done:
    """The receipt. Raises ``GatewayError``, of the kind that the reply means, when it is none."""
    legacy = order.route.options.get("result_mode", "universal") == "legacy"
    job = text_of(dig(reply.data, "request_id"))
    if legacy:
        job = text_of(dig(reply.data, "video_id")) or job
    if is_ok(reply) and job:
        return Job(job, _result(job) if legacy else _status(job))
    raise refusal(reply, own=("error", "message"), locked=("insufficient balance",), gone=("model not found",))


def _status(job: str) -> Request:
    return Request("GET", f"/v2/requests/status/{quote(job, safe='')}", headers=HEADERS)


def _result(job: str) -> Request:
    return Request("POST", "/sora-video/v1/video/result", json={"video_id": job}, headers=HEADERS)


def progress(reply: Reply) -> Pending | Follow | Done:
    """Pending or Done. Raises ``Failed`` or ``Moderated`` when the job's own final word says so."""
    word, output = word_of(reply), dig(reply.data, "output")
    if word in ("failed", "error"):
        raise failure(reply, free=True if word == "error" else None)
    if word != "completed":
        return waiting(reply, ("queued", "processing", "in_progress"))
    places = (dig(output, "media_url"), dig(reply.data, "video_url"), dig(output, "video_url"))
    return Done(first_url(*places))
