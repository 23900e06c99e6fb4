"""DashScope: an asynchronous header on every order, tasks in upper-case words, errors flat in the body.

Documents: Alibaba's pages on HappyHorse and Wan (call, media, task), its list of codes, its published client (media,
states, cancel and list). Prices as LiteLLM cites them of the pages of Singapore and, of Wan 2.7, of Beijing; an edit is
billed for the seconds of source and clip together. What fails is not billed here. The pixels of a tier are those that
resellers name.
"""

import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar

from tests.sandbox.protocol import (
    LANDSCAPE,
    POLICY,
    Answer,
    Call,
    Gateway,
    Job,
    Pixels,
    Refusal,
    Rule,
    Wish,
    among,
    check,
    flag,
    one_of,
    text,
)

TIERS: dict[str, dict[str, Pixels]] = {
    "480P": {"16:9": (854, 480), "9:16": (480, 854), "1:1": (640, 640)},
    "720P": {"16:9": LANDSCAPE, "9:16": (720, 1280), "1:1": (960, 960), "4:3": (1104, 832), "3:4": (832, 1104)},
    "1080P": {"16:9": (1920, 1080), "9:16": (1080, 1920), "1:1": (1440, 1440)},
}
TIER_OF = {size: tier for tier, sizes in TIERS.items() for size in sizes.values()}
WAN3 = {"480P": "0.05", "720P": "0.10", "1080P": "0.20"}
PRIME = {"480P": "0.068", "720P": "0.14", "1080P": "0.28"}
HORSE = {"480P": "0.07", "720P": "0.14", "1080P": "0.18"}
WAN27 = {"720P": "0.086", "1080P": "0.143"}
EDIT = "wan2.7-videoedit"
PRICES = {
    "wan3.0-video": WAN3,
    "wan3.0-video-prime": PRIME,
    "happyhorse-1.1-t2v": HORSE,
    "happyhorse-1.1-i2v": HORSE,
    "wan2.7-t2v": WAN27,
    "wan2.7-i2v": WAN27,
    EDIT: WAN27,
}
LENGTHS = {"wan3.0-video": (2, 30), "wan3.0-video-prime": (2, 30), "wan2.7-t2v": (2, 15), "wan2.7-i2v": (2, 15)}
LENGTHS |= {"happyhorse-1.1-t2v": (3, 15), "happyhorse-1.1-i2v": (3, 15)}
MEDIA = (
    "first_frame",
    "last_frame",
    "reference_image",
    "reference_video",
    "reference_voice",
    "reference_audio",
    "video",
)
ERRORS: dict[str, tuple[int, str, str]] = {
    "rate": (429, "Throttling.RateQuota", "Requests rate limit exceeded, please try again later."),
    "busy": (503, "ModelServingError", "Too many requests. Your requests are being throttled due to system capacity."),
    "server_error": (500, "InternalError", "An internal error has occurred, please try again later."),
    "auth": (401, "InvalidApiKey", "Invalid API-key provided."),
    "out_of_money": (400, "Arrearage", "Access denied, please make sure your account is in good standing."),
    "spend_limit": (403, "AccessDenied.Unpurchased", "Access to model denied."),
    "not_found": (404, "NotFound", "Not found."),
    "model_gone": (404, "ModelNotFound", "Model not exist."),
    "bad_request": (400, "InvalidParameter", "Required parameter(s) missing or invalid."),
    "moderated": (400, "DataInspectionFailed", POLICY),
}
PARAMETERS: dict[str, Rule] = {
    "resolution": one_of(*TIERS),
    "ratio": one_of(*TIERS["720P"]),
    "duration": among(0, 30),
    "audio": flag,
    "audio_setting": one_of("auto", "origin"),
    "seed": among(0, 2_147_483_647),
    "prompt_extend": flag,
    "watermark": flag,
}
OF_CLIENT: dict[str, Rule] = {"extend_prompt": flag, "function": one_of("video-synthesis")}  # its older words


