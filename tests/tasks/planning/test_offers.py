from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.config import catalogue
from tasks.config.settings import Settings, load_settings
from tasks.domain.plan import Offer
from tasks.domain.shot import Shot, Size
from tasks.planning.offers import Image, OfferFinder
from tests.tasks.desk import CARD, CHAIN, DAY, KEYS, PIXAZO, PRO, REMIX, VIDEO, config
from tests.tasks.purchases import shot

KNOWN = catalogue.load_catalogue()
SUCCESSOR = "use openrouter:bytedance/seedance-2.0"
RETIRED = f"was retired on 2026-09-24, {SUCCESSOR} (allow_retired = true in [chain] tries it all the same)"
HD = Size(1280, 720)
NOTHING: Image = ("", None)


def finder(settings: Settings, *, today: date = DAY, signs: bool = False) -> OfferFinder:
    return OfferFinder(settings, KNOWN, today, signs)


def offers(
    settings: Settings, asked: Shot, *, image: Image = NOTHING, remix: str = "", **options: Any
) -> tuple[list[str], tuple[str, ...]]:
    usable, passed = finder(settings, **options).offers(asked, image, remix)
    return [offer.route.name for offer in usable], passed


def test_the_chain_is_offered_in_its_order_with_what_is_sent_and_its_price(tmp_path: Path) -> None:
    """Each usable route says seconds, size and price as sent; a fee is in the quote, options go with the route."""
    rest = "[provider.aivideoapi]\nfee = 0.05\n[provider.aivideoapi.options]\nbody_style = 'flat'\n"
    usable, passed = finder(config(tmp_path, rest=rest)).offers(shot(seconds=Decimal("4.5")), NOTHING, "")
    assert [(o.route.name, o.seconds, o.size, o.quote) for o in usable] == [
        (PRO, Decimal(8), HD, Decimal("0.800000")),
        (VIDEO, Decimal(8), HD, Decimal("1.050000")),
    ]
    assert usable[1].route.options["body_style"] == "flat"
    assert passed == ()


def test_a_route_that_stands_twice_is_offered_once(tmp_path: Path) -> None:
    """A chain that repeats a route would order twice where the first order may have been accepted."""
    chain = f'text_to_video = ["{PRO}", "{VIDEO}", "{PRO}"]\nallow_retired = true'
    assert offers(config(tmp_path, chain), shot()) == ([PRO, VIDEO], ())


PIXAZO_SIZES = {
    "1280x720": "1280x720", "640x360": "1280x720", "1281x720": "1792x1024", "1920x1080": "1792x1024",
    "720x1280": "720x1280", "1080x1920": "1024x1792", "720x720": "", "1024x768": "", "2560x1080": "",
}  # fmt: skip


@pytest.mark.parametrize(("asked", "sent"), PIXAZO_SIZES.items())
def test_sizes_snap_within_their_shape_and_orientation(tmp_path: Path, asked: str, sent: str) -> None:
    """The smallest offered that is enough, else the largest, of the same shape; another shape is passed over."""
    usable, passed = finder(config(tmp_path)).offers(shot(size=Size.parse(asked), route=PIXAZO), NOTHING, "")
    assert [str(o.size) for o in usable] == [sent] * bool(sent)
    assert passed == (() if sent else (f"{PIXAZO}: makes nothing of the shape {asked}",))


@pytest.mark.parametrize(
    ("asked", "sent"), [("0.5", "4"), ("4", "4"), ("4.01", "8"), ("8", "8"), ("12", "12"), ("12.5", ""), ("60", "")]
)
def test_seconds_snap_up_and_are_never_shortened(tmp_path: Path, asked: str, sent: str) -> None:
    """The next length offered is sent; above the longest the route is passed over."""
    usable, passed = finder(config(tmp_path)).offers(shot(seconds=Decimal(asked), route=PIXAZO), NOTHING, "")
    assert [str(o.seconds) for o in usable] == [sent] * bool(sent)
    assert passed == (() if sent else (f"{PIXAZO}: takes no {asked} s",))


@pytest.mark.parametrize("allowed", [True, False])
@pytest.mark.parametrize(("day", "gone"), [(23, False), (24, True), (25, True)])
def test_a_retired_model_is_passed_over_from_its_day_on(tmp_path: Path, day: int, gone: bool, allowed: bool) -> None:
    """Refused in the plan on the day of retirement and after it, unless the chain says allow_retired."""
    chain = CHAIN if allowed else CHAIN.replace("true", "false")
    found = offers(config(tmp_path, chain), shot(route=PIXAZO), today=date(2026, 9, day))
    assert found == (([], (f"{PIXAZO}: {RETIRED}",)) if gone and not allowed else ([PIXAZO], ()))


