"""BytePlus ModelArk: tasks of typed contents, tokens in the reply, a list that echoes what came along, drafts, DELETE.

Documents: the types of its published client and its page on tasks; prices a million tokens as resellers cite them, with
the source's seconds where there is one. Only what succeeds is billed. A queued task may be deleted and costs nothing
then, one that runs may not, and of one that is over the record goes.
"""

import secrets
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

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

FAST, SEEDANCE, NEWEST = (f"dreamina-seedance-{v}" for v in ("2-0-fast-260128", "2-0-260128", "2-5-260628"))
RATES: dict[str, str] = {FAST: "5.6", SEEDANCE: "7.0", NEWEST: "10.70"}  # US dollars a million tokens
LARGE, EDIT = {SEEDANCE: "7.8"}, "6.40"
TASKS = "/api/v3/contents/generations/tasks"
OLD_SMALL: dict[str, Pixels] = {"16:9": (864, 496), "9:16": (496, 864), "1:1": (640, 640)}
SMALL: dict[str, Pixels] = {"16:9": (854, 480), "9:16": (480, 854), "1:1": (640, 640)}
MIDDLE: dict[str, Pixels] = {"16:9": LANDSCAPE, "9:16": PORTRAIT, "1:1": (960, 960)}
BIG: dict[str, Pixels] = {"16:9": (1920, 1080), "9:16": (1080, 1920), "1:1": (1440, 1440)}
SIZES: dict[str, dict[str, dict[str, Pixels]]] = {
    FAST: {"480p": OLD_SMALL, "720p": MIDDLE},
    SEEDANCE: {"480p": OLD_SMALL, "720p": MIDDLE, "1080p": BIG},
    NEWEST: {"480p": SMALL, "720p": MIDDLE},
}
ERRORS: dict[str, tuple[int, str, str]] = {
    "rate": (429, "RateLimitExceeded.EndpointRPMExceeded", "The Requests Per Minute limit is exceeded"),
    "busy": (503, "ServerOverloaded", "The service is currently unable to handle additional requests"),
    "server_error": (500, "InternalServiceError", "The service encountered an unexpected internal error"),
    "auth": (401, "AuthenticationError", "The API key in the request is missing or invalid"),
    "out_of_money": (403, "AccountOverdueError", "The request failed because your account has an overdue balance"),
    "spend_limit": (429, "SetLimitExceeded", "Your account has reached the set inference limit for the model"),
    "not_found": (404, "ResourceNotFound", "The specified resource is not found"),
    "model_gone": (404, "InvalidEndpointOrModel.NotFound", "The model does not exist or you have no access to it"),
    "bad_request": (400, "InvalidParameter", "A parameter specified in the request is not valid"),
    "moderated": (400, "InputTextSensitiveContentDetected", POLICY),
}
OPTIONAL: dict[str, Rule] = {
    "seed": lambda v: "" if type(v) is int else "must be an integer",
    "generate_audio": flag,
    "watermark": flag,
    "camera_fixed": flag,
    "return_last_frame": flag,
    "safety_identifier": text(64),
    "service_tier": one_of("default", "flex"),
}


class ModelArk(Gateway):
    """The protocol of ark.ap-southeast.bytepluses.com."""

    name = "modelark"
    key_variable = "ARK_API_KEY"
    submits = (TASKS,)
    polls = (f"{TASKS}/{{id}}",)
    lists = (TASKS,)
    cancels = (("DELETE", f"{TASKS}/{{id}}"),)
    words = ("queued", "running")
    shapes = ("no_usage", "expired")

    def read(self, value: object) -> dict[str, Any] | None:
        """As its client sends it: null for what is not said."""
        return {k: v for k, v in value.items() if v is not None} if isinstance(value, dict) else None

    def order_id(self, body: Mapping[str, Any]) -> str:
        return str(body.get("safety_identifier", ""))

    def prompt(self, body: Mapping[str, Any]) -> str:
        content = body.get("content")
        one = content[0] if isinstance(content, list) and content else None
        return super().prompt({"prompt": one.get("text", "") if isinstance(one, dict) else ""})

    def new_id(self, wish: Wish) -> str:
        return f"cgt-20261126100000-{secrets.token_hex(4)}"

    def wish(self, call: Call) -> Wish:
        body, model = call.body, str(call.body.get("model", ""))
        if model not in RATES:
            raise Refusal("model_gone")
        tiers = SIZES[model]
        needed: dict[str, Rule] = {"model": text(), "content": _contents, "resolution": one_of(*tiers)}
        if _kinds(body.get("content")) == ["draft_task"]:
            check(body, needed, OPTIONAL)
            return _final(call, tiers[body["resolution"]])
        shown, newest = _shown(body.get("content")), model == NEWEST
        if len(shown.get("reference_image", [])) > (30 if newest else 9):
            raise Refusal("bad_request", "too many reference images")
        shaped = shown and set(shown) != {"reference_image"}
        ratios = ["adaptive"] if shaped and newest else [*tiers["720p"], *(["adaptive"] if shown else [])]
        needed |= {"ratio": one_of(*ratios), "duration": among(4, 30 if newest else 15)}
        check(body, needed, OPTIONAL | ({"draft": flag} if newest and body.get("resolution") == "480p" else {}))
        sizes, prompt = tiers[body["resolution"]], body["content"][0]["text"]
        wish = Wish(prompt, model, body["duration"], sizes.get(body["ratio"]), shapes=tuple(sizes.values()))
        if "reference_video" in shown:
            wish.model, wish.video, wish.measured = f"{model}#edit", shown["reference_video"][0], True
        wish.image, wish.last = (shown.get(role, [""])[0] for role in ("first_frame", "last_frame"))
        wish.references = tuple(shown.get("reference_image", ()))
        wish.model += "#draft" if body.get("draft") else ""
        return wish

    def price(self, model: str, size: Pixels, seconds: int) -> Decimal:
        name, _, kind = model.partition("#")
        rate = LARGE.get(name, RATES[name]) if size in BIG.values() else RATES[name]
        return Decimal(EDIT if kind == "edit" else rate) * _tokens(model, size, seconds) / 1_000_000

    def accepted(self, job: Job, call: Call) -> Answer:
        return Answer(200, {"id": job.id})

    def pending(self, job: Job, word: str) -> Answer:
        return Answer(200, _head(job, word))

    def finished(self, job: Job, url: str) -> Answer:
        if job.ending != "completed":
            code = "OutputVideoSensitiveContentDetected" if job.ending == "moderated" else "InternalServiceError"
            word = "cancelled" if job.ending == "cancelled" else "expired" if job.shape == "expired" else "failed"
            return Answer(200, _head(job, word) | {"error": {"code": code, "message": job.message}})
        tokens = _tokens(job.model, job.size, job.seconds)
        usage = {"completion_tokens": int(tokens), "total_tokens": int(tokens)}
        more = {} if job.shape == "no_usage" else {"usage": usage}
        return Answer(200, _head(job, "succeeded") | {"content": {"video_url": url} if url else {}} | more)

    def listing(self, jobs: Sequence[Job], query: Mapping[str, str]) -> Answer:
        size, page = int(query.get("page_size", "10")), int(query.get("page_num", "1"))
        newest = list(reversed(jobs))[(page - 1) * size : page * size]
        return Answer(200, {"total": len(jobs), "items": [_item(job) for job in newest]})

    def cancelled(self, job: Job, done: bool) -> Answer:
        if not done and job.polls:
            raise Refusal("bad_request", "a task that runs cannot be deleted")
        return Answer(200, {})

    def forgets(self, job: Job, done: bool) -> bool:
        return done

    def error(self, kind: str, message: str, path: str) -> Answer:
        if kind == "no_id":
            return Answer(200, {"model": NEWEST})
        status, code, default = ERRORS[kind]
        return Answer(status, {"error": {"code": code, "message": message or default, "param": "", "type": "Error"}})


