"""The report as bytes: what it says, what it escapes, what it allows, how large it is."""

import base64
import hashlib
import re
from collections.abc import Iterable
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from time import process_time
from typing import Any
from urllib.parse import urljoin

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.domain.result import Attempt, ShotResult
from tasks.views.advice import ADVICE
from tasks.views.report.cards import card
from tasks.views.report.needs import needs
from tests.browser.targets import STATUS_OF, Told, every_status, many, told
from tests.tasks.purchases import attempt, bought, clip, result, shot, targets

VOID = {"meta", "link", "img", "input"}
NASTY = (
    "</script><script>hacked=1</script><img src=x onerror=hacked=1>\"' onload='hacked=1' <!-- {{ 7*7 }} &amp; </title>"
)


class Page(HTMLParser):
    """A page as its parser sees it: elements with attributes, the text of each kind, and broken nesting."""

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: list[tuple[str, str]] = []
        self.stack: list[str] = []
        self.broken: list[str] = []
        self.feed(data.decode())
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.stack.pop()

    def handle_endtag(self, tag: str) -> None:
        if not self.stack or self.stack.pop() != tag:
            self.broken.append(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append((self.stack[-1] if self.stack else "", data))

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attrs for name, attrs in self.elements if name == tag]

    def inside(self, tag: str) -> list[str]:
        return [text for place, text in self.texts if place == tag and text.strip()]

    @property
    def text(self) -> str:
        return " ".join(text for place, text in self.texts if place not in ("script", "style"))


def seen(results: list[ShotResult], history: list[Attempt] | None = None, **words: Any) -> Page:
    return Page(told(results, history or []).page(**words))


def digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def policy(page: Page) -> dict[str, str]:
    (meta,) = [one for one in page.all("meta") if one.get("http-equiv") == "Content-Security-Policy"]
    return dict(part.strip().split(" ", 1) for part in meta["content"].split(";"))


def safe(page: Page) -> bool:
    """Whether nothing of a board became markup: one script, one style, no attribute that runs or paints."""
    names = {name for _, attrs in page.elements for name in attrs}
    kinds = [len(page.all(tag)) for tag in ("script", "style", "iframe", "object", "base", "form")]
    return kinds == [1, 1, 0, 0, 0, 0] and not any(name == "style" or name.startswith("on") for name in names)


