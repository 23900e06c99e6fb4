import json
import pickle
import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tasks.config import catalogue
from tasks.config.settings import CONFIGS, ColumnRules, Settings, load_settings, settings_from_environment
from tasks.domain.errors import ConfigError
from tasks.domain.pricing import Usage
from tasks.domain.shot import MODES, Size

SHIPPED = sorted(file.name for file in CONFIGS.glob("*.toml") if file.name != "models.toml")
FOUR = ("aigateway", "pixazo", "aivideoapi", "aimlapi")

EVERYTHING = """
[defaults]
duration = 4.5
size = "720x1280"
fit = "blur"
fps = 23.976
[chain]
text_to_video = ["pixazo:sora-2-pro", "aivideoapi:sora-2", "aigateway:openai/sora-2-text-to-video-pro"]
image_to_video = ["pixazo:sora-2-pro", "aimlapi:openai/sora-2-pro-i2v"]
remix = ["aigateway:openai/sora-2-video-to-video-remix"]
allow_retired = true
[chain.hero]
image_to_video = ["pixazo:sora-2-pro"]
[chain.safe]
text_to_video = ["animatic:card"]
allow_retired = false
[render]
concurrency = 400
on_unclear = "fail"
on_moderated = "next"
budget_usd = 50.1
max_wasted_usd = 0
[provider.pixazo]
base_url = "https://gateway.pixazo.ai/"
api_key_env = "MY_KEY"
api_key_secret = "my-block"
key_hosts = ["old.pixazo.ai"]
allow_hosts = ["Media.Example:8443"]
max_in_flight = 7
submits_per_minute = 30
poll_every_s = 0.5
poll_max_s = 20
deadline_s = 900
submit_timeout_s = 61
stall_timeout_s = 31
download_timeout_s = 301
fee = 0.05
[provider.pixazo.options]
result_mode = "legacy"
[images]
allow_hosts = ["intranet"]
allow_paths = ["/mnt/refs"]
max_bytes = 1000
max_pixels = 2000
background = "#FF8800"
[target]
options = { endpoint_url = "http://127.0.0.1:9000" }
[columns]
prompt = "Beschreibung"
[vars]
hero = "a tall woman in a yellow raincoat"
"""


def written(folder: Path, text: str) -> Path:
    file = folder / "my.toml"
    file.write_text(text, encoding="utf-8")
    return file


