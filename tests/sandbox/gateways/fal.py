"""fal: a path a model, one queue, COMPLETED for good and bad ends, the result in a second document.

Documents: fal's pages on the queue and on errors, and the llms.txt of each model (fields, types, prices). Only
outputs that succeed are billed. Edits are billed by the seconds of what comes out, which are those of the source.
The pixels of each resolution and ratio are those that Runway's published client names for the same model. Where the
length or the ratio is left to the model it takes 5 s, and the picture's shape or 16:9. What a cancelled request says
afterwards is documented nowhere: COMPLETED with an error here.

Drafts of Seedance 2.5, as its page on completing them has it: a request with ``draft`` gives a ``draft_id`` beside its
video, which its owner may finish at 1080p within seven days. A draft that is finished twice is one bill.
"""

import time
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal

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
    addresses,
    check,
    flag,
    one_of,
    text,
)

UNIT = Decimal("0.014")  # of Seedance: a thousand tokens
TEXT, IMAGE, SHOWN = (f"bytedance/seedance-2.0/{what}-to-video" for what in ("text", "image", "reference"))
KLING, GROK = "fal-ai/kling-video/o3/standard/video-to-video/edit", "xai/grok-imagine-video/edit-video"
TEXT_25, IMAGE_25 = "bytedance/seedance-2.5/text-to-video", "bytedance/seedance-2.5/image-to-video"
COMPLETE, DRAFT, DRAFT_DAYS = "bytedance/seedance-2.5/draft/complete", "#draft", 7
PER_SECOND = {TEXT: "0.3034", IMAGE: "0.3024", SHOWN: "0.3024", KLING: "0.252", GROK: "0.08"}
OF_25 = {"": {480: "0.2205", 720: "0.473"}, DRAFT: {480: "0.22"}}
FINAL_PER_SECOND = Decimal("1.04004")
APPS = ("bytedance/seedance-2.0", "bytedance/seedance-2.5", "fal-ai/kling-video", "xai/grok-imagine-video")
SIZES: dict[str, dict[str, Pixels]] = {
    "480p": {"16:9": (864, 496), "21:9": (992, 432), "4:3": (752, 560), "1:1": (640, 640)},
    "720p": {"16:9": LANDSCAPE, "21:9": (1470, 630), "4:3": (1112, 834), "1:1": (960, 960)},
    "1080p": {"16:9": (1920, 1080), "21:9": (2206, 946), "4:3": (1664, 1248), "1:1": (1440, 1440)},
}
for _sizes in SIZES.values():
    _sizes |= {"3:4": _sizes["4:3"][::-1], "9:16": _sizes["16:9"][::-1]}
NOMINAL: dict[Pixels, Pixels] = {(864, 496): (854, 480), (496, 864): (480, 854)}  # what 480p is by its name
SEEDANCE: dict[str, Rule] = {
    "duration": one_of("auto", *(str(seconds) for seconds in range(4, 16))),
    "resolution": one_of(*SIZES),
    "aspect_ratio": one_of("auto", *SIZES["720p"]),
    "generate_audio": flag,
    "seed": lambda v: "" if isinstance(v, int) and not isinstance(v, bool) else "must be an integer",
}
SEEDANCE_25 = SEEDANCE | {
    "duration": one_of(*(str(seconds) for seconds in range(4, 31))),
    "resolution": one_of("480p", "720p"),
    "draft": flag,
}
EDITS: dict[str, dict[str, Rule]] = {KLING: {"keep_audio": flag}, GROK: {"resolution": one_of("480p", "720p")}}
ERRORS: dict[str, tuple[int, str]] = {
    "rate": (429, "Too many requests"),
    "busy": (503, "Service unavailable"),
    "server_error": (500, "Internal Server Error"),
    "auth": (401, "Authentication is required to access this application."),
    "out_of_money": (403, "User is locked. Reason: Exhausted balance."),
    "spend_limit": (403, "User is locked. Reason: TOP_UP"),
    "not_found": (404, "Request not found"),
    "model_gone": (404, "Application not found"),
}


