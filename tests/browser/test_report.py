"""The report in a real browser, from disk and from a static server."""

import contextlib
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.settled import expect, settled, wait_for
from tests.browser.targets import PLAYED, STATUS_OF, Told, build, every_status, many, width_of

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
FLAGS = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"]
WATCH = """
window.shifts = 0; window.denied = [];
new PerformanceObserver(list => list.getEntries().forEach(one => { shifts += one.value }))
  .observe({ type: "layout-shift", buffered: true });
document.addEventListener("securitypolicyviolation", one => denied.push(one.effectiveDirective));
"""
PLAYS = "query => { const v = document.querySelector(query); return v && v.currentTime > 0.1 && v.videoWidth }"
VISIBLE = "() => [...document.querySelectorAll('.card')].filter(c => c.offsetParent).map(c => c.id.slice(5))"


class Static(SimpleHTTPRequestHandler):
    """A bucket: files as they lie, and nothing said."""

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Static, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM:
        missing = "no chromium on this machine (Debian: apt-get install chromium)"
        if os.environ.get("STORYREEL_NO_SKIPS") == "1":
            pytest.fail(missing)
        pytest.skip(missing)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("target")).parent


@pytest.fixture(scope="module", params=["file", "http"])
def place(request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    """Where the target is opened from: its address with a slash at the end."""
    if request.param == "file":
        yield f"{folder.as_uri()}/"
        return
    with serving(folder) as address:
        yield address


Open = Callable[..., Page]


@pytest.fixture
def visit(browser: Browser) -> Iterator[Open]:
    """Open a page in a context of its own; all that it complains of or asks for is kept in ``page.said``."""
    contexts = []

    def opened(address: str, name: str = "report.html", **options: Any) -> Page:
        contexts.append(browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **options}))
        page = contexts[-1].new_page()
        page.set_default_timeout(20_000)
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda r: said.append(r.url) if not r.url.startswith(address) else None)
        page.on("response", lambda r: said.append(f"{r.status} {r.url}") if r.status >= 400 else None)
        page.said = said  # type: ignore[attr-defined]  # the page carries what was heard of it
        page.add_init_script(WATCH)
        page.goto(address + name)
        return page

    yield opened
    for context in contexts:
        context.close()


def said(page: Page) -> list[str]:
    return page.said  # type: ignore[attr-defined,no-any-return]  # see visit


def playing(page: Page, query: str) -> int:
    """The width of the video when it has begun to move."""
    return int(wait_for(page, PLAYS, arg=query).json_value())


def press_tab_to(page: Page, query: str) -> None:
    page.locator(query).focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")


def test_every_clip_plays(visit: Open, place: str, folder: Path) -> None:
    """Each clip, and the reel, opens at full size and moves, as wide as it was probed; nothing is complained of."""
    page = visit(place)
    for shot_id in PLAYED:
        page.click(f"#shot-{shot_id} a.still")
        expect(page.locator("#box-id")).to_have_text(shot_id, use_inner_text=True)
        assert playing(page, "#box video") == width_of(folder / f"clips/{shot_id}.mp4")
        page.keyboard.press("Escape")
    page.click("a.hero")
    assert playing(page, "#box video") == width_of(folder / "reel.mp4")
    page.keyboard.press("Escape")
    wait_for(page, "() => !document.querySelector('#box video')")
    assert said(page) == []


def test_a_clip_plays_on_hover_and_on_focus(visit: Open, place: str) -> None:
    """Hover plays the clip on its card and leaving ends it; the keyboard's focus does the same."""
    page = visit(place)
    page.hover("#shot-sh010 a.still")
    assert playing(page, "#shot-sh010 video")
    page.hover("#shot-sh040 a.still")
    assert playing(page, "#shot-sh040 video")
    page.mouse.move(1, 1)
    wait_for(page, "() => !document.querySelector('video')")
    press_tab_to(page, "#shot-sh020 a.still")
    assert playing(page, "#shot-sh020 video")
    page.keyboard.press("Tab")
    wait_for(page, "() => !document.querySelector('video')")
    assert said(page) == []


