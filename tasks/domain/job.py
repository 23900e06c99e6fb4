"""What a gateway answers: a receipt, and how the job stands."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, NamedTuple

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


@dataclass(frozen=True, slots=True)
class JobRecord:
    """One line of a gateway's own records of jobs. ``word``: done, ended without a clip, still open, or empty where
    they list charges alone. ``at`` is ISO 8601 UTC, ``charge`` US dollars, ``units`` what the gateway bills by.

    ``order_id`` is an id that we sent, ``request`` asks after the job, ``line`` tells lines of one job apart.
    """

    id: str
    word: Literal["done", "ended", "open", ""] = ""
    model: str = ""
    at: str = ""
    charge: Decimal | None = None
    units: Decimal | None = None
    order_id: str = ""
    request: Request | None = None
    line: str = ""


class RecordPage(NamedTuple):
    """A page of such records; ``more``: another one may follow, which ``cursor`` names where it has a name."""

    records: tuple[JobRecord, ...]
    more: bool
    cursor: str = ""
