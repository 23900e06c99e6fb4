"""Choosing in a real browser: by mouse, keys and touch, at the server of a review and in the page as a file."""

import contextlib
import csv
import io
import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, TimeoutError

from tasks.commands.review.choices import Words, decide
from tasks.commands.review.desk import read_desk
from tasks.commands.review.sheet import COLUMNS, listed
from tasks.commands.review.writing import write_all
from tasks.domain.progress import Progress
from tasks.domain.verdict import Verdict
from tasks.ledger import read_verdicts, write_verdict
from tasks.storage.store import Store
from tasks.views.publish import ViewPublisher
from tasks.views.report.page import Heading, render_page
from tests.browser.settled import expect, settled, wait_for
from tests.browser.targets import WORDS, build
from tests.browser.test_report import AXE, RUN, WATCH, browser  # noqa: F401 - a fixture
from tests.servers import S3, s3_server  # noqa: F401 - a fixture
from tests.tasks.commands.review.films import Film, film
from tests.tasks.commands.review.serving import Served, serving_review
from tests.tasks.views.test_report_choosing import thousand

SHOTS = {"sh010": 3, "sh020": 2, "sh030": 1, "sh040": 1, "sh050": 2}
VIDEOS = "[...document.querySelectorAll('#box video')]"
MOVE = f"() => {VIDEOS}.length && {VIDEOS}.every(one => one.currentTime > 0.1)"
APART = f"Math.max(...{VIDEOS}.map(v => v.currentTime)) - Math.min(...{VIDEOS}.map(v => v.currentTime))"
PLACES = """() => [...document.querySelectorAll('.pane .screen, .pane figcaption')].map(one => {
  const { top, bottom } = one.getBoundingClientRect();
  return [top, bottom];
})"""
SMALL = """() => [...document.querySelectorAll('#box button, #box textarea, #tally button, .takes a')].filter(one => {
  const { width, height } = one.getBoundingClientRect();
  return one.offsetParent && (width < 43.5 || height < 43.5);
}).map(one => one.outerHTML.slice(0, 60))"""
VISIBLE = "() => [...document.querySelectorAll('.card')].filter(c => c.offsetParent).map(c => c.id.slice(5))"


class Room:
    """A target, a page that shows it, and what was complained of there."""

    def __init__(self, made: Film, page: Page, heard: list[str]) -> None:
        self.made, self.page, self.heard = made, page, heard

    def said(self, shot_id: str) -> list[tuple[str, int, str, str]]:
        """What lies at the target of a shot, oldest first."""
        found = read_verdicts(self.made.store).get(self.made.keys[shot_id], ())
        return [(one.kind, one.take, one.note, one.by) for one in found]

    def open(self, shot_id: str, take: int) -> None:
        self.page.click(f"#shot-{shot_id} .takes li:nth-child({take}) a")
        wait_for(self.page, MOVE)

    def read(self, query: str, words: str) -> str:
        """What stands there once it holds the words, or when the page's time is over."""
        script = "([query, words]) => document.querySelector(query).textContent.includes(words)"
        with contextlib.suppress(TimeoutError):
            wait_for(self.page, script, arg=[query, words])
        return str(self.page.inner_text(query))

    def told(self, words: str) -> None:
        assert words in self.read("#review-told", words)


@contextlib.contextmanager
def shown(launched: Browser, made: Film, address: str, **options: Any) -> Iterator[Room]:
    context = launched.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
    page = context.new_page()
    page.set_default_timeout(20_000)
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text))
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.add_init_script(WATCH)
    page.goto(address)
    page.wait_for_selector(".card")
    try:
        yield Room(made, page, heard)
    finally:
        context.close()


@pytest.fixture
def made(tmp_path: Path) -> Film:
    return film(Store(str(tmp_path / "film")), SHOTS, stand_in="sh040")


@pytest.fixture
def served(made: Film, tmp_path: Path) -> Iterator[Served]:
    with serving_review(made.store, tmp_path / "scratch") as found:
        yield found


@pytest.fixture
def room(browser: Browser, made: Film, served: Served) -> Iterator[Room]:  # noqa: F811 - the fixture
    with shown(browser, made, served.address) as found:
        yield found


def by_mouse(room: Room, act: str, take: int) -> None:
    query = "#again" if act == "again" else f".pane:nth-child({take}) .{act}"
    room.page.click(query)


