"""Configs and environment -> Settings. The only reader of ``os.environ``."""

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, cast

from pydantic import SecretStr

from tasks import config_file as kinds
from tasks.catalogue import Catalogue
from tasks.catalogue import load as load_catalogue
from tasks.config_file import CONFIGS as CONFIGS
from tasks.config_file import Kind, Sheet, Spec, find
from tasks.models import FITS, MODES, Fit, Mode, Size
from tasks.models_file import PROVIDER_FIELDS, ProviderFacts

COLUMNS = (
    *("shot_id", "scene", "prompt", "negative_prompt", "mode", "image", "source"),
    *("duration", "aspect_ratio", "size", "fit", "seed", "audio", "route"),
)


_HD = Size(1280, 720)


@dataclass(frozen=True, slots=True)
class Defaults:
    """What a shot gets when its row is silent. ``duration`` in seconds; ``fps`` for lengths in frames."""

    duration: Decimal = Decimal(8)
    size: Size = _HD
    fit: Fit = "cover"
    fps: Decimal = Decimal(24)


@dataclass(frozen=True, slots=True)
class Chain:
    """Mode -> routes ``provider:model`` in the order they are tried."""

    routes: Mapping[Mode, tuple[str, ...]] = field(default_factory=dict)
    allow_retired: bool = False


@dataclass(frozen=True, slots=True)
class RenderSettings:
    """How a run spends: shots in flight, what to do in doubt, and where it stops (US dollars)."""

    concurrency: int = 128
    on_unclear: Literal["next", "fail"] = "next"
    on_moderated: Literal["stop", "next"] = "stop"
    budget_usd: Decimal | None = None
    max_wasted_usd: Decimal | None = None


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    """One gateway as configured. Times in seconds. ``key`` is None where it was not found."""

    name: str
    base_url: str
    api_key_env: str = ""
    api_key_secret: str = ""
    key: SecretStr | None = None
    key_hosts: tuple[str, ...] = ()
    allow_hosts: tuple[str, ...] = ()
    max_in_flight: int = 20
    submits_per_minute: float = 60
    poll_every_s: float = 8
    poll_max_s: float = 30
    deadline_s: float = 1200
    submit_timeout_s: float = 60
    stall_timeout_s: float = 30
    download_timeout_s: float = 300
    fee: Decimal = Decimal(0)
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ImageSettings:
    """Fetching what a board points at."""

    allow_hosts: tuple[str, ...] = ()
    allow_paths: tuple[str, ...] = ()
    max_bytes: int = 64_000_000
    max_pixels: int = 100_000_000


@dataclass(frozen=True, slots=True)
class Settings:
    """One config file with the environment laid over it. ``chains[""]`` is the default chain."""

    path: Path
    defaults: Defaults = Defaults()
    chains: Mapping[str, Chain] = field(default_factory=dict)
    render: RenderSettings = RenderSettings()
    providers: Mapping[str, ProviderSettings] = field(default_factory=dict)
    images: ImageSettings = ImageSettings()
    target_options: Mapping[str, Any] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    vars: Mapping[str, str] = field(default_factory=dict)


Routes = Mapping[Mode, tuple[str, ...]]

_DEFAULTS: Spec = {
    "duration": kinds.number(above=True),
    "size": kinds.size,
    "fit": kinds.one_of(*FITS),
    "fps": kinds.number(0, 1000, above=True),
}
_RENDER: Spec = {
    "concurrency": kinds.whole(1, 400),
    "on_unclear": kinds.one_of("next", "fail"),
    "on_moderated": kinds.one_of("stop", "next"),
    "budget_usd": kinds.number(),
    "max_wasted_usd": kinds.number(),
}
_IMAGES: Spec = {
    "allow_hosts": kinds.each(kinds.host),
    "allow_paths": kinds.each(kinds.text),
    "max_bytes": kinds.whole(1),
    "max_pixels": kinds.whole(1),
}
_TARGET: Spec = {"options": kinds.free_table}
_COLUMNS: Spec = dict.fromkeys(COLUMNS, kinds.text)
_TABLES = ("defaults", "chain", "render", "provider", "images", "target", "columns", "vars")
_FIELD_DEFAULTS = {spec.name: spec.default for spec in fields(ProviderSettings)}
_KEY_WORDS = ("api_key", "apikey", "key", "token", "secret")


