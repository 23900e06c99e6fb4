"""What the reply to an order means when it is no receipt: the one table of it, for every gateway.

The gateway's own code comes first, then content policy, then the HTTP status. A status says that nothing was accepted
only where HTTP or the gateway's documents say so: a proxy, a load balancer or a content network answers 502, 503 or
504 by itself after the order was passed on, and a job may exist then.
"""

import re
from collections.abc import Collection, Sequence

from tasks.domain.errors import Busy, GatewayError, Locked, Moderated, Refused, Unclear
from tasks.domain.order import Reply
from tasks.providers._common import LONGEST, SEARCHED, codes_of, dig, is_ok, said, speaks_of_policy, text_of, words_of

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
    r'|error code: ?[15]\d\d|cloudflare|"status":\s*"UNAVAILABLE"',
    re.IGNORECASE,
)
_NO_CREDIT = re.compile(
    r"insufficient[ _-]?(?:quota|balance|credits?|funds)|out of credits?\b"
    r"|(?:spend|spending|billing)[ _-]?(?:hard[ _-]?)?limit",
    re.IGNORECASE,
)
_GONE = re.compile(  # at most the model's name stands between: "the model's input image was not found" is another thing
    r"\bmodel(?:\s(?:variant|name|id))?[\s:'\"`]{0,3}[^\s'\"`]{0,60}['\"`]?\s(?:(?:is|was|has been|does)\s)?"
    r"(?:not\s(?:found|exist)|no longer (?:exists|available|supported)|retired|removed|discontinued|shut down)\b",
    re.IGNORECASE,
)
_PLAIN_POLICY = re.compile(r"content[ _-]?polic|(?<![a-z])(?:moderation|moderated|nsfw)(?![a-z])", re.IGNORECASE)


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
    text = " ".join(codes_of(reply))
    if reply.status == 403:
        text += f" {words_of(reply)}"
    return (reply.status == 403 or reply.status >= 500 or is_ok(reply)) and bool(_PLAIN_POLICY.search(text))


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
