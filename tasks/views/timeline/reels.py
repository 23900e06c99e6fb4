"""Names of reels as an EDL (CMX 3600) can hold them. Pure."""

import hashlib
from collections.abc import Iterator, Sequence
from itertools import count

NO_REELS = ("AX", "BL", "BLACK", "BARS")  # words with a meaning of their own in an EDL


def reels_of(names: Sequence[str]) -> list[str]:
    """A reel name for each shot: at most 8 capitals and digits, no two alike; the shot's own where that fits."""
    taken = set(NO_REELS)
    reels = []
    for name in names:
        reel = next(reel for reel in _reel_names(name) if reel not in taken)
        taken.add(reel)
        reels.append(reel)
    return reels


def _reel_names(name: str) -> Iterator[str]:
    own = "".join(letter for letter in name if letter.isascii() and letter.isalnum()).upper()
    if own and len(own) <= 8:
        yield own
    for number in count():
        digest = hashlib.sha256(f"{name}{number or ''}".encode()).hexdigest()
        yield f"{own[:3]}{digest[:5]}".upper()
