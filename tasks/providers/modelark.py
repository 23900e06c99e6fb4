"""BytePlus ModelArk: Seedance at its maker; text, image, and remix by a reference video; drafts finished by their id.

Documents, checked 2026-11-26: https://docs.byteplus.com/en/docs/ModelArk/1520757, the published clients
byteplus-python-sdk-v2 3.0.63 (fields, words, list, DELETE of a queued task) and @ai-sdk/bytedance 1.0.29 (roles,
errors). A task is charged by the tokens that it counts. A lost order is looked for in the list by our id, echoed there
from a field that is meant for ids of users: with ``send_order_id = false`` it is not sent, nothing found. ``ratio``
in the entry's ``fields`` goes where a picture or a video goes along.
"""

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
from tasks.providers._common.inputs import by_role, source_of
from tasks.providers._common.refusals import refusal

AUTH, JOB_ID = ("Authorization", "Bearer {key}"), ("id",)  # where a reply to a poll repeats it
PATH, ECHO = "/api/v3/contents/generations/tasks", "safety_identifier"
LISTED = "100"  # of the newest tasks, where a lost order is looked for
LOCKED = ("accountoverdueerror", "serviceoverdue", "setlimitexceeded")
GONE = ("invalidendpointormodel.notfound", "modelnotopen")
TIERS = ((500_000, "480p"), (1_000_000, "720p"), (2_500_000, "1080p"))  # up to so many pixels


def submit(order: Order) -> Request:
    """The paid request. Raises ``Refused`` when the model does not take it."""
    check(order, "text_to_video", "image_to_video", "remix")
    area = order.size.width * order.size.height
    body = extras(order) | {"model": order.route.model.path}
    body["resolution"] = next((name for most, name in TIERS if area <= most), "4k")
    if order.order_id and order.route.options.get("send_order_id", True):
        body[ECHO] = order.order_id
    if order.route.model.final_of:  # the draft's order said all the rest
        content: list[dict[str, Any]] = [{"type": "draft_task", "draft_task": {"id": order.draft_id}}]
        return Request("POST", PATH, json=body | {"content": content})
    content = [{"type": "text", "text": order.prompt}, *_shown(order)]
    shaped = order.shot.mode != "text_to_video"  # by a frame or a video; references shape nothing
    own = order.route.model.fields.get("ratio") if shaped else None
    body |= {"content": content, "ratio": own or aspect_of(order.size), "duration": int(order.seconds)}
    return Request("POST", PATH, json=body)


def _shown(order: Order) -> list[dict[str, Any]]:
    """The frames or references, and the video that a remix starts from, each with its role."""
    shown = [{"type": "image_url", "image_url": {"url": uri}, "role": role} for role, uri in by_role(order)]
    if order.shot.mode == "remix":
        video = {"url": source_of(order, inline=False)}
        shown.append({"type": "video_url", "video_url": video, "role": "reference_video"})
    return shown


def accepted(reply: Reply, order: Order) -> Job | Done:
    """The receipt, or the error that the order was answered with."""
    if is_ok(reply) and (job := text_of(dig(reply.data, "id"))):
        return _job(job)
    raise refusal(reply, own=("error.code", "error.message"), locked=LOCKED, gone=GONE)


def _job(job: str) -> Job:
    return Job(job, Request("GET", f"{PATH}/{quote(job, safe='')}"))


def find(order_id: str) -> Request:
    """The newest tasks, each with the id that came with its order."""
    return Request("GET", PATH, params={"page_num": "1", "page_size": LISTED})


def found(reply: Reply, order_id: str) -> Job | None:
    """The task of this id; None where the list names none."""
    items = dig(reply.data, "items") if is_ok(reply) and order_id else None
    ours = (dig(one, "id") for one in (items if isinstance(items, list) else []) if dig(one, ECHO) == order_id)
    return next((_job(job) for job in map(text_of, ours) if job), None)


def progress(reply: Reply) -> Pending | Follow | Done:
    """Pending or Done with its tokens; ``Failed`` or ``Moderated`` by the task's own final word."""
    word, data = word_of(reply), reply.data
    if word in ("failed", "cancelled", "expired"):
        raise failure(reply)
    if word != "succeeded":
        return waiting(reply, ("queued", "running"))
    draft = {"draft_id": text_of(data.get("id"))} if data.get("draft") is True and text_of(data.get("id")) else {}
    url = first_url(dig(data, "content", "video_url"), dig(data, "content", "file_url"))
    return Done(url, remote_ids=draft, units=usd_of(dig(data, "usage", "completion_tokens")))
