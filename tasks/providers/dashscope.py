"""Alibaba DashScope (Model Studio): text to video, image to video, and remix by editing; errors also under HTTP 200.

Documents, checked 2026-11-26: https://www.alibabacloud.com/help/en/model-studio/happyhorse-image-to-video-api-reference,
.../wan-video-editing-api-reference (call, header, task), https://help.aliyun.com/en/model-studio/error-code-start
(codes) and the client dashscope 2.0.2 (media, states). A refused call has a ``code`` and no ``output``; LiteLLM 1.108
reads one under 200. Pictures as data URIs are what others send: ``allow_data_uri``.
"""

import json
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from tasks.domain.errors import Refused
from tasks.domain.job import Done, Follow, Job, Pending
from tasks.domain.order import Order, Reply, Request
from tasks.providers._common import aspect_of, check, dig, extras, failure, first_url, is_ok, text_of, waiting
from tasks.providers._common.inputs import by_role, source_of
from tasks.providers._common.refusals import refusal

AUTH = ("Authorization", "Bearer {key}")
JOB_ID = ("output", "task_id")  # where a reply to a poll repeats it
HEADERS = {"X-DashScope-Async": "enable"}  # without it the call is refused
PATH = "/api/v1/services/aigc/video-generation/video-synthesis"
TIERS = {480: "480P", 720: "720P", 960: "720P", 1080: "1080P", 1440: "1080P"}  # a square has the pixels of its tier
STATUSES = {  # of the codes that begin so
    "throttling": 429,
    "limitrequests": 429,
    "invalidapikey": 401,
    "invalid_api_key": 401,
    "arrearage": 402,  # comes under 400
    "accessdenied": 403,
    "modelnotfound": 404,
    "model_not_found": 404,
    "datainspection": 400,
    "invalid": 400,
}


def submit(order: Order) -> Request:
    """The paid request. Raises ``Refused`` when the model does not take it."""
    check(order, "text_to_video", "image_to_video", "remix")
    mode, model, more = order.shot.mode, order.route.model, extras(order)
    told: dict[str, Any] = {"prompt": order.prompt}
    if "negative_prompt" in more:
        told["negative_prompt"] = more.pop("negative_prompt")
    if "generate_audio" in more:
        more["audio"] = more.pop("generate_audio")
    more["resolution"] = _tier(order)
    media = by_role(order)
    inline = any(uri[:5].lower() == "data:" for _, uri in media)
    if inline and not order.route.options.get("allow_data_uri", True):
        raise Refused("takes an image only by its address, not as a data URI")
    if mode == "remix":  # as long as its source, and in its shape
        media.insert(0, (str(model.fields.get("video", "video")), source_of(order, inline=False)))
    else:
        more["duration"] = int(order.seconds)
    if mode == "text_to_video":  # else in the shape of its picture
        more["ratio"] = aspect_of(order.size)
    told |= {"media": [{"type": kind, "url": uri} for kind, uri in media]} if media else {}
    return Request("POST", PATH, {"model": model.path, "input": told, "parameters": more}, headers=HEADERS)


def _tier(order: Order) -> str:
    tier = TIERS.get(min(order.size.width, order.size.height))
    if tier is None:
        raise Refused(f"takes {', '.join(dict.fromkeys(TIERS.values()))}, not {order.size}")
    return tier


def accepted(reply: Reply, order: Order) -> Job | Done:
    """The receipt, or the error that the order was answered with: the body's ``code`` before the HTTP status."""
    job, code = text_of(dig(reply.data, "output", "task_id")), text_of(reply.data.get("code")).lower()
    if is_ok(reply) and job:
        return Job(job, Request("GET", f"/api/v1/tasks/{quote(job, safe='')}"))
    meant = next((status for start, status in STATUSES.items() if code.startswith(start)), reply.status)
    raise refusal(replace(reply, status=meant) if reply.status < 500 else reply, own=("code", "message"))


def progress(reply: Reply) -> Pending | Follow | Done:
    """Pending or Done; ``Failed`` or ``Moderated`` by the task's own final word."""
    output = dig(reply.data, "output") if is_ok(reply) else None
    word = text_of(dig(output, "task_status")).lower()
    if word in ("failed", "canceled"):
        error = {name: text_of(dig(output, name)) for name in ("code", "message")}
        raise failure(replace(reply, body=json.dumps({"status": word, "error": error}).encode()))
    if word != "succeeded":  # "unknown" is a task whose id is gone, and no word of how it ended
        return waiting(reply, ("pending", "running", "suspended", "unknown"), word)
    return Done(first_url(dig(output, "video_url")))