def by_keys(room: Room, act: str, take: int) -> None:
    room.page.keyboard.press(str(take))
    room.page.keyboard.press({"choose": "c", "reject": "x", "again": "a"}[act])


def by_touch(room: Room, act: str, take: int) -> None:
    room.page.tap("#again" if act == "again" else f".pane:nth-child({take}) .{act}")


HANDS = {"mouse": by_mouse, "keys": by_keys, "touch": by_touch}


@pytest.mark.parametrize("hand", HANDS)
@pytest.mark.parametrize("kind", ["local", "s3"])
def test_choose_reject_again_and_undo(
    browser: Browser,  # noqa: F811 - the fixture
    request: pytest.FixtureRequest,
    tmp_path: Path,
    hand: str,
    kind: str,
) -> None:
    """Each of them comes to lie at the target, shows on the page, and is undone by choosing anew."""
    s3: S3 | None = request.getfixturevalue("s3") if kind == "s3" else None
    store = Store(s3.folder(), s3.options) if s3 else Store(str(tmp_path / "film"))
    made = film(store, SHOTS)
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True} if hand == "touch" else {}
    act = HANDS[hand]
    with serving_review(store, tmp_path / "scratch") as served, shown(browser, made, served.address, **phone) as room:
        room.open("sh010", 1)
        act(room, "choose", 2)
        room.told("Chose take 2, kept at the target")
        act(room, "reject", 1)
        room.told("Rejected take 1, kept at the target")
        act(room, "again", 2)
        room.told("Asked for one more take, kept at the target")
        act(room, "choose", 3)
        room.told("Chose take 3")
        assert room.said("sh010") == [
            ("select", 2, "", "Ana"),
            ("reject", 1, "", "Ana"),
            ("again", 2, "", "Ana"),
            ("select", 3, "", "Ana"),
        ]
        states = room.page.locator(".pane .state").all_inner_texts()
        assert states == ["rejected", "chosen", "in use, chosen"]
        expect(room.page.locator("#box-said li")).to_have_count(4)
        room.page.click(".close")
        expect(room.page.locator("#shot-sh010 .takes .used")).to_have_attribute("data-n", "3")
        expect(room.page.locator("#shot-sh010 a.still")).to_have_attribute("href", made.takes["sh010"][3].path)
        assert room.heard == []


def test_a_note_by_keys(room: Room) -> None:
    """`n` opens the note, which goes with what is said next, under the name that stands there; letters are letters."""
    room.open("sh010", 2)
    room.page.fill("#by", "Ben")
    room.page.click(".pane:nth-child(2) video")
    room.page.keyboard.press("n")
    room.page.keyboard.type("a crane? c, x and 1")
    assert room.said("sh010") == []
    room.page.keyboard.press("Escape")
    expect(room.page.locator("#box")).to_be_visible()
    room.page.keyboard.press("c")
    room.told("Chose take 2")
    assert room.said("sh010") == [("select", 2, "a crane? c, x and 1", "Ben")]
    expect(room.page.locator("#note")).to_have_value("")
    expect(room.page.locator("#box-said")).to_contain_text("a crane? c, x and 1", use_inner_text=True)
    room.page.reload()
    assert "Ben chose take 2" in room.read("#shot-sh010 .chosen", "Ben")


def test_walking_by_keys(room: Room) -> None:
    """Arrows walk through the shots, space holds and goes on, numbers turn to a take, `?` shows the keys."""
    room.open("sh010", 1)
    page = room.page
    turned = "() => [...document.querySelectorAll('.pane')].findIndex(p => p.classList.contains('turned')) + 1"
    seen = []
    for key in ("1", "3", "2"):
        page.keyboard.press(key)
        seen.append(page.evaluate(turned))
    assert seen == [1, 3, 2]
    page.keyboard.press("ArrowRight")
    expect(page.locator("#box-id")).to_have_text("sh020", use_inner_text=True)
    expect(page.locator(".pane")).to_have_count(2)
    page.keyboard.press("ArrowLeft")
    wait_for(page, MOVE)
    paused = f"() => {VIDEOS}.map(one => one.paused)"
    page.keyboard.press("Space")
    assert settled(page, paused, [True] * 3) == [True] * 3
    page.keyboard.press("p")
    assert settled(page, paused, [False] * 3) == [False] * 3
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()
    expect(page.locator("#help")).to_contain_text("choose the take", use_inner_text=True)
    page.keyboard.press("Escape")
    assert (page.is_visible("#help"), page.is_visible("#box")) == (False, True)
    assert room.said("sh010") == []