def faults_of(folder: Path, text: str, environ: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_settings(written(folder, text), environ or {})
    return [str(fault) for fault in caught.value.faults]


def test_every_value_is_read(tmp_path: Path) -> None:
    """Each key of the documented config arrives where the program looks for it."""
    found = load_settings(written(tmp_path, EVERYTHING), {"MY_KEY": " sk-1 \n"})
    assert (found.defaults.duration, found.defaults.fps) == (Decimal("4.5"), Decimal("23.976"))
    assert (found.defaults.size, found.defaults.fit) == (Size(720, 1280), "blur")
    render = found.render
    assert (render.concurrency, render.on_unclear, render.on_moderated) == (400, "fail", "next")
    assert (render.budget_usd, render.max_wasted_usd) == (Decimal("50.1"), Decimal(0))
    pixazo = found.providers["pixazo"]
    assert pixazo.base_url == "https://gateway.pixazo.ai"
    assert pixazo.key is not None
    assert pixazo.key.get_secret_value() == "sk-1"
    assert (pixazo.api_key_env, pixazo.api_key_secret) == ("MY_KEY", "my-block")
    assert (pixazo.key_hosts, pixazo.allow_hosts) == (("old.pixazo.ai",), ("media.example:8443",))
    assert (pixazo.max_in_flight, pixazo.submits_per_minute) == (7, 30)
    assert (pixazo.poll_every_s, pixazo.poll_max_s, pixazo.deadline_s) == (0.5, 20, 900)
    assert (pixazo.submit_timeout_s, pixazo.stall_timeout_s, pixazo.download_timeout_s) == (61, 31, 301)
    assert (pixazo.fee, pixazo.options) == (Decimal("0.05"), {"result_mode": "legacy"})
    assert (found.images.allow_hosts, found.images.allow_paths) == (("intranet",), ("/mnt/refs",))
    assert (found.images.max_bytes, found.images.max_pixels, found.images.background) == (1000, 2000, "#ff8800")
    assert found.target_options == {"endpoint_url": "http://127.0.0.1:9000"}
    assert (found.columns, found.vars["hero"][:6]) == ({"prompt": "Beschreibung"}, "a tall")


@pytest.mark.parametrize(
    ("told", "held"),
    [("auto", "auto"), (" Auto ", "auto"), ("white", "white"), ("LightGrey", "lightgrey"), ("#0A0b0C", "#0a0b0c")],
)
def test_backgrounds(tmp_path: Path, told: str, held: str) -> None:
    """A background is found out, a colour's name, or six digits, in any case."""
    assert load_settings(written(tmp_path, f'[images]\nbackground = "{told}"'), {}).images.background == held


def test_chains(tmp_path: Path) -> None:
    """A named chain has its own routes, and the default chain's ``allow_retired`` unless it says otherwise."""
    chains = load_settings(written(tmp_path, EVERYTHING), {}).chains
    assert chains[""].routes["image_to_video"] == ("pixazo:sora-2-pro", "aimlapi:openai/sora-2-pro-i2v")
    assert set(chains) == {"", "hero", "safe"}
    assert chains["hero"].routes == {"image_to_video": ("pixazo:sora-2-pro",)}
    assert {name: chain.allow_retired for name, chain in chains.items()} == {"": True, "hero": True, "safe": False}


def test_an_empty_file_is_all_defaults(tmp_path: Path) -> None:
    """A config may be silent on everything: then it is as documented, with every known provider and no key."""
    found = load_settings(written(tmp_path, ""), {})
    assert (found.defaults.size, found.render.concurrency, found.render.budget_usd) == (Size(1280, 720), 128, None)
    assert set(found.providers) >= {*FOUR, "openai_videos", "openrouter", "fal", "runway", "animatic"}
    assert found.providers["aigateway"].options["image_field"] == "image_url"
    assert not any(provider.key for provider in found.providers.values())
    assert not found.chains[""].allow_retired


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[rendr]", "rendr: unknown table or key; nearest known: 'render'"),
        ("budget = 5", "budget: unknown table or key"),
        ("[render]\nbudget_us = 5", "render.budget_us: unknown key; nearest known: 'budget_usd'"),
        ("[render]\nzzz = 5", "nearest known: "),
        ("[render]\nconcurrency = 0", "'0': must be a whole number, 1 to 400"),
        ("[render]\nconcurrency = 401", "must be a whole number, 1 to 400"),
        ("[render]\nconcurrency = 8.0", "must be a whole number"),
        ("[render]\nconcurrency = true", "'true': must be a whole number"),
        ('[render]\non_unclear = "stop"', "must be one of next, fail"),
        ('[render]\non_moderated = "fail"', "must be one of stop, next"),
        ("[render]\nbudget_usd = -0.01", "must be a number of 0 or more"),
        ("[render]\nbudget_usd = inf", "must be a number of 0 or more"),
        ("[render]\nmax_wasted_usd = nan", "must be a number of 0 or more"),
        ("[render]\nbudget_usd = 1e400", "must be a number of 0 or more, 1,000,000,000 at the most"),
        ("[render]\nbudget_usd = 1e300", "must be a number of 0 or more, 1,000,000,000 at the most"),
        ("[render]\nbudget_usd = 1000000001", "must be a number of 0 or more, 1,000,000,000 at the most"),
        ("[render]\nbudget_usd = 1e-300", "write US dollars such as 20 or 7.50"),
        ("[render]\nmax_wasted_usd = 1e-7", "write US dollars such as 20 or 7.50"),
        ("[render]\nbudget_usd = 1" + "0" * 5000, "row 2: is not TOML"),
        ('[render]\nbudget_usd = "50"', "must be a number"),
        ("[defaults]\nduration = 0", "must be a number above 0"),
        ('[defaults]\nsize = "0x720"', "must be width x height"),
        ('[defaults]\nsize = "16:9"', "must be width x height"),
        ('[defaults]\nfit = "crop"', "must be one of cover, contain, blur"),
        ("[defaults]\nfps = 0", "must be a number above 0"),
        ("[defaults]\nfps = 0x" + "f" * 3700, "must be a number above 0"),
        (
            '[images]\nbackground = "wite"',
            "'wite': must be \"auto\", #rrggbb, or a colour's name; nearest known: 'white'",
        ),
        ('[images]\nbackground = "#fff"', "'#fff': must be \"auto\", #rrggbb, or"),
        ('[images]\nbackground = ""', 'must be "auto", #rrggbb, or'),
        ("[images]\nbackground = 0", 'must be "auto", #rrggbb, or'),
        ('[images]\nbackground = "rgb(1,2,3)"', 'must be "auto", #rrggbb, or'),
        ("render = 3", "render '3': must be a table"),
        ("[[provider]]", "provider 'a list': must hold one table a provider"),
        ("[provider]\npixazo = 3", "provider.pixazo '3': must be a table"),
        ("[provider.pixaso]", "unknown provider; nearest known: 'pixazo'"),
        ("[provider.pixazo]\ndeadline = 3", "nearest known: 'deadline_s'"),
        ("[provider.pixazo]\npoll_every_s = 0", "must be a number above 0"),
        ("[provider.pixazo]\nmax_in_flight = 0", "must be a whole number, 1 or more"),
        ("[provider.pixazo]\nfee = 5", "must be a number of 0 to 1"),
        ('[provider.pixazo]\nbase_url = "gateway.pixazo.ai"', "must be an http or https address"),
        ('[provider.pixazo]\nbase_url = "file:///etc"', "must be an http or https address"),
        ('[provider.pixazo]\nbase_url = "http://[::1"', "must be an http or https address"),
        ('[provider.pixazo]\nallow_hosts = ["https://x.example/"]', "must be a host"),
        ('[provider.pixazo]\nallow_hosts = "x.example"', "must be a list"),
        ('[provider.pixazo.options]\nresult_mod = "legacy"', "nearest known: 'result_mode'"),
        ('[provider.pixazo.options]\nresult_mode = "old"', "must be one of universal, legacy"),
        ("[provider.aigateway.options]\nsend_duration_on_remix = 1", "must be true or false"),
        ("[provider.aigateway.options]\nimage_field = 1", "must be text"),
        ("[provider.runway.options]\nx = 1", "none is known here"),
        ("[provider.pixazo]\noptions = 1", "must be a table"),
        ('[chain]\ntext_to_vido = ["animatic:card"]', "nearest known: 'text_to_video'"),
        ('[chain]\ntext_to_video = ["animatic:crad"]', "nearest known: 'animatic:card'"),
        ('[chain]\ntext_to_video = "animatic:card"', "must be a list"),
        ("[chain.text_to_video]", "must be a list"),
        ('[chain]\nallow_retired = "yes"', "must be true or false"),
        ('[chain.hero]\nremix = ["hero"]', "chain.hero.remix"),
        ('[chain."a:b"]', "nor look like a route"),
        ('[chain.""]', "must not be empty"),
        ("chain = []", "must be a table"),
        ('[images]\nmax_bytes = "64 MB"', "must be a whole number"),
        ("[target]\noptions = []", "must be a table"),
        ('[target]\nendpoint_url = "x"', "nearest known: 'options'"),
        ('[columns]\npromt = "Text"', "nearest known: 'prompt'"),
        ("[columns]\nprompt = 3", "must be text"),
        ("[vars]\nhero = 3", "must be text"),
        ("vars = 3", "must be a table"),
    ],
)
def test_a_faulty_config(tmp_path: Path, text: str, told: str) -> None:
    """One wrong table, key, type or range is exactly one fault; it says where and what would be right."""
    found = faults_of(tmp_path, text)
    assert len(found) == 1, found
    assert told in found[0]
    assert "my.toml" in found[0]


