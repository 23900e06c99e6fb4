"""One provider in one run: its settings, adapter, limits and way to its gateway, and where its key may go."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from tasks.config import ProviderSettings, key_may_go, secret_of, unreachable
from tasks.domain import redaction
from tasks.domain.order import Reply, Request
from tasks.engine.limits import ProviderLimits
from tasks.providers import Adapter, adapter
from tasks.transport import DownloadLimits, Forbidden, Http, host_of


class ProviderClient:
    """Asks one gateway with its key, and brings its answers and files without it."""

    def __init__(self, settings: ProviderSettings, limits: ProviderLimits, http: Http) -> None:
        self.settings, self.limits, self.http = settings, limits, http

    @cached_property
    def adapter(self) -> Adapter:
        """What writes the gateway's requests and reads its replies; the built-in renderer has none."""
        return adapter(self.settings.protocol)

    async def ask(self, request: Request, base: str, timeout: float) -> Reply:
        """One question with the provider's key, and its answer without it: a gateway may echo what it was sent.

        ``base`` is the URL that a path lies below, ``timeout`` is in seconds. Raises ``Forbidden`` when the config
        does not name the host; else as ``Http.ask`` does.
        """
        url, headers = address_request(self.settings, request, base)
        reply = await self.http.ask(request, url, headers, timeout)
        told = {name: self.hidden(value) for name, value in reply.headers.items()}
        return replace(reply, body=redaction.hidden_in(reply.body, secret_of(self.settings)), headers=told)

    async def download(self, url: str, out: Path, most: int) -> None:
        """Bring a file of at most ``most`` bytes to ``out``; the key goes to the provider's own hosts only.

        It raises what ``Http.download`` raises.
        """
        settings = self.settings
        await self.http.download(
            url,
            out,
            DownloadLimits(most, settings.stall_timeout_s, settings.download_timeout_s),
            allowed={host_of(settings.base_url)[1], *settings.allow_hosts},
            headers=lambda hop: key_of_provider(settings) if key_may_go(settings, hop) else {},
        )

    def hidden(self, text: str) -> str:
        """The text without the provider's secrets."""
        return redaction.hidden(text, secret_of(self.settings))

    def base_of(self, record: Mapping[str, Any]) -> str:
        """Where the job of a record lives: the base URL that it was ordered at."""
        return str(record.get("base_url") or self.settings.base_url)

    def can_ask(self, record: Mapping[str, Any]) -> str:
        """Why today's config or keys cannot ask after the job of a record; empty when they can."""
        return unreachable(self.settings, self.settings.name, str(record.get("base_url", "")))


def key_of_provider(settings: ProviderSettings) -> dict[str, str]:
    """The provider's own headers, and the one that carries its key where there is one."""
    own = {name: value.get_secret_value() for name, value in settings.headers.items()}
    name, template = adapter(settings.protocol).AUTH
    return own | ({name: template.format(key=settings.key.get_secret_value())} if settings.key else {})


def absolute(url: str, base: str) -> str:
    """The address itself, or the path put below the base URL."""
    known = url.lower().startswith(("http://", "https://"))
    return url if known else base.rstrip("/") + "/" + url.lstrip("/")


def address_request(settings: ProviderSettings, request: Request, base: str) -> tuple[str, dict[str, str]]:
    """The absolute URL of a request, and the header with the key.

    Raises ``Forbidden`` when the config does not name the host.
    """
    url = absolute(request.url, base)
    if not key_may_go(settings, url):
        raise Forbidden(f"{host_of(url)[1]} is not {settings.name}'s host: nothing was asked there")
    return url, key_of_provider(settings)
