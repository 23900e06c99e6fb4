"""xAI: Grok Imagine; text to video, image to video, and remix by editing or extending; cost in ticks of a dollar.

Documents, checked 2026-11-26: https://docs.x.ai/developers/model-capabilities/video (limits, edits, extensions) and the
published clients @ai-sdk/xai 3.0.138 (paths, bodies, words; 202 with any body or none while a job is at work; one that
moderation stopped is done with ``respect_moderation`` false) and xai-sdk 1.21.0 (ticks, data URIs). What is left out of
an order is made at 480p and 8 s, and billed: both are always sent. An entry whose ``fields`` say ``extend`` adds its
seconds to the source's. A wrong key is refused under 400, as users of the service quote it. A last frame is known to
xai-sdk alone, which speaks gRPC: ``last_frame_field`` is its name in JSON.
"""

import re
from typing import Any
from urllib.parse import quote

from tasks.domain.errors import Locked, Moderated
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
)
from tasks.providers._common.inputs import frames_of, references_of, source_of
from tasks.providers._common.refusals import refusal

AUTH = ("Authorization", "Bearer {key}")
PATH, TICKS_PER_USD = "/v1/videos", 10**10
NO_KEY = re.compile(r"(?:incorrect|invalid)(?: |%20)api(?: |%20)key", re.IGNORECASE)
BLOCKED = "stopped by content moderation"


def submit(order: Order) -> Request:
    """The paid request. Raises ``Refused`` when the model does not take it."""
    check(order, "text_to_video", "image_to_video", "remix")
    body = extras(order) | {"model": order.route.model.path, "prompt": order.prompt}
    if order.shot.mode == "remix":
        return _from_video(order, body)
    body |= {"duration": int(order.seconds), "aspect_ratio": aspect_of(order.size)}
    body["resolution"] = f"{min(order.size)}p"
    last = str(order.route.options.get("last_frame_field", "last_frame"))
    body |= {name: {"url": uri} for name, uri in frames_of(order, "image", last).items()}
    if references := references_of(order):
        body["reference_images"] = [{"url": uri} for uri in references]
    return Request("POST", f"{PATH}/generations", json=body)


def _from_video(order: Order, body: dict[str, Any]) -> Request:
    """An edit, which has its source's length and shape, or an extension, which has the shape alone."""
    body["video"] = {"url": source_of(order)}
    if order.route.model.fields.get("extend"):
        return Request("POST", f"{PATH}/extensions", json=body | {"duration": int(order.seconds)})
    return Request("POST", f"{PATH}/edits", json=body)


def accepted(reply: Reply, order: Order) -> Job | Done:
    """The receipt. Raises ``Locked`` when the key is wrong, or whatever else the order was answered with."""
    job = text_of(dig(reply.data, "request_id"))
    if is_ok(reply) and job:
        return Job(job, Request("GET", f"{PATH}/{quote(job, safe='')}"))
    if reply.status == 400 and NO_KEY.search(said(reply)):
        raise Locked(said(reply))
    raise refusal(reply, own=("code", "error"))


def progress(reply: Reply) -> Pending | Follow | Done:
    """Pending or Done with the cost. Raises ``Failed`` or ``Moderated`` when the job's own final word says so."""
    word, video = word_of(reply), dig(reply.data, "video")
    if reply.status == 202:
        return waiting(reply, ("pending",), word or "pending")
    cost, url = usd_of(dig(reply.data, "usage", "cost_in_usd_ticks"), TICKS_PER_USD), first_url(dig(video, "url"))
    if word in ("failed", "expired"):
        raise failure(reply, charge=cost)
    if word == "done" and dig(video, "respect_moderation") is False:
        raise Moderated(BLOCKED, charge=cost)
    if word == "done" or (is_ok(reply) and url and not word):
        return Done(url, charge=cost)
    return waiting(reply, ("pending",))
