"""Runway: tasks in upper-case words, a version header on every call, estimate and final cost in credits.

Documents: the types of its published client (bodies, ratios, states, costs), its pages on errors and task failures;
credits a second as its skills file lists them and others cite its prices, 0.01 USD each; aleph2 has a least sum a task.
A failed task is refunded
here, one by policy is charged, and both report it. Whoever deletes a task never sees it again; one that was at work
already is not refunded.
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
    flag,
    one_of,
    text,
)

CREDITS = {"seedance2": 36, "seedance2_fast": 29, "seedance2_mini": 16, "gen4.5": 12, "gen4_turbo": 5, "aleph2": 28}
LARGE = {"seedance2": {1080: 40, 2160: 150}}  # credits by the short side
LEAST = {"aleph2": 56}
ODD_COSTS: dict[str, object] = {"cost_below_0": -500, "cost_no_number": "NaN", "cost_absurd": 10**9, "cost_null": None}
SEEDANCE = ("seedance2", "seedance2_fast", "seedance2_mini")
LENGTHS = {**dict.fromkeys(SEEDANCE, (4, 15)), "gen4.5": (2, 10), "gen4_turbo": (2, 10)}
SMALL: tuple[Pixels, ...] = (LANDSCAPE, PORTRAIT, (960, 960))
WIDE: tuple[Pixels, ...] = (*SMALL, (864, 496), (496, 864))
SIZES: dict[str, tuple[Pixels, ...]] = {
    **dict.fromkeys(SEEDANCE, WIDE),
    "seedance2": (*WIDE, (1920, 1080), (1080, 1920), (3840, 2160), (2160, 3840)),
    "gen4.5": SMALL,
    "gen4_turbo": SMALL,
}
TEXT, IMAGE, EDIT = "/v1/text_to_video", "/v1/image_to_video", "/v1/video_to_video"
ERRORS: dict[str, tuple[int, str]] = {
    "rate": (429, "Too many requests"),
    "busy": (503, "Service unavailable"),
    "server_error": (500, "Internal error"),
    "auth": (401, "The API key you provided was not found"),
    "out_of_money": (400, "You do not have enough credits to run this task."),
    "spend_limit": (400, "You do not have enough credits to run this task."),
    "not_found": (404, "Not found"),
    "model_gone": (400, "Model variant is no longer available"),
    "bad_request": (400, "Validation of body failed"),
    "moderated": (400, POLICY),
}


class Runway(Gateway):
    """The protocol of api.dev.runwayml.com."""

    name = "runway"
    submits = (TEXT, IMAGE, EDIT)
    polls = ("/v1/tasks/{id}",)
    cancels = (("DELETE", "/v1/tasks/{id}"),)
    free_calls = ("/v1/organization",)
    words = ("PENDING", "THROTTLED", "RUNNING")
    shapes = ("no_cost", "no_estimate", *ODD_COSTS)
    headers: ClassVar[Mapping[str, str]] = {"x-runway-version": "2024-11-06"}
    failed_is_charged: ClassVar[Mapping[str, bool]] = {"moderated": True}

    def prompt(self, body: Mapping[str, object]) -> str:
        return super().prompt({"prompt": body.get("promptText", "")})

    def new_id(self, wish: Wish) -> str:
        return str(uuid.uuid4())

    def wish(self, call: Call) -> Wish:
        body, model = call.body, str(call.body.get("model", ""))
        known = model in CREDITS and (model, call.path) != ("gen4_turbo", TEXT)
        if not known or (model in LENGTHS) == (call.path == EDIT):
            raise Refusal("bad_request", "Invalid enum value for model")
        needed: dict[str, Rule] = {"model": text(), "promptText": text(3500 if model in SEEDANCE else 1000)}
        optional: dict[str, Rule] = {"seed": lambda v: "" if type(v) is int else "must be an integer"}
        if call.path == EDIT:
            check(body, needed | {"videoUri": text(5_000_000)}, optional)
            return Wish(body["promptText"], model, 5, None, sizes=(LANDSCAPE,), video=body["videoUri"], measured=True)
        ratios = {f"{width}:{height}": (width, height) for width, height in SIZES[model]}
        needed |= {"ratio": one_of(*ratios), "duration": among(*LENGTHS[model])}
        if call.path == IMAGE:
            needed["promptImage"] = lambda v: (
                "" if _frames(v) else "must be an image at the first position, and at the last or none"
            )
        optional |= {"audio": flag} if model in SEEDANCE else {}
        optional |= (
            {"references": lambda v: "" if 0 < len(_uris(v)) <= 9 else "must be 1 to 9 images"}
            if (model in SEEDANCE and call.path == TEXT)
            else {}
        )
        check(body, needed, optional)
        size = ratios[body["ratio"]]
        wish = Wish(body["promptText"], model, body["duration"], size)
        frames = _frames(body.get("promptImage"))
        if "last" in frames and model not in SEEDANCE:
            raise Refusal("bad_request", "this model takes no last image")
        wish.image, wish.last, wish.sizes = frames.get("first", ""), frames.get("last", ""), (size,)
        wish.references = tuple(_uris(body.get("references")))
        if len(wish.image) > 5_000_000:
            raise Refusal("bad_request", "a data URI may have 5 MB")
        return wish

    def price(self, model: str, size: Pixels, seconds: int) -> Decimal:
        credits = LARGE.get(model, {}).get(min(size), CREDITS[model])
        return Decimal(max(credits * seconds, LEAST.get(model, 0))) / 100

    def accepted(self, job: Job, call: Call) -> Answer:
        cost = {} if job.shape == "no_estimate" else {"estimatedCost": {"credits": int(job.price * 100)}}
        return Answer(200, {"id": job.id} | cost)

    def pending(self, job: Job, word: str) -> Answer:
        how_far = {"progress": 0.5} if word == "RUNNING" else {}
        return Answer(200, _head(job, word) | how_far | {"estimatedCost": {"credits": int(job.price * 100)}})

    def finished(self, job: Job, url: str) -> Answer:
        cost = {} if job.shape == "no_cost" else {"cost": {"credits": ODD_COSTS.get(job.shape, int(job.billed * 100))}}
        if job.ending != "completed":
            code = "SAFETY.OUTPUT.VIDEO" if job.ending == "moderated" else "INTERNAL.BAD_OUTPUT.CODE01"
            return Answer(200, _head(job, "FAILED") | {"failure": job.message, "failureCode": code} | cost)
        return Answer(200, _head(job, "SUCCEEDED") | {"output": [url] if url else []} | cost)

    def cancelled(self, job: Job, done: bool) -> Answer:
        return Answer(204)

    def forgets(self, job: Job, done: bool) -> bool:
        return True

    def refunds(self, job: Job) -> bool:
        return job.polls < len(self.words)  # the last of its words is RUNNING

    def error(self, kind: str, message: str, path: str) -> Answer:
        if kind == "no_id":
            return Answer(200, {"estimatedCost": {"credits": 1}})
        status, default = ERRORS[kind]
        return Answer(status, {"error": message or default})

    def free(self, path: str, balance: Decimal) -> Answer:
        return Answer(200, {"creditBalance": int(balance * 100), "tier": {"models": {}}, "usage": {"models": {}}})


def _frames(value: object) -> dict[str, str]:
    """The addresses of the images by position, the first one among them; none where the value is anything else."""
    if isinstance(value, str):
        return {"first": value}
    found: dict[str, str] = {}
    for one in value if isinstance(value, list) else []:
        if not isinstance(one, dict) or set(one) != {"uri", "position"} or not isinstance(one["uri"], str):
            return {}
        if one["position"] not in ("first", "last") or one["position"] in found:
            return {}
        found[one["position"]] = one["uri"]
    return found if "first" in found else {}


def _uris(value: object) -> list[str]:
    """The addresses of reference images; none where the value is anything else."""
    listed = value if isinstance(value, list) else []
    right = all(isinstance(one, dict) and set(one) == {"uri"} and isinstance(one["uri"], str) for one in listed)
    return [one["uri"] for one in listed] if right else []


def _head(job: Job, word: str) -> dict[str, object]:
    return {"id": job.id, "status": word, "createdAt": "2026-11-21T10:00:00.000Z"}


GATEWAY = Runway()