def test_all_faults_at_once(tmp_path: Path) -> None:
    """Faults of every table and of the environment come together."""
    text = (
        "[rendr]\n[render]\nconcurrency = 0\nbudget_usd = -1\n[defaults]\nfit = 'x'\n[provider.zz]\n[chain]\nremix = 1"
    )
    found = faults_of(tmp_path, text, {"STORYREEL_PIXAZO__FEE": "much"})
    assert len(found) == 7, found


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("[render]\nbudget_usd = \n", 2),
        ("[render]\n\n[render]\n", 3),
        ('x = "open', 1),
        ("[a]\nx = {", 2),
        ("x = " + "[" * 5000, 1),
        ("x = 1" + "0" * 5000, 1),
    ],
)
def test_what_is_no_toml_names_its_line(tmp_path: Path, text: str, row: int) -> None:
    """Broken TOML is a fault at the line where the reading stopped."""
    with pytest.raises(ConfigError) as caught:
        load_settings(written(tmp_path, text), {})
    assert [fault.row for fault in caught.value.faults] == [row]
    assert "is not TOML" in str(caught.value)


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    """A file in another encoding is a fault; a byte order mark is none."""
    file = tmp_path / "x.toml"
    file.write_bytes('[vars]\nhero = "ü"'.encode("latin-1"))
    with pytest.raises(ConfigError, match="is not UTF-8"):
        load_settings(file, {})
    file.write_bytes('[vars]\r\nhero = "ü"\r\n'.encode("utf-8-sig"))
    assert load_settings(file, {}).vars == {"hero": "ü"}