def test_the_policy_names_what_is_there() -> None:
    """The policy allows the one style and the one script by the digest of what the page holds, and no more."""
    page = Page(every_status().page())
    assert policy(page) == {
        "default-src": "'none'",
        "script-src": digest("".join(page.inside("script"))),
        "style-src": digest("".join(page.inside("style"))),
        "img-src": "'self'",
        "media-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    order = [tag for tag, attrs in page.elements if tag in ("style", "script", "link") or "http-equiv" in attrs]
    assert order[0] == "meta"


def test_one_page_whole_and_alone() -> None:
    """Nesting is whole, ids are unique, links stay at the target, and no inline attribute needs the policy."""
    page = Page(every_status().page(has_reel=True))
    assert (page.broken, page.stack) == ([], [])
    ids = [attrs["id"] for _, attrs in page.elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    named = {attrs[name] for _, attrs in page.elements for name in ("for", "aria-labelledby") if name in attrs}
    assert named <= set(ids)
    links = {attrs[name] for _, attrs in page.elements for name in ("href", "src") if name in attrs}
    assert all(re.fullmatch(r"#[\w-]+|[\w./-]+", link) and "//" not in link for link in links)
    assert {link[1:] for link in links if link.startswith("#")} <= set(ids)
    assert safe(page)


@pytest.mark.parametrize(
    "place", ["shot_id", "scene", "prompt", "error", "extra", "header", "route", "board", "run_id"]
)
def test_markup_of_a_board_is_text(place: str) -> None:
    """Script tags, quotes, comments and template marks are shown as they stand, wherever they stand."""
    asked = shot("sh010", extras={"note": "x"})
    given_extras = {NASTY if place == "header" else "note": NASTY if place == "extra" else "x"}
    names = {name: NASTY for name in ("shot_id", "scene", "prompt") if name == place}
    asked = shot(**{"shot_id": "sh010", **names, "extras": given_extras})
    tried = attempt(
        shot_id=asked.shot_id, error=NASTY if place == "error" else "", provider=NASTY if place == "route" else "p"
    )
    words = {place: NASTY} if place in ("board", "run_id") else {}
    made = told([result("failed", shot=asked, attempts=(tried,))], [tried], tuple(given_extras))
    page = Page(made.page(**words))
    assert safe(page)
    assert page.broken == []
    shown = NASTY.split("?")[0]
    assert shown in page.text or any(shown in value for _, attrs in page.elements for value in attrs.values())


@settings(max_examples=40, deadline=None)  # a loaded machine is no finding
@given(st.text(max_size=30), st.text(max_size=30), st.text(max_size=30))
def test_any_text_is_text(scene: str, prompt: str, error: str) -> None:
    """Whatever characters a cell holds, no element and no attribute comes of it, and a page comes out."""
    plain = Page(told([result("failed")], []).page())
    page = Page(told([result("failed", shot=shot(scene=scene, prompt=prompt), error=error)], []).page())
    assert safe(page)
    assert {tag for tag, _ in page.elements} - {tag for tag, _ in plain.elements} <= {"q", "p"}


@pytest.mark.parametrize(
    "path",
    [
        "javascript:alert(1)",
        "//evil.example/x.mp4",
        "https://evil.example/x.mp4",
        "data:text/html,x",
        "\\\\evil\\x",
        "a\tb.mp4",
    ],
)
@pytest.mark.parametrize("base", ["https://bucket.example/films/report.html", "file:///films/report.html"])
def test_no_path_leaves_the_target(path: str, base: str) -> None:
    """A manifest that was tampered with links to no other host and runs nothing."""
    row = every_status().rows[0] | {"clip": path, "poster": path}
    made = card(row)
    for link in (made.clip, made.poster):
        assert urljoin(base, link).startswith(base.removesuffix("report.html"))


def cells(page: bytes) -> list[list[str]]:
    """The rows of the table of money, without its head, as text."""
    table = page.decode().split("<tbody>")[1].split("</table>")[0]
    rows = re.findall(r"<tr>(.*?)</tr>", table, re.DOTALL)
    return [
        re.findall(r"<t[hd][^>]*>([^<]*)</t[hd]>", re.sub(r"<svg.*?</svg>", "", row, flags=re.DOTALL)) for row in rows
    ]


@settings(max_examples=40, deadline=None)  # as above
@given(targets())
def test_sums_are_those_of_the_costs(target: tuple[list[ShotResult], list[Attempt]]) -> None:
    """Each gateway and all together: charged, wasted and at risk as costs.json spells them; the rest bought clips."""
    made = told(*target)
    *lines, last = cells(made.page())
    buckets = made.costs["by_provider"]
    assert [line[0] for line in lines] == list(buckets)
    for line, bucket in zip([*lines, last], [*buckets.values(), made.costs["totals"]], strict=True):
        columns = ("charged_usd", "wasted_usd", "at_risk_usd")
        assert [line[3], line[5], line[6]] == [f"${bucket[column]}" for column in columns]
        assert Decimal(line[4][1:]) + Decimal(line[5][1:]) == Decimal(line[3][1:])
    head = re.findall(r"<dt>(Charged|Wasted|At risk)</dt><dd>(\$[\d.]+)<", made.page().decode().split("<main>")[0])
    totals = made.costs["totals"]
    assert [money for _, money in head] == [f"${totals[name]}" for name in ("charged_usd", "wasted_usd", "at_risk_usd")]


@pytest.mark.parametrize(
    ("scenes", "heads"),
    [
        ("AAB", [("A", "0 of 2 clips"), ("B", "0 of 1 clip")]),
        ("ABBA", [("A", "0 of 2 clips"), ("B", "0 of 2 clips"), ("A", "continued")]),
        ("ABAB", [("A", "0 of 2 clips"), ("B", "0 of 2 clips"), ("A", "continued"), ("B", "continued")]),
        ("A A", [("A", "0 of 2 clips"), ("No scene", "0 of 1 clip"), ("A", "continued")]),
    ],
)
def test_shots_stand_in_board_order(scenes: str, heads: list[tuple[str, str]]) -> None:
    """A scene that comes back is a further section where it comes back; its sums stand once, at its first."""
    results = [
        result("failed", shot=shot(f"sn{n}", scene=scene.strip()), key=f"{n:016x}-1") for n, scene in enumerate(scenes)
    ]
    page = seen(results)
    cards = [attrs["id"] for _, attrs in page.elements if attrs.get("class", "").startswith("card ")]
    assert cards == [f"shot-sn{n}" for n in range(len(scenes))]
    starts = [i for i, (tag, text) in enumerate(page.texts) if tag == "h2" and text in ("A", "B", "No scene")]
    sums = [next(text for tag, text in page.texts[i + 1 :] if tag == "p" and text.strip()) for i in starts]
    assert [(page.texts[i][1], text.split(" · ")[0]) for i, text in zip(starts, sums, strict=True)] == heads


def test_bars_are_to_scale() -> None:
    """The gateway with most money fills its bar, pieces touch, and each is its share of that."""
    text = every_status().page().decode()
    found = [
        [
            (kind, float(start), float(width))
            for kind, start, width in re.findall(r'"(\w+)" x="([\d.]+)%" width="([\d.]+)%"', bar)
        ]
        for bar in re.findall(r'<svg class="bar".*?</svg>', text, re.DOTALL)
    ]
    aimlapi, animatic, pixazo = found
    assert animatic == []
    assert pixazo == [("clip", 0.0, 30.0), ("wasted", 30.0, 30.0), ("risk", 60.0, 40.0)]
    assert aimlapi == [("clip", 0.0, 30.0)]


@pytest.mark.parametrize(
    ("status", "error_class", "title", "said"),
    [
        ("skipped", "Budget", "The budget stopped it", "--budget"),
        ("refused", "Moderated", "Refused by content policy", "--rerender ID"),
        ("failed", "Unclear", "It may have been bought", "storyreel rescue"),
        ("failed", "NoRoute", "No route was left", "another route"),
        ("failed", "Source", "Its source has no clip", "another shot"),
        ("skipped", "Interrupted", "The run was interrupted", "same command again"),
        ("failed", "Target", "The target has not kept the clip", "storyreel rescue"),
        ("failed", "Locked", "Key or credit", "providers --check"),
        ("stand_in", "Locked", "Key or credit", "providers --check"),
        ("failed", "Busy", "The gateway was busy", "later"),
        ("failed", "Refused", "The order was not taken", "change what the reason names"),
        ("failed", "Failed", "The gateway failed at it", "tried anew"),
        ("failed", "", "The gateway failed at it", "tried anew"),
        ("failed", "Unheard", "The gateway failed at it", "tried anew"),
        ("skipped", "", "Not asked for yet", "without --only"),
    ],
)
def test_what_to_do_next(status: str, error_class: str, title: str, said: str) -> None:
    """Every way to have no clip is in the list with its reason, what to do, and a link to the shot."""
    found = told([result(status, error_class=error_class, error="because")], [])
    (need,) = needs([card(row) for row in found.rows])
    assert need.title == title
    assert said in f"{need.advice} {need.command}"
    assert [(reason, [one.shot_id for one in cards]) for reason, cards in need.reasons] == [("because", ["sh010"])]
    page = found.page().decode()
    assert page.index(title) < page.index('id="sheet"')
    assert '<a href="#shot-sh010">sh010</a> <q>because</q>' in page


def test_needs_are_grouped() -> None:
    """Shots with one cause stand together, those with one reason in one line; a shot with a clip only if at risk."""
    rows = told(
        [result("failed", shot=shot(name), error=name[:3], key=f"{name}-1") for name in ("a-1", "a-12", "b-1")], []
    ).rows
    (need,) = needs([card(row) for row in rows])
    assert (need.count, [len(cards) for _, cards in need.reasons]) == (3, [2, 1])
    titles = [need.title for need in needs([card(row) for row in every_status().rows])]
    every = ("Budget", "Moderated", "Unclear", "Locked", "", "at_risk")
    assert titles == [ADVICE[name][0] for name in every]


def words_of(row: dict[str, Any], tried: Iterable[dict[str, Any]] = ()) -> list[str]:
    made = card(row, list(tried))
    return [*made.facts, *(text for _, text in made.notes)]


def material(**values: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    one = bought(**values)
    made = told([result(clip=clip(), made_by=one, attempts=(one,))], [one])
    return made.rows[0], made.attempts


@pytest.mark.parametrize(
    ("cells", "tried", "said"),
    [
        ({}, {}, "8 s as asked"),
        ({"duration_s": 12.04}, {}, "8 s asked, 12.04 s delivered"),
        ({}, {"sent_s": 12.0}, "Sent as 12 s"),
        ({}, {"sent_s": "12.0"}, "Sent as 12 s"),
        ({"size": "1920x1080"}, {}, "Sent as 1280x720, 1920x1080 was asked"),
        ({"negative_prompt": "rain"}, {}, "Avoid: rain"),
        ({"mismatch": "is 3.2 s long, 8 s were sent"}, {}, "The clip is 3.2 s long, 8 s were sent"),
        ({"wasted_usd": "0.40"}, {}, "$0.40 wasted"),
        (
            {"stale": "started from take 1 of a"},
            {"quoted_usd": "1.50"},
            "It is stale: started from take 1 of a; to do it again costs about $1.50",
        ),
        (
            {"stale": "follows b"},
            {"quoted_usd": Decimal(0)},
            "It is stale: follows b",
        ),
        ({"alternates_usd": "0.40"}, {}, "$0.40 for takes kept beside it"),
        ({"at_risk_usd": "0.40"}, {}, "$0.40 at risk"),
        ({"charged_usd": "0.125"}, {}, "$0.125"),
        ({}, {}, "pixazo:sora-2-pro"),
    ],
)
def test_what_was_changed(cells: dict[str, Any], tried: dict[str, Any], said: str) -> None:
    """A card tells what was asked, what was sent where that differs, what came, and what it cost."""
    row, attempts = material()
    plain = words_of(row, attempts)
    assert said in words_of(row | cells, [attempts[0] | tried])
    assert said in plain or cells or tried
    assert not {"Sent as", "Avoid"} & {" ".join(text.split()[:2]) for text in plain}


def test_routes_that_failed() -> None:
    """The route taken and those before it with their reasons, repeats counted; what another shot tried is not there."""
    made = every_status()
    page = Page(made.page())
    assert "After pixazo:sora-2-pro (busy 2 times)" in page.text
    assert "After pixazo:sora-2-pro (failed)" in page.text
    assert "Tried pixazo:sora-2-pro (refused by policy)" in page.text
    assert page.inside("q").count("Busy: 429: too many requests") == 2
    stranger = made.attempts[0] | {"fingerprint": "of an older prompt", "error": "another story"}
    assert "another story" not in Page(Told(made.rows, [*made.attempts, stranger], made.costs).page()).text


def test_every_fact_without_script() -> None:
    """All shots stand in the bytes in board order with prompt, status, seconds, job and their board's own columns."""
    made = every_status()
    page = Page(made.page())
    assert [name for name in page.inside("h3") if name in STATUS_OF] == list(STATUS_OF)
    assert page.inside("p").count("Shot 3 of the harbour, the crane turns & stops") == 1
    for fact in ("8 s asked, 12 s sent, 1 s delivered", "job-7", "50", "stand-in", "refused", "failed", "skipped"):
        assert fact in page.text
    assert all("open" in one for one in page.all("details"))


def test_media_are_lazy() -> None:
    """No video in the bytes; every poster on the sheet is lazy and has its size, so that nothing shifts."""
    page = Page(every_status().page())
    assert page.all("video") == []
    (hero, *posters) = page.all("img")
    assert "loading" not in hero
    assert [(one["loading"], one["width"], one["height"]) for one in posters] == [("lazy", "160", "90")] * 4


def test_a_thousand_shots() -> None:
    """1,000 shots with long prompts and two attempts each are a page under 3 MB, made in seconds."""
    made = many(1000)
    start = process_time()
    data = made.page()
    assert process_time() - start < 15
    assert len(data) < 3_000_000
    assert data.count(b'<li class="card ') == 1000


def test_nothing_at_all() -> None:
    """A board whose every shot is gone still has a page."""
    page = seen([])
    assert (page.broken, page.all("h3")) == ([], [])
    assert "No shot has been asked for yet." in page.text
    assert "Nothing was charged and nothing is at risk." in page.text


@pytest.mark.parametrize(
    ("board", "title", "hidden"),
    [
        ("data/harbour_night.csv", "Harbour night", "s3cret"),
        ("C:\\boards\\a-b.parquet", "A b", "s3cret"),
        ("https://me:s3cret@host.example/x/take%202.csv?sig=abc", "Take%202", "s3cret"),
        ("https://host.example/x/y.csv?sig=abc", "Y", "abc"),
        ("", "Storyboard", "s3cret"),
    ],
)
def test_the_title(board: str, title: str, hidden: str) -> None:
    """The board's name is the headline; what a URL carries of keys is on no page."""
    page = seen([result("failed")], board=board)
    assert page.inside("h1") == [title]
    assert hidden not in page.text


@pytest.mark.parametrize(
    ("made_at", "shown"),
    [
        ("2026-11-21T08:04:12Z", "2026-11-21 08:04 UTC"),
        ("2026-11-21T08:04:12.345+02:00", "2026-11-21 06:04 UTC"),
        ("2026-11-21T08:04:12", "2026-11-21 08:04 UTC"),
        ("some day", "some day"),
    ],
)
def test_when(made_at: str, shown: str) -> None:
    """The time of writing is told in UTC, and as it was given where it is no time."""
    assert seen([], made_at=made_at).inside("time") == [shown]


def test_same_bytes() -> None:
    """The same values give the same bytes, and half a surrogate pair costs one character."""
    assert every_status().page() == every_status().page()
    made = every_status()
    assert b"bad ?" in Told([made.rows[0] | {"prompt": "bad \ud800"}], [], made.costs).page()


def test_the_reel() -> None:
    """The reel is offered where there is one; else the head plays the first clip."""
    assert ["reel.mp4" in made.decode() for made in (every_status().page(has_reel=True), every_status().page())] == [
        True,
        False,
    ]
    assert 'href="clips/sh010.mp4" data-play="shot-sh010"' in every_status().page().decode()
    assert 'class="button" href="reel.mp4"' in told([result("failed")], []).page(has_reel=True).decode()


def test_the_page_folder_is_packed() -> None:
    """Template, style and script lie in the package, in characters that every server sends unharmed."""
    folder = Path(__file__).parents[3] / "tasks" / "views" / "report"
    assert all((folder / name).read_text("ascii") for name in ("report.css", "report.js"))


def test_a_picture_is_called_by_all_that_stands_on_it() -> None:
    """Whoever does not see the tile hears shot, length and sound, which is marked only where it is."""
    material = every_status()
    rows = [{**row, "has_sound": row["shot_id"] == "sh010" if row["clip"] else None} for row in material.rows]
    page = Page(material._replace(rows=rows).page())
    stills = [one["aria-label"] for one in page.all("a") if one.get("class") == "still"]
    assert stills[:2] == ["Play sh010, 1 s, with sound", "Play sh020, 1 s"]
    assert [one["href"] for one in page.all("use")].count("#i-sound") == 1


def test_size_is_named_once() -> None:
    """What was asked and what came stand under one name, and what was to be avoided is no column of the board."""
    (row, *_) = every_status().rows
    asked = {**row, "size": "1280x720", "negative_prompt": "rain"}
    details = {one.name: one.text for one in card(asked).details}
    assert details["Size"] == "1280x720 asked, 160x90, 24 fps delivered"
    assert {one.name: one.text for one in card({**row, "size": "160x90"}).details}["Size"] == "160x90, 24 fps"
    assert {one.name: one.text for one in card({**asked, "clip": ""}).details}["Size"] == "1280x720 asked"
    assert not {"size", "negative_prompt"} & set(details) and details["lens"] == "50"


def test_every_file_is_a_link() -> None:
    """Reel, timelines and captions that lie beside the page, and each shot's clip, poster and picture."""
    material = every_status()
    rows = [{**row, "frame": "frames/a b.jpg"} for row in material.rows]
    beside = ("reel.mp4", "timeline.otio", "timeline.edl", "captions.srt", "takes.csv", "manifest.xlsx", "report.html")
    page = Page(material._replace(rows=rows).page(beside=beside))
    found = [one["href"] for one in page.all("a")]
    assert [one for one in found if one in beside] == [*beside[:4], "manifest.xlsx"]
    assert {"clips/sh010.mp4", "posters/sh010.jpg", "frames/a%20b.jpg"} <= set(found)
    assert found.count("clips/sh020.mp4") == 2  # the tile, and the name under its details


@pytest.mark.parametrize(
    ("words", "providers", "command"),
    [
        ({"board": "b.csv", "target": "out"}, ("animatic", ""), "storyreel render b.csv --to out --rerender"),
        (
            {"board": "my b.csv", "target": "s3://x/y"},
            ("pixazo", ""),
            "storyreel render 'my b.csv' --to s3://x/y --config CONFIG --rerender",
        ),
        ({"board": "", "target": ""}, ("", ""), "storyreel render BOARD --to TARGET --rerender"),
    ],
)
def test_the_command_to_do_it_again(words: dict[str, str], providers: tuple[str, str], command: str) -> None:
    """Board and target as the run had them, quoted for a shell; a config that spends is for a person to fill in."""
    material = every_status()
    rows = [{**row, "provider": name} for row, name in zip(material.rows, providers, strict=False)]
    (body,) = Page(material._replace(rows=rows).page(**words)).all("body")
    assert body["data-again"] == command


@pytest.mark.parametrize(
    ("counts", "laid"),
    [
        ((1, 1, 2, 1), "1 1 2 1"),
        ((1, 4, 1), "1lone - 1lone"),
        ((2, 2), "2 2"),
        ((1, 1, 1, 1), "1 1 1 1lone"),
        ((3, 2), "- 2"),
        ((12,), "-"),
    ],
)
def test_small_scenes_share_a_row(counts: tuple[int, ...], laid: str) -> None:
    """Scenes of one or two shots stand side by side; a shot that stays alone in a row of three is laid out wide."""
    material = every_status()
    scenes = [f"Scene {number}" for number, count in enumerate(counts) for _ in range(count)]
    rows = [
        {**material.rows[0], "shot_id": f"s{n}", "key": f"{n}", "fingerprint": f"{n}", "scene": scene}
        for n, scene in enumerate(scenes)
    ]
    found = [one for one in Page(material._replace(rows=rows).page()).all("section") if "scene" in one["class"].split()]
    told = [one.get("data-few", "-") + ("lone" if "lone" in one["class"] else "") for one in found[1:]]
    assert told == laid.split()


def test_a_marked_clip_can_be_found() -> None:
    """A clip in use that looks wrong says so, and there is a mark to filter by where one is; none without."""
    made = bought(qa="black, silent")
    good = result(attempts=(bought(),), clip=clip(), made_by=bought())
    page = seen([result(attempts=(made,), clip=clip(), made_by=made)], [made])
    assert "Looks wrong: black, silent" in page.text
    [card_] = [one for one in page.all("li") if one.get("class", "").startswith("card")]
    assert card_["data-status"].split() == ["rendered", "marked"]
    assert "marked" in [one.get("data-status") for one in page.all("button")]
    assert "marked" not in [one.get("data-status") for one in seen([good], [bought()]).all("button")]
