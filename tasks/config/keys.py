"""Where a provider's key may be sent, and whether a gateway can be asked after a job."""

from tasks.config.provider_settings import ProviderSettings
from tasks.transport import host_of, is_named


def secret_of(settings: ProviderSettings) -> tuple[str, ...]:
    """The provider's key and the secrets of its headers, which must be cut from replies."""
    held = (settings.key, *settings.secrets)
    return tuple(secret.get_secret_value() for secret in held if secret)


def key_may_go(settings: ProviderSettings, url: str) -> bool:
    """Whether the key may be sent to the URL: its host and port are the base URL's or among ``key_hosts``, and it is
    https unless the base URL is http."""
    secure = url.lower().startswith("https://") or settings.base_url.lower().startswith("http://")
    return secure and is_named(url, {host_of(settings.base_url)[1], *settings.key_hosts})


def unreachable(settings: ProviderSettings | None, provider: str, base: str) -> str:
    """Why a job at the base URL ``base`` cannot be asked after with these settings, in words; empty when it can."""
    if settings is None:
        return f"the config has no [provider.{provider}]"
    if base and not key_may_go(settings, base):
        return f"its host {host_of(base)[1]} is not the config's: name it in [provider.{provider}] key_hosts"
    if not settings.ready:
        return settings.missing
    return ""
