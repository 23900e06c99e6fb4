"""The gateways of a config: key found or not, where they are, what their models do and cost, and until when."""

from datetime import date
from typing import Any

from tasks.commands.model_lists import differences
from tasks.config import Catalogue, ProviderFacts, ProviderSettings, Settings, lifecycle
from tasks.domain.model import Model
from tasks.domain.order import Reply, Request
from tasks.engine.client import address_request
from tasks.transport import Forbidden, Http, Lost, NotSent

PATIENCE = 10.0


def list_providers(settings: Settings, catalogue: Catalogue, today: date) -> list[dict[str, Any]]:
    """One entry a provider that has models: key, address, models with prices in US dollars and dates."""
    found = []
    for name, facts in catalogue.providers.items():
        models = [model for model in catalogue.models.values() if model.provider == name]
        provider = settings.providers.get(name)
        if not models or provider is None:
            continue
        entry: dict[str, Any] = {
            "provider": name,
            "base_url": provider.base_url,
            "source": facts.source,
            "checked": facts.checked,
        }
        named = "" if provider.keyless else provider.api_key_env
        entry |= {"key": named, "key_found": provider.ready or name == "animatic"}
        entry |= {"key_from": provider.key_from, "key_lacks": "" if entry["key_found"] else provider.missing}
        found.append(entry | {"models": [_model(model, today) for model in models]})
    return found


def _model(model: Model, today: date) -> dict[str, Any]:
    return {
        "route": model.route,
        "modes": list(model.modes),
        "seconds": "any" if model.exact else list(model.any_seconds or model.seconds),
        "lengths": lengths(model),
        "sizes": "any" if model.exact else [str(size) for size in model.sizes],
        **{name: getattr(model, name) for name in ("last_image", "references", "sound")},
        "excludes": [list(group) for group in model.excludes],
        "limits": {name: limit._asdict() for name, limit in model.limits.items()},
        "price": model.price.describe(),
        "doubt": model.low_confidence,
        "lifecycle": lifecycle(model, today),
        "retired_on": model.retired_on,
        "replaced_by": model.replaced_by,
        "source": model.source,
        "checked": model.checked,
    }


def lengths(model: Model) -> str:
    """The seconds that a model offers: ``4/8/12 s``, ``4-15 s`` for a range, ``any length``."""
    if model.exact:
        return "any length"
    if model.any_seconds:
        return f"{model.any_seconds[0]}-{model.any_seconds[1]} s"
    return f"{'/'.join(map(str, model.seconds))} s"


async def check(provider: ProviderSettings, facts: ProviderFacts, http: Http) -> str:
    """What a call that costs nothing says of a provider's key and address, in a few words."""
    if not provider.base_url:
        return "built in"
    try:
        reply = await _asked(provider, facts.check or "/", facts, http)
    except (NotSent, Lost, Forbidden) as error:
        return f"not reached: {error}"
    if not facts.check:
        return f"reached ({reply.status}); no free call is documented that would prove the key"
    if reply.status in (401, 403):
        return f"reached; the key was refused ({reply.status})"
    return "key accepted" if 200 <= reply.status < 300 else f"reached; answered {reply.status}"


async def differs(provider: ProviderSettings, facts: ProviderFacts, catalogue: Catalogue, http: Http) -> list[str]:
    """How the gateway's own list of models differs from the catalogue; empty where it agrees or has none."""
    if not facts.lists:
        return []
    try:
        reply = await _asked(provider, facts.lists, facts, http)
    except (NotSent, Lost, Forbidden) as error:
        return [f"its list of models cannot be read: {error}"]
    return differences([model for model in catalogue.models.values() if model.provider == facts.name], reply)


async def _asked(provider: ProviderSettings, path: str, facts: ProviderFacts, http: Http) -> Reply:
    request = Request("GET", path, headers=facts.check_headers)
    url, headers = address_request(provider, request, provider.base_url)
    return await http.ask(request, url, headers, PATIENCE)
