"""What a price in ``models.toml`` or in a config's own models may say, and where it is silent or speaks twice. Pure."""

import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from tasks.config import schema as kinds
from tasks.config.schema import Spec
from tasks.domain.model import Model
from tasks.domain.pricing import ANY, Price, UnknownPriceError, Usage


def _size_name(name: str) -> str:
    """``1280x720``, or the resolution ``720p``."""
    return name if re.fullmatch(r"[1-9][0-9]{1,4}p", name) else str(kinds.size(name))


def _seconds_table(value: Any) -> dict[int, Decimal]:
    if not isinstance(value, dict) or not all(name.isascii() and name.isdigit() for name in value):
        raise ValueError("must be a table of seconds and their price, as in { 4 = 1.5, 8 = 3 }")
    return {int(name): kinds.number()(price) for name, price in value.items()}


def _price_table(value: Any) -> dict[tuple[str, int], Decimal]:
    """``{"1280x720": {"4": 1.5}}`` -> ``{("1280x720", 4): Decimal("1.5")}``."""
    by_size = {_size_name(name): _seconds_table(row) for name, row in kinds.free_table(value).items()}
    return {(name, seconds): price for name, row in by_size.items() for seconds, price in row.items()}


def _rates(value: Any) -> dict[str, Decimal]:
    """``0.1`` -> ``{"*": Decimal("0.1")}``; a table has one price a size or resolution."""
    if isinstance(value, dict):
        return {_size_name(name): kinds.number()(price) for name, price in value.items()}
    return {ANY: kinds.number()(value)}


PRICE_FIELDS: Spec = {
    "per_second": _rates,
    "per_second_silent": _rates,
    "table": _price_table,
    "per_million_tokens": _rates,
    "per_source_second": _rates,
    "per_picture": kinds.number(),
    "pictures_free": kinds.whole(0),
    "per_gpu_second": kinds.number(),
    "gpu_seconds": kinds.number(above=True),
    "minimum": kinds.number(),
    "unit_usd": kinds.number(above=True),
}
"""The keys of a price, in models.toml and in a config's own models."""

_SPELLED = {"per_second_silent": "silent", "unit_usd": "unit"}  # what a price calls them


def take_price(values: dict[str, Any]) -> Price:
    """The price that the checked values of an entry make; what it is made of is taken out of them."""
    return Price(**{_SPELLED.get(name, name): values.pop(name) for name in PRICE_FIELDS if name in values})


def price_gaps(model: Model) -> list[str]:
    """Where the price list is silent about something that the entry offers, or speaks twice."""
    price = model.price
    if len(price.bases) > 1:
        return [f"has {' and '.join(price.bases)}; one of them is its price"]
    if model.exact:
        return [] if ANY in price.per_second else ["needs one price per_second"]
    if price.gpu_seconds and price.per_gpu_second is None:
        return ["has gpu_seconds without per_gpu_second"]
    if price.per_gpu_second and not price.gpu_seconds:
        return ["per_gpu_second needs gpu_seconds: how long a clip is expected to take there"]
    missing = _unpriced(model, _lengths(model)[:1])
    if price.table or missing:  # no other price depends on the length
        missing = _unpriced(model, _lengths(model))
    gaps = [f"has no price for {', '.join(missing)}"] if missing else []
    return gaps + [f"has a price for {size}, which it does not offer" for size in sorted(_sizes(price) - _names(model))]


def _unpriced(model: Model, lengths: Sequence[int]) -> list[str]:
    offered = [(size, seconds) for size in model.sizes for seconds in lengths]
    return [
        f"{size} {seconds} s"
        for size, seconds in offered
        if not _is_priced(model.price, Usage(Decimal(seconds), *size))
    ]


def _is_priced(price: Price, usage: Usage) -> bool:
    """Whether the order has a price, with sound and without."""
    try:
        return all(price.quote(replace(usage, audio=audio)).is_finite() for audio in (None, False))
    except UnknownPriceError:
        return False


def _sizes(price: Price) -> set[str]:
    rates = (price.per_second, price.silent, price.per_million_tokens, price.per_source_second)
    return {*(name for rate in rates for name in rate), *(name for name, _ in price.table)}


def _names(model: Model) -> set[str]:
    return {name for size in model.sizes for name in Usage(Decimal(0), *size).names} | {ANY}


def _lengths(model: Model) -> tuple[int, ...]:
    if model.any_seconds:
        return tuple(range(model.any_seconds[0], min(model.any_seconds[1], 3600) + 1))
    return model.seconds