@pytest.mark.parametrize("path", [None, "animatic.toml", "animatic", "configs/animatic.toml", Path("animatic.toml")])
def test_a_shipped_config_is_found_from_anywhere(path: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plain name or ``configs/x.toml`` means the one beside the code when the working directory has none."""
    monkeypatch.chdir(tmp_path)
    assert load_settings(path, {}).path == CONFIGS / "animatic.toml"


def test_the_working_directory_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of that name in the working directory beats the shipped one."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sora.toml").write_text("[render]\nbudget_usd = 1")
    assert load_settings("sora.toml", {}).render.budget_usd == 1


@pytest.mark.parametrize("path", ["soar.toml", "elsewhere/sora.toml", "/nowhere/sora.toml", "", "configs", "a\0b"])
def test_no_such_config(path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path that leads nowhere is a fault that names it and the nearest shipped config."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError) as caught:
        load_settings(path, {})
    assert repr(path) in str(caught.value)
    assert "nearest known" in str(caught.value)


OVER = [
    ("PIXAZO__BASE_URL", "http://127.0.0.1:9/x/", "base_url", "http://127.0.0.1:9/x"),
    ("PIXAZO__ALLOW_HOSTS", "127.0.0.1:9, b.example", "allow_hosts", ("127.0.0.1:9", "b.example")),
    ("PIXAZO__KEY_HOSTS", "a.example", "key_hosts", ("a.example",)),
    ("PIXAZO__MAX_IN_FLIGHT", "3", "max_in_flight", 3),
    ("PIXAZO__POLL_EVERY_S", "0.05", "poll_every_s", 0.05),
    ("PIXAZO__FEE", "0.055", "fee", Decimal("0.055")),
    ("PIXAZO__DEADLINE_S", " ", "deadline_s", 900.0),  # blank is as good as unset
    ("PIXAZO__API_KEY_SECRET", "block", "api_key_secret", "block"),
    ("PIXAZO__OPTIONS__RESULT_MODE", "universal", "options", {"result_mode": "universal"}),
    ("OPENAI_VIDEOS__BASE_URL", "https://v.example", "base_url", "https://v.example"),
]


@pytest.mark.parametrize(("name", "value", "field", "want"), OVER)
def test_the_environment_beats_the_file(tmp_path: Path, name: str, value: str, field: str, want: Any) -> None:
    """``STORYREEL_X__FIELD`` overrides what the config says, read as the field's type."""
    found = load_settings(written(tmp_path, EVERYTHING), {f"STORYREEL_{name}": value})
    assert getattr(found.providers[name.lower().partition("__")[0]], field) == want


def test_a_yes_or_no_option_from_the_environment(tmp_path: Path) -> None:
    """Options that are true or false are read as such."""
    found = load_settings(written(tmp_path, ""), {"STORYREEL_AIVIDEOAPI__OPTIONS__ALLOW_DATA_URI": "TRUE"})
    assert found.providers["aivideoapi"].options == {"body_style": "nested", "allow_data_uri": True}


def test_one_load_leaves_no_trace_in_the_next(tmp_path: Path) -> None:
    """Options set once are not there for the next config: the catalogue's defaults are copied."""
    load_settings(written(tmp_path, EVERYTHING), {"STORYREEL_AIVIDEOAPI__OPTIONS__BODY_STYLE": "flat"})
    found = load_settings(None, {}).providers
    assert (found["aivideoapi"].options["body_style"], found["pixazo"].options["result_mode"]) == (
        "nested",
        "universal",
    )


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("PIXAZO__FEE", "much", "must be a number"),
        ("PIXAZO__FEE", "nan", "must be a number"),
        ("PIXAZO__MAX_IN_FLIGHT", "2.5", "must be a whole number"),
        ("PIXAZO__ALLOW_HOSTS", "http://x", "must be a host"),
        ("PIXAZO__BASE_URL", "x", "must be an http"),
        ("PIXAZO__OPTIONS__RESULT_MODE", "old", "must be one of universal, legacy"),
        ("AIVIDEOAPI__OPTIONS__ALLOW_DATA_URI", "maybe", "must be true or false"),
        ("PIXAZO__OPTIONS__X", "old", "nearest known: 'result_mode'"),
        ("PIXAZO__OPTIONS", "{}", "unknown field"),
        ("PIXAZO__BASEURL", "https://x", "nearest known: 'base_url'"),
        ("PIXASO__BASE_URL", "https://x", "nearest known: 'pixazo'"),
        ("PIXAZO__API_KEY", "sk-secret", "the key is looked for in PIXAZO_API_KEY"),
    ],
)
def test_a_faulty_variable(tmp_path: Path, name: str, value: str, told: str) -> None:
    """A variable of ours that cannot be used is one fault that names the variable."""
    found = faults_of(tmp_path, "", {f"STORYREEL_{name}": value})
    assert len(found) == 1
    assert found[0].startswith(f"STORYREEL_{name}")
    assert told in found[0]
    assert "sk-secret" not in found[0]


