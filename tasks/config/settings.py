"""Configs and environment -> Settings. The only reader of ``os.environ``."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, cast

from tasks.config import schema as kinds
from tasks.config.blocks import Blocks, secret_address
from tasks.config.cast import read_cast
from tasks.config.catalogue import Catalogue, load_catalogue
from tasks.config.mark import MarkSettings, read_mark
from tasks.config.own_models import extend_catalogue
from tasks.config.provider_settings import ProviderSettings as ProviderSettings
from tasks.config.provider_settings import read_providers
from tasks.config.quality import QualitySettings, read_quality
from tasks.config.schema import CONFIGS as CONFIGS
from tasks.config.schema import FaultCollector, Spec, find
from tasks.domain.errors import ConfigError, Fault
from tasks.domain.shot import FITS, MODES, CastMember, Fit, Mode, Size, is_spoken
from tasks.domain.takes import MOST_TAKES
from tasks.transport import Network, read_network

COLUMNS = (
    *("shot_id", "scene", "prompt", "negative_prompt", "mode", "image", "source"),
    *("duration", "aspect_ratio", "size", "fit", "seed", "audio", "route", "takes"),
    *("last_image", "continues", "references"),
    *("dialogue", "voice", "music", "sfx"),
)


_HD = Size(1280, 720)


@dataclass(frozen=True, slots=True)
class Defaults:
    """What a shot gets when its row is silent. ``duration`` in seconds; ``fps`` for lengths in frames; ``takes`` in
    clips."""

    duration: Decimal = Decimal(8)
    size: Size = _HD
    fit: Fit = "cover"
    fps: Decimal = Decimal(24)
    takes: int = 1


@dataclass(frozen=True, slots=True)
class Chain:
    """Mode -> routes ``provider:model`` in the order they are tried."""

    routes: Mapping[Mode, tuple[str, ...]] = field(default_factory=dict)
    allow_retired: bool = False


@dataclass(frozen=True, slots=True)
class RenderSettings:
    """How a run spends: shots in flight, what to do in doubt, where it stops (US dollars), and if drafts come first.

    ``max_fallback_factor``: how many times the first route's quote a later one may cost.
    """

    concurrency: int = 128
    on_unclear: Literal["next", "fail"] = "next"
    on_moderated: Literal["stop", "next"] = "stop"
    budget_usd: Decimal | None = None
    max_wasted_usd: Decimal | None = None
    draft: bool = False
    redraft: bool = False
    max_fallback_factor: Decimal | None = None


@dataclass(frozen=True, slots=True)
class ImageSettings:
    """Fetching what a board points at; ``background`` is what transparent parts of pictures lie on."""

    allow_hosts: tuple[str, ...] = ()
    allow_paths: tuple[str, ...] = ()
    max_bytes: int = 64_000_000
    max_pixels: int = 100_000_000
    background: str = "auto"


@dataclass(frozen=True, slots=True)
class ColumnRules:
    """How a board's columns are read: headers to leave unread, the unit of bare pairs, columns to fill down."""

    ignore: tuple[str, ...] = ()
    unit: Literal["", "frames", "seconds"] = ""
    fill_down: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Settings:
    """One config file with the environment laid over it. ``chains[""]`` is the default chain.

    ``state`` is where this user's programs keep what must outlive a run. ``catalogue`` holds the shipped models and the
    config's own; ``notes`` say what of it replaces what.
    """

    path: Path
    defaults: Defaults = Defaults()
    chains: Mapping[str, Chain] = field(default_factory=dict)
    render: RenderSettings = RenderSettings()
    providers: Mapping[str, ProviderSettings] = field(default_factory=dict)
    images: ImageSettings = ImageSettings()
    target_options: Mapping[str, Any] = field(default_factory=dict, repr=False)
    target_block: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    column_rules: ColumnRules = ColumnRules()
    vars: Mapping[str, str] = field(default_factory=dict)
    cast: Mapping[str, CastMember] = field(default_factory=dict)
    state: Path = Path("~/.local/state")
    catalogue: Catalogue = field(default_factory=load_catalogue, repr=False)
    notes: tuple[str, ...] = ()
    network: Network = field(default_factory=Network)
    quality: QualitySettings = field(default_factory=QualitySettings)
    mark: MarkSettings | None = None


Routes = Mapping[Mode, tuple[str, ...]]

_DEFAULTS: Spec = {
    "duration": kinds.number(above=True),
    "size": kinds.size,
    "fit": kinds.one_of(*FITS),
    "fps": kinds.number(0, 1000, above=True),
    "takes": kinds.whole(1, MOST_TAKES),
}
_RENDER: Spec = {
    "concurrency": kinds.whole(1, 400),
    "on_unclear": kinds.one_of("next", "fail"),
    "on_moderated": kinds.one_of("stop", "next"),
    "budget_usd": kinds.dollars,
    "max_wasted_usd": kinds.dollars,
    "draft": kinds.flag,
    "redraft": kinds.flag,
    "max_fallback_factor": kinds.number(1),
}
_IMAGES: Spec = {
    "allow_hosts": kinds.each(kinds.host),
    "allow_paths": kinds.each(kinds.text),
    "max_bytes": kinds.whole(1),
    "max_pixels": kinds.whole(1),
    "background": kinds.background,
}
_TARGET: Spec = {"options": kinds.free_table, "block": kinds.block_address}
_RULES: Spec = {
    "ignore": kinds.each(kinds.text),
    "unit": kinds.one_of("frames", "seconds"),
    "fill_down": kinds.each(kinds.text),
}
_COLUMNS: Spec = {**dict.fromkeys(COLUMNS, kinds.text), **_RULES}
_TABLES = (
    "defaults",
    "chain",
    "render",
    "provider",
    "images",
    "target",
    "columns",
    "vars",
    "cast",
    "model",
    "quality",
    "mark",
)


