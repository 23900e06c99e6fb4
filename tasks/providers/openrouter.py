"""OpenRouter: text to video and image to video, one shape for every model, the cost in the reply.

Documents, checked 2026-11-21: https://openrouter.ai/docs/guides/overview/multimodal/video-generation and the types
of the published client openrouter 1.3.84 (body, states, signed and unsigned addresses, usage, errors whose ``code``
is an HTTP status). The polling_url is not followed: the documented path with the same id is asked.
``size_style = "resolution"`` sends 720p and a ratio where a model lists no sizes. References beside frames are dropped
there in silence, as .../docs/cookbook/video-generation/reference-to-video says: no order holds both.
"""

from dataclasses import replace
from typing import Any
from urllib.parse import quote

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
    whole_of,
    word_of,
)
from tasks.providers._common.inputs import frames_of, references_of
from tasks.providers._common.refusals import refusal

AUTH = ("Authorization", "Bearer {key}")
JOB_ID = ("id",)  # where a reply to a poll repeats it
PATH = "/api/v1/videos"


def submit(order: Order) -> Request:
    """The paid request. Raises ``Refused`` when the model does not take the order."""
    check(order, "text_to_video", "image_to_video")
    body: dict[str, Any] = {
        "model": order.route.model.name,
        "prompt": order.prompt,
        "duration": int(order.seconds),
    }
    if order.route.options.get("size_style", "size") == "resolution":
        short = min(order.size.width, order.size.height)
        body |= {"resolution": f"{short}p", "aspect_ratio": aspect_of(order.size)}
    else:
        body["size"] = str(order.size)
    if frames := frames_of(order):
        body["frame_images"] = [_picture(uri) | {"frame_type": kind} for kind, uri in frames.items()]
    if references := references_of(order):
        body["input_references"] = [_picture(uri) for uri in references]
    return Request("POST", PATH, json=extras(order) | body)


def _picture(uri: str) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": uri}}


def accepted(reply: Reply, order: Order) -> Job | Done:
    """The receipt; the body's ``code`` counts before the HTTP status.

    Raises ``GatewayError``, of the kind that the reply means, when it is none.
    """
    job, code = text_of(dig(reply.data, "id")), whole_of(dig(reply.data, "error", "code"))
    if is_ok(reply) and job and code is None:
        return Job(job, Request("GET", _path(job)))
    if is_ok(reply) and not job and code is not None and 400 <= code < 500:
        reply = replace(reply, status=code)
    raise refusal(reply, own=("error.message", "error.code"))


def _path(job: str) -> str:
    return f"{PATH}/{quote(job, safe='')}"


def progress(reply: Reply) -> Pending | Follow | Done:
    """Pending or Done with the cost. Raises ``Failed`` or ``Moderated`` when the job's own final word says so."""
    word, data = word_of(reply), reply.data
    cost = usd_of(dig(data, "usage", "cost"))
    if word in ("failed", "cancelled", "expired"):
        raise failure(reply, charge=cost)
    if word != "completed":
        return waiting(reply, ("pending", "in_progress"))
    job, generation = text_of(dig(data, "id")), text_of(dig(data, "generation_id"))
    url = first_url(dig(data, "urls"), dig(data, "unsigned_urls"))
    url = url or (f"{_path(job)}/content?index=0" if job else "")
    return Done(url, charge=cost, remote_ids={"generation_id": generation} if generation else {})
