"""The nouns: frozen values that every room shares. No I/O, no clock, no library.

row -> Shot -> Frame -> Order -> Request -> Reply -> Job -> Pending... -> Done -> Clip -> ShotResult -> manifest row
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

Mode = Literal["text_to_video", "image_to_video", "remix"]
Fit = Literal["cover", "contain", "blur"]
Status = Literal["rendered", "reused", "stand_in", "refused", "failed", "skipped"]
Basis = Literal["reported", "price_list", "free", "unknown"]

MODES: tuple[Mode, ...] = ("text_to_video", "image_to_video", "remix")
FITS: tuple[Fit, ...] = ("cover", "contain", "blur")
STATUSES: tuple[Status, ...] = ("rendered", "reused", "stand_in", "refused", "failed", "skipped")
ZERO = Decimal(0)


class Size(NamedTuple):
    """Width and height in pixels; as text ``1280x720``."""

    width: int
    height: int

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"

    @classmethod
    def parse(cls, text: str) -> "Size":
        """Read ``1280x720``. ValueError when it is anything else."""
        width, _, height = text.strip().lower().replace("×", "x").partition("x")
        size = cls(int(width), int(height))
        if size.width <= 0 or size.height <= 0:
            raise ValueError(text)
        return size


class Shot(NamedTuple):
    """One row of a storyboard, after aliases, defaults and ``[vars]``; what it uses and nothing else.

    A tuple, as a board has many of them: a frozen dataclass takes four times as long to make.

    ``row`` is the line a person sees (the header is line 1). ``image`` and ``source`` are resolved against
    the board's folder; ``source_shot`` is the shot_id of another row, and then ``source`` is empty.
    """

    shot_id: str
    row: int
    scene: str
    prompt: str
    mode: Mode
    seconds: Decimal
    size: Size
    fit: Fit
    negative_prompt: str = ""
    image: str = ""
    source: str = ""
    source_shot: str = ""
    seed: int | None = None
    audio: bool | None = None
    route: str = ""
    extras: Mapping[str, str] = MappingProxyType({})
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Storyboard:
    """The shots in board order, and the names of the columns that are carried through."""

    shots: tuple[Shot, ...]
    extra_columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Model:
    """What a gateway's model can do and what it costs: one entry of ``models.toml``.

    ``seconds`` lists the lengths offered, ``any_seconds`` a closed range of whole seconds instead, and
    ``exact`` (the built-in renderer) takes any length and any size as asked. ``images`` are the ways an image
    may travel, in order of preference: ``data`` (data URI) or ``url``. ``remix`` is what a remix starts from:
    ``job`` (a clip made by the same gateway), ``url`` or ``data`` (data URI).
    Prices: ``per_second``, or ``table[(size, seconds)]``; both empty is an error.
    """

    provider: str
    name: str
    modes: tuple[Mode, ...]
    source: str
    checked: str
    seconds: tuple[int, ...] = ()
    any_seconds: tuple[int, int] | None = None
    sizes: tuple[Size, ...] = ()
    exact: bool = False
    images: tuple[str, ...] = ()
    max_image_bytes: int = 8_000_000
    remix: tuple[str, ...] = ()
    negative_prompt: bool = False
    seed: bool = False
    audio: bool = False
    per_second: Mapping[str, Decimal] = field(default_factory=dict)  # size as text, or "*"
    table: Mapping[tuple[str, int], Decimal] = field(default_factory=dict)
    low_confidence: str = ""  # why the price is doubted; empty where it is not
    failed_is_charged: bool | Literal["unknown"] = "unknown"
    deprecated_on: str = ""
    retired_on: str = ""
    replaced_by: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)

    @property
    def route(self) -> str:
        return f"{self.provider}:{self.name}"


@dataclass(frozen=True, slots=True)
class Route:
    """One way to a clip: a provider's model, with the options its adapter reads."""

    model: Model
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.model.route


@dataclass(frozen=True, slots=True)
class Frame:
    """A reference image after normalising. ``uri`` is how it travels: a data URI or a URL."""

    digest: str
    size: Size
    media_type: str
    uri: str
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class SourceClip:
    """What a remix starts from: a URL, and what the gateway that made it calls it."""

    uri: str = ""
    provider: str = ""
    job_id: str = ""
    remote_ids: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Order:
    """All that an adapter is told. ``seconds`` (whole at every gateway) and ``size`` are snapped to the model."""

    shot: Shot
    route: Route
    seconds: Decimal
    size: Size
    prompt: str  # as sent: with `Avoid: ...` where the model takes no negative prompt
    frame: Frame | None = None
    source: SourceClip | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """HTTP as plain values, never with a key. ``url`` is a path below the base URL, or absolute."""

    method: str
    url: str
    json: Mapping[str, Any] | None = None
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, tuple[str, bytes, str]] = field(default_factory=dict)  # field -> name, bytes, type
    form: Mapping[str, str] = field(default_factory=dict)


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


@dataclass(frozen=True, slots=True)
class Clip:
    """The delivered file as it was probed. ``path`` is relative to the target."""

    path: str
    sha256: str
    bytes: int
    width: int
    height: int
    fps: float
    seconds: float
    poster: str = ""
    audio: bool | None = None  # None in records of 0.1, which did not say


@dataclass(frozen=True, slots=True)
class Attempt:
    """One Order taken to one provider. Its money stands in ``charged`` or in ``at_risk``, never in both.

    ``outcome``: ``clip``, ``late`` (its clip came when the shot had one), ``busy``, ``refused``, ``locked``,
    ``failed``, ``moderated``, ``unclear``, ``pending`` (accepted and not settled), ``overdue``.
    """

    key: str
    n: int
    shot_id: str
    fingerprint: str
    run_id: str
    provider: str
    model: str
    outcome: str
    seconds: Decimal
    size: str
    quoted: Decimal
    scene: str = ""
    mode: str = ""
    error_class: str = ""
    error: str = ""
    job_id: str = ""
    charged: Decimal = ZERO
    at_risk: Decimal = ZERO
    basis: Basis = "unknown"
    submitted_at: str = ""
    settled_at: str = ""
    clip: Clip | None = None
    frame: str = ""
    remote_ids: Mapping[str, str] = field(default_factory=dict)
    settled_by: str = ""  # the run that settled it
    order_id: str = ""  # a random UUID, written before the POST; empty in records of 0.1
    stand_in: bool = False  # drawn where a gateway's clip was wanted

    @property
    def route(self) -> str:
        return f"{self.provider}:{self.model}"


@dataclass(frozen=True, slots=True)
class ShotResult:
    """A shot with its attempts (oldest first) and the clip in use, if any.

    ``kept`` is the last manifest row of a shot that this run did not look at: it stands for the other fields.
    """

    shot: Shot
    fingerprint: str
    key: str
    status: Status
    attempts: tuple[Attempt, ...] = ()
    clip: Clip | None = None
    made_by: Attempt | None = None  # the attempt that bought the clip in use
    frame: str = ""
    error_class: str = ""
    error: str = ""
    kept: Mapping[str, Any] | None = None
