"""fal: text to video, image to video, and remix by editing; one queue for every model; drafts by their id.

Documents, checked 2026-11-21: https://fal.ai/docs/model-apis/model-endpoints/queue (receipt, states, second document),
https://fal.ai/docs/model-apis/errors (a result's 422 is final), each model's llms.txt (its entry's ``fields``). Of the
addresses in a reply only the path is taken, below the base URL.
"""

import json
import re
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
    word_of,
)
from tasks.providers._common.inputs import frames_of, references_of, source_of
from tasks.providers._common.refusals import refusal

AUTH = ("Authorization", "Key {key}")
JOB_ID, UNITS = ("request_id",), "x-fal-billable-units"  # where a poll's reply repeats the id; the result's units
FINAL = (422,)  # of the second document; a status question is never answered so
PLACE = re.compile(r"/([\w.-]+/[\w.-]+/requests/([\w-]+))(?:/status)?(?:\?.*)?$", re.ASCII)


def submit(order: Order) -> Request:
    """The paid request. Raises ``Refused`` when the model does not take the order."""
    check(order, "text_to_video", "image_to_video", "remix")
    fields = order.route.model.fields
    if order.route.model.final_of:  # it finishes a draft, whose order said all the rest
        return Request("POST", "/" + quote(order.route.model.path), json=extras(order) | {"draft_id": order.draft_id})
    body: dict[str, Any] = {"prompt": order.prompt}
    if length := fields.get("duration"):
        body["duration"] = int(order.seconds) if length == "number" else str(int(order.seconds))
    if fields.get("resolution"):
        body["resolution"] = f"{min(order.size.width, order.size.height)}p"
    if fields.get("ratio"):
        body["aspect_ratio"] = aspect_of(order.size)
    body |= frames_of(order, str(fields.get("image", "image_url")), str(fields.get("last_image", "end_image_url")))
    if references := references_of(order):
        body[str(fields.get("references", "image_urls"))] = references
    if order.shot.mode == "remix":
        body[str(fields.get("video", "video_url"))] = source_of(order)
    return Request("POST", "/" + quote(order.route.model.path), json=extras(order) | body)


def accepted(reply: Reply, order: Order) -> Job | Done:
    """The receipt. Raises ``GatewayError``, of the kind that the reply means, when it is none."""
    job = text_of(dig(reply.data, "request_id"))
    if is_ok(reply) and job:
        app = "/".join(order.route.model.name.split("/")[:2])  # documented: questions drop what follows
        place = _place(dig(reply.data, "status_url"), job) or f"/{quote(app)}/requests/{quote(job, safe='')}"
        return Job(job, Request("GET", f"{place}/status"))
    raise refusal(_plain(reply), own=("detail",))


def _place(address: Any, job: str = "") -> str:
    found = PLACE.search(text_of(address))
    return f"/{found[1]}" if found and job in ("", found[2]) else ""


def _plain(reply: Reply) -> Reply:
    """The same reply with the first of fal's listed errors where the shared readers look for one."""
    first = dig(reply.data, "detail", 0)
    where = ".".join(filter(None, map(text_of, loc))) if isinstance(loc := dig(first, "loc"), list) else ""
    told = ": ".join(filter(None, (where, text_of(dig(first, "msg")))))
    return _saying(reply, dig(first, "type"), told)


def _saying(reply: Reply, code: Any, message: Any) -> Reply:
    error = {"code": text_of(code), "message": text_of(message)}
    return replace(reply, body=json.dumps({"error": error}).encode()) if any(error.values()) else reply


def progress(reply: Reply) -> Pending | Follow | Done:
    """Pending, the second document, or Done. Raises ``Failed`` or ``Moderated`` when fal's own final word says so."""
    word, data = word_of(reply), reply.data
    if reply.status in FINAL and isinstance(data.get("detail"), list):
        raise failure(_plain(reply))
    if word == "completed" and (data.get("error") or data.get("error_type")):
        raise failure(_saying(reply, data.get("error_type"), data.get("error")))
    if word == "completed":
        place = _place(data.get("response_url"))
        return Follow(Request("GET", place)) if place else Done("")
    url = "" if word or not is_ok(reply) else first_url(dig(data, "video", "url"), dig(data, "videos", 0, "url"))
    return Done(url, units=usd_of(reply.headers.get(UNITS))) if url else waiting(reply, ("in_queue", "in_progress"))