@pytest.mark.parametrize(
    ("text", "environ"),
    [
        ('[provider.pixazo]\napi_key = "sk-secret"', {}),
        ('[provider.pixazo]\nkey = "sk-secret"', {}),
        ('[provider.pixazo]\napi_kee = "sk-secret"', {}),
        ('[provider.pixazo]\napi_key_env = "sk-secret"', {}),
        ('api_key = "sk-secret"', {}),
        ('[provider.pixazo]\nbase_url = "https://me:sk-secret@gateway.pixazo.ai"', {}),
        ('[provider.pixazo]\nbase_url = "https://gateway.pixazo.ai/?key=sk-secret"', {}),
        ("", {"PIXAZO_API_KEY": "sk-secret\nsk-secret"}),
        ("", {"PIXAZO_API_KEY": "sk-secret…"}),
        ("", {"STORYREEL_PIXAZO__TOKEN": "sk-secret"}),
        ("", {"STORYREEL_PIXAZO__API_KEY_ENV": "sk-secret"}),
    ],
)
def test_a_key_in_the_wrong_place_is_not_repeated(tmp_path: Path, text: str, environ: dict[str, str]) -> None:
    """A key that stands where none may stand is a fault whose message does not hold it."""
    found = faults_of(tmp_path, text, environ)
    assert len(found) == 1
    assert "sk-secret" not in found[0]


