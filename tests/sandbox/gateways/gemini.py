"""Gemini Omni: interactions, an edit by the interaction before it, results as steps, the file itself in the reply.

Documents: Google's pages on Omni (input, tasks, steps; a poll is answered with the file itself, whatever was ordered),
on errors, the types of its published client (body, states, usage, labels). The preview is billed by its tokens, 5,792 a
second; the others by the second, as resellers name Google's prices. A duration is a text of no documented form: `8s`
here. What a failed interaction costs is said nowhere: it is free here.
"""

import base64
import re
import secrets
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tests.sandbox.media import clip
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
    check,
    flag,
    one_of,
    text,
)

PREVIEW, FIRST, SECOND = "gemini-omni-flash-preview", "gemini-omni-1.1-flash", "gemini-omni-1.2-flash"
TOKENS, PER_TOKEN = 5792, Decimal("17.50") / 1_000_000
SIDES = {"360p": 360, "720p": 720, "1080p": 1080, "4k": 2160}
PRICES: dict[str, dict[int, str]] = {
    FIRST: {360: "0.0334", 720: "0.10", 1080: "0.15", 2160: "0.30"},
    SECOND: {360: "0.0234", 720: "0.07", 1080: "0.105", 2160: "0.21"},
}
LONGEST = {PREVIEW: 10, FIRST: 10, SECOND: 15}
TASKS = ("text_to_video", "image_to_video", "reference_to_video", "edit", "extend", "upscale")
TAG = re.compile(r"<((?:FIRST|LAST)_FRAME|IMAGE_REF_\d)>@Image(\d)")
LABEL = re.compile(r"[a-z][a-z0-9_-]{0,62}")
ERRORS: dict[str, tuple[int, str, str]] = {
    "rate": (429, "rate_limit_exceeded", "You have exceeded the per-minute request limit."),
    "busy": (503, "service_unavailable", "The service is overloaded."),
    "server_error": (500, "server_error", "An unexpected error occurred."),
    "auth": (401, "authentication", "The API key is missing or invalid."),
    "out_of_money": (402, "payment_required", "The project has no credit."),
    "spend_limit": (429, "quota_exceeded", "You have exceeded your daily quota."),
    "not_found": (404, "not_found", "The requested resource was not found."),
    "model_gone": (404, "model_not_found", "The specified model was not found."),
    "bad_request": (400, "invalid_request", "The request is malformed."),
    "moderated": (400, "invalid_request", POLICY),
}


