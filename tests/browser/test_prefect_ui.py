"""A run in Prefect's own UI, in a real browser: what somebody who watches it reads there.

With STORYREEL_PICTURES=1 the picture of the README is taken anew.
"""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from prefect.settings import PREFECT_LOGGING_TO_API_ENABLED, temporary_settings

from flows.render_storyboard import render_storyboard
from tests.browser.test_report import browser  # noqa: F401 - the module's fixture
from tests.flows.test_render_storyboard import in_prefect  # noqa: F401 - the module's fixture
from tests.sandbox import Sandbox

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300), pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")]
ROOT = Path(__file__).parents[2]
PICTURE = ROOT / "data" / "pictures" / "prefect.jpg"
expect.set_options(timeout=60_000)  # a busy server fills a page by and by
TAKEN_ANEW = os.environ.get("STORYREEL_PICTURES") == "1"
SHOTS = [f"sh{n:03}" for n in range(10, 101, 10)]
BUSY = [{"do": "kind", "kind": "rate", "prompt": "a", "times": 3}]


@pytest.fixture(scope="module")
def run(in_prefect: None, tmp_path_factory: pytest.TempPathFactory) -> str:  # noqa: F811 - it is the one of above
    """The sample storyboard through the four gateways of the sandbox: the id of its run."""
    film = tmp_path_factory.mktemp("films") / "lighthouse"
    with Sandbox(BUSY, job_seconds=3) as box, pytest.MonkeyPatch.context() as patch:
        for name, value in box.env().items():
            patch.setenv(name, value)
        patch.setenv("STORYREEL_SANDBOX_KEY", "sandbox")
        config = str(ROOT / "configs" / "sandbox.toml")
        board = str(ROOT / "data" / "lighthouse.csv")
        with temporary_settings({PREFECT_LOGGING_TO_API_ENABLED: True}):
            state = asyncio.run(render_storyboard(board, str(film), config, return_state=True))
    assert state.message == "10 of 10 clips, 4.80 USD, 0.00 at risk"
    return str(state.state_details.flow_run_id)


@pytest.fixture
def page(run: str, browser: Browser, prefect_server: str) -> Iterator[Page]:  # noqa: F811 - it is the one of above
    """The run's page."""
    context = browser.new_context(viewport={"width": 1280, "height": 1010})
    shown = context.new_page()
    shown.set_default_timeout(90_000)
    shown.goto(f"{prefect_server.removesuffix('/api')}/runs/flow-run/{run}")
    expect(shown.get_by_text("10 Task runs")).to_be_visible(timeout=60_000)
    yield shown
    context.close()


def tab(page: Page, name: str) -> None:
    """Turn to one of the run's tabs."""
    page.get_by_text(name, exact=True).last.click()


def test_that_the_run_page_names_its_shots(page: Page) -> None:
    """The list of task runs is the list of shots, each Completed and with its scene and mode."""
    tab(page, "Task Runs")
    for shot_id in SHOTS:
        expect(page.get_by_text(shot_id, exact=True).first).to_be_visible()
    expect(page.get_by_text("scene:1 Dusk").first).to_be_visible()
    expect(page.get_by_text("mode:remix").first).to_be_visible()


def test_that_its_log_says_who_made_what_for_how_much(page: Page) -> None:
    """A line of the log has route, length and price of a shot, and the last one the whole."""
    said = "rendered by aigateway:openai/sora-2-image-to-video-pro, 8.0 s, 0.80 USD"
    expect(page.get_by_text(said).first).to_be_visible()
    page.get_by_text("10 of 10 clips, 4.80 USD, 0.00 at risk").first.scroll_into_view_if_needed()


def test_that_the_manifest_is_a_table(page: Page) -> None:
    """The table artifact has a row a shot with status, provider and money."""
    tab(page, "Artifacts")
    page.get_by_text("storyreel-manifest").click()
    for shot_id in SHOTS:
        row = page.get_by_role("row").filter(has_text=shot_id)
        expect(row).to_contain_text("rendered")
        expect(row).to_contain_text("aigateway")
        expect(row).to_contain_text("0.80" if shot_id in ("sh010", "sh090") else "0.40")


def test_that_the_contact_sheet_is_a_picture(page: Page, prefect_server: str, tmp_path: Path) -> None:
    """Its artifact's page draws it: a browser has all of its pixels."""
    page.goto(f"{prefect_server.removesuffix('/api')}/artifacts/key/storyreel-sheet")
    page.locator("a[href^='/artifacts/artifact/']").first.click()
    shown = page.locator("img[src^='data:image/jpeg']").first
    expect(shown).to_be_visible(timeout=60_000)
    assert shown.evaluate("one => one.complete && one.naturalWidth") == 6 * 248 + 8
    page.screenshot(path=str(tmp_path / "sheet.jpg"), type="jpeg", quality=80)


def test_that_the_money_is_in_sight(page: Page, tmp_path: Path) -> None:
    """The cards say plan and outcome in a line, and the one of the money has tables by gateway, scene and mode."""
    tab(page, "Artifacts")
    expect(page.get_by_text("10 of 10 clips, 4.80 USD, 0.00 at risk")).to_be_visible()
    expect(page.get_by_text("10 new, 0 rerender, 0 keep: 4.80 USD")).to_be_visible()
    page.wait_for_load_state("networkidle")
    taken = PICTURE if TAKEN_ANEW else tmp_path / "prefect.jpg"
    page.screenshot(path=str(taken), type="jpeg", quality=82)
    assert 20_000 < taken.stat().st_size < 200_000
    page.get_by_text("storyreel-costs").click()
    for cells in (("aigateway", "10", "4.80", "0.00"), ("1 Dusk", "3"), ("remix", "1", "0.40")):
        row = page.get_by_role("row").filter(has_text=cells[0])
        for cell in cells:
            expect(row.first).to_contain_text(cell)
