"""A config's own models and machines: what may stand there, and what is refused."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tasks.commands.providers import list_providers
from tasks.config.keys import secret_of, unreachable
from tasks.config.settings import Settings, load_settings
from tasks.domain.errors import ConfigError
from tasks.domain.order import Request
from tasks.domain.shot import Shot, Size
from tasks.engine.client import address_request
from tasks.planning.offers import OfferFinder

BOX = """
[chain]
text_to_video = ["mybox:wan-2.2"]
[provider.mybox]
adapter = "openai_videos"
base_url = "http://127.0.0.1:8000"
"""
MODEL = """
[[model]]
provider = "mybox"
name = "wan-2.2"
modes = ["text_to_video"]
any_seconds = [1, 8]
sizes = ["1280x720"]
per_second = 0
"""
KEYLESS = BOX + 'key = "none"\n'
TODAY = date(2026, 11, 26)
SHOT = Shot("sh010", 2, "", "a cat", "text_to_video", Decimal(4), Size(1280, 720), "cover")


def read(folder: Path, text: str, **environ: str) -> Settings:
    file = folder / "own.toml"
    file.write_text(text, encoding="utf-8")
    return load_settings(file, environ)


def faults_of(folder: Path, text: str, **environ: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read(folder, text, **environ)
    return [str(fault) for fault in caught.value.faults]


def offered(settings: Settings) -> tuple[list[str], list[str], list[str]]:
    """Usable routes with their quotes, the reasons of the others, warnings."""
    market = OfferFinder(settings, settings.catalogue, TODAY, signs=False)
    usable, others = market.offers(SHOT, ("", None), "")
    return [f"{one.route.name} {one.quote}" for one in usable], list(others), list(market.warnings)


def test_a_keyless_machine_with_a_free_model_is_a_route(tmp_path: Path) -> None:
    """``key = "none"`` and price 0: the route is usable, costs nothing, and no key is sent."""
    settings = read(tmp_path, KEYLESS + MODEL)
    assert offered(settings) == (["mybox:wan-2.2 0.000000"], [], [])
    box = settings.providers["mybox"]
    assert address_request(box, Request("GET", "/v1/videos/1"), box.base_url)[1] == {}
    assert unreachable(box, "mybox", "http://127.0.0.1:8000") == ""


def test_without_the_word_a_machine_wants_its_key(tmp_path: Path) -> None:
    """The key is looked for under the provider's own name, and never in the variable of the one it speaks like."""
    settings = read(tmp_path, BOX + MODEL, OPENAI_VIDEOS_API_KEY="sk-of-another")
    assert offered(settings)[:2] == ([], ["mybox:wan-2.2: MYBOX_API_KEY is not set"])
    found = read(tmp_path, BOX + MODEL, MYBOX_API_KEY="sk-of-the-box")
    box = found.providers["mybox"]
    assert address_request(box, Request("POST", "/v1/videos"), box.base_url)[1] == {
        "Authorization": "Bearer sk-of-the-box"
    }


def test_a_gpu_is_quoted_by_the_time_a_clip_is_expected_to_take(tmp_path: Path) -> None:
    """``per_gpu_second`` times ``gpu_seconds``."""
    priced = MODEL.replace("per_second = 0", "per_gpu_second = 0.0008\ngpu_seconds = 90")
    assert offered(read(tmp_path, KEYLESS + priced))[0] == ["mybox:wan-2.2 0.072000"]


def test_an_own_model_wins_over_the_shipped_one_and_is_told(tmp_path: Path) -> None:
    """A block that names a shipped route replaces it; the plan says so."""
    own = MODEL.replace("mybox", "runway").replace("wan-2.2", "gen4.5").replace("per_second = 0", "per_second = 0.5")
    settings = read(tmp_path, '[chain]\ntext_to_video = ["runway:gen4.5"]' + own, RUNWAY_API_KEY="k" * 9)
    usable, _, warnings = offered(settings)
    assert usable == ["runway:gen4.5 2.000000"]
    assert warnings == ["runway:gen4.5 is as the config has it: its own [[model]] replaces the shipped one"]


def test_several_machines_of_one_protocol(tmp_path: Path) -> None:
    """Each has its own address, key and options; what the file says can be set from the environment."""
    second = BOX.replace("mybox", "other_box").replace("8000", "9000").replace("[chain]\n", "").splitlines()
    text = BOX + "\n".join(line for line in second if "text_to_video" not in line) + MODEL
    settings = read(tmp_path, text, STORYREEL_OTHER_BOX__BASE_URL="http://127.0.0.1:9001")
    found = {name: settings.providers[name].base_url for name in ("mybox", "other_box")}
    assert found == {"mybox": "http://127.0.0.1:8000", "other_box": "http://127.0.0.1:9001"}
    assert settings.providers["other_box"].protocol == "openai_videos"


def test_what_the_gateways_are_shows_ones_own(tmp_path: Path) -> None:
    """The list of providers has the machine with its model."""
    settings = read(tmp_path, KEYLESS + MODEL)
    [box] = [one for one in list_providers(settings, settings.catalogue, TODAY) if one["provider"] == "mybox"]
    assert (box["key"], box["key_found"], box["base_url"]) == ("", True, "http://127.0.0.1:8000")
    assert [(one["route"], one["price"]) for one in box["models"]] == [("mybox:wan-2.2", "free")]


