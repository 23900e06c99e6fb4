"""MiniMax (Hailuo) H3 by its second API: text to video, image to video, and remix with a video as reference.

Documents, checked 2026-11-26: https://platform.minimax.io/docs/api-reference/video-generation-v2-query (task, states),
.../video-generation-v2-list, https://platform.minimaxi.com/docs/api-reference/video-generation-v2-regeneration (errors,
with a number of its own at the end of each message). The page on orders was not read itself: roles and tiers are those
that LiteLLM 1.108 and Comfy's router send, and the role of a source stands in the model's entry (``role``). Tasks are
listed without any id of ours, so a lost order cannot be looked for.
"""

import json
import re
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from tasks.domain.errors import Refused
from tasks.domain.job import Done, Follow, Job, Pending
from tasks.domain.order import Order, Reply, Request
from tasks.providers._common import aspect_of, check, dig, extras, failure, first_url, is_ok, text_of, waiting, whole_of
from tasks.providers._common.inputs import by_role, source_of
from tasks.providers._common.refusals import refusal

AUTH = ("Authorization", "Bearer {key}")
JOB_ID = ("task", "id")  # where a reply to a poll repeats it
PATH, POLL = "/v2/video_generation", "/v2/query/video_generation"
TIERS = {480: "480P", 768: "768P", 1440: "2K"}
NUMBER = re.compile(r"\((\d{4})\)\s*$")
STATUSES = {"1002": 429, "1004": 401, "1008": 402, "1026": 422, "2013": 400}  # of the numbers, as they are documented


def submit(order: Order) -> Request:
    """The paid request. Raises ``Refused`` when the model does not take it."""
    check(order, "text_to_video", "image_to_video", "remix")
    mode, model = order.shot.mode, order.route.model
    tier = TIERS.get(min(order.size.width, order.size.height))
    if tier is None:
        raise Refused(f"takes {', '.join(TIERS.values())}, not {order.size}")
    content: list[dict[str, Any]] = [{"type": "text", "text": order.prompt}]
    body = {"model": model.path, "content": content, "resolution": tier, "duration": int(order.seconds)}
    content += [_media("image_url", role, uri) for role, uri in by_role(order)]
    if mode != "image_to_video":  # which comes in the shape of its picture
        body["ratio"] = aspect_of(order.size)
    if mode == "remix":
        content.append(_media("video_url", str(model.fields.get("role", "reference_video")), source_of(order)))
    return Request("POST", PATH, json=extras(order) | body)


def _media(kind: str, role: str, uri: str) -> dict[str, Any]:
    return {"type": kind, kind: {"url": uri}, "role": role}


def accepted(reply: Reply, order: Order) -> Job | Done:
    """The receipt, or the error that the order was answered with: the number in its words before the HTTP status."""
    job = text_of(reply.data.get("task_id"))
    if is_ok(reply) and job:
        return Job(job, Request("GET", f"{POLL}/{quote(job, safe='')}"))
    raise refusal(_meant(reply), own=("error.type", "error.message", "request_id"))


def _meant(reply: Reply) -> Reply:
    """The reply under the status that its words stand for; `base_resp` is how the older API says the same."""
    error, old = dig(reply.data, "error"), dig(reply.data, "base_resp")
    message = text_of(dig(error, "message")) or text_of(dig(old, "status_msg"))
    number = found[1] if (found := NUMBER.search(message)) else text_of(dig(old, "status_code"))
    meant = STATUSES.get(number) or whole_of(dig(error, "http_code")) or reply.status
    if reply.status >= 500 or not message:
        return reply
    body = _error(text_of(dig(error, "type")) or number, message)
    return replace(reply, body=body, status=meant if 400 <= meant < 500 else reply.status)


def _error(code: str, message: str, word: str = "") -> bytes:
    return json.dumps({"status": word, "error": {"code": code, "message": message}}).encode()


def progress(reply: Reply) -> Pending | Follow | Done:
    """Pending or Done; ``Failed`` or ``Moderated`` by the task's own final word."""
    task = dig(reply.data, "task") if is_ok(reply) else None
    word, error = text_of(dig(task, "status")).lower(), dig(task, "error")
    if word in ("failed", "cancelled", "expired"):
        told = _error(text_of(dig(error, "code")), text_of(dig(error, "message")), word)
        raise failure(replace(reply, body=told))
    if word != "succeeded":
        return waiting(reply, ("queued", "running"), word)
    return Done(first_url(dig(task, "content", "url")))