def test_takes_play_in_sync(room: Room) -> None:
    """Takes side by side are at the same place, also after one was held up and after a jump; one of them sounds."""
    room.open("sh010", 2)
    page = room.page
    page.evaluate("() => { document.querySelectorAll('#box video')[2].currentTime = 0 }")
    assert settled(page, f"() => {APART} < 0.15", True)
    page.keyboard.press("Space")
    page.locator("#seek").fill("500")
    assert settled(page, f"() => {VIDEOS}.every(one => Math.abs(one.currentTime - 1) < 0.05)", True)
    assert settled(page, f"() => {VIDEOS}.filter(one => !one.muted).length", 1) == 1


def test_the_reference_beside_it(room: Room) -> None:
    """`r` lays the reference picture over the take in hand, the slider says how much of it is seen."""
    room.open("sh010", 1)
    page = room.page
    page.keyboard.press("r")
    wait_for(page, "() => document.querySelector('.reference')?.naturalWidth > 0")
    expect(page.locator(".pane.turned .reference")).to_have_count(1)
    page.locator("#slide").fill("20")
    assert (
        settled(page, "() => document.querySelector('.reference').style.clipPath", "inset(0px 80% 0px 0px)")
        == "inset(0px 80% 0px 0px)"
    )
    page.keyboard.press("3")
    expect(page.locator(".pane:nth-child(3) .reference")).to_have_count(1)
    page.keyboard.press("r")
    expect(page.locator(".reference")).to_have_count(0)
    assert room.heard == []
    assert settled(page, "() => denied", []) == []


def test_what_waits_for_a_choice(room: Room) -> None:
    """The chip shows what is to be chosen, the bar leads there, and counts down; shots stay in hand while one walks."""
    page = room.page
    expect(page.locator(".chip.waits b")).to_have_text("3", use_inner_text=True)
    page.click(".chip.waits")
    assert settled(page, VISIBLE, ["sh010", "sh020", "sh050"]) == ["sh010", "sh020", "sh050"]
    page.click("#choose-next")
    expect(page.locator("#box-id")).to_have_text("sh010", use_inner_text=True)
    for shot_id in ("sh010", "sh020", "sh050"):
        expect(page.locator("#box-id")).to_have_text(shot_id, use_inner_text=True)
        page.keyboard.press("c")
        room.told("Chose take")
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Escape")
    wait_for(page, "() => document.querySelector('.chip.waits b').textContent === '0'")
    expect(page.locator(".chip.waits b")).to_have_text("0", use_inner_text=True)
    expect(page.locator("#found")).to_have_text("0 of 5 shots", use_inner_text=True)
    expect(page.locator("#tally")).not_to_contain_text("shots to be chosen", use_inner_text=True)


def test_what_the_next_run_would_order(room: Room) -> None:
    """The bar adds up what verdicts ask for at least, at the price of each shot's last take: a shot without a take, one
    wish. A row may ask for more takes than a page knows of."""
    page = room.page
    tally = partial(room.read, "#tally-words")
    assert "For what is chosen here the next run would order nothing." in tally("would order")  # it may mend others
    room.open("sh020", 1)
    page.keyboard.press("x")
    room.told("Rejected take 1")
    assert "would order nothing, unless a row asks for more takes than it has left." in tally("unless")
    page.keyboard.press("2")
    page.keyboard.press("x")
    room.told("Rejected take 2")
    assert "would order at least 1 take, about $1.20." in tally("at least 1 take")
    page.keyboard.press("a")
    room.told("Asked for one more")
    assert "would order at least 1 take, about $1.20." in tally("at least 1 take")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("a")
    room.told("Asked for one more")
    assert "would order at least 2 takes, about $2.40." in tally("at least 2 take")


def test_the_plan_says_what_the_next_run_would_order(browser: Browser, made: Film, tmp_path: Path) -> None:  # noqa: F811
    """Where the review knows the config of its runs the bar has the plan's figure, asked again after each choice."""
    told = {"shots": 0, "quoted_usd": "0.00", "shown": "0.00"}
    serving = serving_review(made.store, tmp_path / "scratch", plan=lambda: told)
    with serving as served, shown(browser, made, served.address) as room:
        said = "words => document.querySelector('#tally-words').textContent.endsWith(words)"
        wait_for(room.page, said, arg="By its plan the next run would order nothing.")
        told |= {"shots": 2, "shown": "2.40"}
        room.open("sh010", 1)
        room.page.keyboard.press("x")
        wait_for(room.page, said, arg="By its plan the next run would order 2 shots, $2.40.")
        assert room.heard == []


