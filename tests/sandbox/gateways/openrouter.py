"""OpenRouter: one shape for every model, the list of models with their prices, the cost in the reply.

Documents: its video generation guide and the types of its published client (fields, states, addresses, usage,
models list, error codes as HTTP statuses). Its prices were not read: BytePlus's tokens at 0.007 USD a thousand,
21,600 of them a second at 1280x720. What a failed job costs is said nowhere: the reply reports 0 here.
"""

import secrets
import time
from decimal import Decimal

from tests.sandbox.protocol import (
    LANDSCAPE,
    PORTRAIT,
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
    pixels,
    text,
)

SIZES: tuple[Pixels, ...] = (LANDSCAPE, PORTRAIT, (960, 960))
RATIOS = dict(zip(("16:9", "9:16", "1:1"), SIZES, strict=True))
PER_TOKEN = {"bytedance/seedance-2.0": Decimal("0.000007"), "bytedance/seedance-2.0-fast": Decimal("0.0000056")}
ERRORS: dict[str, tuple[int, str]] = {
    "rate": (429, "Rate limit exceeded"),
    "busy": (503, "No provider is available for this model"),
    "server_error": (500, "Internal Server Error"),
    "auth": (401, "No auth credentials found"),
    "out_of_money": (402, "Insufficient credits"),
    "spend_limit": (403, "Key limit exceeded (total limit)"),
    "not_found": (404, "Not found"),
    "model_gone": (404, "No endpoints found for this model"),
    "bad_request": (400, "Invalid request"),
    "moderated": (403, "The model requires moderation and your input was flagged"),
}
OPTIONAL: dict[str, Rule] = {
    "duration": among(4, 15),
    "size": one_of(*(f"{width}x{height}" for width, height in SIZES)),
    "resolution": one_of("720p"),
    "aspect_ratio": one_of("16:9", "9:16", "1:1"),
    "generate_audio": flag,
    "seed": lambda v: "" if isinstance(v, int) and not isinstance(v, bool) else "must be an integer",
    "frame_images": lambda v: (
        "" if _frames(v) else "must be a first_frame, and a last_frame or none, with its image_url"
    ),
    "input_references": lambda v: "" if 0 < len(_references(v)) <= 9 else "must be 1 to 9 images with their image_url",
    "callback_url": text(),
}


