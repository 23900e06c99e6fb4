"""What may stand in ``models.toml``, checked strictly: an entry that leaves a price open is a fault, never 0."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from tasks.config import schema as kinds
from tasks.config.catalogue_price import PRICE_FIELDS, price_gaps, take_price
from tasks.config.schema import FaultCollector, Spec
from tasks.domain.model import INPUTS, Inputs, Limit, Model, narrow
from tasks.domain.shot import MODES


def _as_is(value: Any) -> Any:
    return value


PROVIDER_FIELDS: Spec = {
    "base_url": kinds.base_url,
    "api_key_env": kinds.variable,
    "api_key_secret": kinds.block_name,
    "key_hosts": kinds.each(kinds.host),
    "allow_hosts": kinds.each(kinds.host),
    "max_in_flight": kinds.whole(1),
    "submits_per_minute": kinds.positive,
    "poll_every_s": kinds.positive,
    "poll_max_s": kinds.positive,
    "deadline_s": kinds.positive,
    "submit_timeout_s": kinds.positive,
    "stall_timeout_s": kinds.positive,
    "download_timeout_s": kinds.positive,
    "fee": kinds.number(0, 1),
}
"""What a config may say of a provider, ``options`` apart; the same keys stand in models.toml as its defaults."""


def _choices(value: Any) -> dict[str, tuple[Any, ...]]:
    return {name: kinds.each(_as_is)(words) for name, words in kinds.free_table(value).items()}


_FAILED = kinds.one_of(False, True, "unknown")
_FACTS: Spec = {
    **PROVIDER_FIELDS,
    "source": kinds.text,
    "checked": kinds.day,
    "failed_is_charged": _FAILED,
    "failed_source": kinds.text,
    "check": kinds.text,
    "check_headers": kinds.free_table,
    "lists": kinds.text,
    "options": kinds.free_table,
    "choices": _choices,
}


def _group(value: Any) -> tuple[str, ...]:
    names = tuple(kinds.each(kinds.one_of(*INPUTS))(value))
    if len({*names}) < 2:
        raise ValueError('must be lists of two or more, as in [["last_image", "references"]]')
    return names


def _limits(value: Any) -> dict[str, Limit]:
    """``{ references = { seconds = 10, side = 720 } }``: what an input makes of the longest clip and largest size."""
    wrong = ValueError(f"must be a table by one of {', '.join(INPUTS)}, as in {{ references = {{ seconds = 10 }} }}")
    if not isinstance(value, dict) or not set(value) <= {*INPUTS}:
        raise wrong
    found = {}
    for name, table in value.items():
        if not isinstance(table, dict) or not table or not set(table) <= {*Limit._fields}:
            raise wrong
        found[name] = Limit(**{key: kinds.whole(1)(most) for key, most in table.items()})
    return found


def _day_or_none(value: Any) -> str:
    return "" if value == "" else str(kinds.day(value))


def _range(value: Any) -> tuple[int, int]:
    low, high = (*kinds.each(kinds.whole(1))(value), 0, 0)[:2]
    if len(value) != 2 or low > high:
        raise ValueError("must be the shortest and the longest, as in [4, 15]")
    return low, high


_MODEL: Spec = {
    "provider": kinds.text,
    "name": kinds.text,
    "modes": kinds.each(kinds.one_of(*MODES)),
    "source": kinds.text,
    "checked": _day_or_none,
    "seconds": kinds.each(kinds.whole(1)),
    "any_seconds": _range,
    "sizes": kinds.each(kinds.size),
    "exact": kinds.flag,
    "images": kinds.each(kinds.one_of("data", "url")),
    "max_image_bytes": kinds.whole(1),
    "remix": kinds.each(kinds.one_of("job", "url", "data")),
    "url_doubt": kinds.text,
    "negative_prompt": kinds.flag,
    "seed": kinds.flag,
    "audio": kinds.flag,
    "sound": kinds.flag,
    "last_image": kinds.flag,
    "references": kinds.whole(0),
    "excludes": kinds.each(_group),
    "limits": _limits,
    **PRICE_FIELDS,
    "low_confidence": kinds.text,
    "failed_is_charged": _FAILED,
    "deprecated_on": kinds.day,
    "retired_on": kinds.day,
    "retired_source": kinds.text,
    "replaced_by": kinds.text,
    "fields": kinds.free_table,
    "final_of": kinds.each(kinds.text),
    "final_days": kinds.whole(1),
}


@dataclass(frozen=True, slots=True)
class ProviderFacts:
    """A gateway as its documents have it. ``defaults`` are values of a config's ``[provider.X]`` fields.

    ``check`` is the path of a call that costs nothing and needs the key, ``lists`` that of the gateway's own list of
    models; empty where none is documented. ``check_headers`` go with both.
    """

    name: str
    source: str
    checked: str
    failed_is_charged: bool | Literal["unknown"]
    failed_source: str
    check: str = ""
    check_headers: Mapping[str, str] = field(default_factory=dict)
    lists: str = ""
    defaults: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    choices: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)


def read(file: Path) -> tuple[dict[str, Model], dict[str, ProviderFacts]]:
    """Models by route and providers by name, in the file's order.

    Raises ``ConfigError`` when the file has faults, with all of them.
    """
    sheet = FaultCollector(file.name)
    tables = sheet.table(kinds.read_toml(file), {"provider": _as_is, "model": _as_is}, "")
    providers = _providers(tables.get("provider", {}), sheet)
    models = read_models(tables.get("model", []), providers, sheet)
    for model in models.values():
        if model.replaced_by and model.replaced_by not in models:
            sheet.unknown(f"model {model.route}.replaced_by", model.replaced_by, models, "route")
    sheet.raise_any()
    return models, providers


def read_models(
    entries: Any, providers: Mapping[str, ProviderFacts], sheet: FaultCollector, *, source: str = ""
) -> dict[str, Model]:
    """The ``[[model]]`` blocks of a file by route; every fault goes to the sheet.

    ``source`` stands in for that of a block without one, which then needs no day either.
    """
    models: dict[str, Model] = {}
    if not isinstance(entries, list):
        sheet.add("model", "must be a list of tables, each headed [[model]]")
        entries = []
    for place, raw in enumerate(entries, start=1):
        told = {"source": source, "checked": "", **raw} if source and isinstance(raw, dict) else raw
        _add_model(models, told, place, providers, sheet)
    return models


def _providers(raw: Any, sheet: FaultCollector) -> dict[str, ProviderFacts]:
    found: dict[str, ProviderFacts] = {}
    required = ("source", "checked", "failed_is_charged", "failed_source")
    for name, table in sheet.table(
        raw, dict.fromkeys(raw, _as_is) if isinstance(raw, dict) else {}, "provider"
    ).items():
        facts = sheet.table(table, _FACTS, f"provider.{name}", required)
        defaults = {key: facts.pop(key) for key in PROVIDER_FIELDS if key in facts}
        if set(required) <= set(facts):
            found[name] = ProviderFacts(name=name, defaults=defaults, **facts)
    return found


def _add_model(
    models: dict[str, Model], raw: Any, place: int, providers: Mapping[str, ProviderFacts], sheet: FaultCollector
) -> None:
    """Check one entry and put it under its route; every fault goes to the sheet."""
    where = _where(raw, place)
    before = len(sheet.faults)
    values = sheet.table(raw, _MODEL, where, ("provider", "name", "modes", "source", "checked"))
    provider = values.get("provider", "")
    if provider and provider not in providers:
        sheet.unknown(f"{where}.provider", provider, providers, "provider")
    if len(sheet.faults) > before:
        return
    if retired_source := values.pop("retired_source", ""):
        values["source"] += f"; retirement: {retired_source}"
    price = take_price(values)
    model = Model(**{"failed_is_charged": providers[provider].failed_is_charged, "price": price, **values})
    wrong = [*_gaps(model), *price_gaps(model)]
    wrong += ["this provider has no base_url"] * (not model.exact and "base_url" not in providers[provider].defaults)
    wrong += ["retired_on needs its retired_source"] * bool(model.retired_on and not retired_source)
    wrong += ["stands here twice"] * (model.route in models)
    for message in wrong:
        sheet.add(where, message)
    models[model.route] = model


def _where(raw: Any, place: int) -> str:
    named = isinstance(raw, dict) and raw.get("provider") and raw.get("name")
    return f"model {raw['provider']}:{raw['name']}" if named else f"model {place}"


def _leaves_nothing(model: Model, name: str) -> bool:
    left = narrow(model, Inputs(**{name: True}))
    return not left.sizes or not (left.seconds or left.any_seconds)


def _gaps(model: Model) -> list[str]:
    """What an entry leaves open, or says in two ways."""
    lengths = [bool(model.seconds), model.any_seconds is not None, model.exact]
    checks = {
        "names no mode": not model.modes,
        "needs exactly one of seconds, any_seconds, exact": sum(lengths) != 1,
        "needs sizes, or exact": bool(model.sizes) == model.exact,
        "image_to_video needs images": "image_to_video" in model.modes and not model.images,
        "references needs images": bool(model.references) and not model.images,
        "last_image needs image_to_video": model.last_image and "image_to_video" not in model.modes,
        "limits leave no length or no size": not model.exact
        and any(_leaves_nothing(model, name) for name in model.limits),
        "final_of needs final_days, and the other way round": bool(model.final_of) != bool(model.final_days),
        "remix needs to say what it starts from": "remix" in model.modes and not model.remix,
    }
    return [message for message, wrong in checks.items() if wrong]