def test_a_key_in_a_file_is_told_where_it_belongs(tmp_path: Path) -> None:
    """``api_key`` in a config says that keys never stand in files, and which variable is meant."""
    (told,) = faults_of(tmp_path, '[provider.pixazo]\napi_key = "sk-secret"')
    assert "keys never stand in files" in told
    assert "PIXAZO_API_KEY" in told


@pytest.mark.parametrize(
    ("provider", "variable"),
    [(name, f"{name.upper()}_API_KEY") for name in (*FOUR, "openai_videos", "openrouter", "fal", "runway")],
)
def test_where_keys_come_from(provider: str, variable: str) -> None:
    """Each provider's key comes from its own variable, stripped; a blank one is no key."""
    found = load_settings(None, {variable: " sk-secret \n"}).providers
    keys = {name: one.key.get_secret_value() for name, one in found.items() if one.key}
    assert keys == {provider: "sk-secret"}
    assert load_settings(None, {variable: " \n"}).providers[provider].key is None


def test_a_key_is_never_shown() -> None:
    """Neither repr nor str of the settings, nor of a provider in them, holds a key."""
    found = load_settings("sora.toml", {f"{name.upper()}_API_KEY": "sk-secret" for name in FOUR})
    shown = [repr(found), str(found), *(repr(one) for one in found.providers.values())]
    assert all("sk-secret" not in text for text in shown)
    assert pickle.loads(pickle.dumps(found)) == found


def test_the_environment_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """``from_environment`` reads the variables that the process has."""
    monkeypatch.setenv("STORYREEL_PIXAZO__FEE", "0.07")
    monkeypatch.setenv("FAL_API_KEY", "k")
    found = settings_from_environment()
    assert (found.path.name, found.providers["pixazo"].fee) == ("animatic.toml", Decimal("0.07"))
    assert found.providers["fal"].key is not None


def routes_of(settings: Settings) -> list[tuple[str, str]]:
    return [
        (mode, route) for chain in settings.chains.values() for mode in chain.routes for route in chain.routes[mode]
    ]


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_config_loads(name: str) -> None:
    """Each shipped config is without fault, and each of its routes can do the mode it stands under."""
    found = load_settings(CONFIGS / name, {})
    known = found.catalogue
    assert set(found.chains[""].routes) <= set(MODES)
    assert routes_of(found)
    assert all(mode in known.model(route).modes for mode, route in routes_of(found))


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_configs_that_can_spend_have_a_budget(name: str) -> None:
    """Where a route costs money there is a budget and a limit for waste."""
    found = load_settings(CONFIGS / name, {})
    paid = any(not found.catalogue.model(route).exact for _, route in routes_of(found))
    assert (found.render.budget_usd is not None and found.render.max_wasted_usd is not None) or not paid
    assert paid == (name != "animatic.toml")


def test_the_default_config_needs_nobody() -> None:
    """``animatic.toml`` has a built-in route for every mode, and no other."""
    assert {route.partition(":")[0] for _, route in routes_of(load_settings(None, {}))} == {"animatic"}
    assert set(load_settings(None, {}).chains[""].routes) == set(MODES)


@pytest.mark.parametrize("name", ["sora.toml", "sandbox.toml"])
def test_the_four_gateways(name: str) -> None:
    """The Sora chains hold the four gateways, AIgateway first in each, and allow for models past their date."""
    found = load_settings(name, {})
    assert {route.partition(":")[0] for _, route in routes_of(found)} == set(FOUR)
    assert {routes[0].partition(":")[0] for routes in found.chains[""].routes.values()} == {"aigateway"}
    known = catalogue.load_catalogue()
    assert all(catalogue.is_retired(known.model(route), date(2026, 11, 21)) for _, route in routes_of(found))
    assert found.chains[""].allow_retired


SIX = ("modelark", "runware", "openrouter", "fal", "runway", "openai_videos")


