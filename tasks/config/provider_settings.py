"""What a config and the environment say of each gateway, and where its key was found.

A key is looked for in the environment first: what is set for this one process beats what a config names for all, and
then no server is asked. Else it is read from the Secret block that ``api_key_secret`` names.
"""

import importlib
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields
from decimal import Decimal
from typing import Any

from tasks.config import schema as kinds
from tasks.config.blocks import Blocks
from tasks.config.catalogue import Catalogue
from tasks.config.catalogue_file import PROVIDER_FIELDS, ProviderFacts
from tasks.config.schema import FaultCollector, HiddenValueError, Kind, Spec
from tasks.domain.redaction import SecretStr


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    """One gateway as configured. Times in seconds. ``key`` is None where it was not found, for the reason ``lacks``.

    ``adapter`` is the protocol that it speaks. ``headers`` go with the key and wherever it goes; ``secrets`` are those
    of their values that came from the environment. ``keyless``: the server asks for no key.
    """

    name: str
    base_url: str
    adapter: str = ""
    api_key_env: str = ""
    api_key_secret: str = ""
    key: SecretStr | None = None
    key_from: str = ""
    lacks: str = "no key was looked for"
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
    keyless: bool = False
    headers: Mapping[str, SecretStr] = field(default_factory=dict)
    secrets: tuple[SecretStr, ...] = ()
    unset: tuple[str, ...] = ()  # variables that its headers name and that the environment has not

    @property
    def protocol(self) -> str:
        """The name of the adapter."""
        return self.adapter or self.name

    @property
    def ready(self) -> bool:
        """Whether orders can be sent: its key and all that its headers name were found."""
        return not self.missing

    @property
    def missing(self) -> str:
        """What was not found, in words; empty where orders can be sent."""
        unset = f"{' and '.join(self.unset)} is not set" if self.unset else ""
        return unset if self.keyless or self.key is not None else self.lacks


_FIELD_DEFAULTS = {spec.name: spec.default for spec in fields(ProviderSettings)}
NO_KEY = "none"
FROM_ENV = "env:"
FORBIDDEN = ("authorization", "host", "transfer-encoding")
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_KEY_WORDS = ("api_key", "apikey", "key", "token", "secret")


def read_providers(
    raw: Any, catalogue: Catalogue, environ: Mapping[str, str], blocks: Blocks, sheet: FaultCollector
) -> dict[str, ProviderSettings]:
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
        elif isinstance(section, dict) and "adapter" in section:
            continue  # told by whoever reads the config's own providers
        else:
            sheet.unknown(f"provider.{name}", name, values, "provider")
    for variable in sorted(environ):
        if variable.startswith("STORYREEL_") and "__" in variable and environ[variable].strip():
            _read_variable(values, variable, environ[variable].strip(), catalogue, sheet)
    providers = {name: ProviderSettings(**_complete(name, told, environ, blocks)) for name, told in values.items()}
    _check_keys(providers.values(), sheet)
    return providers


def _complete(name: str, told: dict[str, Any], environ: Mapping[str, str], blocks: Blocks) -> dict[str, Any]:
    variable, secret = told.get("api_key_env", ""), told.get("api_key_secret", "")
    if told.get("keyless"):
        variable = secret = ""
    found: dict[str, Any] = {"key": None, "lacks": f"{variable} is not set"}
    if key := environ.get(variable, "").strip():
        found = {"key": SecretStr(key), "key_from": variable}
    elif secret:
        got, where = blocks.secret(secret), f"Secret block {secret}"
        lacks = f"{variable} is not set, and {where} {got}"
        found = {"key": None, "lacks": lacks} if isinstance(got, str) else {"key": got, "key_from": where}
    return {"name": name, "base_url": "", **found, **told} | _headers(told.get("headers", {}), environ)


def _headers(named: Mapping[str, str], environ: Mapping[str, str]) -> dict[str, Any]:
    """The values of the headers; what ``env:NAME`` stands for is a secret, and one that is not set leaves it out."""
    variables = {name: told.removeprefix(FROM_ENV) for name, told in named.items() if told.startswith(FROM_ENV)}
    found = {name: environ.get(variable, "").strip() for name, variable in variables.items()}
    held = {name: SecretStr(value) for name, value in {**named, **found}.items() if value}
    secrets = tuple(SecretStr(value) for value in found.values() if value)
    return {
        "headers": held,
        "secrets": secrets,
        "unset": tuple(variables[n] for n, value in found.items() if not value),
    }


