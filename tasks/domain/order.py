"""What is asked of a gateway: the order, and HTTP as plain values."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tasks.domain.model import Route
from tasks.domain.shot import Shot, Size


@dataclass(frozen=True, slots=True)
class Frame:
    """A reference image after normalising. ``uri`` is how it travels: a data URI or a URL."""

    digest: str
    size: Size
    media_type: str
    uri: str
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class Reference:
    """A picture that shows what is to be seen, and is no frame of the clip: of a cast member with its name and text."""

    name: str
    text: str
    frame: Frame


@dataclass(frozen=True, slots=True)
class SourceClip:
    """What a remix starts from: a URL, and what the gateway that made it calls it."""

    uri: str = ""
    provider: str = ""
    job_id: str = ""
    remote_ids: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Order:
    """All that an adapter is given. ``seconds`` (whole at every gateway) and ``size`` are what the model offers."""

    shot: Shot
    route: Route
    seconds: Decimal
    size: Size
    prompt: str  # as sent: with `Avoid: ...` where the model takes no negative prompt
    frame: Frame | None = None
    source: SourceClip | None = None
    draft_id: str = ""  # what its gateway calls the draft that is to be finished
    draft: bool = False  # a draft is ordered
    order_id: str = ""  # the UUID of its intent: for a gateway that knows a repeated order by it
    last_frame: Frame | None = None  # the picture that the clip ends on
    references: tuple[Reference, ...] = ()  # at most as many as the model takes


@dataclass(frozen=True, slots=True)
class Request:
    """HTTP as plain values, never with a key. ``url`` is a path below the base URL, or absolute; ``json`` an object, or
    a list of them where a gateway takes several tasks at once."""

    method: str
    url: str
    json: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, tuple[str, bytes, str]] = field(default_factory=dict)  # field -> name, bytes, type
    form: Mapping[str, str] = field(default_factory=dict)
    most: int = 0  # bytes of the reply that are kept whole, where more than usual


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back. Header names are in lower case."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def data(self) -> dict[str, Any]:
        """The body's JSON object; an empty one when the body is anything else."""
        try:
            value = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return value if isinstance(value, dict) else {}