def from_environment(path: str | Path | None = None) -> Settings:
    """``load`` with the environment of this process: the one place that looks at it."""
    return load(path, os.environ)


def load(path: str | Path | None, environ: Mapping[str, str]) -> Settings:
    """A config file with the environment laid over it; ``None`` is the shipped ``animatic.toml``.

    A relative path is looked for in the working directory, then a plain name or ``configs/x.toml`` beside the
    code. ConfigError holds every fault of the file and of the ``STORYREEL_X__FIELD`` variables.
    """
    file = find(path)
    raw = kinds.read_toml(file)
    catalogue = load_catalogue()
    sheet = Sheet(file.name)
    for name in raw:
        if name not in _TABLES:
            sheet.unknown(name, name, _TABLES, "table or key")
    providers = _providers(raw.get("provider", {}), catalogue, environ, sheet)
    _check_keys(providers.values(), sheet)
    settings = Settings(
        path=file,
        defaults=Defaults(**sheet.table(raw.get("defaults", {}), _DEFAULTS, "defaults")),
        chains=_chains(raw.get("chain", {}), catalogue, sheet),
        render=RenderSettings(**sheet.table(raw.get("render", {}), _RENDER, "render")),
        providers=providers,
        images=ImageSettings(**sheet.table(raw.get("images", {}), _IMAGES, "images")),
        target_options=sheet.table(raw.get("target", {}), _TARGET, "target").get("options", {}),
        columns=sheet.table(raw.get("columns", {}), _COLUMNS, "columns"),
        vars=sheet.table(raw.get("vars", {}), _vars_spec(raw.get("vars")), "vars"),
    )
    sheet.raise_any()
    return settings


def _vars_spec(raw: Any) -> Spec:
    return dict.fromkeys(raw, _words) if isinstance(raw, dict) else {}


