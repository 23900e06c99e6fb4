"""Which routes take a last picture, references and sound, and which are passed over for it."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tasks.config.settings import load_settings
from tasks.domain.shot import Shot, Shown, Size
from tasks.planning.offers import OfferFinder, offer_warnings

BOX = """
[chain]
image_to_video = ["box:plain", "box:ends", "box:shows", "box:either"]
text_to_video = ["box:dear", "box:cheap", "box:dearer"]
[render]
{render}
[provider.box]
adapter = "openai_videos"
base_url = "http://127.0.0.1:8000"
key = "none"
"""
ENTRY = """
[[model]]
provider = "box"
name = "{name}"
modes = ["{mode}"]
any_seconds = [1, 8]
sizes = ["1280x720"]
images = ["data"]
{more}
"""
FRAMES = {
    "plain": "per_second = 0.1\nsound = false",
    "ends": "per_second = 0.1\nlast_image = true",
    "shows": "per_second = 0.1\nreferences = 2\nper_picture = 0.01\npictures_free = 1",
    "either": 'per_second = 0.1\nlast_image = true\nreferences = 3\nexcludes = [["last_image", "references"]]',
}
PRICES = {"dear": "per_second = 0.2", "cheap": "per_second = 0.1", "dearer": "per_second = 0.6"}
SHOT = Shot("a", 2, "", "x", "image_to_video", Decimal(4), Size(1280, 720), "cover", image="i.png")
HERO = tuple(Shown(f"hero{n}.png", "hero", "a woman", firm=False) for n in (1, 2, 3))


def finder(folder: Path, render: str = "") -> OfferFinder:
    models = [ENTRY.format(name=n, mode="image_to_video", more=more) for n, more in FRAMES.items()]
    models += [ENTRY.format(name=n, mode="text_to_video", more=more) for n, more in PRICES.items()]
    file = folder / "box.toml"
    file.write_text(BOX.format(render=render) + "".join(models), encoding="utf-8")
    settings = load_settings(file, {})
    return OfferFinder(settings, settings.catalogue, date(2026, 11, 26), signs=False)


def usable(folder: Path, shot: Shot) -> list[str]:
    return [one.route.model.name for one in finder(folder).offers(shot, ("", None), "")[0]]


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({}, ["plain", "ends", "shows", "either"]),
        ({"last_image": "z.png"}, ["ends", "either"]),
        ({"references": (Shown("r.png"),)}, ["shows", "either"]),
        ({"references": tuple(Shown(f"{n}.png") for n in range(3))}, ["either"]),
        ({"references": (Shown("r.png"),), "last_image": "z.png"}, []),
        ({"references": HERO}, ["plain", "ends", "shows", "either"]),
        ({"references": (HERO[0]._replace(firm=True),)}, ["shows", "either"]),
        ({"audio": True}, ["ends", "shows", "either"]),
        ({"audio": False}, ["plain", "ends", "shows", "either"]),
    ],
)
def test_what_a_route_cannot_take_passes_it_over(tmp_path: Path, asked: dict[str, object], names: list[str]) -> None:
    """What the row names itself is never dropped; the cast of a prompt goes in words where it must."""
    shot = SHOT._replace(**asked)  # type: ignore[arg-type]  # a table of values
    offers, passed_over = finder(tmp_path).offers(shot, ("", None), "")
    assert [one.route.model.name for one in offers] == names
    assert len(passed_over) == 4 - len(names) and all("takes" in why or "sound" in why for why in passed_over)


def test_as_many_pictures_of_the_cast_as_a_route_takes(tmp_path: Path) -> None:
    """Each offer holds the pictures that go out; the plan says what goes in words alone."""
    offers, _ = finder(tmp_path).offers(SHOT._replace(references=HERO), ("", None), "")
    told = [offer_warnings(SHOT._replace(references=HERO), one, None, foreign_source=False) for one in offers]
    assert [len(one.references) for one in offers] == [0, 0, 2, 3]
    assert told[0] == ["box:plain takes no pictures of hero here: its text alone is sent"]
    assert told[2:] == [["box:shows is sent 2 of 3 reference pictures"], []]


def test_each_picture_that_is_sent_is_quoted(tmp_path: Path) -> None:
    """First picture and references count, beyond those that are free."""
    shot = SHOT._replace(references=(Shown("r.png"), Shown("s.png")))
    offers, _ = finder(tmp_path).offers(shot, ("", None), "")
    assert [str(one.quote) for one in offers] == ["0.420000", "0.400000"]


@pytest.mark.parametrize(
    ("render", "names"), [("", 3), ("max_fallback_factor = 2.5", 2), ("max_fallback_factor = 3", 3)]
)
def test_a_fallback_that_costs_too_much_is_passed_over(tmp_path: Path, render: str, names: int) -> None:
    """It is measured by the first route that costs anything, and told with both sums."""
    shot = SHOT._replace(mode="text_to_video", image="")
    offers, passed_over = finder(tmp_path, render).offers(shot, ("", None), "")
    assert len(offers) == names
    if names < 3:
        assert passed_over == (
            "box:dearer: costs 2.40 USD, over 2.5 times the 0.80 USD of box:dear ([render] max_fallback_factor)",
        )


LIMITED = """
[chain]
text_to_video = ["box:short", "box:far"]
image_to_video = ["box:ends"]
[provider.box]
adapter = "openai_videos"
base_url = "http://127.0.0.1:8000"
key = "none"
"""
ENTRIES = {
    "short": """