class GeminiOmni(Gateway):
    """The protocol of generativelanguage.googleapis.com/v1beta/interactions."""

    name = "gemini"
    models = (PREVIEW, FIRST, SECOND)
    key_header = "x-goog-api-key"
    key_prefix = ""
    submits = ("/v1beta/interactions",)
    polls = ("/v1beta/interactions/{id}",)
    contents = ("/v1beta/files/{id}:download",)
    results = ("/v1beta/files/{id}",)
    cancels = (("POST", "/v1beta/interactions/{id}/cancel"),)
    free_calls = ("/v1beta/models",)
    words = ("queued", "in_progress")
    shapes = ("uri", "foreign_uri", "large")

    def read(self, value: object) -> dict[str, Any] | None:
        """As its pages show an order, or as its client sends it: the contents in a step of the user's."""
        body = super().read(value) or {}
        match body.get("input"):
            case [{"type": "user_input", "content": list() as contents, **rest}] if not rest:
                return body | {"input": contents}
        return super().read(value)

    def prompt(self, body: Mapping[str, Any]) -> str:
        return _text(body.get("input"))

    def new_id(self, wish: Wish) -> str:
        return f"v1_{secrets.token_hex(20)}"

    def job_id(self, path: Mapping[str, str], query: Mapping[str, str]) -> str:
        return path["id"] if path["id"].startswith("v1_") else f"v1_{path['id']}"  # of a file

    def wish(self, call: Call) -> Wish:
        body, model = call.body, call.body.get("model")
        if isinstance(model, str) and model not in LONGEST:
            raise Refusal("model_gone")
        needed: dict[str, Rule] = {
            "model": text(),
            "input": lambda v: "" if _text(v) else "must be content",
            "background": flag,
        }
        check(body, needed, OPTIONAL)
        wanted, task = body.get("response_format", {}), _task(body)
        side = SIDES[wanted.get("resolution", "720p")]
        if model == PREVIEW and side != 720:
            raise Refusal("bad_request", "The model makes 720p only.")
        if task == "edit":
            return self.edit(call, side)
        wish = Wish(
            _text(body["input"]), body["model"], _seconds(wanted, model), _sized(wanted.get("aspect_ratio"), side)
        )
        return _with_pictures(wish, body["input"], task)

    def edit(self, call: Call, side: int) -> Wish:
        """Of an earlier interaction's video, or of one that the order holds: as long as it is, in its shape."""
        body, before = call.body, call.body.get("previous_interaction_id")
        if {"duration", "aspect_ratio"} & set(body.get("response_format", {})):
            raise Refusal("bad_request", "An edit has the length and the shape of its source.")
        if before is None:
            video = _media(body["input"], "video")
            if not video:
                raise Refusal("bad_request", "There is nothing to edit.")
            return Wish(_text(body["input"]), body["model"], 5, None, sizes=(LANDSCAPE,), video=video, measured=True)
        job = call.find(before)
        if job is None or not call.is_done(job) or job.ending != "completed":
            raise Refusal("not_found")
        ratio = "16:9" if job.size[0] > job.size[1] else "9:16"
        return Wish(_text(body["input"]), body["model"], job.seconds, _sized(ratio, side))

    def price(self, model: str, size: Pixels, seconds: int) -> Decimal:
        if model == PREVIEW:
            return TOKENS * seconds * PER_TOKEN
        return Decimal(PRICES[model][min(size)]) * seconds

    def accepted(self, job: Job, call: Call) -> Answer:
        return Answer(200, _head(job, "in_progress"))

    def pending(self, job: Job, word: str) -> Answer:
        return Answer(200, _head(job, word))

    def finished(self, job: Job, url: str) -> Answer:
        if job.ending == "cancelled":
            return Answer(200, _head(job, "cancelled"))
        if job.ending != "completed":
            code = "content_policy" if job.ending == "moderated" else "server_error"
            return Answer(200, _head(job, "failed") | {"errors": [{"code": code, "message": job.message}]})
        asked: dict[str, object] = {"type": "user_input", "content": [{"type": "text", "text": job.prompt}]}
        if job.shape == "large":
            asked["content"] = [{"type": "text", "text": "x" * 1000} for _ in range(2000)]
        steps = [asked, {"type": "model_output", "content": [_video(job)] if url else []}]
        counted = [{"modality": "text", "tokens": 7}, {"modality": "video", "tokens": TOKENS * job.seconds}]
        return Answer(200, _head(job, "completed") | {"steps": steps, "usage": {"output_tokens_by_modality": counted}})

    def result(self, job: Job, url: str) -> Answer:
        """The file's own document, in camel case as all of Google's older ones."""
        name = f"files/{job.id.removeprefix('v1_')}"
        return Answer(200, {"name": name, "mimeType": "video/mp4", "state": "ACTIVE", "uri": _uri(job)})

    def cancelled(self, job: Job, done: bool) -> Answer:
        return Answer(200, _head(job, "completed" if done else "cancelled"))

    def error(self, kind: str, message: str, path: str) -> Answer:
        if kind == "no_id":
            return Answer(200, {"object": "interaction", "status": "in_progress"})
        status, code, default = ERRORS[kind]
        return Answer(status, {"error": {"code": code, "message": message or default}})

    def free(self, path: str, balance: Decimal) -> Answer:
        return Answer(200, {"models": [{"name": f"models/{name}", "displayName": name} for name in LONGEST]})


def _with_pictures(wish: Wish, value: object, task: str) -> Wish:
    """The pictures of an input, each what the tags in the prompt make of it; one without tags is the first frame."""
    images = _pictures(value)
    tags = TAG.findall(wish.prompt)
    if any(not 0 < int(at) <= len(images) for _, at in tags) or len(images) > (5 if wish.model == PREVIEW else 6):
        raise Refusal("bad_request", "The tags or the number of images are not right.")
    by_tag = {tag: images[int(at) - 1] for tag, at in tags} or ({"FIRST_FRAME": images[0]} if images else {})
    wish.image, wish.last = by_tag.get("FIRST_FRAME", ""), by_tag.get("LAST_FRAME", "")
    wish.references = tuple(uri for tag, uri in by_tag.items() if tag.startswith("IMAGE_REF"))
    if len(by_tag) != len(images) or (wish.last and (not wish.image or wish.model == PREVIEW)):
        raise Refusal("bad_request", "The tags do not go with the images.")
    both = bool(wish.image and wish.references)
    fits = {"image_to_video": wish.image and not both, "reference_to_video": wish.references and not both}
    if not fits.get(task, both if images else task == "text_to_video"):
        raise Refusal("bad_request", f"The task {task} does not go with this input.")
    if wish.last and wish.model == SECOND and wish.seconds > 10:
        raise Refusal("bad_request", "With a last frame a clip has 10 s at the most.")
    wish.sizes = (wish.size,) if wish.size else ()
    return wish