@pytest.mark.parametrize(
    ("day", "said"),
    [
        (date(2026, 3, 23), []),
        (
            date(2026, 3, 24),
            ["deprecated since 2026-03-24, retires on 2026-09-24, use openrouter:bytedance/seedance-2.0"],
        ),
        (date(2026, 9, 23), ["retires in 1 day (2026-09-24), use openrouter:bytedance/seedance-2.0"]),
        (date(2026, 9, 24), ["was retired on 2026-09-24, use openrouter:bytedance/seedance-2.0"]),
    ],
)
def test_lifecycle_is_told_once_for_each_route(tmp_path: Path, day: date, said: list[str]) -> None:
    """What is to be said of models' ends stands once with its routes, however many different shots take them."""
    shop = finder(config(tmp_path), today=day)
    for seconds in (4, 8, 12):
        shop.offers(shot(seconds=Decimal(seconds)), NOTHING, "")
    assert list(shop.warnings) == [f"{PRO}, {VIDEO}: each {line}" for line in said]


ENDS = "2026-12-20"
DYING = f'text_to_video = ["{PRO}", "{PIXAZO}", "{VIDEO}"]\nallow_retired = '


@pytest.mark.parametrize(
    ("day", "told"),
    [
        (date(2026, 11, 19), None),  # 31 days
        (date(2026, 11, 20), "retires in 30 days"),
        (date(2026, 12, 8), "retires in 12 days"),
        (date(2026, 12, 19), "retires in 1 day"),
        (date(2026, 12, 20), ""),
        (date(2026, 12, 21), ""),
    ],
)
def test_the_last_days_of_a_fallback(tmp_path: Path, day: date, told: str | None) -> None:
    """From 30 days on a fallback's end is told with its place, its days and its successor; from its day on it is
    passed over with the successor named, and nothing is to be warned of."""
    alive = {name: replace(model, retired_on="", deprecated_on="") for name, model in KNOWN.models.items()}
    dying = {**alive, VIDEO: replace(alive[VIDEO], retired_on=ENDS, replaced_by=PRO)}
    shop = OfferFinder(config(tmp_path, DYING + "false"), replace(KNOWN, models=dying), day, signs=False)
    usable, passed = shop.offers(shot(), NOTHING, "")
    gone = told == ""
    assert [offer.route.name for offer in usable] == [PRO, PIXAZO, *([] if gone else [VIDEO])]
    end = f"{VIDEO}: was retired on {ENDS}, use {PRO} (allow_retired = true in [chain] tries it all the same)"
    assert passed == ((end,) if gone else ())
    assert list(shop.warnings) == ([f"fallback 2 ({VIDEO}) {told} ({ENDS}), use {PRO}"] if told else [])


def test_the_end_of_a_pinned_route_is_told_without_a_place(tmp_path: Path) -> None:
    """A row that names its only route has no chain to stand in."""
    shop = finder(config(tmp_path), today=date(2026, 9, 23))
    shop.offers(shot(route=PIXAZO), NOTHING, "")
    assert list(shop.warnings) == [f"{PIXAZO} retires in 1 day (2026-09-24), use openrouter:bytedance/seedance-2.0"]


@pytest.mark.parametrize("missing", ["AIGATEWAY_API_KEY", "AIVIDEOAPI_API_KEY"])
def test_a_missing_key_names_its_variable(tmp_path: Path, missing: str) -> None:
    """A gateway without a key is passed over, and the others are offered."""
    usable, passed = offers(config(tmp_path, keys=[k for k in KEYS if k != missing]), shot())
    route = {"AIGATEWAY_API_KEY": PRO, "AIVIDEOAPI_API_KEY": VIDEO}[missing]
    assert (usable, passed) == ([r for r in (PRO, VIDEO) if r != route], (f"{route}: {missing} is not set",))


def test_the_renderer_of_the_house_needs_nothing(tmp_path: Path) -> None:
    """The shipped default config takes any length and size of any mode, without key, date or price."""
    settings = load_settings("animatic.toml", {})
    cells: dict[str, dict[str, str]] = {
        "text_to_video": {},
        "image_to_video": {"image": "a.png"},
        "remix": {"source": "b.mp4"},
    }
    for mode, more in cells.items():
        odd = shot(mode=mode, seconds=Decimal("0.3"), size=Size(333, 777), **more)
        (offer,), passed = finder(settings).offers(odd, NOTHING, "file")
        assert (offer.seconds, offer.size, offer.quote, offer.paid, offer.travels) == (
            odd.seconds, odd.size, Decimal(0), False, "",
        )  # fmt: skip
        assert passed == ()


