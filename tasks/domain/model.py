"""A gateway's model as models.toml describes it, and a route to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple

from tasks.domain.pricing import Price
from tasks.domain.shot import Mode, Size

INPUTS = ("image", "last_image", "references", "audio")  # what an entry may say that it does not take together


class Limit(NamedTuple):
    """The longest clip in seconds, and the longest short side in pixels, of an order that holds a certain input; 0
    where that changes nothing."""

    seconds: int = 0
    side: int = 0


@dataclass(frozen=True, slots=True)
class Model:
    """What a gateway's model can do and what it costs: one entry of ``models.toml``.

    ``seconds`` lists the lengths offered, ``any_seconds`` a closed range of whole seconds instead, and
    ``exact`` (the built-in renderer) takes any length and any size as asked. ``images`` are the ways an image
    may travel, in order of preference: ``data`` (data URI) or ``url``. ``remix`` is what a remix starts from:
    ``job`` (a clip made by the same gateway), ``url`` or ``data`` (data URI). ``last_image``: whether it takes the
    picture that a clip ends on; ``references``: how many pictures of what is to be seen; ``excludes``: groups of
    `INPUTS` that it does not take in one order; ``limits``: what one of them makes of its longest clip and largest
    size. ``sound``: False where its clips have none.
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
    url_doubt: str = ""  # why a source that goes by its address may be refused; empty where it is documented
    negative_prompt: bool = False
    seed: bool = False
    audio: bool = False
    sound: bool = True
    last_image: bool = False
    references: int = 0
    excludes: tuple[tuple[str, ...], ...] = ()
    limits: Mapping[str, Limit] = field(default_factory=dict)
    price: Price = field(default_factory=Price)
    low_confidence: str = ""  # why the price is doubted; empty where it is not
    failed_is_charged: bool | Literal["unknown"] = "unknown"
    deprecated_on: str = ""
    retired_on: str = ""
    replaced_by: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)
    final_of: tuple[str, ...] = ()  # routes whose drafts it finishes by their id; it makes nothing else
    final_days: int = 0  # for so many days after they came

    @property
    def path(self) -> str:
        """What its gateway calls it: what follows ``#`` in a name only tells two entries of one model apart."""
        return self.name.partition("#")[0]

    @property
    def route(self) -> str:
        return f"{self.provider}:{self.name}"


class Inputs(NamedTuple):
    """What an order holds beside its prompt, as far as a model may not take it: ``references`` counts pictures."""

    image: bool = False
    last_image: bool = False
    references: int = 0
    audio: bool = False


def why_not(model: Model, asked: Inputs) -> str:
    """Why a model does not take what is asked of it, by its entry; empty where it does. Plan, adapters and lists of
    models go by this alone."""
    if asked.last_image and not model.last_image:
        return "takes no last image"
    if asked.references > model.references:
        most = f"{model.references} reference picture{'s' * (model.references > 1)}, not {asked.references}"
        return f"takes {most}" if model.references else "takes no reference pictures"
    if asked.audio and not model.sound and model.provider != "animatic":
        return "makes clips without sound"
    held = {name for name, value in asked._asdict().items() if value}
    group = next((group for group in model.excludes if held.issuperset(group)), ())
    return f"takes {' or '.join(name.replace('_', ' ') for name in group)}, not both" if group else ""


def narrow(model: Model, asked: Inputs) -> Model:
    """The model as it is for an order that holds these inputs: with the lengths and sizes that are left of its own."""
    held = [limit for name, limit in model.limits.items() if getattr(asked, name)]
    longest = min((limit.seconds for limit in held if limit.seconds), default=0)
    side = min((limit.side for limit in held if limit.side), default=0)
    if longest:
        low, high = model.any_seconds or (0, 0)
        spans = (low, min(high, longest)) if model.any_seconds and low <= longest else None
        model = replace(model, any_seconds=spans, seconds=tuple(one for one in model.seconds if one <= longest))
    if side:
        model = replace(model, sizes=tuple(size for size in model.sizes if min(size) <= side))
    return model


@dataclass(frozen=True, slots=True)
class Route:
    """One way to a clip: a provider's model, with the options its adapter reads."""

    model: Model
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.model.route
