"""What a gateway's protocol is made of: strict field rules, the job, the answers, the base class.

A protocol is one module of ``tests.sandbox.gateways`` with one ``Gateway`` subclass and a ``GATEWAY``
instance of it; it is found by itself.
"""

import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, ClassVar

Pixels = tuple[int, int]
Rule = Callable[[object], str]

LANDSCAPE, PORTRAIT = (1280, 720), (720, 1280)
LANDSCAPE_LARGE, PORTRAIT_LARGE = (1792, 1024), (1024, 1792)
KINDS = (
    "rate",
    "busy",
    "server_error",
    "auth",
    "out_of_money",
    "spend_limit",
    "not_found",
    "model_gone",
    "bad_request",
    "moderated",
    "no_id",
)
POLICY = "The request failed because the input may contain sensitive information (content policy)."


class Refusal(Exception):
    """A request that the gateway turns away. ``kind`` is one of KINDS."""

    def __init__(self, kind: str, message: str = "") -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply as plain values; ``body`` is a JSON value."""

    status: int = 200
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Wish:
    """An order as read. ``size`` None is taken from the image, ``sizes`` are the image sizes taken, none is any;
    of ``shapes`` the one nearest to the image's is made. ``last`` is the last frame, ``references`` are pictures of
    what is to be seen, ``id`` the job's where the client chooses it, ``extra`` what the order costs on top of the clip,
    in US dollars."""

    prompt: str
    model: str
    seconds: int
    size: Pixels | None
    image: str = ""
    sizes: tuple[Pixels, ...] = ()
    video: str = ""
    measured: bool = False  # an edit: the source says how long and how large the clip is
    longer: int = 0  # seconds that are added to it
    kept: bool = True
    last: str = ""
    references: tuple[str, ...] = ()
    shapes: tuple[Pixels, ...] = ()
    id: str = ""
    extra: Decimal = Decimal(0)
    free: bool = False
    picture: bytes = b""  # the image, and the last one, in small: what the clip shows
    last_picture: bytes = b""


@dataclass(slots=True)
class Job:
    """An accepted order. ``done_at`` is on the monotonic clock; ``ending`` is settled at acceptance."""

    id: str
    gateway: str
    n: int
    prompt: str
    model: str
    seconds: int
    size: Pixels
    price: Decimal
    token: str
    created: float
    done_at: float
    kept: bool = True
    ending: str = "completed"
    charged: bool = True
    shape: str = ""
    message: str = ""
    polls: int = 0
    polled_at: float = 0.0
    urls: int = 0
    oldest_url: int = 0
    counts: dict[int, int] = field(default_factory=dict)
    order_id: str = ""
    root: str = ""
    deleted: bool = False
    finished: bool = False  # a draft whose final was ordered
    flaw: str = ""  # what is wrong inside its clip
    film: str = ""  # pictures a second of its clip, and whether it sounds
    pictures: tuple[bytes, bytes] = (b"", b"")

    @property
    def billed(self) -> Decimal:
        return self.price if self.charged else Decimal(0)

    @property
    def size_text(self) -> str:
        return f"{self.size[0]}x{self.size[1]}"

    @property
    def is_over(self) -> bool:
        """Whether it has come to its end, asked after or not."""
        return time.monotonic() >= self.done_at


@dataclass(slots=True)
class Options:
    """One gateway as scripted. Limits of None are no limits; ``credit_usd`` is the wallet."""

    latency_s: float = 0.0
    job_seconds: float | None = None
    min_polls: int = 0
    poll_floor_s: float = 0.01
    url_life_s: float = 86400.0
    in_flight: int | None = None
    per_minute: int | None = None
    credit_usd: Decimal | None = None
    allow_data_uri: bool | None = None
    image_field: str = "image_url"
    delete_by_default: bool = False
    forms_only: bool = False
    remembers_s: float = 0.0
    lists: bool = False
    repeats_pages: bool = False  # of its list: each is the first one


@dataclass(frozen=True, slots=True)
class Call:
    """One request to a gateway: ``path`` below its prefix, ``root`` its base URL, ``find`` its jobs by id."""

    path: str
    root: str
    body: dict[str, Any]
    options: Options
    find: Callable[[str], Job | None]
    is_done: Callable[[Job], bool]
    files: Mapping[str, tuple[str, bytes, str]] = field(default_factory=dict)


def text(most: int = 32_000) -> Rule:
    """A non-empty string of at most ``most`` characters."""
    return lambda v: "" if isinstance(v, str) and 0 < len(v.strip()) <= most else "must be a non-empty string"


def one_of(*values: str) -> Rule:
    """One of these strings."""
    return lambda v: "" if isinstance(v, str) and v in values else f"must be one of {', '.join(values)}"


def whole(*values: int) -> Rule:
    """One of these integers, as a JSON integer."""
    wanted = f"must be an integer, one of {', '.join(map(str, values))}"
    return lambda v: "" if isinstance(v, int) and not isinstance(v, bool) and v in values else wanted


def among(low: int, high: int) -> Rule:
    """A JSON integer in a closed range."""
    wanted = f"must be an integer from {low} to {high}"
    return lambda v: "" if isinstance(v, int) and not isinstance(v, bool) and low <= v <= high else wanted


def flag(value: object) -> str:
    """A JSON boolean."""
    return "" if isinstance(value, bool) else "must be a boolean"


def one_text(value: object) -> str:
    """An array of exactly one string."""
    right = isinstance(value, list) and len(value) == 1 and isinstance(value[0], str) and value[0]
    return "" if right else "must be an array of exactly one string"


def addresses(most: int) -> Rule:
    """An array of one to so many strings."""
    wanted = f"must be an array of 1 to {most} strings"
    return lambda v: (
        "" if isinstance(v, list) and 0 < len(v) <= most and all(isinstance(one, str) and one for one in v) else wanted
    )


def check(body: Mapping[str, object], required: Mapping[str, Rule], optional: Mapping[str, Rule]) -> None:
    """Refuse a body with a missing, wrong or undocumented field; the message names every one."""
    rules = {**required, **optional}
    wrong = [f"{name} is required" for name in required if name not in body]
    wrong += [f"{name} is not a documented field" for name in body if name not in rules]
    found = ((name, rules[name](value)) for name, value in body.items() if name in rules)
    wrong += [f"{name} {message}" for name, message in found if message]
    if wrong:
        raise Refusal("bad_request", "; ".join(wrong))


def pixels(value: str) -> Pixels:
    """``1280x720`` as two numbers."""
    width, _, height = value.partition("x")
    return int(width), int(height)


class Gateway(ABC):
    """One gateway's protocol. ``words`` are its statuses while working, the last one repeating.

    ``results`` are the paths of a second document that holds a job's result, ``contents`` those of the file itself,
    for whoever has the key; ``cancels`` the ways to give a job up, with their verbs; ``lists`` those of all jobs.
    Without one of the ``headers`` nothing is answered. ``remembers_s``: seconds for which a repeated order is known by
    its id. ``key_variable``: the environment variable of its key, where that is none with its name.
    """

    name: ClassVar[str]
    key_variable: ClassVar[str] = ""
    models: ClassVar[Collection[str]] = ()  # that tests order one by one: billed as quoted, or as its replies tell
    key_header: ClassVar[str] = "authorization"
    key_prefix: ClassVar[str] = "Bearer "
    submits: ClassVar[tuple[str, ...]]
    polls: ClassVar[tuple[str, ...]]
    results: ClassVar[tuple[str, ...]] = ()
    contents: ClassVar[tuple[str, ...]] = ()
    lists: ClassVar[tuple[str, ...]] = ()
    remembers_s: ClassVar[float] = 0.0
    cancels: ClassVar[tuple[tuple[str, str], ...]] = ()
    headers: ClassVar[Mapping[str, str]] = {}
    order_headers: ClassVar[Mapping[str, str]] = {}  # without which no order is taken
    takes_forms: ClassVar[bool] = False
    free_calls: ClassVar[tuple[str, ...]] = ()
    words: ClassVar[tuple[str, ...]]
    shapes: ClassVar[tuple[str, ...]] = ()
    data_uri: ClassVar[bool] = True
    plain_base64: ClassVar[bool] = False
    has_floor: ClassVar[bool] = False
    failed_is_charged: ClassVar[Mapping[str, bool]] = {}

    @property
    def variable(self) -> str:
        """The environment variable that its key is looked for in."""
        return self.key_variable or f"{self.name.upper()}_API_KEY"

    def key(self, headers: Mapping[str, str]) -> str:
        """The key of a request, empty where there is none in this gateway's form."""
        value = headers.get(self.key_header, "")
        return value.removeprefix(self.key_prefix) if value.startswith(self.key_prefix) else ""

    def prompt(self, body: Mapping[str, Any]) -> str:
        """The prompt of any body, right or wrong: what a fault script matches."""
        value = body.get("prompt", "")
        return value if isinstance(value, str) else ""

    def read(self, value: object) -> dict[str, Any] | None:
        """The fields of an order's JSON body; None where it is none."""
        return value if isinstance(value, dict) else None

    def asked_by(self, body: Mapping[str, Any]) -> str:
        """The job that a POST to an order's path asks after, where questions go there too; empty for an order."""
        return ""

    def order_id(self, body: Mapping[str, Any]) -> str:
        """The client's own id of an order, where its body has one."""
        return ""

    def new_id(self, wish: Wish) -> str:
        """A fresh job id in this gateway's form."""
        return uuid.uuid4().hex

    def id_of(self, job: Job) -> str:
        """The id of a job whose shape the script has just chosen."""
        return job.id

    def job_id(self, path: Mapping[str, str], query: Mapping[str, str]) -> str:
        """The job that a poll asks after."""
        return path["id"]

    @abstractmethod
    def wish(self, call: Call) -> Wish:
        """Read an order strictly, or raise Refusal."""

    @abstractmethod
    def price(self, model: str, size: Pixels, seconds: int) -> Decimal:
        """What the price list says in US dollars."""

    @abstractmethod
    def accepted(self, job: Job, call: Call) -> Answer:
        """The receipt."""

    def repeated(self, job: Job, call: Call) -> Answer:
        """The reply to an order that is known by its id already: the receipt again."""
        return self.accepted(job, call)

    def listing(self, jobs: Sequence[Job], query: Mapping[str, str]) -> Answer:
        """The jobs, the oldest first, where there are ``lists``."""
        raise LookupError(f"{self.name} lists no jobs")

    @abstractmethod
    def pending(self, job: Job, word: str) -> Answer:
        """Still working, or a status word that no document names."""

    @abstractmethod
    def finished(self, job: Job, url: str) -> Answer:
        """The final word; ``url`` is empty where the result is to have none."""

    def result(self, job: Job, url: str) -> Answer:
        """The second document of a job that is over, where there are ``results``."""
        raise LookupError(f"{self.name} has no second document")

    @abstractmethod
    def error(self, kind: str, message: str, path: str) -> Answer:
        """An error in this gateway's shape."""

    def cancelled(self, job: Job, done: bool) -> Answer:
        """The reply to a job's owner who gives it up, where there are ``cancels``."""
        raise LookupError(f"{self.name} gives up no job")

    def forgets(self, job: Job, done: bool) -> bool:
        """Whether nobody can ask after a job that was given up."""
        return False

    def refunds(self, job: Job) -> bool:
        """Whether a job that is given up while it works costs nothing."""
        return True

    def free(self, path: str, balance: Decimal) -> Answer:
        """A call that costs nothing (balance, models), where there are ``free_calls``."""
        raise LookupError(f"{self.name} has no free call")
