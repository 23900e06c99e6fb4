"""The /v1/videos shape: OpenAI's own until 2026-09-24, and served by others under an address of theirs.

Documents, checked 2026-11-21: https://developers.openai.com/api/docs/guides/video-generation and the types of the
published client openai 3.57 (fields, states, errors). The file stands at a path of the video and wants the key;
the family's other servers spell receipt, words and result in ways of their own (`_common.family`). What they are sent
is an option or a field of the model's entry: ``seconds_field`` and ``seconds_style`` (``text`` or ``number``),
``image_field`` and ``image_style`` (``multipart``, or ``object`` or ``text``), ``body_style`` (``json`` or ``form``).
"""

import json
from typing import Any
from urllib.parse import quote

from tasks.domain.errors import Refused
from tasks.domain.job import Done, Follow, Job, Pending
from tasks.domain.order import Order, Reply, Request
from tasks.providers._common import check, dig, extras, failure, is_ok, usd_of, waiting
from tasks.providers._common.family import COMPLETED, WORKING, body_of, ended, ids_of, quoted_job, result_in, word_in
from tasks.providers._common.refusals import refusal

AUTH = ("Authorization", "Bearer {key}")
PATH, GONE, BUSY = "/v1/videos", ("model_not_found",), ("rate_limit_exceeded",)
COST = "x-litellm-response-cost"  # of a LiteLLM proxy in between
of_job = quoted_job  # a reply to a poll as the job's own, where a proxy quotes it
LOCKED = ("invalid_api_key", "insufficient_quota", "billing_hard_limit_reached")


def submit(order: Order) -> Request:
    """The paid request. Raises ``Refused`` when the model does not take the order."""
    check(order, "text_to_video", "image_to_video", "remix")
    if order.shot.mode == "remix":
        return _remix(order)
    body: dict[str, Any] = {"model": order.route.model.name, "prompt": order.prompt, "size": str(order.size)}
    kind = int if _option(order, "seconds_style", "text") == "number" else str
    body[_option(order, "seconds_field", "seconds")] = kind(int(order.seconds))
    body = extras(order) | body
    if order.shot.mode == "image_to_video":
        return _with_image(order, body, _option(order, "image_field", "input_reference"))
    return _sent(order, PATH, body)


def _option(order: Order, name: str, own: str) -> str:
    """What the model's entry says, else the provider's options, else OpenAI's own."""
    return str(order.route.model.fields.get(name) or order.route.options.get(name) or own)


def _sent(order: Order, path: str, body: dict[str, Any]) -> Request:
    style = {"form": _form(body)} if _option(order, "body_style", "json") == "form" else {"json": body}
    return Request("POST", path, **style)


def _form(body: dict[str, Any]) -> dict[str, str]:
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in body.items()}


def _with_image(order: Order, body: dict[str, Any], field: str) -> Request:
    frame, style = order.frame, _option(order, "image_style", "multipart")
    if frame and style == "multipart" and frame.data:
        name = f"frame.{frame.media_type.rpartition('/')[2]}"
        return Request("POST", PATH, form=_form(body), files={field: (name, frame.data, frame.media_type)})
    if not frame or style == "multipart":
        raise Refused("takes an image as a file, not by its address")
    return _sent(order, PATH, body | {field: {"image_url": frame.uri} if style == "object" else frame.uri})


def _remix(order: Order) -> Request:
    source = order.source
    if not source or source.provider != order.route.model.provider or not source.job_id:
        raise Refused(f"remixes only what {order.route.model.provider} made")
    return _sent(order, f"{PATH}/{quote(source.job_id, safe='')}/remix", {"prompt": order.prompt})


def accepted(reply: Reply, order: Order) -> Job | Done:
    """The receipt. Raises ``GatewayError``, of the kind that the reply means, when it is none."""
    if is_ok(reply) and (jobs := job_ids(reply)):
        ask = Request("GET", f"{PATH}/{quote(jobs[0], safe='')}")
        return Job(jobs[0], ask, estimate=usd_of(reply.headers.get(COST)))
    raise refusal(reply, own=("error.message",), locked=LOCKED, gone=GONE, busy=BUSY)


def job_ids(reply: Reply) -> tuple[str, ...]:
    """The ids that a reply to a poll names, ours among them."""
    return ids_of(body_of(reply))


def progress(reply: Reply) -> Pending | Follow | Done:
    """Pending or Done. Raises ``Failed`` or ``Moderated`` when the video's own final word says so."""
    body = body_of(reply) if is_ok(reply) else {}
    if over := ended(reply) if body else None:
        raise failure(over)
    if (word := word_in(body)) not in COMPLETED:
        return waiting(reply, WORKING, word)
    video = next(iter(ids_of(body)), "")
    worked = usd_of(dig(body, "inference_time_s"))  # SGLang and vLLM-Omni
    return Done(result_in(body) or (f"{PATH}/{quote(video, safe='')}/content" if video else ""), gpu_seconds=worked)