modes = ["text_to_video"]
any_seconds = [1, 15]
sizes = ["1280x720", "1920x1080"]
images = ["data"]
references = 3
limits = { references = { seconds = 10, side = 720 } }
""",
    "far": """
modes = ["text_to_video"]
any_seconds = [1, 15]
sizes = ["1280x720", "1920x1080"]
images = ["url"]
references = 3
""",
    "ends": """
modes = ["image_to_video"]
any_seconds = [1, 15]
sizes = ["1280x720", "1920x1080"]
images = ["data"]
last_image = true
limits = { last_image = { seconds = 10 } }
""",
}
TEXT = SHOT._replace(mode="text_to_video", image="")
FIRM = (Shown("r.png"),)
BEACH = (Shown("https://h.example/r.png"),)


def limited(folder: Path) -> OfferFinder:
    listed = [f'[[model]]\nprovider = "box"\nname = "{n}"\nper_second = 0.1\n{more}' for n, more in ENTRIES.items()]
    file = folder / "box.toml"
    file.write_text(LIMITED + "".join(listed), encoding="utf-8")
    settings = load_settings(file, {})
    return OfferFinder(settings, settings.catalogue, date(2026, 11, 26), signs=False)


@pytest.mark.parametrize(
    ("asked", "sent", "told"),
    [
        ({"references": FIRM}, [("short", 1, "4", "1280x720")], ["box:far: takes images by URL only, and this target"]),
        ({"references": BEACH}, [("short", 1, "4", "1280x720"), ("far", 1, "4", "1280x720")], []),
        ({"references": FIRM, "size": Size(1920, 1080)}, [("short", 1, "4", "1280x720")], ["box:far: takes images"]),
        (
            {"references": BEACH, "seconds": Decimal(12)},
            [("far", 1, "12", "1280x720")],
            ["box:short: takes no 12 s with references"],
        ),
        ({"references": HERO[:1]}, [("short", 1, "4", "1280x720"), ("far", 0, "4", "1280x720")], []),
        (
            {"references": HERO[:1], "seconds": Decimal(12)},
            [("short", 0, "12", "1280x720"), ("far", 0, "12", "1280x720")],
            [],
        ),
        (
            {"references": HERO[:1], "size": Size(1920, 1080)},
            [("short", 0, "4", "1920x1080"), ("far", 0, "4", "1920x1080")],
            [],
        ),
        ({"seconds": Decimal(20)}, [], ["box:short: takes no 20 s", "box:far: takes no 20 s"]),
    ],
)
def test_what_an_input_leaves_of_a_route(
    tmp_path: Path, asked: dict[str, object], sent: list[tuple[str, int, str, str]], told: list[str]
) -> None:
    """What the row names itself goes out or the route is passed over, with the reason; what may go in words never
    changes a clip's length or size, nor keeps a route from the shot."""
    offers, passed_over = limited(tmp_path).offers(TEXT._replace(**asked), ("", None), "")  # type: ignore[arg-type]
    got = [(one.route.model.name, len(one.references), str(one.seconds), str(one.size)) for one in offers]
    assert got == sent
    assert len(passed_over) == len(told)
    assert all(why.startswith(words) for why, words in zip(passed_over, told, strict=True)), passed_over


def test_a_last_picture_that_shortens_a_clip_passes_a_longer_one_over(tmp_path: Path) -> None:
    """The reason names the input."""
    shot = SHOT._replace(last_image="z.png", seconds=Decimal(12))
    offers, passed_over = limited(tmp_path).offers(shot, ("", None), "")
    assert (offers, passed_over) == ((), ("box:ends: takes no 12 s with last image",))


EDITS = """
[chain]
remix = ["box:edit"]
[provider.box]
adapter = "openai_videos"
base_url = "http://127.0.0.1:8000"
key = "none"
[[model]]
provider = "box"
name = "edit"
modes = ["remix"]
any_seconds = [1, 30]
sizes = ["1280x720"]
remix = ["job", "url", "data"]
per_second = 0.1
per_source_second = 0.02
"""


@pytest.mark.parametrize(
    ("length", "usd", "told"),
    [("10", "0.60", []), ("2.5", "0.48", []), (None, "0.48", ["box:edit bills its source's seconds"])],
)
def test_an_edit_is_quoted_with_its_source(tmp_path: Path, length: str | None, usd: str, told: list[str]) -> None:
    """At its own length, at least the clip's; one whose length nobody knows is counted as the clip, and told."""
    file = tmp_path / "box.toml"
    file.write_text(EDITS, encoding="utf-8")
    settings = load_settings(file, {})
    shop = OfferFinder(settings, settings.catalogue, date(2026, 11, 26), signs=False)
    shot = SHOT._replace(mode="remix", image="", source="v.mp4")
    shop.lengths["v.mp4"] = Decimal(length) if length else None
    (offer,), _ = shop.offers(shot, ("", None), "file")
    assert offer.quote == Decimal(usd)
    assert [line.startswith(words) for line, words in zip(shop.unmeasured(shot, offer), told, strict=True)] == [
        True
    ] * len(told)
