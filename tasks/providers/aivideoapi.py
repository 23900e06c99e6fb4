"""AI Video API: text to video and image to video.

Documents, checked 2026-11-21: https://aivideoapi.ai/docs/en/video-generation/sora-2 (nested body, task, errors,
failed tasks are refunded). The flat body stands only on the product page and has no field for an image:
``body_style = "flat"`` sends it. Data URIs are documented nowhere: ``allow_data_uri = true`` tries them.
"""

from dataclasses import replace
from typing import Any
from urllib.parse import quote

from tasks.domain.errors import Moderated, Refused, Unclear
from tasks.domain.job import Done, Follow, Job, Pending
from tasks.domain.order import Order, Reply, Request
from tasks.providers._common import (
    aspect_of,
    check,
    codes_of,
    dig,
    extras,
    failure,
    first_url,
    is_ok,
    said,
    speaks_of_policy,
    text_of,
    waiting,
    whole_of,
    word_of,
)
from tasks.providers._common.inputs import frames_of, references_of
from tasks.providers._common.refusals import refusal

AUTH = ("Authorization", "Bearer {key}")
JOB_ID = ("id",)  # where a reply to a poll repeats it
OWN = ("error.code", "error.message")
LOCKED = ("spend_limit_exceeded", "insufficient_credits", "invalid_api_key", "ip_not_allowed")


def submit(order: Order) -> Request:
    """The paid request. Raises ``Refused`` when the model does not take the order."""
    check(order, "text_to_video", "image_to_video")
    flat = order.route.options.get("body_style", "nested") == "flat"
    body: dict[str, Any] = {"prompt": order.prompt, "duration": int(order.seconds)}
    body |= {"size": str(order.size)} if flat else {"aspect_ratio": aspect_of(order.size)}
    references = references_of(order)
    if pictures := [*frames_of(order).values(), *references]:
        body["image_urls"] = [_image(order, uri, flat) for uri in pictures]
    if references or order.last_frame:
        body["generation_type"] = "omni_reference" if references else "first_and_last_frames"
    if order.route.model.fields.get("resolution") and not flat:
        body["resolution"] = f"{min(order.size)}p"
    body = extras(order) | body
    name = order.route.model.name
    envelope = {"model": name, **body} if flat else {"model": name, "input": body}
    return Request("POST", "/v1/videos/generations", json=envelope)


def _image(order: Order, uri: str, flat: bool) -> str:
    if flat:
        raise Refused("the flat body has no field for an image")
    if uri[:5].lower() == "data:" and not order.route.options.get("allow_data_uri", False):
        raise Refused("takes an image only by its address, not as a data URI")
    return uri


def accepted(reply: Reply, order: Order) -> Job | Done:
    """The receipt; the body's ``code`` counts before the HTTP status.

    Raises ``Unclear``, ``Moderated`` or another ``GatewayError`` when the reply is none.
    """
    code, task = whole_of(dig(reply.data, "code")), text_of(dig(reply.data, "data", "taskId"))
    good = code is None or 200 <= code < 300
    if is_ok(reply) and task and good:
        return Job(task, Request("GET", f"/v1/tasks/{quote(task, safe='')}"))
    if is_ok(reply) and task:
        raise Unclear(f"task {task[:80]} came with {said(reply)}"[:300])
    if "upstream_error" in codes_of(reply) and speaks_of_policy(reply):
        raise Moderated(said(reply))  # documented: this code also covers sensitive input
    if is_ok(reply) and code is not None and 300 <= code < 500:
        reply = replace(reply, status=code)
    raise refusal(reply, own=OWN, locked=LOCKED, gone=("model_not_found",), busy=("rate_limit_exceeded",))


def progress(reply: Reply) -> Pending | Follow | Done:
    """Pending or Done. Raises ``Failed`` or ``Moderated`` when the task's own final word says so."""
    word = word_of(reply)
    if word == "failed":
        raise failure(reply)
    if word != "completed":
        return waiting(reply, ("pending", "processing"))
    return Done(first_url(dig(reply.data, "output", "urls")))
