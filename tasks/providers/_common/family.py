"""The /v1/videos family: how its servers spell a receipt, a final word and the place of a result. Pure.

Relays, proxies and engines serve one shape and differ in every name of it. What is not found under one name is looked
for under the next, in a fixed order; nothing is guessed from what a value looks like but whether it is an address.
"""

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from tasks.domain.order import Reply
from tasks.providers._common.replies import dig, first_url, is_ok, speaks_of, text_of

COMPLETED = frozenset(("completed", "complete", "succeeded", "success", "done", "finished", "ready"))
ENDED = frozenset(
    ("failed", "failure", "error", "expired", "cancelled", "canceled", "rejected", "timeout", "incomplete")
)
BLOCKED = frozenset(["blocked", "filtered", "censored", "banned"])  # moderation, where no word of policy says so
WORKING = frozenset(["queued", "in_progress", "pending", "processing", "running", "submitted", "not_start", "unknown"])

_IDS = ("id", "task_id", "taskId", "job_id", "video_id", "generation_id")
_WORDS = ("status", "task_status", "state")
_WRAPS = ("data", "output", "result", "task")
_ADDRESSES = ("url", "video_url", "result_url", "output", "video", "file_url", "download_url", "urls", "content")
_PACKED = ("b64_json", "base64", "b64", "video_base64")
_SPOTS = ("output", "data", "videos", "metadata", "content", "video", "result", "results")
_REASONS = ("message", "fail_reason", "error_message", "failure_reason", "reason", "msg")
_WRAPPED = re.compile(r"(?:^|;)video_id:([^;]+)")
_QUOTES = re.compile(r"\blitellm\.\w+: [^{]{0,200}?(?=\{)")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{16,}={0,2}")


def body_of(reply: Reply) -> dict[str, Any]:
    """The body's JSON object: also the one in a list, or the last one of a stream of events."""
    if found := reply.data:
        return found
    text = reply.body.removeprefix(b"\xef\xbb\xbf").strip()
    if text.startswith((b"data:", b"event:")):
        events = [line[5:].strip() for line in text.splitlines() if line.startswith(b"data:")]
        text = next((event for event in reversed(events) if event.startswith(b"{")), b"")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    return value if isinstance(value, dict) else {}


def ids_of(body: Mapping[str, Any]) -> tuple[str, ...]:
    """Every id that the body names for a job, the likeliest first: a text stands before the number of a row."""
    inner = [body, *(body[name] for name in ("data", "task", "output") if isinstance(body.get(name), Mapping))]
    found = [one[name] for one in inner for name in _IDS if text_of(one.get(name))]
    found += [body["data"]] if _names_it(body) else []
    ranked = sorted(found, key=lambda value: not isinstance(value, str))
    return tuple(dict.fromkeys(map(text_of, ranked)))


def _names_it(body: Mapping[str, Any]) -> bool:
    """Whether ``data`` itself is the id: a word without blanks, in an envelope that says that all went well."""
    well = body.get("success") is True or text_of(body.get("code")).lower() in ("success", "ok", "0", "200")
    return well and bool(re.fullmatch(r"[\w.:-]{6,500}", text_of(body.get("data"))))


def word_in(body: Mapping[str, Any]) -> str:
    """The job's status word in lower case; the one within an envelope before the envelope's own."""
    inner = [body[name] for name in _WRAPS if isinstance(body.get(name), Mapping)]
    words = (text_of(one.get(name)) for one in (*inner, body) for name in _WORDS)
    return next(filter(None, words), "").lower()


def is_blocked(word: str, spelled: str = "") -> bool:
    """Whether a status word is one of moderation; ``spelled`` is the word in its own case."""
    return word in BLOCKED or speaks_of(spelled or word)


def ended(reply: Reply) -> Reply | None:
    """The reply of a job that ended without a clip, with its words where `failure` looks for them; else None."""
    body = body_of(reply)
    word = word_in(body)
    blocked = bool(word) and word not in WORKING | COMPLETED and is_blocked(word, _spelled(body))
    if word not in ENDED and not blocked:
        return None
    told = next((one for one in _bodies(body) if any(one.get(name) for name in ("error", *_REASONS))), body)
    error = told.get("error")
    code = text_of(dig(error, "code")) or text_of(dig(error, "type")) or text_of(dig(error, "name"))
    reasons = [dig(error, "message"), error, *(told.get(name) for name in _REASONS)]
    message = next(filter(None, map(text_of, reasons)), "")
    code = code or ("moderation_blocked" if blocked else "")
    return replace(reply, status=200, body=json.dumps({"status": word, "error": _error(code, message)}).encode())


def _error(code: str, message: str) -> dict[str, str]:
    return {name: value for name, value in (("code", code), ("message", message)) if value}


def _spelled(body: Mapping[str, Any]) -> str:
    inner = [body[name] for name in _WRAPS if isinstance(body.get(name), Mapping)]
    return next(filter(None, (text_of(one.get(name)) for one in (*inner, body) for name in _WORDS)), "")


def _bodies(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What stands in an envelope, then the envelope."""
    return [*(body[name] for name in _WRAPS if isinstance(body.get(name), Mapping)), body]


def result_in(body: Mapping[str, Any]) -> str:
    """Where the file is: an address, or the file itself as a data URI; empty where the body does not say."""
    spots = list(_spots(body))
    named = (first_url(*(spot.get(name) for name in _ADDRESSES)) for spot in spots)
    inline = (_inline(spot) for spot in spots)
    return next(filter(None, named), "") or next(filter(None, inline), "")


def _spots(body: Mapping[str, Any], depth: int = 2) -> Iterator[Mapping[str, Any]]:
    """The body, and what stands in it (or first in a list in it) under a name of results."""
    yield body
    for name in _SPOTS if depth else ():
        inner = dig(body, name, 0) if isinstance(body.get(name), list) else body.get(name)
        if isinstance(inner, Mapping):
            yield from _spots(inner, depth - 1)


def _inline(spot: Mapping[str, Any]) -> str:
    """A file that travels in the reply, as a data URI."""
    for name in (*_ADDRESSES, *_PACKED):
        value = spot.get(name)
        if not isinstance(value, str):
            continue
        if re.match(r"data:(?!image/)[^,]{0,100};base64,", value[:120], re.IGNORECASE):
            return value
        if name in _PACKED and _BASE64.match(value[:64]):
            return f"data:video/mp4;base64,{value}"
    return ""


def quoted_job(reply: Reply, job_id: str) -> Reply:
    """The reply of the job that a LiteLLM proxy's error quotes, where our id wraps that very job's; else the reply.

    Seen of 1.108: a failed job that answers a question with its error's HTTP status comes as an error of the proxy's.
    """
    message = "" if is_ok(reply) else text_of(dig(reply.data, "error", "message"))
    start = _QUOTES.search(message)
    if start is None:
        return reply
    try:
        quoted, _ = json.JSONDecoder().raw_decode(message, start.end())
    except (ValueError, RecursionError):
        return reply
    inner = id_within(job_id)
    if not inner or not isinstance(quoted, dict) or quoted.get("id") != inner:
        return reply
    return replace(reply, body=json.dumps(quoted | {"id": job_id}).encode())


def id_within(job_id: str) -> str:
    """The server's own id in one of the proxy's; empty where there is none."""
    packed = job_id.partition("_")[2]
    try:
        text = base64.b64decode(packed + "=" * (-len(packed) % 4), validate=True).decode()
    except (binascii.Error, ValueError):
        return ""
    found = _WRAPPED.search(text) if text.startswith("litellm:") else None
    return found[1] if found else ""
