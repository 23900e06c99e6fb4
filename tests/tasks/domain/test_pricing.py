from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.config.catalogue import load_catalogue, quote
from tasks.domain.errors import ConfigError
from tasks.domain.pricing import Price, UnknownPriceError, Usage
from tasks.domain.shot import Size

D = Decimal
RATE = {"*": D("0.1")}
GATEWAY = """
[provider.box]
base_url = "https://box.example"
source = "a page"
checked = 2026-11-26
failed_is_charged = "unknown"
failed_source = "a page"
[[model]]
provider = "box"
name = "m"
modes = ["text_to_video", "image_to_video"]
any_seconds = [1, 30]
sizes = ["854x480", "1280x720", "720x1280", "1920x1080"]
images = ["url"]
audio = true
source = "a page"
checked = 2026-11-26
"""


def usage(seconds: str = "8", size: str = "1280x720", audio: bool | None = None, **more: object) -> Usage:
    return Usage(D(seconds), *Size.parse(size), audio, **more)  # type: ignore[arg-type]  # a table row a case


DOCUMENTED = [
    # Runway, aleph2: 28 credits a second at 0.01 USD, at least 56 (wire facts of its receipts)
    ("per_second = 0.28\nminimum = 0.56", usage("5"), "1.40"),
    ("per_second = 0.28\nminimum = 0.56", usage("1"), "0.56"),
    ("per_second = 0.28\nminimum = 0.56", usage("2"), "0.56"),
    # fal.ai/models/bytedance/seedance-2.0/image-to-video: 0.014 per 1000 tokens, height x width x seconds x 24 / 1024
    ("per_million_tokens = 14", usage("8"), "2.4192"),
    ("per_million_tokens = 14", usage("1", "720x1280"), "0.3024"),
    # fal.ai/models/fal-ai/bytedance/seedance/v1/pro/fast/image-to-video: 5 s of 1080p cost roughly 0.243
    ("per_million_tokens = 1", usage("5", "1920x1080"), "0.243"),
    # fal.ai/learn/tools/kling-api: 0.157 a second at 720p, 0.235 at 1080p, 2.35 for ten seconds
    ("per_second = { 480p = 0, 720p = 0.157, 1080p = 0.235 }", usage("10", "1920x1080"), "2.35"),
    ("per_second = { 480p = 0, 720p = 0.157, 1080p = 0.235 }", usage("3", "720x1280"), "0.471"),
    # the same page: edits count input and output, at least twice the output
    ("per_second = 0.094\nper_source_second = 0.094", usage("5"), "0.94"),
    ("per_second = 0.094\nper_source_second = 0.094", usage("5", source_seconds=D(3)), "0.94"),
    ("per_second = 0.094\nper_source_second = 0.094", usage("5", source_seconds=D(10)), "1.41"),
    # docs.x.ai, Grok Imagine 1.5: 0.08 / 0.14 / 0.25 a second, 0.01 a picture
    ("per_second = { 480p = 0.08, 720p = 0.14, 1080p = 0.25 }\nper_picture = 0.01", usage("6", pictures=1), "0.85"),
    # platform.minimax.io, H3: 0.08 a second, 0.04 a picture beyond five
    ("per_second = 0.08\nper_picture = 0.04\npictures_free = 5", usage("5", pictures=5), "0.40"),
    ("per_second = 0.08\nper_picture = 0.04\npictures_free = 5", usage("5", pictures=7), "0.48"),
    # fal, Kling 2.6 Pro: 0.07 a second, 0.14 with sound
    ("per_second = 0.14\nper_second_silent = 0.07", usage("5"), "0.70"),
    ("per_second = 0.14\nper_second_silent = 0.07", usage("5", audio=True), "0.70"),
    ("per_second = 0.14\nper_second_silent = 0.07", usage("5", audio=False), "0.35"),
    # a GPU of one's own, by the hour
    ("per_gpu_second = 0.0008\ngpu_seconds = 90", usage("5"), "0.072"),
    ("per_gpu_second = 0", usage("5"), "0"),
]


@pytest.mark.parametrize(("told", "asked", "usd"), DOCUMENTED)
def test_a_documented_example_is_quoted_to_the_cent(tmp_path: Path, told: str, asked: Usage, usd: str) -> None:
    """Whatever shape a price has in a models file, its quote is what the gateway's documents work out."""
    (tmp_path / "models.toml").write_text(GATEWAY + told)
    model = load_catalogue(tmp_path / "models.toml").model("box:m")
    assert model.price.quote(asked) == D(usd)
    assert quote(model, asked) == D(usd)