def test_the_living_chains_are_one_family_through_six_gateways() -> None:
    """Falling back keeps the look: every route that makes a clip is Seedance 2, none retired or known to retire; edits
    take any clip."""
    found, known = load_settings("live.toml", {}), catalogue.load_catalogue()
    for name, mode, routes in chains_of(found):
        models = [known.model(route) for route in routes]
        assert not any(model.retired_on for model in models)
        if mode == "remix":
            assert all({"url", "data"} <= set(model.remix) for model in models)
        else:
            assert all(re.search(r"seedance.*2", model.name) and mode in model.modes for model in models), name
    made = {route.partition(":")[0] for _, mode, routes in chains_of(found) if mode != "remix" for route in routes}
    assert made == set(SIX)
    assert set(found.chains[""].routes) == set(MODES) and not found.chains[""].allow_retired
    assert set(found.chains["fast"].routes) == {"text_to_video", "image_to_video"}


def test_the_living_chains_begin_with_what_costs_least() -> None:
    """By the price list, for the size that the config sends; of two that cost the same the documented one is first.
    A fallback far above the first is passed over."""
    found, known = load_settings("live.toml", {}), catalogue.load_catalogue()
    assert found.render.max_fallback_factor == Decimal("2.5")
    for name, mode, routes in chains_of(found):
        if mode != "remix":
            models = [known.model(route) for route in routes]
            told = [(model.price.quote(Usage(Decimal(8), 1280, 720)), bool(model.low_confidence)) for model in models]
            assert told == sorted(told), (name, mode)


def chains_of(found: Settings) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(name, mode, routes) for name, chain in found.chains.items() for mode, routes in chain.routes.items()]


@pytest.mark.parametrize(
    ("box", "file", "gateways"),
    [
        ("sandbox.toml", "sora.toml", FOUR),
        ("sandbox_live.toml", "live.toml", SIX),
    ],
)
def test_the_sandbox_is_the_same_chain_on_loopback(box: str, file: str, gateways: tuple[str, ...]) -> None:
    """The sandbox config differs from the real one in where it goes and how fast, never in its routes."""
    sandbox, real = load_settings(box, {"STORYREEL_SANDBOX_KEY": "sandbox"}), load_settings(file, {})
    assert sandbox.chains == real.chains and sandbox.defaults == real.defaults
    for name in gateways:
        assert sandbox.providers[name].options == real.providers[name].options
        one = sandbox.providers[name]
        assert one.base_url == f"http://127.0.0.1:8765/{name}"
        assert one.allow_hosts == ("127.0.0.1:8765",)
        assert one.key is not None
        assert one.poll_every_s <= 0.2
        assert real.providers[name].base_url.startswith("https://")


@pytest.mark.parametrize("pasted", ["sk-Live_12", "", "a b", 7])
def test_that_a_key_pasted_for_a_block_is_not_shown(tmp_path: Path, pasted: object) -> None:
    """What stands for the name of a Secret block and can be none is a fault that does not repeat it."""
    [said] = faults_of(tmp_path, f"[provider.pixazo]\napi_key_secret = {json.dumps(pasted)}\n")
    assert "must be the name of a Secret block" in said
    assert "Live" not in said


@pytest.mark.parametrize("address", ["films", "Remote/films", "remote-file-system/", "a/b/c", 7])
def test_that_a_block_has_an_address(tmp_path: Path, address: object) -> None:
    """A target's block is named by type and name, or it is a fault."""
    [said] = faults_of(tmp_path, f"[target]\nblock = {json.dumps(address)}\n")
    assert "must be the type and name of a block" in said


def test_column_rules(tmp_path: Path) -> None:
    """`[columns]` holds headers by canonical name, and beside them what to ignore, the unit of pairs, what to fill."""
    file = tmp_path / "x.toml"
    file.write_text('[columns]\nprompt = "{A}, {B}"\nignore = ["Size"]\nunit = "seconds"\nfill_down = ["scene"]\n')
    found = load_settings(file, {})
    assert found.columns == {"prompt": "{A}, {B}"}
    assert found.column_rules == ColumnRules(("Size",), "seconds", ("scene",))