def test_what_others_choose_comes_in(browser: Browser, room: Room, served: Served) -> None:  # noqa: F811
    """What somebody else said meanwhile appears by itself, and nothing of either is lost."""
    with shown(browser, room.made, served.address) as other:
        room.open("sh010", 1)
        room.page.keyboard.press("c")
        room.told("Chose take 1")
        wait_for(other.page, "() => !document.querySelector('#shot-sh010 .chosen').hidden")
        expect(other.page.locator("#shot-sh010 .chosen")).to_contain_text("Ana chose take 1", use_inner_text=True)
        other.open("sh010", 2)
        other.page.keyboard.press("x")
        other.told("Rejected take 2")
    assert [one[:2] for one in room.said("sh010")] == [("select", 1), ("reject", 2)]


def test_a_target_that_fails_loses_no_choice(room: Room) -> None:
    """What could not be kept at the target stays in the page, is told, and can be saved."""
    review = Path(room.made.store.root) / "review"
    review.write_text("in the way")
    room.open("sh010", 1)
    room.page.keyboard.press("c")
    room.told("kept in this page")
    room.page.keyboard.press("Escape")
    assert room.read("#save", "Save 1") == "Save 1 choice"


def test_a_stand_in_offers_no_choice(room: Room) -> None:
    """A drawing that stands in plays, and offers nothing to choose."""
    room.page.click("#shot-sh040 a.still")
    wait_for(room.page, MOVE)
    expect(room.page.locator("#review")).to_be_hidden()
    room.page.keyboard.press("c")
    room.page.keyboard.press("Escape")
    assert read_verdicts(room.made.store) == {}


@pytest.fixture
def as_file(made: Film, tmp_path: Path) -> Path:
    """The report in the folder of the target, with what was chosen before, and moved elsewhere."""
    said = Verdict(0, 1, made.digest("sh050", 1), "select", "<b>warm</b>", "Ben", "2026-11-20T10:00:00.000Z", 2)
    write_verdict(made.store, made.keys["sh050"], said)
    publisher = ViewPublisher(made.store, tmp_path, Progress())
    publisher.make_report(publisher.tables(), "report.html")
    return (tmp_path / "film").rename(tmp_path / "moved") / "report.html"


def test_the_page_as_a_file(browser: Browser, made: Film, as_file: Path) -> None:  # noqa: F811 - the fixture
    """In a folder that was moved choices stay in the page, over a reload too, and go back in as a list."""
    with shown(browser, made, as_file.as_uri()) as room:
        page = room.page
        assert (
            "Ben chose take 1: <b>warm</b>" in page.inner_text("#shot-sh050 .chosen")
            or page.locator("#shot-sh050 .said q", has_text="<b>warm</b>").count()
        )
        room.open("sh010", 2)
        page.fill("#by", "Cleo")
        page.fill("#note", '=1+1, "so"\nbe it')
        page.click(".pane:nth-child(2) .choose")
        room.told("kept in this page")
        page.keyboard.press("ArrowRight")
        page.click("#again")
        room.told("kept in this page")
        wait_for(page, "() => Object.values(localStorage).some((one) => JSON.parse(one).kept?.length === 2)")
        page.reload()
        assert room.read("#save", "Save 2") == "Save 2 choices"
        expect(page.locator("#shot-sh010 .takes .used")).to_have_attribute("data-n", "2")
        with page.expect_download() as waiting:
            page.click("#save")
        data = Path(waiting.value.path()).read_bytes()
        assert waiting.value.suggested_filename == "choices.csv"
        assert room.heard == []
    assert next(csv.reader(io.StringIO(data.decode("utf-8-sig")))) == list(COLUMNS)
    one, two = listed(data, Words())
    assert (one.kind, one.take, one.sha256, one.note, one.by) == (
        "select",
        2,
        made.digest("sh010", 2),
        '=1+1, "so"\nbe it',
        "Cleo",
    )
    assert (two.kind, two.shot_id, two.after, two.key) == ("again", "sh020", 2, made.keys["sh020"])
    moved = Store(str(as_file.parent))
    decided = decide(read_desk(moved), [one, two])
    assert decided.told == () and len(write_all(moved, read_desk(moved), decided)) == 2
    assert [said.kind for key in ("sh010", "sh020") for said in read_verdicts(moved)[made.keys[key]]] == [
        "select",
        "again",
    ]


