"""``configs/models.toml`` -> what a model can do, what it costs, and until when. Pure but for one cached read."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, Decimal
from functools import lru_cache
from pathlib import Path

from tasks.config.catalogue_file import ProviderFacts, read
from tasks.config.schema import CONFIGS
from tasks.domain.errors import ConfigError
from tasks.domain.identity import nearest_names
from tasks.domain.model import Model
from tasks.domain.money import usd
from tasks.domain.pricing import UnknownPriceError, Usage
from tasks.domain.shot import Size

HANDFUL = 5  # routes that are named where none is similar
SOON_DAYS = 30  # from here on a retirement is told
SHAPE_PERCENT = 3  # how far the shape of a size that is sent may be from the one that was asked


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All models by route ``provider:model``, and all known providers by name, in the file's order."""

    models: Mapping[str, Model]
    providers: Mapping[str, ProviderFacts]

    def model(self, route: str) -> Model:
        """The model of a route. Raises ``ConfigError``, with the nearest known route, when there is none."""
        if route not in self.models:
            raise ConfigError(f"unknown route {route!r}; {self.nearest(route)}")
        return self.models[route]

    def nearest(self, route: str, chains: Iterable[str] = ()) -> str:
        """In words: the nearest known route, of the same provider where that is known, or named chain; a few more
        where none is similar; and where all are listed."""
        own = [known for known in self.models if known.partition(":")[0] == route.partition(":")[0]]
        known = [*chains, *(own or self.models)]
        first, *others = nearest_names(route, known, 1) or nearest_names(route, known, HANDFUL, 0.0) or [""]
        more = f"; others are {', '.join(others)}" if others else ""
        return f"nearest known: {first!r}{more}; `storyreel providers` lists them all"


def load_catalogue(path: str | Path | None = None) -> Catalogue:
    """The catalogue of a models file (default: the one beside the code), read once for each state of the file.

    Raises ``ConfigError`` when the file cannot be read or has faults, with all of them.
    """
    file = Path(path) if path is not None else CONFIGS / "models.toml"
    try:
        stamp = file.stat().st_mtime_ns
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror or error}") from None
    return _read(file, stamp)


@lru_cache(maxsize=8)
def _read(file: Path, _stamp: int) -> Catalogue:
    return Catalogue(*read(file))


def quote(model: Model, usage: Usage, fee: Decimal = Decimal(0)) -> Decimal:
    """What an order that uses so much will cost, in US dollars rounded to the millionth. ``fee`` is a factor on top
    (0.05: 5 %).

    Raises ``ConfigError`` when the price list does not say: the price is never taken as 0.
    """
    try:
        return usd(model.price.quote(usage) * (1 + fee))
    except UnknownPriceError:
        size = Size(usage.width, usage.height)
        raise ConfigError(f"{model.route} has no known price for {usage.seconds} s at {size}") from None


def snap_seconds(model: Model, asked: Decimal) -> Decimal | None:
    """The seconds to send: the next that the model offers, None above its longest (never shortened)."""
    if model.exact:
        return asked
    if model.any_seconds:
        low, high = model.any_seconds
        needed = max(asked.to_integral_value(rounding=ROUND_CEILING), Decimal(low))
        return needed if needed <= high else None
    return min((Decimal(offered) for offered in model.seconds if offered >= asked), default=None)


def snap_size(model: Model, asked: Size) -> Size | None:
    """The size to send: of those offered with the same orientation and, within 3 %, the same shape, the
    smallest at least as large as asked, else the largest. None where no such size is offered."""
    if model.exact:
        return asked
    alike = [offered for offered in model.sizes if _alike(offered, asked)]
    enough = [size for size in alike if size.width >= asked.width and size.height >= asked.height]
    return min(enough, key=_area) if enough else max(alike, key=_area, default=None)


def _alike(offered: Size, asked: Size) -> bool:
    this, that = offered.width * asked.height, asked.width * offered.height
    return _lie(offered) == _lie(asked) and abs(this - that) * 100 <= SHAPE_PERCENT * that


def _lie(size: Size) -> int:
    """1 landscape, 0 square, -1 portrait."""
    return (size.width > size.height) - (size.width < size.height)


def _area(size: Size) -> int:
    return size.width * size.height


def is_retired(model: Model, today: date) -> bool:
    """Whether the model is switched off: from its retirement date on, that day included."""
    return bool(model.retired_on) and today >= date.fromisoformat(model.retired_on)


def lifecycle(model: Model, today: date) -> str:
    """In words for a plan: retired, retiring within 30 days, or deprecated. Empty where nothing is to be said."""
    use = f", use {model.replaced_by}" if model.replaced_by else ", no successor is named"
    if is_retired(model, today):
        return f"was retired on {model.retired_on}{use}"
    left = (date.fromisoformat(model.retired_on) - today).days if model.retired_on else SOON_DAYS + 1
    if left <= SOON_DAYS:
        return f"retires in {left} day{'s' * (left > 1)} ({model.retired_on}){use}"
    if model.deprecated_on and today >= date.fromisoformat(model.deprecated_on):
        end = f", retires on {model.retired_on}" if model.retired_on else ""
        return f"deprecated since {model.deprecated_on}{end}{use}"
    return ""
