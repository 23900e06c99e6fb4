"""What somebody says of a take: chosen, rejected, or one more is wanted. Pure."""

from dataclasses import dataclass
from typing import Literal, get_args

Kind = Literal["select", "reject", "again"]
KINDS: tuple[Kind, ...] = get_args(Kind)
LONGEST_NOTE = 2_000  # characters
LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class Verdict:
    """One record of what was said. ``n`` counts those of a key; a higher one is the newer.

    ``take`` and ``sha256`` name the take that its author looked at (0 and empty where the shot had none), ``at`` is
    ISO 8601 UTC, ``after`` the shot's highest attempt number that the author saw.
    """

    n: int
    take: int
    sha256: str
    kind: Kind
    note: str = ""
    by: str = ""
    at: str = ""
    after: int = 0
