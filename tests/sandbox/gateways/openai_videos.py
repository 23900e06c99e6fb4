"""The /v1/videos shape: JSON or a form, a file under the key; and one clone's dialect beside OpenAI's own.

Documents: OpenAI's guide to video generation and the types of its published client (seconds as text, sizes, the
reference image, states, errors, content), its price list. ``seedance-2.0`` is read as Lumenfall's page has it:
``duration`` as a number, the file's address in ``output.url``. Of failed jobs none says anything: free here.
"""

import base64
import uuid
from decimal import Decimal

from tests.sandbox import family
from tests.sandbox.protocol import (
    LANDSCAPE,
    LANDSCAPE_LARGE,
    POLICY,
    PORTRAIT,
    PORTRAIT_LARGE,
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
    pixels,
    text,
)

SMALL, ALL = (LANDSCAPE, PORTRAIT), (LANDSCAPE, PORTRAIT, LANDSCAPE_LARGE, PORTRAIT_LARGE)
LUMENFALL: tuple[Pixels, ...] = ((1365, 768), (768, 1365), (1024, 1024))
SIZES: dict[str, tuple[Pixels, ...]] = {"sora-2": SMALL, "sora-2-pro": ALL, "seedance-2.0": LUMENFALL}
CLONE = "seedance-2.0"
ERRORS: dict[str, tuple[int, str, str]] = {
    "rate": (429, "rate_limit_exceeded", "Rate limit reached"),
    "busy": (503, "overloaded", "The engine is currently overloaded"),
    "server_error": (500, "server_error", "The server had an error while processing your request"),
    "auth": (401, "invalid_api_key", "Incorrect API key provided"),
    "out_of_money": (429, "insufficient_quota", "You exceeded your current quota"),
    "spend_limit": (429, "billing_hard_limit_reached", "Billing hard limit has been reached"),
    "not_found": (404, "not_found", "No such video"),
    "model_gone": (404, "model_not_found", "The model does not exist or you do not have access to it"),
    "bad_request": (400, "invalid_value", "Invalid value"),
    "moderated": (400, "moderation_blocked", POLICY),
}


class OpenAIVideos(Gateway):
    """The protocol of api.openai.com/v1/videos and of those who serve the same."""

    name = "openai_videos"
    submits = ("/v1/videos", "/v1/videos/{id}/remix")
    polls = ("/v1/videos/{id}",)
    contents = ("/v1/videos/{id}/content",)
    cancels = (("DELETE", "/v1/videos/{id}"),)
    free_calls = ("/v1/models",)
    words = ("queued", "in_progress")
    takes_forms = True
    shapes = family.SHAPES

    def new_id(self, wish: Wish) -> str:
        return f"video_{uuid.uuid4().hex}"

    def id_of(self, job: Job) -> str:
        return family.id_of(job)

    def wish(self, call: Call) -> Wish:
        body = call.body
        if call.path.endswith("/remix"):
            return _remix(call)
        model = str(body.get("model", "sora-2"))
        if model not in SIZES:
            raise Refusal("model_gone")
        sizes = SIZES[model]
        optional: dict[str, Rule] = {"model": text(), "size": one_of(*(f"{w}x{h}" for w, h in sizes))}
        if model == CLONE:
            optional["duration"] = among(4, 15)
        else:
            optional |= {"seconds": one_of("4", "8", "12"), "input_reference": _reference}
        check(body, {"prompt": text()}, optional)
        wide, high = pixels(str(body.get("size", "720x1280")))
        size = (wide // 2 * 2, high // 2 * 2)  # as encoders have it
        wish = Wish(str(body["prompt"]), model, int(str(body.get("seconds", body.get("duration", 4)))), size)
        wish.image = _image(call)
        wish.sizes = (size,)
        return wish

    def price(self, model: str, size: Pixels, seconds: int) -> Decimal:
        pro = "0.30" if size in SMALL else "0.50"
        return Decimal({"sora-2": "0.10", "sora-2-pro": pro, CLONE: "0.3034"}[model]) * seconds

    def accepted(self, job: Job, call: Call) -> Answer:
        return family.receipt(job, self._body(job, "queued"))

    def pending(self, job: Job, word: str) -> Answer:
        return Answer(200, self._body(job, word))

    def finished(self, job: Job, url: str) -> Answer:
        if job.ending != "completed":
            code = "moderation_blocked" if job.ending == "moderated" else "generation_failed"
            return Answer(200, self._body(job, "failed") | {"error": {"code": code, "message": job.message}})
        if job.shape:
            return family.ending(job, self._body(job, "completed"), url)
        body = self._body(job, "completed") | {"progress": 100, "completed_at": int(job.created)}
        if job.model == CLONE:
            return Answer(200, body | {"output": {"url": url}})
        return Answer(200, body if url else {**body, "id": None})

    def cancelled(self, job: Job, done: bool) -> Answer:
        return Answer(200, {"id": job.id, "object": "video.deleted", "deleted": True})

    def forgets(self, job: Job, done: bool) -> bool:
        return True

    def refunds(self, job: Job) -> bool:
        return False  # no document says that it stops

    def error(self, kind: str, message: str, path: str) -> Answer:
        if kind == "no_id":
            return Answer(200, {"object": "video", "status": "queued"})
        status, code, default = ERRORS[kind]
        error = {"message": message or default, "type": "invalid_request_error", "param": None, "code": code}
        return Answer(status, {"error": error})

    def free(self, path: str, balance: Decimal) -> Answer:
        return Answer(200, {"object": "list", "data": [{"id": name, "object": "model"} for name in SIZES]})

    def _body(self, job: Job, word: str) -> dict[str, object]:
        head: dict[str, object] = {"id": job.id, "object": "video", "model": job.model, "status": word, "progress": 0}
        return head | {"created_at": int(job.created), "seconds": str(job.seconds), "size": job.size_text}


def _reference(value: object) -> str:
    right = isinstance(value, dict) and set(value) == {"image_url"} and isinstance(value["image_url"], str)
    return "" if right else "must be a reference object with an image_url"


def _image(call: Call) -> str:
    """The reference image as a data URI or an address; empty where there is none."""
    unknown = set(call.files) - {"input_reference"}
    if unknown or (call.files and "input_reference" in call.body) or (call.files and call.body.get("model") == CLONE):
        raise Refusal("bad_request", f"unexpected file {', '.join(sorted(call.files))}")
    for _, data, kind in call.files.values():
        return f"data:{kind};base64,{base64.b64encode(data).decode()}"
    reference = call.body.get("input_reference")
    return reference["image_url"] if isinstance(reference, dict) else ""


def _remix(call: Call) -> Wish:
    check(call.body, {"prompt": text()}, {})
    job = call.find(call.path.split("/")[-2])
    if job is None or job.ending != "completed" or not call.is_done(job):
        raise Refusal("bad_request", "the id names no finished video")
    return Wish(call.body["prompt"], job.model, job.seconds, job.size)


GATEWAY = OpenAIVideos()
