"""What somebody said of a take: choose it, reject it, or ask for one more."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Verdict:
    """One record of a shot's review. ``n`` is its number, counted from 1; ``take`` and ``sha256`` name the clip it is
    about; ``after`` is the highest attempt number that its author saw, for ``again``."""

    n: int
    take: int
    sha256: str
    kind: Literal["select", "reject", "again"]
    note: str = ""
    by: str = ""
    at: str = ""
    after: int = 0