def _words(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("must be text")
    return value


def _chains(raw: Any, catalogue: Catalogue, sheet: Sheet) -> dict[str, Chain]:
    """The default chain under ``""`` and every named one; these inherit ``allow_retired`` and no routes."""

    def route(value: Any) -> str:
        name = kinds.text(value)
        if name not in catalogue.models:
            raise ValueError(f"is no known route; {catalogue.nearest(name)}")
        return name

    spec: Spec = {**dict.fromkeys(MODES, kinds.each(route)), "allow_retired": kinds.flag}
    tables = raw if isinstance(raw, dict) else {}
    named = {name: table for name, table in tables.items() if isinstance(table, dict) and name not in spec}
    own = {name: value for name, value in tables.items() if name not in named} if tables is raw else raw
    routes = sheet.table(own, spec, "chain")
    allow = routes.pop("allow_retired", False)
    chains = {"": Chain(cast(Routes, routes), allow)}
    for name, table in named.items():
        if not name.strip() or ":" in name:
            sheet.add(f'chain."{name}"', "a chain's name must not be empty, nor look like a route")
        routes = sheet.table(table, spec, f"chain.{name}")
        chains[name] = Chain(cast(Routes, routes), routes.pop("allow_retired", allow))
    return chains


def _providers(raw: Any, catalogue: Catalogue, environ: Mapping[str, str], sheet: Sheet) -> dict[str, ProviderSettings]:
    """All known providers: what models.toml says, under what the file says, under what the environment says."""
    values: dict[str, dict[str, Any]] = {
        name: {**facts.defaults, "options": dict(facts.options)} for name, facts in catalogue.providers.items()
    }
    sections = raw if isinstance(raw, dict) else {}
    if sections is not raw:
        sheet.add("provider", "must hold one table a provider", raw)
    for name, section in sections.items():
        if name in values:
            _read_section(values[name], section, catalogue.providers[name], sheet)
        else:
            sheet.unknown(f"provider.{name}", name, values, "provider")
    for variable in sorted(environ):
        if variable.startswith("STORYREEL_") and "__" in variable and environ[variable].strip():
            _read_variable(values, variable, environ[variable].strip(), catalogue, sheet)
    return {name: ProviderSettings(**_complete(name, told, environ)) for name, told in values.items()}


def _complete(name: str, told: dict[str, Any], environ: Mapping[str, str]) -> dict[str, Any]:
    key = environ.get(told.get("api_key_env", ""), "").strip()
    return {"name": name, "base_url": "", "key": SecretStr(key) if key else None, **told}


def _check_keys(providers: Iterable[ProviderSettings], sheet: Sheet) -> None:
    """A key with a line break or a typographic sign in it cannot be sent; better told here than by every shot."""
    for provider in providers:
        key = provider.key.get_secret_value() if provider.key else ""
        if not (key.isascii() and key.isprintable()):
            sheet.add(f"${provider.api_key_env}", "holds a character that cannot be part of a key")


def _read_section(into: dict[str, Any], section: Any, facts: ProviderFacts, sheet: Sheet) -> None:
    where = f"provider.{facts.name}"
    told = dict(section) if isinstance(section, dict) else section
    if isinstance(told, dict):
        for word in [word for word in told if word.lower() in _KEY_WORDS]:
            sheet.add(f"{where}.{word}", _no_key(facts))
            del told[word]
        into["options"] |= sheet.table(told.pop("options", {}), _options(facts), f"{where}.options")
    into |= sheet.table(told, PROVIDER_FIELDS, where)


def _no_key(facts: ProviderFacts) -> str:
    name = facts.defaults.get("api_key_env", "the variable that api_key_env names")
    return f"keys never stand in files: put it into {name} (see api_key_env), or name a Secret block in api_key_secret"


def _options(facts: ProviderFacts) -> dict[str, Kind]:
    def kind(name: str, default: Any) -> Kind:
        if name in facts.choices:
            return kinds.one_of(*facts.choices[name])
        return kinds.flag if isinstance(default, bool) else kinds.text

    return {name: kind(name, default) for name, default in facts.options.items()}


def _read_variable(
    values: dict[str, dict[str, Any]], variable: str, text: str, catalogue: Catalogue, sheet: Sheet
) -> None:
    """Lay ``STORYREEL_X__FIELD`` or ``STORYREEL_X__OPTIONS__NAME`` over what the file says."""
    provider, _, name = variable.removeprefix("STORYREEL_").lower().partition("__")
    if provider not in values:
        sheet.unknown(variable, provider, values, "provider")
        return
    facts = catalogue.providers[provider]
    into, spec = values[provider], PROVIDER_FIELDS
    if name.startswith("options__"):
        into, spec, name = into["options"], _options(facts), name.removeprefix("options__")
    if name in spec:
        like = {**_FIELD_DEFAULTS, **facts.options}.get(name)
        sheet.take(into, name, spec[name], _from_text(text, like), variable)
    elif name in _KEY_WORDS:
        sheet.add(variable, f"is not read: the key is looked for in {into.get('api_key_env', 'no variable')}")
    else:
        sheet.unknown(variable, name, spec, "field")


def _from_text(text: str, like: Any) -> Any:
    """A variable's text as the TOML value it stands for; the text itself where it cannot be one."""
    if isinstance(like, bool):
        return {"true": True, "false": False}.get(text.lower(), text)
    if isinstance(like, tuple):
        return [part.strip() for part in text.split(",") if part.strip()]
    for read in (int, float) if isinstance(like, int | float | Decimal) else ():
        with suppress(ValueError):
            return read(text)
    return text
