"""What a gateway answers: a receipt, and how the job stands."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from tasks.domain.order import Request


@dataclass(frozen=True, slots=True)
class Job:
    """A gateway's receipt: its id, the request that asks after it, and what it will cost if the receipt says so."""

    id: str
    request: Request
    remote_ids: Mapping[str, str] = field(default_factory=dict)
    estimate: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Pending:
    """Still working. ``known`` is False for a status word that no document names."""

    word: str
    known: bool = True


@dataclass(frozen=True, slots=True)
class Follow:
    """Ask this instead: the result stands in a second document."""

    request: Request


@dataclass(frozen=True, slots=True)
class Done:
    """Media ready. ``url`` is an address, a path below the base URL, or empty; ``charge`` only if reported.

    ``units`` are those that the gateway bills by, ``gpu_seconds`` what its GPU worked, where the reply counts them.
    Sums stand here as they were reported: NaN for what is no number.
    """

    url: str
    charge: Decimal | None = None
    remote_ids: Mapping[str, str] = field(default_factory=dict)
    units: Decimal | None = None
    gpu_seconds: Decimal | None = None