class Fal(Gateway):
    """The protocol of queue.fal.run."""

    name = "fal"
    key_prefix = "Key "
    submits = tuple(f"/{model}" for model in (*PER_SECOND, TEXT_25, IMAGE_25, COMPLETE))
    polls = tuple(f"/{app}/requests/{{id}}/status" for app in APPS)
    results = tuple(f"/{app}/requests/{{id}}" for app in APPS)
    cancels = tuple(("PUT", f"/{app}/requests/{{id}}/cancel") for app in APPS)
    lists = ("/v1/models/billing-events",)
    words = ("IN_QUEUE", "IN_PROGRESS")
    shapes = ("foreign_urls", "no_urls", "error_in_result", "units", "units_odd", "units_seconds")

    def new_id(self, wish: Wish) -> str:
        return str(uuid.uuid4())

    def wish(self, call: Call) -> Wish:
        body, model = call.body, call.path.removeprefix("/")
        if model in EDITS:
            check(body, {"prompt": text(), "video_url": text(20_000_000)}, EDITS[model])
            return Wish(body["prompt"], model, 5, None, sizes=(LANDSCAPE,), video=body["video_url"], measured=True)
        if model == COMPLETE:
            return self._finished_draft(call)
        needed: dict[str, Rule] = {"prompt": text()}
        pictured, rules = model in (IMAGE, IMAGE_25), SEEDANCE_25 if model in (TEXT_25, IMAGE_25) else SEEDANCE
        if pictured:
            needed["image_url"] = text(40_000_000)
        more: dict[str, Rule] = {"end_image_url": text(40_000_000)} if pictured else {}
        check(body, needed, rules | more | ({"image_urls": addresses(9)} if model == SHOWN else {}))
        ratio, length = body.get("aspect_ratio", "auto"), body.get("duration", "auto")
        sizes = SIZES["480p" if body.get("draft") else body.get("resolution", "720p")]
        size = sizes.get("16:9" if ratio == "auto" and not pictured else ratio)
        model += DRAFT if body.get("draft") else ""
        wish = Wish(body["prompt"], model, 5 if length == "auto" else int(length), size, shapes=tuple(sizes.values()))
        if size and ratio != "auto":  # stricter than the documents: what is cut to a shape is cut to its pixels
            wish.sizes = (size, NOMINAL.get(size, size))
        wish.image, wish.last = body.get("image_url", ""), body.get("end_image_url", "")
        wish.references = tuple(body.get("image_urls", ()))
        return wish

    def _finished_draft(self, call: Call) -> Wish:
        """The final of a draft that its owner had here, within its days."""
        check(call.body, {"draft_id": text()}, {})
        draft = call.find(call.body["draft_id"].removeprefix("draft-"))
        if draft is None or not draft.model.endswith(DRAFT) or not call.is_done(draft):
            raise Refusal("bad_request", "draft_id names no draft of yours")
        if time.time() >= draft.created + DRAFT_DAYS * 86_400:
            raise Refusal("bad_request", "the draft has expired")
        sizes = {SIZES["480p"][ratio]: SIZES["1080p"][ratio] for ratio in SIZES["480p"]}
        wish = Wish(draft.prompt, COMPLETE, draft.seconds, sizes[draft.size])
        wish.free, draft.finished = draft.finished, True
        return wish

    def price(self, model: str, size: Pixels, seconds: int) -> Decimal:
        if model == COMPLETE:
            return FINAL_PER_SECOND * seconds
        if model.partition(DRAFT)[0] in (TEXT_25, IMAGE_25):
            prices = OF_25[DRAFT if model.endswith(DRAFT) else ""]
            return Decimal(prices[min(prices, key=lambda lines: abs(lines - min(size)))]) * seconds
        share = Decimal(size[0] * size[1]) / (1280 * 720) if model not in EDITS else 1  # tokens are pixels
        return Decimal(PER_SECOND[model]) * share * seconds

    def accepted(self, job: Job, call: Call) -> Answer:
        root = "https://foreign.example" if job.shape == "foreign_urls" else call.root
        return Answer(200, {"status": "IN_QUEUE", "queue_position": 0} | self._addresses(job, root))

    def pending(self, job: Job, word: str) -> Answer:
        place = {"queue_position": 0} if word == "IN_QUEUE" else {"logs": None}
        return Answer(200, {"status": word} | place | self._addresses(job, job.root))

    def finished(self, job: Job, url: str) -> Answer:
        root = "https://foreign.example" if job.shape == "foreign_urls" else job.root
        body = {"status": "COMPLETED", "logs": None, "metrics": {"inference_time": 1.0}} | self._addresses(job, root)
        if job.ending == "cancelled":
            return Answer(200, body | {"error": job.message, "error_type": "cancelled"})
        if job.ending == "failed" and job.shape != "error_in_result":
            return Answer(200, body | {"error": job.message, "error_type": "runner_disconnected"})
        if job.ending == "completed" and not url:
            del body["response_url"]
        return Answer(200, body)

    def result(self, job: Job, url: str) -> Answer:
        if job.ending == "completed":
            video = {"url": url, "content_type": "video/mp4", "file_name": "clip.mp4"}
            units = {"units": job.billed / UNIT, "units_odd": "many", "units_seconds": job.seconds}.get(job.shape)
            heads = {} if units is None else {"X-Fal-Billable-Units": str(units)}
            drafted = {"draft_id": f"draft-{job.id}"} if job.model.endswith(DRAFT) else {}
            return Answer(200, {"video": video, "seed": 1} | drafted, heads)
        kind = "content_policy_violation" if job.ending == "moderated" else "generation_error"
        return Answer(422, {"detail": [{"loc": ["body", "prompt"], "msg": job.message, "type": kind}]})

    def listing(self, jobs: Sequence[Job], query: Mapping[str, str]) -> Answer:
        size, begin = int(query.get("limit", "50")), int(query.get("cursor", "0"))
        billed = [job for job in jobs if job.is_over and job.billed and _stamp(job) >= query.get("start", "")]
        page, after = billed[begin : begin + size], begin + size
        more = after < len(billed)
        told = {"billing_events": [_event(job) for job in page], "has_more": more}
        return Answer(200, told | {"next_cursor": str(after) if more else None})

    def cancelled(self, job: Job, done: bool) -> Answer:
        if done:
            return Answer(400, {"status": "ALREADY_COMPLETED"})
        return Answer(202, {"status": "CANCELLATION_REQUESTED"})

    def error(self, kind: str, message: str, path: str) -> Answer:
        if kind == "no_id":
            return Answer(200, {"status": "IN_QUEUE"})
        if kind == "not_found" and path.endswith("/cancel"):
            return Answer(404, {"status": "NOT_FOUND"})
        if kind in ("bad_request", "moderated"):
            named = {"bad_request": ("value_error", "Invalid value"), "moderated": ("content_policy_violation", POLICY)}
            word, default = named[kind]
            return Answer(422, {"detail": [{"loc": ["body"], "msg": message or default, "type": word}]})
        status, default = ERRORS[kind]
        return Answer(status, {"detail": message or default})

    def _addresses(self, job: Job, root: str) -> dict[str, object]:
        place = f"{root}/{'/'.join(job.model.split('/')[:2])}/requests/{job.id}"
        urls = {"response_url": place, "status_url": f"{place}/status", "cancel_url": f"{place}/cancel"}
        known: Mapping[str, object] = {"request_id": job.id}
        return {**known, **({} if job.shape == "no_urls" else urls)}


def _stamp(job: Job) -> str:
    return datetime.fromtimestamp(job.created, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _event(job: Job) -> dict[str, object]:
    """What a request was billed, in units of its endpoint."""
    nano = int(job.billed * 10**9)
    figures = {"output_units": float(job.billed / UNIT), "unit_price": float(UNIT), "percent_discount": 0}
    money = {"cost_subtotal": nano / 10**9, "cost_total": nano / 10**9, "cost_estimate_nano_usd": nano}
    head = {"request_id": job.id, "endpoint_id": job.model.partition(DRAFT)[0], "timestamp": _stamp(job)}
    return head | figures | money


GATEWAY = Fal()
