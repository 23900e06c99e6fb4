"""TOML, environment and blocks read into settings; models.toml into the catalogue; where a key may go."""

from tasks.config.blocks import Blocks
from tasks.config.catalogue import Catalogue, is_retired, lifecycle, load_catalogue, quote, snap_seconds, snap_size
from tasks.config.catalogue_file import ProviderFacts
from tasks.config.keys import key_may_go, secret_of, unreachable
from tasks.config.mark import MarkSettings
from tasks.config.quality import Limits, QualitySettings
from tasks.config.schema import CONFIGS
from tasks.config.settings import (
    Chain,
    ProviderSettings,
    Settings,
    blocks_named,
    check_secrets,
    load_settings,
    settings_from_environment,
)

__all__ = [
    "CONFIGS",
    "Blocks",
    "Catalogue",
    "Chain",
    "Limits",
    "MarkSettings",
    "ProviderFacts",
    "ProviderSettings",
    "QualitySettings",
    "Settings",
    "blocks_named",
    "check_secrets",
    "is_retired",
    "key_may_go",
    "lifecycle",
    "load_catalogue",
    "load_settings",
    "quote",
    "secret_of",
    "settings_from_environment",
    "snap_seconds",
    "snap_size",
    "unreachable",
]
