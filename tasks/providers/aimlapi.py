"""AI/ML API: text to video and image to video.

Documents, checked 2026-11-21: https://docs.aimlapi.com/api-references/video-models/openai/sora-2-pro-i2v (bodies,
states, charge), https://docs.aimlapi.com/errors-and-messages (errors), and its FAQ: 2,000,000 credits a dollar.
An id holds ``:`` and ``/`` and travels as a query parameter. No sample shows Base64: ``image_b64_style`` says which.
"""

import re
from decimal import Decimal
from typing import Any

from tasks.domain.errors import Locked, Refused
from tasks.domain.job import Done, Follow, Job, Pending
from tasks.domain.order import Order, Reply, Request
from tasks.providers._common import (
    aspect_of,
    check,
    dig,
    extras,
    failure,
    first_url,
    is_ok,
    said,
    text_of,
    usd_of,
    waiting,
    word_of,
    words_of,
)
from tasks.providers._common.refusals import refusal

AUTH = ("Authorization", "Bearer {key}")
JOB_ID = ("id",)  # where a reply to a poll repeats it
PATH = "/v2/video/generations"
CREDITS_PER_USD = 2_000_000
RESOLUTIONS = {720: "720p", 1024: "1080p", 1080: "1080p"}  # by the short side; its 1080p is 1792x1024
NO_CREDIT = re.compile(r"run out of credits|free[ -]tier", re.IGNORECASE)
NO_MODEL = re.compile(r'"path":\s*\[\s*"model"\s*\]|(?:for|at|of|field)\W{1,3}model\b|\bmodel:', re.IGNORECASE)


def submit(order: Order) -> Request:
    """The paid request. Raises ``Refused`` when the model does not take the order."""
    check(order, "text_to_video", "image_to_video")
    resolution = RESOLUTIONS.get(min(order.size.width, order.size.height))
    if resolution is None:
        raise Refused(f"takes 720p or 1080p, not {order.size}")
    body: dict[str, Any] = {
        "model": order.route.model.name,
        "prompt": order.prompt,
        "resolution": resolution,
        "aspect_ratio": aspect_of(order.size, "16:9", "9:16"),
        "duration": int(order.seconds),
    }
    if order.shot.mode == "image_to_video" and order.frame:
        plain = order.route.options.get("image_b64_style", "data_uri") == "plain"
        body["image_url"] = re.sub(r"(?i)^data:[^,]*;base64,", "", order.frame.uri) if plain else order.frame.uri
    return Request("POST", PATH, json=extras(order) | body)


def accepted(reply: Reply, order: Order) -> Job | Done:
    """The receipt. Raises ``Locked``, ``Refused`` or another ``GatewayError`` when the reply is none."""
    job = text_of(dig(reply.data, "id"))
    if is_ok(reply) and job:
        return Job(job, Request("GET", PATH, params={"generation_id": job}))
    if NO_CREDIT.search(words_of(reply)):
        raise Locked(said(reply))
    if "under maintenance" in words_of(reply).lower() or _unknown_model(reply):
        raise Refused(said(reply), gone=True)
    raise refusal(reply, own=("message", "requestId", "statusCode"))


def _unknown_model(reply: Reply) -> bool:
    text = reply.body.decode("utf-8", "replace").replace("\\", "")
    return reply.status == 400 and bool(re.search(r"(?i)invalid[ _]enum", text) and NO_MODEL.search(text))


def _charge(reply: Reply) -> Decimal | None:
    usage = dig(reply.data, "meta", "usage")
    both = (usd_of(dig(usage, "usd_spent")), usd_of(dig(usage, "credits_used"), CREDITS_PER_USD))
    good = [one for one in both if one is not None and one.is_finite() and one >= 0]
    return next(filter(None, (*good, *both)), good[0] if good else None)


def progress(reply: Reply) -> Pending | Follow | Done:
    """Pending or Done with the charge. Raises ``Failed`` or ``Moderated`` when the job's own final word says so."""
    word = word_of(reply)
    if word in ("error", "failed"):
        raise failure(reply, charge=_charge(reply))
    if word != "completed":
        return waiting(reply, ("queued", "waiting", "generating", "active"))
    return Done(first_url(dig(reply.data, "video", "url")), charge=_charge(reply))
