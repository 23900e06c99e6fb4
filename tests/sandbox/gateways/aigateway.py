"""AIgateway: flat JSON, 202, jobs at /v1/jobs, 304 when polled too fast.

Documents: the model pages of aigateway.sh (fields, statuses, error table, $0.100 a second, the 5 % at
top-up and not per call) and its async-jobs page (poll floor, ``file_url``, failed is no charge).
Where they are silent: the image field and its exact size, the remix source fields, seconds left out (4).
"""

import uuid
from decimal import Decimal

from tests.sandbox.protocol import (
    LANDSCAPE,
    POLICY,
    PORTRAIT,
    Answer,
    Call,
    Gateway,
    Job,
    Pixels,
    Refusal,
    Rule,
    Wish,
    check,
    flag,
    one_of,
    text,
    whole,
)

PER_SECOND = Decimal("0.100")
SIZES = {"16:9": LANDSCAPE, "9:16": PORTRAIT}
MODELS = {
    "openai/sora-2-text-to-video": "text",
    "openai/sora-2-text-to-video-pro": "text",
    "openai/sora-2-image-to-video": "image",
    "openai/sora-2-image-to-video-pro": "image",
    "openai/sora-2-video-to-video-remix": "remix",
}
ERRORS: dict[str, tuple[int, str, str]] = {
    "rate": (429, "rate_limit_error", "Over per-minute limit"),
    "busy": (503, "service_unavailable", "Upstream saturated (retryable)"),
    "server_error": (500, "server_error", "Upstream provider failed (retryable)"),
    "auth": (401, "authentication_error", "Invalid or missing API key"),
    "out_of_money": (402, "insufficient_credits", "Wallet empty"),
    "spend_limit": (402, "budget_exceeded", "Sub-account cap reached"),
    "not_found": (404, "not_found", "Unknown model or endpoint"),
    "model_gone": (404, "not_found", "Unknown model or endpoint"),
    "bad_request": (400, "invalid_request_error", "Bad request"),
    "moderated": (400, "content_policy_violation", POLICY),
}
OPTIONAL: dict[str, Rule] = {
    "duration": whole(4, 8, 12),
    "aspect_ratio": one_of(*SIZES),
    "webhook_url": text(),
    "delete_video": flag,
}


class AIgateway(Gateway):
    """The protocol of api.aigateway.sh."""

    name = "aigateway"
    submits = ("/v1/videos/generations",)
    polls = ("/v1/jobs/{id}",)
    cancels = (("POST", "/v1/jobs/{id}/cancel"), ("DELETE", "/v1/jobs/{id}"))  # its pages say one, its client the other
    free_calls = ("/v1/models",)
    words = ("queued", "processing", "running")
    shapes = ("file_url", "result_url", "video_id", "string_error")
    has_floor = True

    def new_id(self, wish: Wish) -> str:
        return f"job_{uuid.uuid4().hex[:20]}"

    def wish(self, call: Call) -> Wish:
        body = call.body
        kind = MODELS.get(str(body.get("model", "")))
        if "model" in body and kind is None:
            raise Refusal("model_gone")
        required: dict[str, Rule] = {"model": text(), "prompt": text()}
        optional = dict(OPTIONAL)
        if kind == "image":
            required[call.options.image_field] = text(20_000_000)
        if kind == "remix":
            optional |= {"video_id": text(), "video_url": text()}
        check(body, required, optional)
        size = SIZES[body.get("aspect_ratio", "16:9")]
        wish = Wish(body["prompt"], body["model"], body.get("duration", 4), size)
        wish.kept = not body.get("delete_video", call.options.delete_by_default)
        if kind == "image":
            wish.image, wish.sizes = body[call.options.image_field], (size,)
        return _with_source(wish, call) if kind == "remix" else wish

    def price(self, model: str, size: Pixels, seconds: int) -> Decimal:
        return PER_SECOND * seconds

    def accepted(self, job: Job, call: Call) -> Answer:
        body = {"id": job.id, "status": "queued", "model": job.model, "created": int(job.created)}
        return Answer(202, body)

    def pending(self, job: Job, word: str) -> Answer:
        return Answer(200, {"id": job.id, "status": word, "model": job.model, "created": int(job.created)})

    def finished(self, job: Job, url: str) -> Answer:
        head: dict[str, object] = {"id": job.id, "model": job.model, "created": int(job.created)}
        if job.ending == "cancelled":
            return Answer(200, head | {"status": "cancelled"})
        if job.ending != "completed":
            problem = {"code": "generation_failed", "message": job.message}
            error: object = job.message if job.shape == "string_error" else problem
            return Answer(200, head | {"status": "failed", "error": error})
        result: dict[str, object] = {"duration": job.seconds, "resolution": job.size_text}
        if job.shape == "video_id":
            result["video_id"] = f"video_{job.id}"
        if job.shape == "result_url":
            return Answer(200, head | {"status": "completed", "result_url": url or None})
        if url:
            result["file_url" if job.shape == "file_url" else "url"] = url
        return Answer(200, head | {"status": "completed", "result": result})

    def cancelled(self, job: Job, done: bool) -> Answer:
        return Answer(200, {"id": job.id, "status": job.ending if done else "cancelled"})

    def error(self, kind: str, message: str, path: str) -> Answer:
        if kind == "no_id":
            return Answer(202, {"status": "queued"})
        status, word, default = ERRORS[kind]
        headers = {"X-Request-Id": uuid.uuid4().hex}
        if kind == "rate":
            headers["Retry-After"] = "1"
        return Answer(status, {"error": {"message": message or default, "type": word}}, headers)

    def free(self, path: str, balance: Decimal) -> Answer:
        return Answer(200, {"object": "list", "data": [{"id": name, "object": "model"} for name in MODELS]})


def _with_source(wish: Wish, call: Call) -> Wish:
    """A remix starts from a finished clip of this gateway by id, or from a video by URL."""
    job_id, url = call.body.get("video_id", ""), call.body.get("video_url", "")
    if bool(job_id) == bool(url):
        raise Refusal("bad_request", "a remix takes either video_id or video_url")
    if url:
        wish.video = url
        return wish
    job = call.find(job_id.removeprefix("video_"))
    if job is None or job.ending != "completed" or not call.is_done(job) or not job.kept:
        raise Refusal("bad_request", "video_id names no finished video that was kept")
    wish.size = job.size
    wish.seconds = call.body.get("duration", job.seconds)
    return wish


GATEWAY = AIgateway()