HERO = (
    CHAIN
    + f'\n[chain.hero]\ntext_to_video = ["{VIDEO}"]\n[chain.today]\ntext_to_video = ["{PRO}"]\nallow_retired = false'
)
NEITHER = "is neither a route nor a named chain (named chains: hero, today)"
ROUTES: dict[str, tuple[list[str], list[str]]] = {
    "": ([PRO, VIDEO], []),
    PIXAZO: ([PIXAZO], []),
    CARD: ([CARD], []),
    "hero": ([VIDEO], []),
    "today": ([], [f"{PRO}: {RETIRED}"]),
    "aimlapi:openai/sora-2-pro-i2v": ([], ["aimlapi:openai/sora-2-pro-i2v: does not make text_to_video"]),
    "Hero": ([], [f"'Hero' {NEITHER}"]),
    "pixazo:sora-2": ([], [f"'pixazo:sora-2' {NEITHER}"]),
}


@pytest.mark.parametrize("cell", ROUTES)
def test_the_route_cell_pins_a_route_or_a_named_chain(tmp_path: Path, cell: str) -> None:
    """A route, a named chain with its own allow_retired, or neither: then the chains and the nearest are named."""
    names, reasons = ROUTES[cell]
    usable, passed = offers(config(tmp_path, HERO), shot(route=cell))
    assert usable == names
    assert len(passed) == len(reasons)
    assert all(one.startswith(start) for one, start in zip(passed, reasons, strict=True))
    if cell == "pixazo:sora-2":
        assert PIXAZO in passed[0]


def test_a_named_chain_without_the_mode_has_nothing(tmp_path: Path) -> None:
    """A named chain inherits no routes from the default one."""
    assert offers(config(tmp_path, HERO), shot(mode="remix", source="x.mp4", route="hero"), remix="file") == ([], ())


PLUS = "aimlapi:openai/sora-2-pro-i2v"
NO_SIGN = "takes images by URL only, and this target cannot sign one"
DATA_URI = "[provider.aivideoapi.options]\nallow_data_uri = true\n"
OWN_URL: Image = ("url", HD)
PICTURES: list[tuple[str, Image, bool, str, str | None]] = [
    # route, the image as it is, the target signs, more config: how it travels, None for passed over
    (PIXAZO, NOTHING, False, "", "data"),
    (PIXAZO, OWN_URL, True, "", "data"),
    (PLUS, NOTHING, True, "", "signed"),
    (PLUS, OWN_URL, False, "", "data"),
    (VIDEO, NOTHING, True, "", "signed"),
    (VIDEO, OWN_URL, True, "", "signed"),
    (VIDEO, OWN_URL, False, "", "as is"),
    (VIDEO, ("url", None), False, "", "as is"),
    (VIDEO, ("url", Size(1281, 720)), False, "", None),
    (VIDEO, ("url", Size(720, 1280)), False, "", None),
    (VIDEO, NOTHING, False, "", None),
    (VIDEO, NOTHING, False, DATA_URI, "data"),
    ("animatic:kenburns", NOTHING, False, "", ""),
]


@pytest.mark.parametrize(("route", "image", "signs", "rest", "travels"), PICTURES)
def test_how_a_picture_travels(
    tmp_path: Path, route: str, image: Image, signs: bool, rest: str, travels: str | None
) -> None:
    """In the order the model prefers: data or a signed URL; the board's own URL last, and only in the right size."""
    asked = shot(mode="image_to_video", image="x", route=route)
    usable, passed = finder(config(tmp_path, rest=rest), signs=signs).offers(asked, image, "")
    assert [o.travels for o in usable] == ([] if travels is None else [travels])
    assert passed == ((f"{route}: {NO_SIGN}",) if travels is None else ())


def test_a_picture_as_it_is_has_the_size_that_is_sent(tmp_path: Path) -> None:
    """The size to compare is the one sent: a 1280x720 picture serves a row of 640x360 as it is."""
    asked = shot(mode="image_to_video", image="x", route=VIDEO, size=Size(640, 360))
    (offer,), _ = finder(config(tmp_path)).offers(asked, OWN_URL, "")
    assert (offer.travels, offer.size) == ("as is", HD)


@pytest.mark.parametrize("signs", [True, False])
@pytest.mark.parametrize(
    ("route", "made_by", "usable"),
    [
        (REMIX, "aigateway", True),
        (REMIX, "pixazo", None),
        (REMIX, "animatic", None),
        (REMIX, "url", True),
        (REMIX, "file", False),
        (REMIX, "", None),
        ("animatic:caption", "pixazo", True),
        ("animatic:caption", "file", True),
    ],
)
def test_what_a_remix_may_start_from(
    tmp_path: Path, route: str, made_by: str, usable: bool | None, signs: bool
) -> None:
    """AIgateway takes clips of its own and what has an address (None: where the target signs one); the built-in any."""
    usable = signs if usable is None else usable
    asked = shot(mode="remix", source_shot="sh001", route=route)
    names, passed = offers(config(tmp_path), asked, remix=made_by, signs=signs)
    assert names == [route] * usable
    said = f"{route}: remixes only clips of its own: pin sh001 to aigateway"
    assert passed == (() if usable else (said,))