class DashScope(Gateway):
    """The protocol of dashscope-intl.aliyuncs.com/api/v1."""

    name = "dashscope"
    models = tuple(PRICES)
    submits = ("/api/v1/services/aigc/video-generation/video-synthesis",)
    polls = ("/api/v1/tasks/{id}",)
    cancels = (("POST", "/api/v1/tasks/{id}/cancel"),)
    lists = ("/api/v1/tasks",)
    words = ("PENDING", "RUNNING")
    shapes = ("gone",)
    order_headers: ClassVar[Mapping[str, str]] = {"x-dashscope-async": "enable"}

    def prompt(self, body: Mapping[str, Any]) -> str:
        told = body.get("input")
        return super().prompt(told if isinstance(told, dict) else {})

    def new_id(self, wish: Wish) -> str:
        return str(uuid.uuid4())

    def wish(self, call: Call) -> Wish:
        body, model = call.body, call.body.get("model")
        if isinstance(model, str) and model not in PRICES:
            raise Refusal("model_gone")
        check(body, {"model": text(), "input": _object}, {"parameters": _object})
        told, wanted = body["input"], body.get("parameters", {})
        check(told, {"prompt": text(20_000)}, {"negative_prompt": text(500), "media": _media, **OF_CLIENT})
        check(wanted, {}, PARAMETERS)
        tier, media = wanted.get("resolution", "1080P"), {one["type"]: one["url"] for one in told.get("media", [])}
        shown = [one["url"] for one in told.get("media", []) if one["type"] == "reference_image"]
        if tier not in PRICES[body["model"]]:
            raise Refusal("bad_request", f"{model} makes no {tier}.")
        wish = (_edit if model == EDIT else _fresh)(body, media, wanted, TIERS[tier])
        wish.references = tuple(shown)
        if len(shown) > (4 if model == EDIT else 10):
            raise Refusal("bad_request", "too many reference images")
        return wish

    def price(self, model: str, size: Pixels, seconds: int) -> Decimal:
        rate = Decimal(PRICES[model][TIER_OF.get(size, "720P")])
        return rate * seconds * (2 if model == EDIT else 1)

    def accepted(self, job: Job, call: Call) -> Answer:
        return Answer(200, {"output": {"task_status": "PENDING", "task_id": job.id}, "request_id": job.token})

    def pending(self, job: Job, word: str) -> Answer:
        return Answer(200, _said(job, word))

    def finished(self, job: Job, url: str) -> Answer:
        if job.shape == "gone":
            return Answer(200, _said(job, "UNKNOWN"))
        if job.ending == "cancelled":
            return Answer(200, _said(job, "CANCELED"))
        if job.ending != "completed":
            code = "DataInspectionFailed" if job.ending == "moderated" else "InternalError.Algo"
            return Answer(200, _said(job, "FAILED", code=code, message=job.message))
        made = _said(job, "SUCCEEDED", orig_prompt=job.prompt, **({"video_url": url} if url else {}))
        counted = {"duration": job.seconds, "output_video_duration": job.seconds, "video_count": 1, "SR": min(job.size)}
        return Answer(200, made | {"usage": counted})

    def cancelled(self, job: Job, done: bool) -> Answer:
        if done or job.polls > 1:
            return Answer(
                400, {"code": "UnsupportedOperation", "message": "The task is not pending.", "request_id": "1"}
            )
        return Answer(200, {"request_id": job.token})

    def error(self, kind: str, message: str, path: str) -> Answer:
        if kind == "no_id":
            return Answer(200, {"output": {"task_status": "PENDING"}, "request_id": "1"})
        status, code, default = ERRORS[kind]
        return Answer(status, {"code": code, "message": message or default, "request_id": "1"})

    def listing(self, jobs: Sequence[Job], query: Mapping[str, str]) -> Answer:
        size, page = int(query.get("page_size", "10")), int(query.get("page_no", "1"))
        newest = list(reversed(jobs))[(page - 1) * size : page * size]
        pages = {"page_no": page, "page_size": size, "total": len(jobs), "total_page": -(-len(jobs) // size)}
        return Answer(200, {"data": [_item(job) for job in newest], "request_id": "1"} | pages)


def _fresh(
    body: Mapping[str, Any], media: Mapping[str, str], wanted: Mapping[str, Any], sizes: dict[str, Pixels]
) -> Wish:
    model, (low, high) = body["model"], LENGTHS[body["model"]]
    seconds, frames = wanted.get("duration", 5), {"first_frame", "last_frame"}
    if not low <= seconds <= high:
        raise Refusal("bad_request", f"duration must be from {low} to {high}")
    if "reference_image" in media and model.startswith("wan3.0"):
        frames = {"reference_image"}  # either the one or the other
    if set(media) - frames or ("last_frame" in media) > ("first_frame" in media):
        raise Refusal("bad_request", "media do not go together")
    if (model.endswith("-t2v") and media) or (model.endswith("-i2v") and not media):
        raise Refusal("bad_request", "this model takes other media")
    if model.startswith("happyhorse") and "last_frame" in media:
        raise Refusal("bad_request", "this model takes a first frame alone")
    if "first_frame" in media and "ratio" in wanted:
        raise Refusal("bad_request", "the ratio is that of the first frame")
    size = sizes.get(wanted.get("ratio", "16:9"))
    if size is None:
        raise Refusal("bad_request", "no such ratio at this resolution")
    framed = "first_frame" in media
    wish = Wish(body["input"]["prompt"], model, seconds, None if framed else size, shapes=tuple(sizes.values()))
    if framed:
        wish.image, wish.last, wish.sizes = media["first_frame"], media.get("last_frame", ""), tuple(sizes.values())
    return wish


def _edit(
    body: Mapping[str, Any], media: Mapping[str, str], wanted: Mapping[str, Any], sizes: dict[str, Pixels]
) -> Wish:
    if set(media) - {"reference_image"} != {"video"} or "duration" in wanted:
        raise Refusal("bad_request", "an edit takes one video and is as long as it")
    if not media["video"].startswith(("http://", "https://")):
        raise Refusal("bad_request", "the video's url must be public")
    return Wish(body["input"]["prompt"], body["model"], 5, None, sizes=(sizes["16:9"],), video=media["video"])


def _object(value: object) -> str:
    return "" if isinstance(value, dict) else "must be an object"


def _media(value: object) -> str:
    wanted = "must be a list of type and url, each type once but for references"
    if not isinstance(value, list) or not all(isinstance(one, dict) and set(one) == {"type", "url"} for one in value):
        return wanted
    kinds = [one["type"] for one in value]
    once = [kind for kind in kinds if not str(kind).startswith("reference")]
    right = all(kind in MEDIA for kind in kinds) and len(set(once)) == len(once)
    return "" if right and all(isinstance(one["url"], str) and one["url"] for one in value) else wanted


def _item(job: Job) -> dict[str, object]:
    """A task of the list, as it names them: ids of whoever called among them."""
    words = {"completed": "SUCCEEDED", "cancelled": "CANCELED"}
    word = words.get(job.ending, "FAILED") if job.is_over else "RUNNING"
    told = {"task_id": job.id, "status": word, "model_name": job.model, "gmt_create": int(job.created * 1000)}
    return told | {"api_key_id": "1234", "caller_uid": "5678", "region": "ap-southeast-1", "request_id": job.token}


def _said(job: Job, word: str, **more: object) -> dict[str, object]:
    times = {"submit_time": "2026-11-26 18:00:00.000", "scheduled_time": "2026-11-26 18:00:01.000"}
    return {"request_id": job.token, "output": {"task_id": job.id, "task_status": word} | times | more}


GATEWAY = DashScope()