def _kinds(content: object) -> list[str]:
    return [str(one.get("type")) for one in content if isinstance(one, dict)] if isinstance(content, list) else []


def _contents(content: object) -> str:
    """A text, with frames or references in their documented form; or a draft alone."""
    if _kinds(content) == ["draft_task"]:
        return ""
    right = isinstance(content, list) and len(content) > 0 and len(_kinds(content)) == len(content)
    if not right or set(content[0]) != {"type", "text"} or text()(content[0]["text"]):
        return "must begin with a text"
    return "" if len(content) == 1 or _shown(content) else "must show frames, or references and at most one video"


def _shown(content: object) -> dict[str, list[str]]:
    """The addresses of an order's pictures and video by their roles; none where they are anything else, or do not go
    together."""
    roles = {"image_url": ("first_frame", "last_frame", "reference_image"), "video_url": ("reference_video",)}
    found: dict[str, list[str]] = {}
    for one in content[1:] if isinstance(content, list) else []:
        kind = str(one.get("type")) if isinstance(one, dict) else ""
        place = one.get(kind) if kind in roles else None
        role = one.get("role") or "first_frame" if isinstance(one, dict) else ""
        if not isinstance(place, dict) or set(place) != {"url"} or role not in roles[kind]:
            return {}
        found.setdefault(str(role), []).append(place["url"])
    once = all(len(found.get(role, [])) <= 1 for role in ("first_frame", "last_frame", "reference_video"))
    mixed = "first_frame" in found and bool({"reference_image", "reference_video"} & set(found))
    return found if once and not mixed and ("last_frame" in found) <= ("first_frame" in found) else {}


def _final(call: Call, sizes: Mapping[str, Pixels]) -> Wish:
    """What a draft becomes: its own prompt, length and shape at another resolution."""
    draft = call.find(str(call.body["content"][0].get("draft_task", {}).get("id")))
    model = call.body["model"]
    if draft is None or not call.is_done(draft) or draft.model != f"{model}#draft" or draft.ending != "completed":
        raise Refusal("bad_request", "the id names no finished draft of this model")
    size = next(size for size in sizes.values() if (size[0] > size[1]) == (draft.size[0] > draft.size[1]))
    return Wish(draft.prompt, model, draft.seconds, size)


def _tokens(model: str, size: Pixels, seconds: int) -> Decimal:
    lengths = 2 if model.endswith("#edit") else 1  # of source and clip
    return Decimal(size[0] * size[1] * 24 * seconds * lengths) / 1024


def _item(job: Job) -> dict[str, object]:
    """A task of the list, with its tokens where it is done."""
    if not job.is_over:
        return _head(job, "running")
    if job.ending != "completed":
        return _head(job, "cancelled" if job.ending == "cancelled" else "failed")
    rate = Decimal(EDIT if job.model.endswith("#edit") else RATES[job.model.partition("#")[0]])
    rate = Decimal(LARGE[job.model]) if job.size in BIG.values() and job.model in LARGE else rate
    tokens = round(job.price * 1_000_000 / rate)  # the bill in the gateway's own unit
    return _head(job, "succeeded") | {"usage": {"completion_tokens": tokens, "total_tokens": tokens}}


def _head(job: Job, word: str) -> dict[str, object]:
    head: dict[str, object] = {"id": job.id, "model": job.model.partition("#")[0], "status": word, "error": None}
    head |= {"created_at": int(job.created), "updated_at": int(job.created), "draft": job.model.endswith("#draft")}
    return head | ({"safety_identifier": job.order_id} if job.order_id else {})


GATEWAY = ModelArk()