def _pictures(value: object) -> list[str]:
    """The pictures of an input as data URIs."""
    parts = [part for part in value if isinstance(part, dict)] if isinstance(value, list) else []
    found = [part for part in parts if part.get("type") == "image" and set(part) == {"type", "data", "mime_type"}]
    return [f"data:{part['mime_type']};base64,{part['data']}" for part in found]


def _text(value: object) -> str:
    """The prompt: the input itself, or its last text."""
    if isinstance(value, str):
        return value.strip()
    parts = [part.get("text") for part in value if isinstance(part, dict)] if isinstance(value, list) else []
    return next((part for part in reversed(parts) if isinstance(part, str)), "").strip()


def _media(value: object, kind: str) -> str:
    """The only picture or video in the input, as a data URI; empty where there is none or anything odd."""
    if not isinstance(value, list) or not all(isinstance(part, dict) for part in value):
        return ""
    found = [part for part in value if part.get("type") != "text"]
    if len(found) != 1 or set(found[0]) != {"type", "data", "mime_type"} or found[0]["type"] != kind:
        return ""
    return f"data:{found[0]['mime_type']};base64,{found[0]['data']}"


def _task(body: Mapping[str, Any]) -> str:
    """What is to be done; without a word of it the input tells."""
    told = body.get("generation_config", {}).get("video_config", {}).get("task", "")
    guess = "edit" if "previous_interaction_id" in body else "image_to_video" if _media(body["input"], "image") else ""
    guess = guess or ("several" if _pictures(body["input"]) else "")
    return str(told or guess or "text_to_video")


def _seconds(wanted: Mapping[str, Any], model: str) -> int:
    told = str(wanted.get("duration", "8s"))
    if not re.fullmatch(r"\d{1,2}s", told) or not 3 <= int(told[:-1]) <= LONGEST[model]:
        raise Refusal("bad_request", f"The duration {told[:40]!r} is none of 3s to {LONGEST[model]}s.")
    return int(told[:-1])


def _sized(ratio: object, side: int) -> Pixels:
    long = side * 16 // 9
    return (side, long) if ratio == "9:16" else (long, side)


def _format(value: object) -> str:
    rules: dict[str, Rule] = {
        "aspect_ratio": one_of("16:9", "9:16"),
        "resolution": one_of(*SIDES),
        "duration": text(10),
        "delivery": one_of("inline", "uri"),
    }
    return _table(value, {"type": one_of("video")}, rules)


def _config(value: object) -> str:
    inner: Rule = lambda v: _table(v, {"task": one_of(*TASKS)}, {})  # noqa: E731
    return _table(value, {"video_config": inner}, {})


def _table(value: object, needed: Mapping[str, Rule], optional: Mapping[str, Rule]) -> str:
    if not isinstance(value, dict):
        return "must be an object"
    try:
        check(value, needed, optional)
    except Refusal as wrong:
        return f"holds what is not right: {wrong.message}"
    return ""


def _labels(value: object) -> str:
    right = isinstance(value, dict) and all(LABEL.fullmatch(key) and isinstance(value[key], str) for key in value)
    return "" if right else "must be labels"


OPTIONAL: dict[str, Rule] = {
    "response_format": _format,
    "generation_config": _config,
    "previous_interaction_id": text(),
    "store": flag,
    "stream": flag,
    "labels": _labels,
}


def _uri(job: Job) -> str:
    host = "https://foreign.example" if job.shape == "foreign_uri" else job.root
    return f"{host}/v1beta/files/{job.id.removeprefix('v1_')}:download?alt=media"


def _video(job: Job) -> dict[str, str]:
    part = {"type": "video", "mime_type": "video/mp4"}
    if job.shape in ("uri", "foreign_uri"):
        return part | {"uri": _uri(job)}
    data = clip(job.size, job.seconds, f"{job.gateway} {job.id}")
    return part | {"data": base64.b64encode(data).decode()}


def _head(job: Job, word: str) -> dict[str, object]:
    times = {"created": "2026-11-26T10:00:00Z", "updated": "2026-11-26T10:00:00Z"}
    return {"id": job.id, "object": "interaction", "model": job.model, "status": word} | times


GATEWAY = GeminiOmni()
