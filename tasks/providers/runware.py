"""Runware: text to video, image to video, and remix by editing; one task schema for every vendor's models.

Documents, checked 2026-11-26: https://runware.ai/docs/platform/task-polling and .../platform/errors; the
client runware 0.5.24 takes the refusal of a repeated taskUUID as its receipt. How long an id is known and what a failed
task costs is told nowhere; codes of policy and empty wallets are quoted by users. By the entry's ``fields`` a clip
without (``plain``) or with a frame (``framed``) is told a ``resolution``, and an edit's input is ``video``.
"""

import json
from collections.abc import Mapping
from typing import Any

from tasks.domain.job import Done, Follow, Job, Pending
from tasks.domain.order import Order, Reply, Request
from tasks.providers._common import check, dig, extras, failure, first_url, is_ok, text_of, usd_of, waiting
from tasks.providers._common.inputs import frames_of, references_of, source_of
from tasks.providers._common.refusals import refusal

AUTH, PATH = ("Authorization", "Bearer {key}"), "/v1"
REPEATABLE = True  # a second order with the same taskUUID is refused, and so the receipt of the first
LOCKED = ("invalidapikey", *(f"{kind}insufficientcredits" for kind in ("", "videoinference", "thirdparty")))
GONE, BLOCKED = ("invalidmodel", "modelnotfound"), ["invalidProviderContent", "contentModeration"]
FIXED = {"taskType": "videoInference", "deliveryMethod": "async", "outputType": "URL", "outputFormat": "MP4"}


def submit(order: Order) -> Request:
    """The paid request: one task under the order's id. Raises ``Refused`` when the model does not take it."""
    check(order, "text_to_video", "image_to_video", "remix")
    body = extras(order) | FIXED | {"taskUUID": order.order_id, "model": order.route.model.path, "includeCost": True}
    if "generate_audio" in body:
        body["settings"] = {**(dig(body, "settings") or {}), "audio": body.pop("generate_audio")}
    if "negative_prompt" in body:
        body["negativePrompt"] = body.pop("negative_prompt")
    return Request("POST", PATH, json=[body | {"positivePrompt": order.prompt} | _wanted(order)])


def _wanted(order: Order) -> dict[str, Any]:
    fields, frames, size = order.route.model.fields, frames_of(order, "first", "last"), order.size
    inputs: dict[str, Any] = {"referenceImages": shown} if (shown := references_of(order)) else {}
    if order.shot.mode == "remix":
        uri, name = source_of(order), str(fields.get("video", "video"))
        return {"inputs": inputs | {name: uri if name == "video" else [uri]}}
    named = fields.get("framed" if frames else "plain") == "resolution"
    shape = {"resolution": f"{min(size)}p"} if named else {"width": size.width, "height": size.height}
    inputs |= {"frameImages": [{"image": uri, "frame": at} for at, uri in frames.items()]} if frames else {}
    return {"duration": int(order.seconds)} | shape | ({"inputs": inputs} if inputs else {})


def accepted(reply: Reply, order: Order) -> Job | Done:
    """The receipt, which the refusal of a repeated order is as well; or the error that it was answered with."""
    error, told = _first(reply, "errors"), text_of(_first(reply, "data").get("taskUUID"))
    if error.get("code") == "conflictTaskUUID" and error.get("taskUUID") == (order.order_id or None):
        return Job(order.order_id, find(order.order_id))
    if is_ok(reply) and told and told == (order.order_id or told):
        return Job(told, find(told))
    raise refusal(_plain(reply, error), own=("error.code", "error.message"), locked=LOCKED, gone=GONE)


def _first(reply: Reply, name: str) -> Mapping[str, Any]:
    return one if isinstance(one := dig(reply.data, name, 0), Mapping) else {}


def _plain(reply: Reply, error: Mapping[str, Any]) -> Reply:
    """The same reply with Runware's error where the shared readers look for one."""
    code, policy = text_of(error.get("code")), " (content policy)" * (error.get("code") in BLOCKED)
    told = json.dumps({"error": {"code": code + policy, "message": text_of(error.get("message"))}}).encode()
    return Reply(reply.status, told if error else reply.body, reply.headers)


def find(order_id: str) -> Request:
    """The question after the task of an id, which is the order's."""
    return Request("POST", PATH, json=[{"taskType": "getResponse", "taskUUID": order_id}])


def found(reply: Reply, order_id: str) -> Job | None:
    """The task of this id; None where none is known by it."""
    return Job(order_id, find(order_id)) if order_id and order_id in job_ids(reply) else None


def job_ids(reply: Reply) -> tuple[str, ...]:
    """The ids of the tasks that a reply to a question speaks of."""
    return tuple(filter(None, (text_of(one.get("taskUUID")) for one in (_first(reply, "data"), _over(reply)))))


def _over(reply: Reply) -> Mapping[str, Any]:
    """What is told of a task that failed; empty where an error is one of the question alone."""
    item, error = _first(reply, "data"), _first(reply, "errors")
    told = is_ok(reply) and error.get("taskUUID") and error.get("taskType") != "getResponse"
    return item if item.get("status") == "error" else error if told or error.get("status") == "error" else {}


def progress(reply: Reply) -> Pending | Follow | Done:
    """Pending or Done with the cost; ``Failed`` or ``Moderated`` by the task's own final word."""
    item, over = _first(reply, "data"), _over(reply)
    if is_ok(reply) and over:
        raise failure(_plain(reply, over), charge=usd_of(over.get("cost")))
    if (word := text_of(item.get("status")).lower() if is_ok(reply) else "") != "success":
        return waiting(reply, ("processing",), word)
    return Done(first_url(item.get("videoURL"), item.get("mediaURL")), charge=usd_of(item.get("cost")))
