"""How servers of the /v1/videos family say the same things otherwise: receipts, words, places of the file.

Read in released servers and their documents: SGLang and vLLM-Omni (wheels), LocalAI, new-api (sources), Ark's and
DashScope's error codes as relays pass them on. A shape is named ``what=how``.
"""

import base64
from collections.abc import Callable
from typing import Any

from tests.sandbox.media import clip
from tests.sandbox.protocol import Answer, Job

Body = dict[str, Any]
COMPLETED = ("completed", "complete", "succeeded", "success", "done", "finished", "ready", "SUCCESS", "COMPLETED")
ENDED = (
    "failed",
    "failure",
    "error",
    "expired",
    "cancelled",
    "canceled",
    "rejected",
    "timeout",
    "incomplete",
    "FAILURE",
)
BLOCKED = ("moderated", "nsfw", "content_filtered", "OutputVideoSensitiveContentDetected")
POLICY_CODES = ("OutputVideoSensitiveContentDetected", "DataInspectionFailed", "moderation_blocked")
UNDER = (400, 404, 422, 429, 500, 503)  # of a failed job that answers its question with its error's status

RECEIPTS: dict[str, Callable[[str], Any]] = {
    "task_id": lambda job: {"task_id": job, "status": "queued"},
    "data.id": lambda job: {"code": 0, "data": {"id": job, "status": "queued"}},
    "data.task_id": lambda job: {"code": "success", "message": "", "data": {"task_id": job}},
    "data": lambda job: {"code": "success", "data": job},
    "number": lambda job: {"id": int(job), "status": "queued"},
    "data.number": lambda job: {"success": True, "data": {"task_id": int(job)}},
    "list": lambda job: [{"id": job, "status": "queued"}],
}
PLACES: dict[str, Callable[[str], Body]] = {
    "url": lambda url: {"url": url},
    "video_url": lambda url: {"video_url": url},
    "result_url": lambda url: {"result_url": url},
    "output": lambda url: {"output": url},
    "output[0]": lambda url: {"output": [url]},
    "output[0].url": lambda url: {"output": [{"type": "video", "url": url}]},
    "output.video_url": lambda url: {"output": {"video_url": url}},
    "data[0].url": lambda url: {"data": [{"url": url}]},
    "videos[0].url": lambda url: {"videos": [{"url": url, "duration": 4}]},
    "metadata.url": lambda url: {"metadata": {"url": url}},
    "content.video_url": lambda url: {"content": {"video_url": url}},
    "content": lambda url: {},
}
INLINE: dict[str, Callable[[str], Body]] = {
    "data-uri": lambda text: {"url": f"data:video/mp4;base64,{text}"},
    "b64_json": lambda text: {"data": [{"b64_json": text}]},
    "large": lambda text: {"data": [{"b64_json": text}], "trace": ["x" * 1000] * 2000},
    "video.base64": lambda text: {"video": {"base64": text}},
}
SHAPES = (
    *(f"word={word}" for word in COMPLETED),
    *(f"end={word}" for word in (*ENDED, *BLOCKED)),
    *(f"code={code}" for code in POLICY_CODES),
    *(f"under={status}" for status in UNDER),
    *(f"receipt={place}" for place in RECEIPTS),
    *(f"place={place}" for place in (*PLACES, *INLINE)),
    "wrapped=yes",
)


def id_of(job: Job) -> str:
    """The id that a job of this shape has: 19 digits where it is a number."""
    return str(2**63 - 1 - job.n) if job.shape.endswith("number") else job.id


def receipt(job: Job, plain: Body) -> Answer:
    """The receipt as this job's server writes it."""
    what, _, how = job.shape.partition("=")
    return Answer(200, RECEIPTS[how](job.id) if what == "receipt" else plain)


def ending(job: Job, plain: Body, url: str) -> Answer:
    """The final word as this job's server says it."""
    what, _, how = job.shape.partition("=")
    if what == "word":
        return Answer(200, plain | {"status": how, "url": url})
    if what == "end":
        return Answer(200, plain | {"status": how})
    if what == "code":
        return Answer(200, plain | {"status": "failed", "error": {"code": how, "message": "The task failed."}})
    if what == "under":
        return Answer(int(how), plain | {"status": "failed", "error": {"code": int(how), "message": "out of memory"}})
    if what == "place":
        made = PLACES[how](url) if how in PLACES else INLINE[how](_inline(job))
        return Answer(200, plain | {"status": "completed"} | made)
    if what == "wrapped":
        inner = {"id": 17, "task_id": job.id, "status": "SUCCESS", "progress": "100%", "result_url": url}
        return Answer(200, {"code": "success", "message": "", "data": inner})
    return Answer(200, plain)


def _inline(job: Job) -> str:
    return base64.b64encode(clip(job.size, job.seconds, f"{job.gateway} {job.id}")).decode()
