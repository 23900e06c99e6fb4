"""What a page shows is read when it has come, not at the first look: a busy machine draws later."""

import contextlib
from typing import Any

from playwright.sync_api import JSHandle, Page, TimeoutError, expect

expect.set_options(timeout=20_000)
EACH = 100  # milliseconds between two looks: a page behind another is drawn no more, so its frames are no clock


def wait_for(page: Page, script: str, arg: Any = None) -> JSHandle:
    """What the JavaScript function gives, once that counts as true.

    Raises ``TimeoutError`` when the page's time is over.
    """
    return page.wait_for_function(script, arg=arg, polling=EACH)


def comes_to(page: Page, script: str, wanted: Any) -> None:
    """The script, a JavaScript function without parameters, gives what is wanted, now or within the page's time."""
    with contextlib.suppress(TimeoutError):
        wait_for(page, f"wanted => JSON.stringify(({script})()) === JSON.stringify(wanted)", wanted)
    assert page.evaluate(script) == wanted