@pytest.mark.parametrize(
    ("ways", "made_by", "signs", "usable"),
    [
        (("url",), "url", False, True),
        (("url",), "pixazo", False, False),
        (("url",), "pixazo", True, True),
        (("url",), "file", False, False),
        (("url",), "file", True, False),  # a file beside the board is at no address
        (("url",), "", False, False),
        (("data",), "file", False, True),
        (("data",), "pixazo", False, True),
        (("data",), "url", False, True),
        (("data",), "", False, False),
    ],
)
def test_a_remix_by_url_needs_a_public_source_or_a_target_that_signs(
    tmp_path: Path, ways: tuple[str, ...], made_by: str, signs: bool, usable: bool
) -> None:
    """A model that remixes URLs takes a public file, and clips of the target where it can sign them; one that takes
    data URIs takes any clip that there is."""
    model = replace(KNOWN.model(REMIX), remix=ways)
    known = replace(KNOWN, models={**KNOWN.models, REMIX: model})
    shop = OfferFinder(config(tmp_path), known, DAY, signs)
    found, _ = shop.offers(shot(mode="remix", source_shot="a"), NOTHING, made_by)
    assert bool(found) is usable


CELLS: dict[str, st.SearchStrategy[Any]] = {
    "mode": st.sampled_from(["text_to_video", "image_to_video", "remix"]),
    "route": st.sampled_from(["", PIXAZO, VIDEO, REMIX, "hero", "no such", CARD]),
    "seconds": st.sampled_from([Decimal(4), Decimal("4.0"), Decimal(8), Decimal(13)]),
    "size": st.sampled_from([HD, Size(720, 1280), Size(720, 720)]),
    "source_shot": st.sampled_from(["", "a", "b"]),
    "prompt": st.sampled_from(["x", "y"]),
    "seed": st.sampled_from([None, 1]),
    "audio": st.sampled_from([None, True, False]),
    "negative_prompt": st.sampled_from(["", "rain"]),
}
asked_shots = st.tuples(
    st.fixed_dictionaries(CELLS).map(lambda cells: shot(**cells)),
    st.sampled_from([NOTHING, OWN_URL, ("url", None), ("url", Size(9, 9))]),
    st.sampled_from(["", "url", "file", "aigateway", "pixazo"]),
)


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    chain = HERO.replace("allow_retired = false", "allow_retired = true")
    pictures = f'image_to_video = ["{VIDEO}", "{PLUS}"]\n'
    return config(tmp_path_factory.mktemp("many"), pictures + chain)


@st.composite
def alike(draw: st.DrawFn) -> list[tuple[Shot, Image, str]]:
    """Shots that ask what the first one asks, but for one cell."""
    first = draw(asked_shots)
    others = []
    for _ in range(draw(st.integers(1, 8))):
        name = draw(st.sampled_from(sorted(CELLS)))
        other = first[0]._replace(**{name: draw(CELLS[name])})
        others.append(draw(st.sampled_from([(other, *first[1:]), draw(asked_shots)])))
    return [first, *others]


@given(alike(), st.booleans())
@settings(max_examples=100, deadline=None)
def test_shots_planned_together_get_what_each_gets_alone(
    many: Settings, asked: list[tuple[Shot, Image, str]], signs: bool
) -> None:
    """Shots share answers only where they ask alike: offers and reasons are those of each shot alone."""
    together = finder(many, signs=signs)
    for one in asked:
        assert together.offers(*one) == finder(many, signs=signs).offers(*one)


def test_each_remix_is_told_its_own_source(many: Settings) -> None:
    """Two remixes that differ in their source alone are passed over with reasons of their own."""
    shop = finder(many)
    told = [shop.offers(shot(mode="remix", source_shot=name), NOTHING, "pixazo")[1] for name in ("a", "b")]
    assert told == [(f"{REMIX}: remixes only clips of its own: pin {name} to aigateway",) for name in ("a", "b")]


@given(asked_shots, st.booleans())
@settings(max_examples=60, deadline=None)
def test_an_offer_never_asks_for_less_than_the_row(many: Settings, asked: tuple[Shot, Image, str], signs: bool) -> None:
    """Whatever is offered has a known price, at least the seconds asked and the row's orientation."""
    usable, _ = finder(many, signs=signs).offers(*asked)
    for offer in usable:
        assert isinstance(offer, Offer)
        assert offer.seconds >= asked[0].seconds
        assert (offer.size.width > offer.size.height) == (asked[0].size.width > asked[0].size.height)
        assert (offer.quote > 0) is offer.paid
