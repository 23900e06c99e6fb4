"""The report of a board of 5,000 shots in a real browser: its size, its width, and that every shot is to be had."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tasks.views.report.page import Heading, Review, render_page
from tests.browser.settled import expect, settled, wait_for
from tests.browser.targets import WORDS, Told, build, many
from tests.browser.test_report import VISIBLE, browser  # noqa: F401 - a fixture
from tests.tasks.views.test_report_choosing import row as take

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
SHOTS, MOST = 5000, 12_000_000  # bytes
PATIENCE = 240_000  # milliseconds: a busy machine takes so long for what takes two seconds
SIDEWAYS = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
SEEN = """() => {
  const { top, bottom } = document.querySelector('#shot-sh04999').getBoundingClientRect();
  return top < innerHeight && bottom > 0;
}"""


def delivered() -> tuple[Told, list[dict[str, Any]]]:
    """The board as a run leaves it: a key and one take to each shot that has a clip, by files of its own."""
    made, takes = many(SHOTS), []
    for number, row in enumerate(made.rows):
        print_, stem = f"{number:016x}", f"{row['shot_id']}-{number:08x}-1"
        row |= {"fingerprint": print_.ljust(64, "0"), "key": f"{print_}-1", "job_id": f"{number:036}"}
        if row["clip"]:
            row |= {"clip": f"clips/{stem}.mp4", "poster": f"posters/{stem}.jpg"}
            files = {name: row[name] for name in ("key", "clip", "poster")}
            takes.append({**take(1), **files, "sha256": f"{number:064x}", "in_use": True})
    for number, one in enumerate(made.attempts):
        one |= {"fingerprint": f"{int(one['shot_id'][2:]):016x}".ljust(64, "0"), "job_id": f"{number:036}"}
    return made, takes


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Where the page lies, as ``report.html``: an address with a slash at the end."""
    folder = build(tmp_path_factory.mktemp("target")).parent
    made, takes = delivered()
    page = render_page(made.rows, made.attempts, made.costs, Heading(**WORDS, has_reel=True), Review(takes))
    (folder / "report.html").write_bytes(page)
    return f"{folder.as_uri()}/"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:  # noqa: F811 - the fixture
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    opened = context.new_page()
    opened.set_default_timeout(PATIENCE)
    yield opened
    context.close()


def test_its_size(place: str) -> None:
    """5,000 shots with prompts of 250 characters, two attempts and a take each are a page under 12 MB."""
    page = Path(place.removeprefix("file://"), "report.html").read_bytes()
    assert page.count(b'<li class="card ') == SHOTS
    assert len(page) < MOST


def test_no_sideways_scroll_bar(page: Page, place: str) -> None:
    """Nothing sticks out sideways at 1400 pixels: when it opens, when all shots are there, and at its end."""
    page.goto(f"{place}report.html")
    assert page.evaluate(SIDEWAYS) <= 0
    page.fill("#text", "sh")  # which all of them have, and which needs all of them
    expect(page.locator(".packed")).to_have_count(0)
    assert page.evaluate("() => document.querySelectorAll('.card').length") == SHOTS
    page.evaluate("() => scrollTo(0, document.documentElement.scrollHeight)")
    assert page.evaluate(SIDEWAYS) <= 0


def test_only_the_first_shots_are_made_at_once(page: Page, place: str) -> None:
    """What is far below is not even elements while the page is loaded: the browser has little to do until it shows."""
    first = "window.first = document.querySelectorAll('.card').length"
    page.add_init_script(f"addEventListener('DOMContentLoaded', () => {{ {first} }})")
    page.goto(f"{place}report.html")
    assert 12 <= page.evaluate("() => first") <= 60


def test_each_shot_is_to_be_had(page: Page, place: str) -> None:
    """A link to the last shot shows it, words find it, and a clip opens at its place among all."""
    page.goto(f"{place}report.html#shot-sh04999")
    wait_for(page, SEEN)
    assert page.evaluate("() => document.querySelector(':target').id") == "shot-sh04999"
    page.goto("about:blank")
    page.goto(f"{place}report.html")
    page.click("#shot-sh00000 a.still")
    expect(page.locator("#box-place")).to_have_text("1 of 2500", use_inner_text=True)
    page.keyboard.press("Escape")
    page.fill("#text", "sh04998")
    assert settled(page, VISIBLE, ["sh04998"]) == ["sh04998"]


def test_without_script_all_are_there(browser: Browser, place: str) -> None:  # noqa: F811 - the fixture
    """Without JavaScript nothing is packed: each shot is on the page."""
    context = browser.new_context(java_script_enabled=False, viewport={"width": 1400, "height": 900})
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(f"{place}report.html")
    expect(page.locator(".card")).to_have_count(SHOTS)
    expect(page.locator("#shot-sh04999 summary")).to_be_visible()
    context.close()