def test_headers_go_with_the_key_and_their_secrets_are_hidden(tmp_path: Path) -> None:
    """Plain values and those of variables are sent; only what came from a variable is a secret; neither is shown."""
    head = 'headers = { X-Team = "film", X-Proxy-Token = "env:BOX_TOKEN" }\n'
    settings = read(tmp_path, KEYLESS + head + MODEL, BOX_TOKEN="tok-of-the-box")
    box = settings.providers["mybox"]
    sent = address_request(box, Request("GET", "/v1/videos/1"), box.base_url)[1]
    assert sent == {"X-Team": "film", "X-Proxy-Token": "tok-of-the-box"}
    assert secret_of(box) == ("tok-of-the-box",)
    assert "tok-of-the-box" not in repr(settings)


def test_a_header_whose_variable_is_not_set_leaves_the_route_out(tmp_path: Path) -> None:
    """The plan names the variable."""
    head = 'headers = { X-Proxy-Token = "env:BOX_TOKEN" }\n'
    assert offered(read(tmp_path, KEYLESS + head + MODEL))[1] == ["mybox:wan-2.2: BOX_TOKEN is not set"]
    with_key = read(tmp_path, BOX + head + MODEL, MYBOX_API_KEY="k" * 9)
    assert offered(with_key)[1] == ["mybox:wan-2.2: BOX_TOKEN is not set"]


SECRET = "tok-sk-secret"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (f'headers = {{ Authorization = "{SECRET}" }}', "Authorization is not yours to set"),
        (f'headers = {{ host = "{SECRET}" }}', "host is not yours to set"),
        (f'headers = {{ Content-Type = "{SECRET}" }}', "Content-Type is not yours to set"),
        (f'headers = {{ content-encoding = "{SECRET}" }}', "content-encoding is not yours to set"),
        (f'headers = {{ Transfer-Encoding = "{SECRET}" }}', "Transfer-Encoding is not yours to set"),
        (f'headers = {{ X-A = "{SECRET}\\r\\nX-B: 1" }}', "X-A must be one line of plain text"),
        (f'headers = {{ X-A = "{SECRET}…" }}', "X-A must be one line of plain text"),
        (f'headers = {{ "X A" = "{SECRET}" }}', "cannot be the name of a header"),
        (f'headers = {{ "X-A\\n" = "{SECRET}" }}', "cannot be the name of a header"),
        (f'headers = {{ X-A = "env:{SECRET}" }}', "behind env: stands the name of an environment variable"),
        (f'headers = {{ X-A = "{SECRET}", x-a = "b" }}', "holds a header twice"),
        ('headers = { X-A = "env:BROKEN" }', "X-A holds a character that cannot be sent in a header"),
        ("headers = { X-A = 3 }", "X-A must be one line of plain text"),
        ('headers = { Host = "a", X-A = "b", X-B = 3 }', "made for each request; X-B must be one line of plain text"),
        ('headers = "X-A: 3"', "must be a table"),
        (f'key = "{SECRET}"', "keys never stand in files"),
        ("key = 3", "keys never stand in files"),
    ],
)
def test_what_may_not_stand_in_a_provider_is_refused_and_not_shown(tmp_path: Path, line: str, told: str) -> None:
    """A header that is not the user's to set, a line break, a key: the fault says what is wrong and shows no value."""
    found = faults_of(tmp_path, f"{BOX}{line}\n{MODEL}", BROKEN=f"{SECRET}\nX-B: 1")
    assert len(found) == 1 and told in found[0]
    assert SECRET not in found[0]


def test_the_header_of_the_key_is_not_the_users_either(tmp_path: Path) -> None:
    """A gateway whose key goes in another header than Authorization."""
    (told,) = faults_of(tmp_path, '[provider.pixazo]\nheaders = { ocp-apim-subscription-key = "tok-sk-secret" }')
    assert "is the header of the key" in told and "tok-sk-secret" not in told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (BOX.replace("openai_videos", "openai_video"), "must be one of"),
        (BOX.replace("openai_videos", "animatic"), "must be one of"),
        (BOX.replace("mybox]", "fal]") + MODEL, "fal is a gateway with a protocol of its own: take another name"),
        (BOX.replace("mybox]", "animatic]"), "animatic is a gateway with a protocol of its own"),
        (BOX.replace("mybox]", '"My Box"]'), "small letters, digits and _"),
        (
            BOX.replace('base_url = "http://127.0.0.1:8000"', "") + MODEL,
            "is missing: say where this server is",
        ),
        (BOX.replace('adapter = "openai_videos"', "") + MODEL, "unknown provider"),
        (BOX + MODEL.replace("per_second = 0", ""), "has no price for 1280x720 1 s"),
        (BOX + MODEL.replace("per_second = 0", "per_gpu_second = 0.1"), "per_gpu_second needs gpu_seconds"),
        (BOX + MODEL.replace("mybox", "mybax"), "nearest known: 'mybox'"),
        (BOX + MODEL + MODEL, "stands here twice"),
        (BOX + MODEL.replace("modes", "mode"), "nearest known: 'modes'"),
        ("model = 3", "must be a list of tables"),
    ],
)
def test_a_faulty_machine_or_model(tmp_path: Path, text: str, told: str) -> None:
    """Names, addresses and prices are checked as those of the shipped list are."""
    found = faults_of(tmp_path, text)
    assert any(told in fault for fault in found), found


def test_a_shipped_provider_may_name_its_own_protocol(tmp_path: Path) -> None:
    """It changes nothing."""
    assert read(tmp_path, '[provider.fal]\nadapter = "fal"').providers["fal"].protocol == "fal"


def test_the_shipped_catalogue_is_untouched(tmp_path: Path) -> None:
    """What one config adds is not there for the next."""
    read(tmp_path, KEYLESS + MODEL)
    assert "mybox:wan-2.2" not in load_settings(None, {}).catalogue.models
