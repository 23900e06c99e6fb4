"""MiniMax H3: content as a list with roles, tasks in a wrapper, errors with a number at the end of their words.

Documents: MiniMax's pages of its second API (question, list, errors), and for the order what LiteLLM's adapter and
Comfy's router send. Prices as LiteLLM cites its page: by the second and tier, and a source's seconds on top, counted as
long as the clip. A question after an unknown task is answered 500, as LiteLLM saw. What fails is not billed here. The
pixels of a tier are those that resellers name.
"""

import secrets
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from tests.sandbox.protocol import (
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

H3, MAX = "MiniMax-H3", "MiniMax-H3-Max"
TIERS: dict[str, dict[str, Pixels]] = {
    "480P": {"16:9": (854, 480), "9:16": (480, 854), "1:1": (480, 480)},
    "768P": {"16:9": (1366, 768), "9:16": (768, 1366), "1:1": (768, 768)},
    "2K": {"16:9": (2560, 1440), "9:16": (1440, 2560), "1:1": (1440, 1440)},
}
TIER_OF = {size: tier for tier, sizes in TIERS.items() for size in sizes.values()}
PRICES = {H3: {"768P": "0.08", "2K": "0.13"}, MAX: {"480P": "0.05", "768P": "0.08"}}
PICTURES = {H3: (5, "0.04"), MAX: (2, "0.074")}  # how many are free, and what each of the others costs
EDIT = "#edit"  # of a job that has a source, on the bill
SHORTEST = {H3: 4, MAX: 5}
RATIOS = ("adaptive", "21:9", "16:9", "4:3", "1:1", "3:4", "9:16")
FRAMES = {"first_frame": "image_url", "last_frame": "image_url"}
REFERENCES = {"reference_image": "image_url", "reference_video": "video_url", "reference_audio": "audio_url"}
REFERENCES["base_video"] = "video_url"
ERRORS: dict[str, tuple[int, str, str]] = {
    "rate": (429, "rate_limit_error", "rate limit, please retry later (1002)"),
    "busy": (503, "overloaded_error", "server is overloaded (1000)"),
    "server_error": (500, "server_error", "internal error (1000)"),
    "auth": (
        401,
        "authorized_error",
        "login fail: Please carry the API secret key in the 'Authorization' field (1004)",
    ),
    "out_of_money": (402, "insufficient_balance_error", "insufficient balance (1008)"),
    "spend_limit": (402, "insufficient_balance_error", "insufficient balance (1008)"),
    "not_found": (500, "server_error", "record not found (1000)"),
    "model_gone": (400, "bad_request_error", "invalid params, unknown model (2013)"),
    "bad_request": (400, "bad_request_error", "invalid params (2013)"),
    "moderated": (422, "unprocessable_entity_error", f"{POLICY} (1026)"),
}


class MiniMax(Gateway):
    """The protocol of api.minimax.io/v2."""

    name = "minimax"
    models = (H3, MAX)
    submits = ("/v2/video_generation",)
    polls = ("/v2/query/video_generation/{id}",)
    cancels = (("DELETE", "/v2/video_generation/{id}"),)
    lists = ("/v2/query/video_generation",)
    words = ("queued", "running")
    shapes = ("expired",)

    def prompt(self, body: Mapping[str, Any]) -> str:
        listed = body.get("content")
        texts = [one.get("text") for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
        return next((one for one in texts if isinstance(one, str)), "")

    def new_id(self, wish: Wish) -> str:
        return str(secrets.randbelow(9 * 10**14) + 10**14)

    def wish(self, call: Call) -> Wish:
        body, model = call.body, call.body.get("model")
        if isinstance(model, str) and model not in PRICES:
            raise Refusal("model_gone")
        needed: dict[str, Rule] = {"model": text(), "content": _content, "resolution": one_of(*TIERS)}
        needed["duration"] = among(SHORTEST.get(str(model), 4), 15)
        check(body, needed, {"ratio": one_of(*RATIOS), "callback_url": text(), "aigc_watermark": flag})
        if body["resolution"] not in PRICES[body["model"]]:
            raise Refusal("bad_request", f"invalid params, no {body['resolution']} (2013)")
        media = {one["role"]: one[one["type"]]["url"] for one in body["content"] if one["type"] != "text"}
        if set(media) & set(FRAMES) and (set(media) - set(FRAMES) or "first_frame" not in media):
            raise Refusal("bad_request", "invalid params, these roles do not go together (2013)")
        ratio = body.get("ratio", "adaptive")
        pictures = [one for one in body["content"] if one["type"] == "image_url"]
        shown = tuple(one["image_url"]["url"] for one in pictures if one["role"] == "reference_image")
        if len(shown) > 9 or len(pictures) - len(shown) > len({"first_frame", "last_frame"} & set(media)):
            raise Refusal("bad_request", "invalid params, too many pictures (2013)")
        if not media and ratio == "adaptive":
            raise Refusal("bad_request", "invalid params, ratio is required (2013)")
        sizes = TIERS[body["resolution"]]
        wish = Wish(self.prompt(body), body["model"], body["duration"], sizes.get(ratio), shapes=tuple(sizes.values()))
        if "first_frame" in media:
            wish.size, wish.image, wish.last = None, media["first_frame"], media.get("last_frame", "")
            wish.sizes = tuple(sizes.values())
        free, usd = PICTURES[body["model"]]
        wish.references, wish.extra = shown, Decimal(usd) * max(len(pictures) - free, 0)
        wish.video = media.get("reference_video", "") or media.get("base_video", "")
        wish.model += EDIT if wish.video else ""
        return wish

    def price(self, model: str, size: Pixels, seconds: int) -> Decimal:
        name, edit, _ = model.partition(EDIT)
        return Decimal(PRICES[name][TIER_OF[size]]) * seconds * (2 if edit else 1)

    def accepted(self, job: Job, call: Call) -> Answer:
        return Answer(200, {"task_id": job.id})

    def pending(self, job: Job, word: str) -> Answer:
        return Answer(200, _task(job, word))

    def finished(self, job: Job, url: str) -> Answer:
        if job.shape == "expired":
            return Answer(200, _task(job, "expired"))
        if job.ending == "cancelled":
            return Answer(200, _task(job, "cancelled"))
        if job.ending != "completed":
            code = "1027" if job.ending == "moderated" else "1000"
            return Answer(200, _task(job, "failed", error={"code": code, "message": job.message}))
        used = {"total_seconds": job.seconds, "input_seconds": 0, "output_seconds": job.seconds, "input_image_count": 0}
        return Answer(200, _task(job, "succeeded", content={"url": url} if url else {}, usage=used))

    def cancelled(self, job: Job, done: bool) -> Answer:
        return Answer(200, {"task_id": job.id, "status": "succeeded" if done else "cancelled"})

    def error(self, kind: str, message: str, path: str) -> Answer:
        if kind == "no_id":
            return Answer(200, {"request_id": "1"})
        status, word, default = ERRORS[kind]
        told = {"type": word, "message": message or default, "http_code": str(status)}
        return Answer(status, {"type": "error", "error": told, "request_id": "1"})

    def listing(self, jobs: Sequence[Job], query: Mapping[str, str]) -> Answer:
        size, page = int(query.get("page_size", "10")), int(query.get("page_num", "1"))
        newest = list(reversed(jobs))[(page - 1) * size : page * size]
        return Answer(200, {"items": [_item(job) for job in newest], "total": len(jobs)})


def _content(value: object) -> str:
    """One text, and media each under its role's own type."""
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        return "must be a list of objects"
    texts = [one for one in value if one.get("type") == "text"]
    if len(texts) != 1 or set(texts[0]) != {"type", "text"} or not str(texts[0]["text"]).strip():
        return "must include a non-empty text item"
    return "" if all(_media(one) for one in value if one is not texts[0]) else "holds an item that is not documented"


def _media(one: Mapping[str, Any]) -> bool:
    kind, role = str(one.get("type")), str(one.get("role"))
    if set(one) != {"type", "role", kind} or (FRAMES | REFERENCES).get(role) != kind:
        return False
    place = one[kind]
    return isinstance(place, dict) and set(place) == {"url"} and isinstance(place["url"], str) and bool(place["url"])


def _item(job: Job) -> object:
    """A task of the list."""
    words = {"completed": "succeeded", "cancelled": "cancelled"}
    task = _task(job, words.get(job.ending, "failed") if job.is_over else "running")["task"]
    return {**task, "created_at": int(job.created)} if isinstance(task, dict) else task


def _task(job: Job, word: str, **more: object) -> dict[str, object]:
    head = {
        "id": job.id,
        "model": job.model.partition(EDIT)[0],
        "status": word,
        "created_at": 1764151200,
        "updated_at": 1764151230,
    }
    figures = {"resolution": TIER_OF[job.size], "duration": job.seconds, "ratio": "adaptive"}
    return {"task": head | figures | more}


GATEWAY = MiniMax()