def test_stillness_is_respected(visit: Open, place: str) -> None:
    """Whoever wants less motion gets none until asking for it with a click."""
    page = visit(place, reduced_motion="reduce")
    page.hover("#shot-sh010 a.still")
    press_tab_to(page, "#shot-sh010 a.still")
    page.evaluate("() => new Promise(done => setTimeout(done, 300))")
    expect(page.locator("video")).to_have_count(0)
    page.keyboard.press("Enter")
    assert playing(page, "#box video")


def test_keyboard(visit: Open, place: str) -> None:
    """Enter opens, arrows walk through the shots with a clip and round, space holds and goes on, escape leads back."""
    page = visit(place)
    press_tab_to(page, "#shot-sh010 a.still")
    page.keyboard.press("Enter")
    seen = [page.inner_text("#box-id")]
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "ArrowLeft", "ArrowLeft"):
        page.keyboard.press(key)
        seen.append(page.inner_text("#box-id"))
    assert seen == ["sh010", "sh020", "sh030", "sh020", "sh010", "sh040"]
    expect(page.locator("#box-place")).to_have_text("4 of 4", use_inner_text=True)
    paused = "() => document.querySelector('#box video').paused"
    playing(page, "#box video")
    held = []
    for _ in range(2):
        page.keyboard.press("Space")
        held.append(page.evaluate(paused))
    assert held == [True, False]
    page.keyboard.press("Escape")
    wait_for(page, "() => document.activeElement.closest('.card')?.id === 'shot-sh040'")  # told by an event
    assert settled(page, "() => document.activeElement.closest('.card').id", "shot-sh040") == "shot-sh040"


def test_keyboard_on_the_buttons(visit: Open, place: str) -> None:
    """The buttons of the full-size view work by mouse and by space, and closing leads back to the opener."""
    page = visit(place)
    page.click("#shot-sh020 a.still")
    page.click(".next")
    expect(page.locator("#box-id")).to_have_text("sh030", use_inner_text=True)
    page.locator(".previous").focus()
    page.keyboard.press("Space")
    expect(page.locator("#box-id")).to_have_text("sh020", use_inner_text=True)
    page.click(".close")
    expect(page.locator("#box")).to_be_hidden()
    page.click("a.hero")
    page.click(".close")
    assert settled(page, "() => document.activeElement.className", "hero") == "hero"


NIGHT = ["sh030", "sh040", "sh050"]


@pytest.mark.parametrize(
    ("act", "found"),
    [
        (lambda page: page.fill("#text", "HARBOUR 402"), ["sh030"]),
        (lambda page: page.fill("#text", "sh05"), ["sh050"]),
        (lambda page: page.fill("#text", "no credit"), ["sh030"]),
        (lambda page: page.click(".chip.rendered"), ["sh010", "sh040"]),
        (lambda page: [page.click(".chip.failed"), page.click(".chip.refused")], ["sh050", "sh060"]),
        (lambda page: page.click(".chip.at_risk"), ["sh040", "sh060"]),
        (lambda page: page.select_option("#scene", label="Night <watch>"), NIGHT),
        (lambda page: page.select_option("#scene", label="No scene"), ["sh060", "sh070", "sh080"]),
        (lambda page: page.select_option("#gateway", label="aimlapi"), ["sh020", "sh040"]),
        (lambda page: page.select_option("#gateway", label="None yet"), ["sh070", "sh080"]),
        (lambda page: [page.select_option("#scene", label="Night <watch>"), page.click(".chip.refused")], ["sh050"]),
        (lambda page: page.fill("#text", "no such words"), []),
    ],
)
def test_filters(visit: Open, folder: Path, act: Callable[[Page], Any], found: list[str]) -> None:
    """Text, status, scene and gateway narrow the sheet alone and together; the count says so; one click ends it."""
    page = visit(f"{folder.as_uri()}/")
    act(page)
    assert settled(page, VISIBLE, found) == found
    expect(page.locator("#found")).to_have_text(f"{len(found)} of 8 shots", use_inner_text=True)
    assert page.is_visible("#empty") == (not found)
    scenes = page.locator(".scene:visible").count()
    assert (scenes == 0) == (not found)
    page.click("#empty button" if not found else "#reset")
    assert settled(page, VISIBLE, list(STATUS_OF)) == list(STATUS_OF)