def settings_from_environment(path: str | Path | None = None, blocks: Blocks = Blocks()) -> Settings:  # noqa: B008 - frozen
    """``load_settings`` with the environment of this process: the one place that looks at it."""
    return load_settings(path, os.environ, blocks)


def blocks_named(path: str | Path | None = None, *, keys: bool = True) -> tuple[str, ...]:
    """The addresses of the blocks that a config needs in this environment: for keys it lacks, and for its target."""
    loaded = load_settings(path, os.environ, None)
    lacking = [p for p in loaded.providers.values() if keys and p.api_key_secret and p.key is None and not p.keyless]
    target = [loaded.target_block] if loaded.target_block else []
    return tuple(dict.fromkeys([*(secret_address(p.api_key_secret) for p in lacking), *target]))


def check_secrets(loaded: Settings) -> None:
    """Check that each Secret block that the config names was found.

    Raises ``ConfigError`` when one was not, with all of them.
    """
    if lacking := [p for p in loaded.providers.values() if p.api_key_secret and p.key is None and not p.keyless]:
        where = "provider.{}.api_key_secret"
        raise ConfigError([Fault(0, "", where.format(p.name), p.api_key_secret, p.lacks) for p in lacking])


def load_settings(path: str | Path | None, environ: Mapping[str, str], blocks: Blocks | None = Blocks()) -> Settings:  # noqa: B008 - frozen
    """A config file with the environment laid over it; ``None`` is the shipped ``animatic.toml``.

    A relative path is looked for in the working directory, then a plain name or ``configs/x.toml`` beside the code.
    ``blocks`` are those that it names, None where they are still to be looked up. Raises ``ConfigError`` when the file
    or the ``STORYREEL_X__FIELD`` variables have faults, with all of them, or when a block of the target was not found.
    """
    file = find(path)
    raw = kinds.read_toml(file)
    sheet = FaultCollector(file.name)
    catalogue, notes = extend_catalogue(load_catalogue(), raw, sheet)
    for name in raw:
        if name not in _TABLES:
            sheet.unknown(name, name, _TABLES, "table or key")
    options, block = _target(raw.get("target", {}), blocks, sheet)
    columns = sheet.table(raw.get("columns", {}), _columns_spec(raw.get("columns")), "columns")
    rules = {name: columns.pop(name) for name in _RULES if name in columns}
    settings = Settings(
        path=file,
        defaults=Defaults(**sheet.table(raw.get("defaults", {}), _DEFAULTS, "defaults")),
        chains=_chains(raw["chain"] if "chain" in raw else _free_chain(), catalogue, sheet),
        render=RenderSettings(**sheet.table(raw.get("render", {}), _RENDER, "render")),
        providers=read_providers(raw.get("provider", {}), catalogue, environ, blocks or Blocks(), sheet),
        images=ImageSettings(**sheet.table(raw.get("images", {}), _IMAGES, "images")),
        target_options=options,
        target_block=block,
        columns=columns,
        column_rules=ColumnRules(**rules),
        vars=sheet.table(raw.get("vars", {}), _vars_spec(raw.get("vars")), "vars"),
        cast=read_cast(raw.get("cast", {}), raw.get("vars"), sheet),
        state=_state(environ),
        catalogue=catalogue,
        notes=notes,
        network=read_network(environ),
        quality=read_quality(raw.get("quality", {}), sheet),
        mark=read_mark(raw.get("mark"), file.parent, sheet),
    )
    sheet.raise_any()
    return settings


def _target(raw: Any, blocks: Blocks | None, sheet: FaultCollector) -> tuple[dict[str, Any], str]:
    """The storage options: the block's, under what the file itself says."""
    told = sheet.table(raw, _TARGET, "target")
    own, block = told.get("options", {}), told.get("block", "")
    if not block or blocks is None:
        return own, block
    try:
        return {**blocks.options(block), **own}, block
    except ValueError as error:
        sheet.add("target.block", str(error), block)
        return own, block


def _state(environ: Mapping[str, str]) -> Path:
    """By the XDG base directory specification, which says that a relative path is none."""
    told = Path(environ.get("XDG_STATE_HOME", ""))
    return told if told.is_absolute() else Path(environ.get("HOME") or "~") / ".local" / "state"


def _columns_spec(raw: Any) -> Spec:
    spoken = filter(is_spoken, raw) if isinstance(raw, dict) else ()
    return {**_COLUMNS, **dict.fromkeys(spoken, kinds.text)}


def _vars_spec(raw: Any) -> Spec:
    return dict.fromkeys(raw, _words) if isinstance(raw, dict) else {}


def _words(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("must be text")
    return value


def _free_chain() -> Any:
    """The chain of a config that says nothing of any: the built-in renderer's, as the default config has it."""
    return kinds.read_toml(find(None))["chain"]


def _chains(raw: Any, catalogue: Catalogue, sheet: FaultCollector) -> dict[str, Chain]:
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
