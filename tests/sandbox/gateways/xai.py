"""xAI's Grok Imagine: 202 while a job works, with a body or none; the cost in ticks; what moderation stops is done.

Documents: the types of its published clients (bodies, paths, words), its page on video (limits), its prices as others
cite them. What moderation stopped is charged, a failed job is free here. An edit and an extension cost their own
seconds and the source's; an extension's clip holds both.
"""

import uuid
from collections.abc import Mapping
from decimal import Decimal
from typing import ClassVar

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
    among,
    check,
    one_of,
    text,
)

BASE, NEWER, LITE = "grok-imagine-video", "grok-imagine-video-1.5", "grok-imagine-video-1.5-lite"
RATES: dict[str, dict[int, str]] = {  # US dollars a second by the short side
    BASE: {480: "0.05", 720: "0.07"},
    NEWER: {480: "0.08", 720: "0.14", 1080: "0.25"},
    LITE: {480: "0.02", 720: "0.03", 1080: "0.14"},
}
PICTURE: dict[str, str] = {BASE: "0.002", NEWER: "0.01", LITE: "0.01"}
SOURCE = "0.01"  # a second of an edit's or an extension's source
SIZES: dict[str, dict[str, Pixels]] = {
    "480p": {"16:9": (854, 480), "9:16": (480, 854)},
    "720p": {"16:9": LANDSCAPE, "9:16": PORTRAIT},
    "1080p": {"16:9": (1920, 1080), "9:16": (1080, 1920)},
}
MADE, EDITED, LONGER = (f"/v1/videos/{what}" for what in ("generations", "edits", "extensions"))
TICKS = 10**10
ERRORS: dict[str, tuple[int, str, str]] = {
    "rate": (429, "resource-exhausted", "Too many requests"),
    "busy": (503, "unavailable", "Service temporarily unavailable"),
    "server_error": (500, "internal", "Internal error"),
    "auth": (400, "Client specified an invalid argument", "Incorrect API key provided"),
    "out_of_money": (403, "permission-denied", "Your team has used all available credits"),
    "spend_limit": (429, "resource-exhausted", "Your team has reached its monthly spending limit"),
    "not_found": (404, "not-found", "The requested resource was not found"),
    "model_gone": (404, "not-found", "The model does not exist or your team does not have access to it"),
    "bad_request": (400, "Client specified an invalid argument", "Invalid value"),
    "moderated": (400, "Client specified an invalid argument", POLICY),
}


class Xai(Gateway):
    """The protocol of api.x.ai."""

    name = "xai"
    submits = (MADE, EDITED, LONGER)
    polls = ("/v1/videos/{id}",)
    free_calls = ("/v1/models",)
    words = ("pending",)
    shapes = ("empty_pending", "no_status", "no_cost")
    failed_is_charged: ClassVar[Mapping[str, bool]] = {"moderated": True}

    def new_id(self, wish: Wish) -> str:
        return str(uuid.uuid4())

    def wish(self, call: Call) -> Wish:
        body, model = call.body, str(call.body.get("model", ""))
        if model not in RATES:
            raise Refusal("model_gone")
        needed: dict[str, Rule] = {"prompt": text(), "model": text()}
        if call.path != MADE:
            optional: dict[str, Rule] = {} if call.path == EDITED else {"duration": among(2, 10)}
            check(body, needed | {"video": _place}, optional)
            longer = 0 if call.path == EDITED else body.get("duration", 6)
            wish = Wish(body["prompt"], f"{model}#{longer}", 5, None, video=body["video"]["url"], measured=True)
            wish.longer = longer
            return wish
        tiers = one_of(*(f"{short}p" for short in RATES[model]))
        optional = {"duration": among(1, 15), "aspect_ratio": one_of(*SIZES["720p"]), "resolution": tiers}
        optional |= {"image": _place, "last_frame": _place} if model == NEWER else {"image": _place}
        check(body, needed, optional | ({} if model == LITE else {"reference_images": _places}))
        size = SIZES[body.get("resolution", "480p")][body.get("aspect_ratio", "16:9")]
        wish = Wish(body["prompt"], model, body.get("duration", 8), size)
        wish.image, wish.last = (body.get(name, {}).get("url", "") for name in ("image", "last_frame"))
        wish.references = tuple(one["url"] for one in body.get("reference_images", ()))
        if wish.references and (wish.image or wish.last or wish.seconds > 10 or min(size) > 720):
            raise Refusal("bad_request", "references go with no frame, and with 10 s of 720p at the most")
        if wish.last and not wish.image:
            raise Refusal("bad_request", "a last frame needs a first one")
        pictures = len([uri for uri in (wish.image, wish.last, *wish.references) if uri])
        wish.extra = Decimal(PICTURE[model]) * pictures
        return wish

    def price(self, model: str, size: Pixels, seconds: int) -> Decimal:
        name, video, longer = model.partition("#")
        source = seconds - int(longer or 0) if video else 0
        return Decimal(RATES[name][min(size)]) * (int(longer or 0) or seconds) + Decimal(SOURCE) * source

    def accepted(self, job: Job, call: Call) -> Answer:
        return Answer(200, {"request_id": job.id})

    def pending(self, job: Job, word: str) -> Answer:
        if word not in self.words:
            return Answer(200, {"status": word})
        return Answer(202, None if job.shape == "empty_pending" else {"status": word, "progress": 10})

    def finished(self, job: Job, url: str) -> Answer:
        cost = {} if job.shape == "no_cost" else {"usage": {"cost_in_usd_ticks": int(job.billed * TICKS)}}
        if job.ending == "moderated":
            return Answer(200, {"status": "done", "video": {"url": "", "respect_moderation": False}} | cost)
        if job.ending != "completed":
            return Answer(200, {"status": "failed", "error": {"code": "internal", "message": job.message}})
        video = {"video": {"url": url, "duration": job.seconds, "respect_moderation": True}}
        word = {} if job.shape == "no_status" else {"status": "done"}
        return Answer(200, word | video | {"model": job.model.partition("#")[0], "progress": 100} | cost)

    def error(self, kind: str, message: str, path: str) -> Answer:
        if kind == "no_id":
            return Answer(200, {"request_id": None})
        status, code, default = ERRORS[kind]
        return Answer(status, {"code": code, "error": message or default})

    def free(self, path: str, balance: Decimal) -> Answer:
        return Answer(200, {"object": "list", "data": [{"id": name, "object": "model"} for name in RATES]})


def _place(value: object) -> str:
    right = isinstance(value, dict) and set(value) == {"url"} and isinstance(value["url"], str)
    return "" if right else "must be an object with a url"


def _places(value: object) -> str:
    right = isinstance(value, list) and 0 < len(value) <= 7 and not any(map(_place, value))
    return "" if right else "must be 1 to 7 objects with a url"


GATEWAY = Xai()
