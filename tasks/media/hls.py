"""A clip that came as an HLS list (RFC 8216): which parts make it up. Pure; `engine.delivery.fetch` downloads them."""

import re
from dataclasses import dataclass
from itertools import pairwise
from urllib.parse import urljoin, urlsplit

from tasks.domain.errors import MediaError

MOST_PARTS = 2_000
MOST_LIST_BYTES = 2_000_000
_ATTRIBUTE = re.compile(r'([A-Z0-9-]+)=("[^"]*"|[^,]*)')


@dataclass(frozen=True, slots=True)
class Listed:
    """What a list names: ``better`` is another list of the same clip to read in its place, else ``parts`` in order."""

    parts: tuple[str, ...] = ()
    better: str = ""


def listed(text: str, url: str) -> Listed:
    """The addresses that a list at ``url`` names, all on its own host.

    Raises ``MediaError`` when the clip is not all there yet, is encrypted, or has more parts than a clip can have.
    """
    lines = [line.strip() for line in text.removeprefix("\ufeff").splitlines() if line.strip()]
    if variants := _variants(lines):
        return Listed(better=_own(max(variants)[1], url))
    return Listed(tuple(_own(name, url) for name in _parts(lines)))


def _variants(lines: list[str]) -> list[tuple[int, str]]:
    """Bandwidth and name of each list that a list of lists names."""
    found = []
    for line, name in pairwise(lines):
        if line.startswith("#EXT-X-STREAM-INF:"):
            width = _attributes(line).get("BANDWIDTH", "0")
            found.append((int(width) if re.fullmatch(r"[0-9]{1,15}", width) else 0, name))
    return found


def _parts(lines: list[str]) -> list[str]:
    found: list[str] = []
    for line in lines:
        if line.startswith("#EXT-X-KEY:") and _attributes(line).get("METHOD") != "NONE":
            raise MediaError("the HLS list names encrypted parts, which are not opened")
        if line.startswith("#EXT-X-BYTERANGE:") or (line.startswith("#EXT-X-MAP:") and "BYTERANGE" in line):
            raise MediaError("the HLS list names parts of files, which are not put together")
        if line.startswith("#EXT-X-MAP:"):
            found.append(_attributes(line).get("URI", ""))
        elif not line.startswith("#"):
            found.append(line)
    if "#EXT-X-ENDLIST" not in lines:
        raise MediaError("the HLS list has no end yet")
    if not 0 < len(found) <= MOST_PARTS:
        raise MediaError(f"the HLS list names {len(found):,} parts; from 1 to {MOST_PARTS:,} are taken")
    return found


def _attributes(line: str) -> dict[str, str]:
    return {name: value.strip('"') for name, value in _ATTRIBUTE.findall(line.partition(":")[2])}


def _own(name: str, url: str) -> str:
    """The address of a part, on the host of its list and nowhere else."""
    try:
        whole = urljoin(url, name)
        same = bool(name) and urlsplit(whole)[:2] == urlsplit(url)[:2]
    except ValueError:
        same = False
    if not same:
        raise MediaError(f"the HLS list names a part that is not on its own host: {name[:80]!r}")
    return whole