@pytest.mark.parametrize(
    ("price", "words"),
    [
        (Price({"*": D(0)}), "free"),
        (Price(RATE), "0.10 USD/s"),
        (Price({"720p": D("0.3"), "1080p": D("0.5")}), "0.30 to 0.50 USD/s"),
        (Price(table={("720p", 4): D("1.5"), ("720p", 12): D("4.5")}), "1.50 to 4.50 USD"),
        (Price({"*": D("0.28")}, minimum=D("0.56")), "0.28 USD/s, at least 0.56 USD"),
        (Price({"*": D("0.14")}, {"*": D("0.07")}), "0.14 USD/s, 0.07 USD/s without sound"),
        (Price(per_million_tokens={"*": D(14)}), "14.00 USD a million tokens"),
        (Price(RATE, per_source_second=RATE), "0.10 USD/s, 0.10 USD/s of the source"),
        (Price(RATE, per_picture=D("0.04"), pictures_free=5), "0.10 USD/s, 0.04 USD a picture beyond 5"),
        (Price(per_gpu_second=D("0.0008")), "0.0008 USD a second on the GPU"),
        (Price(per_gpu_second=D(0)), "free"),
    ],
)
def test_a_price_in_words(price: Price, words: str) -> None:
    """Each part of a price is said; what costs nothing is not."""
    assert price.describe() == words


@pytest.mark.parametrize(
    ("price", "asked"),
    [
        (Price(), usage()),
        (Price({"1080p": D(1)}), usage()),
        (Price(table={("1280x720", 4): D(1)}), usage("8")),
        (Price(table={("1280x720", 4): D(1)}), usage("4.5")),
        (Price(minimum=D(1)), usage()),
    ],
)
def test_what_the_list_does_not_say_is_never_free(price: Price, asked: Usage) -> None:
    """An order that no part of the list prices has no quote at all."""
    with pytest.raises(UnknownPriceError):
        price.quote(asked)


@pytest.mark.parametrize(
    ("price", "gpu_seconds", "units", "usd"),
    [
        (Price(per_gpu_second=D("0.001")), "41.5", None, "0.0415"),
        (Price(per_gpu_second=D("0.001"), minimum=D("0.10")), "41.5", None, "0.10"),
        (Price(per_gpu_second=D("0.001"), minimum=D("0.10")), "-41.5", None, "-0.0415"),
        (Price({"*": D("0.3024")}, unit=D("0.014")), None, "172.8", "2.4192"),
        (Price(RATE), "41.5", "8", None),
        (Price(per_gpu_second=D("0.001")), None, "8", None),
        (Price(per_gpu_second=D("0.001")), None, None, None),
    ],
)
def test_what_a_gateway_counted_is_priced(price: Price, gpu_seconds: str | None, units: str | None, usd: str) -> None:
    """Seconds on a GPU and a gateway's own units become money where the entry says what one costs, and else nothing."""
    counted = {"gpu_seconds": gpu_seconds, "units": units}
    told = price.measured(**{name: None if text is None else D(text) for name, text in counted.items()})
    assert told == (None if usd is None else D(usd))


@pytest.mark.parametrize(
    ("price", "sent", "tokens", "usd"),
    [
        # Seedance 2.5 at its maker: 5 s of 720p are 108,000 tokens, worked out there as 1.156 USD; 480p as 0.514
        (Price(per_million_tokens={"*": D("10.70")}), usage("5"), "108000", "1.1556"),
        (Price(per_million_tokens={"*": D("10.70")}), usage("5"), "108900", "1.16523"),
        (Price(per_million_tokens={"720p": D(7), "1080p": D("7.7")}), usage("5"), "108900", "0.7623"),
        (Price(per_million_tokens={"720p": D(7), "1080p": D("7.7")}), Usage(D(5), 1920, 1080), "243000", "1.8711"),
        (Price(per_million_tokens={"720p": D(7)}, minimum=D("0.50")), usage("5"), "1000", "0.50"),
        (Price(per_million_tokens={"720p": D(7)}, unit=D("0.000005")), usage("5"), "108000", "0.54"),
        (Price(per_million_tokens={"1080p": D(7)}), usage("5"), "108000", None),
        (Price(per_million_tokens={"720p": D(7)}), None, "108000", None),
        (Price(per_million_tokens={"720p": D(7)}), usage("5"), "-1", "-0.000007"),
    ],
)
def test_tokens_that_a_gateway_counted_are_priced(price: Price, sent: Usage | None, tokens: str, usd: str) -> None:
    """They cost what a million of them costs at the size that was sent; a unit with a price of its own comes first."""
    told = price.measured(gpu_seconds=None, units=D(tokens), sent=sent)
    assert told == (None if usd is None else D(usd))


def test_a_quote_in_the_catalogue_says_what_has_no_price() -> None:
    """The fault names the route, the seconds and the size."""
    with pytest.raises(ConfigError, match=r"pixazo:sora-2-pro has no known price for 5 s at 1280x720"):
        quote(load_catalogue().model("pixazo:sora-2-pro"), Usage(D(5), 1280, 720))


cents = st.integers(0, 500).map(lambda amount: D(amount).scaleb(-2))
rates = cents.map(lambda amount: {"*": amount})


@given(st.builds(Price, rates, per_source_second=rates, per_picture=cents, minimum=cents), cents, cents)
def test_more_costs_no_less(price: Price, seconds: Decimal, more: Decimal) -> None:
    """A longer clip is never quoted lower, nothing below its minimum, and a longer source never lower."""
    short, long = usage(str(seconds)), usage(str(seconds + more))
    assert price.minimum <= price.quote(short) <= price.quote(long)
    assert price.quote(short) <= price.quote(usage(str(seconds), source_seconds=seconds + more))