def test_sorted_by_cost(visit: Open, folder: Path) -> None:
    """By cost the shots stand in one list, dear or cheap first; filters go on working; the board's order returns."""
    page = visit(f"{folder.as_uri()}/")
    cost = {row["shot_id"]: float(row["charged_usd"]) + float(row["at_risk_usd"]) for row in every_status().rows}
    dear = sorted(STATUS_OF, key=lambda name: -cost[name])
    page.select_option("#order", "dear")
    assert settled(page, VISIBLE, dear) == dear
    page.click(".chip.rendered")
    wanted = [name for name in dear if STATUS_OF[name] == "rendered"]
    assert settled(page, VISIBLE, wanted) == wanted
    page.click(".chip.rendered")
    page.select_option("#order", "cheap")
    wanted = sorted(STATUS_OF, key=lambda name: cost[name])
    assert settled(page, VISIBLE, wanted) == wanted
    page.select_option("#order", "board")
    assert settled(page, VISIBLE, list(STATUS_OF)) == list(STATUS_OF)


def test_a_filter_hides_no_shot_that_a_link_names(visit: Open, folder: Path) -> None:
    """A link in the list of what to do shows its shot, whatever is filtered."""
    page = visit(f"{folder.as_uri()}/")
    page.click(".chip.rendered")
    page.click('.needs a[href="#shot-sh060"]')
    assert settled(page, "() => document.querySelector('#shot-sh060').getBoundingClientRect().top < innerHeight", True)
    assert settled(page, VISIBLE, list(STATUS_OF)) == list(STATUS_OF)


LINKS = [
    ("failed", ["sh060"], ".chip.failed"),
    ("failed&refused", ["sh050", "sh060"], ".chip.refused"),
    ("scene=Night%20%3Cwatch%3E&at-risk", ["sh040"], ".chip.at_risk"),
    ("scene=", ["sh060", "sh070", "sh080"], None),
    ("gateway=aimlapi&find=harbour%20402", [], None),
    ("stand-in", ["sh030"], ".chip.stand_in"),
    ("no-such-mark&scene=Elsewhere", list(STATUS_OF), None),
]


@pytest.mark.parametrize(("link", "found", "chip"), LINKS, ids=[link for link, *_ in LINKS])
def test_a_link_with_filters(visit: Open, folder: Path, link: str, found: list[str], chip: str | None) -> None:
    """A shared address shows what its sender saw, and again after a reload; what it does not know changes nothing."""
    page = visit(f"{folder.as_uri()}/", f"report.html#{link}")
    for _ in range(2):
        assert settled(page, VISIBLE, found) == found
        if chip:
            expect(page.locator(chip)).to_have_attribute("aria-pressed", "true")
        page.reload()


def test_filters_stand_in_the_address(visit: Open, place: str) -> None:
    """What is chosen is in the address at once, lasts over a reload, and goes from it when it is cleared."""
    page = visit(place)
    page.click(".chip.failed")
    page.select_option("#scene", label="No scene")
    page.fill("#text", "harbour & crane")
    page.select_option("#order", "dear")
    wanted = "#failed&scene=&find=harbour%20%26%20crane&order=dear"
    assert settled(page, "() => location.hash", wanted) == wanted
    page.reload()
    expect(page.locator("#text")).to_have_value("harbour & crane")
    expect(page.locator("#order")).to_have_value("dear")
    page.click("#reset")
    assert settled(page, "() => location.hash", "#order=dear") == "#order=dear"
    page.evaluate("() => { location.hash = 'rendered' }")
    assert settled(page, VISIBLE, ["sh010", "sh040"]) == ["sh010", "sh040"]
    assert said(page) == []


