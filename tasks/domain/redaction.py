"""Removes from text what must not be shown or recorded: keys, signatures, data URIs, control characters. Pure."""

import base64
import hashlib
import html
import json
import re
from collections.abc import Collection
from functools import lru_cache
from urllib.parse import quote, quote_plus

SHORTEST = 8  # characters of a key that is searched for: a shorter one could be any word
CUT = "[cut]"

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]+")  # the last ones reverse the direction of text
_BUT_LINES = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]+")
_DATA = re.compile(r"data:[\w.+-]+/[\w.+-]+(?:;[\w.+=-]+)*,[^\s\"'<>)\]]*", re.IGNORECASE)
_URL = re.compile(r"([a-z][a-z0-9+.-]{1,20}:(?:\\?/){2})(?:[^\s/?#\"'<>]*@)?([^\s?#\"'<>]*)([?#][^\s\"'<>]*)?", re.I)
USER = re.compile(r"(?<=//)[^/]*@")  # all before the host of an address, and of one that stands in another's path
_NAMES = (
    r"x-(?:amz|goog|ms)-[\w-]{1,40}|sig(?:nature)?|[\w-]{0,20}(?:token|secret|password|api_?key)|key-pair-id|policy"
)
_PAIR = re.compile(rf"(?<![\w-])((?:{_NAMES})[\"']?\s{{0,3}}[=:]\s{{0,3}}[\"']?)(?:bearer\s)?[^\s&;,\"'<>]{{6,}}", re.I)
_HEADER = re.compile(
    r"((?<![\w-])(?:bearer|authorization\s{0,3}[:=](?:\s{0,3}[a-z]{3,10})?)\s{1,3})(?!bearer|basic)[\w.~+/=-]{6,}", re.I
)


class SecretStr:
    """Text that no print, log or traceback shows. pydantic has the same, and takes a tenth of a plan's time to load."""

    __slots__ = ("_held",)

    def __init__(self, held: str) -> None:
        self._held = held

    def get_secret_value(self) -> str:
        """The text itself."""
        return self._held

    def __repr__(self) -> str:
        return "SecretStr('**********')"

    def __str__(self) -> str:
        return "**********"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SecretStr) and self._held == other._held

    def __hash__(self) -> int:
        return hash(self._held)

    def __bool__(self) -> bool:
        return bool(self._held)


def cut(text: str) -> str:
    """The text with data URIs, and the queries, passwords and signatures of addresses, cut."""
    text = _DATA.sub("data:...", text)
    text = _URL.sub(lambda found: f"{found[1]}{USER.sub('', found[2])}{'?...' if found[3] else ''}", text)
    return _HEADER.sub(rf"\1{CUT}", _PAIR.sub(rf"\1{CUT}", text))


def plain(text: str) -> str:
    """As `cut`, without terminal control characters and direction marks; line breaks stay."""
    return _BUT_LINES.sub(" ", cut(text))


def line(text: str) -> str:
    """As `plain`, on one line."""
    return CONTROL.sub(" ", cut(text))


def kept(body: bytes, most: int) -> str:
    """What of a reply's body may stand in a record: as `line`, in at most so many bytes of UTF-8."""
    return line(body[: 50 * most].decode("utf-8", "replace")).encode()[:most].decode("utf-8", "ignore")


def pin(url: str) -> str:
    """The name under which a remote file is remembered: its address, with a digest for credentials and query."""
    if re.search(r"\?sha256=[0-9a-f]{64}$", url):
        return url
    bare = USER.sub("", url.partition("?")[0])
    return url if bare == url else f"{bare}?sha256={hashlib.sha256(url.encode()).hexdigest()}"


Secrets = str | Collection[str]
"""One secret, or several of which any may be echoed."""


def _long(secrets: Secrets) -> list[str]:
    return [one for one in ([secrets] if isinstance(secrets, str) else secrets) if len(one) >= SHORTEST]


def hidden(text: str, secrets: Secrets) -> str:
    """The text without the keys that it echoes, however they are spelled."""
    for secret in _long(secrets):
        text = _spellings(secret).sub(CUT, text)
    return text


def hidden_in(body: bytes, secrets: Secrets) -> bytes:
    """As `hidden`, of a reply's body; JSON may spell every letter of a key as an escape, so it is read first."""
    if not _long(secrets):
        return body
    try:
        text, odd = json.dumps(json.loads(body), ensure_ascii=False), "surrogatepass"
    except (ValueError, RecursionError):
        text, odd = body.decode("utf-8", "surrogateescape"), "surrogateescape"
    clean = hidden(text, secrets)
    return body if clean == text else clean.encode("utf-8", odd)


@lru_cache(maxsize=64)
def _spellings(secret: str) -> re.Pattern[str]:
    raw = secret.encode()
    forms = {
        secret,
        quote(secret, safe=""),
        quote_plus(secret),
        html.escape(secret),
        raw.hex(),
        json.dumps(secret)[1:-1],
    }
    for shift in range(3):  # base64 encodes the key differently for each offset in a group of three bytes
        packed = base64.b64encode(bytes(shift) + raw).decode()
        whole = packed[-(-shift * 8 // 6) : (shift + len(raw)) * 8 // 6]  # the characters that depend on the key alone
        forms |= {whole, whole.replace("+", "-").replace("/", "_")}
    return re.compile("|".join(sorted(map(re.escape, forms), key=len, reverse=True)), re.IGNORECASE)