def _check_keys(providers: Iterable[ProviderSettings], sheet: FaultCollector) -> None:
    """A key with a line break or a typographic sign in it cannot be sent; better told here than by every shot."""
    for provider in providers:
        key = provider.key.get_secret_value() if provider.key else ""
        if not (key.isascii() and key.isprintable()):
            sheet.add(f"${provider.key_from}", "holds a character that cannot be part of a key")
        _check_own(provider, sheet)


def _check_own(provider: ProviderSettings, sheet: FaultCollector) -> None:
    """What only a provider's settings as a whole show: an address that is missing, headers that cannot go out."""
    where = f"provider.{provider.name}"
    if provider.adapter not in ("", provider.name) and not provider.base_url:
        sheet.add(f"{where}.base_url", "is missing: say where this server is")
    keys = importlib.import_module(f"tasks.providers.{provider.protocol}").AUTH[0] if provider.headers else ""
    for name, value in provider.headers.items():
        if name.lower() == keys.lower():
            sheet.add(f"{where}.headers", f"{name} is the header of the key: see api_key_env")
        if not (value.get_secret_value().isascii() and value.get_secret_value().isprintable()):
            sheet.add(f"{where}.headers", f"{name} holds a character that cannot be sent in a header")


def _read_section(into: dict[str, Any], section: Any, facts: ProviderFacts, sheet: FaultCollector) -> None:
    where = f"provider.{facts.name}"
    told = dict(section) if isinstance(section, dict) else section
    if isinstance(told, dict):
        into["keyless"] = told.get("key") == NO_KEY
        for word in [word for word in told if word.lower() in _KEY_WORDS and told[word] != NO_KEY]:
            sheet.add(f"{where}.{word}", _no_key(facts))
            del told[word]
        into["options"] |= sheet.table(told.pop("options", {}), _options(facts), f"{where}.options")
        into["adapter"] = str(told.get("adapter") or facts.name)
    into |= {k: v for k, v in sheet.table(told, SECTION_FIELDS, where).items() if k not in ("key", "adapter")}


def _told_headers(value: Any) -> dict[str, str]:
    """Headers of one's own: what they may be called, and that their values can be sent. No value is ever shown."""
    named = kinds.free_table(value)
    lower = [name.lower() for name in named]
    if len(set(lower)) < len(lower):
        raise HiddenValueError("holds a header twice")
    if wrong := [why for name, told in named.items() if (why := _wrong_header(name, told))]:
        raise HiddenValueError("; ".join(wrong))
    return {name: told.strip() for name, told in named.items()}


def _wrong_header(name: str, told: Any) -> str:
    """Why a header of one's own cannot be sent; empty where it can."""
    if not _TOKEN.fullmatch(name):
        return f"{name!r} cannot be the name of a header"
    if name.lower() in FORBIDDEN or name.lower().startswith("content-"):
        return f"{name} is not yours to set: it is made for each request"
    if not isinstance(told, str) or not told.strip() or not told.isprintable() or not told.isascii():
        return f"{name} must be one line of plain text, or env: and the name of a variable"
    if told.startswith(FROM_ENV) and not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", told.removeprefix(FROM_ENV)):
        return f"{name}: behind env: stands the name of an environment variable"
    return ""


SECTION_FIELDS: Spec = {
    **PROVIDER_FIELDS,
    "adapter": kinds.text,
    "headers": _told_headers,
    "key": kinds.text,
}
"""What a config may say of a provider, ``options`` apart."""


def _no_key(facts: ProviderFacts) -> str:
    name = facts.defaults.get("api_key_env", "the variable that api_key_env names")
    block = 'name a Secret block in api_key_secret; key = "none" is for a server that asks for none'
    return f"keys never stand in files: put it into {name} (see api_key_env), or {block}"


def _options(facts: ProviderFacts) -> dict[str, Kind]:
    def kind(name: str, default: Any) -> Kind:
        if name in facts.choices:
            return kinds.one_of(*facts.choices[name])
        return kinds.flag if isinstance(default, bool) else kinds.text

    return {name: kind(name, default) for name, default in facts.options.items()}


def _read_variable(
    values: dict[str, dict[str, Any]], variable: str, text: str, catalogue: Catalogue, sheet: FaultCollector
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
    elif name == "key" and text == NO_KEY:
        into["keyless"] = True
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
