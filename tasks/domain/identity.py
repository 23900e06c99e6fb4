"""The names of things: fingerprint, key, slug, and the file names at the target. Pure."""

import csv
import difflib
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import orjson
from slugify import slugify

from tasks.domain.shot import Fit, Shot, Size

_CANONICAL = json.JSONEncoder(sort_keys=True, ensure_ascii=True, separators=(",", ":"))


@lru_cache(maxsize=4096)
def number_text(value: Decimal) -> str:
    """A number in its shortest notation without an exponent: ``8``, ``4.5``."""
    text = f"{value.normalize():f}"
    return "0" if text == "-0" else text


def split_ids(text: str) -> list[str]:
    """The ids that an option names, divided by commas; one that has a comma of its own stands in double quotes."""
    try:
        words = next(csv.reader([text], skipinitialspace=True), [])
    except csv.Error:  # a line end, or more than any id has
        words = text.split(",")
    return [word.strip() for word in words if word.strip()]


def parts_of(
    shot: Shot, *, image_digest: str = "", source: str = "", digests: Mapping[str, str] = MappingProxyType({})
) -> dict[str, Any]:
    """What a shot asks for, by name: the material of its fingerprint, kept in every ledger record.

    ``image_digest`` is the sha256 of the image file as read, ``source`` the fingerprint of the row that it starts from
    or the sha256 of the source file; ``digests`` are those of its last picture and of its references. What 0.1 did not
    know is there only where the shot uses it: a row that does not keeps its fingerprint.
    """
    more: dict[str, Any] = {}
    if shot.last_image:
        more["last_image"] = digests.get(shot.last_image, "")
    if shot.references:
        more["references"] = [[one.text, digests.get(one.image, "")] for one in shot.references]
    if shot.continues:
        more["continues"], source = source, ""
    return {
        "prompt": shot.prompt,
        "negative_prompt": shot.negative_prompt,
        "mode": shot.mode,
        "image": image_digest,
        "fit": shot.fit if image_digest or more else "",
        "source": source,
        "duration": number_text(shot.seconds),
        "size": str(shot.size),
        "seed": shot.seed,
        "audio": shot.audio,
        "route": shot.route,
        **more,
    }


def fingerprint_of(parts: Mapping[str, Any]) -> str:
    """The sha256 (64 hex digits) of the parts as canonical JSON. It never changes from one version to the next."""
    return hashlib.sha256(_canonical(parts)).hexdigest()


def _canonical(parts: Mapping[str, Any]) -> bytes:
    """JSON with sorted keys, no spaces and only ASCII.

    orjson is three times as fast as json, but does not escape other characters: its result counts only without them.
    """
    try:
        quick = orjson.dumps(parts, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:  # a lone surrogate
        quick = b"\x7f"
    if quick.isascii() and b"\x7f" not in quick:
        return quick
    return _CANONICAL.encode(parts).encode()


def key_of(fingerprint: str, k: int) -> str:
    """The ledger's name of a shot: 16 hex digits of its fingerprint and ``-k``, where ``k`` counts from 1 the rows with
    the same fingerprint."""
    return f"{fingerprint[:16]}-{k}"


def slug_of(shot_id: str) -> str:
    """The readable part of a clip's file name: the id itself where it is safe, else a slug and 6 hex digits."""
    if re.fullmatch(r"[a-z0-9_-]{1,60}", shot_id):
        return shot_id
    tail = hashlib.sha256(shot_id.encode()).hexdigest()[:6]
    return f"{slugify(shot_id)[:50].strip('-') or 'shot'}-{tail}"


def clip_stem(shot_id: str, key: str, n: int) -> str:
    """``<slug>-<key8>-<n>``, the name of a clip without its ending, ``n`` being the attempt's number.

    No clip ever overwrites another. For a second row of the same fingerprint ``key8`` is taken from a hash of the key:
    after a rename and an insertion both rows could otherwise claim one file name.
    """
    key8 = key[:8] if key.endswith("-1") else hashlib.sha256(key.encode()).hexdigest()[:8]
    return f"{slug_of(shot_id)}-{key8}-{n}"


def frame_stem(digest: str, size: Size, fit: Fit, ground: str = "") -> str:
    """``<digest12>-<WxH>-<fit>``, a frame's name below ``frames/`` without its ending.

    A partly transparent picture adds ``-<ground>``, the colour that it was laid on.
    """
    return f"{digest[:12]}-{size}-{fit}{ground and f'-{ground}'}"


def nearest_name(word: str, known: Iterable[str], likeness: float = 0.6) -> str:
    """The most similar of the ``known`` names, ignoring case; empty when none is similar enough.

    ``likeness`` is the least similarity that counts, from 0 (anything) to 1 (the same).
    """
    return next(iter(nearest_names(word, known, 1, likeness)), "")


def nearest_names(word: str, known: Iterable[str], most: int, likeness: float = 0.6) -> list[str]:
    """At most so many of the ``known`` names, the most similar first, as `nearest_name` finds one."""
    names = {name.lower(): name for name in reversed(list(known))}
    return [names[one] for one in difflib.get_close_matches(word.lower()[:100], names, n=most, cutoff=likeness)]