def test_copy_buttons(visit: Open, place: str) -> None:
    """Prompt and command to do it again go to the clipboard, from a card's details and from full size."""
    page = visit(place)
    page.evaluate("() => { window.got = []; navigator.clipboard.writeText = async text => { got.push(text) } }")
    prompt = page.locator("#shot-sh060 .prompt").text_content()
    page.click("#shot-sh060 summary")
    page.click("#shot-sh060 .copy >> nth=0")
    expect(page.locator("#copied")).to_have_text("Copied")
    page.click("#shot-sh060 .copy >> nth=1")
    page.click("#shot-sh010 a.still")
    page.click("#box .copy >> nth=1")
    wanted = [
        prompt,
        *(f"storyreel render BOARD --to TARGET --config CONFIG --rerender={n}" for n in ("sh060", "sh010")),
    ]
    wanted = [one.replace("BOARD", "boards/harbour_night.csv") for one in wanted if one]
    assert settled(page, "() => got", wanted) == wanted
    assert said(page) == []


def test_copied_without_a_clipboard(visit: Open, folder: Path) -> None:
    """Where the browser gives a page no clipboard the text is copied all the same, as by hand."""
    page = visit(f"{folder.as_uri()}/")
    page.evaluate("() => { navigator.clipboard.writeText = async () => { throw new Error('no') }; window.got = [] }")
    page.evaluate("() => addEventListener('copy', () => got.push(document.activeElement.value))")
    page.click("#shot-sh070 summary")
    page.click("#shot-sh070 .copy >> nth=1")
    expect(page.locator("#shot-sh070 .copy >> nth=1")).to_have_text("Copied")
    (command,) = page.evaluate("() => got")
    assert command.endswith("--rerender=sh070")
    expect(page.locator("textarea.unseen")).to_have_count(0)


def one_shot_scenes() -> Told:
    """Scenes of 1, 1, 2, 1, 6 and 1 shots."""
    material, rows = every_status(), []
    scenes = [f"SN-{number}" for number, count in enumerate((1, 1, 2, 1, 6, 1)) for _ in range(count)]
    for number, scene in enumerate(scenes):
        row = material.rows[number % len(material.rows)]
        rows.append({**row, "shot_id": f"s{number}", "key": str(number), "fingerprint": str(number), "scene": scene})
    return material._replace(rows=rows)


PLACES = """() => [...document.querySelectorAll(".card")].filter(c => c.offsetParent).map(c => {
  const box = c.getBoundingClientRect(), sheet = document.querySelector("#sheet").getBoundingClientRect();
  return [Math.round(box.top), box.width / sheet.width] })"""


@pytest.mark.parametrize("width", [1280, 1400, 1920])
@pytest.mark.parametrize("link", ["", "#rendered", "#failed"])
def test_one_shot_scenes_fill_their_rows(visit: Open, tmp_path: Path, width: int, link: str) -> None:
    """No row of small scenes is two thirds empty, nor are those that a filter leaves."""
    build(tmp_path, one_shot_scenes())
    page = visit(f"{tmp_path.as_uri()}/", f"report.html{link}", viewport={"width": width, "height": 800})
    rows: dict[int, float] = {}
    for top, share in page.evaluate(PLACES):
        rows[top] = rows.get(top, 0) + share
    assert rows and min(rows.values()) > 0.4
    for scene in page.locator(".scene.lone:visible").all():
        still, words = (scene.locator(f".card:visible {part}").bounding_box() for part in (".still", ".prompt"))
        assert still and words and words["x"] > still["x"] + still["width"]


