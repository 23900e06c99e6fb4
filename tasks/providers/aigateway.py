"""AIgateway: text to video, image to video, remix.

Documents, checked 2026-11-21: https://aigateway.sh/docs/async-jobs (job states, results, 304, no charge for
failed jobs), https://aigateway.sh/docs/rate-limits, the pages of its sora-2 models (bodies, table of errors).
No document names the field of the image or of the remix source: both are options. ``delete_video`` is what the
remix of the presumable upstream takes (https://fal.ai/models/fal-ai/sora-2/video-to-video/remix): its default
deletes the source.
"""

from typing import Any
from urllib.parse import quote

from tasks.domain.errors import Refused
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
    text_of,
    usd_of,
    waiting,
    word_of,
)
from tasks.providers._common.refusals import refusal

AUTH = ("Authorization", "Bearer {key}")
JOB_ID = ("id",)  # where a reply to a poll repeats it
LOCKED = ("authentication_error", "invalid_key", "insufficient_credits", "budget_exceeded", "scope_exceeded")
OWN = ("error.type", "error.message")
BUSY = ("rate_limit_error", "rate_limited", "500 server_error")  # the last one: documented, nothing accepted


def submit(order: Order) -> Request:
    """The paid request. Raises ``Refused`` when the model does not take the order."""
    check(order, "text_to_video", "image_to_video", "remix")
    options, mode = order.route.options, order.shot.mode
    body: dict[str, Any] = {"model": order.route.model.name, "prompt": order.prompt}
    if mode != "remix" or options.get("send_duration_on_remix", True):
        body |= {"duration": int(order.seconds), "aspect_ratio": aspect_of(order.size)}
    if mode == "image_to_video" and order.frame:
        field = str(options.get("image_field", "image_url"))
        body[field.removesuffix("[]")] = [order.frame.uri] if field.endswith(("s", "[]")) else order.frame.uri
    if mode == "remix":
        body |= _source(order) | {"delete_video": False}
    return Request("POST", "/v1/videos/generations", json=extras(order) | body)


def _source(order: Order) -> dict[str, str]:
    """A clip made here goes by its id, any other by its address."""
    source, remix = order.source, order.route.model.remix
    field = str(order.route.options.get("remix_source_field", "video_id"))
    own = (source.remote_ids.get("video_id") or source.job_id) if source else ""
    if source and source.provider == "aigateway" and own and field != "video_url":
        return {field: own}
    if not (source and first_url(source.uri)):
        raise Refused("remix needs a source with an http address, or one made by aigateway")
    if remix and "url" not in remix:
        raise Refused("remixes only what aigateway made")
    return {"video_url": source.uri}


def accepted(reply: Reply, order: Order) -> Job | Done:
    """The receipt. Raises ``GatewayError``, of the kind that the reply means, when it is none."""
    job = text_of(dig(reply.data, "id"))
    if is_ok(reply) and job:
        return Job(job, Request("GET", f"/v1/jobs/{quote(job, safe='')}"))
    raise refusal(reply, own=OWN, locked=LOCKED, gone=("not_found",), busy=BUSY)


def progress(reply: Reply) -> Pending | Follow | Done:
    """Pending or Done. Raises ``Failed`` or ``Moderated`` when the job's own final word says so."""
    word, result = word_of(reply), dig(reply.data, "result")
    if word in ("failed", "cancelled", "canceled"):
        raise failure(reply)
    if word != "completed":
        return waiting(reply, ("queued", "processing", "running"))
    more = (dig(reply.data, "result_url"), dig(reply.data, "data", "result_url"), dig(result, "video", "url"))
    video = text_of(dig(result, "video_id"))
    ids = {"video_id": video} if video else {}
    cost = usd_of(dig(reply.data, "usage", "cost_cents"), 100)  # documented of the record that a webhook gets
    return Done(first_url(dig(result, "url"), dig(result, "file_url"), *more), cost, ids)
