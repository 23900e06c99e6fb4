"""Runway: text to video, image to video, and remix by editing; tasks whose cost is told in credits.

Documents, checked 2026-11-21: https://docs.dev.runwayml.com (inputs, errors, task failures) and the types of the
published client runwayml 5.24.0 (bodies, ratios, states, estimate and final cost; a refunded task reports 0). A
credit is 0.01 USD (https://docs.dev.runwayml.com/guides/pricing, as others cite it). An edit takes its source in a
field that differs by model (``video`` in the entry's ``fields``) and has the source's length and shape.
"""

import json
import re
from dataclasses import replace
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from tasks.domain.errors import Locked, Refused
from tasks.domain.job import Done, Follow, Job, Pending
from tasks.domain.order import Order, Reply, Request
from tasks.providers._common import (
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
JOB_ID = ("id",)  # where a reply to a poll repeats it
HEADERS = {"X-Runway-Version": "2024-11-06"}
PATHS = {"text_to_video": "/v1/text_to_video", "image_to_video": "/v1/image_to_video", "remix": "/v1/video_to_video"}
CREDITS_PER_USD = 100
LONGEST_PROMPT = 1000  # UTF-16 units, the least that any of its models takes
NO_CREDIT = re.compile(r"not have enough credits", re.IGNORECASE)


def submit(order: Order) -> Request:
    """The paid request. Raises ``Refused`` when the model does not take the order."""
    check(order, *PATHS)
    mode, fields = order.shot.mode, order.route.model.fields
    units = len(order.prompt.encode("utf-16-le", "replace")) // 2
    if units > (longest := int(fields.get("longest_prompt", LONGEST_PROMPT))):
        raise Refused(f"takes a prompt of {longest} characters, not {units}")
    body = extras(order) | {"model": order.route.model.name, "promptText": order.prompt}
    if "generate_audio" in body:
        body["audio"] = body.pop("generate_audio")
    if mode == "remix":
        body[str(fields.get("video", "videoUri"))] = source_of(order)
    else:
        body |= {"ratio": f"{order.size.width}:{order.size.height}", "duration": int(order.seconds)}
    if frames := frames_of(order, "first", "last"):
        body["promptImage"] = [{"uri": uri, "position": where} for where, uri in frames.items()]
    if references := references_of(order):
        body["references"] = [{"uri": uri} for uri in references]
    return Request("POST", PATHS[mode], json=body, headers=HEADERS)


def accepted(reply: Reply, order: Order) -> Job | Done:
    """The receipt with the estimate. Raises ``Locked`` or another ``GatewayError`` when the reply is none."""
    job, credits = text_of(dig(reply.data, "id")), dig(reply.data, "estimatedCost", "credits")
    if is_ok(reply) and job:
        request = Request("GET", f"/v1/tasks/{quote(job, safe='')}", headers=HEADERS)
        told = text_of(str(credits) if isinstance(credits, float) else credits)
        return Job(job, request, {"estimated_credits": told} if told else {}, usd_of(credits, CREDITS_PER_USD))
    if not is_ok(reply) and NO_CREDIT.search(text_of(dig(reply.data, "error"))):
        raise Locked(said(reply))
    raise refusal(reply, own=("error",))


def progress(reply: Reply) -> Pending | Follow | Done:
    """Pending or Done with the cost. Raises ``Failed`` or ``Moderated`` when the task's own final word says so."""
    word, data = word_of(reply), reply.data
    cost: Decimal | None = usd_of(dig(data, "cost", "credits"), CREDITS_PER_USD)
    if word in ("failed", "cancelled"):
        error: dict[str, Any] = {"code": text_of(data.get("failureCode")), "message": text_of(data.get("failure"))}
        told = json.dumps({"status": word, "error": error}).encode()
        raise failure(replace(reply, body=told), charge=cost)
    if word != "succeeded":
        return waiting(reply, ("pending", "throttled", "running"))
    return Done(first_url(data.get("output")), charge=cost)
