"""What the reply to an order means when it is no receipt: the one table of it, for every gateway.

The gateway's own code comes first, then content policy, then the HTTP status. A status says that nothing was accepted
only where HTTP or the gateway's documents say so: a proxy, a load balancer or a content network answers 502, 503 or
504 by itself after the order was passed on, and a job may exist then.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import replace

from tasks.domain.errors import Busy, GatewayError, Locked, Moderated, Refused, Unclear
from tasks.domain.order import Reply
from tasks.providers._common.replies import (
    LONGEST,
    SEARCHED,
    codes_of,
    dig,
    is_ok,
    said,
    speaks_of_policy,
    split_humps,
    text_of,
    whole_of,
    words_of,
)

Statuses = Collection[int]
BY_STATUS: tuple[tuple[Statuses, type[GatewayError]], ...] = (  # the first line that has the status counts
    ((429,), Busy),
    ((401, 402, 403), Locked),
    ((307, 308), Refused),  # to be sent elsewhere unchanged, which nobody does
    ((408, 460, 499), Unclear),  # someone waited too long, or thinks that we did
    (range(400, 500), Refused),
)  # all the rest is unclear: an unreadable 2xx, other redirects, every 5xx

_IN_BETWEEN = re.compile(  # who speaks so is no gateway, also where a gateway quotes him
    r"<html|<!doctype|<head|<title|upstream connect error|no healthy upstream|upstream request timeout"
    r'|error code: ?[15]\d\d|cloudflare|"status":\s*"UNAVAILABLE"'
    r'|\blitellm\b|"(?:new|one)_api_error"|bad[ _]response[ _]status[ _]code',  # relays that speak in OpenAI's shape
    re.IGNORECASE,
)
WELL = frozenset(("", "0", "200", "201", "202", "ok", "success", "succeeded"))  # codes of a 2xx that means it
_NO_CREDIT = re.compile(
    r"insufficient[ _-]?(?:user[ _-]?)?(?:quota|balance|credits?|funds)|out of credits?\b"
    r"|(?:balance|credits?|quota) (?:is |are )?(?:insufficient|not enough|exhausted)|not enough (?:credits?|balance)"
    r"|exceeded your current quota"
    r"|(?:spend|spending|billing)[ _-]?(?:hard[ _-]?)?limit",
    re.IGNORECASE,
)
_GONE = re.compile(  # at most the model's name stands between: "the model's input image was not found" is another thing
    r"\bmodel(?:\s(?:variant|name|id))?[\s:'\"`]{0,3}[^\s'\"`]{0,60}['\"`]?\s(?:(?:is|was|has been|does)\s)?"
    r"(?:not\s(?:found|exist)|no longer (?:exists|available|supported)|retired|removed|discontinued|shut down)\b",
    re.IGNORECASE,
)
_PLAIN_POLICY = re.compile(
    r"content[ _-]?(?:polic|filter)|sensitive[ _-]?content|data[ _-]?inspection"
    r"|(?<![a-z])(?:moderation|moderated|nsfw)(?![a-z])",
    re.IGNORECASE,
)
_NO_KEY = re.compile(
    r"(?:invalid|incorrect|wrong|expired)[ _-]?(?:api[ _-]?)?(?:key|token)\b|unauthori[sz]ed", re.IGNORECASE
)
_TOO_MANY = re.compile(r"rate[ _-]?limit|too many requests", re.IGNORECASE)


def refusal(
    reply: Reply,
    *,
    own: Sequence[str] = (),
    locked: Collection[str] = (),
    gone: Collection[str] = (),
    busy: Collection[str] = (),
) -> GatewayError:
    """The error that an order was answered with.

    ``own`` are the fields that a gateway's errors always have (``"error.code"``); ``locked``, ``gone`` and ``busy``
    the codes (lower case) that it documents, ``"500 server_error"`` for one that counts under that HTTP status only.
    """
    reply = _meant(reply)
    words, codes = said(reply), codes_of(reply)
    codes |= {f"{reply.status} {code}" for code in codes}
    if codes.intersection(locked):
        return Locked(words)
    if codes.intersection(gone):
        return Refused(words, gone=True)
    if codes.intersection(busy):
        return Busy(words)
    if _moderated(reply):
        return Moderated(words)
    return Busy(words) if _own_503(reply, own) else _by_status(reply)


def _meant(reply: Reply) -> Reply:
    """The reply under the status that its words stand for, where a 2xx says that it accepted nothing.

    Its words come first; a code of 400 to 499 is the status; a code of 500 and more, or of an unknown kind, leaves
    the 2xx as it is, which is unclear.
    """
    if not is_ok(reply) or not _says_no(reply):
        return reply
    words = " ".join((words_of(reply), *codes_of(reply)))
    for pattern, status in ((_NO_CREDIT, 402), (_NO_KEY, 401), (_GONE, 404), (_TOO_MANY, 429)):
        if pattern.search(words):
            return replace(reply, status=status)
    code = _code_of(reply)
    number = whole_of(code)
    if number is None and code in WELL:
        return replace(reply, status=400)  # ``success: false`` alone
    return replace(reply, status=number) if number is not None and 400 <= number < 500 else reply


def _says_no(reply: Reply) -> bool:
    return dig(reply.data, "success") is False or _code_of(reply) not in WELL


def _code_of(reply: Reply) -> str:
    """The code by which a body says whether it accepted; empty where it has none."""
    places = (dig(reply.data, "code"), dig(reply.data, "error", "code"), dig(reply.data, "status_code"))
    return next(filter(None, (text_of(place).lower() for place in places)), "")


def _own_503(reply: Reply, own: Sequence[str]) -> bool:
    """Whether the gateway itself says that it is unavailable: in its documented shape, and quoting nobody else."""
    if reply.status != 503 or not own or not all(text_of(dig(reply.data, *field.split("."))) for field in own):
        return False
    return not _IN_BETWEEN.search(reply.body[:SEARCHED].decode("utf-8", "replace"))


def _moderated(reply: Reply) -> bool:
    """As ``speaks_of_policy``, but where a status has its own meaning only words that can mean nothing else:
    a 403 may speak of an address prohibited by a policy. Under a 5xx or 2xx a job may exist: there only the
    gateway's code counts, no message."""
    if reply.status in (400, 409, 422, 451):
        return speaks_of_policy(reply)
    text = " ".join(filter(None, (*codes_of(reply), *map(split_humps, _spelled(reply)))))
    if reply.status == 403:
        text += f" {words_of(reply)}"
    return (reply.status == 403 or reply.status >= 500 or is_ok(reply)) and bool(_PLAIN_POLICY.search(text))


def _spelled(reply: Reply) -> list[str]:
    """The error's codes in their own case: camel case is lost in lower case."""
    error = dig(reply.data, "error")
    return [text_of(place) for place in (dig(error, "code"), dig(error, "type"), dig(reply.data, "code"))]


def _by_status(reply: Reply) -> GatewayError:
    kind = next((kind for statuses, kind in BY_STATUS if reply.status in statuses), Unclear)
    if kind is Busy and _NO_CREDIT.search(" ".join((words_of(reply), *codes_of(reply)))):
        return Locked(said(reply))
    if kind is Refused:
        gone = reply.status in (404, 410) or (reply.status in (400, 422) and bool(_GONE.search(words_of(reply))))
        return Refused(said(reply), gone=gone)
    if is_ok(reply):
        return Unclear(f"HTTP {reply.status} without a job id: {said(reply, 'unreadable')}"[:LONGEST])
    return kind(said(reply))
