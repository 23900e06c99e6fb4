"""What a config adds to the catalogue: gateways of one's own that speak a shipped protocol, and models."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tasks.config import schema as kinds
from tasks.config.catalogue import Catalogue
from tasks.config.catalogue_file import ProviderFacts, read_models
from tasks.config.schema import FaultCollector

BUILT_IN = "animatic"  # speaks no protocol
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_OF_THE_ADDRESS = ("base_url", "api_key_env", "api_key_secret", "key_hosts", "allow_hosts")


def extend_catalogue(
    catalogue: Catalogue, raw: Mapping[str, Any], sheet: FaultCollector
) -> tuple[Catalogue, tuple[str, ...]]:
    """The catalogue with a config's own providers and models, and in words what of the shipped one they replace.

    Every fault goes to the sheet; a faulty block is left out.
    """
    providers = {**catalogue.providers, **_own_providers(catalogue, raw.get("provider"), sheet)}
    own = read_models(raw.get("model", []), providers, sheet, source=f"the config {sheet.file}")
    replaced = [route for route in own if route in catalogue.models]
    told = [f"{route} is as the config has it: its own [[model]] replaces the shipped one" for route in replaced]
    models = {**catalogue.models, **own}
    for model in own.values():
        if model.replaced_by and model.replaced_by not in models:
            sheet.unknown(f"model {model.route}.replaced_by", model.replaced_by, models, "route")
    return Catalogue(models, providers), tuple(told)


def _own_providers(catalogue: Catalogue, raw: Any, sheet: FaultCollector) -> dict[str, ProviderFacts]:
    found: dict[str, ProviderFacts] = {}
    for name, section in raw.items() if isinstance(raw, dict) else ():
        if not isinstance(section, dict) or "adapter" not in section:
            continue
        where, shipped = f"provider.{name}", [one for one in catalogue.providers if one != BUILT_IN]
        known: dict[str, Any] = {}
        sheet.take(known, "adapter", kinds.one_of(*shipped), section["adapter"], f"{where}.adapter")
        if name in catalogue.providers:
            if known and known["adapter"] != name:
                sheet.add(f"{where}.adapter", f"{name} is a gateway with a protocol of its own: take another name")
        elif not _NAME.fullmatch(name):
            sheet.add(where, "a provider's name is small letters, digits and _, as in mybox")
        elif known:
            found[name] = _facts(name, catalogue.providers[known["adapter"]], sheet.file)
    return found


def _facts(name: str, like: ProviderFacts, file: str) -> ProviderFacts:
    """The facts of a provider that speaks like another, at an address and with a key of its own."""
    values = {key: value for key, value in like.defaults.items() if key not in _OF_THE_ADDRESS}
    values |= {"base_url": "", "api_key_env": f"{name.upper()}_API_KEY"}
    return replace(like, name=name, source=f"the config {file}", checked="", lists="", defaults=values)