class OpenRouter(Gateway):
    """The protocol of openrouter.ai/api/v1/videos."""

    name = "openrouter"
    models = tuple(PER_TOKEN)
    submits = ("/api/v1/videos",)
    polls = ("/api/v1/videos/{id}",)
    contents = ("/api/v1/videos/{id}/content",)
    free_calls = ("/api/v1/videos/models", "/api/v1/key")
    words = ("pending", "in_progress")
    shapes = ("unsigned", "no_addresses", "foreign_polling")

    def new_id(self, wish: Wish) -> str:
        return f"gen-vid-{int(time.time())}-{secrets.token_hex(10)}"

    def wish(self, call: Call) -> Wish:
        body = call.body
        if isinstance(body.get("model"), str) and body["model"] not in PER_TOKEN:
            raise Refusal("model_gone")
        check(body, {"model": text(), "prompt": text()}, OPTIONAL)
        if "size" in body and {"resolution", "aspect_ratio"} & set(body):
            raise Refusal("bad_request", "size stands for resolution and aspect_ratio")
        size = pixels(body["size"]) if "size" in body else RATIOS[body.get("aspect_ratio", "16:9")]
        wish = Wish(body["prompt"], body["model"], body.get("duration", 5), size)
        if "frame_images" in body and "input_references" in body:  # stricter than the documents, where they are dropped
            raise Refusal("bad_request", "input_references are dropped beside frame_images")
        frames = _frames(body.get("frame_images"))
        wish.references = tuple(_references(body.get("input_references")))
        wish.image, wish.last, wish.sizes = frames.get("first_frame", ""), frames.get("last_frame", ""), (size,)
        return wish

    def price(self, model: str, size: Pixels, seconds: int) -> Decimal:
        return PER_TOKEN[model] * (size[0] * size[1] * 24 // 1024) * seconds

    def accepted(self, job: Job, call: Call) -> Answer:
        root = "https://foreign.example" if job.shape == "foreign_polling" else call.root
        return Answer(202, {"id": job.id, "polling_url": f"{root}/api/v1/videos/{job.id}", "status": "pending"})

    def pending(self, job: Job, word: str) -> Answer:
        return Answer(200, _head(job, word))

    def finished(self, job: Job, url: str) -> Answer:
        usage = {"usage": {"cost": float(job.billed), "is_byok": False}}
        if job.ending != "completed":
            return Answer(200, _head(job, "failed") | {"error": job.message} | usage)
        body = _head(job, "completed") | {"generation_id": f"gen-{job.token}"} | usage
        if job.shape == "no_addresses":
            return Answer(200, body)
        content = f"{job.root}/api/v1/videos/{job.id}/content?index=0"
        if job.shape == "unsigned":
            return Answer(200, body | {"unsigned_urls": [content]})
        return Answer(200, body | ({"urls": [url], "unsigned_urls": [content]} if url else {"id": None}))

    def error(self, kind: str, message: str, path: str) -> Answer:
        if kind == "no_id":
            return Answer(202, {"status": "pending"})
        status, default = ERRORS[kind]
        return Answer(status, {"error": {"message": message or default, "code": status}})

    def free(self, path: str, balance: Decimal) -> Answer:
        if path.endswith("/key"):
            return Answer(200, {"data": {"label": "sandbox", "usage": 0, "limit_remaining": float(balance)}})
        return Answer(200, {"data": [_listed(name) for name in PER_TOKEN]})


def _listed(name: str) -> dict[str, object]:
    return {
        "id": name,
        "canonical_slug": name,
        "name": name,
        "created": 0,
        "description": "of the sandbox",
        "hugging_face_id": None,
        "creativity": None,
        "upscale_factor": None,
        "supported_aspect_ratios": list(RATIOS),
        "supported_resolutions": ["720p"],
        "supported_durations": list(range(4, 16)),
        "supported_sizes": None if name.endswith("-fast") else [f"{width}x{height}" for width, height in SIZES],
        "supported_frame_images": ["first_frame", "last_frame"],
        "generate_audio": True,
        "seed": True,
        "pricing_skus": {"video_tokens": str(PER_TOKEN[name])},
        "allowed_passthrough_parameters": [],
    }


def _frames(value: object) -> dict[str, str]:
    """The frames' addresses by kind, the first one among them; none where the value is anything else."""
    found: dict[str, str] = {}
    for one in value if isinstance(value, list) else []:
        image, kind = (one.get("image_url"), one.get("frame_type")) if isinstance(one, dict) else (None, None)
        fits = isinstance(image, dict) and isinstance(image.get("url"), str) and one.get("type") == "image_url"
        if not fits or kind not in ("first_frame", "last_frame") or kind in found:
            return {}
        found[kind] = image["url"]
    return found if "first_frame" in found else {}


def _references(value: object) -> list[str]:
    """The references' addresses; none where the value is anything else."""
    listed = value if isinstance(value, list) else []
    right = all(isinstance(one, dict) and set(one) == {"type", "image_url"} for one in listed)
    images = [one["image_url"] for one in listed if one["type"] == "image_url"] if right else []
    found = [image["url"] for image in images if isinstance(image, dict) and isinstance(image.get("url"), str)]
    return found if len(found) == len(listed) else []


def _head(job: Job, word: str) -> dict[str, object]:
    return {"id": job.id, "polling_url": f"{job.root}/api/v1/videos/{job.id}", "status": word}


GATEWAY = OpenRouter()
