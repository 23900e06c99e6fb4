from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.config.catalogue import is_retired, lifecycle, load_catalogue, quote, snap_seconds, snap_size
from tasks.domain.errors import ConfigError
from tasks.domain.model import Limit, Model
from tasks.domain.pricing import Usage
from tasks.domain.shot import Size

KNOWN = load_catalogue()
MODELS = list(KNOWN.models.values())
PAID = [model for model in MODELS if model.provider != "animatic"]
SORA = [model for model in PAID if "sora-2" in model.name]
TODAY = date(2026, 11, 21)

GATEWAY = """
[provider.pixazo]
base_url = "https://gateway.pixazo.ai"
source = "a page"
checked = 2026-11-21
failed_is_charged = "unknown"
failed_source = "a page"
"""
ENTRY = """
[[model]]
provider = "pixazo"
name = "m"
modes = ["text_to_video"]
seconds = [4, 8]
sizes = ["1280x720"]
per_second = 0.1
source = "a page"
checked = 2026-11-21
"""


def model(**values: object) -> Model:
    given_values = {"provider": "p", "name": "m", "modes": ("text_to_video",), "source": "s", "checked": "2026-11-21"}
    return Model(**{**given_values, **values})  # type: ignore[arg-type]  # a table row a case


def faults_of(folder: Path, text: str) -> list[str]:
    (folder / "models.toml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_catalogue(folder / "models.toml")
    return [str(fault) for fault in caught.value.faults]


@pytest.mark.parametrize(
    ("asked", "sent"),
    [("0.5", 4), ("4", 4), ("4.0", 4), ("4.01", 8), ("5", 8), ("8", 8), ("8.5", 12), ("12", 12), ("12.01", None)],
)
def test_snap_seconds_up(asked: str, sent: int | None) -> None:
    """Seconds snap up to the next that is offered; above the longest the route is passed over."""
    assert snap_seconds(model(seconds=(4, 8, 12)), Decimal(asked)) == sent
    assert snap_seconds(model(seconds=(12, 4, 8)), Decimal(asked)) == sent


@pytest.mark.parametrize(("asked", "sent"), [("1", 4), ("4", 4), ("4.2", 5), ("15", 15), ("15.01", None)])
def test_snap_seconds_in_a_range(asked: str, sent: int | None) -> None:
    """A model of any whole seconds gets the next whole one inside its range."""
    assert snap_seconds(model(any_seconds=(4, 15)), Decimal(asked)) == sent


PRO = "1280x720 720x1280 1792x1024 1024x1792"


@pytest.mark.parametrize(
    ("asked", "offered", "sent"),
    [
        ("1280x720", PRO, "1280x720"),
        ("720x1280", PRO, "720x1280"),
        ("1920x1080", PRO, "1792x1024"),  # none as large: the largest; 1.75 is within 3 % of 1.778
        ("1080x1920", PRO, "1024x1792"),
        ("640x360", PRO, "1280x720"),  # the smallest that is as large
        ("1282x720", PRO, "1792x1024"),  # one side larger is not as large
        ("1792x1024", PRO, "1792x1024"),
        ("1792x1024", "1280x720", "1280x720"),
        ("720x720", PRO, None),  # another orientation
        ("1280x800", PRO, None),  # 1.6 is 11 % off
        ("720x720", "480x480 960x960", "960x960"),
        ("2000x1000", "2060x1000", "2060x1000"),  # 3 % exactly
        ("2000x1000", "2062x1000", None),
        ("2000x1000", "1940x1000", "1940x1000"),
        ("2000x1000", "1938x1000", None),
        ("1000x1000", "1010x1000", None),  # nearly square is not square
        ("1280x720", "", None),
    ],
)
def test_snap_size(asked: str, offered: str, sent: str | None) -> None:
    """The smallest size as large, else the largest, of the same orientation and within 3 % of the shape."""
    sizes = tuple(Size.parse(text) for text in offered.split())
    assert snap_size(model(sizes=sizes), Size.parse(asked)) == (Size.parse(sent) if sent else None)


sides = st.integers(16, 4000)
some_size = st.builds(Size, sides, sides)


@given(some_size, st.lists(some_size, max_size=6))
def test_snap_size_keeps_its_promise(asked: Size, offered: list[Size]) -> None:
    """Whatever is offered: what is sent is offered, lies the same way, and has the shape within 3 %."""
    sent = snap_size(model(sizes=tuple(offered)), asked)
    if asked in offered:
        assert sent == asked
    if sent is not None:
        assert sent in offered
        assert (sent.width > sent.height) == (asked.width > asked.height)
        assert abs((sent.width / sent.height) / (asked.width / asked.height) - 1) <= 0.03 + 1e-12


def test_the_built_in_renderer_takes_what_was_asked() -> None:
    """An exact model snaps nothing and costs nothing."""
    card = KNOWN.model("animatic:card")
    assert snap_seconds(card, Decimal("3.7")) == Decimal("3.7")
    assert snap_size(card, Size(333, 777)) == Size(333, 777)
    assert quote(card, Usage(Decimal("3.7"), 333, 777)) == 0


@pytest.mark.parametrize("entry", PAID, ids=lambda entry: entry.route)
def test_everything_offered_has_a_price(entry: Model) -> None:
    """Each size and length of each paid entry has a price above zero."""
    low, high = entry.any_seconds or (0, -1)
    prices = [
        quote(entry, Usage(Decimal(s), *size)) for size in entry.sizes for s in (*entry.seconds, *range(low, high + 1))
    ]
    assert prices
    assert all(price.is_finite() and price > 0 for price in prices)


@pytest.mark.parametrize("entry", MODELS, ids=lambda entry: entry.route)
def test_every_entry_says_where_and_when_it_was_read(entry: Model) -> None:
    """A source, and a day."""
    assert entry.source.strip()
    assert date.fromisoformat(entry.checked).isoformat() == entry.checked


@pytest.mark.parametrize(
    ("route", "seconds", "size", "fee", "usd"),
    [
        ("aigateway:openai/sora-2-image-to-video-pro", 8, "1280x720", "0", "0.8"),
        ("aigateway:openai/sora-2-image-to-video-pro", 8, "1280x720", "0.05", "0.84"),
        ("aigateway:openai/sora-2-video-to-video-remix", 4, "1280x720", "0", "0.4"),
        ("pixazo:sora-2-pro", 4, "1280x720", "0", "1.5"),
        ("pixazo:sora-2-pro", 8, "720x1280", "0", "3"),
        ("pixazo:sora-2-pro", 12, "1792x1024", "0", "7.5"),
        ("pixazo:sora-2-pro", 8, "1024x1792", "0", "5"),
        ("aivideoapi:sora-2", 8, "1280x720", "0", "1"),
        ("aimlapi:openai/sora-2-pro-i2v", 8, "1280x720", "0", "3.12"),
        ("aimlapi:openai/sora-2-pro-t2v", 4, "1024x1792", "0", "2.6"),
        ("aimlapi:openai/sora-2-t2v", 12, "720x1280", "0", "1.56"),
        ("fal:bytedance/seedance-2.0/text-to-video", 10, "1280x720", "0", "3.034"),
        ("fal:bytedance/seedance-2.0/image-to-video", 8, "720x1280", "0", "2.4192"),
        ("fal:bytedance/seedance-2.0/image-to-video", 10, "1920x1080", "0", "6.804"),
        ("fal:kling/v4/text-to-video", 10, "1920x1080", "0", "2.35"),
        ("fal:kling/v4/image-to-video", 3, "1280x720", "0", "0.471"),
        ("fal:kling/v4/video-to-video/edit", 5, "1920x1080", "0", "1.41"),
        ("openai_videos:seedance-2.0", 10, "1365x768", "0", "3.034"),
        ("runway:aleph2", 5, "1280x720", "0", "1.40"),
        ("runway:aleph2", 2, "720x1280", "0", "0.56"),
        ("runway:seedance2", 5, "864x496", "0", "1.80"),
        ("runway:seedance2", 5, "1080x1920", "0", "2.00"),
        ("runway:seedance2", 4, "3840x2160", "0", "6.00"),
        ("runway:seedance2_fast", 4, "1280x720", "0", "1.16"),
        ("runway:seedance2_mini", 4, "496x864", "0", "0.64"),
        ("runway:seedance2_5", 4, "854x480", "0", "0.80"),
        ("runway:seedance2_5", 3, "854x480", "0", "0.80"),
        ("runway:seedance2_5", 10, "1920x1080", "0", "6.80"),
        ("runway:gen4_turbo", 10, "1280x720", "0", "0.50"),
        ("runway:gemini_omni_flash", 10, "720x1280", "0", "1.00"),
        ("fal:bytedance/seedance-2.5/text-to-video", 10, "1280x720", "0", "4.73"),
        ("aivideoapi:doubao-seedance-2.0", 5, "854x480", "0", "0.50"),
        ("aivideoapi:doubao-seedance-2.0", 5, "1280x720", "0", "1.05"),
        ("aivideoapi:doubao-seedance-2.0", 5, "1080x1920", "0", "2.55"),
        ("xai:grok-imagine-video-1.5-lite", 5, "1920x1080", "0", "0.70"),
        ("aivideoapi:sora-2", 4, "1280x720", "0.000001", "0.500001"),  # half a millionth goes up, once
    ],
)
def test_quotes(route: str, seconds: int, size: str, fee: str, usd: str) -> None:
    """A quote is the documented price of the seconds and size sent, times one and the fee."""
    assert quote(KNOWN.model(route), Usage(Decimal(seconds), *Size.parse(size)), Decimal(fee)) == Decimal(usd)


@pytest.mark.parametrize(("seconds", "size"), [("5", "1280x720"), ("4.5", "1280x720"), ("4", "640x360")])
def test_an_unknown_price_is_a_fault(seconds: str, size: str) -> None:
    """What the price list does not hold is never 0.00: the message names model, size and seconds."""
    with pytest.raises(ConfigError) as caught:
        quote(KNOWN.model("pixazo:sora-2-pro"), Usage(Decimal(seconds), *Size.parse(size)))
    assert all(word in str(caught.value) for word in ("pixazo:sora-2-pro", seconds, size))


@pytest.mark.parametrize(
    ("today", "gone"), [(date(2026, 9, 23), False), (date(2026, 9, 24), True), (date(2026, 9, 25), True)]
)
def test_the_day_of_retirement(today: date, gone: bool) -> None:
    """A model is retired from its retirement date on, that day included."""
    assert is_retired(model(retired_on="2026-09-24"), today) is gone
    assert not is_retired(model(), today)


@pytest.mark.parametrize(
    ("dates", "told"),
    [
        ({}, ""),
        ({"retired_on": "2026-12-22"}, ""),  # 31 days
        ({"retired_on": "2026-12-21"}, "retires in 30 days (2026-12-21), no successor is named"),
        ({"retired_on": "2026-12-03", "replaced_by": "n"}, "retires in 12 days (2026-12-03), use n"),
        ({"retired_on": "2026-11-22"}, "retires in 1 day (2026-11-22), no successor is named"),
        ({"retired_on": "2026-11-21", "replaced_by": "n"}, "was retired on 2026-11-21, use n"),
        ({"retired_on": "2026-09-24"}, "was retired on 2026-09-24, no successor is named"),
        ({"deprecated_on": "2026-11-22"}, ""),
        ({"deprecated_on": "2026-11-21", "replaced_by": "n"}, "deprecated since 2026-11-21, use n"),
        (
            {"deprecated_on": "2026-01-01", "retired_on": "2027-06-01", "replaced_by": "n"},
            "deprecated since 2026-01-01, retires on 2027-06-01, use n",
        ),
    ],
)
def test_lifecycle_in_words(dates: dict[str, str], told: str) -> None:
    """A plan is told what became, or will within 30 days become, of a model, and what to use instead."""
    assert lifecycle(model(**dates), TODAY) == told


@pytest.mark.parametrize("entry", PAID, ids=lambda entry: entry.route)
def test_a_source_is_named_with_its_day_or_the_doubt(entry: Model) -> None:
    """What was not read on a page says so."""
    assert entry.low_confidence or "http" in entry.source or "page" in entry.source or "Python index" in entry.source


def test_a_picture_is_counted_where_it_costs() -> None:
    """fal's page of Grok Imagine 1.5: five seconds of 480p cost 0.40, and each picture 0.01."""
    grok = KNOWN.model("fal:xai/grok-imagine-video/v1.5/image-to-video")
    assert quote(grok, Usage(Decimal(5), 854, 480, pictures=1)) == Decimal("0.41")


WITH_PICTURES = [
    # docs.apiyi.com from a bill: 1 s at 480p from a picture
    ("xai:grok-imagine-video", 1, "854x480", 1, "0.052"),
    ("xai:grok-imagine-video", 10, "1280x720", 7, "0.714"),
    # runware.ai's page of the same model: 1 s at 480p 0.09, at 720p 0.15, each from a picture
    ("xai:grok-imagine-video-1.5", 1, "854x480", 1, "0.09"),
    ("xai:grok-imagine-video-1.5", 1, "1280x720", 1, "0.15"),
    # platform.minimax.io: 0.08 a second of 768P, 0.04 a picture beyond five, 0.074 beyond two
    ("minimax:MiniMax-H3", 5, "1366x768", 5, "0.40"),
    ("minimax:MiniMax-H3", 5, "1366x768", 9, "0.56"),
    ("minimax:MiniMax-H3-Max", 5, "854x480", 9, "0.768"),
    # fal's page of references: 0.3024 a second of 720p, by tokens, whatever the pictures
    ("fal:bytedance/seedance-2.0/reference-to-video", 5, "1280x720", 9, "1.512"),
    # BytePlus as dev.to works it out: 5 s of 720p 1.156, of 480p 0.514, whatever the pictures
    ("modelark:dreamina-seedance-2-5-260628", 5, "1280x720", 30, "1.1556"),
]


@pytest.mark.parametrize(("route", "seconds", "size", "pictures", "usd"), WITH_PICTURES)
def test_quotes_with_pictures(route: str, seconds: int, size: str, pictures: int, usd: str) -> None:
    """Frames and references cost what the gateway documents, and no more."""
    assert quote(KNOWN.model(route), Usage(Decimal(seconds), *Size.parse(size), pictures=pictures)) == Decimal(usd)


FROM_A_SOURCE = [
    # fal.ai/learn/tools/kling-api: 0.094 and 0.141 a second of input and output, at least twice the output
    ("fal:kling/v4/video-to-video/edit", 5, "1280x720", "5", "0.94"),
    ("fal:kling/v4/video-to-video/edit", 5, "1280x720", "3", "0.94"),
    ("fal:kling/v4/video-to-video/edit", 5, "1920x1080", "10", "2.115"),
    # BytePlus as dev.to works it out: 6.40 a million tokens of both; 5 s from 30 s at 720p are 4.838
    ("modelark:dreamina-seedance-2-5-260628#edit", 5, "1280x720", "30", "4.8384"),
    # Runway: 28 credits a second of the source, at least 56
    ("runway:aleph2", 5, "1280x720", "30", "8.40"),
    ("runway:aleph2", 2, "1280x720", "1", "0.56"),
    # usage.duration of a task at DashScope is that of input and output
    ("dashscope:wan2.7-videoedit", 5, "1280x720", "5", "0.86"),
    ("dashscope:wan2.7-videoedit", 5, "1920x1080", "10", "2.145"),
    # platform.minimax.io: a reference video's seconds cost what those of the clip do
    ("minimax:MiniMax-H3#edit", 5, "1366x768", "15", "1.60"),
    ("xai:grok-imagine-video#edit", 4, "1280x720", "8", "0.64"),
    ("xai:grok-imagine-video#extend", 4, "1280x720", "8", "0.36"),
    ("gemini:gemini-omni-1.1-flash#edit", 4, "1280x720", "8", "0.80"),
]


@pytest.mark.parametrize(("route", "seconds", "size", "source", "usd"), FROM_A_SOURCE)
def test_quotes_of_edits(route: str, seconds: int, size: str, source: str, usd: str) -> None:
    """What the source's own seconds cost is in the quote."""
    quoted = quote(KNOWN.model(route), Usage(Decimal(seconds), *Size.parse(size), source_seconds=Decimal(source)))
    assert quoted == Decimal(usd)


@pytest.mark.parametrize("entry", SORA, ids=lambda entry: entry.route)
def test_every_sora_model_is_retired(entry: Model) -> None:
    """Every Sora entry has upstream's retirement date, with the page that says so."""
    assert entry.retired_on == "2026-09-24"
    assert "developers.openai.com" in entry.source
    assert is_retired(entry, TODAY)


@pytest.mark.parametrize("entry", [one for one in MODELS if one.retired_on], ids=lambda entry: entry.route)
def test_a_retired_route_names_one_that_lives_and_does_the_same(entry: Model) -> None:
    """What a plan tells to use instead is not retired itself, and makes what the other made."""
    successor = KNOWN.model(entry.replaced_by)
    assert not is_retired(successor, TODAY)
    assert set(successor.modes) >= set(entry.modes) - ({"remix"} if len(entry.modes) > 1 else set())


PROMISED = {  # the name in a config, and the variable of its key
    "aigateway": "AIGATEWAY_API_KEY",
    "pixazo": "PIXAZO_API_KEY",
    "aivideoapi": "AIVIDEOAPI_API_KEY",
    "aimlapi": "AIMLAPI_API_KEY",
    "openai_videos": "OPENAI_VIDEOS_API_KEY",
    "openrouter": "OPENROUTER_API_KEY",
    "fal": "FAL_API_KEY",
    "runway": "RUNWAY_API_KEY",
    "runware": "RUNWARE_API_KEY",
    "modelark": "ARK_API_KEY",
    "xai": "XAI_API_KEY",
    "gemini": "GEMINI_API_KEY",
    "dashscope": "DASHSCOPE_API_KEY",
    "minimax": "MINIMAX_API_KEY",
}


@pytest.mark.parametrize(("name", "variable"), PROMISED.items())
def test_every_gateway_bears_its_name_and_finds_its_key(name: str, variable: str) -> None:
    """What stands in people's configs and environments stays so."""
    assert KNOWN.providers[name].defaults["api_key_env"] == variable


def test_who_charges_for_a_failed_job() -> None:
    """Entries carry what their gateway documents of failed jobs."""
    told = {entry.provider: entry.failed_is_charged for entry in MODELS}
    known = {"animatic": False, "aigateway": False, "pixazo": "unknown", "aivideoapi": False, "aimlapi": "unknown"}
    assert {name: told[name] for name in known} == known
    assert all(KNOWN.providers[entry.provider].failed_source for entry in MODELS)


@pytest.mark.parametrize(
    ("route", "near"),
    [
        ("pixazo:sora-pro", "pixazo:sora-2-pro"),
        ("pixaso:sora-2-pro", "pixazo:sora-2-pro"),
        ("animatic:kenbruns", "animatic:kenburns"),
        ("aimlapi:veo-3", "aimlapi:openai/sora-2-t2v"),
    ],
)
def test_an_unknown_route_names_the_nearest(route: str, near: str) -> None:
    """A mistyped route is a fault that names the known one."""
    with pytest.raises(ConfigError) as caught:
        KNOWN.model(route)
    assert route in str(caught.value)
    assert near in str(caught.value)


def test_a_small_models_file_is_read(tmp_path: Path) -> None:
    """The entry that the fault cases are cut from is itself without fault, and read again when it changes."""
    file = tmp_path / "models.toml"
    file.write_text(GATEWAY + ENTRY)
    assert load_catalogue(file).model("pixazo:m").price.per_second == {"*": Decimal("0.1")}
    assert load_catalogue(file) is load_catalogue(file)
    file.write_text(GATEWAY + ENTRY.replace("0.1", "0.125"))
    assert load_catalogue(file).model("pixazo:m").price.per_second == {"*": Decimal("0.125")}


def test_an_entry_says_what_an_order_may_hold(tmp_path: Path) -> None:
    """Last picture, references, what excludes what, and sound are read; an entry that is silent takes none of it."""
    file = tmp_path / "models.toml"
    said = 'last_image = true\nreferences = 4\nexcludes = [["last_image", "references"]]\nsound = false\n'
    said += "limits = { references = { seconds = 10, side = 720 }, last_image = { seconds = 6 } }\n"
    more = ENTRY.replace('["text_to_video"]', '["image_to_video"]') + 'images = ["data"]\n' + said
    file.write_text(GATEWAY + more, encoding="utf-8")
    (one,) = load_catalogue(file).models.values()
    assert (one.last_image, one.references, one.sound) == (True, 4, False)
    assert one.excludes == (("last_image", "references"),)
    assert one.limits == {"references": Limit(10, 720), "last_image": Limit(6)}
    silent = model()
    assert (silent.last_image, silent.references, silent.excludes, silent.sound) == (False, 0, (), True)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("per_second = 0.1", "", "has no price for 1280x720 4 s, 1280x720 8 s"),
        ("per_second = 0.1", "per_second = -0.1", "must be a number of 0 or more"),
        ("per_second = 0.1", "per_second = nan", "must be a number of 0 or more"),
        ("per_second = 0.1", "per_second = { 720x1280 = 0.1 }", "has a price for 720x1280, which it does not offer"),
        ("per_second = 0.1", "table = { 1280x720 = { 4 = 1 } }", "has no price for 1280x720 8 s"),
        ("per_second = 0.1", "per_second = 0.1\ntable = { 1280x720 = { 4 = 1, 8 = 2 } }", "one of them is its price"),
        ("per_second = 0.1", "table = { 1280x720 = { four = 1 } }", "must be a table of seconds and their price"),
        ("per_second = 0.1", "per_gpu_second = 0.001", "per_gpu_second needs gpu_seconds"),
        ("per_second = 0.1", "per_second = 0.1\ngpu_seconds = 60", "gpu_seconds without per_gpu_second"),
        ("per_second = 0.1", "minimum = 0.56", "has no price for 1280x720 4 s"),
        ("per_second = 0.1", "per_second = { 1080p = 0.1 }", "has no price for 1280x720 4 s"),
        (
            "per_second = 0.1",
            "per_second = { 720p = 0.1, 1080p = 0.2 }",
            "has a price for 1080p, which it does not offer",
        ),
        ("per_second = 0.1", "per_second = 0.1\nper_second_silent = { 1080p = 1 }", "has no price for 1280x720 4 s"),
        ("per_second = 0.1", "per_second = 0.1\nper_million_tokens = 7", "per_second and per_million_tokens; one of"),
        ("per_second = 0.1", "per_second = 0.1\nminimum = -1", "must be a number of 0 or more"),
        ("per_second = 0.1", "per_second = 0.1\nper_second_silnt = 1", "nearest known: 'per_second_silent'"),
        ("per_second = 0.1", "per_second = 0.1\nper_secnd = 1", "nearest known: 'per_second'"),
        ("seconds = [4, 8]", "seconds = [4, 8]\nany_seconds = [4, 8]", "exactly one of seconds, any_seconds, exact"),
        ("seconds = [4, 8]", "any_seconds = [8, 4]", "must be the shortest and the longest"),
        ("seconds = [4, 8]", "any_seconds = 8", "must be a list"),
        ('sizes = ["1280x720"]', "", "needs sizes"),
        ('sizes = ["1280x720"]', 'sizes = ["1280"]', "must be width x height"),
        ('["text_to_video"]', '["image_to_video"]', "image_to_video needs images"),
        ('["text_to_video"]', '["remix"]', "remix needs to say what it starts from"),
        ('["text_to_video"]', '["t2v"]', "must be one of text_to_video"),
        ('["text_to_video"]', "[]", "names no mode"),
        ('source = "a page"', "", "source: is missing"),
        ("checked = 2026-11-21", 'checked = "last week"', "must be a date"),
        ("checked = 2026-11-21", 'checked = "2026-11-21"\nretired_on = 2026-09-24', "needs its retired_source"),
        ('provider = "pixazo"', 'provider = "pixaso"', "nearest known: 'pixazo'"),
        ("seconds = [4, 8]", "seconds = [4, 8]\nlast_image = true", "last_image needs image_to_video"),
        ("seconds = [4, 8]", 'seconds = [4, 8]\nlast_image = "yes"', "must be true or false"),
        ("seconds = [4, 8]", "seconds = [4, 8]\nreferences = -1", "must be a whole number"),
        ("seconds = [4, 8]", 'seconds = [4, 8]\nexcludes = [["references"]]', "must be lists of two or more"),
        ("seconds = [4, 8]", 'seconds = [4, 8]\nexcludes = [["image", "refs"]]', "must be one of image"),
        (
            "seconds = [4, 8]",
            "seconds = [4, 8]\nlimits = { refs = { seconds = 4 } }",
            "must be a table by one of image",
        ),
        ("seconds = [4, 8]", "seconds = [4, 8]\nlimits = { references = { size = 4 } }", "must be a table by one of"),
        ("seconds = [4, 8]", "seconds = [4, 8]\nlimits = { references = { seconds = 0 } }", "must be a whole number"),
        ("seconds = [4, 8]", "seconds = [4, 8]\nlimits = { references = {} }", "must be a table by one of"),
        ("seconds = [4, 8]", "seconds = [4, 8]\nlimits = 4", "must be a table by one of"),
        ("seconds = [4, 8]", "seconds = [4, 8]\nlimits = { image = { seconds = 3 } }", "limits leave no length"),
        ("seconds = [4, 8]", "any_seconds = [4, 8]\nlimits = { image = { seconds = 3 } }", "limits leave no length"),
        ("seconds = [4, 8]", "seconds = [4, 8]\nlimits = { image = { side = 480 } }", "limits leave no length"),
    ],
)
def test_a_faulty_entry(tmp_path: Path, old: str, new: str, told: str) -> None:
    """An entry that is silent, contradicts itself or misspells is a fault, and never a price of 0."""
    assert old in ENTRY
    found = faults_of(tmp_path, GATEWAY + ENTRY.replace(old, new))
    assert any(told in fault for fault in found), found


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (ENTRY, "unknown provider; none is known here"),
        (GATEWAY + ENTRY + 'replaced_by = "pixazo:n"\n', "replaced_by: unknown route; nearest known: 'pixazo:m'"),
        (GATEWAY + ENTRY + ENTRY, "stands here twice"),
        (GATEWAY.replace('base_url = "https://gateway.pixazo.ai"', "") + ENTRY, "this provider has no base_url"),
        (GATEWAY.replace('"unknown"', '"maybe"'), "must be one of false, true, unknown"),
        ("[[provider]]", "must be a table"),
        ("[provider.x]", "failed_is_charged: is missing"),
        ("provider = 3\nmodel = 4", "must be a list of tables"),
        ("[modle]", "nearest known: 'model'"),
        ("model = [1]", "must be a table"),
    ],
)
def test_a_faulty_models_file(tmp_path: Path, text: str, told: str) -> None:
    """Faults of a models file are said, whatever shape it has."""
    found = faults_of(tmp_path, text)
    assert any(told in fault for fault in found), found


def test_all_faults_at_once(tmp_path: Path) -> None:
    """A models file with three faults in two entries tells three."""
    broken = ENTRY.replace("per_second", "per_sec").replace("seconds = [4, 8]", 'seconds = ["4"]')
    found = faults_of(tmp_path, GATEWAY + broken + ENTRY.replace('name = "m"', 'name = "n"\nseed = 1'))
    assert len(found) == 3


def test_a_missing_models_file(tmp_path: Path) -> None:
    """No file is a fault that names it."""
    with pytest.raises(ConfigError, match=r"nowhere\.toml"):
        load_catalogue(tmp_path / "nowhere.toml")
