"""What a gateway answers: a receipt, and how the job stands."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from tasks.domain.order import Request


@dataclass(frozen=True, slots=True)
class Job:
    """A gateway's receipt: its id and the request that asks after it."""

    id: str
    request: Request
    remote_ids: Mapping[str, str] = field(default_factory=dict)


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
    """Media ready. ``url`` is an address, a path below the base URL, or empty; ``charge`` only if reported."""

    url: str
    charge: Decimal | None = None
    remote_ids: Mapping[str, str] = field(default_factory=dict)
