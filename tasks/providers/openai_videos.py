"""The /v1/videos shape: OpenAI's own until 2026-09-24, and served by others under an address of theirs.

Documents, checked 2026-11-21: https://developers.openai.com/api/docs/guides/video-generation and the types of the
published client openai 3.57 (fields, states, errors). The file stands at a path of the video and wants the key;
clones name its address in the reply. Where clones depart from the shape is an option: ``seconds_field`` and
``seconds_style`` (``text``, ``number``), ``image_field`` and ``image_style`` (``multipart``, ``object``, ``text``).
"""

import json
from typing import Any
from urllib.parse import quote

from tasks.domain.errors import Refused
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
    usd_of,
    waiting,
    word_of,
)
from tasks.providers._refusals import refusal

AUTH = ("Authorization", "Bearer {key}")
JOB_ID = ("id",)  # where a reply to a poll repeats it
PATH = "/v1/videos"
COST = "x-litellm-response-cost"  # of a LiteLLM proxy in between
LOCKED = ("invalid_api_key", "insufficient_quota", "billing_hard_limit_reached")


def submit(order: Order) -> Request:
    """The paid request. ``Refused`` for what the model does not take."""
    check(order, "text_to_video", "image_to_video", "remix")
    if order.shot.mode == "remix":
        return _remix(order)
    options, seconds = order.route.options, int(order.seconds)
    body: dict[str, Any] = {"model": order.route.model.name, "prompt": order.prompt, "size": str(order.size)}
    field = str(options.get("seconds_field", "seconds"))
    body[field] = seconds if options.get("seconds_style", "text") == "number" else str(seconds)
    body = extras(order) | body
    if order.shot.mode == "image_to_video":
        return _with_image(order, body, str(options.get("image_field", "input_reference")))
    return Request("POST", PATH, json=body)


def _with_image(order: Order, body: dict[str, Any], field: str) -> Request:
    frame, style = order.frame, order.route.options.get("image_style", "multipart")
    if frame and style == "multipart" and frame.data:
        form = {name: value if isinstance(value, str) else json.dumps(value) for name, value in body.items()}
        name = f"frame.{frame.media_type.rpartition('/')[2]}"
        return Request("POST", PATH, form=form, files={field: (name, frame.data, frame.media_type)})
    if not frame or style == "multipart":
        raise Refused("takes an image as a file, not by its address")
    return Request("POST", PATH, json=body | {field: {"image_url": frame.uri} if style == "object" else frame.uri})


def _remix(order: Order) -> Request:
    source = order.source
    if not source or source.provider != order.route.model.provider or not source.job_id:
        raise Refused(f"remixes only what {order.route.model.provider} made")
    return Request("POST", f"{PATH}/{quote(source.job_id, safe='')}/remix", json={"prompt": order.prompt})


def accepted(reply: Reply, order: Order) -> Job | Done:
    """The receipt, or the error that the order was answered with."""
    job = text_of(dig(reply.data, "id"))
    if is_ok(reply) and job:
        return Job(job, Request("GET", f"{PATH}/{quote(job, safe='')}"), estimate=usd_of(reply.headers.get(COST)))
    raise refusal(
        reply, own=("error.message",), locked=LOCKED, gone=("model_not_found",), busy=("rate_limit_exceeded",)
    )


def progress(reply: Reply) -> Pending | Follow | Done:
    """Pending or Done; ``Failed`` or ``Moderated`` by the video's own final word."""
    word, data = word_of(reply), reply.data
    if word == "failed":
        raise failure(reply)
    if word != "completed":
        return waiting(reply, ("queued", "in_progress"))
    output, video = dig(data, "output"), quote(text_of(dig(data, "id")), safe="")
    named = first_url(dig(data, "url"), dig(data, "video_url"), dig(output, "url"), dig(output, "video_url"))
    named = named or first_url(dig(data, "metadata", "url"))
    worked = usd_of(dig(data, "inference_time_s"))  # SGLang and vLLM-Omni
    return Done(named or (f"{PATH}/{video}/content" if video else ""), gpu_seconds=worked)
