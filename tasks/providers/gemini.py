"""Gemini Omni by Google's Interactions API: text to video, image to video, and remix by editing.

Documents, checked 2026-11-27: https://ai.google.dev/gemini-api/docs/omni (input, tasks, tags; results in ``steps``: a
poll is answered with the file itself, whatever was ordered) and .../api-errors, the client google-genai 3.6.1 (types).
No form of the text ``duration`` is documented: ``duration_style``. A file's address is taken by its path alone.
"""

import json
import re
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from tasks.domain.errors import Refused
from tasks.domain.job import Done, Follow, Job, Pending
from tasks.domain.order import Order, Reply, Request
from tasks.providers._common import aspect_of, check, dig, extras, failure, first_url, is_ok, text_of, usd_of, waiting
from tasks.providers._common.inputs import by_role, inline_of, tag_prompt
from tasks.providers._common.refusals import refusal

AUTH, JOB_ID = ("x-goog-api-key", "{key}"), ("id",)  # where a reply to a poll repeats it
PATH, OWN = "/v1beta/interactions", ("error.code", "error.message")
TASKS = {"text_to_video": "text_to_video", "image_to_video": "image_to_video", "remix": "edit"}
SHOWN = {"text_to_video": "reference_to_video"}  # with references; frames and references together have no task
RESOLUTIONS = {360: "360p", 720: "720p", 1080: "1080p", 2160: "4k"}
LOCKED = ("authentication", "payment_required", "quota_exceeded", "failed_precondition", "api_key_invalid")
WORKING = ("queued", "in_progress", "idle", "requires_action", "requires_continuation")
FILE = re.compile(r"(/v1(?:beta|alpha)?/files/[\w-]+:download)(?:\?|$)", re.ASCII)


def submit(order: Order) -> Request:
    """The paid request. Raises ``Refused`` when the model does not take it."""
    check(order, *TASKS)
    mode, model, source = order.shot.mode, order.route.model, order.source
    body: dict[str, Any] = {"model": model.path, "background": True, "response_format": _format(order)}
    if task := (SHOWN if order.references else TASKS).get(mode):
        body["generation_config"] = {"video_config": {"task": str(model.fields.get("task", task))}}
    if mode == "remix" and source and source.job_id and source.provider == model.provider:
        body |= {"previous_interaction_id": source.job_id, "input": order.prompt}
    else:
        body["input"] = _with_media(order) or order.prompt
    return Request("POST", PATH, json=extras(order) | body)


def _format(order: Order) -> dict[str, str]:
    """What is to come; an edit has the length and the shape of its source."""
    if (resolution := RESOLUTIONS.get(min(order.size))) is None:
        raise Refused(f"takes {', '.join(RESOLUTIONS.values())}, not {order.size}")
    wanted = {"type": "video", "delivery": "uri", "resolution": resolution}
    if order.shot.mode == "remix":
        return wanted
    unit = "" if order.route.options.get("duration_style") == "8" else "s"
    return wanted | {"aspect_ratio": aspect_of(order.size, "16:9", "9:16"), "duration": f"{int(order.seconds)}{unit}"}


def _with_media(order: Order) -> list[dict[str, str]]:
    """Pictures or a video in the order itself, and the prompt; nothing where there is the prompt alone."""
    edits = order.shot.mode == "remix"
    uris = [order.source.uri if order.source else ""] if edits else [uri for _, uri in by_role(order)]
    parts = [inline_of(uri) for uri in uris]
    if None in parts:  # no document lets a foreign address stand there
        raise Refused(f"takes {'a source that it did not make' if edits else 'an image'} inline only")
    media = [{"type": "video" if edits else "image", "mime_type": one[0], "data": one[1]} for one in parts if one]
    return [*media, {"type": "text", "text": tag_prompt(order)}] if media else []


def accepted(reply: Reply, order: Order) -> Job | Done:
    """The receipt, or the error that the order was answered with."""
    if is_ok(reply) and (job := text_of(dig(reply.data, "id"))):
        return Job(job, Request("GET", f"{PATH}/{quote(job, safe='')}"))
    if reason := text_of(dig(reply.data, "error", "details", 0, "reason")):  # Google's older shape: a bad key is a 400
        reply = _saying(reply, {"code": reason, "message": text_of(dig(reply.data, "error", "message"))})
    raise refusal(reply, own=OWN, locked=LOCKED, gone=("model_not_found",))


def _saying(reply: Reply, error: Any) -> Reply:
    return replace(reply, body=json.dumps({"status": reply.data.get("status"), "error": error}).encode())


def progress(reply: Reply) -> Pending | Follow | Done:
    """Pending, or Done with its tokens of video; ``Failed`` or ``Moderated`` by the interaction's own final word."""
    data, word = reply.data, text_of(reply.data.get("status")).lower() if is_ok(reply) else ""
    if word in ("failed", "cancelled", "incomplete", "budget_exceeded"):
        raise failure(_saying(reply, dig(data, "errors", 0)))
    if word != "completed":
        return waiting(reply, WORKING)
    outputs = _named(data.get("steps"), "type", "model_output")
    videos = [video for step in outputs for video in _named(dig(step, "content"), "type", "video")]
    tokens = _named(dig(data, "usage", "output_tokens_by_modality"), "modality", "video")
    return Done(_file(dig(videos, -1)), units=usd_of(dig(tokens, 0, "tokens")))


def _named(listed: Any, key: str, word: str) -> list[Any]:
    return [one for one in listed if text_of(dig(one, key)).lower() == word] if isinstance(listed, list) else []


def _file(video: Any) -> str:
    inline, uri = f"data:video/mp4;base64,{text_of(dig(video, 'data'))}", dig(video, "uri")
    place = FILE.search(text_of(uri))
    return inline if inline_of(inline) else f"{place[1]}?alt=media" if place else first_url(uri)
