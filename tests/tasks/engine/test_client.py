import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tasks.config.keys import key_may_go, unreachable
from tasks.config.settings import ProviderSettings, load_settings
from tasks.domain.order import Request
from tasks.engine.client import ProviderClient, absolute, address_request, key_of_provider
from tasks.engine.limits import ProviderLimits
from tasks.providers import adapter
from tasks.transport.client import Forbidden, Http
from tests.tasks.desk import FOUR, KEYS, config

OLD = '[provider.pixazo]\nkey_hosts = ["old.pixazo.ai", "media.example:8443"]\n'
PLAIN = '[provider.pixazo]\nbase_url = "http://127.0.0.1:8765/pixazo"\n'
HOME = "gateway.pixazo.ai"

GOES: list[tuple[str, str, bool]] = [
    # the rest of the config, where the key would go, whether it may
    ("", f"https://{HOME}/v2/x", True),
    ("", f"HTTPS://{HOME.upper()}/v2/x", True),
    ("", f"https://{HOME}:443/v2/x", True),
    ("", f"https://{HOME}:8443/v2/x", False),
    ("", f"http://{HOME}/v2/x", False),
    ("", f"http://{HOME}:443/v2/x", False),
    ("", f"https://{HOME}.evil.example/x", False),
    ("", f"https://evil.example/{HOME}", False),
    ("", f"https://{HOME}@evil.example/", False),
    ("", f"https://evil.example\\@{HOME}/", True),  # the parser that connects takes what is before the @ as a user
    ("", f"https://evil.example#@{HOME}/", False),
    ("", f"https://evil.example?@{HOME}/", False),
    ("", f"ftp://{HOME}/x", False),
    ("", "https://old.pixazo.ai/x", False),
    ("", "https:///x", False),
    ("", "", False),
    (OLD, "https://old.pixazo.ai/x", True),
    (OLD, "http://old.pixazo.ai/x", False),
    (OLD, "https://media.example:8443/x", True),
    (OLD, "https://media.example/x", False),
    (PLAIN, "http://127.0.0.1:8765/pixazo/x", True),
    (PLAIN, "https://127.0.0.1:8765/pixazo/x", True),
    (PLAIN, "http://127.0.0.1:9999/x", False),
    (PLAIN, f"https://{HOME}/x", False),
    (PLAIN, "http://localhost:8765/x", False),
]


def pixazo(folder: Path, rest: str = "", keys: list[str] | None = None) -> ProviderSettings:
    return config(folder, rest=rest, keys=list(KEYS) if keys is None else keys).providers["pixazo"]


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[ProviderClient]:
    """Pixazo at its own address, with an older one that may be asked as well."""
    settings = pixazo(tmp_path, OLD)
    http = Http()
    yield ProviderClient(settings, ProviderLimits(settings, time.monotonic, asyncio.sleep), http)
    await http.close()


@pytest.mark.parametrize(("rest", "url", "may"), GOES)
def test_the_key_goes_nowhere_else(tmp_path: Path, rest: str, url: str, may: bool) -> None:
    """Only to the host and port of the base URL and to key_hosts, and never over plainer transport than the base."""
    assert key_may_go(pixazo(tmp_path, rest), url) is may


@pytest.mark.parametrize(
    ("url", "base", "full"),
    [
        ("/v2/requests/1", f"https://{HOME}", f"https://{HOME}/v2/requests/1"),
        ("v2/requests/1", f"https://{HOME}/", f"https://{HOME}/v2/requests/1"),
        ("/x", f"https://{HOME}/sub", f"https://{HOME}/sub/x"),
        (f"https://{HOME}/y?a=1", "https://elsewhere.example", f"https://{HOME}/y?a=1"),
        ("//evil.example/x", f"https://{HOME}", f"https://{HOME}/evil.example/x"),
        ("@evil.example/x", f"https://{HOME}", f"https://{HOME}/@evil.example/x"),
        (".evil.example/x", f"https://{HOME}", f"https://{HOME}/.evil.example/x"),
    ],
)
def test_addressed(tmp_path: Path, url: str, base: str, full: str) -> None:
    """A path goes below the base that the job was bought at, an absolute URL as it is, with the key's header."""
    header, template = adapter("pixazo").AUTH
    found = address_request(pixazo(tmp_path), Request("GET", url), base)
    assert found == (full, {header: template.format(key=KEYS["PIXAZO_API_KEY"])})


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("https://evil.example/x", f"https://{HOME}"),
        ("HTTPS://evil.example/x", f"https://{HOME}"),
        (f"http://{HOME}/x", f"https://{HOME}"),
        ("/x", "https://old.pixazo.ai"),
        ("/x", f"http://{HOME}"),
    ],
)
def test_a_foreign_host_is_never_asked(tmp_path: Path, url: str, base: str) -> None:
    """A request for a host that the config does not name raises before any key is looked at, and shows none."""
    with pytest.raises(Forbidden, match="is not pixazo's host: nothing was asked there") as caught:
        address_request(pixazo(tmp_path), Request("GET", url), base)
    assert KEYS["PIXAZO_API_KEY"] not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "base", "whole"),
    [
        ("/v1/videos/1/content", "https://a.example", "https://a.example/v1/videos/1/content"),
        ("/v1/videos/1/content", "https://a.example/openai/", "https://a.example/openai/v1/videos/1/content"),
        ("v1", "https://a.example", "https://a.example/v1"),
        ("https://b.example/x.mp4?sig=1", "https://a.example", "https://b.example/x.mp4?sig=1"),
        ("HTTPS://b.example/x", "https://a.example", "HTTPS://b.example/x"),
    ],
)
def test_a_path_lies_below_the_base_and_an_address_stands_for_itself(url: str, base: str, whole: str) -> None:
    """What an adapter names is a path of its gateway or an address of its own."""
    assert absolute(url, base) == whole