def test_two_tabs_of_one_file(browser: Browser, made: Film, as_file: Path) -> None:  # noqa: F811 - the fixture
    """What is chosen in one tab of a page as a file shows in the other, and neither forgets the other's choices."""
    with shown(browser, made, as_file.as_uri()) as room:
        beside = room.page.context.new_page()
        beside.set_default_timeout(20_000)
        beside.goto(as_file.as_uri())
        beside.wait_for_selector(".card")
        other = Room(made, beside, [])
        room.open("sh010", 1)
        room.page.click(".pane:nth-child(1) .choose")
        assert other.read("#save", "Save 1") == "Save 1 choice"
        assert other.read("#shot-sh010 .chosen", "chose take 1")
        other.open("sh020", 2)
        other.page.click(".pane:nth-child(2) .reject")
        room.page.keyboard.press("Escape")
        assert room.read("#save", "Save 2") == "Save 2 choices"
        room.page.reload()
        assert room.read("#save", "Save 2") == "Save 2 choices"


@pytest.mark.parametrize("width", [320, 390, 768, 1280, 1920])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_fits_and_is_accessible(
    browser: Browser,  # noqa: F811 - the fixture
    made: Film,
    served: Served,
    width: int,
    scheme: str,
) -> None:
    """axe finds nothing serious on the sheet, with takes open, compared, chosen, and at the keys; nothing sticks out;
    what is pressed fits a finger."""
    options = {"viewport": {"width": width, "height": 844}, "color_scheme": scheme, "reduced_motion": "reduce"}
    with shown(browser, made, served.address, **options) as room:
        page = room.page
        page.evaluate(AXE)
        acts: list[Callable[[], Any]] = [
            lambda: None,
            lambda: room.open("sh010", 1),
            lambda: [page.keyboard.press("c"), room.told("Chose take 1")],
            lambda: [
                page.keyboard.press("2"),
                page.keyboard.press("r"),
                page.keyboard.press("x"),
                room.told("Rejected"),
            ],
            lambda: page.keyboard.press("?"),
            lambda: [
                page.keyboard.press("Escape"),
                page.keyboard.press("ArrowRight"),
                page.keyboard.press("ArrowRight"),
            ],
        ]
        for act in acts:
            act()
            found = page.evaluate(RUN)
            assert [(one["id"], node["html"]) for one in found for node in one["nodes"]] == []
            assert page.evaluate("() => document.documentElement.scrollWidth") <= width
            assert settled(page, SMALL, []) == []


def test_panes_do_not_overlap(browser: Browser, made: Film, served: Served) -> None:  # noqa: F811 - the fixture
    """On a phone takes lie one below the other, each with its controls below its picture."""
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    with shown(browser, made, served.address, **phone) as room:
        room.open("sh010", 1)
        boxes = room.page.evaluate(PLACES)
        assert all(low[1] <= high[0] + 1 for low, high in itertools.pairwise(boxes)), boxes
        assert all(bottom - top > 40 for top, bottom in boxes), boxes


def test_a_thousand_shots(browser: Browser, tmp_path: Path) -> None:  # noqa: F811 - the fixture
    """1,000 shots with 3 takes each load few pictures and no player, are soon there, and are chosen from at once."""
    rows, review, material = thousand()
    build(tmp_path)
    page_bytes = render_page(rows, material.attempts, material.costs, Heading(**WORDS), replace(review, served=None))
    (tmp_path / "many.html").write_bytes(page_bytes)
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.set_default_timeout(30_000)
    page.goto((tmp_path / "many.html").as_uri())
    page.wait_for_load_state("networkidle")
    loaded = page.evaluate("() => [...document.images].filter(one => one.complete && one.naturalWidth).length")
    assert 1 <= loaded < 600  # of 3,500
    expect(page.locator("video")).to_have_count(0)
    page.click(".card .takes a >> nth=0")
    expect(page.locator("#box video")).to_have_count(3)
    page.keyboard.press("c")
    wait_for(page, "() => document.querySelector('#review-told').textContent.includes('Chose take')")
    context.close()
