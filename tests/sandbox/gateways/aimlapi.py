"""AI/ML API: one path for both verbs, the job id in the query, statuses that go backwards, the cost in credits.

Documents: the page of sora-2-pro-i2v (schema, exact image sizes, the sample log), the pages of its
siblings, the error page, and the funds page ($1 = 2,000,000 credits). The prices of the Sora models
are on no page read: upstream's list price times 1.3. Whether ``error`` is charged is on none either: free here.
"""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal

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
    check,
    one_of,
    text,
    whole,
)

CREDITS_PER_USD = 2_000_000
PATH = "/v2/video/generations"
PRO = {"openai/sora-2-pro-i2v", "openai/sora-2-pro-t2v"}
WITH_IMAGE = {"openai/sora-2-pro-i2v", "openai/sora-2-i2v"}
MODELS = PRO | WITH_IMAGE | {"openai/sora-2-t2v"}
SIZES = {
    ("720p", "16:9"): LANDSCAPE,
    ("720p", "9:16"): PORTRAIT,
    ("1080p", "16:9"): LANDSCAPE_LARGE,
    ("1080p", "9:16"): PORTRAIT_LARGE,
}
ERRORS: dict[str, tuple[int, str]] = {
    "rate": (429, "Too Many Requests"),
    "busy": (503, "Service unavailable"),
    "server_error": (500, "Internal server error"),
    "auth": (401, "Unauthorized: a valid API key is needed."),
    "out_of_money": (403, "You've run out of credits. Please top up your balance or update your payment method."),
    "spend_limit": (429, "Free-tier limit: the hourly quota is used up."),
    "not_found": (404, "Not Found"),
    "model_gone": (500, "The model is under maintenance. Please try again later."),
    "bad_request": (400, "Body validation error!"),
    "moderated": (400, POLICY),
}


class AIMLAPI(Gateway):
    """The protocol of api.aimlapi.com."""

    name = "aimlapi"
    submits = (PATH,)
    polls = (PATH,)
    free_calls = ("/v1/billing/balance",)
    words = ("generating", "queued", "queued")
    shapes = ("no_meta",)
    plain_base64 = True

    def new_id(self, wish: Wish) -> str:
        return f"video_{uuid.uuid4().hex}:{wish.model}"

    def job_id(self, path: Mapping[str, str], query: Mapping[str, str]) -> str:
        if not query.get("generation_id"):
            raise Refusal("bad_request", "Body validation error! generation_id is required")
        return query["generation_id"]

    def wish(self, call: Call) -> Wish:
        body, model = call.body, str(call.body.get("model", ""))
        if "model" in body and model not in MODELS:
            message = f"Body validation error! Invalid enum value for model. Expected {sorted(MODELS)}"
            raise Refusal("bad_request", f"{message}, received '{model}'")
        pro = model in PRO
        required: dict[str, Rule] = {"model": text(), "prompt": text()}
        optional: dict[str, Rule] = {
            "resolution": one_of("720p", "1080p") if pro else one_of("720p"),
            "aspect_ratio": one_of("16:9", "9:16"),
            "duration": whole(4, 8, 12),
        }
        if model in WITH_IMAGE:
            required["image_url"] = text(20_000_000)
        check(body, required, optional)
        tier = body.get("resolution", "1080p" if pro else "720p")
        size = SIZES[tier, body.get("aspect_ratio", "16:9")]
        wish = Wish(body["prompt"], model, body.get("duration", 4), size)
        if model in WITH_IMAGE:
            wish.image, wish.sizes = body["image_url"], (size,)
        return wish

    def price(self, model: str, size: Pixels, seconds: int) -> Decimal:
        if model not in PRO:
            return Decimal("0.13") * seconds
        return Decimal("0.39" if size in (LANDSCAPE, PORTRAIT) else "0.65") * seconds

    def accepted(self, job: Job, call: Call) -> Answer:
        return Answer(200, {"id": job.id, "status": "queued"})

    def pending(self, job: Job, word: str) -> Answer:
        return Answer(200, {"id": job.id, "status": word, "video": None, "error": None, "meta": None})

    def finished(self, job: Job, url: str) -> Answer:
        usage = {"usage": {"credits_used": int(job.billed * CREDITS_PER_USD)}}
        body: dict[str, object] = {"id": job.id, "video": None, "error": None, "meta": None}
        if job.charged and job.shape != "no_meta":
            body |= {"meta": usage}
        if job.ending != "completed":
            error = {"name": "GenerationError", "message": job.message}
            return Answer(200, body | {"status": "error", "error": error})
        return Answer(200, body | {"status": "completed", "video": {"url": url} if url else None})

    def error(self, kind: str, message: str, path: str) -> Answer:
        if kind == "no_id":
            return Answer(200, {"status": "queued"})
        status, default = ERRORS[kind]
        shown = f"{default} {message}" if kind == "bad_request" and not message.startswith(default) else message
        body = {
            "message": shown or default,
            "path": path,
            "requestId": str(uuid.uuid4()),
            "statusCode": str(status),
            "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        }
        return Answer(status, body)

    def free(self, path: str, balance: Decimal) -> Answer:
        credits = int(balance * CREDITS_PER_USD)
        return Answer(200, {"balance": credits, "lowBalance": credits < CREDITS_PER_USD})


GATEWAY = AIMLAPI()