def test_a_host_that_was_named_is_asked_at_the_old_base(tmp_path: Path) -> None:
    """With key_hosts a job bought at an older base URL is asked there."""
    url, headers = address_request(pixazo(tmp_path, OLD), Request("GET", "/x"), "https://old.pixazo.ai/v1")
    assert (url, bool(headers)) == ("https://old.pixazo.ai/v1/x", True)


@pytest.mark.parametrize("provider", FOUR)
def test_the_header_of_each_gateway(provider: str) -> None:
    """Every adapter's template is filled with its own key; without a key there is no header."""
    told = key_of_provider(load_settings("sora.toml", KEYS).providers[provider])
    assert list(told.values()) in [[f"key-of-{provider}"], [f"Bearer key-of-{provider}"]]
    assert key_of_provider(load_settings("sora.toml", {}).providers[provider]) == {}


@pytest.mark.parametrize(
    ("rest", "keys", "base", "reason"),
    [
        ("", True, f"https://{HOME}", ""),
        ("", True, f"https://{HOME}/an/older/path", ""),
        ("", True, "", ""),
        ("", False, f"https://{HOME}", "PIXAZO_API_KEY is not set"),
        ("[provider.pixazo]\napi_key_env = 'MINE'\n", True, f"https://{HOME}", "MINE is not set"),
        (
            PLAIN,
            True,
            f"https://{HOME}",
            f"its host {HOME}:443 is not the config's: name it in [provider.pixazo] key_hosts",
        ),
        (OLD, True, "https://old.pixazo.ai", ""),
        (OLD, False, "https://old.pixazo.ai", "PIXAZO_API_KEY is not set"),
    ],
)
def test_unreachable_names_what_is_missing(tmp_path: Path, rest: str, keys: bool, base: str, reason: str) -> None:
    """A job can be asked after with a key and a config that names its host; else variable or host is told."""
    assert unreachable(pixazo(tmp_path, rest, None if keys else []), "pixazo", base) == reason


def test_a_provider_that_the_config_does_not_know(tmp_path: Path) -> None:
    """A job of a provider that is gone from the program is told by its table."""
    assert unreachable(None, "gone", "https://x.example") == "the config has no [provider.gone]"


@pytest.mark.parametrize(
    ("record", "base", "reason"),
    [
        ({}, f"https://{HOME}", ""),
        ({"base_url": ""}, f"https://{HOME}", ""),
        ({"base_url": "https://old.pixazo.ai/v1"}, "https://old.pixazo.ai/v1", ""),
        (
            {"base_url": "https://gone.example"},
            "https://gone.example",
            "its host gone.example:443 is not the config's: name it in [provider.pixazo] key_hosts",
        ),
    ],
)
async def test_a_job_lives_where_it_was_ordered(
    client: ProviderClient, record: dict[str, str], base: str, reason: str
) -> None:
    """A job is asked after at the base URL of its record, else at today's; a host that is not named is told."""
    assert client.base_of(record) == base
    assert client.can_ask(record) == reason


async def test_what_went_wrong_is_told_without_the_key(client: ProviderClient) -> None:
    """The key is cut from whatever text a gateway or a library gave."""
    key = KEYS["PIXAZO_API_KEY"]
    assert key not in client.hidden(f"refused: {key}") and client.hidden("refused") == "refused"


async def test_a_foreign_host_is_not_asked_by_the_client_either(client: ProviderClient) -> None:
    """The client's own question goes through the rule for its key."""
    with pytest.raises(Forbidden, match="nothing was asked there"):
        await client.ask(Request("GET", "https://evil.example/x"), client.settings.base_url, 1.0)


def test_the_built_in_renderer_is_no_gateway() -> None:
    """It has no adapter, and whether it can be asked is answered without one."""
    settings = load_settings("sora.toml", KEYS).providers["animatic"]
    client = ProviderClient(settings, ProviderLimits(settings, time.monotonic, asyncio.sleep), Http())
    assert client.can_ask({}) == unreachable(settings, "animatic", "")