def test_no_sideways_scroll_bar_on_long_boards(visit: Open, tmp_path: Path) -> None:
    """Neither while most of a long board is laid out by guess nor when a filter has been chosen."""
    build(tmp_path, many(250))
    page = visit(f"{tmp_path.as_uri()}/", viewport={"width": 1400, "height": 900})
    wide = "() => Math.max(document.documentElement.scrollWidth - innerWidth, 0)"
    assert settled(page, wide, 0) == 0
    page.click(".chip.failed")
    assert settled(page, wide, 0) == 0


def test_nothing_shifts(visit: Open, place: str) -> None:
    """From the first paint, through loading and a walk to the end, nothing on the page moves by itself."""
    page = visit(place)
    page.wait_for_load_state("networkidle")
    for _ in range(12):
        page.mouse.wheel(0, 500)
        page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    wait_for(page, "() => [...document.images].every(one => one.complete && one.naturalWidth)")
    assert settled(page, "() => shifts", 0) == 0
    assert said(page) == []


AXE = (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")
NAMES = "{ rules: { 'label-content-name-mismatch': { enabled: true } } }"  # what stands on a tile is in its name
GRAVE = "violations.filter(v => ['serious', 'critical'].includes(v.impact))"
RUN = f"async () => (await axe.run(document, {NAMES})).{GRAVE}"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_accessible(visit: Open, folder: Path, scheme: str, width: int) -> None:
    """axe finds nothing serious: as opened, with details open, with filters pressed, empty, and at full size."""
    page = visit(f"{folder.as_uri()}/", color_scheme=scheme, viewport={"width": width, "height": 844})
    page.evaluate(AXE)
    states: list[Callable[[], Any]] = [
        lambda: None,
        lambda: [one.click() for one in page.locator("summary").all()],
        lambda: [page.click(".chip.rendered"), page.click(".chip.at_risk")],
        lambda: page.fill("#text", "no such words"),
        lambda: [page.click("#empty button"), page.click("#shot-sh010 a.still"), playing(page, "#box video")],
    ]
    for act in states:
        act()
        found = page.evaluate(RUN)
        assert [(one["id"], node["html"]) for one in found for node in one["nodes"]] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_without_script(visit: Open, place: str, scheme: str) -> None:
    """Without JavaScript every shot is there with its details open, clips are links, and no dead control is shown."""
    page = visit(place, java_script_enabled=False, color_scheme=scheme)
    expect(page.locator(".card:visible")).to_have_count(len(STATUS_OF))
    expect(page.locator(".tries li:visible")).to_have_count(len(every_status().attempts))
    expect(page.locator(".tools")).to_be_hidden()
    expect(page.locator("#box")).to_be_hidden()
    expect(page.locator("#shot-sh010 a.still")).to_have_attribute("href", "clips/sh010.mp4")
    assert said(page) == []


def test_the_policy_holds(visit: Open, place: str) -> None:
    """An inline script, an attribute that runs or paints, another host's picture and any fetch are turned down."""
    page = visit(place)
    page.evaluate(
        """async () => {
          const script = document.createElement("script");
          script.textContent = "window.hacked = 1";
          document.body.append(script);
          const div = document.createElement("div");
          div.setAttribute("onclick", "window.hacked = 1");
          div.setAttribute("style", "position:fixed");
          document.body.append(div);
          div.click();
          document.body.append(Object.assign(new Image(), { src: "https://host.invalid/x.png" }));
          await fetch("https://host.invalid/").catch(() => {});
        }"""
    )
    wait_for(page, "() => denied.length >= 5")
    assert page.evaluate("() => window.hacked") is None
    turned_down = {"script-src-elem", "script-src-attr", "style-src-attr", "img-src", "connect-src"}
    assert set(page.evaluate("() => denied")) == turned_down


def test_a_hostile_board(visit: Open, tmp_path: Path) -> None:
    """Script in the cells of a board is read as text by the browser too: on the sheet, in filters and at full size."""
    bad = "</script><script>window.hacked=1</script><img src=x onerror='window.hacked=1'>"
    made = every_status()
    rows = [row | {"prompt": bad, "scene": bad, "provider": bad, "error": bad} for row in made.rows]
    build(tmp_path, made._replace(rows=rows))
    page = visit(f"{tmp_path.as_uri()}/")
    page.select_option("#scene", label=bad)
    page.click("#shot-sh010 a.still")
    assert page.inner_text("#box-prompt") == bad
    assert page.inner_text(".scene:visible h2") == bad
    assert page.evaluate("() => window.hacked") is None
    assert settled(page, "() => denied", []) == []
    assert said(page) == []


def test_a_thousand_shots(visit: Open, folder: Path) -> None:
    """1,000 shots open with few pictures and no player loaded, hardly shift while scrolled, and are found by text."""
    (folder / "many.html").write_bytes(many(1000).page())
    asked: list[str] = []
    page = visit(f"{folder.as_uri()}/", "many.html")
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_load_state("networkidle")
    loaded = page.evaluate("() => [...document.images].filter(one => one.complete && one.naturalWidth).length")
    assert 1 <= loaded < 250  # of 500 with a poster
    expect(page.locator("video")).to_have_count(0)
    for _ in range(10):
        page.mouse.wheel(0, 700)
        page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert page.evaluate("() => shifts") < 0.1
    page.fill("#text", "sh00500")
    assert settled(page, VISIBLE, ["sh00500"]) == ["sh00500"]
    assert page.evaluate("() => document.documentElement.scrollHeight") < 5000
    page.fill("#text", "")
    page.evaluate("() => { location.hash = 'shot-sh00777' }")
    wait_for(page, "() => Math.abs(document.querySelector('#shot-sh00777').getBoundingClientRect().top) < innerHeight")
    assert said(page) == []


@pytest.mark.parametrize("width", [320, 390, 768, 1280, 1920])
def test_fits_every_width(visit: Open, folder: Path, width: int) -> None:
    """From a small phone to a wide screen nothing sticks out sideways, with all details open too."""
    page = visit(f"{folder.as_uri()}/", viewport={"width": width, "height": 800})
    page.evaluate("() => document.querySelectorAll('details').forEach(one => { one.open = true })")
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width
    wide = "e => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('thead')"
    found = f"() => [...document.querySelectorAll('main *')].filter({wide}).map(e => e.outerHTML.slice(0, 80))"
    assert settled(page, found, []) == []


def test_on_paper(visit: Open, folder: Path) -> None:
    """Print has no controls, whole prompts, and dark ink on light paper in a dark browser."""
    page = visit(f"{folder.as_uri()}/", color_scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    assert not any(page.is_visible(query) for query in (".tools", "summary", "#box", "a.hero .button"))
    assert settled(page, "() => getComputedStyle(document.querySelector('.prompt')).display", "block") == "block"
    assert settled(page, "() => getComputedStyle(document.body).color", "rgb(21, 23, 26)") == "rgb(21, 23, 26)"
    foot = "() => getComputedStyle(document.querySelector('tfoot')).display"
    assert settled(page, foot, "table-row-group") == "table-row-group"  # a foot is repeated on every page
    assert len(page.pdf(format="A4")) > 1000


def test_reading_what_is_told(visit: Open, place: str) -> None:
    """The sums on the page are those of costs.json, read as a person would read them."""
    page = visit(place)
    totals = every_status().costs["totals"]
    figures = dict(
        zip(page.locator(".figures dt").all_inner_texts(), page.locator(".figures dd").all_inner_texts(), strict=True)
    )
    shown = {name: figures[name].split("\n")[0] for name in ("Clips", "Charged", "Wasted", "At risk", "Budget")}
    assert shown == {
        "Clips": f"{totals['clips']} of {totals['shots']}",
        "Charged": f"${totals['charged_usd']}",
        "Wasted": f"${totals['wasted_usd']}",
        "At risk": f"${totals['at_risk_usd']}",
        "Budget": "$9.00",
    }
